//! What changed since an earlier run, column by column and case by case.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::diff::{
    self, CaseGroup, Change, ChangeKind, Clusters, Columns, DiffPiece, Groups, MARGIN, Moved, Outline, Pair,
    Side, Unit,
};
use crate::outcome::{ReadError, Recorded, TrialResult, VariantKey};
use crate::report::better::{CompareBy, Compared, adjust};
use crate::report::columns::labels;
use crate::report::kept::{Depth, First, KEPT, Wording};
use crate::report::numbers::p_value;
use crate::report::sections::seed;
use crate::report::slices::{SliceChange, SliceChangesFold};
use crate::report::versus::{Versus, VersusFold};
use crate::score::Score;
use crate::shorten::first_of;

/// An earlier run held against this one.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
pub struct Since {
    /// The earlier run.
    pub base: String,
    /// This run.
    pub cand: String,
    /// Which fingerprints moved over all paired cases.
    pub moved: Moved,
    /// The drafts that lie over the knowledge of one of the runs and not of the other: `drafts (returns replaced)`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub overlay: Option<String>,
    /// How columns were compared, where they were held against others than themselves.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compared: Option<Compared>,
    /// Columns that both runs have, or the pairs that were asked for.
    pub columns: Vec<SinceColumn>,
    /// Columns only in the earlier run.
    pub removed: Vec<VariantKey>,
    /// Columns only in this run.
    pub added: Vec<VariantKey>,
}

/// One column in both runs.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
pub struct SinceColumn {
    /// Prompt and model.
    pub variant: VariantKey,
    /// Its short name.
    pub label: String,
    /// The paired comparison, candidate = this run.
    pub versus: Versus,
    /// Cases by kind of change.
    pub counts: BTreeMap<ChangeKind, u64>,
    /// Regressed and improved cases whose repeats prove it; what is not proven may be chance.
    pub proven: u64,
    /// Slices of the cases whose pass rate moved, what was hit hardest first.
    pub slices: Vec<SliceChange>,
    /// Cases whose verdicts changed, or that cannot be paired, by kind and then in key order; the first of
    /// them when there are many (`counts` says how many).
    pub changes: Vec<ChangeView>,
    /// Cases with the same verdicts and another answer.
    pub reworded: u64,
    /// The first of them.
    pub reworded_cases: Vec<ChangeView>,
}

/// One case in both runs.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
pub struct ChangeView {
    /// Suite id.
    pub suite: String,
    /// Case id.
    pub case: String,
    /// Phrasing key; empty for the case's own wording.
    pub phrasing: String,
    /// What became of it.
    pub kind: ChangeKind,
    /// What speaks for it: passes against passes, and whether that is proof.
    pub evidence: String,
    /// Whether the repeats prove it.
    pub proven: bool,
    /// The customer's words.
    pub question: String,
    /// What moved.
    pub moved: Moved,
    /// Earlier side.
    pub base: Option<SideView>,
    /// This side.
    pub cand: Option<SideView>,
    /// The answers compared word by word; empty when they are equal or one is missing.
    pub words: Vec<Piece>,
}

/// A run of words in a comparison of two answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Piece {
    /// What became of the words.
    pub is: PieceKind,
    /// The words, white space included.
    pub text: String,
}

/// What became of some words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum PieceKind {
    /// In both.
    Equal,
    /// Only in the old text.
    Removed,
    /// Only in the new text.
    Added,
}

/// One side of a change, with what a reader should see of it.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
pub struct SideView {
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

/// Most columns named in a sentence.
const NAMED: usize = 3;
/// Most reworded cases kept.
const REWORDED: usize = 3;
/// Cases of every kind of change that are kept however many there are of other kinds.
const LEAST: usize = 10;

impl Since {
    /// What changed from `previous` to `run`.
    ///
    /// # Errors
    /// A run cannot be read.
    pub fn between(previous: &dyn Recorded, run: &dyn Recorded, depth: Depth) -> Result<Self, ReadError> {
        Self::by(previous, run, depth, &CompareBy::Best)
    }

    /// [`Since::between`], with other columns held against each other than those of the same prompt and model.
    ///
    /// # Errors
    /// A run cannot be read.
    pub fn by(
        previous: &dyn Recorded,
        run: &dyn Recorded,
        depth: Depth,
        by: &CompareBy,
    ) -> Result<Self, ReadError> {
        let (previous, run) = (Outline::of(previous)?, Outline::of(run)?);
        let mut fold = SinceFold::new(&previous, &run, by);
        let mut groups = Groups::open(&run, Some(&previous))?;
        while let Some(group) = groups.next_case()? {
            fold.add(group);
        }
        drop(groups);
        fold.finish(previous.run, run.run, depth, seed(&run, Some(&previous)))
    }

    /// How cases that are not comparable become so: in words, and the command. New scores can be given to stored answers;
    /// a question that was edited has none.
    pub fn ways_back(&self) -> Vec<(&'static str, String)> {
        let mut ways = Vec::new();
        if self.moved.scorers {
            let words = "to hold the stored answers of both runs against today's scorers: ";
            ways.push((words, format!("regauge rescore {}", self.base)));
        }
        if self.moved.case {
            let words = "cases that were edited have no earlier answer: run the earlier prompts on them, or let this run be \
                         what later ones are held against: ";
            ways.push((words, format!("regauge baseline set NAME {}", self.cand)));
        }
        ways
    }

    /// Of runs that share no column: what is only in one of them, and the command that holds them against each other
    /// where they differ in one thing.
    pub fn apart(&self) -> Option<(String, Option<String>)> {
        if !self.columns.is_empty() {
            return None;
        }
        let named = |keys: &[VariantKey]| {
            let keys: Vec<String> = keys.iter().map(VariantKey::to_string).collect();
            first_of(&keys, NAMED)
        };
        let words = format!(
            "the runs share no variant: {} in the earlier, {} in this one",
            named(&self.removed),
            named(&self.added)
        );
        let held = |name: &&String| {
            let by = CompareBy::Control((*name).clone());
            self.removed.iter().any(|base| self.added.iter().any(|cand| by.pairs(base, cand)))
        };
        let control = self.removed.iter().flat_map(|base| [&base.model, &base.prompt]).find(held);
        Some((
            words,
            control.map(|name| format!("regauge diff {} {} --control {name}", self.base, self.cand)),
        ))
    }

    /// Cases of all columns that changed in one way.
    pub fn count(&self, kind: ChangeKind) -> u64 {
        self.columns.iter().filter_map(|c| c.counts.get(&kind)).sum()
    }
}

/// What changed, while both runs are read.
pub(super) struct SinceFold {
    columns: Columns,
    folds: Vec<ColumnFold>,
    clusters: Clusters,
    moved: Moved,
    /// Cases that were left out on purpose are not gone.
    narrowed: bool,
    by: CompareBy,
}

#[derive(Default)]
struct ColumnFold {
    versus: VersusFold,
    counts: BTreeMap<ChangeKind, u64>,
    proven: u64,
    slices: SliceChangesFold,
    changed: BTreeMap<ChangeKind, First<Kept>>,
    reworded: u64,
    reworded_cases: Vec<Kept>,
}

/// A change as small as it can be kept.
struct Kept {
    wording: Wording,
    change: Change,
    base: Option<Side>,
    cand: Option<Side>,
}

impl SinceFold {
    pub(super) fn new(previous: &Outline<'_>, run: &Outline<'_>, by: &CompareBy) -> Self {
        let columns = match by {
            CompareBy::Best => Columns::of(&previous.columns, &run.columns),
            by => Columns::paired(&previous.columns, &run.columns, |base, cand| {
                by.pairs(base, cand) || (*by == CompareBy::AllPairs && base == cand)
            }),
        };
        Self {
            folds: columns.shared.iter().map(|_| ColumnFold::default()).collect(),
            columns,
            clusters: Clusters::default(),
            moved: Moved::default(),
            narrowed: run.run.info().header.selection.narrows_cases(),
            by: by.clone(),
        }
    }

    pub(super) fn add(&mut self, group: &CaseGroup) {
        if self.narrowed && group.run.is_empty() {
            return;
        }
        let unit = self.clusters.of(group);
        for (column, fold) in self.columns.shared.iter().zip(&mut self.folds) {
            for pair in diff::pairs(group.earlier.in_column(column.base), group.run.in_column(column.cand)) {
                self.moved = self.moved.or(fold.add(group, &pair, unit));
            }
        }
    }

    pub(super) fn finish(
        self,
        previous: &dyn Recorded,
        run: &dyn Recorded,
        depth: Depth,
        seed: u64,
    ) -> Result<Since, ReadError> {
        // Who is held against another column is named with it; the same column is simply what it was before.
        let keys: Vec<VariantKey> =
            self.columns.shared.iter().flat_map(|c| [c.was.clone(), c.variant.clone()]).collect();
        let named: Vec<String> = labels(&keys);
        let folds = self.folds.into_iter().zip(&self.columns.shared).zip(named.chunks(2));
        let mut columns = Vec::new();
        let mut called: Vec<(String, String)> = Vec::new();
        for ((fold, column), label) in folds {
            let before = if column.was == column.variant {
                "before".to_owned()
            } else {
                format!("{} before", label[0])
            };
            let shown = Shown { previous, run, base: &column.was, cand: &column.variant };
            columns.push(fold.finish((&before, &label[1]), &shown, depth, seed)?);
            called.push((before, label[1].clone()));
        }
        let compared = (self.by != CompareBy::Best).then(|| {
            let mut found: Vec<(&mut Versus, &str, &str)> = columns
                .iter_mut()
                .zip(&called)
                .map(|(column, (base, cand))| (&mut column.versus, base.as_str(), cand.as_str()))
                .collect();
            let tested = found.iter().filter(|(v, ..)| v.is_tested()).count() as u64;
            adjust(&mut found, tested);
            Compared::of(&self.by, (tested, tested), &self.by)
        });
        Ok(Since {
            base: previous.info().header.id.clone(),
            cand: run.info().header.id.clone(),
            moved: self.moved,
            overlay: overlay(previous, run),
            compared,
            columns,
            removed: self.columns.removed,
            added: self.columns.added,
        })
    }
}

impl ColumnFold {
    fn add(&mut self, group: &CaseGroup, pair: &Pair<'_>, unit: Unit) -> Moved {
        let change = Change::of(pair);
        *self.counts.entry(change.kind).or_default() += 1;
        self.proven += u64::from(change.proven());
        self.versus.add(group, pair, change.kind, unit);
        self.slices.add(change.kind, pair, unit);
        let (base, cand) = pair.sides();
        let kept = || {
            let wording = Wording::new(&group.suite, &group.case, pair.phrasing());
            Kept { wording, change, base, cand }
        };
        if change.kind != ChangeKind::Same {
            self.changed.entry(change.kind).or_default().add(kept);
        } else if change.answer_changed {
            self.reworded += 1;
            if self.reworded_cases.len() < REWORDED {
                self.reworded_cases.push(kept());
            }
        }
        change.moved
    }

    fn finish(
        self,
        (before, label): (&str, &str),
        shown: &Shown<'_>,
        depth: Depth,
        seed: u64,
    ) -> Result<SinceColumn, ReadError> {
        let mut changes: Vec<ChangeView> = Vec::new();
        for (kind, kept) in self.changed {
            let names = matches!(kind, ChangeKind::Added | ChangeKind::Removed);
            let wanted = if names { depth.most().max(LEAST) } else { depth.most() };
            let room = KEPT.saturating_sub(changes.len()).max(LEAST);
            for kept in kept.into_kept().into_iter().take(wanted.min(room)) {
                changes.push(shown.view(kept)?);
            }
        }
        let reworded_cases = self.reworded_cases.into_iter().map(|kept| shown.view(kept));
        let versus = self.versus.finish((shown.base, before), (shown.cand, label), true, seed);
        Ok(SinceColumn {
            variant: shown.cand.clone(),
            slices: self.slices.finish(versus.pairs, MARGIN, seed),
            versus,
            label: label.to_owned(),
            counts: self.counts,
            proven: self.proven,
            changes,
            reworded: self.reworded,
            reworded_cases: reworded_cases.collect::<Result<_, _>>()?,
        })
    }
}

/// Where the texts of a column's changes come from.
struct Shown<'a> {
    previous: &'a dyn Recorded,
    run: &'a dyn Recorded,
    base: &'a VariantKey,
    cand: &'a VariantKey,
}

impl Shown<'_> {
    fn view(&self, kept: Kept) -> Result<ChangeView, ReadError> {
        let Kept { wording, change, base, cand } = kept;
        let fetch = |run: &dyn Recorded, variant: &VariantKey, side: Option<Side>| {
            side.map(|s| Ok((s, run.trial(&wording.trial(variant, s.shown))?))).transpose()
        };
        let (base, cand) = (fetch(self.previous, self.base, base)?, fetch(self.run, self.cand, cand)?);
        let newest = cand.as_ref().or(base.as_ref());
        let question = newest.map(|(_, trial)| trial.case.input.clone()).unwrap_or_default();
        let side = |(side, trial): (Side, TrialResult)| SideView::of(side, trial);
        let (base, cand) = (base.map(side), cand.map(side));
        let answer = |side: &'_ Option<SideView>| side.as_ref().and_then(|s| s.answer.clone());
        let words = match (answer(&base), answer(&cand)) {
            (Some(old), Some(new)) if old != new => pieces(&old, &new),
            _ => Vec::new(),
        };
        Ok(ChangeView {
            suite: wording.suite.into(),
            case: wording.case.into(),
            phrasing: wording.phrasing.into(),
            kind: change.kind,
            evidence: evidence(change, base.as_ref(), cand.as_ref()),
            proven: change.proven(),
            question,
            moved: change.moved,
            base,
            cand,
            words,
        })
    }
}

/// `4 of 4 against 1 of 4 (Fisher 0.14): moved, not proven`; empty without a verdict on both sides.
fn evidence(change: Change, base: Option<&SideView>, cand: Option<&SideView>) -> String {
    let Some(((base, cand), p)) = base.zip(cand).zip(change.p_value) else { return String::new() };
    let sides = format!("{} of {} against {} of {}", base.passed, base.judged, cand.passed, cand.judged);
    let fisher =
        if base.judged + cand.judged > 2 { format!(" (Fisher {})", p_value(p)) } else { String::new() };
    let end = match change.kind {
        ChangeKind::Regressed | ChangeKind::Improved if change.proven() => "proven",
        ChangeKind::Regressed | ChangeKind::Improved | ChangeKind::Flaky => "moved, not proven",
        _ => return String::new(),
    };
    format!("{sides}{fisher}: {end}")
}

impl SideView {
    fn of(side: Side, shown: TrialResult) -> Self {
        let fails = |s: &&Score| s.fails();
        let reason = |s: &Score| format!("{}: {}", s.name, s.reason);
        Self {
            passed: side.passed,
            judged: side.judged,
            unjudged: side.unjudged,
            score: side.score,
            failing: shown.scores.iter().filter(fails).map(reason).collect(),
            answer: shown.completion.map(|c| c.text),
        }
    }
}

/// The drafts of a what-if by which the knowledge of two runs differs.
fn overlay(previous: &dyn Recorded, run: &dyn Recorded) -> Option<String> {
    let of = |run: &dyn Recorded| run.info().header.selection.what_if.clone().filter(|w| !w.laid.is_empty());
    let (before, now) = (of(previous), of(run));
    if before == now {
        return None;
    }
    let drafts = now.or(before)?;
    let laid = drafts.laid.iter().map(|laid| format!("{} {}", laid.article, laid.effect.name()));
    Some(format!("{} ({})", drafts.drafts, laid.collect::<Vec<_>>().join(", ")))
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
    use crate::score::ScoreState;

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
        let since = Since::between(&before, &now, Depth::ALL).unwrap();
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
        let since = Since::between(&before, &now, Depth::ALL).unwrap();
        assert_eq!((since.columns.len(), since.added.len(), since.removed.len()), (0, 1, 1));
    }

    #[test]
    fn what_moved_is_named_in_order() {
        let moved = Moved { model: true, prompt: true, ..Moved::default() };
        assert_eq!(moved_names(moved), ["prompt", "model"]);
    }

    #[test]
    fn the_first_failing_answer_and_its_reasons_are_shown() {
        let before = RunBuilder::new("old").trial(trial("a", "bare").passed()).build();
        let mut unread = trial("a", "bare").index(2).failed("number", "differs");
        unread.0.scores[0].state = ScoreState::Unparsed;
        unread.0.scores.push(Score { required: false, ..unread.0.scores[0].clone() });
        let now = RunBuilder::new("new").trial(trial("a", "bare").passed()).trial(unread).build();
        let since = Since::between(&before, &now, Depth::ALL).unwrap();
        let cand = since.columns[0].changes[0].cand.as_ref().unwrap();
        assert_eq!((cand.passed, cand.judged), (1, 2));
        assert_eq!(cand.answer.as_deref(), Some("You have 60 days to return it."));
        assert_eq!(cand.failing, ["number: expected 30 days, found 60 days"]);
    }

    #[test]
    fn what_moved_is_told_over_all_cases() {
        let before = RunBuilder::new("old").trials(["x", "y"].map(|c| trial(c, "bare").passed())).build();
        let mut now = before.clone();
        now.trials[0].fingerprints.prompt = crate::fingerprint::Fingerprint::of("new");
        now.trials[1].fingerprints.scorers = crate::fingerprint::Fingerprint::of("new");
        let since = Since::between(&before, &now, Depth::ALL).unwrap();
        assert_eq!(moved_names(since.moved), ["prompt", "scorers"]);
        assert!(!Since::between(&before, &before, Depth::ALL).unwrap().moved.any());
    }

    #[test]
    fn no_kind_of_change_is_crowded_out() {
        let id = |i: usize| format!("c{i:04}");
        let before = RunBuilder::new("old").trials((0..KEPT + 50).map(|i| trial(&id(i), "bare").passed()));
        let now = (0..KEPT + 20).map(|i| trial(&id(i), "bare").failed("number", "differs"));
        let since = Since::between(&before.build(), &RunBuilder::new("new").trials(now).build(), Depth::ALL);
        let column = since.unwrap().columns.remove(0);
        assert_eq!((column.counts[&ChangeKind::Regressed], column.counts[&ChangeKind::Removed]), (1020, 30));
        let kept = |kind| column.changes.iter().filter(|c| c.kind == kind).count();
        assert_eq!((kept(ChangeKind::Regressed), kept(ChangeKind::Removed)), (KEPT, LEAST));
        assert_eq!((column.versus.broke, column.versus.broke_cases.len()), (1020, KEPT));
    }

    #[test]
    fn cases_left_out_on_purpose_are_not_removed() {
        let before = RunBuilder::new("old").trials(["x", "y"].map(|c| trial(c, "bare").passed())).build();
        let mut now = RunBuilder::new("new").trial(trial("x", "bare").passed()).build();
        let removed = |now: &crate::outcome::Run| {
            Since::between(&before, now, Depth::ALL).unwrap().count(ChangeKind::Removed)
        };
        assert_eq!(removed(&now), 1);
        now.header.selection.cases = vec!["x".into()];
        assert_eq!(removed(&now), 0);
    }
}
