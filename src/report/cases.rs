//! All cases of a run with what came of them, for the formats that list every one.

use serde::Serialize;

use crate::case::Tier;
use crate::diff::{self, CaseGroup, Change, ChangeKind, Columns, Outline, Side};
use crate::outcome::{Outcome, ReadError, Recorded, TrialResult, VariantKey};
use crate::report::dialogue::{TurnView, turn_views};
use crate::report::kept::{First, Wording};
use crate::score::Evidence;

/// Most rows: beyond it no page opens quickly and no CI system reads the file.
const MOST_ROWS: usize = 50_000;

/// All cases.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Cases {
    /// How many rows there are.
    pub total: u64,
    /// The rows in key order; the first of them when there are very many.
    pub rows: Vec<CaseRow>,
}

/// One wording of a case on one variant, its repeats as one.
#[derive(Debug, Clone, PartialEq, Serialize)]
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
    /// What came of the trial shown: the first that failed, else the first with an answer.
    pub outcome: Outcome,
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
#[derive(Debug, Clone, PartialEq, Serialize)]
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
#[derive(Debug, Clone, PartialEq, Serialize)]
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
    shared: Option<Columns>,
    kept: First<Kept>,
}

struct Kept {
    wording: Wording,
    column: usize,
    side: Side,
    change: Option<ChangeKind>,
    earlier: Option<Side>,
}

impl CasesFold {
    pub(super) fn new(run: &Outline<'_>, previous: Option<&Outline<'_>>) -> Self {
        Self {
            columns: run.columns.len(),
            shared: previous.map(|p| Columns::of(&p.columns, &run.columns)),
            kept: First::new(MOST_ROWS),
        }
    }

    pub(super) fn add(&mut self, group: &CaseGroup) {
        for column in 0..self.columns {
            let base = self.shared.as_ref().and_then(|c| c.shared.iter().find(|s| s.cand == column));
            // No column of a run has the place past its last one.
            let earlier = group.earlier.in_column(base.map_or(usize::MAX, |s| s.base));
            for pair in diff::pairs(earlier, group.run.in_column(column)) {
                let (earlier, Some(side)) = pair.sides() else { continue };
                self.kept.add(|| Kept {
                    wording: Wording::new(&group.suite, &group.case, pair.phrasing()),
                    column,
                    side,
                    change: base.map(|_| Change::of(&pair).kind),
                    earlier,
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
            let shown = run.trial(&kept.wording.trial(variant, kept.side.shown))?;
            let earlier = previous.zip(kept.earlier).map(|(run, side)| {
                let old = run.trial(&kept.wording.trial(variant, side.shown))?;
                let answer = old.completion.map(|c| c.text);
                Ok(Earlier { passed: side.passed, judged: side.judged, answer })
            });
            Ok(row(&kept, shown, earlier.transpose()?))
        };
        let rows = self.kept.into_kept().into_iter().map(view).collect::<Result<_, ReadError>>()?;
        Ok(Cases { total, rows })
    }
}

fn row(kept: &Kept, shown: TrialResult, earlier: Option<Earlier>) -> CaseRow {
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
        tags: shown.case.tags,
        area: shown.case.area,
        lang: shown.case.lang,
        outcome: shown.outcome,
        passed: kept.side.passed,
        judged: kept.side.judged,
        unjudged: kept.side.unjudged,
        score: kept.side.score,
        question: shown.case.input,
        answer: shown.completion.map(|c| c.text),
        accepted: shown.case.goldens,
        turns,
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
        let before = RunBuilder::new("old").trial(trial("a", "bare").passed()).build();
        let now = RunBuilder::new("new")
            .trial(trial("a", "bare").failed("number", "differs"))
            .trial(trial("a", "grounded").passed())
            .trial(trial("b", "bare").errored(crate::provider::ErrorKind::Timeout, "late"))
            .build();
        let report = Report::build(&now, Some(&before), None, Depth::ALL.with_cases()).unwrap();
        let rows = report.cases.unwrap().rows;
        let seen: Vec<_> = rows.iter().map(|r| (&*r.case, r.column, r.outcome, r.change)).collect();
        let (failed, regressed) = (Outcome::Failed, Some(ChangeKind::Regressed));
        assert_eq!(seen[0], ("a", 0, failed, regressed));
        assert_eq!(seen[1], ("a", 1, Outcome::Passed, None));
        assert_eq!(seen[2], ("b", 0, Outcome::Errored, Some(ChangeKind::Added)));
        assert_eq!(rows[0].earlier.as_ref().unwrap().answer.as_deref(), Some("You have 30 days."));
        assert!(rows[2].error.as_ref().unwrap().contains("late"));
        assert!(Report::build(&now, None, None, Depth::ALL).unwrap().cases.is_none());
    }
}
