//! A long run, written straight into the store.

use std::path::Path;

use regauge::case::{Action, Tier};
use regauge::clock::now;
use regauge::fingerprint::Fingerprint;
use regauge::outcome::{
    CaseFacts, Fingerprints, ModelFacts, Outcome, RunHeader, RunStatus, TrialKey, TrialResult, VariantKey,
};
use regauge::provider::{Completion, Usage};
use regauge::score::{Evidence, Score, ScoreState};
use regauge::selection::Selection;
use regauge::store::Store;

fn prints(of: &str) -> Fingerprints {
    let print = Fingerprint::of_bytes(of.as_bytes());
    Fingerprints { case: print, prompt: print, knowledge: print, scorers: print, model: print }
}

fn header(trials: usize) -> RunHeader {
    RunHeader {
        id: "big".into(),
        started: now(),
        version: "test".into(),
        git: None,
        suites: vec!["support".into()],
        variants: vec![VariantKey { prompt: "support".into(), model: "mock".into() }],
        models: vec![ModelFacts {
            name: "mock".into(),
            provider: "openai".into(),
            model: "mock-1".into(),
            identity: serde_json::Value::Null,
        }],
        retrievals: vec![],
        fingerprints: prints("run"),
        planned: trials as u64,
        seed: 0,
        selection: Selection::default(),
    }
}

/// The id of one of its cases.
pub fn case(n: usize) -> String {
    format!("case-{n:05}")
}

/// Every fifth fails; answers have 400 characters, two scores each.
fn trial(n: usize) -> TrialResult {
    let pass = !n.is_multiple_of(5);
    let score = |name: &str| Score {
        name: name.into(),
        kind: name.into(),
        required: true,
        state: ScoreState::Scored { value: f64::from(u8::from(pass)), pass },
        reason: format!("close to an accepted answer ({n})"),
        evidence: vec![Evidence { span: Some(8..15), ..Evidence::new("matched", "30 days") }],
        judge: None,
    };
    TrialResult {
        key: TrialKey {
            suite: "support".into(),
            case: case(n),
            phrasing: String::new(),
            prompt: "support".into(),
            model: "mock".into(),
            index: 1,
        },
        follow_up: None,
        case: CaseFacts {
            input: format!("Customer {n} asks: how long do I have to send my bike back after delivery?"),
            history: vec![],
            goldens: vec!["You have 30 days.".into()],
            sources: vec![format!("article-{}#window", n % 40)],
            expect: vec![Action::Answer],
            tags: vec![["returns", "delivery", "billing"][n % 3].into()],
            owner: None,
            area: Some(format!("area-{}", n % 12)),
            tier: Tier::Standard,
            weight: 1.0,
            lang: ["en", "ro"][n % 2].into(),
            suspect: vec![],
        },
        fingerprints: prints(&case(n)),
        request: Fingerprint::of_bytes(case(n).as_bytes()),
        messages: vec![],
        passages: vec![],
        cached: false,
        completion: Some(Completion {
            usage: Usage { input: Some(380), output: Some(90), cached_input: None, reasoning: None },
            latency_ms: 50.0 + n as f64 / 1e4,
            ..Completion::of_text(
                format!("Hello {n}! You have 30 days from delivery to send it back. ").repeat(7),
            )
        }),
        cost: Some(1e-4),
        attempts: vec![],
        error: None,
        scores: vec![score("golden"), score("grounded")],
        turns: vec![],
        judgements: vec![],
        action: Some(Action::Answer),
        outcome: if pass { Outcome::Passed } else { Outcome::Failed },
        finished: now(),
    }
}

/// Makes an empty project with a finished run of so many cases, asked once each.
pub fn write(project: &Path, trials: usize) {
    for folder in ["prompts", "suites"] {
        std::fs::create_dir_all(project.join(folder)).unwrap();
    }
    std::fs::write(project.join("regauge.toml"), "").unwrap();
    let store = Store::open(&project.join(".regauge")).unwrap();
    store.begin(&header(trials)).unwrap();
    for first in (0..trials).step_by(512) {
        let batch: Vec<TrialResult> = (first..trials.min(first + 512)).map(trial).collect();
        store.record("big", &batch.iter().collect::<Vec<_>>()).unwrap();
    }
    store.end("big", RunStatus::Finished, None, now()).unwrap();
}
