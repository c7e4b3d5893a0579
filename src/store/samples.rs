//! Runs and trials for this folder's tests: small ones by hand, arbitrary ones by proptest.

use jiff::Timestamp;
use serde_json::json;
use tempfile::TempDir;

use crate::case::{Action, Tier};
use crate::fingerprint::Fingerprint;
use crate::outcome::{
    Attempt, CaseFacts, Fingerprints, GitState, ModelFacts, Outcome, RetrievalFacts, RunHeader, TrialKey,
    TrialResult, VariantKey,
};
use crate::prompt::{ChatRole, Message};
use crate::provider::Completion;
use crate::score::{Evidence, Score, ScoreState};
use crate::selection::Selection;
use crate::store::Store;

mod any;

pub(crate) use any::any_run;

/// A new store, and the folder that keeps it alive.
pub(crate) fn fresh() -> (TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    (folder, store)
}

/// Rows of a table.
pub(crate) fn count(store: &Store, table: &str) -> i64 {
    store.raw(|db| db.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap())
}

/// Noon of a day.
pub(crate) fn day(n: i64) -> Timestamp {
    Timestamp::from_second(1_790_000_000 + n * 86_400).unwrap()
}

/// A header of a run of `faq` with `support × gpt`, begun on day `n`; its engine is `n`.
pub(crate) fn header(id: &str, n: i64) -> RunHeader {
    RunHeader {
        id: id.into(),
        started: day(n),
        version: "0.1.0".into(),
        git: Some(GitState { revision: "abc".into(), branch: Some("main".into()), dirty: true }),
        suites: vec!["faq".into()],
        variants: vec![VariantKey { prompt: "support".into(), model: "gpt".into() }],
        models: vec![ModelFacts {
            name: "gpt".into(),
            provider: "openai".into(),
            model: "gpt-5-mini".into(),
            identity: json!({"engine": n + 1}),
        }],
        retrievals: vec![RetrievalFacts {
            suite: "faq".into(),
            variant: VariantKey { prompt: "support".into(), model: "gpt".into() },
            name: "wide".into(),
            kind: "hybrid".into(),
        }],
        fingerprints: fingerprints("run"),
        planned: 6,
        seed: u64::MAX,
        selection: Selection { cases: vec!["window".into()], repeats: Some(2), ..Selection::default() },
    }
}

fn fingerprints(of: &str) -> Fingerprints {
    let hash = |part: &str| Fingerprint::of(&(part, of));
    Fingerprints {
        case: hash("case"),
        prompt: hash("prompt"),
        knowledge: hash("knowledge"),
        scorers: hash("scorers"),
        model: hash("model"),
    }
}

/// A trial of a case of `faq` on `support × gpt`.
pub(crate) fn trial(case: &str, outcome: Outcome) -> TrialResult {
    TrialResult {
        key: TrialKey {
            suite: "faq".into(),
            case: case.into(),
            phrasing: String::new(),
            prompt: "support".into(),
            model: "gpt".into(),
            index: 1,
        },
        follow_up: None,
        case: CaseFacts {
            input: "How long?".into(),
            history: vec![],
            goldens: vec![],
            sources: vec![],
            expect: vec![Action::Answer],
            tags: vec![],
            owner: None,
            area: None,
            tier: Tier::Standard,
            weight: 1.0,
            lang: "en".into(),
            suspect: vec![],
        },
        fingerprints: fingerprints(case),
        request: Fingerprint::of(case),
        messages: vec![Message::new(ChatRole::User, "How long?")],
        passages: vec![],
        cached: false,
        completion: Some(Completion { latency_ms: 12.5, ..Completion::of_text(format!("answer to {case}")) }),
        cost: Some(0.5),
        attempts: vec![Attempt { started: day(0), latency_ms: 12.5, waited_ms: 0.0, error: None }],
        error: None,
        scores: vec![Score {
            name: "golden".into(),
            kind: "golden".into(),
            required: true,
            state: ScoreState::Scored { value: 1.0, pass: outcome == Outcome::Passed },
            reason: "close".into(),
            evidence: vec![Evidence::new("matched", "30 days")],
            judge: None,
        }],
        turns: vec![],
        judgements: vec![],
        action: Some(Action::Answer),
        outcome,
        finished: day(0),
    }
}
