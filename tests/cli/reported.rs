//! Passages that the bot under test says it answered from: what it is judged against.

use serde_json::{Value, json};

use crate::fixture::Project;
use crate::server::{Reply, Server, body, says};

/// A bot that answers the only case; `keys` say where its passages stand.
fn project(model: &str) -> Project {
    let server = Server::saying("");
    let project = Project::asking(&server);
    let knowledge = "[knowledge.help]\npath = \"golden/knowledge\"\n";
    project.write("regauge.toml", &format!("[models.bot]\n{model}\n\n{knowledge}"));
    project.write(
        "suites/first.toml",
        "prompts = [\"bare\"]\nmodels = [\"bot\"]\nknowledge = [\"help\"]\n\n[[score]]\nkind = \"grounded\"\n\n\
         [[score]]\nkind = \"retrieval\"\nmetric = \"recall\"\nby = \"passage\"\n\n\
         [[case]]\nid = \"window\"\ninput = \"How long can I return it?\"\nsources = [\"returns#window\"]\n",
    );
    project
}

fn http(server: &Server) -> Project {
    project(&format!(
        "provider = \"http\"\nurl = \"{}\"\nmodel = \"helpbot\"\nbody = '{{ \"q\": {{{{ input }}}} }}'\n\
         answer = \"$.text\"\npassages = \"$.used\"",
        server.bot_url()
    ))
}

fn replies(used: &Value) -> Reply {
    body(&json!({"text": "You have 30 days from delivery.", "used": used}))
}

fn trial(project: &Project) -> Value {
    project.json(&["explain", "window", "--json"])["trials"][0].clone()
}

#[test]
fn a_bot_is_judged_by_what_it_says_it_had() {
    let server = Server::new(|_, _| replies(&json!([{"article": "returns", "section": "window"}])));
    let project = http(&server);
    for args in [&["run"][..], &["run", "--offline"], &["run", "--replay"]] {
        let done = project.run(args);
        assert_eq!(done.code, 0, "{}", done.all());
        let trial = trial(&project);
        assert_eq!(trial["passages"][0]["id"], "returns#window");
        assert_eq!(trial["passages"][0]["rank"], 1);
        let states: Vec<&Value> = trial["scores"].as_array().unwrap().iter().map(|s| &s["reason"]).collect();
        assert_eq!(states.len(), 2, "{trial:#}");
        assert!(states[1].as_str().unwrap().contains("1 of 1 sources"), "{trial:#}");
    }
    assert_eq!(server.asked().len(), 1);
    // Scored again by another rule, it is held against the same.
    project.edit("suites/first.toml", "metric = \"recall\"", "metric = \"precision\"");
    let done = project.run(&["rescore"]);
    assert!(done.code == 0 && done.stderr.contains("1 trial scored again"), "{}", done.all());
    assert_eq!(trial(&project)["passages"][0]["id"], "returns#window");
}

#[test]
fn what_the_bot_had_is_not_what_the_help_centre_says() {
    // It was given a stale copy, which does not say what it answers, whatever today's article says.
    let stale = json!([{"id": "returns#window", "text": "You have 14 days from delivery."}]);
    let server = Server::new(move |_, _| replies(&stale));
    let project = http(&server);
    project.edit("suites/first.toml", "sources = [\"returns#window\"]\n", "");
    project.run(&["run"]);
    let found = trial(&project);
    assert_eq!(found["passages"][0]["text"], "You have 14 days from delivery.");
    assert_eq!(
        (&found["outcome"], found["scores"][0]["state"]["pass"].as_bool()),
        (&json!("failed"), Some(false)),
        "{found:#}"
    );
    // It says that it had nothing: recall is 0.
    let server = Server::new(|_, _| replies(&json!([])));
    let project = http(&server);
    project.run(&["run"]);
    let found = trial(&project);
    assert_eq!((&found["passages"], &found["outcome"]), (&json!([]), &json!("failed")));
    assert!(found["scores"][1]["reason"].as_str().unwrap().contains("0 of 1 sources"), "{found:#}");
}

#[test]
fn what_cannot_be_had_is_an_error_and_no_score() {
    let server = Server::new(|_, _| replies(&json!(["retruns"])));
    let project = http(&server);
    let done = project.run(&["run"]);
    assert_eq!(done.code, 5, "{}", done.all());
    let trial = trial(&project);
    let error = trial["error"]["message"].as_str().unwrap();
    assert!(
        error.contains("the bot says it answered from") && error.contains("did you mean `returns`?"),
        "{error}"
    );
    assert_eq!((&trial["outcome"], &trial["error"]["kind"]), (&json!("errored"), &json!("retrieval")));
}

#[cfg(unix)]
#[test]
fn a_program_says_it_line_by_line() {
    let project = project("provider = \"command\"\ncommand = [\"sh\", \"bot.sh\"]\nmodel = \"script\"");
    project.write(
        "bot.sh",
        "while read -r line; do echo '{\"text\": \"You have 30 days from delivery.\", \"passages\": [\"returns#window\"]}'; done\n",
    );
    let done = project.run(&["run"]);
    assert_eq!(done.code, 0, "{}", done.all());
    assert_eq!(trial(&project)["passages"][0]["id"], "returns#window");
}

#[test]
fn in_a_conversation_all_of_it_counts() {
    let server = Server::new(|n, _| {
        body(
            &json!({"text": "You have 30 days from delivery.", "used": [if n == 0 { "returns#top" } else { "returns#window" }]}),
        )
    });
    let project = http(&server);
    let suite = project.read("suites/first.toml");
    let say = "[[case.script]]\nsay = \"How long can I return it?\"\n[[case.script]]\nsay = \"Sure?\"\n";
    let case = suite.replace("input = \"How long can I return it?\"\n", "") + say;
    project.write("suites/first.toml", &case);
    let done = project.run(&["run"]);
    assert_eq!(done.code, 0, "{}", done.all());
    let ids: Vec<Value> =
        trial(&project)["passages"].as_array().unwrap().iter().map(|p| p["id"].clone()).collect();
    assert_eq!(ids, [json!("returns#top"), json!("returns#window")]);
    assert_eq!(project.run(&["run", "--offline"]).code, 0);
}

#[test]
fn a_rescored_run_was_looked_up_as_its_command_line_said() {
    let server = Server::new(|_, _| says("You have 30 days."));
    let project = Project::asking(&server);
    project.edit(
        "suites/first.toml",
        "knowledge = [\"help\"]\n",
        "knowledge = [\"help\"]\nretrieval = \"bm25\"\n",
    );
    let rule =
        "[[score]]\nkind = \"retrieval\"\nmetric = \"recall\"\nrequired = false\n\n[[case]]\nid = \"window\"";
    project.edit("suites/first.toml", "[[case]]\nid = \"window\"", rule);
    project.run(&["run", "--prompt", "grounded", "--retrieval", "none"]);
    let reason = |project: &Project| {
        let shown = project.json(&["explain", "window", "--json"]);
        let scores = shown["trials"][0]["scores"].as_array().unwrap().clone();
        scores.iter().find(|s| s["kind"] == "retrieval").unwrap()["reason"].as_str().unwrap().to_owned()
    };
    assert_eq!(reason(&project), "no passages were looked up for this answer");
    project.edit("suites/first.toml", "value = 30", "value = 31");
    let done = project.run(&["rescore"]);
    assert!(done.stderr.contains("scored again"), "{}", done.all());
    assert_eq!(reason(&project), "no passages were looked up for this answer");
}

#[test]
fn an_article_whose_id_has_a_hash_keeps_it_when_scored_again() {
    let server = Server::new(|_, _| says("You have 30 days from delivery."));
    let project = Project::asking(&server);
    project.edit("regauge.toml", "path = \"golden/knowledge\"", "path = \"articles.jsonl\"");
    let text = "Send it back.\\n\\n## Window\\n\\nYou have 30 days from delivery.";
    project.write(
        "articles.jsonl",
        &format!("{{\"id\": \"returns#en\", \"title\": \"Returns\", \"text\": \"{text}\"}}\n"),
    );
    project.edit("suites/first.toml", "returns#window", "returns#en#window");
    let rule =
        "[[score]]\nkind = \"retrieval\"\nmetric = \"recall\"\nrequired = false\n\n[[case]]\nid = \"window\"";
    project.edit("suites/first.toml", "[[case]]\nid = \"window\"", rule);
    project.run(&["run", "--prompt", "grounded"]);
    // The article is edited, so the passage of then is read back from the trial.
    project.edit("articles.jsonl", "You have 30 days", "You have 31 days");
    project.edit("suites/first.toml", "value = 30", "value = 31");
    let done = project.run(&["rescore"]);
    assert!(done.stderr.contains("scored again"), "{}", done.all());
    let shown = project.json(&["explain", "window", "--prompt", "grounded", "--json"]);
    let scores = shown["trials"][0]["scores"].as_array().unwrap().clone();
    let reason = scores.iter().find(|s| s["kind"] == "retrieval").unwrap()["reason"].as_str().unwrap();
    assert!(reason.contains("1 of 1 sources among 1 articles"), "{reason}");
}
