//! Retrieval through the binary: which passages a trial is given, stored with their ranks.

use serde_json::Value;

use crate::fixture::Project;
use crate::server::{Server, says};
use crate::snapshot;

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

const BM25: &str = "retrieval = \"bm25\"";

#[test]
fn a_way_to_retrieve_has_a_name_and_settings_of_its_own() {
    let server = Server::new(|_, _| says("You have 30 days. hello"));
    let project = project(&server, "retrieval = \"one\"");
    let settings = project.read("regauge.toml");
    project.write("regauge.toml", &format!("{settings}\n[retrieval.one]\nkind = \"bm25\"\nk = 1\nb = 0.5\n"));
    assert_eq!(project.run(&["run", "--prompt", "grounded"]).code, 0);
    assert_eq!(given(&project, "window"), [("returns#top".to_owned(), Some(1))]);

    // The command line says otherwise, and the diff knows what moved.
    let done = project.run(&["run", "--prompt", "grounded", "--retrieval", "none"]);
    assert_eq!(given(&project, "window"), [], "{}", done.all());
    let diff = project.run(&["diff", "latest~1", "latest"]);
    assert!(diff.stdout.contains("knowledge"), "{}", diff.all());

    // A model may have a way of its own.
    project.edit("regauge.toml", "max_tokens = 50", "max_tokens = 50\nretrieval = \"full\"");
    assert_eq!(project.run(&["run", "--prompt", "grounded"]).code, 0);
    assert_eq!(given(&project, "window").len(), 7);

    let typed = project.run(&["run", "--retrieval", "ful"]);
    assert_eq!(typed.code, 2);
    assert!(typed.stderr.contains("no retrieval is named `ful`; did you mean `full`?"), "{}", typed.all());
}

#[test]
fn mistakes_in_the_settings_have_their_place() {
    let server = Server::new(|_, _| says("hello"));
    let project = project(&server, BM25);
    let settings = project.read("regauge.toml");
    project.write(
        "regauge.toml",
        &format!(
            "{settings}\n[retrieval.a]\nkind = \"bm52\"\n\n[retrieval.b]\nkind = \"full\"\nk1 = 1.0\nk = 0\n\n\
             [retrieval.gold]\nkind = \"gold\"\n"
        ),
    );
    project.edit("regauge.toml", "max_tokens = 50", "max_tokens = 50\nretrieval = \"hybird\"");
    // The address of the server differs from run to run.
    let settings = project.read("regauge.toml");
    project.write("regauge.toml", &settings.replace(&server.url(), "http://127.0.0.1:9/v1"));
    snapshot!("retrieval_mistakes", project.run(&["check"]).all());
}

#[test]
fn what_full_leaves_out_is_said() {
    let server = Server::new(|_, _| says("hello"));
    let project = project(&server, "retrieval = \"full\"\n[retrieval_budget]\nmax_chars = 60");
    snapshot!("retrieval_full_cut", project.run(&["check"]).all());
    project.edit("suites/first.toml", "max_chars = 60", "max_chars = 6000");
    let done = project.run(&["check"]);
    assert_eq!((done.code, done.stderr.as_str()), (0, ""), "{}", done.all());
}

#[test]
fn without_the_embedding_model_nothing_is_asked() {
    let server = Server::new(|_, _| says("hello"));
    let project = project(&server, "retrieval = \"hybrid\"");
    let check = project.run(&["check"]);
    assert!(check.stderr.contains("embedding model"), "{}", check.all());
    let done = project.run(&["run", "--offline"]);
    assert_ne!(done.code, 0);
    assert!(done.stderr.contains("regauge models pull all-minilm-l6-v2"), "{}", done.all());
    assert!(server.asked().is_empty());
}

#[test]
fn retrieval_has_figures_of_its_own() {
    let server = Server::new(|_, _| says("You have 30 days. hello"));
    let project = project(&server, BM25);
    project.edit(
        "suites/first.toml",
        "[[score]]\nkind = \"grounded\"\n",
        "[[score]]\nkind = \"retrieval\"\nname = \"recall@1\"\nmetric = \"recall\"\nk = 1\n\n\
         [[score]]\nkind = \"retrieval\"\nname = \"mrr\"\nmetric = \"mrr\"\nby = \"passage\"\n",
    );
    let done = project.run(&["run"]);
    assert_eq!(done.code, 0, "{}", done.all());
    let told = project.json(&["explain", "window", "--prompt", "grounded", "--json"]);
    let scores = told.pointer("/trials/0/scores").and_then(Value::as_array).unwrap();
    let recall = scores.iter().find(|s| s["name"] == "recall@1").unwrap();
    assert_eq!(recall["reason"], "recall@1 1.00: 1 of 1 sources among 1 articles");
    let bare = project.json(&["explain", "window", "--prompt", "bare", "--json"]);
    let state = bare.pointer("/trials/0/scores/0/state/is").and_then(Value::as_str);
    assert_eq!(state, Some("not-applicable"), "{bare:#}");
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

#[test]
fn an_export_is_a_knowledge_source() {
    let server = Server::new(|_, _| says("You have 30 days. hello"));
    let project = project(&server, BM25);
    project.write(
        "export/articles.json",
        "{\"articles\": [{\"id\": 7, \"title\": \"Returns\", \"draft\": false, \"locale\": \"en-us\", \"user_segment_id\": null, \
         \"body\": \"<p>Return it here.</p><h2>Return window</h2><p>30 days.</p>\"}]}",
    );
    project.edit(
        "regauge.toml",
        "path = \"golden/knowledge\"",
        "kind = \"zendesk\"\npath = \"export/articles.json\"",
    );
    project.edit("suites/first.toml", "returns#window", "7#return-window");
    assert_eq!(project.run(&["run", "--prompt", "grounded"]).code, 0);
    assert_eq!(given(&project, "window")[0].0.split('#').next(), Some("7"));
    project.edit("regauge.toml", "zendesk", "zendsk");
    let done = project.run(&["check"]);
    assert!(done.stderr.contains("unknown kind of knowledge `zendsk`"), "{}", done.all());
    assert!(done.stderr.contains("did you mean `zendesk`?"), "{}", done.all());
}
