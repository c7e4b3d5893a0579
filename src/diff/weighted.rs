//! The difference of two pass rates when cases count by their traffic weight.
//!
//! Weights are shares of the traffic and no draws: they are taken as known. The interval is that of every pass rate
//! ([`rate_difference`]); p is that of flipping the signs of what each case or cluster adds.

use crate::diff::metric::{Level, rate_pairs};
use crate::diff::{Finding, Unit, counted};
use crate::stats::{Interval, rate_difference, sign_flip};

/// The weighted difference of two pass rates.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WeightedDifference {
    /// What it may be said to show.
    pub finding: Finding,
    /// Weighted pass rate, base.
    pub base: f64,
    /// Weighted pass rate, candidate.
    pub cand: f64,
    /// Candidate − base.
    pub difference: f64,
    /// Its 95 % interval; absent when one case or cluster has nearly all of the weight.
    pub interval: Option<Interval>,
    /// Two-sided p-value.
    pub p_value: Option<f64>,
    /// Cases or clusters of equal weight that would be as telling (Kish).
    pub effective: f64,
    /// The clusters, where they are too few, so that cases count as independent.
    pub too_few_clusters: Option<u64>,
}

/// The pairs with their weights while they come.
#[derive(Debug, Default)]
pub struct WeightedFold {
    pairs: Vec<(Level, Level)>,
    weights: Vec<f64>,
    units: Vec<Unit>,
}

impl WeightedFold {
    /// Takes in the pass rates of a pair.
    pub fn add(&mut self, base: Level, cand: Level, weight: f64, unit: Unit) {
        self.pairs.push((base, cand));
        self.weights.push(weight);
        self.units.push(unit);
    }

    /// What the pairs say, with a seed for what is drawn; nothing when all weigh the same.
    pub fn finish(self, margin: f64, seed: u64) -> Option<WeightedDifference> {
        let first = *self.weights.first()?;
        if self.weights.iter().all(|w| (w - first).abs() <= 1e-12 * first) {
            return None;
        }
        let counted = counted(&self.units);
        let found = rate_difference(&rate_pairs(&self.pairs, &counted, self.weights.iter().copied()))?;
        let added = |((base, cand), weight): (&(Level, Level), &f64)| (cand.mean - base.mean) * weight;
        let added: Vec<f64> = self.pairs.iter().zip(&self.weights).map(added).collect();
        let p_value = sign_flip(&added, &counted.by, seed);
        Some(WeightedDifference {
            finding: found.interval.map_or(Finding::CannotTell, |i| Finding::of(i, p_value, margin)),
            base: found.base,
            cand: found.cand,
            difference: found.difference,
            interval: found.interval,
            p_value,
            effective: found.clusters,
            too_few_clusters: counted.too_few,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diff::MARGIN;

    fn found(pairs: &[(f64, f64, f64)], trials: u32, cluster: fn(u32) -> u32) -> Option<WeightedDifference> {
        let mut fold = WeightedFold::default();
        for (case, (base, cand, weight)) in (0..).zip(pairs) {
            let level = |mean: f64| Level { mean, trials, is_rate: true };
            fold.add(level(*base), level(*cand), *weight, Unit { cluster: cluster(case), case });
        }
        fold.finish(MARGIN, 7)
    }

    #[test]
    fn equal_weights_say_nothing_new() {
        assert_eq!(found(&[(1.0, 0.0, 3.0); 20], 1, |i| i), None);
        assert_eq!(found(&[], 1, |i| i), None);
    }

    #[test]
    fn a_broken_case_with_much_traffic_is_much_lost() {
        let pairs: Vec<(f64, f64, f64)> =
            (0..60).map(|i| if i < 12 { (1.0, 0.0, 4.0) } else { (1.0, 1.0, 1.0) }).collect();
        let lost = found(&pairs, 1, |i| i).unwrap();
        assert!((lost.difference + 0.5).abs() < 1e-12 && (lost.base - 1.0).abs() < 1e-12);
        assert_eq!(lost.finding, Finding::Worse);
        assert!((lost.effective - 96.0 * 96.0 / 240.0).abs() < 1e-9);
        let back: Vec<(f64, f64, f64)> = pairs.iter().map(|(b, c, w)| (*c, *b, *w)).collect();
        assert_eq!(found(&back, 1, |i| i).unwrap().finding, Finding::Better);
    }

    #[test]
    fn clusters_and_repeats_widen_it() {
        let pairs: Vec<(f64, f64, f64)> = (0..120)
            .map(|i| (1.0, if i % 20 < 4 { 0.0 } else { 1.0 }, if i % 2 == 0 { 3.0 } else { 1.0 }))
            .collect();
        let width = |found: WeightedDifference| found.interval.map(|i| i.high - i.low).unwrap();
        let alone = found(&pairs, 3, |i| i).unwrap();
        let clustered = found(&pairs, 3, |i| i / 4).unwrap();
        assert!(width(clustered) > 1.3 * width(alone), "{clustered:?} {alone:?}");
        assert_eq!(found(&pairs, 3, |i| i / 20).unwrap().too_few_clusters, Some(6));
    }

    #[test]
    fn one_heavy_case_proves_nothing() {
        let pairs: Vec<(f64, f64, f64)> =
            (0..40).map(|i| if i == 0 { (1.0, 0.0, 1e6) } else { (1.0, 1.0, 1.0) }).collect();
        for trials in [1, 3] {
            assert_eq!(found(&pairs, trials, |i| i).unwrap().finding, Finding::CannotTell);
        }
    }
}
