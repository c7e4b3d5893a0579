//! Intervals for proportions.

use serde::{Deserialize, Serialize};

use super::points::{Z, beta_point};

/// A confidence interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Interval {
    /// Lower bound.
    pub low: f64,
    /// Upper bound.
    pub high: f64,
}

/// Wilson score interval of `passed / n` at 95 %; `None` for n = 0 and for more passed than there are.
///
/// Wilson 1927, Journal of the American Statistical Association 22, 209–212.
pub fn wilson(passed: u64, n: u64) -> Option<Interval> {
    if n == 0 || passed > n {
        return None;
    }
    Some(wilson_at(passed, n, n as f64))
}

/// The same where `n` trials are as telling as `effective` independent ones.
pub(super) fn wilson_at(passed: u64, n: u64, effective: f64) -> Interval {
    let interval = wilson_of(passed as f64 / n as f64, effective);
    // The bounds at 0 and n are exact; rounding would leave them a hair off.
    Interval {
        low: if passed == 0 { 0.0 } else { interval.low },
        high: if passed == n { 1.0 } else { interval.high },
    }
}

/// Jeffreys' interval of `hits / n` at 95 %: the middle of Beta(hits + ½, n − hits + ½), reaching 0 for no hits and 1 for
/// nothing else; `None` where [`wilson`] has none.
///
/// Brown, Cai and DasGupta 2001, Statistical Science 16, 101–133, §4.1.1.
pub fn jeffreys(hits: u64, n: u64) -> Option<Interval> {
    if n == 0 || hits > n {
        return None;
    }
    let (a, b) = (hits as f64 + 0.5, (n - hits) as f64 + 0.5);
    Some(Interval {
        low: if hits == 0 { 0.0 } else { beta_point(a, b, 0.025) },
        high: if hits == n { 1.0 } else { beta_point(a, b, 0.975) },
    })
}

/// Wilson's interval of a share over `n` values, which need not be a whole number.
fn wilson_of(p: f64, n: f64) -> Interval {
    let z2 = Z * Z;
    let centre = (p + z2 / (2.0 * n)) / (1.0 + z2 / n);
    let half = Z * (p * (1.0 - p) / n + z2 / (4.0 * n * n)).sqrt() / (1.0 + z2 / n);
    Interval { low: (centre - half).max(0.0), high: (centre + half).min(1.0) }
}

/// Newcombe's square-and-add interval of p_B − p_A for paired proportions at 95 %; `None` for no pairs.
/// `both`, `only_a`, `only_b`, `neither` are counts of pairs by who passed.
///
/// Newcombe 1998, Statistics in Medicine 17, 2635–2650, method 10 (Wilson intervals of both
/// proportions, and their correlation φ with its continuity correction).
pub fn newcombe_paired(both: u64, only_a: u64, only_b: u64, neither: u64) -> Option<Interval> {
    let n = both.checked_add(only_a)?.checked_add(only_b)?.checked_add(neither)?;
    let a = wilson(both + only_a, n)?;
    let b = wilson(both + only_b, n)?;
    let total = n as f64;
    let (p_a, p_b) = ((both + only_a) as f64 / total, (both + only_b) as f64 / total);
    let phi = corrected_phi(both as f64, only_a as f64, only_b as f64, neither as f64);
    Some(square_and_add((p_a, a), (p_b, b), phi))
}

/// The same of weighted shares (`both`, `only_a`, `only_b`, `neither`; their sum is 1) that are as telling as `effective`
/// pairs of equal weight; `None` for less than one pair.
///
/// Newcombe 1998 as above, at the effective number of Kish 1965, Survey Sampling, §11.7.
pub fn newcombe_weighted(shares: [f64; 4], effective: f64) -> Option<Interval> {
    let [both, only_a, only_b, neither] = shares;
    if !(effective >= 1.0 && shares.iter().all(|s| *s >= 0.0)) {
        return None;
    }
    let (p_a, p_b) = ((both + only_a).min(1.0), (both + only_b).min(1.0));
    let (a, b) = (wilson_of(p_a, effective), wilson_of(p_b, effective));
    let [both, only_a, only_b, neither] = [both, only_a, only_b, neither].map(|share| share * effective);
    Some(square_and_add((p_a, a), (p_b, b), corrected_phi(both, only_a, only_b, neither)))
}

/// The interval of a difference from those of its parts and their correlation.
fn square_and_add((p_a, a): (f64, Interval), (p_b, b): (f64, Interval), phi: f64) -> Interval {
    let combine = |x: f64, y: f64| (x * x - 2.0 * phi * x * y + y * y).max(0.0).sqrt();
    let difference = p_b - p_a;
    Interval {
        low: (difference - combine(p_b - b.low, a.high - p_a)).max(-1.0),
        high: (difference + combine(b.high - p_b, p_a - a.low)).min(1.0),
    }
}

/// Newcombe's interval of p_B − p_A for independent proportions at 95 %, `pass_a` of `n_a` and `pass_b` of `n_b`; `None` where
/// [`wilson`] has none.
///
/// Newcombe 1998, Statistics in Medicine 17, 873–890, method 10 (Wilson intervals of both, without correction).
pub fn newcombe(pass_a: u64, n_a: u64, pass_b: u64, n_b: u64) -> Option<Interval> {
    let (a, b) = (wilson(pass_a, n_a)?, wilson(pass_b, n_b)?);
    let (p_a, p_b) = (pass_a as f64 / n_a as f64, pass_b as f64 / n_b as f64);
    let difference = p_b - p_a;
    Some(Interval {
        low: (difference - (p_b - b.low).hypot(a.high - p_a)).max(-1.0),
        high: (difference + (b.high - p_b).hypot(p_a - a.low)).min(1.0),
    })
}

fn corrected_phi(both: f64, only_a: f64, only_b: f64, neither: f64) -> f64 {
    let margins = (both + only_a) * (only_b + neither) * (both + only_b) * (only_a + neither);
    if margins <= 0.0 {
        return 0.0;
    }
    let n = both + only_a + only_b + neither;
    let raw = both * neither - only_a * only_b;
    let numerator = if raw > 0.0 { (raw - n / 2.0).max(0.0) } else { raw };
    numerator / margins.sqrt()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn near(interval: Option<Interval>, low: f64, high: f64) {
        let Interval { low: l, high: h } = interval.expect("an interval");
        assert!((l - low).abs() < 1e-9 && (h - high).abs() < 1e-9, "{l} {h}, not {low} {high}");
    }

    #[test]
    fn no_trials_no_interval() {
        assert_eq!(wilson(0, 0), None);
        assert_eq!(wilson(3, 2), None);
        assert_eq!(newcombe_paired(0, 0, 0, 0), None);
        assert_eq!(newcombe_paired(u64::MAX, 1, 0, 0), None);
        assert_eq!(newcombe(1, 1, 2, 1), None);
        assert_eq!((jeffreys(0, 0), jeffreys(3, 2)), (None, None));
    }

    #[test]
    fn one_trial() {
        near(wilson(0, 1), 0.0, 0.793_450_685_622_762_6);
        near(wilson(1, 1), 0.206_549_314_377_237_45, 1.0);
    }

    /// Newcombe 1998 (Statistics in Medicine 17, 857–872), table I: 81/263, 15/148, 0/20, 1/29.
    #[test]
    fn wilson_agrees_with_the_published_examples() {
        near(wilson(81, 263), 0.255_288_519_878_274_2, 0.366_209_576_982_800_04);
        near(wilson(15, 148), 0.062_386_399_530_736_3, 0.160_487_241_723_308_03);
        near(wilson(0, 20), 0.0, 0.161_125_158_052_819_38);
        near(wilson(1, 29), 0.006_113_214_292_762_653, 0.171_755_218_793_202_88);
    }

    /// Newcombe 1998, table III: printed there as 0.0569 to 0.3404.
    #[test]
    fn newcombe_agrees_with_the_published_example() {
        near(newcombe_paired(36, 2, 12, 0), 0.056_929_584_003_238_69, 0.340_427_602_974_940_7);
        near(newcombe_paired(20, 2, 12, 16), 0.056_156_424_841_748_265, 0.329_206_995_400_140_5);
        near(newcombe_paired(2, 1, 97, 0), 0.872_116_478_340_208_9, 0.985_366_450_221_737_2);
        near(newcombe_paired(53, 0, 1, 0), -0.049_621_661_889_403_88, 0.097_714_374_887_819_2);
    }

    /// Newcombe 1998 (Statistics in Medicine 17, 873–890), table II: 56/70 against 48/80, 9/10 against 3/10, 10/10 against 0/10.
    #[test]
    fn independent_shares_agree_with_the_published_examples() {
        let rounded = |found: Option<Interval>, low: f64, high: f64| {
            let Interval { low: l, high: h } = found.expect("an interval");
            assert!((l - low).abs() < 5.1e-5 && (h - high).abs() < 5.1e-5, "{l} {h}");
        };
        rounded(newcombe(48, 80, 56, 70), 0.0524, 0.3339);
        rounded(newcombe(3, 10, 9, 10), 0.1705, 0.8090);
        rounded(newcombe(0, 10, 10, 10), 0.6075, 1.0);
        assert_eq!(newcombe(0, 0, 1, 1), None);
    }

    #[test]
    fn weighted_shares_of_equal_weight_are_counts() {
        let weighted = newcombe_weighted([0.72, 0.04, 0.24, 0.0], 50.0);
        near(weighted, 0.056_929_584_003_238_69, 0.340_427_602_974_940_7);
        assert_eq!(newcombe_weighted([1.0, 0.0, 0.0, 0.0], 0.5), None);
        assert_eq!(newcombe_weighted([1.0, 0.0, 0.0, 0.0], f64::NAN), None);
    }

    #[test]
    fn equal_arms_keep_an_interval_around_zero() {
        near(newcombe_paired(30, 0, 0, 0), -0.113_513_393_173_968_9, 0.113_513_393_173_968_9);
        near(newcombe_paired(0, 0, 30, 0), 0.839_467_819_862_383_8, 1.0);
    }

    proptest! {
        #[test]
        fn intervals_hold_their_estimate(a in 0u64..400, b in 0u64..400, c in 0u64..400, d in 0u64..400) {
            prop_assume!(a + b + c + d > 0);
            let n = a + b + c + d;
            let w = wilson(a, n).unwrap();
            let p = a as f64 / n as f64;
            for w in [w, jeffreys(a, n).unwrap()] {
                prop_assert!(0.0 <= w.low && w.low <= p && p <= w.high && w.high <= 1.0);
            }
            let forth = newcombe_paired(a, b, c, d).unwrap();
            let difference = (c as f64 - b as f64) / n as f64;
            prop_assert!(-1.0 <= forth.low && forth.high <= 1.0);
            prop_assert!(forth.low <= difference + 1e-12 && difference - 1e-12 <= forth.high);
            let back = newcombe_paired(a, c, b, d).unwrap();
            prop_assert!((forth.low + back.high).abs() < 1e-12 && (forth.high + back.low).abs() < 1e-12);
        }
    }
}
