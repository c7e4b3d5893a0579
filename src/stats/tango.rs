//! The score interval for the difference of paired proportions.

use super::Interval;
use super::points::{HALVINGS, Z};

/// Tango's score interval of p_B − p_A for paired proportions at 95 %; `None` for no pairs.
/// `both`, `only_a`, `only_b`, `neither` are counts of pairs by who passed.
///
/// Tango 1998, Statistics in Medicine 17, 891–908: all differences that the score test with the restricted
/// maximum likelihood estimate does not reject.
pub fn tango(both: u64, only_a: u64, only_b: u64, neither: u64) -> Option<Interval> {
    let n = both.checked_add(only_a)?.checked_add(only_b)?.checked_add(neither)?;
    tango_at(only_a as f64 / n as f64, only_b as f64 / n as f64, n as f64)
}

/// The same of the shares that broke and were fixed among so many pairs, which need not be a whole number; `None` for no pairs and
/// for what are no shares.
pub fn tango_at(broke: f64, fixed: f64, n: f64) -> Option<Interval> {
    if !(n > 0.0 && n.is_finite() && broke >= 0.0 && fixed >= 0.0 && broke + fixed < 1.0 + 1e-9) {
        return None;
    }
    let difference = fixed - broke;
    let score = |at: f64| {
        let half = (2.0 - fixed + broke) * at - fixed - broke;
        let root = (half * half + 8.0 * broke * at * (1.0 - at)).max(0.0).sqrt();
        let variance = (root - half) / 2.0 + at * (1.0 - at);
        n.sqrt() * (difference - at) / variance.max(0.0).sqrt()
    };
    // At −1 and 1 the variance is 0 and the score has no limit that a search could meet.
    let bound = |end: f64, sign: f64| {
        let (mut inside, mut outside) = (difference, end);
        for _ in 0..HALVINGS {
            let middle = f64::midpoint(inside, outside);
            if sign * score(middle) > Z {
                outside = middle;
            } else {
                inside = middle;
            }
        }
        f64::midpoint(inside, outside)
    };
    Some(Interval {
        low: if broke >= 1.0 { -1.0 } else { bound(-1.0, 1.0) },
        high: if fixed >= 1.0 { 1.0 } else { bound(1.0, -1.0) },
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_ends() {
        assert_eq!(tango(0, 0, 0, 0), None);
        assert_eq!(tango(u64::MAX, 1, 0, 0), None);
        assert!(tango(1, 0, 0, 0).unwrap().high <= 1.0);
        let all = tango(0, 0, 30, 0).unwrap();
        assert!((all.high - 1.0).abs() < f64::EPSILON && all.low > 0.77 && all.low < 0.78, "{all:?}");
    }

    #[test]
    fn nothing_moved_leaves_an_interval_around_zero() {
        // The score at δ with no discordant pair is −√(n·δ/(1+δ))·…: the bound is z²/(n + z²).
        let found = tango(100, 0, 0, 0).unwrap();
        let bound = Z * Z / (100.0 + Z * Z);
        assert!((found.high - bound).abs() < 1e-9 && (found.low + bound).abs() < 1e-9, "{found:?}");
    }

    proptest! {
        #[test]
        fn it_holds_its_estimate_and_turns(a in 0u64..400, b in 0u64..400, c in 0u64..400, d in 0u64..400) {
            prop_assume!(a + b + c + d > 0);
            let found = tango(a, b, c, d).unwrap();
            let difference = (c as f64 - b as f64) / (a + b + c + d) as f64;
            prop_assert!(-1.0 <= found.low && found.high <= 1.0);
            prop_assert!(found.low <= difference + 1e-12 && difference - 1e-12 <= found.high, "{:?}", found);
            let back = tango(a, c, b, d).unwrap();
            prop_assert!((found.low + back.high).abs() < 1e-9 && (found.high + back.low).abs() < 1e-9);
        }
    }
}
