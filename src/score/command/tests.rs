//! Programs that judge, crash, hang and babble; written for `sh`, which every Unix has.
#![cfg(unix)]

use std::path::Path;

use super::*;
use crate::score::testing::{Setup, mistakes};
use crate::score::{Score, ScoreState};

const ID: &str = "id=${l#*:}; id=${id%%,*}";

/// A scorer whose program does this for every line `l` with its `id`.
fn each(body: &str, more: &str) -> Setup {
    in_folder(&format!("while IFS= read -r l; do {ID}; {body}; done"), more, &std::env::temp_dir())
}

fn in_folder(script: &str, more: &str, folder: &Path) -> Setup {
    let toml = format!("command = ['sh', '-c', '''{script}''']\n{more}");
    Setup::in_folder("command", &toml, folder)
}

fn is_error(score: &Score, why: &str) {
    assert_eq!(score.state, ScoreState::JudgeError, "{score:?}");
    assert!(score.reason.contains(why), "{}", score.reason);
}

#[test]
fn one_process_judges_many_answers() {
    let setup = each(r#"n=$((n+1)); echo "{\"id\":$id,\"value\":0.5,\"reason\":\"$n\"}""#, "min = 0.6");
    for n in ["1", "2", "3"] {
        let score = setup.score("Yes.");
        assert_eq!((score.state, score.reason.as_str()), (ScoreState::Scored { value: 0.5, pass: false }, n));
    }
}

#[test]
fn equal_commands_share_a_process() {
    let body = r#"n=$((n+1)); echo "{\"id\":$id,\"pass\":true,\"reason\":\"shared $n\"}""#;
    let (one, other) = (each(body, "settings = { a = 1 }"), each(body, "settings = { a = 2 }"));
    assert_eq!(one.score("x").reason, "shared 1");
    assert_eq!(other.score("x").reason, "shared 2");
}

#[test]
fn the_question_holds_what_is_known() {
    let dir = tempfile::tempdir().unwrap();
    let script = format!(
        "while IFS= read -r l; do {ID}; printf '%s\\n' \"$l\" > asked; echo '{{\"id\":'$id',\"pass\":true}}'; done"
    );
    let setup = in_folder(&script, "settings = { word = 'volta' }", dir.path())
        .goldens(&["30 de zile"])
        .given("returns#window", "30 days")
        .source("returns#top", "Send it back.")
        .tool("refund");
    assert_eq!(setup.score("Ai \"30\" de zile;\n\u{1b} bine").pass(), Some(true));
    let line = std::fs::read_to_string(dir.path().join("asked")).unwrap();
    assert!(
        line.starts_with("{\"id\":1,\"question\":\"How long do I have?\",\"answer\":\"Ai \\\"30\\\""),
        "{line}"
    );
    let asked: Value = serde_json::from_str(&line).unwrap();
    let keys: Vec<&str> = asked.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(
        keys,
        [
            "id",
            "question",
            "answer",
            "goldens",
            "passages",
            "sources",
            "lang",
            "vars",
            "tool_calls",
            "settings"
        ]
    );
    assert_eq!(asked["answer"], "Ai \"30\" de zile;\n\u{1b} bine");
    assert_eq!(asked["passages"][0]["text"], "30 days");
    assert_eq!(asked["sources"][0]["id"], "returns#top");
    assert_eq!([&asked["tool_calls"][0]["name"], &asked["settings"]["word"]], ["refund", "volta"]);
    assert_eq!([&asked["goldens"][0], &asked["lang"]], ["30 de zile", "en"]);
}

#[test]
fn tool_calls_without_text_are_judged_too() {
    let setup = each(r#"echo "{\"id\":$id,\"pass\":true}""#, "").tool("refund");
    assert_eq!(setup.score("").pass(), Some(true));
}

#[test]
fn a_crash_is_told_with_its_last_words_and_it_is_started_again() {
    let dir = tempfile::tempdir().unwrap();
    let script = format!(
        "IFS= read -r l; {ID}; if [ -e once ]; then echo '{{\"id\":'$id',\"pass\":true}}'; read -r l; fi; touch once; printf 'boom \\033[31m\\n' >&2; exit 3"
    );
    let setup = in_folder(&script, "not = true", dir.path());
    let crashed = setup.score("x");
    is_error(&crashed, "ended (exit status: 3) before it replied; it printed: boom [31m");
    assert_eq!(setup.score("x").pass(), Some(false));
}

#[test]
fn a_program_that_only_fails_is_given_up() {
    let dir = tempfile::tempdir().unwrap();
    let setup = in_folder("echo x >> starts; exit 1", "", dir.path());
    for _ in 0..6 {
        is_error(&setup.score("x"), "ended (exit status: 1)");
    }
    is_error(&setup.score("x"), "failed 3 times in a row and is not started again");
    assert_eq!(std::fs::read_to_string(dir.path().join("starts")).unwrap(), "x\n".repeat(3));
    let toml = "command = ['no-such-program-here']\ntimeout_s = 1";
    let absent = Setup::in_folder("command", toml, dir.path());
    is_error(&absent.score("x"), "cannot be started");
}

#[test]
fn a_program_that_hangs_is_ended() {
    let dir = tempfile::tempdir().unwrap();
    let setup = in_folder("echo $$ > pid; read -r l; exec sleep 60", "timeout_s = 2", dir.path());
    is_error(&setup.score("x"), "sent no reply within 2 s (`timeout_s`)");
    let pid = std::fs::read_to_string(dir.path().join("pid")).unwrap();
    assert!(!Path::new(&format!("/proc/{}", pid.trim())).exists());
    // Neither does one that does not even read: the question is larger than a pipe.
    let deaf = in_folder("sleep 60", "timeout_s = 0.3", dir.path());
    is_error(&deaf.score(&"x".repeat(1 << 20)), "sent no reply");
}

#[test]
fn what_is_no_reply_is_never_a_score() {
    for (body, why) in [
        ("echo loading", "notes belong to standard error"),
        (r#"echo '{"id":0,"value":1}'"#, "replied with id 0"),
        (r#"echo '{"value":1}'"#, "replied with id null"),
        (r#"echo "{\"id\":$id,\"value\":2}""#, "not from 0 to 1"),
        (r#"echo "{\"id\":$id,\"error\":\"no model\"}""#, "reports an error: no model"),
        (r#"echo "{\"id\":$id,\"pass\":true,\"evidence\":[{\"span\":[0,9]}]}""#, "not in the answer"),
        ("while :; do printf 0123456789012345678901234567890123456789; done", "more than 1 MiB"),
    ] {
        is_error(&each(body, "").score("abc"), why);
        is_error(&each(body, "not = true").score("abc"), why);
    }
}

#[test]
fn a_reply_too_many_never_becomes_the_score_of_another_answer() {
    let setup = each(r#"echo "{\"id\":$id,\"value\":1}"; echo "{\"id\":$id,\"value\":0}""#, "");
    assert_eq!(setup.score("x").value(), Some(1.0));
    is_error(&setup.score("x"), "replied with id 1, not 2");
    assert_eq!(setup.score("x").value(), Some(1.0));
}

#[test]
fn only_named_variables_are_passed_on() {
    let setup = each(r#"echo "{\"id\":$id,\"pass\":true,\"reason\":\"$CARGO_MANIFEST_DIR.$HOME.\"}""#, "");
    assert_eq!(setup.score("x").reason, "..");
    is_error(&each("exit 1", "env = ['VOLTA_TOKEN']").score("x"), "VOLTA_TOKEN is not set");
}

#[test]
fn threads_share_the_processes() {
    let setup = each(r#"echo "{\"id\":$id,\"pass\":true,\"reason\":\"$$\"}""#, "workers = 2");
    let pids = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8)
            .map(|_| scope.spawn(|| (0..20).map(|_| setup.score("x").reason).collect::<Vec<_>>()))
            .collect();
        let all = threads.into_iter().flat_map(|thread| thread.join().unwrap());
        all.collect::<std::collections::BTreeSet<_>>()
    });
    assert!((1..=2).contains(&pids.len()), "{pids:?}");
}

#[test]
fn a_changed_script_is_another_rule() {
    let dir = tempfile::tempdir().unwrap();
    let rule = || {
        let setup = Setup::in_folder("command", "command = ['sh', 'check.sh']", dir.path());
        setup.scorer.check.read_from_files().cloned().unwrap()
    };
    std::fs::write(dir.path().join("check.sh"), "exit 1").unwrap();
    let before = rule();
    assert_eq!(before, rule());
    std::fs::write(dir.path().join("check.sh"), "exit 2").unwrap();
    assert_ne!(before, rule());
}

#[test]
fn all_mistakes_are_reported() {
    assert_eq!(mistakes("command", "").len(), 1);
    assert_eq!(mistakes("command", "command = []").len(), 1);
    assert_eq!(mistakes("command", "command = 'python3 x.py'").len(), 1);
    let found = mistakes(
        "command",
        "command = ['sh']\ncwd = 'nowhere'\nenv = ['sk-abc', 'OK']\ntimeout_s = 0\nworkers = 0\nmin = 2\nsettings = 1",
    );
    let words: Vec<_> = found.iter().map(|e| e.message.as_str()).collect();
    assert_eq!(found.len(), 6, "{words:#?}");
    assert!(!format!("{found:?}").contains("sk-abc"));
}
