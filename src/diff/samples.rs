//! Trials, columns and runs for this folder's tests.

use proptest::collection::btree_map;
use proptest::prelude::*;

use crate::diff::{Change, Groups, MARGIN, Metric, MetricsFold, Outline, Side, Tally, Unit, pairs};
use crate::fingerprint::Fingerprint;
use crate::outcome::{Outcome, Run, RunInfo, RunStatus, TrialDigest, TrialResult, VariantKey};
use crate::score::ScoreState;
use crate::store::samples;

/// Short, because tests are full of it.
pub(super) const P: Outcome = Outcome::Passed;

/// A column of model `gpt`.
pub(super) fn variant(prompt: &str) -> VariantKey {
    VariantKey { prompt: prompt.into(), model: "gpt".into() }
}

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

/// The same without texts.
pub(super) fn digests(case: &str, outcomes: &[Outcome]) -> Vec<TrialDigest> {
    trials(case, outcomes).iter().map(TrialDigest::from).collect()
}

/// A run with these columns, its trials in key order.
pub(super) fn run(id: &str, columns: &[(&str, Vec<TrialResult>)]) -> Run {
    let mut header = samples::header(id, 0);
    header.variants = columns.iter().map(|(prompt, _)| variant(prompt)).collect();
    let trials = columns.iter().flat_map(|(prompt, trials)| {
        trials.iter().cloned().map(|mut trial| {
            trial.key.prompt = (*prompt).into();
            trial
        })
    });
    let mut trials: Vec<TrialResult> = trials.collect();
    trials.sort_by(|a, b| a.key.cmp(&b.key));
    let info = RunInfo { header, status: RunStatus::Finished, stop_reason: None, tags: vec![], ended: None };
    Run::new(info, trials)
}

/// One pair of a column, with what it came to.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Changed {
    pub(super) case: String,
    pub(super) phrasing: String,
    pub(super) change: Change,
    pub(super) base: Option<Side>,
    pub(super) cand: Option<Side>,
}

/// Two columns read side by side.
pub(super) fn changes(base: &[TrialResult], cand: &[TrialResult]) -> Vec<Changed> {
    let mut changes = Vec::new();
    each(base, cand, |changed, _| changes.push(changed));
    changes
}

/// The same, counted.
pub(super) fn tally(base: &[TrialResult], cand: &[TrialResult]) -> Tally {
    let mut tally = Tally::default();
    each(base, cand, |changed, pair| {
        tally.add(changed.change.kind, pair);
    });
    tally
}

/// Their metrics; every case is a cluster of its own.
pub(super) fn metrics(base: &[TrialResult], cand: &[TrialResult]) -> Vec<Metric> {
    let (mut fold, mut case) = (MetricsFold::default(), 0);
    each(base, cand, |changed, pair| {
        fold.add(changed.change.kind, pair, Unit::alone(case));
        case += 1;
    });
    fold.finish(MARGIN, 1)
}

fn each(base: &[TrialResult], cand: &[TrialResult], mut then: impl FnMut(Changed, &crate::diff::Pair<'_>)) {
    let (base, cand) = (run("a", &[("p", base.to_vec())]), run("b", &[("p", cand.to_vec())]));
    let (base, cand) = (Outline::of(&base).unwrap(), Outline::of(&cand).unwrap());
    let mut groups = Groups::open(&cand, Some(&base)).unwrap();
    while let Some(group) = groups.next_case().unwrap() {
        for pair in pairs(group.earlier.in_column(0), group.run.in_column(0)) {
            let (base, cand) = pair.sides();
            let changed = Changed {
                case: group.case.clone(),
                phrasing: pair.phrasing().to_owned(),
                change: Change::of(&pair),
                base,
                cand,
            };
            then(changed, &pair);
        }
    }
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
