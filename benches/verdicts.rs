//! What the comparison says of runs in which nothing changed: the repeats of a published benchmark of a support agent.
//!
//! `cargo bench --bench verdicts -- FOLDER`. The folder holds `runs_gpt4o_airline.jsonl`: one row per task and
//! trial with `task_id`, `trial` and `reward` (0 or 1). Every ordered pair of trials is compared as if it were
//! two runs; whatever is called a regression is a false alarm. All trials together give pass^k.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark prints, and fails by panicking")]

use std::collections::BTreeSet;
use std::path::PathBuf;

use regauge::case::{Action, Tier};
use regauge::diff::{ChangeKind, Finding};
use regauge::fingerprint::Fingerprint;
use regauge::outcome::{
    CaseFacts, Fingerprints, Outcome, Run, RunHeader, RunInfo, RunStatus, TrialKey, TrialResult, VariantKey,
};
use regauge::provider::{Completion, StopReason, Usage};
use regauge::report::{Depth, Report, Since};
use serde_json::Value;

fn main() {
    let folder = std::env::args().skip(1).find(|a| !a.starts_with("--")).map(PathBuf::from);
    let Some(folder) = folder else {
        println!("skipped: name the folder with the data, as in `cargo bench --bench verdicts -- ../data`");
        return;
    };
    let file = folder.join("runs_gpt4o_airline.jsonl");
    let Ok(text) = std::fs::read_to_string(&file) else {
        println!("skipped: there is no {}", file.display());
        return;
    };
    let rows: Vec<Row> = text.lines().map(row).collect();
    pairs(&rows);
    curve(&rows);
}

/// One task tried once.
struct Row {
    task: String,
    trial: u64,
    passed: bool,
}

fn row(line: &str) -> Row {
    let value: Value = serde_json::from_str(line).unwrap();
    Row {
        task: value["task_id"].as_str().unwrap().to_owned(),
        trial: value["trial"].as_u64().unwrap(),
        passed: value["reward"].as_f64().unwrap() >= 1.0,
    }
}

/// Every ordered pair of trials, held against each other as two runs of nothing new.
fn pairs(rows: &[Row]) {
    let numbers: BTreeSet<u64> = rows.iter().map(|r| r.trial).collect();
    let one = |n: u64| run(&format!("trial-{n}"), rows.iter().filter(|r| r.trial == n).map(|r| (r, 1)));
    let (mut naive, mut proven, mut worse, mut pairs) = (0, 0, 0, 0_u32);
    for base in &numbers {
        for cand in numbers.iter().filter(|n| *n != base) {
            let since = Since::between(&one(*base), &one(*cand), Depth::ALL).unwrap();
            let column = &since.columns[0];
            naive += column.versus.broke;
            proven += column.changes.iter().filter(|c| c.kind == ChangeKind::Regressed && c.proven).count();
            worse += u32::from(column.versus.finding == Finding::Worse);
            pairs += 1;
        }
    }
    println!("{pairs} ordered pairs of identical repeats:");
    println!("  a naive diff reports {:.1} regressed cases a pair", naive as f64 / f64::from(pairs));
    println!("  cases called proven regressions: {proven}");
    println!("  pairs called worse: {worse}");
}

/// All trials of a task as repeats of one run.
fn curve(rows: &[Row]) {
    let all = run("all", rows.iter().map(|r| (r, r.trial as u32 + 1)));
    let report = Report::build(&all, None, None, Depth::first(1)).unwrap();
    for row in &report.reliability {
        for point in &row.curve {
            let hat = point.pass_hat;
            let interval =
                hat.interval.map_or_else(String::new, |i| format!(" ({:.3}–{:.3})", i.low, i.high));
            println!(
                "pass^{} {:.3}{interval}, pass@{} {:.3}",
                point.k, hat.mean, point.k, point.pass_at.mean
            );
        }
        println!("two tries differ: {:.3}", row.flip_rate.mean);
    }
}

fn run<'a>(id: &str, rows: impl Iterator<Item = (&'a Row, u32)>) -> Run {
    let mut trials: Vec<TrialResult> = rows.map(|(row, index)| trial(row, index)).collect();
    trials.sort_by(|a, b| a.key.cmp(&b.key));
    let header = RunHeader {
        id: id.to_owned(),
        started: "2026-10-02T09:12:00Z".parse().unwrap(),
        version: String::new(),
        git: None,
        suites: vec!["airline".to_owned()],
        variants: vec![VariantKey { prompt: "agent".to_owned(), model: "published".to_owned() }],
        fingerprints: prints("run"),
        planned: trials.len() as u64,
        seed: 1,
        models: vec![],
        retrievals: vec![],
        selection: regauge::selection::Selection::default(),
    };
    let info = RunInfo { header, status: RunStatus::Finished, stop_reason: None, tags: vec![], ended: None };
    Run { info, trials }
}

fn prints(of: &str) -> Fingerprints {
    let f = Fingerprint::of(of);
    Fingerprints { case: f, prompt: f, knowledge: f, scorers: f, model: f }
}

fn trial(row: &Row, index: u32) -> TrialResult {
    TrialResult {
        key: TrialKey {
            suite: "airline".to_owned(),
            case: row.task.clone(),
            phrasing: String::new(),
            prompt: "agent".to_owned(),
            model: "published".to_owned(),
            index,
        },
        case: CaseFacts {
            input: row.task.clone(),
            history: vec![],
            goldens: vec![],
            sources: vec![],
            expect: vec![],
            tags: vec![],
            owner: None,
            area: None,
            tier: Tier::Standard,
            weight: 1.0,
            lang: "en".to_owned(),
            suspect: Vec::new(),
        },
        fingerprints: prints(&row.task),
        request: Fingerprint::of(&row.task),
        messages: vec![],
        passages: vec![],
        cached: false,
        completion: Some(Completion {
            text: row.trial.to_string(),
            tool_calls: vec![],
            stop: StopReason::End,
            usage: Usage::default(),
            latency_ms: 1.0,
            first_token_ms: None,
            reported_model: None,
            citations: vec![],
            passages: None,
        }),
        cost: None,
        attempts: vec![],
        error: None,
        scores: vec![],
        turns: vec![],
        judgements: vec![],
        action: Some(Action::Answer),
        outcome: if row.passed { Outcome::Passed } else { Outcome::Failed },
        finished: "2026-10-02T09:12:30Z".parse().unwrap(),
    }
}
