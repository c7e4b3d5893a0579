//! How reliable every column is over repeats: pass@k, pass^k, and how often a verdict flips.

use serde::Serialize;

use crate::diff::{CaseGroup, Clusters};
use crate::outcome::VariantKey;
use crate::stats::{Interval, bca, clustered_mean, pass_at_k, pass_hat_k};

/// Most repeats for which the curves are drawn.
const MOST: u64 = 10;
/// Most cases that are resampled; beyond, the interval is that of a clustered mean.
const MOST_RESAMPLED: usize = 2_000;

/// One column over its repeats; only of columns with repeats.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
pub struct ReliabilityRow {
    /// Prompt and model.
    pub variant: VariantKey,
    /// Its short name.
    pub label: String,
    /// One row per number of tries, as far as every case counted there has so many judged repeats.
    pub curve: Vec<ReliabilityPoint>,
    /// Chance that two tries of one case differ in their verdict.
    pub flip_rate: Share,
    /// Cases whose tries did not all come to the same verdict.
    pub mixed: u64,
}

/// What `k` tries come to.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
pub struct ReliabilityPoint {
    /// Tries.
    pub k: u64,
    /// Chance that at least one of them passes (pass@k).
    pub pass_at: Share,
    /// Chance that all of them pass (pass^k).
    pub pass_hat: Share,
}

/// A mean over cases with its interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, schemars::JsonSchema)]
pub struct Share {
    /// Mean over the cases.
    pub mean: f64,
    /// 95 % interval from resampled cases; absent where there are too few.
    pub interval: Option<Interval>,
    /// Cases.
    pub cases: u64,
}

/// The table while the run is read.
pub(super) struct ReliabilityFold {
    columns: Vec<Vec<Counted>>,
    clusters: Clusters,
}

/// Passed of judged repeats of one wording.
#[derive(Debug, Clone, Copy)]
struct Counted {
    passed: u32,
    judged: u32,
    cluster: u32,
}

impl ReliabilityFold {
    pub(super) fn new(columns: usize) -> Self {
        Self { columns: vec![Vec::new(); columns], clusters: Clusters::default() }
    }

    pub(super) fn add(&mut self, group: &CaseGroup) {
        let repeated = group.run.repeats().any(|r| r.side.judged > 1);
        if group.run.is_empty() || !repeated {
            return;
        }
        let cluster = self.clusters.of(group).cluster;
        for repeats in group.run.repeats().filter(|r| r.side.judged > 1) {
            if let Some(column) = self.columns.get_mut(repeats.column) {
                let (passed, judged) = (repeats.side.passed, repeats.side.judged);
                column.push(Counted { passed, judged, cluster });
            }
        }
    }

    pub(super) fn finish(self, columns: &[VariantKey], labels: &[String], seed: u64) -> Vec<ReliabilityRow> {
        let named = columns.iter().zip(labels);
        let rows = self.columns.iter().zip(named).filter(|(cases, _)| !cases.is_empty());
        rows.filter_map(|(cases, (variant, label))| row(cases, variant, label, seed)).collect()
    }
}

fn row(cases: &[Counted], variant: &VariantKey, label: &str, seed: u64) -> Option<ReliabilityRow> {
    let most = cases.iter().map(|c| u64::from(c.judged)).max().unwrap_or_default().min(MOST);
    let of = |k: u64, one: fn(u64, u64, u64) -> Option<f64>| {
        share(cases, seed, |c| one(u64::from(c.judged), u64::from(c.passed), k))
    };
    let curve = (1..=most).map_while(|k| {
        Some(ReliabilityPoint { k, pass_at: of(k, pass_at_k)?, pass_hat: of(k, pass_hat_k)? })
    });
    let flips = |c: &Counted| {
        let (n, passed) = (f64::from(c.judged), f64::from(c.passed));
        Some(2.0 * passed * (n - passed) / (n * (n - 1.0)))
    };
    Some(ReliabilityRow {
        variant: variant.clone(),
        label: label.to_owned(),
        curve: curve.collect(),
        flip_rate: share(cases, seed, flips)?,
        mixed: cases.iter().filter(|c| c.passed > 0 && c.passed < c.judged).count() as u64,
    })
}

/// The mean over the cases that have a value.
fn share(cases: &[Counted], seed: u64, of: impl Fn(&Counted) -> Option<f64>) -> Option<Share> {
    let (values, clusters): (Vec<f64>, Vec<u32>) =
        cases.iter().filter_map(|c| Some((of(c)?, c.cluster))).unzip();
    if values.is_empty() {
        return None;
    }
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    let drawn = if values.len() <= MOST_RESAMPLED { bca(&values, &clusters, seed) } else { None };
    let interval = drawn.or_else(|| clustered_mean(&values, &clusters).map(|l| l.interval));
    let within = |i: Interval| Interval { low: i.low.max(0.0), high: i.high.min(1.0) };
    // Values that are all alike have no spread to draw an interval from.
    let interval = interval.map(within).filter(|i| i.low < i.high);
    Some(Share { mean, interval, cases: values.len() as u64 })
}

#[cfg(test)]
mod tests {
    use crate::report::sample::{RunBuilder, report, trial};

    #[test]
    fn the_curves_are_unbiased_and_only_there_with_repeats() {
        let mut run = RunBuilder::new("r");
        for (case, passed) in [("a", 4), ("b", 2), ("c", 0)] {
            for index in 1..=4 {
                let one = trial(case, "bare").with(|t| t.key.index = index);
                run = run.trial(if index <= passed { one.passed() } else { one.failed("number", "differs") });
            }
        }
        let rows = report(&run.build()).reliability;
        let hat: Vec<f64> = rows[0].curve.iter().map(|p| p.pass_hat.mean).collect();
        let at: Vec<f64> = rows[0].curve.iter().map(|p| p.pass_at.mean).collect();
        let near = |found: &[f64], wanted: [f64; 4]| {
            found.len() == 4 && found.iter().zip(wanted).all(|(f, w)| (f - w).abs() < 1e-9)
        };
        assert!(near(&hat, [0.5, 7.0 / 18.0, 1.0 / 3.0, 1.0 / 3.0]), "{hat:?}");
        assert!(near(&at, [0.5, 11.0 / 18.0, 2.0 / 3.0, 2.0 / 3.0]), "{at:?}");
        assert_eq!((rows[0].mixed, rows[0].flip_rate.cases), (1, 3));
        assert!((rows[0].flip_rate.mean - 2.0 / 9.0).abs() < 1e-9);
        let once = RunBuilder::new("r").trial(trial("a", "bare").passed()).build();
        assert!(report(&once).reliability.is_empty());
    }
}
