//! Is a mean difference more than chance: the sign-flip permutation test.

use super::Random;
use super::cluster::clustered;

/// Clusters up to which all flips are tried.
const ALL: usize = 16;

/// Flips that are drawn where there are too many to try.
const DRAWS: u32 = 9_999;

/// Two-sided p of T = |Σ d| under sign flips of whole clusters: exact up to 2¹⁶ flips, else from 9,999 seeded draws with
/// p = (1 + #{T* ≥ T}) / (1 + draws), which is never 0. `None` for no differences and one that is not finite.
///
/// Differences that are all zero give 1; a cluster whose differences cancel out says nothing. With few clusters p cannot be
/// small: below 6 it is never under .05.
///
/// Fisher 1935, The Design of Experiments, §21; p from draws: Phipson and Smyth 2010, Statistical Applications in Genetics
/// and Molecular Biology 9, 39.
pub fn sign_flip(diffs: &[f64], clusters: &[u32], seed: u64) -> Option<f64> {
    let groups = clustered(diffs, clusters)?;
    let scale: f64 = groups.iter().map(|c| c.sum.abs()).sum();
    // What cancels out but for rounding is zero, and what equals the observed sum but for rounding reaches it.
    let hair = 1e-12 * scale;
    let sums: Vec<f64> = groups.iter().map(|c| c.sum).filter(|sum| sum.abs() > hair).collect();
    let observed = sums.iter().sum::<f64>().abs() - hair;
    if sums.is_empty() {
        return Some(1.0);
    }
    if sums.len() <= ALL {
        return Some(share_of_all(&sums, observed));
    }
    let mut random = Random::new(seed);
    let reached = (0..DRAWS).filter(|_| drawn(&sums, &mut random).abs() >= observed).count();
    Some((1.0 + reached as f64) / (1.0 + f64::from(DRAWS)))
}

fn share_of_all(sums: &[f64], observed: f64) -> f64 {
    let flips = 1_u32 << sums.len();
    let flipped = |flip: u32| -> f64 {
        sums.iter().enumerate().map(|(at, sum)| if flip >> at & 1 == 1 { -sum } else { *sum }).sum()
    };
    let reached = (0..flips).filter(|flip| flipped(*flip).abs() >= observed).count();
    reached as f64 / f64::from(flips)
}

fn drawn(sums: &[f64], random: &mut Random) -> f64 {
    let mut total = 0.0;
    for some in sums.chunks(64) {
        let mut bits = random.bits();
        for sum in some {
            total += if bits & 1 == 1 { -sum } else { *sum };
            bits >>= 1;
        }
    }
    total
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn alone(diffs: &[f64]) -> f64 {
        let own: Vec<u32> = (0..).take(diffs.len()).collect();
        sign_flip(diffs, &own, 1).unwrap()
    }

    fn near(found: f64, expected: f64) {
        assert!((found - expected).abs() < 1e-12, "{found}, not {expected}");
    }

    #[test]
    fn nothing_and_next_to_nothing() {
        assert_eq!(sign_flip(&[], &[], 1), None);
        assert_eq!(sign_flip(&[f64::NAN], &[0], 1), None);
        near(alone(&[0.3]), 1.0);
        near(alone(&[0.0; 40]), 1.0);
        near(sign_flip(&[0.1, 0.2, -0.1, -0.2], &[0, 0, 0, 0], 1).unwrap(), 1.0);
    }

    #[test]
    fn constant_differences_are_not_a_certainty() {
        near(alone(&[-0.2; 10]), 2.0 / 1024.0);
        near(alone(&[-0.2; 16]), 2.0 / 65536.0);
        near(alone(&[-0.2; 500]), 1.0 / 10_000.0);
        // In clusters they are fewer flips.
        near(sign_flip(&[-0.2; 10], &[0, 0, 0, 0, 0, 1, 1, 1, 1, 1], 1).unwrap(), 0.5);
    }

    #[test]
    fn by_hand() {
        // 1, 2, 3: only all of one sign reach 6; 2 of 8.
        near(alone(&[1.0, 2.0, 3.0]), 0.25);
        // 1, 2, −3 sums to 0, which all reach.
        near(alone(&[1.0, 2.0, -3.0]), 1.0);
        // Differences of 0 do not count: 0.1 + 0.2 is 0.3 in spite of rounding.
        near(alone(&[0.1, 0.2, -0.3, 0.0, 0.0]), 1.0);
    }

    #[test]
    fn drawn_flips_come_near_all_flips() {
        let diffs: Vec<f64> = (0..16).map(|i| f64::from(i % 5) / 4.0 - 0.4).collect();
        let exact = alone(&diffs);
        let mut random = Random::new(3);
        let observed = diffs.iter().sum::<f64>().abs() - 1e-9;
        let reached = (0..40_000).filter(|_| drawn(&diffs, &mut random).abs() >= observed).count();
        assert!((reached as f64 / 40_000.0 - exact).abs() < 0.01, "{exact}");
    }

    proptest! {
        #[test]
        fn it_is_a_probability_that_knows_no_side(diffs in proptest::collection::vec((-1.0..1.0_f64, 0_u32..30), 1..60), seed: u64) {
            let (d, c): (Vec<f64>, Vec<u32>) = diffs.iter().copied().unzip();
            let p = sign_flip(&d, &c, seed).unwrap();
            prop_assert!(p > 0.0 && p <= 1.0);
            let back: Vec<f64> = d.iter().map(|x| -x).collect();
            let q = sign_flip(&back, &c, seed).unwrap();
            prop_assert!((p - q).abs() < 0.03, "{} {}", p, q);
        }
    }
}
