//! All cases of a run with what came of them, for the formats that list every one.

use std::sync::Arc;

use crate::case::Tier;
use crate::diff::{self, CaseGroup, Change, ChangeKind, Columns, Outline, Pair, Side, Went};
use crate::outcome::{CaseLabels, Outcome, ReadError, Recorded, TrialResult, VariantKey};
use crate::report::better::{CompareBy, held_against};
use crate::report::counted::Counts;
use crate::report::dialogue::{TurnView, turn_views};
use crate::report::failing::{failed, reason_of};
use crate::report::kept::{First, Wording};
use crate::report::phrasings::GroupVerdict;
use crate::score::Evidence;

/// Most rows: beyond it no page opens quickly and no CI system reads the file.
const MOST_ROWS: usize = 50_000;

/// All cases.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Cases {
    /// How many rows there are.
    pub total: u64,
    /// The rows in key order; the first of them when there are very many.
    pub rows: Vec<CaseRow>,
}

/// One wording of a case on one variant, its repeats as one.
#[derive(Debug, Clone, PartialEq)]
pub struct CaseRow {
    /// Suite id.
    pub suite: String,
    /// Case id.
    pub case: String,
    /// Phrasing key; empty for the case's own wording.
    pub phrasing: String,
    /// Place of the variant among those of the report.
    pub column: usize,
    /// Prompt and model.
    pub variant: VariantKey,
    /// How much it matters.
    pub tier: Tier,
    /// Labels.
    pub tags: Vec<String>,
    /// Topic.
    pub area: Option<String>,
    /// Language.
    pub lang: String,
    /// The articles that it declares as sources.
    pub articles: Vec<String>,
    /// Who looks after it.
    pub owner: Option<String>,
    /// What came of the trial shown: the first that failed, else the first with an answer; absent when only the
    /// earlier run has the case.
    pub outcome: Option<Outcome>,
    /// The group of failing cases that it is in, as `scorer: reason`; absent when it passed every time.
    pub why: Option<String>,
    /// Trials that passed.
    pub passed: u32,
    /// Trials with a verdict.
    pub judged: u32,
    /// Trials without one (errored, skipped).
    pub unjudged: u32,
    /// Mean score over scored trials.
    pub score: Option<f64>,
    /// The customer's words.
    pub question: String,
    /// The answer of the trial shown.
    pub answer: Option<String>,
    /// Accepted answers.
    pub accepted: Vec<String>,
    /// The turns of a scripted conversation.
    pub turns: Vec<TurnView>,
    /// Why there is no answer.
    pub error: Option<String>,
    /// Its trials as the other sections count them.
    pub counts: Counts,
    /// What became of the wordings of its case together; absent where the case has one.
    pub group: Option<GroupVerdict>,
    /// What it is beside the same wording in other columns of the run, by their places.
    pub against: Vec<(usize, Went)>,
    /// What it is beside the same wording in the earlier run.
    pub since: Option<Went>,
    /// What the scorers said of the trial shown.
    pub scores: Vec<CaseScore>,
    /// What became of it since the earlier run; absent without one.
    pub change: Option<ChangeKind>,
    /// The earlier run's side.
    pub earlier: Option<Earlier>,
    /// USD of the trial shown; absent = unknown.
    pub cost: Option<f64>,
    /// Milliseconds of the trial shown.
    pub latency_ms: Option<f64>,
}

/// What one scorer said.
#[derive(Debug, Clone, PartialEq)]
pub struct CaseScore {
    /// Label.
    pub name: String,
    /// Whether it decides the outcome.
    pub required: bool,
    /// Whether it was content; absent when it gave no verdict.
    pub pass: Option<bool>,
    /// Its value; absent when it gave none.
    pub value: Option<f64>,
    /// One line for a reader.
    pub reason: String,
    /// Why.
    pub evidence: Vec<Evidence>,
}

/// The same wording in the earlier run.
#[derive(Debug, Clone, PartialEq)]
pub struct Earlier {
    /// Trials that passed.
    pub passed: u32,
    /// Trials with a verdict.
    pub judged: u32,
    /// Answer of the first trial that failed, else of the first that has one.
    pub answer: Option<String>,
}

/// The cases while the run is read.
pub(super) struct CasesFold {
    columns: usize,
    /// Columns that are held against each other, base first.
    held: Vec<(usize, usize)>,
    shared: Option<Columns>,
    /// Cases that were left out on purpose are not gone.
    narrowed: bool,
    kept: First<Kept>,
}

struct Kept {
    wording: Wording,
    column: usize,
    side: Option<Side>,
    why: Option<(Arc<str>, Arc<str>)>,
    change: Option<ChangeKind>,
    earlier: Option<Side>,
    counts: Counts,
    group: Option<GroupVerdict>,
    against: Vec<(usize, Went)>,
    since: Option<Went>,
}

impl CasesFold {
    pub(super) fn new(run: &Outline<'_>, previous: Option<&Outline<'_>>, by: &CompareBy) -> Self {
        Self {
            columns: run.columns.len(),
            held: held_against(run, by),
            shared: previous.map(|p| Columns::of(&p.columns, &run.columns)),
            narrowed: run.run.info().header.selection.narrows_cases(),
            kept: First::new(MOST_ROWS),
        }
    }

    pub(super) fn add(&mut self, group: &CaseGroup) {
        if self.narrowed && group.run.is_empty() {
            return;
        }
        for column in 0..self.columns {
            let base = self.shared.as_ref().and_then(|c| c.shared.iter().find(|s| s.cand == column));
            // No column of a run has the place past its last one.
            let earlier = group.earlier.in_column(base.map_or(usize::MAX, |s| s.base));
            for pair in diff::pairs(earlier, group.run.in_column(column)) {
                let (earlier, side) = pair.sides();
                let change = base.map(|_| Change::of(&pair).kind);
                let held = &self.held;
                self.kept.add(|| Kept {
                    wording: Wording::new(&group.suite, &group.case, pair.phrasing()),
                    column,
                    side,
                    why: pair.cand.as_ref().and_then(failed).map(reason_of),
                    change,
                    earlier,
                    counts: pair.cand.map(|c| Counts::of(c.trials)).unwrap_or_default(),
                    group: GroupVerdict::of(group, column),
                    against: against(held, group, column, &pair),
                    since: change.and_then(|kind| Went::of(kind, &pair)),
                });
            }
        }
    }

    pub(super) fn finish(
        self,
        run: &dyn Recorded,
        columns: &[VariantKey],
        previous: Option<&dyn Recorded>,
    ) -> Result<Cases, ReadError> {
        let total = self.kept.total();
        let view = |kept: Kept| {
            let variant = &columns[kept.column];
            let fetch = |run: &dyn Recorded, side: Side| run.trial(&kept.wording.trial(variant, side.shown));
            let now = kept.side.map(|side| fetch(run, side)).transpose()?;
            let old =
                previous.zip(kept.earlier).map(|(run, side)| Ok((side, fetch(run, side)?))).transpose()?;
            let earlier = old.as_ref().map(|(side, old)| Earlier {
                passed: side.passed,
                judged: side.judged,
                answer: old.answer().map(str::to_owned),
            });
            let shown = now.or(old.map(|(_, gone)| gone));
            Ok(shown.map(|shown| row(kept, shown, earlier)))
        };
        let rows = self.kept.into_kept().into_iter().filter_map(|kept| view(kept).transpose());
        Ok(Cases { total, rows: rows.collect::<Result<_, ReadError>>()? })
    }
}

/// What a wording in a column is beside the same one in the columns that it is held against.
fn against(held: &[(usize, usize)], group: &CaseGroup, column: usize, pair: &Pair<'_>) -> Vec<(usize, Went)> {
    let bases = held.iter().filter(|(_, cand)| *cand == column).map(|(base, _)| *base);
    let beside = bases.filter_map(|base| {
        let pair = Pair { base: group.run.wording(base, pair.phrasing()), cand: pair.cand };
        Some((base, Went::of(Change::of(&pair).kind, &pair)?))
    });
    beside.collect()
}

/// The row of a trial; of one that is gone it holds what the case is, and nothing that was found.
fn row(kept: Kept, mut shown: TrialResult, earlier: Option<Earlier>) -> CaseRow {
    let facts = &shown.case;
    let labels = CaseLabels::new(
        facts.area.clone(),
        facts.owner.clone(),
        facts.lang.clone(),
        facts.tags.clone(),
        &facts.sources,
    );
    let here = kept.side.is_some();
    if !here {
        shown.completion = None;
        shown.error = None;
        shown.cost = None;
        shown.scores.clear();
        shown.turns.clear();
    }
    let turns = turn_views(&shown);
    let variant = shown.key.variant();
    let latency_ms = shown.completion.as_ref().map(|c| c.latency_ms);
    let scores = shown.scores.into_iter().map(|s| CaseScore {
        required: s.required,
        pass: s.pass(),
        value: s.value(),
        name: s.name,
        reason: s.reason,
        evidence: s.evidence,
    });
    CaseRow {
        suite: shown.key.suite,
        case: shown.key.case,
        phrasing: shown.key.phrasing,
        column: kept.column,
        variant,
        tier: shown.case.tier,
        tags: labels.tags,
        area: labels.area,
        lang: labels.lang,
        articles: labels.articles,
        owner: labels.owner,
        outcome: here.then_some(shown.outcome),
        why: kept.why.as_ref().map(|(scorer, reason)| format!("{scorer}: {reason}")),
        passed: kept.side.map_or(0, |s| s.passed),
        judged: kept.side.map_or(0, |s| s.judged),
        unjudged: kept.side.map_or(0, |s| s.unjudged),
        score: kept.side.and_then(|s| s.score),
        question: shown.case.input,
        answer: shown.completion.map(|c| c.text),
        accepted: shown.case.goldens,
        turns,
        counts: kept.counts,
        group: kept.group,
        against: kept.against,
        since: kept.since,
        error: shown.error.map(|e| format!("{}: {}", e.kind.name(), e.message)),
        scores: scores.collect(),
        change: kept.change,
        earlier,
        cost: shown.cost,
        latency_ms,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::{RunBuilder, trial};
    use crate::report::{Depth, Report};

    #[test]
    fn every_case_is_listed_with_its_earlier_answer() {
        let before = RunBuilder::new("old")
            .trial(trial("a", "bare").passed())
            .trial(trial("gone", "bare").failed("number", "differs"))
            .build();
        let now = RunBuilder::new("new")
            .trial(trial("a", "bare").failed("number", "differs"))
            .trial(trial("a", "grounded").passed())
            .trial(trial("b", "bare").errored(crate::provider::ErrorKind::Timeout, "late"))
            .build();
        let report = Report::build(&now, Some(&before), None, Depth::ALL.with_cases()).unwrap();
        let rows = report.cases.unwrap().rows;
        let seen: Vec<_> = rows.iter().map(|r| (&*r.case, r.column, r.outcome, r.change)).collect();
        assert_eq!(seen[0], ("a", 0, Some(Outcome::Failed), Some(ChangeKind::Regressed)));
        assert_eq!(seen[1], ("a", 1, Some(Outcome::Passed), None));
        assert_eq!(seen[2], ("b", 0, Some(Outcome::Errored), Some(ChangeKind::Added)));
        assert_eq!(seen[3], ("gone", 0, None, Some(ChangeKind::Removed)));
        assert_eq!((rows[0].why.as_deref(), rows[1].why.as_deref()), (Some("number: differs"), None));
        assert_eq!((rows[3].judged, rows[3].answer.is_none(), rows[3].scores.len()), (0, true, 0));
        assert!(rows[3].earlier.as_ref().unwrap().answer.as_ref().unwrap().contains("60 days"));
        assert_eq!(rows[0].earlier.as_ref().unwrap().answer.as_deref(), Some("You have 30 days."));
        assert!(rows[2].error.as_ref().unwrap().contains("late"));
        assert!(Report::build(&now, None, None, Depth::ALL).unwrap().cases.is_none());
    }
}
