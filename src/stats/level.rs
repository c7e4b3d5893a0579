//! Means of graded values with their standard error.

use serde::{Deserialize, Serialize};

use super::Interval;
use super::cluster::{clustered, total};
use super::points::student_point;

/// A mean with its 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Level {
    /// The mean.
    pub mean: f64,
    /// Its standard error.
    pub se: f64,
    /// Its 95 % interval, by Student's t with one degree of freedom less than there are clusters.
    pub interval: Interval,
    /// Values.
    pub n: usize,
    /// Clusters that they come from.
    pub clusters: usize,
}

/// Mean of values in clusters (each value its own number for none): SE² = G/(G−1) · Σ_c (Σ_{i∈c} (x_i − x̄))² / n².
/// `None` under 2 clusters, and for a value that is not finite. Values are case means: repeats are averaged first.
///
/// Values that are all alike leave an interval without width; for pass/fail use [`wilson`](super::wilson).
///
/// Miller 2024, arXiv 2411.00640, §2.2; the factor G/(G−1) as for means without clusters.
pub fn clustered_mean(values: &[f64], clusters: &[u32]) -> Option<Level> {
    let groups = clustered(values, clusters)?;
    let (all, count) = (total(&groups), groups.len() as f64);
    if groups.len() < 2 {
        return None;
    }
    let mean = all.sum / all.size;
    let spread: f64 = groups.iter().map(|c| (c.sum - c.size * mean).powi(2)).sum();
    let se = (spread * count / (count - 1.0)).sqrt() / all.size;
    let half = student_point(count - 1.0) * se;
    let interval = Interval { low: mean - half, high: mean + half };
    Some(Level { mean, se, interval, n: values.len(), clusters: groups.len() })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn too_few_to_say() {
        assert_eq!(clustered_mean(&[], &[]), None);
        assert_eq!(clustered_mean(&[1.0], &[0]), None);
        assert_eq!(clustered_mean(&[1.0, 0.0], &[3, 3]), None);
        assert_eq!(clustered_mean(&[1.0, f64::INFINITY], &[0, 1]), None);
    }

    #[test]
    fn equal_values_have_no_spread() {
        let level = clustered_mean(&[0.5; 6], &[0, 1, 2, 3, 4, 5]).unwrap();
        assert!((level.mean - 0.5).abs() < f64::EPSILON && level.se.abs() < f64::EPSILON);
    }

    #[test]
    fn by_hand() {
        // Without clusters: the usual standard error. 1, 2, 3, 4: variance 5/3.
        let level = clustered_mean(&[1.0, 2.0, 3.0, 4.0], &[0, 1, 2, 3]).unwrap();
        assert!((level.se - (5.0_f64 / 12.0).sqrt()).abs() < 1e-12);
        // Two clusters of two that are alike inside: sums of −2 and 2 around the mean, SE² = 2 · 8 / 16.
        let level = clustered_mean(&[1.5, 1.5, 3.5, 3.5], &[0, 0, 1, 1]).unwrap();
        assert!((level.se - 1.0).abs() < 1e-12 && (level.mean - 2.5).abs() < 1e-12, "{level:?}");
        assert!((level.interval.high - 2.5 - 12.706_204_736_174_7).abs() < 1e-9);
        assert_eq!((level.n, level.clusters), (4, 2));
    }

    proptest! {
        #[test]
        fn order_changes_nothing(values in proptest::collection::vec((0.0..1.0_f64, 0_u32..9), 1..40)) {
            let (x, c): (Vec<f64>, Vec<u32>) = values.iter().copied().unzip();
            let (y, d): (Vec<f64>, Vec<u32>) = values.iter().rev().map(|(x, c)| (*x, 100 - c)).unzip();
            prop_assert_eq!(clustered_mean(&x, &c), clustered_mean(&y, &d));
            if let Some(level) = clustered_mean(&x, &c) {
                prop_assert!(level.interval.low <= level.mean && level.mean <= level.interval.high);
            }
        }
    }
}
