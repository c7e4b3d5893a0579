//! Phrasing groups: a case asked in several wordings passes only if every wording does.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::case::Phrasing;
use crate::diff::{CaseGroup, Repeats};
use crate::outcome::{ReadError, Recorded, TrialKey};
use crate::report::columns::Sum;
use crate::report::kept::{Depth, First};

/// Phrasing groups of one column.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
pub struct PhrasingRow {
    /// The column's short name.
    pub label: String,
    /// Cases asked in more than one wording.
    pub groups: u64,
    /// Groups of which every trial passed.
    pub passed: u64,
    /// Groups with a failure.
    pub failed: u64,
    /// Groups without a failure of which some trial has no verdict.
    pub undecided: u64,
    /// Pass rate of the cases' own wordings, over the groups of which the own and another wording were judged.
    pub own_rate: Option<f64>,
    /// Pass rate of the worst further wording of the same groups.
    pub worst_rate: Option<f64>,
    /// How much lower that is: what the choice of words costs a customer.
    pub gap: Option<f64>,
    /// The further wordings by where they come from: `written`, or the perturber that made them.
    pub kinds: Vec<WordingKind>,
    /// The groups with a failure, in key order; the first of them when there are many.
    pub failing: Vec<FailingPhrasings>,
}

/// Further wordings of one origin.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
pub struct WordingKind {
    /// `written`, or the name of a perturber.
    pub kind: String,
    /// Wordings asked.
    pub wordings: u64,
    /// Trials that passed.
    pub passed: u64,
    /// Trials with a verdict.
    pub judged: u64,
}

/// A group with a failure.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
pub struct FailingPhrasings {
    /// Suite id.
    pub suite: String,
    /// Case id.
    pub case: String,
    /// Wordings asked.
    pub wordings: u64,
    /// The wordings that failed, the case's own first.
    pub failed: Vec<String>,
}

/// What became of the wordings of one case in one column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GroupVerdict {
    /// Every trial passed.
    Passed,
    /// Some trial failed.
    Failed,
    /// None failed, and some has no verdict.
    Undecided,
}

impl GroupVerdict {
    /// Nothing where fewer than two wordings were asked.
    pub(super) fn of(group: &CaseGroup, column: usize) -> Option<Self> {
        let wordings = || group.run.in_column(column);
        if wordings().count() < 2 {
            return None;
        }
        Some(if wordings().any(|r| r.side.passed < r.side.judged) {
            Self::Failed
        } else if wordings().any(|r| r.side.unjudged > 0) {
            Self::Undecided
        } else {
            Self::Passed
        })
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Passed => "all pass",
            Self::Failed => "some fail",
            Self::Undecided => "undecided",
        }
    }
}

/// The groups of every column while the run is read.
pub(super) struct PhrasingsFold(Vec<ColumnFold>);

#[derive(Default)]
struct ColumnFold {
    groups: u64,
    passed: u64,
    undecided: u64,
    own: Sum,
    worst: Sum,
    kinds: BTreeMap<String, WordingKind>,
    failing: First<Failing>,
}

struct Failing {
    suite: String,
    case: String,
    wordings: u64,
    /// One trial of every wording that failed.
    failed: Vec<TrialKey>,
}

impl PhrasingsFold {
    pub(super) fn new(columns: usize) -> Self {
        Self((0..columns).map(|_| ColumnFold::default()).collect())
    }

    pub(super) fn add(&mut self, group: &CaseGroup) {
        if !group.run.has_phrasings() {
            return;
        }
        for (column, fold) in self.0.iter_mut().enumerate() {
            let Some(verdict) = GroupVerdict::of(group, column) else { continue };
            let wordings = || group.run.in_column(column);
            fold.groups += 1;
            wordings().for_each(|r| fold.count(&r));
            let rate = |r: &Repeats<'_>| {
                (r.side.judged > 0).then(|| f64::from(r.side.passed) / f64::from(r.side.judged))
            };
            let own = wordings().find(|r| r.phrasing().is_empty()).and_then(|r| rate(&r));
            let further = wordings().filter(|r| !r.phrasing().is_empty()).filter_map(|r| rate(&r));
            if let (Some(own), Some(worst)) = (own, further.min_by(f64::total_cmp)) {
                fold.own.add(own);
                fold.worst.add(worst);
            }
            match verdict {
                GroupVerdict::Failed => fold.failing.add(|| {
                    let failed = wordings().filter(|r| r.side.passed < r.side.judged);
                    Failing {
                        suite: group.suite.clone(),
                        case: group.case.clone(),
                        wordings: wordings().count() as u64,
                        failed: failed.filter_map(|r| r.trials.first()).map(|t| t.key.clone()).collect(),
                    }
                }),
                GroupVerdict::Undecided => fold.undecided += 1,
                GroupVerdict::Passed => fold.passed += 1,
            }
        }
    }

    pub(super) fn finish(
        self,
        run: &dyn Recorded,
        labels: &[String],
        depth: Depth,
    ) -> Result<Vec<PhrasingRow>, ReadError> {
        let with_groups = self.0.into_iter().zip(labels).filter(|(fold, _)| fold.groups > 0);
        with_groups.map(|(fold, label)| fold.finish(run, label, depth)).collect()
    }
}

impl ColumnFold {
    fn count(&mut self, repeats: &Repeats<'_>) {
        let Some(kind) = Phrasing::origin_of(repeats.phrasing()) else { return };
        let row = self.kinds.entry(kind.to_owned()).or_insert_with(|| WordingKind {
            kind: kind.to_owned(),
            wordings: 0,
            passed: 0,
            judged: 0,
        });
        row.wordings += 1;
        row.passed += u64::from(repeats.side.passed);
        row.judged += u64::from(repeats.side.judged);
    }

    fn finish(self, run: &dyn Recorded, label: &str, depth: Depth) -> Result<PhrasingRow, ReadError> {
        let view = |f: Failing| {
            let inputs = f.failed.iter().map(|key| Ok(run.trial(key)?.case.input));
            let failed = inputs.collect::<Result<Vec<String>, ReadError>>()?;
            Ok(FailingPhrasings { suite: f.suite, case: f.case, wordings: f.wordings, failed })
        };
        Ok(PhrasingRow {
            label: label.to_owned(),
            groups: self.groups,
            passed: self.passed,
            failed: self.failing.total(),
            undecided: self.undecided,
            own_rate: self.own.mean(),
            worst_rate: self.worst.mean(),
            gap: self.own.mean().zip(self.worst.mean()).map(|(own, worst)| own - worst),
            kinds: self.kinds.into_values().collect(),
            failing: self
                .failing
                .into_kept()
                .into_iter()
                .take(depth.most())
                .map(view)
                .collect::<Result<_, ReadError>>()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::provider::ErrorKind;
    use crate::report::sample::{RunBuilder, report, trial};

    #[test]
    fn one_failing_wording_fails_the_group() {
        let run = RunBuilder::new("r")
            .trial(trial("a", "bare").passed())
            .trial(trial("a", "bare").phrasing("11111111", "in other words?").failed("number", "missing"))
            .trial(trial("b", "bare").passed())
            .trial(trial("b", "bare").phrasing("22222222", "b?").passed())
            .trial(trial("c", "bare").passed())
            .trial(trial("c", "bare").phrasing("33333333", "c?").errored(ErrorKind::Server, "502"))
            .trial(trial("alone", "bare").passed())
            .build();
        let rows = report(&run).phrasings;
        assert_eq!((rows[0].groups, rows[0].passed, rows[0].failed, rows[0].undecided), (3, 1, 1, 1));
        assert_eq!(rows[0].failing[0].failed, ["in other words?"]);
        assert_eq!((rows[0].own_rate, rows[0].worst_rate, rows[0].gap), (Some(1.0), Some(0.5), Some(0.5)));
    }

    #[test]
    fn the_worst_wording_of_each_group_makes_the_gap() {
        let run = RunBuilder::new("r")
            .trial(trial("a", "bare").passed())
            .trial(trial("a", "bare").phrasing("typos-11111111", "a1").failed("number", "missing"))
            .trial(trial("a", "bare").phrasing("22222222", "a2").passed())
            .trial(trial("b", "bare").failed("number", "missing"))
            .trial(trial("b", "bare").phrasing("no-diacritics-22222222", "b?").passed())
            .build();
        let rows = report(&run).phrasings;
        assert_eq!((rows[0].own_rate, rows[0].worst_rate, rows[0].gap), (Some(0.5), Some(0.5), Some(0.0)));
        let kinds: Vec<_> = rows[0].kinds.iter().map(|k| (k.kind.as_str(), k.passed, k.judged)).collect();
        assert_eq!(kinds, [("no-diacritics", 1, 1), ("typos", 0, 1), ("written", 1, 1)]);
    }

    #[test]
    fn without_phrasings_there_is_no_row() {
        let run = RunBuilder::new("r").trial(trial("a", "bare").passed()).build();
        assert!(report(&run).phrasings.is_empty());
    }
}
