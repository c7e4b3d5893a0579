//! Phrasing groups: a case asked in several wordings passes only if every wording does.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::outcome::TrialResult;
use crate::report::columns::Column;

/// Phrasing groups of one column.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PhrasingRow {
    /// The column's short name.
    pub label: String,
    /// Cases asked in more than one wording.
    pub groups: u64,
    /// Groups of which every trial passed.
    pub passed: u64,
    /// Groups without a failure of which some trial has no verdict.
    pub undecided: u64,
    /// Groups with a failure, in key order.
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

/// The groups of every column that has any.
pub fn phrasing_rows(columns: &[Column<'_>]) -> Vec<PhrasingRow> {
    columns.iter().filter_map(row).collect()
}

fn row(column: &Column<'_>) -> Option<PhrasingRow> {
    let mut cases: BTreeMap<(&str, &str), BTreeMap<&str, Vec<&TrialResult>>> = BTreeMap::new();
    for &trial in &column.trials {
        let wordings = cases.entry((&trial.key.suite, &trial.key.case)).or_default();
        wordings.entry(&trial.key.phrasing).or_default().push(trial);
    }
    cases.retain(|_, wordings| wordings.len() > 1);
    if cases.is_empty() {
        return None;
    }
    let groups = cases.len() as u64;
    let mut row =
        PhrasingRow { label: column.label.clone(), groups, passed: 0, undecided: 0, failing: Vec::new() };
    for ((suite, case), wordings) in cases {
        let has = |verdict: Option<bool>| {
            move |trials: &&Vec<&TrialResult>| trials.iter().any(|t| t.outcome.verdict() == verdict)
        };
        let failed: Vec<String> =
            wordings.values().filter(has(Some(false))).map(|t| t[0].case.input.clone()).collect();
        if !failed.is_empty() {
            row.failing.push(FailingPhrasings {
                suite: suite.to_owned(),
                case: case.to_owned(),
                wordings: wordings.len() as u64,
                failed,
            });
        } else if wordings.values().any(|t| has(None)(&t)) {
            row.undecided += 1;
        } else {
            row.passed += 1;
        }
    }
    Some(row)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::ErrorKind;
    use crate::report::columns::columns;
    use crate::report::sample::{RunBuilder, trial};

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
        let rows = phrasing_rows(&columns(&run));
        assert_eq!((rows[0].groups, rows[0].passed, rows[0].undecided), (3, 1, 1));
        assert_eq!(rows[0].failing[0].failed, ["in other words?"]);
    }

    #[test]
    fn without_phrasings_there_is_no_row() {
        let run = RunBuilder::new("r").trial(trial("a", "bare").passed()).build();
        assert!(phrasing_rows(&columns(&run)).is_empty());
    }
}
