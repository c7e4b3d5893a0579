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

    proptest! {
        #[test]
        fn intervals_hold_their_estimate(passed in 0u64..400, failed in 0u64..400) {
            prop_assume!(passed + failed > 0);
            let n = passed + failed;
            let p = passed as f64 / n as f64;
            for found in [wilson(passed, n).unwrap(), jeffreys(passed, n).unwrap()] {
                prop_assert!(0.0 <= found.low && found.low <= p && p <= found.high && found.high <= 1.0);
            }
        }
    }
}
