//! Two independent shares: Fisher's exact test.

/// Counts that are as likely as the observed one but for rounding count with it.
const HAIR: f64 = 1.0 + 1e-9;

/// Two-sided p for `pass_a` of `n_a` against `pass_b` of `n_b`: the sum of all tables with these margins that are no more
/// likely than the observed one; 1.0 where a margin is empty, and for more passed than there are.
///
/// Fisher 1935, Journal of the Royal Statistical Society 98, 39–82.
pub fn fisher(pass_a: u64, n_a: u64, pass_b: u64, n_b: u64) -> f64 {
    if pass_a > n_a || pass_b > n_b || n_a.checked_add(n_b).is_none() {
        return 1.0;
    }
    let passed = pass_a + pass_b;
    let (least, most) = (passed.saturating_sub(n_b), passed.min(n_a));
    // P(x + 1) / P(x) of the hypergeometric distribution.
    let step = |x: u64| {
        let up = (n_a - x) as f64 * (passed - x) as f64;
        up / ((x + 1) as f64 * (n_b + x + 1 - passed) as f64)
    };
    // Relative to the observed table, outwards from it; what is far beyond it overflows to infinity, which is right.
    let (mut likely, mut unlikely) = (0.0_f64, 1.0_f64);
    let mut count = |weight: f64| if weight <= HAIR { unlikely += weight } else { likely += weight };
    let mut weight = 1.0;
    for x in pass_a..most {
        weight *= step(x);
        count(weight);
        if weight < f64::MIN_POSITIVE {
            break;
        }
    }
    weight = 1.0;
    for x in (least..pass_a).rev() {
        weight /= step(x);
        count(weight);
        if weight < f64::MIN_POSITIVE {
            break;
        }
    }
    (unlikely / (unlikely + likely)).clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn near(found: f64, expected: f64) {
        assert!((found - expected).abs() <= 1e-12, "{found}, not {expected}");
    }

    #[test]
    fn the_ends() {
        near(fisher(0, 0, 0, 0), 1.0);
        near(fisher(1, 1, 0, 0), 1.0);
        near(fisher(3, 2, 0, 1), 1.0);
        near(fisher(5, 5, 7, 7), 1.0);
        near(fisher(1, 1, 0, 1), 1.0);
    }

    /// Fisher's tea taster: 3 of 4 against 1 of 4 gives 34/70; 4 of 4 against none 2/70.
    #[test]
    fn the_lady_tasting_tea() {
        near(fisher(3, 4, 1, 4), 34.0 / 70.0);
        near(fisher(4, 4, 0, 4), 2.0 / 70.0);
        near(fisher(3, 3, 0, 3), 0.1);
        near(fisher(5, 5, 0, 5), 2.0 / 252.0);
    }

    #[test]
    fn many_trials_do_not_leave_the_range() {
        let p = fisher(9_000, 10_000, 1_000, 10_000);
        assert!((0.0..1e-300).contains(&p), "{p}");
        assert!(fisher(5_000, 10_000, 5_000, 10_000) > 0.99);
    }

    proptest! {
        #[test]
        fn it_is_a_symmetric_probability(a in 0u64..50, b in 0u64..50, c in 0u64..50, d in 0u64..50) {
            let p = fisher(a, a + b, c, c + d);
            prop_assert!((0.0..=1.0).contains(&p));
            for q in [fisher(c, c + d, a, a + b), fisher(b, a + b, d, c + d)] {
                prop_assert!((p - q).abs() < 1e-9, "{} {}", p, q);
            }
        }
    }
}
