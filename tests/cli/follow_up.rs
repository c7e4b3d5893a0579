//! What `regauge run` asks again beside the planned trials: violations before the gate fails, and with `--adaptive` what
//! disagrees or flipped before.

use std::collections::HashMap;
use std::sync::Mutex;

use serde_json::Value;

use crate::fixture::{Done, Project};
use crate::server::{Reply, Server, fails, says};

/// A server that says what the script makes of the question and of how often it was asked before.
fn counting(script: impl Fn(usize, &str) -> Reply + Send + Sync + 'static) -> Server {
    let seen: Mutex<HashMap<String, usize>> = Mutex::default();
    Server::new(move |_, asked| {
        let question = asked.body["messages"].to_string();
        let before = {
            let mut seen = seen.lock().unwrap();
            let times = seen.entry(question.clone()).or_default();
            *times += 1;
            *times - 1
        };
        script(before, &question)
    })
}

/// Four cases that want a hello, the first of them critical; the answer to it, by how often it was asked before.
fn critical(first: impl Fn(usize) -> Reply + Send + Sync + 'static) -> (Server, Project) {
    let server = counting(
        move |before, question| {
            if question.contains("hello to 0.") { first(before) } else { says("hello") }
        },
    );
    let project = Project::asking(&server);
    project.greet(0..4);
    project.edit("suites/first.toml", "id = \"case-00\"", "id = \"case-00\"\ntier = \"critical\"");
    let settings = project.read("regauge.toml");
    project.write("regauge.toml", &format!("{settings}\n[gate]\ncritical = \"all\"\n"));
    (server, project)
}

/// The words of a report that wraps them.
fn words(done: &Done) -> String {
    done.stdout.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn rule<'a>(report: &'a Value, name: &str) -> &'a Value {
    let rules = report["gate"]["rules"].as_array().unwrap();
    rules.iter().find(|rule| rule["rule"].as_str().unwrap().starts_with(name)).unwrap()
}

fn report(project: &Project) -> Value {
    project.json(&["report", "--json"])
}

#[test]
fn a_violation_that_is_confirmed_fails_the_build_and_moves_no_rate() {
    let (server, project) = critical(|_| says("no"));
    let done = project.run(&["run"]);
    assert_eq!(done.code, 1, "{}", done.all());
    assert_eq!(server.asked().len(), 4 + 2);
    assert!(done.stderr.contains("asking again: 2 follow-ups"), "{}", done.all());
    assert!(words(&done).contains("failed every time when asked again: first/case-00"), "{}", done.all());
    assert!(
        done.stdout.contains("Asked again") && done.stdout.contains("fails every time"),
        "{}",
        done.all()
    );
    let report = report(&project);
    assert_eq!((&report["run"]["done"], &report["run"]["planned"]), (&4.into(), &4.into()));
    assert_eq!(report["variants"][0]["pass_rate"]["judged"], 4, "{report}");
    assert_eq!(report["again"]["trials"], 2);
    assert_eq!(report["again"]["rows"][0]["again"]["judged"], 2);
    assert_eq!(report["run"]["status"], "finished");

    // A diff says of which of the runs it is, beside its own numbers.
    let run = report["run"]["id"].as_str().unwrap();
    let diff = project.run(&["diff", run, run]);
    assert_eq!(diff.stdout.matches(&format!("Asked again in {run}")).count(), 2, "{}", diff.all());
    assert!(words(&diff).contains("0 of 2 fails every time 2 follow-ups"), "{}", diff.all());
    let diff = project.json(&["diff", run, run, "--json"]);
    assert_eq!(diff["again"]["cand"], report["again"], "{diff}");
    assert_eq!(diff["diff"]["columns"][0]["versus"]["pairs"], 4, "{diff}");

    let rows = |args: &[&str]| project.run(args).stdout.lines().count() - 1;
    assert_eq!(rows(&["export", "--format", "csv"]), 4);
    assert_eq!(rows(&["export", "--format", "csv", "--follow-ups"]), 6);
    let last = project.run(&["export", "--format", "jsonl", "--follow-ups"]);
    let last: Value = serde_json::from_str(last.stdout.lines().last().unwrap()).unwrap();
    assert_eq!((&last["follow_up"], &last["repeat"]), (&"confirm".into(), &3.into()));
    let explained = project.run(&["explain", "case-00"]);
    assert_eq!(
        explained.stdout.matches("asked again (confirm), in no rate").count(),
        2,
        "{}",
        explained.all()
    );
    // The stored run says the same, and what was asked for it is not asked again for another one.
    let gate = project.run(&["gate"]);
    assert_eq!(gate.code, 1, "{}", gate.all());
    assert_eq!(server.asked().len(), 6);
    assert_eq!(project.run(&["run"]).code, 1);
    assert_eq!(server.asked().len(), 6 + 2, "planned answers were there, follow-ups are asked afresh");
    assert_eq!(project.run(&["run", "--confirm", "0"]).code, 1);
    assert_eq!(server.asked().len(), 8);
}

#[test]
fn a_case_that_passes_when_asked_again_is_flaky_and_no_failure() {
    let (server, project) = critical(|before| says(if before == 0 { "no" } else { "hello" }));
    let done = project.run(&["run"]);
    assert_eq!(done.code, 3, "{}", done.all());
    assert_eq!(server.asked().len(), 6);
    assert!(
        words(&done).contains("flaky, passed every time when asked again: first/case-00"),
        "{}",
        done.all()
    );
    let report = report(&project);
    assert_eq!(rule(&report, "critical")["verdict"], "inconclusive");
    assert_eq!(report["variants"][0]["pass_rate"]["passed"], 3, "{report}");
    assert_eq!(project.run(&["gate"]).code, 3);
    let flaky = project.run(&["runs", "flaky"]);
    assert!(flaky.stdout.contains("first/case-00") && flaky.stdout.contains("2 of 3"), "{}", flaky.all());
}

#[test]
fn an_error_and_an_offline_run_confirm_nothing_and_clear_nothing() {
    let (server, project) =
        critical(|before| if before == 0 { says("no") } else { fails(400, "no such luck") });
    let done = project.run(&["run"]);
    assert_eq!(done.code, 1, "{}", done.all());
    assert!(words(&done).contains("not confirmed, not asked again or without a verdict"), "{}", done.all());
    let report = report(&project);
    assert_eq!(report["again"]["rows"][0]["again"]["unjudged"], 2, "{report}");
    assert_eq!(report["variants"][0]["errored"], 0, "a follow-up that errored is no errored trial");
    assert_eq!(report["gate"]["rules"][0]["verdict"], "pass", "{report}");
    let asked = server.asked().len();
    let offline = project.run(&["run", "--offline"]);
    assert_eq!(offline.code, 1, "{}", offline.all());
    assert!(words(&offline).contains("not confirmed"), "{}", offline.all());
    assert!(!offline.stdout.contains("Asked again"), "{}", offline.all());
    assert_eq!(server.asked().len(), asked);
}

#[test]
fn a_run_that_stops_while_it_asks_again_is_finished_by_the_same_command() {
    let (server, project) = critical(|_| says("no"));
    // An answer costs 0.00002 USD: the fifth reaches the limit, which is the first follow-up.
    let stopped = project.run(&["run", "--concurrency", "1", "--max-cost", "0.0001"]);
    assert_eq!(stopped.code, 5, "{}", stopped.all());
    assert_eq!(server.asked().len(), 5, "{}", stopped.all());
    let done = project.run(&["run"]);
    assert_eq!(done.code, 1, "{}", done.all());
    assert_eq!(server.asked().len(), 6, "{}", done.all());
    assert_eq!(report(&project)["again"]["trials"], 2);
    assert_eq!(project.json(&["runs", "list", "--json"]).as_array().unwrap().len(), 1);
}

#[test]
fn lost_cases_are_confirmed_before_must_hold_fails() {
    let hurt = |question: &str| question.contains("very brief");
    let of = |flaky: bool| {
        let server = counting(move |before, question| {
            let lost = (0..7).any(|n| question.contains(&format!("hello to {n}.")));
            says(if hurt(question) && lost && !(flaky && before > 0) { "no" } else { "hello" })
        });
        let project = Project::asking(&server);
        project.greet(0..20);
        let settings = project.read("regauge.toml");
        project.write("regauge.toml", &format!("{settings}\n[gate]\nmust_hold = \"passed\"\n"));
        assert_eq!(project.run(&["run", "--tag", "base"]).code, 3);
        project.edit("prompts/bare.j2", "Be brief.", "Be very brief.");
        let plan = project.run(&["plan"]);
        assert!(plan.stdout.contains("40 trials to confirm violations of the gate"), "{}", plan.all());
        let done = project.run(&["run", "--baseline", "base"]);
        assert_eq!(server.asked().len(), 20 + 20 + 14, "{}", done.all());
        done
    };
    let broken = of(false);
    assert_eq!(broken.code, 1, "{}", broken.all());
    assert!(words(&broken).contains("7 of 20 cases that passed before broke"), "{}", broken.all());
    let flaky = of(true);
    assert_eq!(flaky.code, 3, "{}", flaky.all());
    assert!(words(&flaky).contains("which asking again does not confirm"), "{}", flaky.all());
}

/// Two prompts that disagree about case 1; everything else passes.
fn split() -> (Server, Project) {
    let server = counting(|_, question| {
        let no = question.contains("hello to 1.") && question.contains("Answer from");
        says(if no { "no" } else { "hello" })
    });
    let project = Project::asking(&server);
    project.greet(0..3);
    project.edit("suites/first.toml", "prompts = [\"bare\"]", "prompts = [\"bare\", \"grounded\"]");
    (server, project)
}

#[test]
fn where_variants_disagree_both_are_asked_as_often() {
    let (server, project) = split();
    let plan = project.json(&["plan", "--adaptive", "4", "--json"]);
    assert_eq!(plan["again"]["disagreement_at_most"], 18, "{plan}");
    assert!(project.json(&["plan", "--json"])["again"].is_null());
    let done = project.run(&["run", "--adaptive", "4"]);
    assert_eq!(server.asked().len(), 6 + 6, "{}", done.all());
    let report = report(&project);
    let rows = report["again"]["rows"].as_array().unwrap();
    assert_eq!(rows.len(), 2, "{report}");
    for (row, passed) in rows.iter().zip([3, 0]) {
        assert_eq!((&row["case"], &row["why"]), (&"case-01".into(), &"disagreement".into()));
        assert_eq!((&row["again"]["judged"], &row["again"]["passed"]), (&3.into(), &passed.into()), "{row}");
    }
    // The same whatever the order of arrival, and nothing where nothing asks for it.
    let (_server, other) = split();
    other.run(&["run", "--adaptive", "4", "--concurrency", "1"]);
    assert_eq!(self::report(&other)["again"]["rows"], report["again"]["rows"]);
    let before = server.asked().len();
    project.run(&["run", "--refresh"]);
    assert_eq!(server.asked().len() - before, 6);
}

#[test]
fn what_flipped_in_earlier_runs_is_asked_again_in_every_variant() {
    let server = counting(|before, question| {
        let no = before == 0 && question.contains("hello to 1.") && question.contains("Be brief");
        says(if no { "no" } else { "hello" })
    });
    let project = Project::asking(&server);
    project.greet(0..3);
    project.edit("suites/first.toml", "prompts = [\"bare\"]", "prompts = [\"bare\", \"grounded\"]");
    for _ in 0..2 {
        project.run(&["run", "--refresh"]);
    }
    let plan = project.json(&["plan", "--adaptive", "2", "--json"]);
    assert_eq!((&plan["again"]["history"], &plan["again"]["disagreement_at_most"]), (&2.into(), &4.into()));
    let before = server.asked().len();
    let done = project.run(&["run", "--refresh", "--adaptive", "2"]);
    assert_eq!(server.asked().len() - before, 6 + 2, "{}", done.all());
    let rows = report(&project)["again"]["rows"].clone();
    let found: Vec<&str> = rows.as_array().unwrap().iter().map(|row| row["why"].as_str().unwrap()).collect();
    assert_eq!(found, ["history", "history"], "{rows}");
}
