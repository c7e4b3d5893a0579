//! Pass rates per suite and variant.

use serde::Serialize;

use crate::diff::{CaseGroup, Unit};
use crate::report::columns::{Rate, RateFold};

/// Pass rates of one suite, one per column in the order of the variants.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
pub struct SuiteRow {
    /// Suite id.
    pub suite: String,
    /// One per column; absent where the suite does not run on the variant.
    pub cells: Vec<Option<Rate>>,
}

/// The table while the run is read.
pub(super) struct SuitesFold {
    columns: usize,
    rows: Vec<(String, Vec<Cell>)>,
}

#[derive(Clone, Default)]
struct Cell {
    trials: u64,
    rate: RateFold,
}

impl SuitesFold {
    pub(super) fn new(columns: usize) -> Self {
        Self { columns, rows: Vec::new() }
    }

    pub(super) fn add(&mut self, group: &CaseGroup, unit: Unit) {
        if group.run.is_empty() {
            return;
        }
        // Cases come in suite order.
        if self.rows.last().is_none_or(|(suite, _)| *suite != group.suite) {
            self.rows.push((group.suite.clone(), vec![Cell::default(); self.columns]));
        }
        let Some((_, cells)) = self.rows.last_mut() else { return };
        for repeats in group.run.repeats() {
            if let Some(cell) = cells.get_mut(repeats.column) {
                cell.trials += repeats.trials.len() as u64;
                cell.rate.add(u64::from(repeats.side.passed), u64::from(repeats.side.judged), unit);
            }
        }
    }

    /// The suites in name order.
    pub(super) fn finish(self) -> Vec<SuiteRow> {
        let rate = |cell: Cell| (cell.trials > 0).then(|| cell.rate.finish());
        self.rows
            .into_iter()
            .map(|(suite, cells)| SuiteRow { suite, cells: cells.into_iter().map(rate).collect() })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use crate::report::sample::{RunBuilder, report, trial};

    #[test]
    fn a_suite_has_a_cell_only_where_it_ran() {
        let run = RunBuilder::new("r")
            .variant("bare")
            .trial(trial("a", "bare").passed().suite("z"))
            .trial(trial("a", "grounded").passed().suite("z"))
            .trial(trial("b", "grounded").failed("number", "differs").suite("a"))
            .build();
        let suites = report(&run).suites;
        let names: Vec<&str> = suites.iter().map(|s| s.suite.as_str()).collect();
        assert_eq!(names, ["a", "z"]);
        assert!(suites[0].cells[0].is_none());
        assert_eq!(suites[0].cells[1].map(|r| (r.passed, r.judged)), Some((0, 1)));
        assert_eq!(suites[1].cells[0].map(|r| (r.passed, r.judged)), Some((1, 1)));
    }
}
