//! Everything that can break between a client and a server.

use std::io::Read as _;
use std::time::Duration;

use crate::fixture::Project;
use crate::server::{Say, Server, reply, says};

/// Breaks every first request and answers the second.
fn breaks(say: impl Fn() -> Say + Send + Sync + 'static) -> Server {
    Server::new(move |seen| if seen.attempt == 0 { say() } else { says("hello") })
}

fn is_asked_again(server: &Server, keys: &str) {
    let project = Project::at(&server.url(), 3, keys);
    let done = project.run(&["run"]);
    assert_eq!(done.code, 0, "{}", done.all());
    assert_eq!(server.count(), 6, "each case once more");
    assert_eq!(project.report()["variants"][0]["passed"], 3);
}

#[test]
fn what_was_reset_is_asked_again() {
    is_asked_again(&breaks(|| Say::Reset), "");
}

#[test]
fn what_was_cut_off_is_asked_again() {
    is_asked_again(&breaks(|| Say::Cut), "");
    is_asked_again(&breaks(|| Say::CutChunk), "");
}

#[test]
fn what_cannot_be_read_is_asked_again() {
    is_asked_again(&breaks(|| reply(200, "", "<html>bad gateway</html>")), "");
    is_asked_again(&breaks(|| reply(200, "", r#"{"choices": []}"#)), "");
}

#[test]
fn what_stalls_is_asked_again_after_its_time_limit() {
    is_asked_again(&breaks(|| Say::Stall), "timeout_s = 1");
}

/// A run that errors; its messages, and how often the server was asked.
fn errs(project: &Project) -> String {
    let done = project.run(&["run", "--json"]);
    assert_eq!(done.code, 5, "{}", done.all());
    let report = project.report();
    let variant = &report["variants"][0];
    assert_eq!(variant["mean_score"], serde_json::Value::Null, "an error is never a score: {variant}");
    assert_eq!(variant["passed"], 0);
    done.all() + &project.run(&["explain", "case-0000", "--json"]).stdout
}

#[test]
fn an_answer_without_end_is_ended_by_a_limit_and_not_asked_again() {
    for say in [|| Say::Big(50 << 20), || Say::Endless] {
        let server = Server::new(move |_| say());
        let project = Project::at(&server.url(), 1, "max_body_mb = 2");
        let said = errs(&project);
        assert!(said.contains("larger than 2 MiB"), "{said}");
        assert_eq!(server.count(), 1);
    }
}

#[test]
fn a_slow_server_ends_a_trial_with_its_time_limit() {
    let server = Server::new(|_| Say::Stall);
    let project = Project::at(&server.url(), 2, "timeout_s = 1\ntrial_timeout_s = 2");
    let said = errs(&project);
    assert!(said.contains("`trial_timeout_s` of model `mock`"), "{said}");
    assert!(said.contains("within 2 s"), "{said}");
}

#[test]
fn a_time_limit_stops_a_run_that_can_be_finished() {
    let server = Server::new(|seen| match seen.number {
        5..9 => Say::Stall,
        _ => says("hello"),
    });
    let project = Project::new(&server, 20);
    let done = project.run(&["run", "--concurrency", "4", "--max-time", "1s"]);
    assert_eq!(done.code, 5, "{}", done.all());
    assert!(done.stderr.contains("the time limit of 1 s is reached"), "{}", done.all());
    assert_eq!(server.count(), 9);
    let done = project.run(&["run"]);
    assert_eq!(done.code, 0, "{}", done.all());
    assert_eq!(server.count(), 9 + 15);
    let variant = &project.report()["variants"][0];
    assert_eq!((&variant["passed"], &variant["errored"]), (&20.into(), &0.into()), "{variant}");
}

#[test]
fn a_host_that_does_not_exist_is_named() {
    let project = Project::at("http://nonexistent.invalid/v1", 1, "trial_timeout_s = 1");
    let said = errs(&project);
    assert!(said.contains("nonexistent.invalid") && said.contains("check"), "{said}");
}

#[test]
fn a_server_that_is_not_there_is_named() {
    // A port that was free a moment ago.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let project = Project::at(&format!("http://127.0.0.1:{port}/v1"), 1, "trial_timeout_s = 1");
    let said = errs(&project);
    assert!(said.contains(&format!("127.0.0.1:{port}")) && said.contains("refused"), "{said}");
}

#[test]
fn a_server_that_does_not_speak_tls_is_told_apart_and_http_2_is_offered() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let hello = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut hello = vec![0; 4096];
        let read = stream.read(&mut hello).unwrap();
        std::io::Write::write_all(&mut stream, b"HTTP/1.1 400 Bad Request\r\n\r\n").unwrap();
        hello.truncate(read);
        hello
    });
    let project = Project::at(&format!("https://127.0.0.1:{port}/v1"), 1, "trial_timeout_s = 1");
    let said = errs(&project);
    assert!(said.contains("TLS"), "{said}");
    let hello = hello.join().unwrap();
    assert!(hello.windows(3).any(|w| w == b"\x02h2"), "HTTP/2 is offered in the handshake");
}

#[test]
fn a_proxy_from_the_environment_is_used() {
    let proxy = Server::new(|_| says("hello"));
    let project = Project::at("http://bot.example.invalid/v1", 2, "")
        .env("HTTP_PROXY", &format!("http://{}", proxy.address()))
        .env("http_proxy", &format!("http://{}", proxy.address()));
    let done = project.run(&["run"]);
    assert_eq!(done.code, 0, "{}", done.all());
    let lines: Vec<_> = proxy.seen().into_iter().map(|s| s.line).collect();
    assert_eq!(lines.len(), 2);
    assert!(
        lines.iter().all(|l| l.starts_with("POST http://bot.example.invalid/v1/chat/completions")),
        "{lines:?}"
    );
    let direct = project.env("NO_PROXY", "bot.example.invalid");
    direct.write(
        "regauge.toml",
        &std::fs::read_to_string(direct.path("regauge.toml"))
            .unwrap()
            .replace("max_tokens = 50", "max_tokens = 51\ntrial_timeout_s = 1"),
    );
    errs(&direct);
    assert_eq!(proxy.count(), 2, "an exception is kept");
}

#[test]
fn a_drain_finishes_what_is_in_flight() {
    if !cfg!(unix) {
        return;
    }
    let slow = Duration::from_millis(400);
    let server = Server::new(move |s| says("hello").after(if s.number < 12 { slow } else { Duration::ZERO }));
    let project = Project::new(&server, 50);
    let mut child = project.start(&["run", "--concurrency", "4"]);
    crate::fixture::wait_until(|| server.count() >= 5);
    let id = child.id().to_string();
    assert!(std::process::Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(130));
    let before = server.count();
    assert!(before < 20, "{before} requests");
    let variant = &project.report()["variants"][0];
    assert_eq!(variant["passed"], before, "everything that was sent was kept: {variant}");
    assert_eq!(project.run(&["run"]).code, 0);
    assert_eq!(server.count(), 50);
}
