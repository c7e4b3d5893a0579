//! `regauge gate`: a stored run held against the rules and an earlier run, with the verdict as exit code.

use crate::fixture::Project;
use crate::server::{Server, says};

/// Two runs of the same suite: what was right in the first is wrong in the second.
fn damaged(gate: &str) -> (Server, Project) {
    let server = Server::new(|n, asked| match n {
        _ if asked.last().contains("hello") => says("hello"),
        0..4 => says("You have 30 days from delivery."),
        _ => says("You have 14 days from delivery."),
    });
    let project = Project::asking(&server);
    let settings = project.read("regauge.toml");
    project.write("regauge.toml", &format!("{settings}\n{gate}\n"));
    project.run(&["run", "--tag", "base"]);
    project.run(&["run", "--refresh", "--tag", "cand"]);
    (server, project)
}

#[test]
fn few_lost_cases_are_neither_proof_nor_a_pass() {
    let (_server, project) = damaged("[gate]\nmust_hold = \"passed\"");
    let done = project.run(&["gate", "cand", "--baseline", "base"]);
    assert_eq!(done.code, 3, "{}", done.all());
    assert!(
        done.stdout.contains("must_hold = \"passed\"") && done.stdout.contains("inconclusive"),
        "{}",
        done.all()
    );
    let data = project.run(&["gate", "cand", "--baseline", "base", "--json"]);
    let json: serde_json::Value = serde_json::from_str(&data.stdout).unwrap();
    assert_eq!(json["gate"]["verdict"], "inconclusive", "{json}");
    assert_eq!(json["gate"]["passed"], false);
}

#[test]
fn what_held_passes_and_a_missing_baseline_does_not() {
    let (_server, project) = damaged("[gate]\nmust_hold = \"passed\"");
    project.run(&["run", "--tag", "again"]);
    let held = project.run(&["gate", "again", "--baseline", "cand"]);
    assert_eq!(held.code, 0, "{}", held.all());
    let alone = project.run(&["gate", "again", "--baseline", "none"]);
    assert_eq!(alone.code, 3, "{}", alone.all());
    assert!(alone.stdout.contains("there is no baseline to compare"), "{}", alone.all());
    let itself = project.run(&["gate", "again", "--baseline", "again"]);
    assert_eq!(itself.code, 2, "{}", itself.all());
    assert!(itself.stderr.contains("against itself"), "{}", itself.all());
}

#[test]
fn what_may_never_happen_is_named() {
    let (_server, project) = damaged("[gate]\nnever = [\"no-such-scorer\"]");
    let done = project.run(&["gate", "cand"]);
    assert_eq!(done.code, 3, "{}", done.all());
    assert!(done.stdout.contains("no trial was judged by `no-such-scorer`"), "{}", done.all());
}

#[test]
fn a_rule_that_does_not_exist_is_named_with_a_near_one() {
    let (_server, project) = damaged("[gate]\nmust_hold = \"pased\"");
    let done = project.run(&["gate"]);
    assert_eq!(done.code, 2, "{}", done.all());
    assert!(done.stderr.contains("passed"), "{}", done.all());
}
