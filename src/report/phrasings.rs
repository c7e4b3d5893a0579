//! Phrasing groups: a case asked in several wordings passes only if every wording does.

use serde::Serialize;

use crate::diff::CaseGroup;
use crate::outcome::{ReadError, Recorded, TrialKey};
use crate::report::kept::{Depth, First};

/// Phrasing groups of one column.
#[derive(Debug, Clone, PartialEq, Serialize)]
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
    /// The groups with a failure, in key order; the first of them when there are many.
    pub failing: Vec<FailingPhrasings>,
}

/// A group with a failure.
#[derive(Debug, Clone, PartialEq, Serialize)]
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

/// The groups of every column while the run is read.
pub(super) struct PhrasingsFold(Vec<ColumnFold>);

#[derive(Default)]
struct ColumnFold {
    groups: u64,
    passed: u64,
    undecided: u64,
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
            let wordings = || group.run.in_column(column);
            let n = wordings().count() as u64;
            if n < 2 {
                continue;
            }
            fold.groups += 1;
            let failed = || wordings().filter(|r| r.side.passed < r.side.judged);
            if failed().next().is_some() {
                fold.failing.add(|| Failing {
                    suite: group.suite.clone(),
                    case: group.case.clone(),
                    wordings: n,
                    failed: failed().filter_map(|r| r.trials.first()).map(|t| t.key.clone()).collect(),
                });
            } else if wordings().any(|r| r.side.unjudged > 0) {
                fold.undecided += 1;
            } else {
                fold.passed += 1;
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
    }

    #[test]
    fn without_phrasings_there_is_no_row() {
        let run = RunBuilder::new("r").trial(trial("a", "bare").passed()).build();
        assert!(report(&run).phrasings.is_empty());
    }
}
