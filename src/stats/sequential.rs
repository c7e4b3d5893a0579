//! Evidence that may be looked at after every case.

use super::points::{ln_choose, ln_half_tail};

/// The e-value against "the candidate is no worse", from `broke` and `fixed` cases so far:
/// E = 2 · 2^(b+f) · B(b+1, f+1) · P(Bin(b+f+1, ½) ≤ b).
///
/// However often one looks, the chance that it ever reaches 1/α is at most α when the candidate is no worse, so a run may
/// stop with a regression when it does. 1 for no evidence; 7 broken and none fixed are the first to reach 20. Cases in
/// random order, each counted once however many wordings and repeats it has.
///
/// A mixture over chances to break between ½ and 1 (Robbins 1970, Annals of Mathematical Statistics 41, 1397–1409); Ville's
/// inequality: Ramdas et al. 2023, Statistical Science 38, 576–601.
pub fn e_value(broke: u64, fixed: u64) -> f64 {
    let Some(n) = broke.checked_add(fixed).filter(|n| *n < u64::MAX) else { return 1.0 };
    let mixed = (n as f64 + 1.0) * std::f64::consts::LN_2 - (n as f64 + 1.0).ln() - ln_choose(n, broke);
    (mixed + ln_half_tail(n + 1, broke)).exp()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn near(found: f64, expected: f64) {
        assert!((found - expected).abs() <= 1e-9 * expected, "{found}, not {expected}");
    }

    #[test]
    fn by_hand() {
        near(e_value(0, 0), 1.0);
        near(e_value(1, 0), 1.5);
        near(e_value(0, 1), 0.5);
        near(e_value(7, 0), 31.875);
        assert!(e_value(6, 0) < 20.0);
        assert!(e_value(9_000, 0).is_infinite() && e_value(0, 9_000) < 1e-3);
    }

    /// It is a fair game: what comes next is expected to leave it as it is.
    #[test]
    fn under_no_change_it_is_a_martingale() {
        for (broke, fixed) in [(0, 0), (3, 1), (1, 6), (20, 20), (400, 390)] {
            let next = f64::midpoint(e_value(broke + 1, fixed), e_value(broke, fixed + 1));
            near(next, e_value(broke, fixed));
        }
    }

    proptest! {
        #[test]
        fn broken_cases_speak_for_it_and_fixed_ones_against(b in 0u64..300, f in 0u64..300) {
            let now = e_value(b, f);
            prop_assert!(now >= 0.0 && e_value(b + 1, f) >= now * (1.0 - 1e-9));
            prop_assert!(e_value(b, f + 1) <= now * (1.0 + 1e-9));
        }
    }
}
