//! Scorers of which not one trial may fail.

use super::names::Names;
use super::{NAMES, RuleResult, Verdict, inside, named};
use crate::config::Slice;
use crate::outcome::{Outcome, TrialDigest, VariantKey};
use crate::score::ScoreState;

/// One scorer while the trials of a column come.
#[derive(Clone)]
pub(super) struct NeverFold {
    name: String,
    slice: Slice,
    judged: u64,
    failed: u64,
    /// Trials that errored, or of which the scorer broke.
    unjudged: u64,
    /// The cases that failed.
    names: Names,
}

impl NeverFold {
    pub(super) fn new(name: &str, slice: Slice) -> Self {
        Self { name: name.to_owned(), slice, judged: 0, failed: 0, unjudged: 0, names: Names::first(NAMES) }
    }

    pub(super) fn add(&mut self, trial: &TrialDigest) {
        if !trial.tier.gates() || !inside(&self.slice, trial) {
            return;
        }
        self.unjudged += u64::from(trial.outcome == Outcome::Errored && trial.scores.is_empty());
        for score in trial.scores.iter().filter(|score| *score.name == *self.name) {
            self.judged += u64::from(score.pass().is_some());
            self.unjudged += u64::from(matches!(score.state, ScoreState::JudgeError | ScoreState::Unparsed));
            if score.pass() == Some(false) {
                self.failed += 1;
                self.names.push(|| format!("{}/{}", trial.key.suite, trial.key.case));
            }
        }
    }

    pub(super) fn finish(&self, variant: &VariantKey) -> RuleResult {
        let Self { name, judged, failed, unjudged, names, .. } = self;
        let (verdict, detail) = match (judged, failed, unjudged) {
            (_, 1.., _) => (Verdict::Fail, format!("{failed} of {judged} judged trials failed: {names}")),
            (0, ..) => (Verdict::CannotTell, format!("no trial was judged by `{name}`")),
            (.., 1..) => {
                (Verdict::CannotTell, format!("{unjudged} trials have no judgement, {judged} are clean"))
            }
            _ => (Verdict::Pass, format!("none of {judged} judged trials failed")),
        };
        let rule = named(&format!("never = \"{name}\""), &self.slice);
        RuleResult { rule, variant: Some(variant.clone()), detail, verdict }
    }
}
