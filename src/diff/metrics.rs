//! All metrics of two columns: the pass rate, the mean score, and every scorer.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::diff::metric::{Level, Metric, MetricFold};
use crate::diff::{ChangeKind, Pair, Repeats, Unit};
use crate::outcome::{ScoreDigest, TrialDigest};

/// Name of the first metric.
pub const PASS_RATE: &str = "pass rate";
/// Name of the mean over the scorers of a trial.
pub const SCORE: &str = "score";

/// The pass rates of both sides of a pair of which this became; nothing where they are not comparable, or a side has no
/// verdict.
pub fn passes(kind: ChangeKind, pair: &Pair<'_>) -> Option<(Level, Level)> {
    let passed = |t: &TrialDigest| t.outcome.verdict().map(|passed| f64::from(u8::from(passed)));
    let level = |side: Repeats<'_>| Level::of(side.trials.iter().filter_map(passed));
    if kind == ChangeKind::NotComparable {
        return None;
    }
    level(pair.base?).zip(level(pair.cand?))
}

/// All metrics while the pairs come.
#[derive(Debug, Default)]
pub struct MetricsFold {
    pass_rate: MetricFold,
    score: MetricFold,
    scorers: BTreeMap<Arc<str>, MetricFold>,
    /// Whether nothing but the pass rate is wanted.
    plain: bool,
    /// Pairs, and those of which the candidate's answers are the base's own.
    pairs: u64,
    stored: u64,
}

impl MetricsFold {
    /// One that follows nothing but the pass rate.
    pub fn of_pass_rate() -> Self {
        Self { plain: true, ..Self::default() }
    }

    /// Takes in a pair of which this became; what is not comparable is left out.
    pub fn add(&mut self, kind: ChangeKind, pair: &Pair<'_>, unit: Unit) {
        if kind == ChangeKind::NotComparable {
            return;
        }
        let (Some(base), Some(cand)) = (pair.base, pair.cand) else { return };
        self.pairs += 1;
        self.stored += u64::from(pair.is_stored());
        let both = |of: &dyn Fn(&TrialDigest) -> Option<f64>| {
            let level = |side: Repeats<'_>| Level::of(side.trials.iter().filter_map(of));
            level(base).zip(level(cand))
        };
        if let Some((base, cand)) = passes(kind, pair) {
            self.pass_rate.add(base, cand, unit);
        }
        if self.plain {
            return;
        }
        if let Some((base, cand)) = both(&TrialDigest::score) {
            self.score.add(base, cand, unit);
        }
        let mut names: Vec<&Arc<str>> = base.trials.iter().flat_map(|t| &t.scores).map(|s| &s.name).collect();
        names.sort_unstable();
        names.dedup();
        for name in names {
            let value =
                |t: &TrialDigest| t.scores.iter().find(|s| s.name == *name).and_then(ScoreDigest::value);
            if let Some((base, cand)) = both(&value) {
                self.scorers.entry(name.clone()).or_default().add(base, cand, unit);
            }
        }
    }

    /// The metrics: pass rate, score, then the scorers by name.
    pub fn finish(self, margin: f64, seed: u64) -> Vec<Metric> {
        let mut metrics = vec![self.pass_rate.finish(PASS_RATE, margin, seed)];
        if !self.score.is_empty() {
            metrics.push(self.score.finish(SCORE, margin, seed));
        }
        metrics.extend(self.scorers.into_iter().map(|(name, fold)| fold.finish(&name, margin, seed)));
        if self.pairs > 0 && self.stored == self.pairs {
            // A judge may have been asked again; its verdicts are then compared like any other.
            for metric in metrics.iter_mut().filter(|m| m.difference == Some(0.0)) {
                metric.make_identical();
            }
        }
        metrics
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diff::samples::{P, any_column, metrics, trials};
    use crate::diff::{Finding, finding::MARGIN};
    use crate::outcome::Outcome::{Errored, Failed};
    use proptest::prelude::*;

    #[test]
    fn every_metric_has_its_own_pairs() {
        let base = [trials("a", &[P]), trials("b", &[P, P]), trials("c", &[P])].concat();
        let mut cand = [trials("a", &[Failed]), trials("b", &[P, Failed]), trials("c", &[Errored])].concat();
        cand[0].scores.clear();
        let found = metrics(&base, &cand);
        let names: Vec<(&str, u64)> = found.iter().map(|m| (m.name.as_str(), m.n)).collect();
        assert_eq!(names[..2], [(PASS_RATE, 2), (SCORE, 1)]);
        assert_eq!((found[0].base, found[0].cand), (Some(1.0), Some(0.25)));
    }

    #[test]
    fn answers_out_of_the_store_leave_nothing_to_chance() {
        let base = [trials("a", &[P, P]), trials("b", &[Failed, P])].concat();
        let mut cand = base.clone();
        for trial in &mut cand {
            trial.cached = true;
        }
        for metric in metrics(&base, &cand) {
            let found = (metric.finding, metric.difference, metric.interval, metric.p_value);
            assert_eq!(found, (Finding::Identical, Some(0.0), None, None), "{}", metric.name);
        }
        // One answer that was asked for anew, of whatever text, and chance has its part again.
        cand[0].cached = false;
        assert_eq!(metrics(&base, &cand)[0].finding, Finding::CannotTell);
        cand[0].cached = true;
        cand[0].fingerprints.knowledge = crate::fingerprint::Fingerprint::of("other passages");
        assert_eq!(metrics(&base, &cand)[0].finding, Finding::CannotTell);
    }

    proptest! {
        #[test]
        fn a_column_is_no_better_than_itself(column in any_column()) {
            for metric in metrics(&column, &column) {
                prop_assert!(matches!(metric.finding, Finding::CannotTell | Finding::NothingToCompare));
                prop_assert!(metric.difference.is_none_or(|d| d == 0.0));
                prop_assert!(metric.p_value.is_none_or(|p| p > 0.99), "{metric:?}");
            }
        }

        #[test]
        fn swapping_the_sides_turns_every_metric(base in any_column(), cand in any_column()) {
            let (there, back) = (metrics(&base, &cand), metrics(&cand, &base));
            for there in &there {
                let Some(back) = back.iter().find(|m| m.name == there.name) else { continue };
                prop_assert_eq!((there.n, there.base, there.cand), (back.n, back.cand, back.base));
                let sum = there.difference.unwrap_or_default() + back.difference.unwrap_or_default();
                prop_assert!(sum.abs() < 1e-12);
                prop_assert!((there.p_value.unwrap_or(1.0) - back.p_value.unwrap_or(1.0)).abs() < 1e-9);
                prop_assert!(MARGIN > 0.0);
            }
        }
    }
}
