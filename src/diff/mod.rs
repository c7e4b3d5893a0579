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
