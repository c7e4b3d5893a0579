//! `regauge run`: the main job against a real server.

#[cfg(unix)]
use std::io::Read as _;
use std::process::Stdio;

use serde_json::json;

use crate::fixture::{Project, wait_until};
use crate::server::{Server, body, fails, says};
use crate::snapshot;

/// Right when it was given the article, wrong otherwise.
fn typical() -> Server {
    Server::new(|_, asked| {
        let last = asked.last();
        match () {
            () if last.contains("hello") => says("hello"),
            () if last.contains("30 days") => says("You have 30 days from delivery."),
            () => says("You have 14 days, see https://shop.example/returns."),
        }
    })
}

#[test]
fn shows_which_prompt_is_better_and_why() {
    let server = typical();
    let project = Project::asking(&server);
    let done = project.run(&["run", "--concurrency", "1"]);
    snapshot!("run_first", done.all());
    assert_eq!(server.asked().len(), 4);
    assert_eq!(server.asked()[0].authorization.as_deref(), Some("Bearer sk-canary-0123456789"));
}

#[test]
fn an_edited_prompt_shows_what_changed() {
    let server = typical();
    let project = Project::asking(&server);
    assert_eq!(project.run(&["run"]).code, 0);
    project.edit("prompts/bare.j2", "{{ input }}", "It is 30 days. {{ input }}");
    let done = project.run(&["run", "--prompt", "bare", "--concurrency", "1"]);
    snapshot!("run_after_edit", done.all());
}

#[test]
fn the_report_is_the_same_bytes_when_read_back_and_at_any_concurrency() {
    let server = typical();
    let project = Project::asking(&server);
    let ran = project.run(&["run", "--tag", "base"]);
    let read = project.run(&["report", "base"]);
    assert_eq!(ran.stdout, read.stdout);
    project.run(&["runs", "export", "base", "answers.jsonl"]);
    let strip = |text: &str| {
        let ids = regex::Regex::new(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f-]{21}|\d{4}-\d\d-\d\d[T ][0-9:.]+Z?")
            .unwrap();
        ids.replace_all(text, "").into_owned()
    };
    let replay = |n: &str| {
        let fresh = Project::asking(&server);
        std::fs::copy(project.path("answers.jsonl"), fresh.path("answers.jsonl")).unwrap();
        let done = fresh.run(&["run", "--replay", "answers.jsonl", "--concurrency", n]);
        assert_eq!(done.code, 0, "{}", done.all());
        strip(&done.stdout)
    };
    assert_eq!(replay("1"), replay("16"));
    assert_eq!(server.asked().len(), 4, "replay never asks");
}

#[test]
fn a_replay_miss_is_an_error_and_never_a_score() {
    let server = typical();
    let project = Project::asking(&server);
    project.write("empty.jsonl", "");
    let done = project.run(&["run", "--replay", "empty.jsonl"]);
    assert_eq!(done.code, 5, "{}", done.all());
    let report = serde_json::from_str::<serde_json::Value>(
        &project.run(&["report", "latest", "--format", "json"]).stdout,
    )
    .unwrap();
    assert_eq!(report["variants"][0]["mean_score"], json!(null));
    assert_eq!(report["variants"][0]["passed"], 0);
    assert!(server.asked().is_empty());
}

#[test]
fn transient_failures_are_asked_again_and_recorded() {
    let server = Server::new(|n, asked| match n {
        0 => fails(500, "oops"),
        1 => {
            let mut reply = fails(429, r#"{"error": {"message": "slow down"}}"#);
            reply.headers.push(("retry-after", "0".to_owned()));
            reply
        }
        2 => body(&json!("not a completion")),
        _ if asked.last().contains("hello") => says("hello"),
        _ => says("30 days"),
    });
    let project = Project::asking(&server);
    let done = project.run(&["run", "--concurrency", "1", "--case", "greeting", "--prompt", "bare"]);
    assert_eq!(done.code, 0, "{}", done.all());
    assert_eq!(server.asked().len(), 4);
    let told = project.json(&["explain", "greeting", "--json"]).to_string();
    assert!(told.contains("slow down"), "{told}");
}

#[test]
fn a_wrong_key_stops_the_run_at_once() {
    let server = Server::new(|_, _| {
        fails(401, r#"{"error": {"message": "Incorrect API key: sk-canary-0123456789"}}"#)
    });
    let project = Project::asking(&server);
    let done = project.run(&["run", "--concurrency", "1"]);
    assert_eq!(done.code, 5, "{}", done.all());
    assert_eq!(server.asked().len(), 1);
    assert!(done.stderr.contains("[redacted]") && !done.all().contains("canary"), "{}", done.all());
    assert!(done.stderr.contains("regauge run --resume"), "{}", done.all());
}

#[test]
fn a_stopped_run_is_finished_by_resume() {
    let server = Server::new(|n, asked| match n {
        1 => fails(401, "{}"),
        _ if asked.last().contains("hello") => says("hello"),
        _ => says("30 days"),
    });
    let project = Project::asking(&server);
    assert_eq!(project.run(&["run", "--concurrency", "1"]).code, 5);
    let done = project.run(&["run", "--resume", "latest"]);
    assert_eq!(done.code, 0, "{}", done.all());
    assert_eq!(server.asked().len(), 2 + 3, "only what was missing or errored is sent");
    let runs = project.json(&["runs", "list", "--json"]);
    assert_eq!(runs.as_array().unwrap().len(), 1);
    assert_eq!(runs[0]["planned"], 4);
    assert_eq!(runs[0]["errored"], 0);
}

#[test]
fn errors_empty_answers_and_filters_never_become_numbers() {
    let server = Server::new(|n, _| match n % 4 {
        0 => says("   "),
        1 => fails(400, "bad request"),
        2 => body(
            &json!({"choices": [{"finish_reason": "content_filter", "message": {"content": "hello 30 days"}}]}),
        ),
        _ => body(
            &json!({"choices": [{"finish_reason": "stop", "message": {"content": null, "refusal": "no"}}]}),
        ),
    });
    let project = Project::asking(&server);
    let done = project.run(&["run", "--concurrency", "1"]);
    assert_eq!(done.code, 5, "{}", done.all());
    let report: serde_json::Value =
        serde_json::from_str(&project.run(&["report", "latest", "--format", "json"]).stdout).unwrap();
    for variant in report["variants"].as_array().unwrap() {
        assert_eq!(variant["mean_score"], json!(null), "{variant}");
        assert_eq!(variant["passed"], 0, "{variant}");
    }
}

// Windows has no signal that a test can send to one process.
#[cfg(unix)]
#[test]
fn ctrl_c_drains_and_says_how_to_go_on() {
    let server = Server::new(|_, asked| {
        let mut reply = says(if asked.last().contains("hello") { "hello" } else { "30 days" });
        reply.delay_ms = 400;
        reply
    });
    let project = Project::asking(&server);
    let mut child = project
        .command(&["run", "--concurrency", "1"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    wait_until(|| !server.asked().is_empty());
    assert!(
        std::process::Command::new("kill")
            .args(["-INT", &child.id().to_string()])
            .status()
            .unwrap()
            .success()
    );
    let status = child.wait().unwrap();
    let mut stderr = String::new();
    child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
    assert_eq!(status.code(), Some(130), "{stderr}");
    assert!(stderr.contains("regauge run --resume"), "{stderr}");
    let runs = project.json(&["runs", "list", "--json"]);
    assert_eq!(runs[0]["status"], "stopped");
    assert!(runs[0]["passed"].as_u64().unwrap() + runs[0]["failed"].as_u64().unwrap() >= 1, "{runs}");
    assert_eq!(project.run(&["run", "--resume", "latest"]).code, 0);
}

#[test]
fn a_cost_limit_stops_and_an_unknown_price_is_refused() {
    let server = Server::new(|_, _| {
        body(&json!({"choices": [{"finish_reason": "stop", "message": {"content": "hello 30 days"}}],
            "usage": {"prompt_tokens": 1_000_000, "completion_tokens": 0}}))
    });
    let project = Project::asking(&server);
    let done = project.run(&["run", "--concurrency", "1", "--max-cost", "1.5"]);
    assert_eq!(done.code, 5, "{}", done.all());
    assert_eq!(server.asked().len(), 2);
    project.edit("regauge.toml", "price = { input = 1.0, output = 2.0 }", "");
    let done = project.run(&["run", "--max-cost", "1.5"]);
    assert_eq!(done.code, 2, "{}", done.all());
    assert!(done.stderr.contains("price of model `mock` is unknown"), "{}", done.all());
}

#[test]
fn the_gate_decides_the_exit_code() {
    let server = typical();
    let project = Project::asking(&server);
    let settings = project.read("regauge.toml");
    project.write("regauge.toml", &format!("{settings}\n[gate]\nmin_pass_rate = 0.9\n"));
    let done = project.run(&["run"]);
    assert_eq!(done.code, 1, "{}", done.all());
    project.write(
        "regauge.toml",
        &format!("{settings}\n[gate]\nmin_pass_rate = 0.9\nprompts = [\"grounded\"]\n"),
    );
    assert_eq!(project.run(&["run"]).code, 0);
}

/// `run --watch` in the background until the end of its test.
struct Watching(std::process::Child);

impl Watching {
    fn start(project: &Project) -> Self {
        let mut command = project.command(&["run", "--watch"]);
        Self(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap())
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

#[test]
fn watch_runs_again_what_an_edit_touches() {
    let server = typical();
    let project = Project::asking(&server);
    let watching = Watching::start(&project);
    wait_until(|| server.asked().len() == 4);
    // The watcher is armed before the first trial is sent, so the edit cannot be missed.
    project.edit("prompts/bare.j2", "Be brief.", "Be very brief.");
    wait_until(|| server.asked().len() >= 6);
    drop(watching);
    assert_eq!(server.asked().len(), 6, "only the edited prompt's trials are sent again");
}

/// Saves a file as many editors do: a new one takes the place of the old.
fn save(project: &Project, path: &str, text: &str) {
    project.write("saved.tmp", text);
    std::fs::rename(project.path("saved.tmp"), project.path(path)).unwrap();
}

#[test]
fn watch_sees_every_save_of_single_files_and_what_a_save_adds() {
    let server = typical();
    let project = Project::asking(&server);
    let _watching = Watching::start(&project);
    wait_until(|| server.asked().len() == 4);
    let settings = project.read("regauge.toml");
    save(&project, "regauge.toml", &settings.replace("max_tokens = 50", "max_tokens = 60"));
    wait_until(|| server.asked().len() == 8);
    save(&project, "regauge.toml", &settings.replace("max_tokens = 50", "max_tokens = 70"));
    wait_until(|| server.asked().len() == 12);
    // A file of cases that no folder of the project holds.
    project.write("export/questions.csv", "id,input\nq1,Say hello to Ana.\n");
    project.write(
        "suites/second.toml",
        "title = \"Second\"\nprompts = [\"bare\"]\nmodels = [\"mock\"]\n\n\
         [[cases]]\nfile = \"export/questions.csv\"\n\n[[score]]\nkind = \"contains\"\nany = [\"hello\"]\n",
    );
    wait_until(|| server.asked().len() == 13);
    save(&project, "export/questions.csv", "id,input\nq1,Say hello to Ana.\nq2,Say hello to Ben.\n");
    wait_until(|| server.asked().len() == 14);
    save(&project, "export/questions.csv", "id,input\nq1,Say hello to Ana.\nq2,Say hello to Eve.\n");
    wait_until(|| server.asked().len() == 15);
}
