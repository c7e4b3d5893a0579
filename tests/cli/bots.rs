//! A team's own bot: behind an endpoint of its own (`http`), or a local program (`command`).

use serde_json::{Value, json};

use crate::fixture::Project;
use crate::server::{Server, body};

/// One case and one scorer.
fn project(model: &str) -> Project {
    let project = Project::empty();
    project.write("regauge.toml", &format!("[models.bot]\n{model}"));
    project.write(
        "prompts/bare.j2",
        "{% block system %}Be brief.{% endblock %}\n{% block user %}{{ input }}{% endblock %}\n",
    );
    project.write("golden/answers/.keep", "");
    project.write(
        "suites/talk.toml",
        "prompts = [\"bare\"]\nmodels = [\"bot\"]\n\n[[score]]\nkind = \"contains\"\nany = [\"30 days\"]\n\n\
         [[case]]\nid = \"window\"\ninput = \"How long do I have?\"\n",
    );
    project
}

/// The first answer of the store, as a cassette holds it.
fn stored(project: &Project) -> Value {
    let done = project.run(&["cache", "export", "answers.jsonl"]);
    assert_eq!(done.code, 0, "{}", done.all());
    serde_json::from_str(project.read("answers.jsonl").lines().next().unwrap()).unwrap()
}

#[test]
fn a_deployed_bot_is_asked_and_its_sources_are_kept() {
    let server = Server::new(|_, asked| {
        assert_eq!(asked.body, json!({"q": "How long do I have?", "tenant": "volta"}));
        body(&json!({
            "reply": {"text": "You have 30 days."},
            "sources": [{"title": "Returns", "url": "https://help.example/returns"}, "returns#window"],
            "meter": {"in": 12, "out": 4},
        }))
    });
    let project = project(&format!(
        "provider = \"http\"\nurl = \"{}\"\nmodel = \"helpbot\"\nbody = '{{ \"q\": {{{{ input }}}}, \"tenant\": {{{{ vars.tenant }}}} }}'\n\
         vars = {{ tenant = \"volta\" }}\nanswer = \"$.reply.text\"\ncitations = \"$.sources[*]\"\n\
         usage = {{ input = \"$.meter.in\", output = \"$.meter.out\" }}\n",
        server.bot_url()
    ));
    let done = project.run(&["run"]);
    assert_eq!(done.code, 0, "{}", done.all());
    let answer = &stored(&project)["completion"];
    assert_eq!(answer["text"], "You have 30 days.");
    assert_eq!(answer["citations"], json!(["https://help.example/returns", "returns#window"]));
    assert_eq!((&answer["usage"]["input"], &answer["usage"]["output"]), (&json!(12), &json!(4)));
    let again = project.run(&["run", "--offline"]);
    assert_eq!(again.code, 0, "{}", again.all());
    assert_eq!(server.asked().len(), 1, "the answer was paid for once");
}

#[test]
fn a_bots_path_that_finds_nothing_is_an_error_and_no_score() {
    let server = Server::new(|_, _| body(&json!({"error": "maintenance"})));
    let project = project(&format!(
        "provider = \"http\"\nurl = \"{}\"\nmodel = \"helpbot\"\nbody = '{{ \"q\": {{{{ input }}}} }}'\nanswer = \"$.reply.text\"\n",
        server.bot_url()
    ));
    let done = project.run(&["run"]);
    assert_eq!(done.code, 5, "{}", done.all());
    assert!(done.all().contains("`answer` $.reply.text finds nothing"), "{}", done.all());
}

#[cfg(unix)]
#[test]
fn a_local_program_answers_line_by_line() {
    let project = project(
        "provider = \"command\"\ncommand = [\"sh\", \"bot.sh\"]\nmodel = \"script\"\nworkers = 1\nconcurrency = 1\n",
    );
    project.write(
        "bot.sh",
        "while read -r line; do\n  echo asked >> asked.txt\n  \
         echo '{\"text\": \"You have 30 days.\", \"citations\": [\"returns\"], \"usage\": {\"input\": 3, \"output\": 5}}'\ndone\n",
    );
    let done = project.run(&["run"]);
    assert_eq!(done.code, 0, "{}", done.all());
    let answer = &stored(&project)["completion"];
    assert_eq!(answer["text"], "You have 30 days.");
    assert_eq!(answer["citations"], json!(["returns"]));
    assert_eq!(project.run(&["run"]).code, 0);
    assert_eq!(project.read("asked.txt").lines().count(), 1, "the second run was answered from the store");
}

#[cfg(unix)]
#[test]
fn a_program_that_says_nothing_useful_is_an_error_and_no_score() {
    let project = project(
        "provider = \"command\"\ncommand = [\"sh\", \"-c\", \"echo 'no model here' >&2; exit 3\"]\nmodel = \"script\"\n",
    );
    let done = project.run(&["run"]);
    assert_eq!(done.code, 5, "{}", done.all());
    assert!(done.all().contains("no model here"), "{}", done.all());
}
