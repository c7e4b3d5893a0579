//! What a report says of the run itself.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;
use serde::Serialize;

use crate::case::Tier;
use crate::diff::{CaseGroup, Groups, Outline};
use crate::outcome::{
    Fingerprints, GitState, ModelFacts, ReadError, Recorded, RetrievalFacts, RunInfo, RunStatus, VariantKey,
};
use crate::report::kept::KEPT;

/// A run without its trials.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
pub struct RunFacts {
    /// Id.
    pub id: String,
    /// What a reader knows it by: suites, models, day and tags.
    #[serde(skip)]
    pub called: String,
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
    /// What is tried out, where the run is one side of a what-if: `what if, with drafts`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub what_if: Option<String>,
    /// Suites.
    pub suites: Vec<String>,
    /// Models, in plan order.
    pub models: Vec<ModelView>,
    /// How passages were looked up, by suite and variant; empty where no prompt takes any, and where it is not known.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub retrievals: Vec<RetrievalFacts>,
    /// Trials planned.
    pub planned: u64,
    /// Trials with a result.
    pub done: u64,
    /// Cases with a result.
    pub cases: u64,
    /// Cases with a result and no accepted answer.
    pub without_golden: u64,
    /// Cases whose goldens rest on passages that were edited since: reported, and judged by no gate.
    #[serde(skip_serializing_if = "is_zero")]
    pub suspect: u64,
    /// Seed.
    pub seed: u64,
    /// Hash of each of the five parts over the whole plan.
    pub fingerprints: Fingerprints,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_zero(n: &u64) -> bool {
    *n == 0
}

/// A model of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
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
    ///
    /// # Errors
    /// The run cannot be read.
    pub fn of(run: &dyn Recorded) -> Result<Self, ReadError> {
        let outline = Outline::of(run)?;
        let mut fold = FactsFold::new(outline.columns.len());
        let mut groups = Groups::open(&outline, None)?;
        while let Some(group) = groups.next_case()? {
            fold.add(group);
        }
        Ok(fold.finish(run.info(), &outline.columns))
    }

    /// How passages were looked up, in words: once where it is the same everywhere, else suite by suite, and column by
    /// column in the suites where columns differ. Nothing where there is nothing to say.
    pub fn retrieval_words(&self) -> Option<String> {
        let first = self.retrievals.first()?.words();
        if self.retrievals.iter().all(|way| way.words() == first) {
            return Some(first);
        }
        let mut places: Vec<(String, Vec<String>)> = Vec::new();
        for suite in self.retrievals.chunk_by(|a, b| a.suite == b.suite) {
            let same = suite.windows(2).all(|pair| pair[0].words() == pair[1].words());
            for way in &suite[..if same { 1 } else { suite.len() }] {
                let place = if same { way.suite.clone() } else { format!("{} {}", way.suite, way.variant) };
                match places.iter_mut().find(|(words, _)| *words == way.words()) {
                    Some((_, list)) => list.push(place),
                    None => places.push((way.words(), vec![place])),
                }
            }
        }
        let words = places.into_iter().map(|(words, list)| format!("{words} in {}", list.join(", ")));
        Some(words.collect::<Vec<_>>().join("; "))
    }
}

/// The facts while the run is read.
pub(super) struct FactsFold {
    done: u64,
    cases: u64,
    without_golden: u64,
    suspect: u64,
    /// Names as the endpoint reported them, by column.
    reported: Vec<BTreeSet<Arc<str>>>,
}

impl FactsFold {
    pub(super) fn new(columns: usize) -> Self {
        Self { done: 0, cases: 0, without_golden: 0, suspect: 0, reported: vec![BTreeSet::new(); columns] }
    }

    pub(super) fn add(&mut self, group: &CaseGroup) {
        if group.run.is_empty() {
            return;
        }
        self.cases += 1;
        self.without_golden += u64::from(group.run.trials().any(|(_, t)| !t.golden));
        self.suspect += u64::from(group.run.trials().any(|(_, t)| t.tier == Tier::Suspect));
        for (column, trial) in group.run.trials() {
            self.done += 1;
            let name = trial.answer.as_ref().and_then(|a| a.reported_model.as_ref());
            if let (Some(name), Some(known)) = (name, self.reported.get_mut(column)) {
                // An endpoint may say another name every time.
                if known.len() < KEPT && !known.contains(name) {
                    known.insert(name.clone());
                }
            }
        }
    }

    pub(super) fn finish(self, info: &RunInfo, columns: &[VariantKey]) -> RunFacts {
        let header = &info.header;
        let model = |m: &ModelFacts| {
            let mine = columns.iter().zip(&self.reported).filter(|(v, _)| v.model == m.name);
            ModelView {
                name: m.name.clone(),
                provider: m.provider.clone(),
                model: m.model.clone(),
                reported: mine.flat_map(|(_, names)| names).map(ToString::to_string).collect(),
            }
        };
        RunFacts {
            id: header.id.clone(),
            called: info.called(),
            status: info.status,
            stop_reason: info.stop_reason.clone(),
            started: header.started,
            ended: info.ended,
            version: header.version.clone(),
            git: header.git.clone(),
            tags: info.tags.clone(),
            what_if: header.selection.what_if.as_ref().map(ToString::to_string),
            suites: header.suites.clone(),
            models: header.models.iter().map(model).collect(),
            retrievals: header.retrievals.clone(),
            planned: header.planned,
            done: self.done,
            cases: self.cases,
            without_golden: self.without_golden,
            suspect: self.suspect,
            seed: header.seed,
            fingerprints: header.fingerprints,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::{RunBuilder, trial};

    #[test]
    fn ways_to_look_up_are_said_once_where_they_are_one() {
        let way = |suite: &str, model: &str, name: &str| RetrievalFacts {
            suite: suite.into(),
            variant: VariantKey { prompt: "grounded".into(), model: model.into() },
            name: name.into(),
            kind: "bm25".into(),
        };
        let words = |retrievals: Vec<RetrievalFacts>| {
            let mut run = RunBuilder::new("r").trial(trial("a", "bare").passed()).build();
            run.header.retrievals = retrievals;
            RunFacts::of(&run).unwrap().retrieval_words()
        };
        assert_eq!(words(vec![]), None);
        let same = words(vec![way("a", "m", "bm25"), way("b", "m", "bm25")]);
        assert_eq!(same.as_deref(), Some("bm25"));
        let suites = words(vec![way("a", "m", "bm25"), way("a", "n", "bm25"), way("b", "m", "wide")]);
        assert_eq!(suites.as_deref(), Some("bm25 in a; wide (bm25) in b"));
        let models = words(vec![way("a", "m", "bm25"), way("a", "n", "wide"), way("b", "m", "bm25")]);
        assert_eq!(models.as_deref(), Some("bm25 in a grounded × m, b; wide (bm25) in a grounded × n"));
    }

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
        let facts = RunFacts::of(&run).unwrap();
        assert_eq!((facts.cases, facts.without_golden, facts.done), (2, 1, 3));
        assert_eq!(facts.models.len(), 1);
        assert!(facts.models[0].reported.contains("m-2026"));
    }
}
