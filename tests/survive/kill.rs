//! A process that is killed loses no answer: the same command finishes the run and asks only for the rest.

use std::time::Duration;

use crate::fixture::{Project, wait_until};
use crate::server::{Server, says};

const CASES: u32 = 120;
const CONCURRENCY: usize = 8;

fn answering() -> Server {
    Server::new(|_| says("hello").after(Duration::from_millis(10)))
}

/// The newest run's report without what differs between any two runs: ids and times.
fn report(project: &Project) -> String {
    let text = project.run(&["report", "latest", "--format", "json"]).stdout;
    let changing = regex::Regex::new(
        r#"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f-]{21}|\d{4}-\d\d-\d\d[T ][0-9:.]+Z?|"[a-z0-9_]*(latency|_ms|p50|p95|seconds)[a-z0-9_]*": *[0-9.]+"#,
    )
    .unwrap();
    changing.replace_all(&text, "").into_owned()
}

/// Kills the run with signal 9 once the server has seen so many requests.
fn kill_after(project: &Project, server: &Server, requests: usize) {
    let concurrency = CONCURRENCY.to_string();
    let mut child = project.start(&["run", "--concurrency", &concurrency]);
    wait_until(|| server.count() >= requests);
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn a_killed_run_is_finished_by_the_same_command() {
    let server = answering();
    let whole = Project::new(&server, CASES);
    assert_eq!(whole.run(&["run", "--concurrency", "8"]).code, 0);
    let expected = report(&whole);
    assert!(expected.contains("\"passed\""), "{expected}");
    // Places that look random and are always the same.
    for place in [1, 9, 31, 74, 118] {
        let server = answering();
        let project = Project::new(&server, CASES);
        kill_after(&project, &server, place);
        let asked = server.count();
        let recorded = project.report()["variants"][0]["passed"].as_u64().unwrap() as usize;
        assert!(recorded > 0 || place < 70, "killed after {place}: nothing was recorded");
        let done = project.run(&["run", "--concurrency", "8"]);
        assert_eq!(done.code, 0, "killed after {place}: {}", done.all());
        assert!(server.count() - asked <= CASES as usize - recorded, "no recorded answer is asked again");
        let repeated = server.count() - CASES as usize;
        assert!(repeated <= CONCURRENCY, "killed after {place}: {repeated} answers were asked for twice");
        assert_eq!(report(&project), expected, "killed after {place}");
    }
}

/// The same while cases are asked again because they violate a rule.
#[test]
fn a_run_that_is_killed_while_it_asks_again_is_finished_by_the_same_command() {
    const CRITICAL: usize = 24;
    let begun = || {
        let server = Server::new(|_| says("no").after(Duration::from_millis(10)));
        let project = Project::new(&server, CRITICAL as u32);
        let edit = |path: &str, change: &dyn Fn(String) -> String| {
            let text = std::fs::read_to_string(project.path(path)).unwrap();
            project.write(path, &change(text));
        };
        edit("regauge.toml", &|text| text + "\n[gate]\ncritical = \"all\"\n");
        edit("suites/all.toml", &|text| text.replace("\ninput", "\ntier = \"critical\"\ninput"));
        (server, project)
    };
    let (server, whole) = begun();
    assert_eq!(whole.run(&["run", "--concurrency", "8"]).code, 1);
    assert_eq!(server.count(), 3 * CRITICAL);
    let expected = report(&whole);
    assert!(expected.contains("asked again"), "{expected}");
    for place in [CRITICAL, CRITICAL + 1, CRITICAL + 20, 3 * CRITICAL - 1] {
        let (server, project) = begun();
        kill_after(&project, &server, place);
        let done = project.run(&["run", "--concurrency", "8"]);
        assert_eq!(done.code, 1, "killed after {place}: {}", done.all());
        let repeated = server.count() - 3 * CRITICAL;
        assert!(repeated <= CONCURRENCY, "killed after {place}: {repeated} answers were asked for twice");
        assert_eq!(report(&project), expected, "killed after {place}");
    }
}
