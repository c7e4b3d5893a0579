//! What changed since an earlier run, column by column and case by case.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::diff::{self, Change, ChangeKind, Diff, DiffPiece, Moved, Side};
use crate::outcome::{Run, VariantKey};
use crate::report::better::Versus;
use crate::report::columns::labels;

/// An earlier run held against this one.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Since {
    /// The earlier run.
    pub base: String,
    /// This run.
    pub cand: String,
    /// Which fingerprints moved over all paired cases.
    pub moved: Moved,
    /// Columns that both runs have.
    pub columns: Vec<SinceColumn>,
    /// Columns only in the earlier run.
    pub removed: Vec<VariantKey>,
    /// Columns only in this run.
    pub added: Vec<VariantKey>,
}

/// One column in both runs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SinceColumn {
    /// Prompt and model.
    pub variant: VariantKey,
    /// Its short name.
    pub label: String,
    /// The paired comparison, candidate = this run.
    pub versus: Versus,
    /// Cases by kind of change.
    pub counts: BTreeMap<ChangeKind, u64>,
    /// Cases whose verdicts changed, or that cannot be paired, by kind and then in key order.
    pub changes: Vec<ChangeView>,
    /// Cases with the same verdicts and another answer.
    pub reworded: u64,
    /// The first of them.
    pub reworded_cases: Vec<ChangeView>,
}

/// One case in both runs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ChangeView {
    /// Suite id.
    pub suite: String,
    /// Case id.
    pub case: String,
    /// Phrasing key; empty for the case's own wording.
    pub phrasing: String,
    /// What became of it.
    pub kind: ChangeKind,
    /// The customer's words.
    pub question: String,
    /// What moved.
    pub moved: Moved,
    /// Earlier side.
    pub base: Option<Side>,
    /// This side.
    pub cand: Option<Side>,
    /// The answers compared word by word; empty when they are equal or one is missing.
    pub words: Vec<Piece>,
}

/// A run of words in a comparison of two answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Piece {
    /// What became of the words.
    pub is: PieceKind,
    /// The words, white space included.
    pub text: String,
}

/// What became of some words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum PieceKind {
    /// In both.
    Equal,
    /// Only in the old text.
    Removed,
    /// Only in the new text.
    Added,
}

/// Most reworded cases kept.
const REWORDED: usize = 3;

impl Since {
    /// What changed from `previous` to `run`.
    pub fn between(previous: &Run, run: &Run) -> Self {
        if !run.header.selection.narrows_cases() {
            return Self::of(&diff::diff(previous, run));
        }
        // Cases that were left out on purpose are not gone.
        let ran: BTreeSet<(&str, &str)> =
            run.trials.iter().map(|t| (t.key.suite.as_str(), t.key.case.as_str())).collect();
        let mut previous = previous.clone();
        previous.trials.retain(|t| ran.contains(&(t.key.suite.as_str(), t.key.case.as_str())));
        Self::of(&diff::diff(&previous, run))
    }

    /// A diff as it is shown.
    pub fn of(diff: &Diff) -> Self {
        let keys: Vec<VariantKey> = diff.comparisons.iter().map(|c| c.cand.clone()).collect();
        let columns = diff
            .comparisons
            .iter()
            .zip(labels(&keys))
            .map(|(compared, label)| {
                let mut counts: BTreeMap<ChangeKind, u64> = BTreeMap::new();
                for change in &compared.changes {
                    *counts.entry(change.kind).or_default() += 1;
                }
                let (same, mut changed): (Vec<_>, Vec<_>) =
                    compared.changes.iter().partition(|c| c.kind == ChangeKind::Same);
                changed.sort_by_key(|c| c.kind);
                let reworded: Vec<&Change> = same.into_iter().filter(|c| c.answer_changed).collect();
                SinceColumn {
                    variant: compared.cand.clone(),
                    versus: Versus::of(compared, "before", &label),
                    label,
                    counts,
                    changes: changed.into_iter().map(ChangeView::of).collect(),
                    reworded: reworded.len() as u64,
                    reworded_cases: reworded.into_iter().take(REWORDED).map(ChangeView::of).collect(),
                }
            })
            .collect();
        Self {
            base: diff.base.clone(),
            cand: diff.cand.clone(),
            moved: diff.moved,
            columns,
            removed: diff.removed.clone(),
            added: diff.added.clone(),
        }
    }

    /// Cases of all columns that changed in one way.
    pub fn count(&self, kind: ChangeKind) -> u64 {
        self.columns.iter().filter_map(|c| c.counts.get(&kind)).sum()
    }
}

impl ChangeView {
    /// One change as it is shown.
    pub fn of(change: &Change) -> Self {
        let answer = |side: &Option<Side>| side.as_ref().and_then(|s| s.answer.clone());
        let words = match (answer(&change.base), answer(&change.cand)) {
            (Some(old), Some(new)) if old != new => pieces(&old, &new),
            _ => Vec::new(),
        };
        Self {
            suite: change.suite.clone(),
            case: change.case.clone(),
            phrasing: change.phrasing.clone(),
            kind: change.kind,
            question: change.input.clone(),
            moved: change.moved,
            base: change.base.clone(),
            cand: change.cand.clone(),
            words,
        }
    }
}

/// Two texts compared word by word.
pub fn pieces(old: &str, new: &str) -> Vec<Piece> {
    diff::word_diff(old, new)
        .into_iter()
        .map(|piece| match piece {
            DiffPiece::Equal(text) => Piece { is: PieceKind::Equal, text },
            DiffPiece::Removed(text) => Piece { is: PieceKind::Removed, text },
            DiffPiece::Added(text) => Piece { is: PieceKind::Added, text },
        })
        .collect()
}

/// The names of the fingerprints that moved, in their fixed order.
pub fn moved_names(moved: Moved) -> Vec<&'static str> {
    let parts = [
        (moved.case, "case"),
        (moved.prompt, "prompt"),
        (moved.knowledge, "knowledge"),
        (moved.scorers, "scorers"),
        (moved.model, "model"),
    ];
    parts.into_iter().filter(|(is, _)| *is).map(|(_, name)| name).collect()
}

/// The name of a kind of change in reports.
pub fn kind_name(kind: ChangeKind) -> &'static str {
    match kind {
        ChangeKind::Regressed => "regressed",
        ChangeKind::Improved => "improved",
        ChangeKind::Same => "same",
        ChangeKind::Flaky => "flaky",
        ChangeKind::Inconclusive => "inconclusive",
        ChangeKind::Added => "added",
        ChangeKind::Removed => "removed",
        ChangeKind::NotComparable => "not comparable",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::{RunBuilder, trial};

    #[test]
    fn changes_come_by_kind_and_reworded_answers_are_counted() {
        let before = RunBuilder::new("old")
            .trial(trial("a", "bare").passed())
            .trial(trial("b", "bare").failed("number", "differs"))
            .trials((0..5).map(|i| trial(&format!("s{i}"), "bare").answer("Thirty days.").passed()))
            .trial(trial("gone", "bare").passed())
            .build();
        let now = RunBuilder::new("new")
            .trial(trial("a", "bare").failed("number", "differs"))
            .trial(trial("b", "bare").passed())
            .trials((0..5).map(|i| trial(&format!("s{i}"), "bare").passed()))
            .trial(trial("fresh", "bare").passed())
            .build();
        let since = Since::between(&before, &now);
        let column = &since.columns[0];
        let kinds: Vec<_> = column.changes.iter().map(|c| (c.case.as_str(), kind_name(c.kind))).collect();
        assert_eq!(kinds, [("a", "regressed"), ("b", "improved"), ("fresh", "added"), ("gone", "removed")]);
        assert_eq!((column.reworded, column.reworded_cases.len()), (5, REWORDED));
        assert!(column.changes[0].words.iter().any(|p| p.is == PieceKind::Added && p.text.contains("60")));
        assert!(column.changes[2].words.is_empty());
        assert_eq!(since.count(ChangeKind::Regressed), 1);
    }

    #[test]
    fn runs_without_a_common_column_have_nothing_to_pair() {
        let before = RunBuilder::new("old").trial(trial("a", "bare").passed()).build();
        let now = RunBuilder::new("new").trial(trial("a", "grounded").passed()).build();
        let since = Since::between(&before, &now);
        assert_eq!((since.columns.len(), since.added.len(), since.removed.len()), (0, 1, 1));
    }

    #[test]
    fn what_moved_is_named_in_order() {
        let moved = Moved { model: true, prompt: true, ..Moved::default() };
        assert_eq!(moved_names(moved), ["prompt", "model"]);
    }
}
