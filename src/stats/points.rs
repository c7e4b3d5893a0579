//! Points and areas of the distributions that the methods use.

use statrs::distribution::{ContinuousCDF as _, Normal, StudentsT};

/// Two-sided 95 % point of the standard normal distribution.
pub(super) const Z: f64 = 1.959_963_984_540_054;

/// Halvings of the range in which a bound lies: enough for the last bit.
pub(super) const HALVINGS: u32 = 60;

/// Degrees of freedom from which the series of Student's t is better than its inversion.
const MANY: f64 = 1000.0;

/// The point below which the share `p` of the standard normal distribution lies.
pub(super) fn normal_point(p: f64) -> f64 {
    match p {
        _ if p.is_nan() => f64::NAN,
        _ if p <= 0.0 => f64::NEG_INFINITY,
        _ if p >= 1.0 => f64::INFINITY,
        _ => Normal::standard().inverse_cdf(p),
    }
}

/// The share of the standard normal distribution below `z`.
pub(super) fn normal_share(z: f64) -> f64 {
    Normal::standard().cdf(z)
}

/// Two-sided 95 % point of Student's t; infinite below one degree of freedom.
///
/// From a thousand degrees on by Abramowitz and Stegun 1964, 26.7.5.
pub(super) fn student_point(freedom: f64) -> f64 {
    if freedom < 1.0 || freedom.is_nan() {
        return f64::INFINITY;
    }
    if freedom < MANY {
        return StudentsT::new(0.0, 1.0, freedom).map_or(f64::INFINITY, |t| t.inverse_cdf(0.975));
    }
    let terms = [
        (Z.powi(3) + Z) / 4.0,
        (5.0 * Z.powi(5) + 16.0 * Z.powi(3) + 3.0 * Z) / 96.0,
        (3.0 * Z.powi(7) + 19.0 * Z.powi(5) + 17.0 * Z.powi(3) - 15.0 * Z) / 384.0,
    ];
    terms.iter().zip(1_i32..).fold(Z, |sum, (term, power)| sum + term / freedom.powi(power))
}

/// The share of Beta(a, b) below `x`.
pub(super) fn beta_share(a: f64, b: f64, x: f64) -> f64 {
    statrs::function::beta::checked_beta_reg(a, b, x.clamp(0.0, 1.0)).unwrap_or(f64::NAN)
}

/// The point below which the share `p` of Beta(a, b) lies.
pub(super) fn beta_point(a: f64, b: f64, p: f64) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..HALVINGS {
        let middle = f64::midpoint(low, high);
        if beta_share(a, b, middle) < p {
            low = middle;
        } else {
            high = middle;
        }
    }
    f64::midpoint(low, high)
}

/// Logarithm of the ways to choose `k` of `n`; −∞ for more than there are.
pub(super) fn ln_choose(n: u64, k: u64) -> f64 {
    if k > n {
        return f64::NEG_INFINITY;
    }
    let of = n as f64;
    // A sum and not log-gamma: it loses nothing to cancellation.
    (1..=k.min(n - k)).map(|i| ((of - (i - 1) as f64) / i as f64).ln()).sum()
}

/// Logarithm of P(X ≤ `most`) for X ~ Bin(`n`, ½): half to the n leaves the range of f64 at about a thousand.
pub(super) fn ln_half_tail(n: u64, most: u64) -> f64 {
    if most >= n {
        return 0.0;
    }
    if 2 * most >= n {
        // 1 − the other tail, which is the smaller one.
        return (-ln_half_tail(n, n - most - 1).exp()).ln_1p();
    }
    let (mut term, mut sum) = (1.0_f64, 1.0_f64);
    for k in (1..=most).rev() {
        term *= k as f64 / (n - k + 1) as f64;
        sum += term;
        if term < sum * f64::EPSILON {
            break;
        }
    }
    ln_choose(n, most) + sum.ln() - n as f64 * std::f64::consts::LN_2
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(found: f64, expected: f64) {
        assert!((found - expected).abs() <= 1e-9 * expected.abs().max(1e-9), "{found}, not {expected}");
    }

    #[test]
    fn the_ends() {
        assert_eq!(
            (normal_point(0.0), normal_point(1.0), normal_point(0.5)),
            (f64::NEG_INFINITY, f64::INFINITY, 0.0)
        );
        assert!(normal_point(f64::NAN).is_nan());
        assert!(student_point(0.0).is_infinite());
        assert_eq!((beta_share(2.0, 3.0, -1.0), beta_share(2.0, 3.0, 2.0)), (0.0, 1.0));
        assert_eq!((ln_choose(0, 0), ln_choose(5, 6), ln_choose(7, 7)), (0.0, f64::NEG_INFINITY, 0.0));
        assert_eq!((ln_half_tail(0, 0), ln_half_tail(9, 9), ln_half_tail(9, 99)), (0.0, 0.0, 0.0));
    }

    /// Values of scipy.stats.t.ppf(.975, df).
    #[test]
    fn student_is_the_table() {
        for (freedom, point) in [
            (1.0, 12.706_204_736_174_694),
            (3.0, 3.182_446_305_283_707_8),
            (30.0, 2.042_272_456_301_237_8),
            (999.0, 1.962_341_461_133_449_3),
            (1e4, 1.960_201_239_890_625_7),
            (1e6, 1.959_966_356_814_107),
        ] {
            near(student_point(freedom), point);
        }
    }

    #[test]
    fn half_tails_by_hand() {
        near(ln_half_tail(8, 7), (255.0_f64 / 256.0).ln());
        near(ln_half_tail(8, 0), (1.0_f64 / 256.0).ln());
        near(ln_half_tail(4, 2), (11.0_f64 / 16.0).ln());
        near(ln_half_tail(3, 1), 0.5_f64.ln());
        assert!(ln_half_tail(5000, 100).is_finite());
    }
}
