//! Weighted means with known weights.

use std::collections::BTreeMap;

use super::Interval;
use super::points::student_point;

/// A weighted mean with its 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WeightedLevel {
    /// The mean.
    pub mean: f64,
    /// Its standard error.
    pub se: f64,
    /// Clusters of equal weight that would be as telling: (Σ W)² / Σ W².
    pub effective: f64,
    /// Its 95 % interval, by Student's t with one degree of freedom less than effective clusters; absent where that is
    /// less than one.
    pub interval: Option<Interval>,
}

/// Mean of values weighted by shares that are known (no draws), in clusters. With h_c the share of the whole weight that
/// cluster c has, H = Σ h² and x̄ the weighted mean, SE² = Σ_c (Σ_{i∈c} w_i (x_i − x̄))² / (Σ w)² / (1 − 2 h_c + H): the
/// linearised variance of a weighted mean, each cluster's part divided by what is expected of it when all clusters vary alike,
/// so that a heavy cluster, which draws the mean to itself, is not taken for a quiet one. With equal weights that is
/// [`clustered_mean`](super::clustered_mean) and its G/(G−1).
///
/// `None` under 2 clusters, for lists of different lengths, and for a value or weight that is of no use.
///
/// Linearisation: Särndal, Swensson and Wretman 1992, Model Assisted Survey Sampling, §5.7; leverage as in Bell and McCaffrey
/// 2002, Survey Methodology 28, 169–181; effective number: Kish 1965, Survey Sampling, §11.7.
pub fn weighted_mean(values: &[f64], weights: &[f64], clusters: &[u32]) -> Option<WeightedLevel> {
    let of_use = values.iter().all(|v| v.is_finite()) && weights.iter().all(|w| w.is_finite() && *w > 0.0);
    if !of_use || values.len() != weights.len() || values.len() != clusters.len() {
        return None;
    }
    let mut rows: Vec<(u32, f64, f64)> =
        clusters.iter().zip(weights).zip(values).map(|((c, w), x)| (*c, *w, *x)).collect();
    rows.sort_by(|a, b| a.1.total_cmp(&b.1).then(a.2.total_cmp(&b.2)).then(a.0.cmp(&b.0)));
    let whole: f64 = rows.iter().map(|(_, w, _)| w).sum();
    let mean = rows.iter().map(|(_, w, x)| w * x).sum::<f64>() / whole;
    let mut parts: BTreeMap<u32, (f64, f64)> = BTreeMap::new();
    for (cluster, w, x) in &rows {
        let part = parts.entry(*cluster).or_default();
        part.0 += w / whole;
        part.1 += w / whole * (x - mean);
    }
    if parts.len() < 2 {
        return None;
    }
    // Summed by size, so that no numbering of the clusters changes a digit.
    let mut parts: Vec<(f64, f64)> = parts.into_values().collect();
    parts.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    let squares: f64 = parts.iter().map(|(h, _)| h * h).sum();
    let spread: f64 = parts.iter().map(|(h, e)| e * e / (1.0 - 2.0 * h + squares)).sum();
    let (se, effective) = (spread.sqrt(), 1.0 / squares);
    let half = student_point(effective - 1.0) * se;
    let interval = half.is_finite().then_some(Interval { low: mean - half, high: mean + half });
    Some(WeightedLevel { mean, se, effective, interval })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::clustered_mean;
    use super::*;

    #[test]
    fn too_few_to_say() {
        assert_eq!(weighted_mean(&[], &[], &[]), None);
        assert_eq!(weighted_mean(&[1.0, 0.0], &[1.0, 2.0], &[3, 3]), None);
        assert_eq!(weighted_mean(&[1.0, 0.0], &[1.0], &[0, 1]), None);
        assert_eq!(weighted_mean(&[1.0, 0.0], &[1.0, 0.0], &[0, 1]), None);
        assert_eq!(weighted_mean(&[1.0, f64::NAN], &[1.0, 1.0], &[0, 1]), None);
    }

    #[test]
    fn by_hand() {
        // Weights ¾ and ¼ of 1 and 0: mean ¾, parts 3/16 and −3/16, H = 10/16.
        let level = weighted_mean(&[1.0, 0.0], &[3.0, 1.0], &[0, 1]).unwrap();
        let part = (3.0_f64 / 16.0).powi(2);
        let expected = part / (1.0 - 1.5 + 0.625) + part / (1.0 - 0.5 + 0.625);
        assert!((level.mean - 0.75).abs() < 1e-12 && (level.se - expected.sqrt()).abs() < 1e-12);
        assert!((level.effective - 1.6).abs() < 1e-12);
        assert_eq!(level.interval, None, "less than one degree of freedom");
    }

    /// What is divided by is what is expected: the mean of SE² over draws is the variance of the weighted mean.
    #[test]
    fn the_variance_is_unbiased_where_all_vary_alike() {
        let weights = [8.0, 3.0, 1.0, 1.0, 1.0, 0.5];
        let whole: f64 = weights.iter().sum();
        let truth: f64 = weights.iter().map(|w| (w / whole).powi(2) / 4.0).sum();
        // All 64 outcomes of six fair coins.
        let mean = (0..64_u32)
            .map(|flips| {
                let values: Vec<f64> = (0..6).map(|i| f64::from(flips >> i & 1)).collect();
                weighted_mean(&values, &weights, &[0, 1, 2, 3, 4, 5]).unwrap().se.powi(2)
            })
            .sum::<f64>()
            / 64.0;
        assert!((mean - truth).abs() < 1e-12, "{mean}, not {truth}");
    }

    proptest! {
        #[test]
        fn equal_weights_are_the_plain_mean(values in proptest::collection::vec(0.0..1.0_f64, 2..40), weight in 0.1..9.0_f64) {
            let own: Vec<u32> = (0..).take(values.len()).collect();
            let (plain, level) = (clustered_mean(&values, &own).unwrap(), weighted_mean(&values, &vec![weight; values.len()], &own).unwrap());
            prop_assert!((plain.mean - level.mean).abs() < 1e-9 && (plain.se - level.se).abs() < 1e-9);
            prop_assert!((level.effective - values.len() as f64).abs() < 1e-6);
        }

        #[test]
        fn order_changes_nothing(rows in proptest::collection::vec((0.0..1.0_f64, 0.1..9.0_f64, 0_u32..9), 2..40)) {
            let of = |rows: &[(f64, f64, u32)]| {
                let (x, (w, c)): (Vec<f64>, (Vec<f64>, Vec<u32>)) = rows.iter().map(|(x, w, c)| (*x, (*w, *c))).unzip();
                weighted_mean(&x, &w, &c)
            };
            let back: Vec<_> = rows.iter().rev().map(|(x, w, c)| (*x, *w, 100 - c)).collect();
            let (there, back) = (of(&rows), of(&back));
            prop_assert_eq!(there.is_some(), back.is_some());
            if let (Some(a), Some(b)) = (there, back) {
                prop_assert!((a.mean - b.mean).abs() < 1e-12 && (a.se - b.se).abs() < 1e-12);
            }
        }
    }
}
