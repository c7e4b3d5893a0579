//! A wrong key and an unknown model stop a run at once: one request per model, not one per trial.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::fixture::{KEY, Project};
use crate::server::{Server, reply};

fn rejecting(status: u16, body: &'static str) -> Server {
    // Slow enough for many to be sent, if many were sent.
    Server::new(move |_| reply(status, "", body).after(Duration::from_millis(100)))
}

fn stops(server: &Server, expected: &str) {
    let project = Project::new(server, 200);
    let settings = std::fs::read_to_string(project.path("regauge.toml")).unwrap();
    let second = settings.replace("[models.mock]", "[models.other]").replace("mock-1", "mock-2");
    project.write("regauge.toml", &format!("{settings}\n{second}"));
    let suite = std::fs::read_to_string(project.path("suites/all.toml")).unwrap();
    project.write("suites/all.toml", &suite.replace("[\"mock\"]", "[\"mock\", \"other\"]"));
    let done = project.run(&["run", "--concurrency", "64"]);
    assert_eq!(done.code, 5, "{}", done.all());
    assert!(done.stderr.contains(expected), "{}", done.all());
    let mut asked: BTreeMap<String, u32> = BTreeMap::new();
    for seen in server.seen() {
        *asked.entry(seen.model).or_default() += 1;
    }
    assert!(!asked.is_empty() && asked.values().all(|n| *n == 1), "{asked:?}");
    assert!(!done.all().contains(KEY), "{}", done.all());
}

#[test]
fn a_wrong_key_costs_one_request_per_model() {
    let server =
        rejecting(401, r#"{"error": {"message": "Incorrect API key provided", "code": "invalid_api_key"}}"#);
    stops(&server, "every further request to `");
}

#[test]
fn an_unknown_model_costs_one_request_per_model() {
    let server = rejecting(404, r#"{"error": {"message": "no such model", "code": "model_not_found"}}"#);
    stops(&server, "every further request to `");
}

#[test]
fn a_limit_of_errors_stops_a_run_that_can_be_finished() {
    let server = Server::new(|_| reply(400, "", r#"{"error": {"message": "no"}}"#));
    let project = Project::new(&server, 200);
    let done = project.run(&["run", "--concurrency", "4", "--max-errors", "3"]);
    assert_eq!(done.code, 5, "{}", done.all());
    assert!(server.count() < 50, "{} requests", server.count());
}
