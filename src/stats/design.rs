//! The interval of a pass rate whose trials come in clusters, by the effective number of trials.

use std::collections::BTreeMap;

use super::interval::wilson_at;
use super::{Interval, wilson};

/// Clusters that are added where the design effect is measured: a third of one that passes whole, and a third of one that fails
/// whole. Without them a single failure looks like no clustering at all.
const ADDED: f64 = 1.0 / 3.0;

/// Wilson's interval at 95 % of a pass rate over trials in clusters, each row one tally `(passed, of)` and its cluster: as if
/// there were n/d independent trials, with the design effect d = Σ_c (k_c − m_c p)² / (n p (1 − p)) and not below 1. Where every
/// trial is a cluster of its own that is [`wilson`]; where the trials of a cluster always agree, Wilson's of the clusters.
/// `None` for no trials, lists of different lengths, and more passed than there are.
///
/// With 20 to 200 clusters that holds the truth 95 to 96 times in a hundred on average (`benches/coverage/RESULTS.md`).
///
/// d is measured with a third of a cluster of the mean size added that passes whole, and a third of one that fails whole, as the
/// neutral prior adds a third of a success and of a failure (Kerman 2011, Electronic Journal of Statistics 5, 1450–1470).
///
/// Design effect and effective number of clustered yes/no data: Rao and Scott 1992, Biometrics 48, 577–585; Wilson's interval
/// at it: Korn and Graubard 1998, Survey Methodology 24, 193–201, and Franco, Little, Louis and Slud 2019, Journal of Survey
/// Statistics and Methodology 7, 334–364.
pub fn wilson_clustered(tallies: &[(u64, u64)], clusters: &[u32]) -> Option<Interval> {
    if tallies.len() != clusters.len() || tallies.iter().any(|(passed, of)| passed > of) {
        return None;
    }
    let mut by_cluster: BTreeMap<u32, (u64, u64)> = BTreeMap::new();
    for ((passed, of), cluster) in tallies.iter().zip(clusters).filter(|((_, of), _)| *of > 0) {
        let tally = by_cluster.entry(*cluster).or_default();
        *tally = (tally.0 + passed, tally.1 + of);
    }
    // Summed by size, so that no numbering of the clusters changes a digit.
    let mut tallies: Vec<(u64, u64)> = by_cluster.into_values().collect();
    tallies.sort_unstable();
    let (passed, n) = tallies.iter().fold((0, 0), |(k, n), (passed, of)| (k + passed, n + of));
    if n == tallies.len() as u64 {
        return wilson(passed, n);
    }
    let size = n as f64 / tallies.len() as f64;
    let all = n as f64 + 2.0 * ADDED * size;
    let rate = (passed as f64 + ADDED * size) / all;
    let own = |(passed, of): &(u64, u64)| (*passed as f64 - *of as f64 * rate).powi(2);
    let added = ADDED * size * size * (rate * rate + (1.0 - rate) * (1.0 - rate));
    let spread = tallies.iter().map(own).sum::<f64>() + added;
    let effect = (spread / (all * rate * (1.0 - rate))).max(1.0);
    Some(wilson_at(passed, n, n as f64 / effect))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_says_nothing() {
        assert_eq!(wilson_clustered(&[], &[]), None);
        assert_eq!(wilson_clustered(&[(0, 0)], &[1]), None);
        assert_eq!(wilson_clustered(&[(2, 1)], &[1]), None);
        assert_eq!(wilson_clustered(&[(1, 1)], &[1, 2]), None);
        assert!(wilson_clustered(&[(3, 3)], &[0]).is_some(), "one cluster has an interval, and a wide one");
    }

    #[test]
    fn repeats_that_always_agree_are_one_trial() {
        let clusters: Vec<u32> = (0..60).collect();
        for broken in [0, 3, 20, 60] {
            let tallies: Vec<(u64, u64)> = (0..60).map(|i| (if i < broken { 0 } else { 4 }, 4)).collect();
            let (found, one) =
                (wilson_clustered(&tallies, &clusters).unwrap(), wilson(60 - broken, 60).unwrap());
            assert!(
                (found.low - one.low).abs() < 2e-3 && (found.high - one.high).abs() < 2e-3,
                "{found:?} {one:?}"
            );
        }
    }

    #[test]
    fn repeats_that_agree_no_more_than_others_are_trials() {
        // Each of 50 cases passes in two of four repeats: as evenly as can be.
        let clusters: Vec<u32> = (0..50).collect();
        assert_eq!(wilson_clustered(&[(2, 4); 50], &clusters), wilson(100, 200));
    }

    proptest! {
        #[test]
        fn single_trials_are_plain_and_order_changes_nothing(rows in proptest::collection::vec((0_u64..4, 0_u64..4, 0_u32..9), 1..40)) {
            let (tallies, clusters): (Vec<(u64, u64)>, Vec<u32>) =
                rows.iter().map(|(a, b, cluster)| ((*a.min(b), *b), *cluster)).unzip();
            let back: Vec<(u64, u64)> = tallies.iter().rev().copied().collect();
            let named: Vec<u32> = clusters.iter().rev().map(|cluster| 100 - cluster).collect();
            let found = wilson_clustered(&tallies, &clusters);
            prop_assert_eq!(found, wilson_clustered(&back, &named));
            let (passed, n) = tallies.iter().fold((0, 0), |(k, n), (a, b)| (k + a, n + b));
            if let Some(found) = found {
                let (rate, plain) = (passed as f64 / n as f64, wilson(passed, n).unwrap());
                prop_assert!(0.0 <= found.low && found.low <= rate && rate <= found.high && found.high <= 1.0);
                prop_assert!(found.high - found.low >= plain.high - plain.low - 1e-12, "never narrower");
            }
            let single: Vec<(u64, u64)> = tallies.iter().map(|(a, b)| (u64::from(a == b), 1)).collect();
            let own: Vec<u32> = (0..).take(single.len()).collect();
            let passed = single.iter().map(|(a, _)| a).sum();
            prop_assert_eq!(wilson_clustered(&single, &own), wilson(passed, single.len() as u64));
        }
    }
}
