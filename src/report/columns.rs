//! The names of columns, and the numbers that stand in them.

use serde::Serialize;

use crate::outcome::VariantKey;
use crate::stats::{self, Interval};

/// Names for columns: the prompt alone when all share one model, the model alone when all share one prompt.
pub fn labels(keys: &[VariantKey]) -> Vec<String> {
    let same = |part: fn(&VariantKey) -> &str| keys.windows(2).all(|w| part(&w[0]) == part(&w[1]));
    let (one_prompt, one_model) = (same(|k| &k.prompt), same(|k| &k.model));
    keys.iter()
        .map(|key| match (one_prompt, one_model) {
            (false, true) => key.prompt.clone(),
            (true, false) => key.model.clone(),
            (true, true) | (false, false) => key.to_string(),
        })
        .collect()
}

/// A pass rate over the trials that have a verdict; errored and skipped trials are left out.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, schemars::JsonSchema)]
pub struct Rate {
    /// Trials that passed.
    pub passed: u64,
    /// Trials with a verdict.
    pub judged: u64,
    /// `passed / judged`; absent when nothing was judged.
    pub rate: Option<f64>,
    /// Wilson score interval at 95 %.
    pub interval: Option<Interval>,
}

impl Rate {
    /// The rate of `passed` in `judged` trials.
    pub fn of(passed: u64, judged: u64) -> Self {
        let rate = (judged > 0).then(|| passed as f64 / judged as f64);
        Self { passed, judged, rate, interval: stats::wilson(passed, judged) }
    }
}

/// A sum of which parts may be unknown; an unknown part is never counted as 0.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, schemars::JsonSchema)]
pub struct PartSum {
    /// Sum of the known parts; absent when none is known.
    pub known: Option<f64>,
    /// Completions for which it is not known.
    pub unknown: u64,
}

impl PartSum {
    /// Adds one part.
    pub fn add(&mut self, part: Option<f64>) {
        match part {
            Some(value) => self.known = Some(self.known.unwrap_or(0.0) + value),
            None => self.unknown += 1,
        }
    }
}

/// A sum of values that come one by one.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sum {
    pub(super) total: f64,
    pub(super) n: u64,
}

impl Default for Sum {
    fn default() -> Self {
        // What `Iterator::sum` begins with, so that a mean is the same however it is computed.
        Self { total: -0.0, n: 0 }
    }
}

impl Sum {
    pub(super) fn add(&mut self, value: f64) {
        self.total += value;
        self.n += 1;
    }

    /// Arithmetic mean; `None` for no values.
    pub(super) fn mean(self) -> Option<f64> {
        (self.n > 0).then(|| self.total / self.n as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn key(prompt: &str, model: &str) -> VariantKey {
        VariantKey { prompt: prompt.into(), model: model.into() }
    }

    #[test]
    fn labels_are_as_short_as_they_may_be() {
        assert_eq!(labels(&[key("a", "m"), key("b", "m")]), ["a", "b"]);
        assert_eq!(labels(&[key("a", "m"), key("a", "n")]), ["m", "n"]);
        assert_eq!(labels(&[key("a", "m")]), ["a × m"]);
        assert_eq!(labels(&[key("a", "m"), key("b", "n")]), ["a × m", "b × n"]);
        assert!(labels(&[]).is_empty());
    }

    #[test]
    fn what_is_unknown_is_not_zero() {
        let mut sum = PartSum::default();
        sum.add(None);
        assert_eq!(sum, PartSum { known: None, unknown: 1 });
        sum.add(Some(0.0));
        assert_eq!(sum, PartSum { known: Some(0.0), unknown: 1 });
    }

    proptest! {
        #[test]
        fn a_mean_does_not_depend_on_how_it_is_computed(values in proptest::collection::vec(-1.0_f64..1.0, 0..50)) {
            let mut sum = Sum::default();
            for value in &values {
                sum.add(*value);
            }
            prop_assert_eq!(sum.mean().map(f64::to_bits), stats::mean(&values).map(f64::to_bits));
        }
    }
}
