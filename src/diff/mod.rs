//! What changed between two sets of trials, paired by case, never by position.

use serde::Serialize;

use crate::outcome::{Run, TrialResult, VariantKey};
use crate::stats::Interval;

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
    /// Answer of the first trial that failed, else of the first.
    pub answer: Option<String>,
    /// Its failing scorers, as `name: reason`.
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
pub fn diff(base: &Run, cand: &Run) -> Diff {
    let _ = (base, cand);
    todo!()
}

/// Compares two columns of one run, case by case. The prompt and model fingerprints may differ; the case and scorers may not.
pub fn compare(base: (&VariantKey, &[&TrialResult]), cand: (&VariantKey, &[&TrialResult])) -> Comparison {
    let _ = (base, cand);
    todo!()
}
