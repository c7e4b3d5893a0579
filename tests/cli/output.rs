//! stdout is data, stderr is talk; hostile text is inert.

use crate::fixture::Project;
use crate::server::Server;
use crate::snapshot;

#[test]
fn hostile_answers_are_inert_in_the_terminal() {
    let server = Server::saying("\u{1b}]0;owned\u{7}\u{1b}[2J hello \u{202e}dlrow\u{9b}31m 99 days");
    let project = Project::asking(&server);
    let mut command = project.command(&["run", "--limit", "0"]);
    let output = command.env("CLICOLOR_FORCE", "1").output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("99 days"), "{text}");
    assert!(!text.contains("\u{1b}]") && !text.contains("\u{1b}[2J"), "{text:?}");
    assert!(!text.contains('\u{202e}') && !text.contains('\u{9b}') && !text.contains('\u{7}'), "{text:?}");
}

#[test]
fn pipes_and_no_color_get_plain_text() {
    let server = Server::saying("hello, you have 30 days");
    let project = Project::asking(&server);
    let done = project.run(&["run"]);
    assert!(!done.all().contains('\u{1b}'), "{:?}", done.all());
}

#[test]
fn json_on_stdout_is_one_document() {
    let server = Server::saying("hello, you have 30 days");
    let project = Project::asking(&server);
    let report = project.json(&["run", "--json"]);
    assert_eq!(report["format"], 1);
    assert_eq!(report["variants"].as_array().unwrap().len(), 2);
}

#[test]
fn help_is_complete() {
    let project = Project::empty();
    snapshot!("help", project.run(&["--help"]).all());
    for command in [
        "init",
        "check",
        "plan",
        "run",
        "runs",
        "diff",
        "report",
        "explain",
        "accept",
        "models",
        "completions",
        "schema",
    ] {
        assert_eq!(project.run(&[command, "--help"]).code, 0, "{command}");
    }
    for shell in ["bash", "zsh", "fish", "powershell"] {
        assert!(project.run(&["completions", shell]).stdout.contains("regauge"));
    }
}
