//! What an interval of a difference says about a margin.

use serde::{Deserialize, Serialize};

use super::Interval;

/// Whether the candidate may be worse by more than a margin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NonInferiority {
    /// The whole interval lies above −margin.
    NoWorse,
    /// The whole interval lies below −margin.
    Regression,
    /// The interval holds −margin.
    CannotTell,
}

/// Judges the interval of candidate − baseline: [`NoWorse`](NonInferiority::NoWorse) when its lower bound is above −margin,
/// [`Regression`](NonInferiority::Regression) when its upper bound is below. What is not a number cannot tell.
///
/// With a 95 % interval either is wrong at most 2.5 times in a hundred. Piaggio et al. 2012, JAMA 308, 2594–2604.
pub fn non_inferiority(i: Interval, margin: f64) -> NonInferiority {
    let least = -margin.abs();
    if i.low > least && i.high >= i.low {
        NonInferiority::NoWorse
    } else if i.high < least && i.low <= i.high {
        NonInferiority::Regression
    } else {
        NonInferiority::CannotTell
    }
}

/// Whether the interval of a difference lies within ±margin: the same for all that matters, not only "no difference found".
///
/// Schuirmann 1987, Journal of Pharmacokinetics and Biopharmaceutics 15, 657–680.
pub fn equivalent(i: Interval, margin: f64) -> bool {
    i.low > -margin.abs() && i.high < margin.abs()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn says(low: f64, high: f64, margin: f64) -> NonInferiority {
        non_inferiority(Interval { low, high }, margin)
    }

    #[test]
    fn each_verdict() {
        use NonInferiority::{CannotTell, NoWorse, Regression};
        assert_eq!(says(-0.01, 0.03, 0.02), NoWorse);
        assert_eq!(says(-0.05, -0.03, 0.02), Regression);
        assert_eq!(says(-0.05, 0.01, 0.02), CannotTell);
        // At the margin nothing is shown; a margin is a size, whatever its sign.
        assert_eq!(says(-0.02, 0.01, 0.02), CannotTell);
        assert_eq!(says(-0.03, -0.02, 0.02), CannotTell);
        assert_eq!(says(-0.01, 0.03, -0.02), NoWorse);
        assert_eq!(says(0.0, 0.0, 0.0), CannotTell);
        assert_eq!(says(f64::NAN, f64::NAN, 0.02), CannotTell);
        assert_eq!(says(-0.01, 0.03, f64::NAN), CannotTell);
    }

    #[test]
    fn equivalence_needs_both_sides() {
        assert!(equivalent(Interval { low: -0.01, high: 0.01 }, 0.02));
        assert!(!equivalent(Interval { low: -0.01, high: 0.03 }, 0.02));
        assert!(!equivalent(Interval { low: -0.02, high: 0.01 }, 0.02));
    }
}
