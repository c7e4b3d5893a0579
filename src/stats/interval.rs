//! Intervals for proportions.

use serde::{Deserialize, Serialize};

/// A confidence interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// Lower bound.
    pub low: f64,
    /// Upper bound.
    pub high: f64,
}

/// Wilson score interval of `passed / n` at 95 %; `None` for n = 0.
pub fn wilson(passed: u64, n: u64) -> Option<Interval> {
    let _ = (passed, n);
    todo!()
}

/// Newcombe's square-and-add interval (1998, method 10) of p_B − p_A for paired proportions at 95 %; `None` for no pairs.
/// `both`, `only_a`, `only_b`, `neither` are counts of pairs by who passed.
pub fn newcombe_paired(both: u64, only_a: u64, only_b: u64, neither: u64) -> Option<Interval> {
    let _ = (both, only_a, only_b, neither);
    todo!()
}
