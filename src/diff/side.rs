//! The repeats of one case in one column, reduced to one [`Side`].

use crate::diff::Side;
use crate::outcome::TrialResult;
use crate::score::{Score, ScoreState};
use crate::stats::mean;

/// Reduces repeats, which are in repeat order; `None` for none.
pub(super) fn reduce(trials: &[&TrialResult]) -> Option<Side> {
    let shown = shown(trials)?;
    let passed = trials.iter().filter(|t| t.outcome.verdict() == Some(true)).count();
    let judged = trials.iter().filter(|t| t.outcome.verdict().is_some()).count();
    let scores: Vec<f64> = trials.iter().filter_map(|t| t.score()).collect();
    Some(Side {
        passed: passed as u32,
        judged: judged as u32,
        unjudged: (trials.len() - judged) as u32,
        score: mean(&scores),
        answer: shown.answer().map(str::to_owned),
        failing: shown
            .scores
            .iter()
            .filter(|s| fails(s))
            .map(|s| format!("{}: {}", s.name, s.reason))
            .collect(),
    })
}

impl Side {
    /// The verdict over all repeats: every judged trial must pass; `None` when none was judged.
    pub fn verdict(&self) -> Option<bool> {
        (self.judged > 0).then_some(self.passed == self.judged)
    }
}

/// The trial whose answer a reader should see: the first that failed, else the first with an answer.
fn shown<'a>(trials: &[&'a TrialResult]) -> Option<&'a TrialResult> {
    let failed = trials.iter().find(|t| t.outcome.verdict() == Some(false));
    failed.or_else(|| trials.iter().find(|t| t.answer().is_some())).or(trials.first()).copied()
}

/// Whether a scorer is a reason for its trial's failure.
fn fails(score: &Score) -> bool {
    score.required && (score.pass() == Some(false) || score.state == ScoreState::Unparsed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diff::samples::trial;
    use crate::outcome::Outcome;

    #[test]
    fn no_trials_are_no_side() {
        assert_eq!(reduce(&[]), None);
    }

    #[test]
    fn the_first_failure_is_shown() {
        let trials =
            [trial("a", 1, Outcome::Passed), trial("a", 2, Outcome::Failed), trial("a", 3, Outcome::Failed)];
        let side = reduce(&trials.iter().collect::<Vec<_>>()).unwrap();
        assert_eq!((side.passed, side.judged, side.unjudged), (1, 3, 0));
        assert_eq!(side.answer.as_deref(), Some("answer 2"));
        assert_eq!(side.failing, ["golden: far"]);
        assert_eq!(side.verdict(), Some(false));
        assert!((side.score.unwrap() - 1.0 / 3.0).abs() < 1e-12);
    }

    #[test]
    fn errors_are_no_verdict_and_no_score() {
        let trials = [trial("a", 1, Outcome::Errored), trial("a", 2, Outcome::Passed)];
        let side = reduce(&trials.iter().collect::<Vec<_>>()).unwrap();
        assert_eq!((side.passed, side.judged, side.unjudged), (1, 1, 1));
        assert_eq!((side.answer.as_deref(), side.score), (Some("answer 2"), Some(1.0)));
        let errored = reduce(&[&trials[0]]).unwrap();
        assert_eq!((errored.verdict(), errored.answer, errored.score), (None, None, None));
    }

    #[test]
    fn only_required_scorers_are_reasons() {
        let mut failed = trial("a", 1, Outcome::Failed);
        let mut reported = failed.scores[0].clone();
        reported.required = false;
        let mut unread = failed.scores[0].clone();
        (unread.state, unread.reason) = (ScoreState::Unparsed, "not JSON".into());
        failed.scores.extend([reported, unread]);
        assert_eq!(reduce(&[&failed]).unwrap().failing, ["golden: far", "golden: not JSON"]);
    }
}
