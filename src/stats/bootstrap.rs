//! Intervals of means by resampling clusters.

use super::cluster::{Cluster, clustered, total};
use super::points::{normal_point, normal_share, student_point};
use super::{Interval, Random, quantile};

/// Resamples.
const RESAMPLES: u32 = 4_999;

/// 95 % BCa bootstrap interval of the mean, resampling whole clusters; seeded. `None` under 2 clusters and for a value that is
/// not finite; without width where all cluster means are alike.
///
/// The levels are those of Student's t for so many clusters, not of the normal distribution: plain BCa intervals
/// hold the truth too seldom where clusters are few.
///
/// Efron 1987, Journal of the American Statistical Association 82, 171–185; the widened levels: Hesterberg 2015, The
/// American Statistician 69, 371–386, §3.3.
pub fn bca(values: &[f64], clusters: &[u32], seed: u64) -> Option<Interval> {
    let groups = clustered(values, clusters)?;
    if groups.len() < 2 {
        return None;
    }
    let all = total(&groups);
    let mean = all.sum / all.size;
    let mut random = Random::new(seed);
    let means: Vec<f64> = (0..RESAMPLES).map(|_| resampled(&groups, &mut random)).collect();
    let below = means.iter().filter(|m| **m < mean).count() + means.iter().filter(|m| **m <= mean).count();
    let bias = normal_point(below as f64 / (2.0 * f64::from(RESAMPLES)));
    let skew = acceleration(&groups, all)?;
    let count = groups.len() as f64;
    let reach = (count / (count - 1.0)).sqrt() * student_point(count - 1.0);
    let level = |z: f64| normal_share(bias + (bias + z) / (1.0 - skew * (bias + z)));
    if !bias.is_finite() {
        return Some(Interval { low: quantile(&means, 0.0)?, high: quantile(&means, 1.0)? });
    }
    Some(Interval { low: quantile(&means, level(-reach))?, high: quantile(&means, level(reach))? })
}

fn resampled(groups: &[Cluster], random: &mut Random) -> f64 {
    let (mut sum, mut size) = (0.0, 0.0);
    for _ in groups {
        if let Some(one) = random.one(groups) {
            sum += one.sum;
            size += one.size;
        }
    }
    sum / size
}

/// How fast the standard error moves with the mean, from the means that leave one cluster out.
fn acceleration(groups: &[Cluster], all: Cluster) -> Option<f64> {
    let left: Vec<f64> = groups.iter().map(|c| (all.sum - c.sum) / (all.size - c.size)).collect();
    let centre = super::mean(&left)?;
    let power = |n: i32| left.iter().map(|x| (centre - x).powi(n)).sum::<f64>();
    let spread = power(2);
    Some(if spread > 0.0 { power(3) / (6.0 * spread.powf(1.5)) } else { 0.0 })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn too_few_to_say() {
        assert_eq!(bca(&[], &[], 1), None);
        assert_eq!(bca(&[1.0], &[0], 1), None);
        assert_eq!(bca(&[1.0, 0.0], &[0, 0], 1), None);
        assert_eq!(bca(&[1.0, f64::NAN], &[0, 1], 1), None);
    }

    #[test]
    fn equal_values_leave_no_width() {
        let found = bca(&[0.25; 12], &(0..12).collect::<Vec<u32>>(), 1).unwrap();
        assert!((found.low - 0.25).abs() < 1e-12 && (found.high - 0.25).abs() < 1e-12);
    }

    #[test]
    fn the_same_seed_gives_the_same_and_skew_pulls_it() {
        // One long tail upwards: the interval reaches further up than down.
        let values: Vec<f64> = (1..=30).map(|i| (f64::from(i) / 30.0).powi(6)).collect();
        let own: Vec<u32> = (0..30).collect();
        let found = bca(&values, &own, 7).unwrap();
        assert_eq!(Some(found), bca(&values, &own, 7));
        let mean = values.iter().sum::<f64>() / 30.0;
        assert!(found.high - mean > mean - found.low, "{found:?} {mean}");
        let reordered: Vec<f64> = values.iter().rev().copied().collect();
        assert_eq!(Some(found), bca(&reordered, &own, 7));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn it_stays_within_the_values(values in proptest::collection::vec((0.0..1.0_f64, 0_u32..9), 1..40), seed: u64) {
            let (x, c): (Vec<f64>, Vec<u32>) = values.iter().copied().unzip();
            if let Some(found) = bca(&x, &c, seed) {
                prop_assert!(found.low <= found.high && found.low > -1e-9 && found.high < 1.0 + 1e-9, "{found:?}");
            }
        }
    }
}
