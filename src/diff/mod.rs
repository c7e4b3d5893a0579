//! What changed between two sets of trials, paired by case, never by position.
//!
//! Trials pair by suite, case and phrasing inside a column (`pair.rs`); the repeats of a pair become one
//! [`Side`] each (`side.rs`), the two sides one [`Change`] (`change.rs`), and the changes of a column one
//! [`Comparison`] (`compare.rs`). [`word_diff`] shows two answers side by side.

mod change;
mod compare;
mod pair;
#[cfg(test)]
mod samples;
mod side;
mod words;

use std::collections::BTreeSet;

use serde::Serialize;

use crate::outcome::{Run, TrialResult, VariantKey};
use crate::stats::Interval;

pub use compare::compare;
pub use words::{DiffPiece, word_diff};

/// What became of one case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ChangeKind {
    /// Every base trial passed, every candidate trial failed.
    Regressed,
    /// Every base trial failed, every candidate trial passed.
    Improved,
    /// The same verdicts.
    Same,
    /// Passes and failures mixed on the same inputs.
    Flaky,
    /// Too few judged trials to say (errors, skipped trials).
    Inconclusive,
    /// Only in the candidate.
    Added,
    /// Only in the base.
    Removed,
    /// The case or its scorers moved, so the verdicts do not mean the same.
    NotComparable,
}

/// Which of the five fingerprints differ.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[expect(clippy::struct_excessive_bools, reason = "five independent facts, one per fingerprint")]
pub struct Moved {
    /// Input or expectations.
    pub case: bool,
    /// Rendered messages.
    pub prompt: bool,
    /// Passages given.
    pub knowledge: bool,
    /// Rules.
    pub scorers: bool,
    /// Model, parameters, engine.
    pub model: bool,
}

impl Moved {
    /// What moved here or there.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            case: self.case || other.case,
            prompt: self.prompt || other.prompt,
            knowledge: self.knowledge || other.knowledge,
            scorers: self.scorers || other.scorers,
            model: self.model || other.model,
        }
    }

    /// Whether anything moved at all.
    pub fn any(self) -> bool {
        self.case || self.prompt || self.knowledge || self.scorers || self.model
    }
}

/// One side of a change.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Side {
    /// Trials that passed.
    pub passed: u32,
    /// Trials with a verdict.
    pub judged: u32,
    /// Trials without one (errored, skipped).
    pub unjudged: u32,
    /// Mean score over scored trials.
    pub score: Option<f64>,
    /// Answer of the first trial that failed, else of the first that has one.
    pub answer: Option<String>,
    /// The required scorers that failed it, as `name: reason`.
    pub failing: Vec<String>,
}

/// One case of one variant, on both sides.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Change {
    /// Suite id.
    pub suite: String,
    /// Case id.
    pub case: String,
    /// Phrasing key.
    pub phrasing: String,
    /// The customer's words.
    pub input: String,
    /// What became of it.
    pub kind: ChangeKind,
    /// Whether the answers differ in text.
    pub answer_changed: bool,
    /// What moved.
    pub moved: Moved,
    /// Base side.
    pub base: Option<Side>,
    /// Candidate side.
    pub cand: Option<Side>,
}

/// The paired comparison of two columns.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Comparison {
    /// Base column.
    pub base: VariantKey,
    /// Candidate column.
    pub cand: VariantKey,
    /// Comparable pairs with a verdict on both sides (a case's repeats are reduced to one verdict: all must pass).
    pub pairs: u64,
    /// Base passed, candidate failed.
    pub broke: u64,
    /// Base failed, candidate passed.
    pub fixed: u64,
    /// Pass rate of each side over the pairs.
    pub base_rate: Option<f64>,
    /// See `base_rate`.
    pub cand_rate: Option<f64>,
    /// Difference cand − base with a 95 % interval (Newcombe, paired).
    pub difference: Option<f64>,
    /// See `difference`.
    pub interval: Option<Interval>,
    /// Two-sided mid-p McNemar.
    pub p_value: f64,
    /// Every case, in key order.
    pub changes: Vec<Change>,
}

/// Two runs compared, column by column.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Diff {
    /// Base run id.
    pub base: String,
    /// Candidate run id.
    pub cand: String,
    /// What moved over all paired cases.
    pub moved: Moved,
    /// Columns that both runs have.
    pub comparisons: Vec<Comparison>,
    /// Columns only in the base.
    pub removed: Vec<VariantKey>,
    /// Columns only in the candidate.
    pub added: Vec<VariantKey>,
}

/// Compares two runs; columns pair by equal prompt and model name.
///
/// The comparisons are in the candidate's plan order, as are the added columns; removed ones are in the
/// base's. The order of trials does not matter.
pub fn diff(base: &Run, cand: &Run) -> Diff {
    let (before, after) = (columns(base), columns(cand));
    let comparisons: Vec<Comparison> = after
        .iter()
        .filter(|variant| before.contains(variant))
        .map(|variant| compare((variant, &trials_of(base, variant)), (variant, &trials_of(cand, variant))))
        .collect();
    let mut moved = Moved::default();
    for change in comparisons.iter().flat_map(|c| &c.changes) {
        moved = moved.or(change.moved);
    }
    Diff {
        base: base.header.id.clone(),
        cand: cand.header.id.clone(),
        moved,
        comparisons,
        removed: before.iter().filter(|v| !after.contains(v)).cloned().collect(),
        added: after.iter().filter(|v| !before.contains(v)).cloned().collect(),
    }
}

/// The columns of a run: the planned ones, then (for a header that names too few) those of its trials.
fn columns(run: &Run) -> Vec<VariantKey> {
    let recorded: BTreeSet<VariantKey> = run.trials.iter().map(|t| t.key.variant()).collect();
    let mut columns: Vec<VariantKey> = Vec::new();
    for variant in run.header.variants.iter().cloned().chain(recorded) {
        if !columns.contains(&variant) {
            columns.push(variant);
        }
    }
    columns
}

fn trials_of<'a>(run: &'a Run, variant: &VariantKey) -> Vec<&'a TrialResult> {
    let is_in = |t: &&TrialResult| t.key.prompt == variant.prompt && t.key.model == variant.model;
    run.trials.iter().filter(is_in).collect()
}

#[cfg(test)]
mod tests {
    use super::samples::{P, any_column, trials};
    use super::*;
    use crate::outcome::Outcome::Failed;
    use crate::outcome::{RunInfo, RunStatus};
    use crate::store::samples::header;
    use proptest::prelude::*;

    fn variant(prompt: &str) -> VariantKey {
        VariantKey { prompt: prompt.into(), model: "gpt".into() }
    }

    fn run(id: &str, columns: &[(&str, Vec<TrialResult>)]) -> Run {
        let mut header = header(id, 0);
        header.variants = columns.iter().map(|(prompt, _)| variant(prompt)).collect();
        let trials = columns.iter().flat_map(|(prompt, trials)| {
            trials.iter().cloned().map(|mut trial| {
                trial.key.prompt = (*prompt).into();
                trial
            })
        });
        let trials = trials.collect();
        let info =
            RunInfo { header, status: RunStatus::Finished, stop_reason: None, tags: vec![], ended: None };
        Run { info, trials }
    }

    #[test]
    fn columns_pair_by_prompt_and_model() {
        let base =
            run("a", &[("gone", trials("x", &[P])), ("z", trials("x", &[P])), ("b", trials("x", &[P]))]);
        let cand = run("b", &[("b", trials("x", &[Failed])), ("z", trials("x", &[P])), ("new", vec![])]);
        let diff = diff(&base, &cand);
        assert_eq!((diff.base.as_str(), diff.cand.as_str()), ("a", "b"));
        let order: Vec<&str> = diff.comparisons.iter().map(|c| c.cand.prompt.as_str()).collect();
        assert_eq!(order, ["b", "z"]);
        assert_eq!((diff.removed, diff.added), (vec![variant("gone")], vec![variant("new")]));
        let kinds: Vec<ChangeKind> = diff.comparisons.iter().map(|c| c.changes[0].kind).collect();
        assert_eq!(kinds, [ChangeKind::Regressed, ChangeKind::Same]);
        assert_eq!(diff.moved, Moved::default());
    }

    #[test]
    fn columns_that_the_header_forgot_are_compared() {
        let mut base = run("a", &[("b", trials("x", &[P]))]);
        base.header.variants.clear();
        assert_eq!(diff(&base, &base).comparisons.len(), 1);
    }

    #[test]
    fn what_moved_is_told_over_all_cases() {
        let column = [trials("x", &[P]), trials("y", &[P])].concat();
        let base = run("a", &[("b", column)]);
        let mut cand = base.clone();
        cand.trials[0].fingerprints.prompt = crate::fingerprint::Fingerprint::of("new");
        cand.trials[1].fingerprints.scorers = crate::fingerprint::Fingerprint::of("new");
        let expected = Moved { prompt: true, scorers: true, ..Moved::default() };
        assert_eq!(diff(&base, &cand).moved, expected);
    }

    #[test]
    fn rates_are_over_comparable_pairs() {
        let column = |outcomes: [crate::outcome::Outcome; 4]| {
            let cases = ["a", "b", "c", "d"];
            cases
                .iter()
                .zip(outcomes)
                .flat_map(|(case, outcome)| trials(case, &[outcome]))
                .collect::<Vec<_>>()
        };
        let base = run("a", &[("b", column([P, P, P, Failed]))]);
        let cand = run("b", &[("b", column([P, Failed, Failed, P]))]);
        let found = &diff(&base, &cand).comparisons[0];
        assert_eq!((found.pairs, found.broke, found.fixed), (4, 2, 1));
        assert_eq!((found.base_rate, found.cand_rate), (Some(0.75), Some(0.5)));
        assert_eq!(found.difference, Some(-0.25));
        let interval = found.interval.unwrap();
        assert!(interval.low < -0.25 && interval.high > -0.25, "{interval:?}");
        assert!(found.p_value > 0.05 && found.p_value <= 1.0, "{}", found.p_value);
    }

    #[test]
    fn nothing_to_pair_gives_no_numbers() {
        let empty = run("a", &[("b", vec![])]);
        let found = diff(&empty, &empty).comparisons.remove(0);
        assert_eq!((found.pairs, found.base_rate, found.difference, found.interval), (0, None, None, None));
        assert_eq!((found.p_value, found.changes), (1.0, vec![]));
    }

    proptest! {
        #[test]
        fn a_run_does_not_differ_from_itself(one in any_column(), two in any_column()) {
            let run = run("a", &[("one", one), ("two", two)]);
            let diff = diff(&run, &run);
            prop_assert!(!diff.moved.any() && diff.added.is_empty() && diff.removed.is_empty());
            for found in &diff.comparisons {
                prop_assert_eq!((found.broke, found.fixed, found.p_value), (0, 0, 1.0));
                prop_assert_eq!(found.base_rate, found.cand_rate);
            }
        }

        #[test]
        fn swapping_the_runs_turns_the_numbers(one in any_column(), two in any_column()) {
            let (base, cand) = (run("a", &[("p", one)]), run("b", &[("p", two)]));
            let (there, back) = (diff(&base, &cand), diff(&cand, &base));
            let (there, back) = (&there.comparisons[0], &back.comparisons[0]);
            prop_assert_eq!((there.broke, there.fixed, there.p_value), (back.fixed, back.broke, back.p_value));
            prop_assert_eq!(there.difference, back.difference.map(|d| -d));
        }
    }
}
