//! What a paired comparison may be said to show.

use serde::{Deserialize, Serialize};

use crate::stats::Interval;

/// Largest p-value of a difference that is called real.
pub const ALPHA: f64 = 0.05;

/// The change that may be overlooked unless a rule says otherwise: two points of a hundred. Support teams agree
/// on targets in whole points, and less than two hardly any suite of a few hundred cases can see.
pub const MARGIN: f64 = 0.02;

/// What a paired comparison may be said to show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Finding {
    /// The candidate does better, and chance alone would hardly do that.
    Better,
    /// The candidate is at most the margin worse.
    NoWorse,
    /// The candidate does worse, and chance alone would hardly do that: a regression.
    Worse,
    /// The cases do not suffice to tell.
    CannotTell,
    /// Every answer is that of the base, out of the store, by the same scorers: nothing was asked anew, so chance has no part.
    Identical,
    /// No case has a value on both sides.
    NothingToCompare,
    /// The cases of both sides, or their scorers, are others.
    NotComparable,
}

impl Finding {
    /// What an interval of the difference and a p-value show: real needs an interval without 0 and a small
    /// p-value. No difference is ever called none because it is not significant: no worse needs an interval
    /// that stays above the margin.
    pub fn of(interval: Interval, p_value: Option<f64>, margin: f64) -> Self {
        let real = p_value.is_none_or(|p| p < ALPHA);
        if real && interval.low > 0.0 {
            Self::Better
        } else if interval.low > -margin {
            Self::NoWorse
        } else if real && interval.high < 0.0 {
            Self::Worse
        } else {
            Self::CannotTell
        }
    }

    /// What is left of it when the p-value, held against several comparisons, is this one: what is no longer real may
    /// still be no worse.
    #[must_use]
    pub fn adjusted(self, p: f64, alpha: f64, interval: Option<Interval>, margin: f64) -> Self {
        match self {
            Self::Better | Self::Worse if p >= alpha => {
                if interval.is_some_and(|i| i.low > -margin) {
                    Self::NoWorse
                } else {
                    Self::CannotTell
                }
            }
            other => other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_and_the_p_value_decide() {
        let of = |low, high, p| Finding::of(Interval { low, high }, p, MARGIN);
        assert_eq!(of(0.01, 0.1, Some(0.01)), Finding::Better);
        assert_eq!(of(0.01, 0.1, Some(0.06)), Finding::NoWorse);
        assert_eq!(of(-0.01, 0.1, Some(1.0)), Finding::NoWorse);
        assert_eq!(of(-0.015, -0.001, Some(0.01)), Finding::NoWorse, "a drop within the margin");
        assert_eq!(of(-0.2, -0.01, Some(0.01)), Finding::Worse);
        assert_eq!(of(-0.2, -0.01, Some(0.06)), Finding::CannotTell);
        assert_eq!(of(-0.2, -0.01, None), Finding::Worse);
        assert_eq!(of(-0.1, 0.1, Some(0.9)), Finding::CannotTell, "not significant is not the same");
    }
}
