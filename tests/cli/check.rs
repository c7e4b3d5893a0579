//! `regauge check`.

use crate::fixture::Project;
use crate::server::Server;

#[test]
fn a_right_project_is_ok_and_nothing_is_sent() {
    let server = Server::saying("hello");
    let project = Project::asking(&server);
    let done = project.run(&["check"]);
    assert_eq!(done.code, 0, "{}", done.all());
    assert_eq!(done.stdout, "ok: 1 suite with 2 cases, 2 prompts, 1 article with 2 passages\n");
    assert!(server.asked().is_empty());
}

#[test]
fn findings_are_data_with_json() {
    let server = Server::saying("hello");
    let project = Project::asking(&server);
    project.edit("suites/first.toml", "prompts = [\"bare\", \"grounded\"]", "prompts = [\"bear\"]");
    let done = project.run(&["check", "--json"]);
    assert_eq!(done.code, 2);
    let json: serde_json::Value = serde_json::from_str(&done.stdout).unwrap();
    assert_eq!(json["ok"], false);
    let finding = &json["findings"][0];
    assert_eq!(
        (finding["path"].as_str(), finding["line"].as_u64()),
        (Some("suites/first.toml"), Some(2)),
        "{finding}"
    );
    assert!(finding["help"].to_string().contains("bare"), "{finding}");
}

#[test]
fn a_case_that_breaks_a_template_is_found_before_a_run() {
    let server = Server::saying("hello");
    let project = Project::asking(&server);
    project.edit("prompts/bare.j2", "Be brief.", "Plan: {{ vars.plan }}.");
    let done = project.run(&["check"]);
    assert_eq!(done.code, 2, "{}", done.all());
    assert!(done.stderr.contains("plan"), "{}", done.all());
}
