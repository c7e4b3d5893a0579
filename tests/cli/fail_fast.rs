//! `regauge run --fail-fast`: a loss is proven before all is asked.

use crate::fixture::Project;
use crate::server::{Server, says};

/// Thirty cases that are right at first; with the edited prompt the first `broken` of them are wrong.
fn edited(broken: usize, concurrency: u32) -> (Server, Project) {
    let server = Server::new(move |_, asked| {
        let hurt = asked.body.to_string().contains("very brief");
        let number: usize = asked.last().rsplit(' ').next().unwrap().trim_end_matches('.').parse().unwrap();
        let mut reply = says(if hurt && number < broken { "no" } else { "hello" });
        // What is wrong comes first: the order of arrival must not count.
        reply.delay_ms = if hurt && number >= broken { 30 } else { 0 };
        reply
    });
    let project = Project::asking(&server);
    project.edit("regauge.toml", "concurrency = 4", &format!("concurrency = {concurrency}"));
    project.greet(0..30);
    assert_eq!(project.run(&["run", "--tag", "base"]).code, 0);
    project.edit("prompts/bare.j2", "Be brief.", "Be very brief.");
    (server, project)
}

#[test]
fn a_proven_loss_stops_the_run_and_fails_it() {
    let (server, project) = edited(30, 1);
    let before = server.asked().len();
    let done = project.run(&["run", "--fail-fast", "--baseline", "base"]);
    assert_eq!(done.code, 1, "{}", done.all());
    let reason = "7 broke and 0 were fixed in bare × mock among the first 7 of 30 cases: e-value 31.9, at least 20 (1 / 0.05) proves a loss";
    assert!(done.stderr.contains(reason), "{}", done.all());
    assert!(done.stdout.contains("fail-fast") && done.stdout.contains("e-value 31.9"), "{}", done.all());
    assert!(done.stdout.contains("planned trials: --fail-fast stopped the run"), "{}", done.all());
    let asked = server.asked().len() - before;
    assert!((7..30).contains(&asked), "{asked}");
    // The stored run says the same later, and is stopped again before anything is asked.
    let gate = project.run(&["gate", "latest", "--baseline", "base"]);
    assert_eq!(gate.code, 1, "{}", gate.all());
    let again = project.run(&["run", "--fail-fast", "--baseline", "base"]);
    assert_eq!(again.code, 1, "{}", again.all());
    assert!(again.stderr.contains(reason), "{}", again.all());
    assert_eq!(server.asked().len() - before, asked);
    // Without the flag it is finished.
    let rest = project.run(&["run", "--baseline", "base"]);
    assert!(!rest.all().contains("fail-fast"), "{}", rest.all());
    assert_eq!(server.asked().len() - before, 30);
}

#[test]
fn when_and_why_it_stops_is_the_same_for_every_concurrency() {
    let reason = |concurrency| {
        let (_server, project) = edited(9, concurrency);
        let done = project.run(&["run", "--fail-fast", "--baseline", "base"]);
        assert_eq!(done.code, 1, "{}", done.all());
        done.stderr.lines().find(|line| line.contains("e-value")).unwrap().to_owned()
    };
    let one = reason(1);
    assert!(one.contains("among the first 7 of 30 cases"), "{one}");
    assert_eq!(one, reason(8));
}

#[test]
fn too_little_evidence_lets_it_run_to_its_end() {
    let (server, project) = edited(5, 4);
    let before = server.asked().len();
    let done = project.run(&["run", "--fail-fast", "--baseline", "base"]);
    assert_eq!(server.asked().len() - before, 30, "{}", done.all());
    assert!(!done.all().contains("e-value"), "{}", done.all());
}

#[test]
fn without_a_baseline_nothing_is_sent() {
    let (server, project) = edited(5, 4);
    let before = server.asked().len();
    let done = project.run(&["run", "--fail-fast"]);
    assert_eq!(done.code, 2, "{}", done.all());
    assert!(done.stderr.contains("there is none; name a run by --baseline"), "{}", done.all());
    let done = project.run(&["run", "--fail-fast", "--baseline", "no-such-tag"]);
    assert_eq!(done.code, 2, "{}", done.all());
    assert!(done.stderr.contains("no-such-tag"), "{}", done.all());
    assert_eq!(server.asked().len(), before);
}

#[test]
fn a_suite_that_is_too_small_is_said() {
    let server = Server::saying("hello, you have 30 days");
    let project = Project::asking(&server);
    project.run(&["run", "--tag", "base"]);
    let done = project.run(&["run", "--fail-fast", "--baseline", "base", "--refresh"]);
    assert!(done.stderr.contains("warning: `--fail-fast` cannot stop this run"), "{}", done.all());
}
