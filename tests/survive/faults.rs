//! The fault run: refusals, failures, resets and unreadable replies, and all cases answered all the same.

use std::time::Duration;

use crate::fixture::{Project, input};
use crate::server::{Say, Seen, Server, reply, says};

/// Nobody is refused three times in a row, so that the test is over in three seconds.
const SEED: u64 = 2;
const CASES: u32 = 300;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Fault {
    Refused,
    Failed,
    Reset,
    Unreadable,
}

/// 10 % refusals, 5 % failures, 2 % resets and 1 % unreadable replies.
fn fault(text: &str, attempt: u32) -> Option<Fault> {
    let hash = blake3::hash(format!("{SEED} {attempt} {text}").as_bytes());
    let roll = u32::from_be_bytes(hash.as_bytes()[..4].try_into().unwrap());
    match f64::from(roll) / f64::from(u32::MAX) {
        ..0.10 => Some(Fault::Refused),
        ..0.15 => Some(Fault::Failed),
        ..0.17 => Some(Fault::Reset),
        ..0.18 => Some(Fault::Unreadable),
        _ => None,
    }
}

fn faulty(seen: &Seen) -> Say {
    // Long enough for requests to be in flight together.
    let delay = Duration::from_millis(3);
    match fault(&seen.text, seen.attempt) {
        None => says("hello").after(delay),
        Some(Fault::Refused) => {
            reply(429, "retry-after: 1\r\n", r#"{"error": {"message": "slow down"}}"#).after(delay)
        }
        Some(Fault::Failed) => reply(500, "", r#"{"error": {"message": "oops"}}"#).after(delay),
        Some(Fault::Reset) => Say::Reset,
        Some(Fault::Unreadable) => reply(200, "", r#"{"choices": ["#).after(delay),
    }
}

/// The steps of the newest run's limits, the first refusal first.
fn limits(project: &Project) -> Vec<serde_json::Value> {
    let shown = project.json(&["runs", "show", "latest", "--json"]);
    let steps = shown["limits"].as_array().unwrap().iter();
    steps.skip_while(|step| step["reason"] != "rate-limited").cloned().collect()
}

#[test]
fn every_case_is_answered_with_the_least_possible_requests() {
    let least: usize =
        (0..CASES).map(|c| 1 + (0..20).take_while(|n| fault(&input(c), *n).is_some()).count()).sum();
    let server = Server::new(faulty);
    let project = Project::new(&server, CASES);
    let done = project.run(&["run", "--concurrency", "16"]);
    assert_eq!(done.code, 0, "{}", done.all());
    assert_eq!(server.count(), least, "each fault is asked again once, and nothing else");
    let variant = &project.report()["variants"][0];
    assert_eq!(variant["errored"], 0, "{variant}");
    assert_eq!(variant["passed"], CASES, "{variant}");
    assert_eq!(variant["mean_score"], 1.0, "no error became a score: {variant}");

    // The limit begins at 16. Whoever asks again after a refusal has heard of it.
    assert_eq!(limits(&project)[0]["concurrency"], 8, "the first refusal halves the limit");
    let again = |seen: &Seen| seen.attempt > 0 && fault(&seen.text, seen.attempt - 1) == Some(Fault::Refused);
    let after = server.seen().into_iter().skip_while(|seen| !again(seen)).map(|seen| seen.in_flight).max();
    assert!(after.is_some_and(|most| most <= 8), "{after:?} in flight after the limit was halved to 8");
}

#[test]
fn a_pause_is_kept_by_all() {
    // The first request is refused, and nothing is known of the endpoint yet.
    let server = Server::new(|seen| match seen.number {
        0 => reply(429, "retry-after: 1\r\n", "{}"),
        _ => says("hello"),
    });
    let project = Project::new(&server, 20);
    let done = project.run(&["run", "--concurrency", "16"]);
    assert_eq!(done.code, 0, "{}", done.all());
    assert!(limits(&project).iter().any(|step| step["pause_ms"] != 0), "the pause is in the history");
    // A least time is kept on a slow machine, too.
    let (seen, over) = (server.seen(), server.refusals()[0] + Duration::from_secs(1));
    assert_eq!(seen.len(), 21);
    assert!(seen[1..].iter().all(|s| s.at >= over), "somebody was sent during the pause");
}

#[test]
fn the_history_of_the_limit_is_recorded() {
    let server = Server::new(|seen| match seen.number {
        4 => reply(429, "retry-after: 0.2\r\n", "{}"),
        _ => says("hello").after(Duration::from_millis(5)),
    });
    let project = Project::new(&server, 30);
    assert_eq!(project.run(&["run", "--concurrency", "8"]).code, 0);
    assert_eq!(limits(&project)[0]["reason"], "rate-limited");
}

#[test]
fn a_pause_that_is_too_long_stops_a_run_that_can_be_finished() {
    let server = Server::new(|seen| match seen.number {
        3 => reply(429, "retry-after: 600\r\n", r#"{"error": {"message": "come back later"}}"#),
        _ => says("hello"),
    });
    let project = Project::new(&server, 40);
    let done = project.run(&["run", "--concurrency", "1"]);
    assert_eq!(done.code, 5, "{}", done.all());
    assert_eq!(server.count(), 4);
    assert!(done.stderr.contains("it asks for a pause of 600 s"), "{}", done.all());
    let done = project.run(&["run"]);
    assert_eq!(done.code, 0, "{}", done.all());
    assert_eq!(server.count(), 4 + 37, "only what was missing");
}
