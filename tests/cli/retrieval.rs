//! Retrieval through the binary: which passages a trial is given, stored with their ranks.

use serde_json::Value;

use crate::fixture::Project;
use crate::server::{Server, says};

/// A project of several articles whose suite retrieves in a way.
fn project(server: &Server, retrieval: &str) -> Project {
    let project = Project::asking(server);
    for (id, title, text) in [
        ("battery", "Battery care", "Charge the battery once a month.\n\n## Range\n\nThe range is 80 km."),
        ("delivery", "Delivery", "Parcels arrive in 3 days.\n\n## Price\n\nDelivery costs 9 RON."),
        ("helmets", "Helmets", "A worn helmet cannot be sent back."),
    ] {
        let text = format!("+++\nid = \"{id}\"\ntitle = \"{title}\"\n+++\n{text}\n");
        project.write(&format!("golden/knowledge/{id}.md"), &text);
    }
    project.edit(
        "suites/first.toml",
        "knowledge = [\"help\"]\n",
        &format!("knowledge = [\"help\"]\n{retrieval}\n"),
    );
    project
}

/// The passages that a case was given: ids and ranks.
fn given(project: &Project, case: &str) -> Vec<(String, Option<u64>)> {
    let shown = project.json(&["explain", case, "--prompt", "grounded", "--json"]);
    let passages =
        shown.pointer("/trials/0/passages").and_then(Value::as_array).unwrap_or_else(|| panic!("{shown:#}"));
    let one = |p: &Value| (p["id"].as_str().unwrap().to_owned(), p["rank"].as_u64());
    passages.iter().map(one).collect()
}

#[test]
fn bm25_gives_the_passages_that_share_words_with_the_question() {
    let server = Server::new(|_, _| says("You have 30 days. hello"));
    let project = project(&server, "retrieval = \"bm25\"\n[retrieval_budget]\nmax_passages = 2");
    let done = project.run(&["run", "--prompt", "grounded"]);
    assert_eq!(done.code, 0, "{}", done.all());
    // The words are looked up in the language that the article shows: `return` finds `Returns`.
    let window = given(&project, "window");
    assert_eq!(window[0], ("returns#top".to_owned(), Some(1)));
    assert_eq!(window.len(), 2, "{window:?}");
    assert_eq!(given(&project, "greeting"), []);
    let seen = server.asked();
    assert!(seen.iter().any(|asked| asked.last().contains("Send it back.")));
    let shown = project.run(&["explain", "window", "--prompt", "grounded"]);
    assert!(shown.stdout.contains("1. returns#top"), "{}", shown.stdout);
}

#[test]
fn an_unknown_retrieval_is_shown_with_a_near_name() {
    let server = Server::new(|_, _| says("hello"));
    let done = project(&server, "retrieval = \"bm52\"").run(&["check"]);
    assert_eq!(done.code, 2);
    assert!(done.stderr.contains("unknown retrieval `bm52`"), "{}", done.all());
    assert!(
        done.stderr.contains("did you mean `bm25`?") && done.stderr.contains("suites/first.toml:5"),
        "{}",
        done.all()
    );
}
