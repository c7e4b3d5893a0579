//! The difference of two paired pass rates: over single trials or repeats, in clusters or not, weighted or not.

use std::collections::BTreeMap;

use super::Interval;
use super::points::student_point;
use super::tango::tango_at;

/// What is lost to rounding and means nothing.
const HAIR: f64 = 1e-12;

/// A case under base and candidate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RatePair {
    /// Share of the base's trials that passed.
    pub base: f64,
    /// Share of the candidate's trials that passed.
    pub cand: f64,
    /// Trials of the side that has fewer.
    pub trials: u32,
    /// What the case counts for, in any unit.
    pub weight: f64,
    /// The cluster it belongs to.
    pub cluster: u32,
}

/// The difference of two paired pass rates.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RateDifference {
    /// Weighted pass rate, base.
    pub base: f64,
    /// Weighted pass rate, candidate.
    pub cand: f64,
    /// Candidate − base.
    pub difference: f64,
    /// Clusters of equal weight that would be as telling: 1 / Σ h², h the share that a cluster has of all weight (Kish).
    pub clusters: f64,
    /// Independent single trials of equal weight that would be as telling; 0 where the clusters come down to fewer than two.
    pub effective: f64,
    /// The 95 % interval of the difference; absent where nothing is telling.
    pub interval: Option<Interval>,
}

/// The difference of two pass rates with its 95 % interval: Tango's score interval as if there were so many independent single
/// pairs that the difference varied as much as it does. `None` for no pairs, and for a rate, weight or number of trials that is
/// of no use.
///
/// The variance is the linearised one of a weighted mean over clusters, each cluster's part divided by what is expected of it
/// where all vary alike. The effective number is what single pairs would need for it: (b + c − (c − b)²) / variance, with b
/// and c what broke and what was fixed. Where few pairs changed, the variance rests on which weights these happen to have;
/// therefore the number is the geometric mean of that one and of the one without weights, times Kish's loss by the weights.
/// Each is at most the trials there are, and where there are few clusters less by the square of the points of Student's t for as
/// many cases and for as many clusters, but not below the clusters. Single unclustered pairs of equal weight are their own
/// number, and the interval is [`tango`](super::tango)'s.
///
/// How often it holds the truth stands in `benches/coverage/RESULTS.md`.
///
/// Tango 1998, Statistics in Medicine 17, 891–908; effective number, and t for few clusters: Korn and Graubard 1998, Survey
/// Methodology 24, 193–201; Kish 1965, Survey Sampling, §11.7; linearisation: Särndal, Swensson and Wretman 1992, Model Assisted
/// Survey Sampling, §5.7; leverage as in Bell and McCaffrey 2002, Survey Methodology 28, 169–181.
pub fn rate_difference(pairs: &[RatePair]) -> Option<RateDifference> {
    let of_use = |pair: &RatePair| {
        [pair.base, pair.cand].iter().all(|rate| (0.0..=1.0).contains(rate))
            && (pair.weight.is_finite() && pair.weight > 0.0)
            && pair.trials > 0
    };
    if pairs.is_empty() || !pairs.iter().all(of_use) {
        return None;
    }
    // Summed by size, so that neither the order nor the names of clusters change a digit.
    let mut pairs = pairs.to_vec();
    pairs.sort_by(|a, b| {
        let by = |of: fn(&RatePair) -> f64| of(a).total_cmp(&of(b));
        let rates = by(|p| p.weight).then_with(|| by(|p| p.base)).then_with(|| by(|p| p.cand));
        rates.then(a.trials.cmp(&b.trials))
    });
    let weighted = Spread::of(&pairs, |pair| pair.weight);
    let plain = Spread::of(&pairs, |_| 1.0);
    let alike = plain.telling() * weighted.cases / pairs.len() as f64;
    let effective = (weighted.telling() * alike.min(weighted.trials)).sqrt();
    let Spread { both, broke, fixed, .. } = weighted;
    Some(RateDifference {
        base: both + broke,
        cand: both + fixed,
        difference: fixed - broke,
        clusters: weighted.clusters,
        effective,
        interval: tango_at(broke, fixed, effective),
    })
}

/// How pairs vary under some weights.
struct Spread {
    /// Share that passed under both, under base alone, under the candidate alone.
    both: f64,
    broke: f64,
    fixed: f64,
    /// Variance of `fixed − broke`.
    variance: f64,
    /// Cases, trials and clusters of equal weight that would be as telling where all are independent.
    cases: f64,
    trials: f64,
    clusters: f64,
    /// Whether every pair is a cluster of its own.
    unclustered: bool,
}

impl Spread {
    fn of(pairs: &[RatePair], weight: fn(&RatePair) -> f64) -> Self {
        let whole: f64 = pairs.iter().map(weight).sum();
        let mean = |of: &dyn Fn(&RatePair) -> f64| {
            pairs.iter().map(|pair| weight(pair) / whole * of(pair)).sum::<f64>()
        };
        let (broke, fixed) = (mean(&|p| (p.base - p.cand).max(0.0)), mean(&|p| (p.cand - p.base).max(0.0)));
        let change = fixed - broke;
        let mut parts: BTreeMap<u32, (f64, f64)> = BTreeMap::new();
        for pair in pairs {
            let share = weight(pair) / whole;
            let part = parts.entry(pair.cluster).or_default();
            part.0 += share;
            part.1 += share * (pair.cand - pair.base - change);
        }
        let mut parts: Vec<(f64, f64)> = parts.into_values().collect();
        parts.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
        let squares: f64 = parts.iter().map(|(share, _)| share * share).sum();
        let variance = parts.iter().map(|(share, own)| own * own / (1.0 - 2.0 * share + squares)).sum();
        Self {
            both: mean(&|p| p.base.min(p.cand)),
            broke,
            fixed,
            variance,
            cases: 1.0 / mean(&|p| weight(p) / whole),
            trials: 1.0 / mean(&|p| weight(p) / whole / f64::from(p.trials)),
            clusters: 1.0 / squares,
            unclustered: parts.len() == pairs.len(),
        }
    }

    /// Independent single pairs that vary as much: the clusters where nothing varies, at most the trials there are, and 0 where
    /// clusters come down to fewer than two.
    fn telling(&self) -> f64 {
        let few = match self {
            _ if self.unclustered => 1.0,
            _ if self.clusters < 2.0 => return 0.0,
            _ => (student_point(self.cases - 1.0) / student_point(self.clusters - 1.0)).powi(2),
        };
        let change = self.fixed - self.broke;
        let of_one = self.broke + self.fixed - change * change;
        if of_one < HAIR || self.clusters < 1.0 + HAIR {
            return self.clusters;
        }
        // Both are too small by the same share, as the mean is out of the same pairs.
        let of_one = of_one / (1.0 - 1.0 / self.clusters);
        let pairs = of_one / self.variance;
        // Few clusters measure the variance badly, but a cluster is one pair at least.
        (pairs * few).max(pairs.min(self.clusters)).min(self.trials)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{clustered_mean, tango};
    use super::*;

    fn pair(base: f64, cand: f64, trials: u32, weight: f64, cluster: u32) -> RatePair {
        RatePair { base, cand, trials, weight, cluster }
    }

    fn width(pairs: &[RatePair]) -> f64 {
        rate_difference(pairs).unwrap().interval.map(|i| i.high - i.low).unwrap()
    }

    #[test]
    fn what_says_nothing() {
        assert_eq!(rate_difference(&[]), None);
        for wrong in [
            pair(f64::NAN, 0.0, 1, 1.0, 0),
            pair(0.0, 1.5, 1, 1.0, 0),
            pair(0.0, 1.0, 0, 1.0, 0),
            pair(0.0, 1.0, 1, 0.0, 0),
            pair(0.0, 1.0, 1, f64::INFINITY, 0),
        ] {
            assert_eq!(rate_difference(&[pair(1.0, 1.0, 1, 1.0, 1), wrong]), None);
        }
        let one_cluster = rate_difference(&[pair(1.0, 0.0, 1, 1.0, 3), pair(1.0, 1.0, 1, 1.0, 3)]).unwrap();
        assert_eq!((one_cluster.interval, one_cluster.difference), (None, -0.5));
    }

    #[test]
    fn twins_are_one_pair_and_cost_the_little_that_few_clusters_do() {
        let single: Vec<RatePair> =
            (0..40).map(|i| pair(1.0, if i < 6 { 0.0 } else { 1.0 }, 1, 1.0, i)).collect();
        let twins: Vec<RatePair> = single.iter().flat_map(|p| [*p, *p]).collect();
        let (one, two) = (rate_difference(&single).unwrap(), rate_difference(&twins).unwrap());
        assert!((one.effective - 40.0).abs() < 1e-9 && (two.clusters - 40.0).abs() < 1e-9);
        assert!((two.effective - 40.0).abs() < 2.5 && two.effective < 40.0, "{two:?}");
        let apart: Vec<RatePair> = (0..).zip(&twins).map(|(i, p)| RatePair { cluster: i, ..*p }).collect();
        assert!(width(&apart) < 0.8 * width(&twins));
    }

    #[test]
    fn repeats_that_agree_are_one_trial_and_others_are_more() {
        let agree: Vec<RatePair> =
            (0..40).map(|i| pair(1.0, if i < 6 { 0.0 } else { 1.0 }, 3, 1.0, i)).collect();
        assert!((rate_difference(&agree).unwrap().effective - 40.0).abs() < 1e-9);
        let evenly: Vec<RatePair> = (0..40).map(|i| pair(1.0, 2.0 / 3.0, 3, 1.0, i)).collect();
        assert!((rate_difference(&evenly).unwrap().effective - 120.0).abs() < 1e-6, "never more than trials");
    }

    /// Where much changed the score interval and Student's are about as wide.
    #[test]
    fn with_many_changes_it_is_as_wide_as_the_t_interval() {
        let mut random = super::super::Random::new(4);
        let mut rate = || f64::from(random.below(4) as u32) / 3.0;
        let pairs: Vec<RatePair> = (0..300).map(|i| pair(rate(), rate(), 3, 1.0, i / 3)).collect();
        let differences: Vec<f64> = pairs.iter().map(|p| p.cand - p.base).collect();
        let clusters: Vec<u32> = pairs.iter().map(|p| p.cluster).collect();
        let t = clustered_mean(&differences, &clusters).unwrap().interval;
        assert!((width(&pairs) / (t.high - t.low) - 1.0).abs() < 0.05);
    }

    #[test]
    fn heavy_cases_count_for_what_they_weigh() {
        let pairs: Vec<RatePair> = (0..60)
            .map(|i| if i < 12 { pair(1.0, 0.0, 1, 4.0, i) } else { pair(1.0, 1.0, 1, 1.0, i) })
            .collect();
        let lost = rate_difference(&pairs).unwrap();
        assert!((lost.base - 1.0).abs() < 1e-12 && (lost.difference + 0.5).abs() < 1e-12);
        assert!((lost.clusters - 96.0 * 96.0 / 240.0).abs() < 1e-9);
        assert!(lost.effective < 60.0 && lost.interval.unwrap().high < 0.0);
    }

    proptest! {
        #[test]
        fn single_pairs_of_equal_weight_are_tangos(tally in proptest::array::uniform4(0_usize..30), weight in 0.1..9.0_f64) {
            let [both, broke, fixed, neither] = tally;
            let kinds = [(1.0, 1.0, both), (1.0, 0.0, broke), (0.0, 1.0, fixed), (0.0, 0.0, neither)];
            let rows = kinds.into_iter().flat_map(|(base, cand, n)| std::iter::repeat_n((base, cand), n));
            let pairs: Vec<RatePair> = (0..).zip(rows).map(|(i, (a, b))| pair(a, b, 1, weight, i)).collect();
            prop_assume!(pairs.len() > 1);
            let expected = tango(both as u64, broke as u64, fixed as u64, neither as u64).unwrap();
            let found = rate_difference(&pairs).unwrap().interval.unwrap();
            prop_assert!((found.low - expected.low).abs() < 1e-9 && (found.high - expected.high).abs() < 1e-9);
        }

        #[test]
        fn order_and_names_change_nothing_and_swapping_arms_turns_it_round(
            rows in proptest::collection::vec((0_u32..=3, 0_u32..=3, 0.1..9.0_f64, 0_u32..9), 2..40)
        ) {
            let of = |(a, b, weight, cluster): &(u32, u32, f64, u32)| {
                pair(f64::from(*a) / 3.0, f64::from(*b) / 3.0, 3, *weight, *cluster)
            };
            let there: Vec<RatePair> = rows.iter().map(of).collect();
            let back: Vec<RatePair> =
                there.iter().rev().map(|p| RatePair { cluster: 100 - p.cluster, ..*p }).collect();
            let turned: Vec<RatePair> =
                there.iter().map(|p| RatePair { base: p.cand, cand: p.base, ..*p }).collect();
            let [there, back, turned] = [&there, &back, &turned].map(|pairs| rate_difference(pairs).unwrap());
            prop_assert_eq!(there, back);
            prop_assert_eq!(there.interval.is_some(), turned.interval.is_some());
            if let (Some(one), Some(other)) = (there.interval, turned.interval) {
                prop_assert!((one.low + other.high).abs() < 1e-9 && (one.high + other.low).abs() < 1e-9);
                prop_assert!(-1.0 <= one.low && one.low <= there.difference + 1e-9);
                prop_assert!(there.difference - 1e-9 <= one.high && one.high <= 1.0);
            }
        }
    }
}
