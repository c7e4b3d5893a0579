//! From repeats of a case: would one of k pass, would all of k pass, and is it a matter of luck.

use super::points::beta_share;

/// Unbiased chance that at least one of `k` repeats passes, from `c` passed of `n`: 1 − C(n−c, k)/C(n, k). `None` for `k` beyond
/// `n`, of which `n` repeats say nothing, and for `c` beyond `n`.
///
/// Chen et al. 2021, arXiv 2107.03374, §2.1.
pub fn pass_at_k(n: u64, c: u64, k: u64) -> Option<f64> {
    none_of(n, c, k).map(|none| 1.0 - none)
}

/// Unbiased chance that all of `k` repeats pass, from `c` passed of `n`: C(c, k)/C(n, k). `None` for `k` beyond `n`, and for
/// `c` beyond `n`.
///
/// Yao et al. 2024 (τ-bench), arXiv 2406.12045, §4; (c/n)^k would be too high.
pub fn pass_hat_k(n: u64, c: u64, k: u64) -> Option<f64> {
    none_of(n, n.checked_sub(c)?, k)
}

/// C(n−c, k) / C(n, k).
fn none_of(n: u64, c: u64, k: u64) -> Option<f64> {
    if c > n || k > n {
        return None;
    }
    let others = n - c;
    if k > others {
        return Some(0.0);
    }
    Some((0..k).map(|i| (others - i) as f64 / (n - i) as f64).product())
}

/// Trials below which nothing is called flaky.
const LEAST_TRIALS: u64 = 5;

/// Whether a case passes now and then: after at least 5 trials under the same conditions, the posterior Beta(1 + passed, 1 + failed)
/// has more than 90 % of its weight between pass rates of .1 and .9.
pub fn is_flaky(passed: u64, failed: u64) -> bool {
    passed.saturating_add(failed) >= LEAST_TRIALS && mixed_chance(passed, failed) > 0.9
}

/// Posterior chance that the pass rate is between .1 and .9.
pub fn mixed_chance(passed: u64, failed: u64) -> f64 {
    let (a, b) = (1.0 + passed as f64, 1.0 + failed as f64);
    beta_share(a, b, 0.9) - beta_share(a, b, 0.1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn near(found: Option<f64>, expected: f64) {
        assert!((found.unwrap() - expected).abs() < 1e-12, "{found:?}, not {expected}");
    }

    #[test]
    fn the_ends() {
        assert_eq!((pass_at_k(0, 0, 1), pass_hat_k(0, 0, 1)), (None, None));
        assert_eq!((pass_at_k(3, 4, 1), pass_hat_k(3, 4, 1)), (None, None));
        assert_eq!((pass_at_k(3, 1, 4), pass_hat_k(3, 1, 4)), (None, None));
        near(pass_at_k(1, 1, 1), 1.0);
        near(pass_hat_k(1, 0, 1), 0.0);
        near(pass_at_k(4, 0, 3), 0.0);
        near(pass_hat_k(4, 4, 4), 1.0);
        near(pass_hat_k(4, 2, 0), 1.0);
    }

    #[test]
    fn by_hand() {
        near(pass_at_k(4, 2, 1), 0.5);
        near(pass_at_k(4, 2, 2), 1.0 - 1.0 / 6.0);
        near(pass_hat_k(4, 3, 2), 0.5);
        near(pass_hat_k(4, 2, 2), 1.0 / 6.0);
    }

    #[test]
    fn flaky_needs_trials_and_both_ways() {
        assert!(!is_flaky(0, 0) && !is_flaky(1, 0) && !is_flaky(2, 2));
        assert!(is_flaky(3, 3) && is_flaky(2, 3) && is_flaky(50, 50));
        assert!(!is_flaky(5, 0) && !is_flaky(0, 9) && !is_flaky(99, 1) && !is_flaky(u64::MAX, 1));
    }

    proptest! {
        #[test]
        fn more_tries_help_one_and_harm_all(n in 1u64..60, c in 0u64..60, k in 1u64..60) {
            prop_assume!(c <= n && k < n);
            let (one, all) = (pass_at_k(n, c, k).unwrap(), pass_hat_k(n, c, k).unwrap());
            prop_assert!((0.0..=1.0).contains(&one) && (0.0..=1.0).contains(&all));
            prop_assert!(pass_at_k(n, c, k + 1).unwrap() >= one - 1e-12);
            prop_assert!(pass_hat_k(n, c, k + 1).unwrap() <= all + 1e-12);
            // Both are what the other says of failures.
            prop_assert!((one - (1.0 - pass_hat_k(n, n - c, k).unwrap())).abs() < 1e-12);
        }
    }
}
