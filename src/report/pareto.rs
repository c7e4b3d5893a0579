//! Quality, cost and latency of several columns on one table, with those marked that no other one beats.
//!
//! A column is beaten by one that is at least as good in every respect and better in one, as measured: the
//! intervals of the pass rates say how far the order can be relied on. Costs and latencies that differ by less than a
//! tenth, and latencies by less than 10 ms, count as equal: the same answers asked for twice differ as much. What is not
//! known of one of two columns is not held against either.

use serde::Serialize;

use crate::outcome::VariantKey;
use crate::report::VariantRow;
use crate::report::columns::Rate;

/// Costs and latencies that differ by less than this share of the greater one count as equal.
const EQUAL: f64 = 0.1;
/// Latencies that differ by less count as equal.
const EQUAL_MS: f64 = 10.0;
/// What counts as equal, for a reader.
pub(super) const EQUAL_WORDS: &str =
    "costs and latencies that differ by less than a tenth, or by less than 10 ms, count as equal";

/// One column of several.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
pub struct ParetoRow {
    /// Prompt and model.
    pub variant: VariantKey,
    /// Its short name.
    pub label: String,
    /// Pass rate.
    pub pass_rate: Rate,
    /// USD per 1,000 answers, over the answers whose cost is known; absent when none is.
    pub cost_per_1000: Option<f64>,
    /// Median latency in milliseconds.
    pub p50_ms: Option<f64>,
    /// The short name of a column that beats it: the one with the best pass rate of those that do.
    pub beaten_by: Option<String>,
}

impl ParetoRow {
    fn of(row: &VariantRow) -> Self {
        let priced = row.answered.saturating_sub(row.cost.unknown);
        let cost = row.cost.known.filter(|_| priced > 0);
        Self {
            variant: row.variant.clone(),
            label: row.label.clone(),
            pass_rate: row.pass_rate,
            cost_per_1000: cost.map(|known| known / priced as f64 * 1000.0),
            p50_ms: row.p50_ms,
            beaten_by: None,
        }
    }

    /// Whether it is among the best: judged, and beaten by none.
    pub fn is_best(&self) -> bool {
        self.pass_rate.rate.is_some() && self.beaten_by.is_none()
    }

    fn beats(&self, other: &Self) -> bool {
        let (Some(mine), Some(theirs)) = (self.pass_rate.rate, other.pass_rate.rate) else { return false };
        // Pass rates count up, costs and latencies down; both are turned so that more is better.
        let down = |of: fn(&Self) -> Option<f64>, least: f64| {
            let (a, b) = of(self).zip(of(other))?;
            let equal = (a - b).abs() < least.max(a.max(b) * EQUAL);
            Some(if equal { (0.0, 0.0) } else { (-a, -b) })
        };
        let respects = [Some((mine, theirs)), down(|r| r.cost_per_1000, 0.0), down(|r| r.p50_ms, EQUAL_MS)];
        let known = || respects.iter().flatten();
        known().all(|(a, b)| a >= b) && known().any(|(a, b)| a > b)
    }
}

/// The table, in plan order; empty unless two columns were judged.
pub(super) fn pareto(variants: &[VariantRow]) -> Vec<ParetoRow> {
    if variants.iter().filter(|v| v.pass_rate.rate.is_some()).count() < 2 {
        return Vec::new();
    }
    let mut rows: Vec<ParetoRow> = variants.iter().map(ParetoRow::of).collect();
    let beaten: Vec<Option<String>> = rows.iter().map(|row| beaten_by(row, &rows)).collect();
    for (row, by) in rows.iter_mut().zip(beaten) {
        row.beaten_by = by;
    }
    rows
}

fn beaten_by(row: &ParetoRow, rows: &[ParetoRow]) -> Option<String> {
    let better = rows.iter().filter(|other| other.beats(row));
    // The first of equals.
    let best = better.reduce(|a, b| if b.pass_rate.rate > a.pass_rate.rate { b } else { a });
    best.map(|b| b.label.clone())
}

#[cfg(test)]
mod tests {
    use crate::outcome::Run;
    use crate::provider::ErrorKind;
    use crate::report::sample::{RunBuilder, report, trial};

    /// A column with so many passes of four, at this cost and latency.
    fn column(run: RunBuilder, prompt: &str, passes: usize, cost: Option<f64>, ms: f64) -> RunBuilder {
        run.trials((0..4).map(|i| {
            let one = trial(&format!("c{i}"), prompt).cost(cost);
            let one = if i < passes { one.passed() } else { one.failed("number", "differs") };
            one.with(|t| t.completion.as_mut().unwrap().latency_ms = ms)
        }))
    }

    fn beaten(run: &Run) -> Vec<(String, bool, Option<String>)> {
        report(run).pareto.into_iter().map(|r| (r.label.clone(), r.is_best(), r.beaten_by)).collect()
    }

    #[test]
    fn a_column_is_beaten_by_one_that_is_nowhere_worse() {
        let run = RunBuilder::new("r");
        let run = column(run, "cheap", 2, Some(0.001), 100.0);
        let run = column(run, "good", 4, Some(0.01), 900.0);
        let run = column(run, "slow", 2, Some(0.001), 200.0);
        let run = column(run, "twin", 2, Some(0.001), 100.0);
        let run = column(run, "waste", 1, Some(0.02), 950.0).build();
        let by = |name: &str| Some(name.to_owned());
        assert_eq!(
            beaten(&run),
            [
                ("cheap".to_owned(), true, None),
                ("good".to_owned(), true, None),
                ("slow".to_owned(), false, by("cheap")),
                ("twin".to_owned(), true, None),
                ("waste".to_owned(), false, by("good")),
            ]
        );
    }

    #[test]
    fn noise_beats_nobody() {
        let of = |ms: f64, cost: f64| {
            let run = column(RunBuilder::new("r"), "a", 2, Some(0.001), 100.0);
            beaten(&column(run, "b", 2, Some(cost), ms).build()).into_iter().filter_map(|row| row.2).count()
        };
        assert_eq!([of(109.0, 0.001), of(91.0, 0.001_09), of(100.0, 0.001)], [0; 3]);
        assert_eq!([of(115.0, 0.001), of(100.0, 0.0012)], [1; 2]);
        let run = column(RunBuilder::new("r"), "a", 2, None, 8.0);
        assert!(beaten(&column(run, "b", 2, None, 7.0).build()).iter().all(|row| row.1));
    }

    #[test]
    fn what_is_not_known_is_held_against_nobody() {
        let run = column(RunBuilder::new("r"), "priced", 2, Some(0.001), 100.0);
        let run = column(run, "unpriced", 3, None, 100.0);
        let run = run.trial(trial("c0", "broken").errored(ErrorKind::Timeout, "late")).build();
        let rows = beaten(&run);
        assert_eq!(rows[0], ("priced".to_owned(), false, Some("unpriced".to_owned())));
        assert_eq!(rows[1], ("unpriced".to_owned(), true, None));
        assert_eq!(rows[2], ("broken".to_owned(), false, None), "nothing was judged");
    }

    #[test]
    fn one_column_has_nothing_to_be_held_against() {
        let run = RunBuilder::new("r").trial(trial("a", "bare").passed()).build();
        assert!(report(&run).pareto.is_empty());
    }
}
