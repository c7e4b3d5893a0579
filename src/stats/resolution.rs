//! The smallest change that so many cases and repeats can show.

use serde::{Deserialize, Serialize};

use super::points::normal_point;
use super::{least_share, mean};

/// Where the variance of a difference of case means comes from.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct VarianceSplit {
    /// ω²: variance of the true differences over cases.
    pub between: f64,
    /// σ² of the baseline: variance of its repeats within a case.
    pub within_base: f64,
    /// σ² of the candidate: variance of its repeats within a case.
    pub within_cand: f64,
}

impl VarianceSplit {
    /// The variance of a case's difference with so many repeats of each arm.
    pub fn of_difference(&self, k_base: f64, k_cand: f64) -> f64 {
        self.between + self.within_base / k_base + self.within_cand / k_cand
    }
}

/// Mean variance within cases; `None` where no case has 2 repeats.
pub fn within(cases: &[Vec<f64>]) -> Option<f64> {
    let each: Vec<f64> = cases.iter().filter_map(|repeats| variance(repeats)).collect();
    mean(&each)
}

/// Sample variance; `None` under 2 values.
pub fn variance(values: &[f64]) -> Option<f64> {
    let centre = mean(values)?;
    let sum: f64 = values.iter().map(|x| (x - centre).powi(2)).sum();
    (values.len() > 1).then(|| sum / (values.len() - 1) as f64)
}

/// z of a two-sided test at `alpha` plus z of `power`.
fn reach(alpha: f64, power: f64) -> f64 {
    normal_point(1.0 - alpha / 2.0) + normal_point(power)
}

/// The smallest mean difference that `n` cases show with `power` at `alpha`, two-sided:
/// (z_{α/2} + z_β) · √((ω² + σ²_A/K_A + σ²_B/K_B) / n); infinite without cases.
///
/// Miller 2024, arXiv 2411.00640, §5.
pub fn smallest_change(v: &VarianceSplit, n: f64, k_base: f64, k_cand: f64, alpha: f64, power: f64) -> f64 {
    if n <= 0.0 {
        return f64::INFINITY;
    }
    reach(alpha, power) * (v.of_difference(k_base, k_cand) / n).sqrt()
}

/// Cases with which a mean difference of `change` is shown with `power` at `alpha`, two-sided; not rounded, infinite for a change of 0.
///
/// Miller 2024, arXiv 2411.00640, §5.
pub fn cases_needed(v: &VarianceSplit, change: f64, k_base: f64, k_cand: f64, alpha: f64, power: f64) -> f64 {
    if change == 0.0 {
        return f64::INFINITY;
    }
    (reach(alpha, power) / change).powi(2) * v.of_difference(k_base, k_cand)
}

/// So many cases, each asked so often on either side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Effort {
    /// Cases.
    pub cases: u64,
    /// Repeats of each.
    pub repeats: u32,
}

/// The fewest cases that, each asked `repeats` times on either side, show a change of a pass rate with `power` at `alpha`: by the
/// variance ([`cases_needed`]), and never fewer than a change needs that breaks cases outright and has no noise around it
/// ([`least_share`]), which no repeats make up for. `None` for a change of 0, and where no number of cases that is worth a thought
/// would do.
pub fn least_cases(v: &VarianceSplit, change: f64, repeats: u32, alpha: f64, power: f64) -> Option<u64> {
    let k = f64::from(repeats.max(1));
    let by_variance = cases_needed(v, change.abs(), k, k, alpha, power).ceil();
    if !(by_variance.is_finite() && by_variance < 1e9) {
        return None;
    }
    let enough = |n: u64| least_share(n, alpha, power) <= change.abs();
    let (mut few, mut many) = (0_u64, 1_u64);
    while !enough(many) {
        (few, many) = (many, many.checked_mul(2).filter(|n| *n < 1 << 30)?);
    }
    while many - few > 1 {
        let middle = u64::midpoint(few, many);
        if enough(middle) { many = middle } else { few = middle }
    }
    Some(many.max(by_variance as u64))
}

/// The fewest trials that show a change of a pass rate with the cases that exist, and at most so many repeats of each.
pub fn cheapest(
    v: &VarianceSplit,
    change: f64,
    cases: u64,
    most_repeats: u32,
    alpha: f64,
    power: f64,
) -> Option<Effort> {
    let of = |repeats| Some(Effort { cases: least_cases(v, change, repeats, alpha, power)?, repeats });
    let can = (1..=most_repeats).filter_map(of).filter(|effort| effort.cases <= cases);
    can.min_by_key(|effort| effort.cases * u64::from(effort.repeats))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_ends() {
        assert_eq!((variance(&[]), variance(&[1.0]), variance(&[2.0; 3])), (None, None, Some(0.0)));
        assert_eq!((within(&[]), within(&[vec![1.0]])), (None, None));
        let still = VarianceSplit { between: 0.0, within_base: 0.0, within_cand: 0.0 };
        assert!(smallest_change(&still, 0.0, 1.0, 1.0, 0.05, 0.8).is_infinite());
        assert!(cases_needed(&still, 0.0, 1.0, 1.0, 0.05, 0.8).is_infinite());
        assert!(cases_needed(&still, 0.1, 1.0, 1.0, 0.05, 0.8).abs() < f64::EPSILON);
    }

    /// The table of methods for pass/fail: 10 % of 200 cases discordant resolve 6.3 points, 5 % of 1,000 resolve 2.0.
    #[test]
    fn known_table() {
        for (n, discordant, points) in
            [(50.0, 0.05, 8.9), (100.0, 0.1, 8.9), (200.0, 0.1, 6.3), (1000.0, 0.05, 2.0)]
        {
            let split = VarianceSplit { between: discordant, within_base: 0.0, within_cand: 0.0 };
            let found = 100.0 * smallest_change(&split, n, 1.0, 1.0, 0.05, 0.8);
            assert!((found - points).abs() < 0.06, "{n} {discordant}: {found}");
        }
    }

    #[test]
    fn repeats_are_bought_only_where_cases_are_short() {
        let noisy = VarianceSplit { between: 0.02, within_base: 0.1, within_cand: 0.1 };
        let of = |cases| cheapest(&noisy, 0.05, cases, 10, 0.05, 0.8);
        let one = least_cases(&noisy, 0.05, 1, 0.05, 0.8).unwrap();
        assert_eq!(one, 691);
        assert_eq!(of(1000), Some(Effort { cases: one, repeats: 1 }));
        assert_eq!(of(400), Some(Effort { cases: 377, repeats: 2 }));
        assert_eq!(of(60), None);
        // Without noise there is still a least number of cases.
        let still = VarianceSplit { between: 0.0, within_base: 0.0, within_cand: 0.0 };
        let least = least_cases(&still, 0.05, 1, 0.05, 0.8).unwrap();
        assert!((120..140).contains(&least), "{least}");
        assert_eq!(least_cases(&still, 0.05, 9, 0.05, 0.8), Some(least));
        assert_eq!(
            (least_cases(&noisy, 0.0, 1, 0.05, 0.8), cheapest(&noisy, 0.0, 9, 3, 0.05, 0.8)),
            (None, None)
        );
    }

    proptest! {
        #[test]
        fn change_and_cases_are_each_others_inverse(b in 0.001..1.0_f64, a in 0.0..0.3_f64, n in 2.0..5000.0_f64, k in 1.0..9.0_f64) {
            let split = VarianceSplit { between: b, within_base: a, within_cand: a };
            let change = smallest_change(&split, n, k, k, 0.05, 0.8);
            prop_assert!((cases_needed(&split, change, k, k, 0.05, 0.8) / n - 1.0).abs() < 1e-9);
            prop_assert!(smallest_change(&split, n, k + 1.0, k, 0.05, 0.8) <= change);
        }
    }
}
