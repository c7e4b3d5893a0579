//! The names of columns, and the numbers that stand in them.

use serde::Serialize;

use crate::diff::{Unit, counted, independent};
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
    /// Wilson score interval at 95 %; where trials share a cluster, over as many as are as telling as they.
    pub interval: Option<Interval>,
    /// Clusters of the trials, or cases where there are fewer than ten clusters; absent where every trial is one of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clusters: Option<u64>,
    /// The clusters, where there are fewer than ten of several cases: cases then count as independent, and the interval
    /// may be too narrow.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub too_few_clusters: Option<u64>,
}

impl Rate {
    /// The rate of `passed` in `judged` trials, each a cluster of its own.
    pub fn of(passed: u64, judged: u64) -> Self {
        let rate = (judged > 0).then(|| passed as f64 / judged as f64);
        let interval = stats::wilson(passed, judged);
        Self { passed, judged, rate, interval, clusters: None, too_few_clusters: None }
    }
}

/// A pass rate while the trials come.
#[derive(Debug, Clone, Default)]
pub(super) struct RateFold {
    tallies: Vec<(u64, u64)>,
    units: Vec<Unit>,
}

impl RateFold {
    /// Takes in trials of one case.
    pub(super) fn add(&mut self, passed: u64, judged: u64, unit: Unit) {
        match self.tallies.last_mut() {
            Some(tally) if self.units.last() == Some(&unit) => *tally = (tally.0 + passed, tally.1 + judged),
            _ if judged == 0 => {}
            _ => {
                self.tallies.push((passed, judged));
                self.units.push(unit);
            }
        }
    }

    pub(super) fn finish(&self) -> Rate {
        let (passed, judged) = self.tallies.iter().fold((0, 0), |(k, n), (p, j)| (k + p, n + j));
        let counted = counted(&self.units);
        let interval = stats::wilson_clustered(&self.tallies, &counted.by);
        let clusters = (counted.n < judged).then_some(counted.n);
        Rate { interval, clusters, too_few_clusters: counted.too_few, ..Rate::of(passed, judged) }
    }
}

/// What is said under intervals of pass rates whose trials share clusters; nothing where none do.
pub(super) fn clustering<'r>(mut rates: impl Iterator<Item = &'r Rate> + Clone) -> Option<String> {
    if let Some(few) = rates.clone().find_map(|rate| rate.too_few_clusters) {
        return Some(independent(few));
    }
    let clusters = rates.find_map(|rate| rate.clusters)?;
    let s = if clusters == 1 { "" } else { "s" };
    Some(format!(
        "intervals of pass rates allow for trials of one cluster being alike ({clusters} cluster{s})"
    ))
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

    #[test]
    fn trials_of_one_case_count_for_what_they_tell() {
        let mut repeats = RateFold::default();
        let mut single = RateFold::default();
        for case in 0..40_u32 {
            let passed = u64::from(case % 4 > 0);
            (0..3).for_each(|_| repeats.add(passed, 1, Unit::alone(case)));
            repeats.add(0, 0, Unit::alone(case));
            single.add(passed, 1, Unit::alone(case));
        }
        let (repeats, single) = (repeats.finish(), single.finish());
        assert_eq!((repeats.passed, repeats.judged, repeats.clusters), (90, 120, Some(40)));
        assert_eq!(single, Rate::of(30, 40));
        let (a, b) = (repeats.interval.unwrap(), single.interval.unwrap());
        assert!((a.low - b.low).abs() < 0.005, "answers that agree are one: {a:?} {b:?}");
        assert_eq!(clustering([single].iter()), None);
        assert!(clustering([single, repeats].iter()).unwrap().ends_with("(40 clusters)"));
        let mut few = RateFold::default();
        (0..40).for_each(|case| few.add(1, 1, Unit { cluster: case / 8, case }));
        let few = few.finish();
        assert_eq!(
            (few.clusters, few.too_few_clusters, few.interval),
            (None, Some(5), Rate::of(40, 40).interval)
        );
        assert!(clustering([few].iter()).unwrap().starts_with("only 5 clusters"));
        assert_eq!(RateFold::default().finish(), Rate::of(0, 0));
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
