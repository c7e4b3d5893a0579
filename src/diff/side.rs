//! The repeats of one case in one column, reduced to one [`Side`].

use serde::Serialize;

use crate::outcome::TrialDigest;
use crate::stats::mean;

/// One side of a change: what the repeats of one wording in one column come to.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Side {
    /// Trials that passed.
    pub passed: u32,
    /// Trials with a verdict.
    pub judged: u32,
    /// Trials without one (errored, skipped).
    pub unjudged: u32,
    /// Mean score over scored trials.
    pub score: Option<f64>,
    /// The repeat whose answer a reader should see: the first that failed, else the first with an answer.
    pub shown: u32,
}

impl Side {
    /// Reduces repeats, which are in repeat order; `None` for none.
    pub fn of(trials: &[TrialDigest]) -> Option<Self> {
        let shown = shown(trials)?;
        let passed = trials.iter().filter(|t| t.outcome.verdict() == Some(true)).count();
        let judged = trials.iter().filter(|t| t.outcome.verdict().is_some()).count();
        let score = match trials {
            [one] => one.score(),
            _ => mean(&trials.iter().filter_map(TrialDigest::score).collect::<Vec<f64>>()),
        };
        Some(Self {
            passed: passed as u32,
            judged: judged as u32,
            unjudged: (trials.len() - judged) as u32,
            score,
            shown: shown.key.index,
        })
    }

    /// The verdict over all repeats: every judged trial must pass; `None` when none was judged.
    pub fn verdict(self) -> Option<bool> {
        (self.judged > 0).then_some(self.passed == self.judged)
    }
}

fn shown(trials: &[TrialDigest]) -> Option<&TrialDigest> {
    let failed = trials.iter().find(|t| t.outcome.verdict() == Some(false));
    failed.or_else(|| trials.iter().find(|t| t.answer.is_some())).or(trials.first())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diff::samples::digests;
    use crate::outcome::Outcome::{Errored, Failed, Passed};

    #[test]
    fn no_trials_are_no_side() {
        assert_eq!(Side::of(&[]), None);
    }

    #[test]
    fn the_first_failure_is_shown() {
        let side = Side::of(&digests("a", &[Passed, Failed, Failed])).unwrap();
        assert_eq!((side.passed, side.judged, side.unjudged), (1, 3, 0));
        assert_eq!((side.shown, side.verdict()), (2, Some(false)));
        assert!((side.score.unwrap() - 1.0 / 3.0).abs() < 1e-12);
    }

    #[test]
    fn errors_are_no_verdict_and_no_score() {
        let trials = digests("a", &[Errored, Passed]);
        let side = Side::of(&trials).unwrap();
        assert_eq!((side.passed, side.judged, side.unjudged), (1, 1, 1));
        assert_eq!((side.shown, side.score), (2, Some(1.0)));
        let errored = Side::of(&trials[..1]).unwrap();
        assert_eq!((errored.verdict(), errored.shown, errored.score), (None, 1, None));
    }
}
