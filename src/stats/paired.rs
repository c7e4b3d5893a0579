//! Paired tests.

use super::points::{ln_choose, ln_half_tail};

/// Two-sided mid-p McNemar test on `broke` (A pass, B fail) and `fixed` (A fail, B pass) pairs; 1.0 when none is discordant.
///
/// 2·P(X ≤ min) − P(X = min) for X ~ Bin(broke + fixed, ½), at most 1: Fagerland, Lydersen and
/// Laake 2013, doi 10.1186/1471-2288-13-91.
pub fn mcnemar_mid_p(broke: u64, fixed: u64) -> f64 {
    if broke == fixed {
        return 1.0;
    }
    let fewer = broke.min(fixed);
    let Some(n) = broke.checked_add(fixed) else { return 0.0 };
    let at_fewer = (ln_choose(n, fewer) - n as f64 * std::f64::consts::LN_2).exp();
    (2.0 * ln_half_tail(n, fewer).exp() - at_fewer).clamp(0.0, 1.0)
}

/// Two-sided exact McNemar test on `broke` and `fixed` pairs: 2·P(X ≤ min) for X ~ Bin(broke + fixed, ½), at most 1; 1.0 when none
/// is discordant. [`mcnemar_mid_p`] finds more and still errs no more often than it says.
///
/// McNemar 1947, Psychometrika 12, 153–157.
pub fn mcnemar_exact(broke: u64, fixed: u64) -> f64 {
    let Some(n) = broke.checked_add(fixed) else { return if broke == fixed { 1.0 } else { 0.0 } };
    (2.0 * ln_half_tail(n, broke.min(fixed)).exp()).min(1.0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn near(broke: u64, fixed: u64, expected: f64) {
        let p = mcnemar_mid_p(broke, fixed);
        assert!((p - expected).abs() <= 1e-9 * expected, "{broke}/{fixed}: {p}, not {expected}");
    }

    #[test]
    fn nothing_discordant_is_no_evidence() {
        assert!((mcnemar_mid_p(0, 0) - 1.0).abs() < f64::EPSILON);
        near(0, 1, 0.5);
        near(50, 50, 1.0);
    }

    /// Exact rational arithmetic of the definition.
    #[test]
    fn agrees_with_exact_arithmetic() {
        near(5, 0, 0.03125);
        near(6, 0, 0.015_625);
        near(1, 7, 0.039_062_5);
        near(3, 4, 0.726_562_5);
        near(10, 20, 0.070_755_545_981_228_35);
        near(158, 31, 6.301_699_551_930_382e-22);
        near(429, 203, 1.070_313_992_457_998_4e-19);
        near(2000, 1800, 0.001_175_828_382_071_242_1);
    }

    #[test]
    fn five_one_way_is_the_least_that_can_be_significant() {
        assert!(mcnemar_mid_p(4, 0) > 0.05);
        assert!(mcnemar_mid_p(5, 0) < 0.05);
    }

    #[test]
    fn the_exact_test_by_hand() {
        for (broke, fixed, expected) in
            [(0, 0, 1.0), (1, 0, 1.0), (1, 1, 1.0), (5, 0, 0.0625), (6, 0, 0.03125), (1, 7, 0.070_312_5)]
        {
            let p = mcnemar_exact(broke, fixed);
            assert!((p - expected).abs() < 1e-12, "{broke}/{fixed}: {p}, not {expected}");
        }
        assert!(mcnemar_exact(u64::MAX, 1) < 1e-9);
    }

    proptest! {
        #[test]
        fn it_is_a_symmetric_probability(b in 0u64..5000, f in 0u64..5000) {
            let p = mcnemar_mid_p(b, f);
            prop_assert!((0.0..=1.0).contains(&p));
            prop_assert!((p - mcnemar_mid_p(f, b)).abs() <= f64::EPSILON);
            prop_assert!(p <= mcnemar_exact(b, f) + 1e-12);
        }
    }
}
