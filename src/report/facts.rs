//! What a report says of the run itself.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::Serialize;

use crate::outcome::{Fingerprints, GitState, Run, RunStatus};

/// A run without its trials.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RunFacts {
    /// Id.
    pub id: String,
    /// How it ended.
    pub status: RunStatus,
    /// Why it stopped early.
    pub stop_reason: Option<String>,
    /// When it began.
    pub started: Timestamp,
    /// When it ended.
    pub ended: Option<Timestamp>,
    /// Version of regauge that made it.
    pub version: String,
    /// The user's repository at that time.
    pub git: Option<GitState>,
    /// Tags, sorted.
    pub tags: Vec<String>,
    /// Suites.
    pub suites: Vec<String>,
    /// Models, in plan order.
    pub models: Vec<ModelView>,
    /// Trials planned.
    pub planned: u64,
    /// Trials with a result.
    pub done: u64,
    /// Cases with a result.
    pub cases: u64,
    /// Cases with a result and no accepted answer.
    pub without_golden: u64,
    /// Seed.
    pub seed: u64,
    /// Hash of each of the five parts over the whole plan.
    pub fingerprints: Fingerprints,
}

/// A model of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ModelView {
    /// Name in `regauge.toml`.
    pub name: String,
    /// Provider that answered; `model` is its own name of the model.
    pub provider: String,
    /// See `provider`.
    pub model: String,
    /// Names as the endpoint reported them, sorted.
    pub reported: BTreeSet<String>,
}

impl RunFacts {
    /// The facts of a run.
    pub fn of(run: &Run) -> Self {
        let header = &run.header;
        let cases: BTreeSet<(&str, &str, bool)> =
            run.trials.iter().map(|t| (&*t.key.suite, &*t.key.case, t.case.goldens.is_empty())).collect();
        Self {
            id: header.id.clone(),
            status: run.status,
            stop_reason: run.stop_reason.clone(),
            started: header.started,
            ended: run.ended,
            version: header.version.clone(),
            git: header.git.clone(),
            tags: run.tags.clone(),
            suites: header.suites.clone(),
            models: models(run),
            planned: header.planned,
            done: run.trials.len() as u64,
            cases: cases.len() as u64,
            without_golden: cases.iter().filter(|(_, _, none)| *none).count() as u64,
            seed: header.seed,
            fingerprints: header.fingerprints,
        }
    }
}

fn models(run: &Run) -> Vec<ModelView> {
    let reported = |name: &str| {
        let mine = run.trials.iter().filter(|t| t.key.model == name);
        mine.filter_map(|t| t.completion.as_ref()?.reported_model.clone()).collect()
    };
    let view = |m: &crate::outcome::ModelFacts| ModelView {
        name: m.name.clone(),
        provider: m.provider.clone(),
        model: m.model.clone(),
        reported: reported(&m.name),
    };
    run.header.models.iter().map(view).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::{RunBuilder, trial};

    #[test]
    fn cases_and_models_are_counted_once() {
        let run = RunBuilder::new("r")
            .trial(trial("a", "bare").passed().with(|t| {
                t.case.goldens.clear();
                t.completion.as_mut().unwrap().reported_model = Some("m-2026".into());
            }))
            .trial(trial("a", "grounded").passed().with(|t| t.case.goldens.clear()))
            .trial(trial("b", "bare").passed())
            .build();
        let facts = RunFacts::of(&run);
        assert_eq!((facts.cases, facts.without_golden, facts.done), (2, 1, 3));
        assert_eq!(facts.models.len(), 1);
        assert!(facts.models[0].reported.contains("m-2026"));
    }
}
