//! stdout is data, stderr is talk; hostile text is inert.

use std::process::Stdio;

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

/// How a command ends whose reader has gone.
fn unread(project: &Project, args: &[&str]) -> Option<i32> {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    project.command(args).stdout(writer).stderr(Stdio::null()).status().unwrap().code()
}

#[test]
fn a_reader_that_went_away_changes_no_verdict() {
    let server = Server::saying("hello, you have 30 days");
    let project = Project::asking(&server);
    let settings = project.read("regauge.toml");
    project.write("regauge.toml", &format!("{settings}\n[gate]\nmin_pass_rate = 1.0\n"));
    project.edit("suites/first.toml", "value = 30", "value = 31");
    assert_eq!(unread(&project, &["run", "--tag", "base"]), Some(1));
    for args in [&["gate", "base"][..], &["gate", "base", "--json"]] {
        assert_eq!(unread(&project, args), Some(1), "{args:?}");
    }
    for args in [&["report", "base"][..], &["export", "base"], &["export", "base", "--format", "jsonl"]] {
        assert_eq!(unread(&project, args), Some(0), "{args:?}");
    }
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

#[test]
fn a_file_gets_the_format_of_its_ending() {
    let server = Server::saying("hello, you have 30 days");
    let project = Project::asking(&server);
    let files = ["x.html", "x.xml", "x.md", "x.json", "x.txt"];
    let begins = ["<!doctype html>", "<?xml", "<!-- regauge report -->", "{", "run "];
    let done = project.run(&["run", "--output", "run.html"]);
    assert_eq!(done.code, 0, "{}", done.all());
    assert!(project.read("run.html").to_lowercase().starts_with("<!doctype html>"));
    for (file, begin) in files.into_iter().zip(begins) {
        assert_eq!(project.run(&["report", "--output", file]).code, 0, "{file}");
        let text = project.read(file).to_lowercase();
        assert!(text.starts_with(begin), "{file}: {}", &text[..80]);
    }
    project.run(&["report", "--format", "junit", "--output", "x.html"]);
    assert!(project.read("x.html").starts_with("<?xml"), "what is named wins");
    for (file, begin) in [("c.html", "<!doctype html>"), ("c.csv", "article"), ("c.json", "{"), ("c.md", "#")]
    {
        let done = project.run(&["coverage", "--output", file]);
        assert_eq!(done.code, 0, "{file}: {}", done.all());
        let text = project.read(file).to_lowercase();
        assert!(text.starts_with(begin), "{file}: {}", &text[..80.min(text.len())]);
    }
}

#[test]
fn text_is_as_wide_as_the_user_says() {
    let server = Server::saying("hello, you have 30 days");
    let project = Project::asking(&server);
    project.run(&["run"]);
    let widest = |columns: &str| {
        let output = project.command(&["report"]).env("COLUMNS", columns).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        text.lines().filter(|l| !l.contains("regauge ")).map(|l| l.chars().count()).max().unwrap()
    };
    let plain = widest("");
    assert!(widest("60") <= 60 && plain > 60, "{plain}");
    assert_eq!(widest("nonsense"), plain);
    assert_eq!(widest("10"), widest("40"));
}

/// What is no file is written to: another file in its place would be none.
#[cfg(unix)]
#[test]
fn a_pipe_is_written_to_and_stays_one() {
    use std::os::unix::fs::FileTypeExt as _;
    let server = Server::saying("hello, you have 30 days");
    let project = Project::asking(&server);
    project.run(&["run"]);
    let pipe = project.path("report.json");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let reader = std::thread::spawn({
        let pipe = pipe.clone();
        move || std::fs::read_to_string(pipe).unwrap()
    });
    let done = project.run(&["report", "--format", "json", "--output", "report.json"]);
    assert_eq!(done.code, 0, "{}", done.all());
    assert!(reader.join().unwrap().starts_with('{'));
    assert!(std::fs::metadata(&pipe).unwrap().file_type().is_fifo());
}
