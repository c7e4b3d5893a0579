//! `regauge cache`: paid answers outlive their runs, move between machines, and survive many writers.

use std::fmt::Write as _;
use std::process::Stdio;

use crate::fixture::Project;
use crate::server::{Server, says};
use crate::snapshot;

fn answered() -> (Server, Project) {
    let server = Server::new(|_, asked| {
        if asked.last().contains("hello") { says("hello") } else { says("You have 30 days from delivery.") }
    });
    let project = Project::asking(&server);
    assert_eq!(project.run(&["run"]).code, 0);
    (server, project)
}

/// A cassette of answers to requests that nobody sent.
fn cassette(name: &str, answers: u32) -> String {
    let mut text = String::new();
    for n in 0..answers {
        let key = format!("{name}{n:08x}").into_bytes().iter().fold(String::new(), |mut hex, b| {
            let _ = write!(hex, "{b:02x}");
            hex
        });
        writeln!(
            text,
            "{{\"request\":\"b3:{key:0>32.32}\",\"provider\":\"openai\",\"model\":\"m\",\"identity\":null,\"cost\":0.5,\
             \"completion\":{{\"text\":\"answer {n} of {name}\",\"tool_calls\":[],\"stop\":\"end\",\"usage\":{{\
             \"input\":1,\"output\":2,\"cached_input\":null,\"reasoning\":null}},\"latency_ms\":1.5,\
             \"reported_model\":null}}}}"
        )
        .unwrap();
    }
    text
}

#[test]
fn answers_are_counted_exported_and_imported() {
    let (server, project) = answered();
    snapshot!("cache_stats", project.run(&["cache", "stats"]).all());
    let stats = project.json(&["cache", "stats", "--json"]);
    assert_eq!((&stats["answers"], &stats["requests"], &stats["unused"]), (&4.into(), &4.into(), &0.into()));
    let done = project.run(&["cache", "export", "answers.jsonl"]);
    assert_eq!(done.code, 0, "{}", done.all());
    let text = project.read("answers.jsonl");
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines.len() == 4 && lines.is_sorted() && !text.contains("sk-canary"), "{text}");
    let again = project.run(&["cache", "export", "answers.jsonl"]);
    assert_eq!(again.code, 2);
    assert!(again.stderr.contains("--force"), "{}", again.all());

    // Another machine replays them without having asked anything.
    let other = Project::asking(&server);
    other.write("answers.jsonl", &text);
    let asked = server.asked().len();
    let imported = other.run(&["cache", "import", "answers.jsonl"]);
    assert!(imported.stderr.contains("4 answers, 4 of them new"), "{}", imported.all());
    let imported = other.run(&["cache", "import", "answers.jsonl"]);
    assert!(imported.stderr.contains("4 answers, 0 of them new"), "{}", imported.all());
    let run = other.run(&["run", "--replay"]);
    assert_eq!((run.code, server.asked().len()), (0, asked), "{}", run.all());
    let other_text = other.path("other.jsonl");
    assert_eq!(other.run(&["cache", "export", &other_text.display().to_string()]).code, 0);
    assert_eq!(other.read("other.jsonl"), text);
}

#[test]
fn answers_outlive_their_runs_until_they_are_pruned() {
    let (_server, project) = answered();
    assert_eq!(project.run(&["runs", "delete", "latest", "--yes"]).code, 0);
    assert_eq!(project.json(&["cache", "stats", "--json"])["unused"], 4);
    assert_eq!(project.run(&["cache", "prune"]).code, 2, "a rule is needed");
    let young = project.run(&["cache", "prune", "--unused", "--older-than", "1d"]);
    assert!(young.stderr.contains("0 answers deleted"), "{}", young.all());
    let said = project.run(&["cache", "prune", "--unused", "--dry-run"]);
    assert!(said.stderr.contains("4 answers would be deleted"), "{}", said.all());
    assert_eq!(project.json(&["cache", "stats", "--json"])["answers"], 4);
    let done = project.run(&["cache", "prune", "--unused"]);
    assert!(done.stderr.contains("4 answers deleted"), "{}", done.all());
    assert_eq!(project.json(&["cache", "stats", "--json"])["answers"], 0);
    let bad = project.run(&["cache", "prune", "--older-than", "soon"]);
    assert!(bad.code == 2 && bad.stderr.contains("such as 30d"), "{}", bad.all());
}

#[test]
fn a_broken_line_is_named_and_nothing_is_imported() {
    let (_server, project) = answered();
    let good = cassette("good", 3);
    project.write("good.jsonl", &good);
    project.write("bad.jsonl", &format!("{good}\n{{\"request\": 1}}\nnot json\n"));
    let done = project.run(&["cache", "import", "good.jsonl", "bad.jsonl", "none.jsonl"]);
    assert_eq!(done.code, 2, "{}", done.all());
    for part in ["bad.jsonl:5: ", "bad.jsonl:6: ", "none.jsonl", "nothing was imported"] {
        assert!(done.stderr.contains(part), "{part}: {}", done.all());
    }
    assert_eq!(project.json(&["cache", "stats", "--json"])["answers"], 4);
}

#[test]
fn processes_that_write_at_once_lose_nothing() {
    let (_server, project) = answered();
    let mut children = Vec::new();
    for name in ["one", "two", "three"] {
        let file = format!("{name}.jsonl");
        project.write(&file, &cassette(name, 1500));
        let mut command = project.command(&["cache", "import", &file]);
        children.push(command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap());
    }
    // A run records its trials in between.
    assert_eq!(project.run(&["run"]).code, 0);
    for child in children {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    let stats = project.json(&["cache", "stats", "--json"]);
    assert_eq!(stats["models"][0]["answers"], 4500, "{stats}");
    assert_eq!(project.json(&["runs", "list", "--json"]).as_array().unwrap().len(), 2);
}

#[test]
fn a_process_that_is_killed_leaves_a_sound_store() {
    let (_server, project) = answered();
    project.write("many.jsonl", &cassette("many", 3000));
    for _ in 0..4 {
        let mut child =
            project.command(&["cache", "import", "many.jsonl"]).stderr(Stdio::null()).spawn().unwrap();
        // Until it has begun to write, wherever it is then.
        let before = project.json(&["cache", "stats", "--json"])["answers"].as_u64().unwrap();
        for _ in 0..200 {
            let now = project.json(&["cache", "stats", "--json"])["answers"].as_u64().unwrap();
            if now > before || child.try_wait().unwrap().is_some() {
                break;
            }
        }
        let _ = child.kill();
        child.wait().unwrap();
        let db = rusqlite::Connection::open(project.path(".regauge/regauge.db")).unwrap();
        let sound: String = db.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
        assert_eq!(sound, "ok");
    }
    assert_eq!(project.run(&["cache", "import", "many.jsonl"]).code, 0);
    assert_eq!(project.json(&["cache", "stats", "--json"])["models"][0]["answers"], 3000);
}

#[test]
fn a_folder_that_cannot_be_made_is_named() {
    let (_server, project) = answered();
    project.write("in-the-way", "a file");
    project.edit("regauge.toml", "[defaults]", "[project]\nstore = \"in-the-way/store\"\n\n[defaults]");
    let done = project.run(&["run"]);
    assert_eq!(done.code, 2, "{}", done.all());
    assert!(done.stderr.contains("failed to create the store folder"), "{}", done.all());
}
