//! Trials and columns for this folder's tests.

use proptest::collection::btree_map;
use proptest::prelude::*;

use crate::fingerprint::Fingerprint;
use crate::outcome::{Outcome, TrialResult};
use crate::score::ScoreState;
use crate::store::samples;

/// Short, because tests are full of it.
pub(super) const P: Outcome = Outcome::Passed;

/// One repeat of a case; an errored one has no answer and no score.
pub(super) fn trial(case: &str, index: u32, outcome: Outcome) -> TrialResult {
    let mut trial = samples::trial(case, outcome);
    trial.key.index = index;
    trial.fingerprints.model = Fingerprint::of(&("seed", index));
    let (value, pass) = if outcome == P { (1.0, true) } else { (0.0, false) };
    trial.scores[0].state = ScoreState::Scored { value, pass };
    trial.scores[0].reason = "far".into();
    trial.completion.as_mut().unwrap().text = format!("answer {index}");
    if outcome == Outcome::Errored {
        trial.completion = None;
        trial.scores.clear();
    }
    trial
}

/// The repeats of a case.
pub(super) fn trials(case: &str, outcomes: &[Outcome]) -> Vec<TrialResult> {
    (1..).zip(outcomes).map(|(index, outcome)| trial(case, index, *outcome)).collect()
}

/// Any column over a few cases, phrasings, repeats, fingerprints and answers.
pub(super) fn any_column() -> impl Strategy<Value = Vec<TrialResult>> {
    use Outcome::{Errored, Failed, Passed, Refused, Skipped};
    let outcome = proptest::sample::select(vec![Passed, Passed, Failed, Failed, Refused, Errored, Skipped]);
    let key = ("[a-d]", "p?", 1_u32..4);
    let moved = prop::bool::weighted(0.1);
    let result = (outcome, [moved, moved, moved, moved], any::<bool>());
    btree_map(key, result, 0..16).prop_map(|column| column.into_iter().map(build).collect())
}

type Key = (String, String, u32);

fn build(
    ((case, phrasing, index), (outcome, moved, reworded)): (Key, (Outcome, [bool; 4], bool)),
) -> TrialResult {
    let mut trial = trial(&case, index, outcome);
    trial.key.phrasing = phrasing;
    let prints = &mut trial.fingerprints;
    let parts = [&mut prints.case, &mut prints.prompt, &mut prints.knowledge, &mut prints.scorers];
    for (print, _) in parts.into_iter().zip(moved).filter(|(_, moved)| *moved) {
        *print = Fingerprint::of("moved");
    }
    if let Some(completion) = trial.completion.as_mut().filter(|_| reworded) {
        completion.text.push_str(", reworded");
    }
    trial
}
