//! A canary key must appear nowhere but in the request's header.

use crate::fixture::Project;
use crate::server::{Server, fails, says};

const CANARY: &str = "sk-canary-0123456789";

#[test]
fn the_key_is_in_no_file_and_no_output() {
    let server = Server::new(|n, asked| {
        let echoed = asked.authorization.clone().unwrap_or_default();
        match n {
            0 => fails(500, &format!("upstream said: {echoed}")),
            1 => fails(400, &format!(r#"{{"error": {{"message": "header was {echoed}"}}}}"#)),
            _ => says("hello, you have 30 days"),
        }
    });
    let project = Project::asking(&server);
    let mut printed = String::new();
    for args in [
        &["run", "--concurrency", "1"][..],
        &["run", "--json"],
        &["runs", "show", "latest", "--json"],
        &["runs", "export", "latest", "cassette.jsonl"],
        &["explain", "window", "--json"],
        &["models", "list"],
        &["models", "ping", "--json"],
        &["plan", "--json"],
        &["check", "--json"],
    ] {
        printed.push_str(&project.run(args).all());
    }
    assert!(printed.contains("[redacted]"), "the echo was shown, without the key:\n{printed}");
    assert!(!printed.contains(CANARY), "{printed}");
    let mut folders = vec![project.path("")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let bytes = std::fs::read(&path).unwrap();
                assert!(
                    !String::from_utf8_lossy(&bytes).contains(CANARY),
                    "{} holds the key",
                    path.display()
                );
            }
        }
    }
}
