//! How likely the paired test is to find a change.

use super::mcnemar_mid_p;
use super::points::ln_choose;

/// Chance that the two-sided mid-p McNemar test of `n` pairs is significant at `alpha`, when a pair is broken with chance `p_broke`
/// and fixed with chance `p_fixed`; by enumeration of all outcomes. 0 for chances that are none.
///
/// The enumeration of Fagerland, Lydersen and Laake 2013, doi 10.1186/1471-2288-13-91, §Methods.
pub fn mcnemar_power(n: u64, p_broke: f64, p_fixed: f64, alpha: f64) -> f64 {
    let moved = p_broke + p_fixed;
    if !(p_broke >= 0.0 && p_fixed >= 0.0 && moved > 0.0 && moved <= 1.0) {
        return 0.0;
    }
    let one_way = p_broke / moved;
    // The largest count of the rarer direction that is significant; it only rises with the discordant pairs.
    let mut rarest: Option<u64> = None;
    let mut power = 0.0;
    for discordant in 1..=n {
        let next = rarest.map_or(0, |c| c + 1);
        if 2 * next < discordant && mcnemar_mid_p(next, discordant - next) <= alpha {
            rarest = Some(next);
        }
        let weight = chance(n, discordant, moved);
        if let Some(most) = rarest.filter(|_| weight > 1e-18) {
            power += weight * (at_most(discordant, most, one_way) + at_most(discordant, most, 1.0 - one_way));
        }
    }
    power.clamp(0.0, 1.0)
}

/// The smallest share of `n` pairs that, all broken and none fixed, the two-sided mid-p McNemar test finds with `power` at `alpha`;
/// infinite where all together would not do. Whatever the variance, less cannot be shown.
pub fn least_share(n: u64, alpha: f64, power: f64) -> f64 {
    // So many one way are the fewest that are significant: five at 0.05.
    let Some(fewest) = (1..=n).find(|moved| mcnemar_mid_p(*moved, 0) <= alpha) else { return f64::INFINITY };
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..50 {
        let middle = f64::midpoint(low, high);
        if 1.0 - at_most(n, fewest - 1, middle) < power {
            low = middle;
        } else {
            high = middle;
        }
    }
    high
}

/// P(X = k) for X ~ Bin(n, p).
fn chance(n: u64, k: u64, p: f64) -> f64 {
    // 0 · ln 0 is no number, but its limit is 0.
    let times = |count: u64, p: f64| if count == 0 { 0.0 } else { count as f64 * p.ln() };
    (ln_choose(n, k) + times(k, p) + times(n - k, 1.0 - p)).exp()
}

/// P(X ≤ most) for X ~ Bin(n, p).
fn at_most(n: u64, most: u64, p: f64) -> f64 {
    (0..=most.min(n)).map(|k| chance(n, k, p)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(found: f64, expected: f64) {
        assert!((found - expected).abs() < 1e-9, "{found}, not {expected}");
    }

    #[test]
    fn the_ends() {
        near(mcnemar_power(0, 0.1, 0.0, 0.05), 0.0);
        near(mcnemar_power(4, 1.0, 0.0, 0.05), 0.0);
        near(mcnemar_power(5, 1.0, 0.0, 0.05), 1.0);
        near(mcnemar_power(50, 0.0, 0.0, 0.05), 0.0);
        near(mcnemar_power(50, 0.7, 0.7, 0.05), 0.0);
        near(mcnemar_power(50, f64::NAN, 0.7, 0.05), 0.0);
    }

    /// Five of five pairs must be broken: .3⁵ and .1⁵.
    #[test]
    fn by_hand() {
        near(mcnemar_power(5, 0.3, 0.1, 0.05), 0.3_f64.powi(5) + 0.1_f64.powi(5));
    }

    #[test]
    fn the_least_share_is_where_the_power_begins() {
        assert!(least_share(4, 0.05, 0.8).is_infinite());
        near(least_share(5, 0.05, 0.8), 0.8_f64.powf(0.2));
        for n in [20, 100, 1000] {
            let share = least_share(n, 0.05, 0.8);
            assert!((mcnemar_power(n, share, 0.0, 0.05) - 0.8).abs() < 1e-6, "{n}: {share}");
        }
    }

    /// The same by going through all tables, term by term.
    #[test]
    fn it_is_the_enumeration() {
        for (n, broke, fixed) in [(12_u64, 0.3, 0.1), (30, 0.2, 0.05), (40, 0.1, 0.1)] {
            let mut sum = 0.0;
            for b in 0..=n {
                for f in 0..=n - b {
                    if mcnemar_mid_p(b, f) <= 0.05 {
                        let ways = ln_choose(n, b) + ln_choose(n - b, f);
                        let same = 1.0 - broke - fixed;
                        sum += (ways
                            + b as f64 * f64::ln(broke)
                            + f as f64 * f64::ln(fixed)
                            + (n - b - f) as f64 * f64::ln(same))
                        .exp();
                    }
                }
            }
            near(mcnemar_power(n, broke, fixed, 0.05), sum);
        }
    }

    #[test]
    fn without_a_change_it_is_the_size() {
        for n in [20, 50, 200] {
            for moved in [0.02, 0.05, 0.1, 0.2] {
                let size = mcnemar_power(n, moved, moved, 0.05);
                assert!(size <= 0.055, "{n} {moved}: {size}");
            }
        }
    }

    #[test]
    fn more_pairs_find_more() {
        let found: Vec<f64> = [50, 100, 200, 400, 2000].map(|n| mcnemar_power(n, 0.08, 0.03, 0.05)).into();
        assert!(found.is_sorted() && found[4] > 0.999, "{found:?}");
    }
}
