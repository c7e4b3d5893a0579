//! User mistakes: where, what, what to do; all of them at once; exit code 2.

use crate::fixture::Project;
use crate::server::Server;
use crate::snapshot;

#[test]
fn all_mistakes_of_a_project_are_shown_at_once() {
    let server = Server::saying("hello");
    let project = Project::asking(&server);
    project.edit("regauge.toml", "concurrency = 4", "concurency = 4");
    project.edit("prompts/bare.j2", "{{ input }}", "{{ inptu }}");
    project.edit(
        "suites/first.toml",
        "prompts = [\"bare\", \"grounded\"]",
        "prompts = [\"bare\", \"gruonded\"]",
    );
    project.edit("suites/first.toml", "sources = [\"returns#window\"]", "sources = [\"returns#windw\"]");
    project.edit("suites/first.toml", "kind = \"contains\"", "kind = \"contians\"");
    project.edit("golden/knowledge/returns.md", "updated = 2026-09-01", "updated = \"soon\"");
    let done = project.run(&["check"]);
    snapshot!("errors_all_at_once", done.all());
    assert_eq!(project.run(&["run"]).code, 2);
    assert!(server.asked().is_empty(), "nothing is sent before the project is right");
}

#[test]
fn a_literal_key_is_an_error_that_does_not_repeat_it() {
    let server = Server::saying("hello");
    let project = Project::asking(&server);
    project.edit("regauge.toml", "api_key_env = \"MOCK_KEY\"", "api_key = \"sk-live-abcdefgh12345678\"");
    let done = project.run(&["check"]);
    assert_eq!(done.code, 2);
    assert!(!done.all().contains("abcdefgh"), "{}", done.all());
    snapshot!("errors_literal_key", done.all());
}

#[test]
fn names_that_nothing_has_are_usage_errors() {
    let server = Server::saying("hello");
    let project = Project::asking(&server);
    for (args, expected) in [
        (vec!["run", "--suite", "frist"], "no suite is named `frist`; did you mean `first`?"),
        (vec!["run", "--case", "windw"], "no case is named `windw`; did you mean `window`?"),
        (vec!["run", "--model", "mok"], "no model is named `mok`; did you mean `mock`?"),
        (vec!["plan", "--prompt", "gronded"], "no prompt is named `gronded`; did you mean `grounded`?"),
        (vec!["report", "latest"], "no run yet"),
    ] {
        let done = project.run(&args);
        assert_eq!(done.code, 2, "{}", done.all());
        assert!(done.stderr.contains(expected), "{}", done.all());
    }
    assert!(server.asked().is_empty());
}

#[test]
fn a_missing_key_is_named_before_anything_is_sent() {
    let server = Server::saying("hello");
    let project = Project::asking(&server).env("MOCK_KEY", "");
    let done = project.run(&["run"]);
    assert_eq!(done.code, 2, "{}", done.all());
    assert!(done.stderr.contains("MOCK_KEY is not set"), "{}", done.all());
    assert!(server.asked().is_empty());
}

#[test]
fn outside_a_project_there_is_a_way_forward() {
    let project = Project::empty();
    let done = project.run(&["run"]);
    assert_eq!(done.code, 2);
    assert!(done.stderr.contains("regauge init"), "{}", done.all());
}

#[test]
fn a_project_without_suites_never_passes() {
    let server = Server::saying("hello");
    let project = Project::asking(&server);
    std::fs::remove_file(project.path("suites/first.toml")).unwrap();
    let done = project.run(&["run"]);
    assert_eq!(done.code, 2);
    assert!(done.stderr.contains("no suites found"), "{}", done.all());
}
