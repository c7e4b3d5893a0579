//! What the store costs: CPU and bytes per trial, and the time of reading it back.
//!
//! `cargo bench --bench store [-- TRIALS [PAGE_SIZE]]`. A trial has 1.5 KB of messages that no other shares, 0.4 KB of answer, two scores with
//! evidence, one attempt. Bytes are those of the file without the texts themselves.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark prints, and fails by panicking")]

use std::time::Instant;

use jiff::Timestamp;
use regauge::case::{Action, Tier};
use regauge::fingerprint::Fingerprint;
use regauge::outcome::{
    Attempt, CaseFacts, Fingerprints, ModelFacts, Outcome, Recorded, RunHeader, TrialKey, TrialResult,
    VariantKey,
};
use regauge::prompt::{ChatRole, Message};
use regauge::provider::{AnswerSource, Completion, Usage};
use regauge::score::{Evidence, Score, ScoreState};
use regauge::selection::Selection;
use regauge::store::Store;

const BATCH: usize = 512;

fn at(n: usize) -> Timestamp {
    Timestamp::from_millisecond(1_790_000_000_000 + i64::try_from(n).unwrap()).unwrap()
}

fn prints(case: &str) -> Fingerprints {
    let hash = |part: &str| Fingerprint::of_bytes(part.as_bytes());
    Fingerprints {
        case: hash(case),
        prompt: hash(&format!("p{case}")),
        knowledge: hash("k"),
        scorers: hash("s"),
        model: hash("m"),
    }
}

fn header(id: &str) -> RunHeader {
    RunHeader {
        id: id.into(),
        started: at(0),
        version: "bench".into(),
        git: None,
        suites: vec!["support".into()],
        variants: vec![VariantKey { prompt: "support".into(), model: "mock".into() }],
        retrievals: vec![],
        models: vec![ModelFacts {
            name: "mock".into(),
            provider: "openai".into(),
            model: "mock-1".into(),
            identity: serde_json::Value::Null,
        }],
        fingerprints: prints("run"),
        planned: 0,
        seed: 0,
        selection: Selection::default(),
    }
}

fn score(name: &str, n: usize, value: f64) -> Score {
    Score {
        name: name.into(),
        kind: name.into(),
        required: true,
        state: ScoreState::Scored { value, pass: true },
        reason: format!("close to an accepted answer ({n})"),
        evidence: vec![Evidence {
            label: "matched".into(),
            span: Some(4..11),
            quote: "30 days".into(),
            passage: Some("returns#window".into()),
            note: None,
        }],
        judge: None,
    }
}

fn trial(n: usize) -> TrialResult {
    let case = format!("case-{n:07}");
    let input = format!("Customer {n} asks: how long do I have to send my bike back after delivery?");
    let system = format!("You answer customer {n} for Volta Bikes. ")
        + &"Be brief, be correct, name the article that you rely on, and do not promise anything. "
            .repeat(16);
    let latency_ms = 50.0 + n as f64 / 1e4;
    TrialResult {
        key: TrialKey {
            suite: "support".into(),
            case: case.clone(),
            phrasing: String::new(),
            prompt: "support".into(),
            model: "mock".into(),
            index: 1,
        },
        follow_up: None,
        case: CaseFacts {
            input: input.clone(),
            history: vec![],
            goldens: vec!["You have 30 days.".into()],
            sources: vec!["returns#window".into()],
            expect: vec![Action::Answer],
            tags: vec!["returns".into()],
            owner: None,
            area: Some("returns".into()),
            tier: Tier::Standard,
            weight: 1.0,
            lang: "en".into(),
            suspect: vec![],
        },
        fingerprints: prints(&case),
        request: Fingerprint::of_bytes(case.as_bytes()),
        messages: vec![Message::new(ChatRole::System, system), Message::new(ChatRole::User, input)],
        passages: vec![],
        cached: false,
        completion: Some(Completion {
            usage: Usage { input: Some(380), output: Some(90), cached_input: Some(0), reasoning: None },
            latency_ms,
            reported_model: Some("mock-1-2026-01-01".into()),
            ..Completion::of_text(
                format!("Hello {n}! You have 30 days from delivery to send it back. ").repeat(7),
            )
        }),
        cost: Some(1e-4 + n as f64 / 1e9),
        attempts: vec![Attempt { started: at(n), latency_ms, waited_ms: 0.5, error: None }],
        error: None,
        scores: vec![score("golden", n, 1.0 / (1.0 + n as f64)), score("grounded", n, 1.0)],
        turns: vec![],
        judgements: vec![],
        action: Some(Action::Answer),
        outcome: Outcome::Passed,
        finished: at(n + 50),
    }
}

/// Bytes of a trial's own texts.
fn text_of(trial: &TrialResult) -> u64 {
    let messages: usize = trial.messages.iter().map(|m| m.content.len()).sum();
    let facts = trial.case.input.len() + trial.case.goldens.iter().map(String::len).sum::<usize>();
    let scores: usize = trial
        .scores
        .iter()
        .map(|s| s.reason.len() + s.evidence.iter().map(|e| e.quote.len()).sum::<usize>())
        .sum();
    (messages + facts + scores + trial.answer().map_or(0, str::len)) as u64
}

/// CPU time of this process in microseconds, where the system tells it.
fn cpu_us() -> f64 {
    let Ok(stat) = std::fs::read_to_string("/proc/self/stat") else { return f64::NAN };
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks: f64 = fields[11..13].iter().filter_map(|f| f.parse::<f64>().ok()).sum();
    ticks * 10_000.0
}

fn peak_mib() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|l| l.starts_with("VmHWM")).unwrap_or("0 0 kB");
    line.split_whitespace().nth(1).and_then(|n| n.parse::<f64>().ok()).unwrap_or(f64::NAN) / 1024.0
}

fn measured<T>(what: &str, per: usize, work: impl FnOnce() -> T) -> T {
    let (clock, before) = (Instant::now(), cpu_us());
    let value = work();
    let (wall, cpu) = (clock.elapsed().as_secs_f64() * 1e6, cpu_us() - before);
    let per = per as f64;
    println!("{what:<34} {:>8.2} µs CPU {:>8.2} µs wall", cpu / per, wall / per);
    value
}

/// Records trials in batches; making them is measured too and taken off by the caller.
fn record(store: &Store, run: &str, trials: usize, change: impl Fn(&mut TrialResult)) -> u64 {
    let mut text = 0;
    for first in (0..trials).step_by(BATCH) {
        let mut batch: Vec<TrialResult> = (first..trials.min(first + BATCH)).map(trial).collect();
        batch.iter_mut().for_each(&change);
        text += batch.iter().map(text_of).sum::<u64>();
        store.record(run, &batch.iter().collect::<Vec<_>>()).unwrap();
    }
    text
}

fn main() {
    let mut numbers = std::env::args().filter_map(|a| a.parse::<usize>().ok());
    let trials = numbers.next().unwrap_or(100_000);
    let folder = tempfile::tempdir().unwrap();
    let size = || {
        let files = std::fs::read_dir(folder.path()).unwrap();
        files.map(|f| f.unwrap().metadata().unwrap().len()).sum::<u64>() as f64
    };
    println!("{trials} trials in batches of {BATCH}");
    measured("making them (to be taken off)", trials, || {
        for first in (0..trials).step_by(BATCH) {
            let batch: Vec<TrialResult> = (first..trials.min(first + BATCH)).map(trial).collect();
            std::hint::black_box(batch.iter().map(text_of).sum::<u64>());
        }
    });
    if let Some(page) = numbers.next() {
        let db = rusqlite::Connection::open(folder.path().join("regauge.db")).unwrap();
        db.execute_batch(&format!("PRAGMA page_size = {page}; PRAGMA auto_vacuum = INCREMENTAL; VACUUM"))
            .unwrap();
        println!("pages of {page} bytes");
    }
    let store = Store::open(folder.path()).unwrap();
    store.begin(&header("one")).unwrap();
    let text = measured("recording new trials", trials, || record(&store, "one", trials, |_| {}));
    println!("{:<34} {:>8.1} MiB", "peak memory so far", peak_mib());
    drop(store);
    let after_one = size();
    let per = |bytes: f64| bytes / trials as f64;
    println!("{:<34} {:>8.0} bytes", "text itself", per(text as f64));
    println!("{:<34} {:>8.0} bytes", "stored beyond it", per(after_one - text as f64));
    let store = Store::open(folder.path()).unwrap();
    store.begin(&header("two")).unwrap();
    measured("recording cached trials", trials, || {
        record(&store, "two", trials, |trial| {
            trial.cached = true;
            trial.attempts.clear();
        })
    });
    println!("{:<34} {:>8.0} bytes", "stored for a cached trial", per(size() - after_one));
    let run = store.stored("two").unwrap();
    let digests = measured("reading digests in order", trials, || {
        run.digests().unwrap().map(Result::unwrap).filter(|d| d.answer.is_some()).count()
    });
    assert_eq!(digests, trials);
    let keys: Vec<Fingerprint> = (0..trials).map(|n| trial(n * 7919 % trials).request).collect();
    let found = measured("looking answers up at random", trials, || {
        keys.iter().filter(|key| store.answer(**key).unwrap().is_some()).count()
    });
    assert_eq!(found, trials);
    let keys: Vec<TrialKey> = (0..trials).map(|n| trial(n).key).collect();
    measured("asking which have results", trials, || {
        let done = keys.chunks(BATCH).flat_map(|keys| store.has_results("two", keys).unwrap());
        assert!(done.into_iter().all(|done| done));
    });
    measured("tally of the run", 1, || run.tally().unwrap());
    measured("list of runs", 1, || store.list().unwrap());
    println!("{:<34} {:>8.1} MiB", "peak memory", peak_mib());
}
