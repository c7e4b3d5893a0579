//! The user's own retriever: behind an endpoint, or a program that answers line by line.

use serde_json::{Value, json};

use crate::fixture::Project;
use crate::server::{Asked, Reply, Server, body, fails, says};

/// A project whose suite is looked up for by `[retrieval.mine]`.
fn project(server: &Server, keys: &str) -> Project {
    let project = Project::asking(server);
    let settings = project.read("regauge.toml");
    project.write("regauge.toml", &format!("{settings}\n[retrieval.mine]\nkind = \"external\"\n{keys}\n"));
    let named = "knowledge = [\"help\"]\nretrieval = \"mine\"\n";
    project.edit("suites/first.toml", "knowledge = [\"help\"]\n", named);
    project.edit("suites/first.toml", "prompts = [\"bare\", \"grounded\"]", "prompts = [\"grounded\"]");
    project
}

/// The model, and the retriever at the same address: it is the one that is asked a question.
fn server(found: impl Fn(usize, &Asked) -> Reply + Send + Sync + 'static) -> Server {
    Server::new(move |n, asked| match asked.body.get("question") {
        Some(_) => found(n, asked),
        None => says("You have 30 days. hello"),
    })
}

fn lookups(server: &Server) -> Vec<Value> {
    server.asked().into_iter().map(|a| a.body).filter(|body| body.get("question").is_some()).collect()
}

fn at(server: &Server) -> String {
    format!("url = \"{}\"", server.bot_url())
}

/// The passages that a case was given: ids and texts.
fn given(project: &Project, case: &str) -> Vec<(String, String)> {
    let shown = project.json(&["explain", case, "--json"]);
    let passages = shown.pointer("/trials/0/passages").and_then(Value::as_array);
    let one = |p: &Value| (p["id"].as_str().unwrap().to_owned(), p["text"].as_str().unwrap().to_owned());
    passages.unwrap_or_else(|| panic!("{shown:#}")).iter().map(one).collect()
}

#[test]
fn an_endpoint_is_asked_once_and_its_passages_are_given() {
    let server = server(|_, _| {
        body(&json!({"passages": [{"id": "returns#window"}, {"article": "returns", "section": "top"}]}))
    });
    let project = project(&server, &at(&server));
    let plan = project.run(&["plan"]);
    assert!(plan.stderr.contains("retrieval `mine` is not asked"), "{}", plan.all());
    let show = project.run(&["plan", "--show", "window"]);
    assert!(show.code == 2 && show.stderr.contains("`regauge run` asks it"), "{}", show.all());
    assert_eq!(project.run(&["check"]).code, 0);
    assert!(server.asked().is_empty(), "nothing was sent");

    let done = project.run(&["run", "--repeats", "3"]);
    assert_eq!(done.code, 0, "{}", done.all());
    let asked = lookups(&server);
    assert_eq!(asked.len(), 2, "two questions, each once: {asked:?}");
    let window = asked.iter().find(|a| a["question"] == "How long can I return it?").unwrap();
    assert_eq!((&window["k"], &window["lang"]), (&json!(6), &json!("en")));
    let ids: Vec<String> = given(&project, "window").into_iter().map(|(id, _)| id).collect();
    assert_eq!(ids, ["returns#window", "returns#top"]);
    assert!(
        server
            .asked()
            .iter()
            .any(|a| a.body.get("messages").is_some() && a.last().starts_with("You have 30 days from"))
    );

    // What was found is found again, in another run as without a network.
    for args in [
        &["run", "--repeats", "3"][..],
        &["run", "--repeats", "3", "--offline"],
        &["run", "--replay", "--repeats", "3"],
    ] {
        let again = project.run(args);
        assert_eq!(again.code, 0, "{}", again.all());
    }
    assert_eq!((lookups(&server).len(), given(&project, "window").len()), (2, 2));
    let show = project.run(&["plan", "--show", "window"]);
    assert!(show.stdout.contains("passages: returns#window, returns#top"), "{}", show.all());
    assert_eq!(project.run(&["run", "--refresh", "--repeats", "3"]).code, 0);
    assert_eq!(lookups(&server).len(), 4, "--refresh asks again");
}

#[test]
fn what_was_asked_is_exported_and_imported_with_the_answers() {
    let server = server(|_, _| body(&json!({"passages": ["returns#window"]})));
    let first = project(&server, &at(&server));
    assert_eq!(first.run(&["run"]).code, 0);
    assert_eq!(first.run(&["cache", "export", "answers.jsonl"]).code, 0);
    let second = project(&server, &at(&server));
    second.write("answers.jsonl", &first.read("answers.jsonl"));
    let missing = second.run(&["run", "--offline"]);
    assert!(missing.code == 5 && missing.all().contains("recorded answers are missing"), "{}", missing.all());
    let done = second.run(&["run", "--replay", "answers.jsonl"]);
    assert_eq!(done.code, 0, "{}", done.all());
    assert_eq!(given(&second, "window"), given(&first, "window"));
    assert_eq!(lookups(&server).len(), 2);
}

#[test]
fn another_dialect_needs_a_body_and_paths() {
    let server = Server::new(|_, asked| match asked.body.get("q") {
        Some(_) => {
            body(&json!({"hits": [{"_id": 7, "_source": {"doc": "returns#window", "body": "ignored"}}]}))
        }
        None => says("You have 30 days. hello"),
    });
    let project = project(
        &server,
        &format!(
            "{}\nk = 3\nbody = '{{\"q\": {{{{ input }}}}, \"top\": {{{{ k }}}}, \"case\": {{{{ case }}}}, \"tenant\": {{{{ vars.tenant }}}}}}'\n\
             vars = {{ tenant = \"volta\" }}\npassages = \"$.hits[*]\"\nid = \"$._source.doc\"",
            at(&server)
        ),
    );
    let done = project.run(&["run"]);
    assert_eq!(done.code, 0, "{}", done.all());
    let asked = server.asked().into_iter().map(|a| a.body).find(|b| b["case"] == "window").unwrap();
    assert_eq!(
        asked,
        json!({"q": "How long can I return it?", "top": 3, "case": "window", "tenant": "volta"})
    );
    assert_eq!(given(&project, "window")[0].0, "returns#window");
}

#[test]
fn texts_are_given_as_they_are_and_are_inert() {
    let evil = "\u{1b}[31mYou have 30 days.\u{7} <script>alert(1)</script> {{ input }} {% raw %}";
    let server = server(move |_, _| {
        body(&json!({"passages": [
            {"text": evil, "title": "<b>Wiki</b>", "id": "wiki/\u{1b}[2J7"},
            {"id": "returns#window", "text": "You have 14 days."},
        ]}))
    });
    let project = project(&server, &at(&server));
    let done = project.run(&["run", "--format", "html", "--output", "report.html"]);
    let given = given(&project, "window");
    assert_eq!((given[0].0.as_str(), given[0].1.as_str()), ("external:wiki/[2J7", evil));
    assert_eq!(given[1], ("returns#window".to_owned(), "You have 14 days.".to_owned()));
    assert!(
        server.asked().iter().any(|a| a.body.get("messages").is_some() && a.last().contains("{{ input }}"))
    );
    let shown = project.run(&["explain", "window"]);
    assert!(!format!("{}{}", done.all(), shown.all()).contains('\u{1b}'), "{}", shown.all());
    let html = project.read("report.html");
    assert!(!html.contains("<script>alert(1)") && !html.contains("<b>Wiki"), "{html}");
}

#[test]
fn a_look_up_that_fails_is_an_error_and_no_empty_context() {
    for (reply, why) in [
        (fails(400, r#"{"error": "no such index"}"#), "no such index"),
        (fails(500, "down"), "trial_timeout_s"),
        (body(&json!({"error": "down"})), "finds nothing in the reply"),
        (body(&json!({"passages": [{"score": 1}]})), "neither an id nor a text"),
        (body(&json!({"passages": ["retruns"]})), "did you mean `returns`?"),
        (Reply { body: "<html>".into(), ..body(&json!(null)) }, "is not JSON"),
        (Reply { delay_ms: 3000, ..body(&json!({"passages": []})) }, "no answer within 1 s"),
    ] {
        let server = server(move |_, _| reply.clone());
        let project = project(&server, &format!("{}\ntimeout_s = 1\ntrial_timeout_s = 1", at(&server)));
        let done = project.run(&["run"]);
        assert_eq!(done.code, 5, "{why}: {}", done.all());
        let trial = project.json(&["explain", "window", "--json"])["trials"][0].clone();
        let error = trial["error"]["message"].as_str().unwrap();
        assert!(error.starts_with("retrieval `mine` failed: ") && error.contains(why), "{why}: {error}");
        assert_eq!(
            (&trial["outcome"], &trial["error"]["kind"]),
            (&json!("errored"), &json!("retrieval")),
            "{trial:#}"
        );
        assert!(
            server.asked().iter().all(|a| a.body.get("messages").is_none()),
            "{why}: the model was asked"
        );
    }
    // Nothing found is no failure.
    let server = server(|_, _| body(&json!({"passages": []})));
    let project = project(&server, &at(&server));
    project.run(&["run"]);
    assert_eq!(given(&project, "window"), []);
}

#[test]
fn what_fails_once_is_asked_again_and_a_wrong_key_ends_the_run() {
    let server =
        server(|n, _| if n == 0 { fails(503, "busy") } else { body(&json!({"passages": ["returns"]})) });
    let project = project(&server, &at(&server));
    assert_eq!(project.run(&["run", "--concurrency", "1"]).code, 0);
    let denied = self::server(|_, _| fails(401, r#"{"error": {"message": "bad token"}}"#));
    let project = self::project(&denied, &at(&denied));
    let done = project.run(&["run"]);
    assert!(
        done.code == 5 && done.all().contains("every further look-up by `mine` would fail"),
        "{}",
        done.all()
    );
}

#[test]
fn a_secret_of_the_retriever_stays_one() {
    let echo = "canary-retriever-0123456789";
    let server = server(move |n, _| match n {
        0 => fails(500, &format!("header was {echo}")),
        _ => body(&json!({"passages": [{"text": format!("You have 30 days. {echo}"), "id": echo}]})),
    });
    let keys = format!("{}\nheaders = {{ X-Search-Key = {{ env = \"SEARCH_KEY\" }} }}", at(&server));
    let unset = project(&server, &keys).run(&["run"]);
    assert!(
        unset.stderr.contains("retrieval `mine`: the environment variable SEARCH_KEY is not set"),
        "{}",
        unset.all()
    );
    let project = project(&server, &keys).env("SEARCH_KEY", echo);
    let mut printed =
        project.run(&["run", "--concurrency", "1", "--format", "html", "--output", "report.html"]).all();
    for args in [
        &["explain", "window", "--json"][..],
        &["cache", "export", "answers.jsonl"],
        &["runs", "show", "latest", "--json"],
    ] {
        printed.push_str(&project.run(args).all());
    }
    assert!(printed.contains("[redacted]") && !printed.contains(echo), "{printed}");
    let mut folders = vec![project.path("")];
    while let Some(folder) = folders.pop() {
        for path in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
            } else {
                let bytes = std::fs::read(&path).unwrap();
                assert!(!String::from_utf8_lossy(&bytes).contains(echo), "{}", path.display());
            }
        }
    }
}

#[test]
fn a_conversation_is_looked_up_turn_by_turn() {
    let server = server(|_, asked| {
        let id = if asked.body["question"] == "And how?" { "returns#top" } else { "returns#window" };
        body(&json!({"passages": [id]}))
    });
    let keys = "body = '{\"question\": {{ input }}, \"history\": {{ history }}}'";
    let project = project(&server, &format!("{}\n{keys}", at(&server)));
    let suite = project.read("suites/first.toml");
    let cases = suite.find("[[case]]").unwrap();
    project.write(
        "suites/first.toml",
        &format!(
            "{}[[case]]\nid = \"window\"\n[[case.script]]\nsay = \"How long can I return it?\"\n[[case.script]]\nsay = \"And how?\"\n\
             [[case.score]]\nkind = \"contains\"\nany = [\"30\"]\n",
            &suite[..cases]
        ),
    );
    let done = project.run(&["run"]);
    assert_eq!(done.code, 0, "{}", done.all());
    let asked = lookups(&server);
    assert_eq!(asked.len(), 2);
    assert_eq!(
        asked[1]["history"],
        json!([
            {"role": "customer", "text": "How long can I return it?"},
            {"role": "agent", "text": "You have 30 days. hello"},
        ])
    );
    let ids: Vec<String> = given(&project, "window").into_iter().map(|(id, _)| id).collect();
    assert_eq!(ids, ["returns#window", "returns#top"]);
    assert_eq!(project.run(&["run", "--offline"]).code, 0);
}

#[test]
fn a_run_is_replayed_from_its_own_cassette() {
    let server = server(|_, _| body(&json!({"passages": ["returns#window"]})));
    let first = project(&server, &at(&server));
    assert_eq!(first.run(&["run"]).code, 0);
    let done = first.run(&["runs", "export", "latest", "run.jsonl"]);
    assert_eq!(done.code, 0, "{}", done.all());
    assert_eq!(first.run(&["cache", "prune", "--unused"]).code, 0);
    assert_eq!(first.run(&["run", "--offline"]).code, 0, "what a run looked up is used");
    let second = project(&server, &at(&server));
    second.write("run.jsonl", &first.read("run.jsonl"));
    let done = second.run(&["run", "--replay", "run.jsonl"]);
    assert_eq!(done.code, 0, "{}", done.all());
    assert_eq!((given(&second, "window"), lookups(&server).len()), (given(&first, "window"), 2));
}

#[cfg(unix)]
mod programs {
    use super::*;

    const SEARCH: &str = r#"
import json, sys
for line in sys.stdin:
    asked = json.loads(line)
    with open("asked.jsonl", "a") as log:
        log.write(line)
    found = [{"id": "returns#window"}] if "return" in asked["question"] else []
    print(json.dumps({"id": asked["id"], "passages": found}), flush=True)
"#;

    #[test]
    fn a_program_answers_line_by_line() {
        let server = Server::saying("You have 30 days. hello");
        let project = project(&server, "command = [\"python3\", \"search.py\"]\nk = 2");
        project.write("search.py", SEARCH);
        let done = project.run(&["run"]);
        assert_eq!(done.code, 0, "{}", done.all());
        assert_eq!(given(&project, "window")[0].0, "returns#window");
        assert_eq!(given(&project, "greeting"), []);
        let asked = project.read("asked.jsonl");
        let asked: Vec<Value> = asked.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let window = asked.iter().find(|a| a["case"] == "window").unwrap();
        assert_eq!(
            (&window["k"], &window["lang"], &window["history"]),
            (&json!(2), &json!("en"), &json!([]))
        );
        assert_eq!(project.run(&["run"]).code, 0);
        assert_eq!(
            project.read("asked.jsonl").lines().count(),
            2,
            "the second run was answered from the store"
        );
        // Another script is another retriever.
        project.write("search.py", &format!("{SEARCH}\n# newer\n"));
        assert_eq!(project.run(&["run"]).code, 0);
        assert_eq!(project.read("asked.jsonl").lines().count(), 4);
    }

    #[test]
    fn a_program_that_dies_ends_the_run() {
        let server = Server::saying("You have 30 days. hello");
        let project = project(&server, "command = [\"sh\", \"-c\", \"echo 'no index here' >&2; exit 3\"]");
        let done = project.run(&["run"]);
        assert_eq!(done.code, 5, "{}", done.all());
        assert!(done.all().contains("no index here"), "{}", done.all());
        assert!(server.asked().is_empty(), "the model was asked without passages");
    }
}

#[test]
fn mistakes_are_found_before_anything_is_sent() {
    let server = Server::saying("hello");
    let project = project(
        &server,
        "url = \"search\"\ncwd = \"x\"\nk1 = 1.0\nbody = '{ \"q\": {{ question }} }'\npassages = \"hits\"",
    );
    let settings = project.read("regauge.toml");
    project.write("regauge.toml", &format!("{settings}\n[retrieval.none-named]\nkind = \"external\"\n"));
    project.edit("suites/first.toml", "retrieval = \"mine\"", "retrieval = \"external\"");
    let settings = project.read("regauge.toml");
    project.write("regauge.toml", &settings.replace(&server.url(), "http://127.0.0.1:9/v1"));
    crate::snapshot!("external_mistakes", project.run(&["check"]).all());
}
