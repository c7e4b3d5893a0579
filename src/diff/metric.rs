//! One metric of two columns: the paired difference, its interval, and what it may be said to show.
//!
//! **How it is reckoned.** The repeats of a wording are averaged first; the differences of the wordings are
//! clustered ([`Clusters`](super::Clusters)). With too few clusters cases count instead ([`counted`](super::counted)).
//! A pass rate, and a score that is only ever 0 or 1, has Tango's interval, with repeats and clusters at the number of single pairs that would vary as much
//! ([`rate_difference`]). Any other score has the clustered interval (t, one degree of freedom less than clusters), or BCa where it is
//! skewed; scores that all change alike have no spread to measure, and get the interval of a pass rate that changed by as much over as
//! many clusters. p is mid-p McNemar's where every pair has one trial per side and is a cluster of its own, else that
//! of flipping the signs of whole clusters.

use serde::Serialize;

use crate::diff::{Counted, Finding, Unit, counted};
use crate::stats::{
    Interval, RatePair, VarianceSplit, bca, cases_needed, clustered_mean, mcnemar_mid_p, rate_difference,
    sign_flip, tango_at,
};

/// Most clusters that are resampled; beyond, the normal approximation is as good.
const MOST_RESAMPLED: u64 = 2_000;
/// Skewness from which a mean's interval is no longer symmetric.
const SKEWED: f64 = 1.0;
/// Fewest changes, all one way, that flipped signs do not make as often as five times in a hundred.
const LEAST_CHANGES: f64 = 6.0;
/// Chance to tell, at which `cases_needed` aims.
const POWER: f64 = 0.8;

/// How a metric was judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    /// Single trials, each a cluster of its own: mid-p McNemar and Tango's interval.
    Mcnemar,
    /// Flipped signs of clusters, and an interval over clusters: Tango's of a pass rate, Student's t of a score.
    SignFlip,
    /// Flipped signs of clusters, and a bootstrap interval (BCa) over clusters.
    Bootstrap,
    /// The interval over clusters alone: there are too many to flip.
    Clustered,
    /// Nothing could be judged.
    None,
}

/// A metric of two columns.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
pub struct Metric {
    /// `pass rate`, `score`, or the label of a scorer.
    pub name: String,
    /// What it may be said to show.
    pub finding: Finding,
    /// Wordings with a value on both sides.
    pub n: u64,
    /// Clusters of them, or cases where there are too few clusters.
    pub clusters: u64,
    /// The clusters, where there are fewer than ten of several cases: cases then count as independent, and the interval
    /// may be too narrow.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub too_few_clusters: Option<u64>,
    /// Mean over the pairs, base.
    pub base: Option<f64>,
    /// Mean over the pairs, candidate.
    pub cand: Option<f64>,
    /// Candidate − base.
    pub difference: Option<f64>,
    /// Its 95 % interval.
    pub interval: Option<Interval>,
    /// Two-sided p-value; absent when there was too little or too much to test.
    pub p_value: Option<f64>,
    /// How it was judged.
    pub method: Method,
    /// The change that was allowed for.
    pub margin: f64,
    /// Whether the interval lies within the margin on both sides: the same for all that matters.
    pub equivalent: bool,
    /// Cases that would tell at 80 % power, if the difference is what it was found to be; absent unless the finding is open.
    pub cases_needed: Option<u64>,
}

impl Metric {
    /// Cases that would tell at 80 % power, whatever the finding is, if the difference is what it was found to be; more than there
    /// are.
    pub fn would_tell(&self) -> Option<u64> {
        needed(self.interval?, self.difference?, self.n, self.margin)
    }

    /// Takes back what was reckoned: the same answers leave nothing to chance.
    pub(super) fn make_identical(&mut self) {
        self.finding = Finding::Identical;
        (self.interval, self.p_value, self.cases_needed) = (None, None, None);
        (self.method, self.equivalent) = (Method::None, true);
    }
}

/// The value of one metric on one side of a pair.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Level {
    /// Mean over the repeats.
    pub mean: f64,
    /// Repeats with a value.
    pub trials: u32,
    /// Whether every value is 0 or 1: a pass rate, or a score that is one.
    pub is_rate: bool,
}

impl Level {
    /// The mean of some values; `None` for none.
    pub fn of(values: impl Iterator<Item = f64>) -> Option<Self> {
        let (mut sum, mut trials, mut is_rate) = (0.0, 0_u32, true);
        for value in values {
            sum += value;
            trials += 1;
            is_rate &= value.fract() == 0.0 && (0.0..=1.0).contains(&value);
        }
        (trials > 0).then(|| Self { mean: sum / f64::from(trials), trials, is_rate })
    }
}

impl From<bool> for Level {
    /// A single trial that passed or did not.
    fn from(passed: bool) -> Self {
        Self { mean: f64::from(u8::from(passed)), trials: 1, is_rate: true }
    }
}

/// A metric while the pairs come.
#[derive(Debug, Default)]
pub struct MetricFold {
    pairs: Vec<(Level, Level)>,
    units: Vec<Unit>,
}

impl MetricFold {
    /// Takes in a pair.
    pub fn add(&mut self, base: Level, cand: Level, unit: Unit) {
        self.pairs.push((base, cand));
        self.units.push(unit);
    }

    /// Whether no pair was taken in.
    pub fn is_empty(&self) -> bool {
        self.pairs.is_empty()
    }

    /// What the pairs say, with a seed for what is drawn.
    pub fn finish(self, name: &str, margin: f64, seed: u64) -> Metric {
        let n = self.pairs.len() as u64;
        let counted = counted(&self.units);
        let mean = |of: fn(&(Level, Level)) -> f64| {
            (n > 0).then(|| self.pairs.iter().map(of).sum::<f64>() / n as f64)
        };
        let is_rate = self.pairs.iter().all(|(base, cand)| base.is_rate && cand.is_rate);
        let judged = if is_rate { self.judge_rate(&counted, seed) } else { self.judge_score(&counted, seed) };
        let (interval, p_value, method) =
            judged.map_or((None, None, Method::None), |(interval, p, method)| (Some(interval), p, method));
        let finding = match interval {
            None if n == 0 => Finding::NothingToCompare,
            None => Finding::CannotTell,
            Some(interval) => Finding::of(interval, p_value, margin),
        };
        let open = finding == Finding::CannotTell;
        let difference = mean(|(base, cand)| cand.mean - base.mean);
        Metric {
            name: name.to_owned(),
            finding,
            n,
            clusters: counted.n,
            too_few_clusters: counted.too_few,
            base: mean(|(base, _)| base.mean),
            cand: mean(|(_, cand)| cand.mean),
            difference,
            interval,
            p_value,
            method,
            margin,
            equivalent: interval.is_some_and(|i| -margin < i.low && i.high < margin),
            cases_needed: difference
                .zip(interval)
                .filter(|_| open)
                .and_then(|(d, i)| needed(i, d, n, margin)),
        }
    }

    fn judge_rate(&self, counted: &Counted, seed: u64) -> Option<Judged> {
        let interval = rate_difference(&rate_pairs(&self.pairs, counted, std::iter::repeat(1.0)))?.interval?;
        let single = self.pairs.iter().all(|(base, cand)| base.trials == 1 && cand.trials == 1);
        if single && counted.n == self.pairs.len() as u64 {
            let passed = |of: (f64, f64)| {
                self.pairs.iter().filter(|(base, cand)| (base.mean, cand.mean) == of).count() as u64
            };
            let p = mcnemar_mid_p(passed((1.0, 0.0)), passed((0.0, 1.0)));
            return Some((interval, Some(p), Method::Mcnemar));
        }
        let small = counted.n <= MOST_RESAMPLED;
        let p = if small { sign_flip(&self.differences(), &counted.by, seed) } else { None };
        Some((interval, p, if small { Method::SignFlip } else { Method::Clustered }))
    }

    fn judge_score(&self, counted: &Counted, seed: u64) -> Option<Judged> {
        let (by, clusters) = (&counted.by, counted.n);
        let differences = self.differences();
        let first = *differences.first()?;
        let small = clusters <= MOST_RESAMPLED;
        let p = if small { sign_flip(&differences, by, seed) } else { None };
        let within = |low: f64, high: f64| Interval { low: low.max(-1.0), high: high.min(1.0) };
        if differences.iter().all(|d| (d - first).abs() < 1e-12) {
            let alike = tango_at((-first).max(0.0), first.max(0.0), clusters as f64)?;
            return Some((alike, p, Method::SignFlip));
        }
        if small
            && skewness(&differences).abs() > SKEWED
            && let Some(interval) = bca(&differences, by, seed)
        {
            return Some((interval, p, Method::Bootstrap));
        }
        // A score lies between 0 and 1, and so does what it can change by.
        let Interval { low, high } = clustered_mean(&differences, by)?.interval;
        Some((within(low, high), p, if small { Method::SignFlip } else { Method::Clustered }))
    }

    fn differences(&self) -> Vec<f64> {
        self.pairs.iter().map(|(base, cand)| cand.mean - base.mean).collect()
    }
}

/// An interval, a p-value, and how they were found.
type Judged = (Interval, Option<f64>, Method);

/// The pass rates of pairs, as statistics take them, each with its weight.
pub(super) fn rate_pairs(
    pairs: &[(Level, Level)],
    counted: &Counted,
    weights: impl IntoIterator<Item = f64>,
) -> Vec<RatePair> {
    let all = pairs.iter().zip(&counted.by).zip(weights);
    all.map(|(((base, cand), cluster), weight)| RatePair {
        base: base.mean,
        cand: cand.mean,
        trials: base.trials.min(cand.trials),
        weight,
        cluster: *cluster,
    })
    .collect()
}

/// Third standardised moment; 0 for values that are all alike.
fn skewness(values: &[f64]) -> f64 {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let moment = |power: i32| values.iter().map(|v| (v - mean).powi(power)).sum::<f64>() / n;
    let spread = moment(2);
    if spread > 0.0 { moment(3) / spread.powf(1.5) } else { 0.0 }
}

/// Cases with which an interval around this difference would leave 0, or the loss that is allowed for, outside: whichever is
/// further away. Where it is 0, so many must be expected to change that a test can tell.
fn needed(interval: Interval, difference: f64, n: u64, margin: f64) -> Option<u64> {
    let away = difference.abs().max(difference + margin);
    let se = (interval.high - interval.low) / (2.0 * 1.96);
    let spread = VarianceSplit { between: se * se * n as f64, within_base: 0.0, within_cand: 0.0 };
    let cases = cases_needed(&spread, away, 1.0, 1.0, super::finding::ALPHA, POWER);
    let least = if difference.abs() >= difference + margin { LEAST_CHANGES / away } else { 0.0 };
    // What is open needs more cases than there are, whatever a rough guess says.
    (cases.is_finite() && cases > 0.0).then(|| (cases.max(least).ceil() as u64).max(n + 1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diff::finding::MARGIN;

    fn level(mean: f64, trials: u32) -> Level {
        Level { mean, trials, is_rate: true }
    }

    fn passes(pairs: &[(f64, f64)], trials: u32) -> Metric {
        let mut fold = MetricFold::default();
        for (case, (base, cand)) in (0..).zip(pairs) {
            fold.add(level(*base, trials), level(*cand, trials), Unit::alone(case));
        }
        fold.finish("pass rate", MARGIN, 7)
    }

    #[test]
    fn single_trials_are_judged_by_mcnemar() {
        let pairs: Vec<(f64, f64)> = (0..60).map(|i| if i < 12 { (1.0, 0.0) } else { (1.0, 1.0) }).collect();
        let found = passes(&pairs, 1);
        assert_eq!((found.method, found.finding, found.n), (Method::Mcnemar, Finding::Worse, 60));
        assert_eq!((found.base, found.cand), (Some(1.0), Some(0.8)));
        let back: Vec<(f64, f64)> = pairs.iter().map(|(b, c)| (*c, *b)).collect();
        assert_eq!(passes(&back, 1).finding, Finding::Better);
    }

    #[test]
    fn repeats_are_averaged_first() {
        let pairs: Vec<(f64, f64)> = (0..40).map(|i| (0.75, if i % 2 == 0 { 0.25 } else { 0.5 })).collect();
        let found = passes(&pairs, 4);
        assert_eq!((found.method, found.finding), (Method::SignFlip, Finding::Worse));
        assert_eq!((found.n, found.clusters), (40, 40));
        assert!((found.difference.unwrap() + 0.375).abs() < 1e-12);
    }

    #[test]
    fn no_change_in_a_few_cases_proves_nothing() {
        for trials in [1, 3] {
            let few = passes(&[(1.0, 1.0); 12], trials);
            assert_eq!(few.finding, Finding::CannotTell);
            assert!(few.cases_needed.unwrap() > 12 && !few.equivalent);
            let many = passes(&[(1.0, 1.0); 400], trials);
            assert_eq!((many.finding, many.equivalent, many.cases_needed), (Finding::NoWorse, true, None));
        }
    }

    #[test]
    fn cases_of_one_cluster_count_as_one() {
        // Twelve articles of ten cases each: two articles broke, which is two changes and not twenty.
        let found = |alike: bool, per_cluster: u32| {
            let mut fold = MetricFold::default();
            for i in 0..120_u32 {
                let cand = if i < 20 { 0.0 } else { 1.0 };
                let cluster = if alike { i / per_cluster } else { i };
                fold.add(level(1.0, 1), level(cand, 1), Unit { cluster, case: i });
            }
            fold.finish("pass rate", MARGIN, 7)
        };
        assert_eq!(found(false, 1).finding, Finding::Worse);
        let clustered = found(true, 10);
        assert_eq!((clustered.finding, clustered.clusters), (Finding::CannotTell, 12));
        assert_eq!(clustered.too_few_clusters, None);
        let few = found(true, 20);
        assert_eq!((few.clusters, few.too_few_clusters), (120, Some(6)), "the cases count, and it is said");
    }

    /// Cases in any order and clusters under any name.
    #[test]
    fn the_order_of_cases_changes_nothing() {
        for (graded, repeats) in [(false, 1), (false, 3), (true, 1)] {
            let pairs: Vec<(f64, f64, u32)> = (0..60_u32)
                .map(|i| {
                    let (a, b) = (f64::from(i * 7 % 4) / 3.0, f64::from(i * 5 % 4).powi(3) / 27.0);
                    if graded || repeats > 1 { (a, b, i / 4) } else { (a.round(), b.round(), i / 4) }
                })
                .collect();
            let of = |order: &[usize], name: fn(u32) -> u32| {
                let mut fold = MetricFold::default();
                for at in order {
                    let (base, cand, cluster) = pairs[*at];
                    let unit = Unit { cluster: name(cluster), case: *at as u32 };
                    let level = |mean| Level { is_rate: !graded, ..level(mean, repeats) };
                    fold.add(level(base), level(cand), unit);
                }
                fold.finish("x", MARGIN, 7)
            };
            let mut order: Vec<usize> = (0..60).collect();
            let first = of(&order, |cluster| cluster);
            let mut random = crate::stats::Random::new(1);
            for _ in 0..20 {
                random.shuffle(&mut order);
                let found = of(&order, |cluster| 100 - cluster);
                assert_eq!(
                    (found.interval, found.p_value, found.finding),
                    (first.interval, first.p_value, first.finding)
                );
                assert!((found.difference.unwrap() - first.difference.unwrap()).abs() < 1e-12);
            }
        }
    }

    #[test]
    fn nothing_to_pair_says_so() {
        let found = passes(&[], 1);
        assert_eq!((found.finding, found.n, found.interval), (Finding::NothingToCompare, 0, None));
    }
}
