//! The trials of one wording in one column, counted as the sections of a report count them, so that a number there and the
//! rows that stand behind it agree.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::case::Action;
use crate::outcome::{Outcome, TrialDigest};
use crate::report::actions::expected_and_done;
use crate::report::errors;
use crate::score::ScoreState;

/// Trials by what came of them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Counts {
    /// Passed, failed, refused, errored, skipped.
    pub outcomes: [u32; 5],
    /// By scorer.
    pub scorers: BTreeMap<Arc<str>, Said>,
    /// Errored trials by their kind, as errors are grouped.
    pub errors: BTreeMap<&'static str, u32>,
    /// What was expected and what was done; of the trials that were given passages apart. Empty where nothing is expected.
    pub actions: BTreeMap<(Action, Action), Done>,
}

/// What a scorer says of some trials.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Said {
    /// It was content.
    pub content: u32,
    /// It was not.
    pub not_content: u32,
    /// It could not say.
    pub unreadable: u32,
}

/// Trials that did one thing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Done {
    /// All of them.
    pub trials: u32,
    /// Those that were given passages for a case that names its sources.
    pub sourced: u32,
}

impl Counts {
    /// The counts of some trials.
    pub(super) fn of(trials: &[TrialDigest]) -> Self {
        let mut counts = Self::default();
        for trial in trials {
            let place = match trial.outcome {
                Outcome::Passed => 0,
                Outcome::Failed => 1,
                Outcome::Refused => 2,
                Outcome::Errored => 3,
                Outcome::Skipped => 4,
            };
            counts.outcomes[place] += 1;
            for score in &trial.scores {
                let said = counts.scorers.entry(score.name.clone()).or_default();
                match score.state {
                    ScoreState::Scored { pass: true, .. } => said.content += 1,
                    ScoreState::Scored { pass: false, .. } => said.not_content += 1,
                    ScoreState::Unparsed | ScoreState::JudgeError => said.unreadable += 1,
                    ScoreState::NotApplicable => {}
                }
            }
            if trial.outcome == Outcome::Errored {
                *counts.errors.entry(errors::kind_of(trial)).or_default() += 1;
            }
            if let Some(what) = expected_and_done(trial) {
                let done = counts.actions.entry(what).or_default();
                done.trials += 1;
                done.sourced += u32::from(trial.sourced);
            }
        }
        counts
    }
}
