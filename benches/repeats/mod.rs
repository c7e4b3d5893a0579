//! The repeats of a published benchmark of a support agent, as runs: shared by the benches that judge them.
//!
//! `runs_gpt4o_airline.jsonl` has one row per task and trial with `task_id`, `trial` and `reward` (0 or 1).

use std::path::Path;

use regauge::case::{Action, Tier};
use regauge::fingerprint::Fingerprint;
use regauge::outcome::{
    CaseFacts, Fingerprints, Outcome, Run, RunHeader, RunInfo, RunStatus, TrialKey, TrialResult, VariantKey,
};
use regauge::provider::Completion;
use serde_json::Value;

/// The folder that was named, or `None` and a line that says what is missing.
pub fn rows(bench: &str) -> Option<Vec<Row>> {
    let folder = std::env::args().skip(1).find(|a| !a.starts_with("--"));
    let Some(folder) = folder else {
        println!("skipped: name the folder with the data, as in `cargo bench --bench {bench} -- ../data`");
        return None;
    };
    let file = Path::new(&folder).join("runs_gpt4o_airline.jsonl");
    let Ok(text) = std::fs::read_to_string(&file) else {
        println!("skipped: there is no {}", file.display());
        return None;
    };
    Some(text.lines().map(row).collect())
}

/// One task tried once.
#[derive(Clone)]
pub struct Row {
    pub task: String,
    pub trial: u64,
    pub passed: bool,
}

fn row(line: &str) -> Row {
    let value: Value = serde_json::from_str(line).unwrap();
    Row {
        task: value["task_id"].as_str().unwrap().to_owned(),
        trial: value["trial"].as_u64().unwrap(),
        passed: value["reward"].as_f64().unwrap() >= 1.0,
    }
}

/// A run of these rows, each with the number of its repeat.
pub fn run<'a>(id: &str, rows: impl Iterator<Item = (&'a Row, u32)>) -> Run {
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
    Run::new(info, trials)
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
        follow_up: None,
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
        completion: Some(Completion { latency_ms: 1.0, ..Completion::of_text(row.trial.to_string()) }),
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
