//! `regauge runs`, `report`, `explain`: what is stored can be found, named and compared.

use std::process::Stdio;

use crate::fixture::Project;
use crate::server::{Server, fails, says};
use crate::snapshot;

fn two_runs() -> (Server, Project) {
    let server = Server::new(|n, asked| match n {
        _ if asked.last().contains("hello") => says("hello"),
        0..4 => says("You have 30 days from delivery."),
        _ => says("You have 14 days from delivery."),
    });
    let project = Project::asking(&server);
    assert_eq!(project.run(&["run", "--tag", "base"]).code, 0);
    assert_eq!(project.run(&["run", "--refresh", "--tag", "cand"]).code, 0);
    (server, project)
}

#[test]
fn runs_are_listed_tagged_and_deleted() {
    let (_server, project) = two_runs();
    let list = project.json(&["runs", "list", "--json"]);
    assert_eq!(list[0]["tags"][0], "cand");
    assert_eq!(list[1]["tags"][0], "base");
    assert_eq!(project.run(&["runs", "tag", "base", "release-1"]).code, 0);
    assert_eq!(project.run(&["report", "release-1"]).code, 0);
    let unknown = project.run(&["report", "relase-1"]);
    assert_eq!(unknown.code, 2);
    assert!(unknown.stderr.contains("release-1"), "{}", unknown.all());
    assert_eq!(project.run(&["runs", "delete", "cand", "--yes"]).code, 0);
    assert_eq!(project.json(&["runs", "list", "--json"]).as_array().unwrap().len(), 1);
}

#[test]
fn a_run_that_goes_on_is_not_deleted() {
    let server = Server::new(|_, asked| {
        let mut reply = says(if asked.last().contains("hello") { "hello" } else { "30 days" });
        reply.delay_ms = 500;
        reply
    });
    let project = Project::asking(&server);
    let run =
        project.command(&["run", "--concurrency", "1"]).stderr(Stdio::null()).stdout(Stdio::null()).spawn();
    while server.asked().is_empty() {
        std::thread::yield_now();
    }
    let done = project.run(&["runs", "delete", "latest", "--yes"]);
    assert!(done.code == 2 && done.stderr.contains("another process works on run"), "{}", done.all());
    assert_eq!(run.unwrap().wait().unwrap().code(), Some(0));
    assert_eq!(project.json(&["runs", "list", "--json"])[0]["status"], "finished");
}

#[test]
fn nothing_is_left_of_a_run_that_is_deleted() {
    let server = Server::new(|n, _| if n == 0 { says("hello") } else { fails(401, "no") });
    let project = Project::asking(&server);
    assert_eq!(project.run(&["run", "--concurrency", "1"]).code, 5);
    let left = || std::fs::read_dir(project.path(".regauge/running")).unwrap().count();
    assert_ne!(left(), 0, "a run that was stopped has its lock file");
    assert_eq!(project.run(&["runs", "delete", "latest", "--yes"]).code, 0);
    assert_eq!(left(), 0);
}

#[test]
fn pruning_counts_finished_runs_and_takes_dead_ones() {
    let (_server, project) = two_runs();
    let ids = || -> Vec<String> {
        let list = project.json(&["runs", "list", "--json"]);
        list.as_array().unwrap().iter().map(|run| run["id"].as_str().unwrap().to_owned()).collect()
    };
    for tag in ["base", "cand"] {
        assert_eq!(project.run(&["runs", "untag", tag, tag]).code, 0);
    }
    // As if the process of the older run had been killed long before its end, and that of a newest one just now.
    let (older, finished) = (ids()[1].clone(), ids()[0].clone());
    let db = rusqlite::Connection::open(project.path(".regauge/regauge.db")).unwrap();
    db.execute("UPDATE runs SET status = 'running' WHERE id = ?1", [&older]).unwrap();
    assert!(project.run(&["run", "--case", "greeting"]).code < 2);
    let newest = ids()[0].clone();
    db.execute("UPDATE runs SET status = 'running' WHERE id = ?1", [&newest]).unwrap();
    drop(db);
    assert_eq!(project.run(&["runs", "prune", "--keep-last", "1"]).code, 0);
    assert_eq!(ids(), [newest, finished]);
}

#[test]
fn a_cause_is_said_once() {
    let (_server, project) = two_runs();
    let done = project.run(&["run", "--replay", "nope.jsonl"]);
    assert_eq!((done.code, done.stderr.matches("(os error").count()), (2, 1), "{}", done.all());
}

#[test]
fn prune_keeps_tagged_runs() {
    let (_server, project) = two_runs();
    for _ in 0..3 {
        project.run(&["run", "--case", "greeting"]);
    }
    let done = project.run(&["runs", "prune", "--keep-last", "1", "--dry-run"]);
    assert_eq!(done.code, 0, "{}", done.all());
    assert_eq!(project.json(&["runs", "list", "--json"]).as_array().unwrap().len(), 5);
    assert_eq!(project.run(&["runs", "prune", "--keep-last", "1"]).code, 0);
    let left = project.json(&["runs", "list", "--json"]);
    assert_eq!(left.as_array().unwrap().len(), 3, "{left}");
}

#[test]
fn explain_shows_everything_about_a_case() {
    let (_server, project) = two_runs();
    snapshot!("explain", project.run(&["explain", "window", "--prompt", "grounded"]).all());
    let unknown = project.run(&["explain", "widnow"]);
    assert_eq!(unknown.code, 2);
    assert!(unknown.stderr.contains("window"), "{}", unknown.all());
}

#[test]
fn a_newer_store_is_refused_and_left_alone() {
    let (_server, project) = two_runs();
    let db = project.path(".regauge/regauge.db");
    let connection = rusqlite::Connection::open(&db).unwrap();
    connection.pragma_update(None, "user_version", 9999).unwrap();
    drop(connection);
    let done = project.run(&["runs", "list"]);
    assert_eq!(done.code, 2, "{}", done.all());
    assert!(done.stderr.contains("update regauge"), "{}", done.all());
    let done = project.run(&["run"]);
    assert_eq!(done.code, 2, "{}", done.all());
    std::fs::write(&db, "not a database at all, but somebody's file").unwrap();
    let done = project.run(&["run"]);
    assert_eq!(done.code, 2, "{}", done.all());
    assert_eq!(std::fs::read_to_string(&db).unwrap(), "not a database at all, but somebody's file");
}

#[test]
fn a_trend_tells_other_cases_from_what_moved() {
    let (_server, project) = two_runs();
    project.run(&["run", "--case", "window", "--tag", "part"]);
    project.edit("prompts/bare.j2", "Be brief.", "Be very brief.");
    project.run(&["run", "--case", "window", "--tag", "edited"]);
    let rows = project.json(&["runs", "trend", "--json"])["rows"].take();
    let seen: Vec<_> = rows.as_array().unwrap().iter().map(|r| (&r["moved"], &r["other_cases"])).collect();
    assert_eq!(seen.len(), 4, "{rows}");
    let moved = |of: &str| seen.iter().map(|(m, _)| m[of] == true).collect::<Vec<_>>();
    assert_eq!(moved("case"), [false; 4], "a selection of cases moves none of them");
    assert_eq!(moved("prompt"), [false, false, false, true]);
    let others: Vec<bool> = seen.iter().map(|(_, other)| *other == true).collect();
    assert_eq!(others, [false, false, true, false]);
    let shown = project.run(&["runs", "trend"]);
    assert_eq!(shown.stdout.matches("(other").count(), 1, "{}", shown.all());
    project.run(&["run", "--tag", "whole"]);
    let rows = project.json(&["runs", "trend", "--json"])["rows"].take();
    let parts: Vec<bool> =
        rows.as_array().unwrap().iter().map(|r| r["part"] == "another selection").collect();
    assert_eq!(parts, [false, false, true, true, false], "{rows}");
    let shown = project.run(&["runs", "trend"]);
    let bars = shown.stdout.lines().next().unwrap();
    assert_eq!(bars.matches('·').count(), 2, "another selection is no point of the line: {}", shown.all());
    assert_eq!(shown.stdout.matches("another").count(), 2, "{}", shown.all());
}
