//! Scorers of which not one trial may fail.

use super::names::Names;
use super::slice::{gated, inside, named};
use super::{RuleResult, Verdict};
use crate::config::Slice;
use crate::outcome::{Outcome, TrialDigest, VariantKey};
use crate::score::ScoreState;
use crate::sentence::{By, CONTENT, NOT_CONTENT, Sentence};

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
    /// The cases of the unjudged ones.
    lost: Names,
}

impl NeverFold {
    pub(super) fn new(name: &str, slice: Slice) -> Self {
        Self {
            name: name.to_owned(),
            slice,
            judged: 0,
            failed: 0,
            unjudged: 0,
            names: Names::default(),
            lost: Names::default(),
        }
    }

    pub(super) fn add(&mut self, trial: &TrialDigest) {
        if !trial.tier.gates() || !inside(&self.slice, trial) {
            return;
        }
        let before = self.unjudged;
        self.unjudged += u64::from(trial.outcome == Outcome::Errored && trial.scores.is_empty());
        for score in trial.scores.iter().filter(|score| *score.name == *self.name) {
            self.judged += u64::from(score.pass().is_some());
            self.unjudged += u64::from(matches!(score.state, ScoreState::JudgeError | ScoreState::Unparsed));
            if score.pass() == Some(false) {
                self.failed += 1;
                self.names.push(&trial.key.suite, &trial.key.case);
            }
        }
        if self.unjudged > before {
            self.lost.push(&trial.key.suite, &trial.key.case);
        }
    }

    pub(super) fn finish(&self, variant: &VariantKey) -> RuleResult {
        let Self { name, judged, failed, unjudged, names, lost, .. } = self;
        let all = gated(variant, &self.slice);
        let of = |said: &str| all.clone().with(By::Scorer, name).with(By::Said, said);
        let scored = all.clone().with(By::Scorer, name);
        let mut detail = Sentence::default();
        let verdict = match (judged, failed, unjudged) {
            (_, 1.., _) => {
                detail.about(failed, &of(NOT_CONTENT));
                detail.say(" of ");
                detail.about(judged, &scored);
                detail.say(" judged trials failed: ");
                names.say(&mut detail, &of(NOT_CONTENT));
                Verdict::Fail
            }
            (0, ..) => {
                detail.say(format_args!("no trial was judged by `{name}`"));
                Verdict::CannotTell
            }
            (.., 1..) => {
                detail.about(unjudged, &lost.within(&all));
                detail.say(" trials have no judgement, ");
                detail.about(judged, &of(CONTENT));
                detail.say(" are clean");
                Verdict::CannotTell
            }
            _ => {
                detail.say("none of ");
                detail.about(judged, &scored);
                detail.say(" judged trials failed");
                Verdict::Pass
            }
        };
        let rule = named(&format!("never = \"{name}\""), variant, &self.slice);
        RuleResult { rule, variant: Some(variant.clone()), detail, verdict }
    }
}
