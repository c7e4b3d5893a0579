//! A comparison weighted by the traffic of its cases, beside the one in which every case counts the same.

use std::fmt::Write as _;

use serde::Serialize;

use crate::diff::{ALPHA, Finding, MARGIN, WeightedDifference, independent};
use crate::report::numbers::{p_value, points};
use crate::stats::Interval;

/// The difference of two pass rates when cases count by their traffic weight.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
pub struct Weighted {
    /// One sentence for a reader.
    pub sentence: String,
    /// What it may be said to show.
    pub finding: Finding,
    /// Weighted pass rate, base.
    pub base: f64,
    /// Weighted pass rate, candidate.
    pub cand: f64,
    /// Candidate − base.
    pub difference: f64,
    /// Its 95 % interval; absent when one case or cluster has nearly all of the weight.
    pub interval: Option<Interval>,
    /// Two-sided p-value.
    pub p_value: Option<f64>,
    /// The p-value held against its being one of several comparisons (Holm); only where there are several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub adjusted_p: Option<f64>,
    /// So many cases or clusters of equal weight would be as telling (Kish).
    pub effective: f64,
    /// The clusters, where there are fewer than ten of several cases, so that cases count as independent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub too_few_clusters: Option<u64>,
}

impl Weighted {
    /// The difference between two columns with these names.
    pub(super) fn of(found: WeightedDifference, base: &str, cand: &str) -> Self {
        let mut weighted = Self {
            sentence: String::new(),
            finding: found.finding,
            base: found.base,
            cand: found.cand,
            difference: found.difference,
            interval: found.interval,
            p_value: found.p_value,
            adjusted_p: None,
            effective: found.effective,
            too_few_clusters: found.too_few_clusters,
        };
        weighted.sentence = weighted.sentence(base, cand);
        weighted
    }

    /// Takes back what does not hold when it is one of several comparisons.
    pub(super) fn adjust(&mut self, p: f64, base: &str, cand: &str) {
        self.adjusted_p = Some(p);
        self.finding = self.finding.adjusted(p, ALPHA, self.interval, MARGIN);
        self.sentence = self.sentence(base, cand);
    }

    fn sentence(&self, base: &str, cand: &str) -> String {
        let moved = self.difference;
        let size = format!("{:.1} points", moved.abs() * 100.0);
        let count = match moved {
            d if d.abs() < 0.0005 => format!("passes as often as {base}"),
            d if d > 0.0 => format!("passes {size} more often than {base}"),
            _ => format!("passes {size} less often than {base}"),
        };
        let mut numbers = match self.interval {
            Some(interval) => format!("95 % interval {}", points(interval)),
            None => "one case has nearly all of the weight: no interval".to_owned(),
        };
        if let Some(p) = self.p_value {
            let _ = write!(numbers, "; p {}", p_value(p));
        }
        if let Some(p) = self.adjusted_p {
            let _ = write!(numbers, ", {} by Holm", p_value(p));
        }
        let _ = write!(numbers, "; effective n {:.0}", self.effective);
        if let Some(few) = self.too_few_clusters {
            let _ = write!(numbers, "; {}", independent(few));
        }
        let end = match self.finding {
            Finding::Better | Finding::Worse => "a real difference".to_owned(),
            Finding::NoWorse => format!("no worse within {:.0} points", MARGIN * 100.0),
            Finding::CannotTell | Finding::Identical | Finding::NothingToCompare | Finding::NotComparable => {
                "cannot tell them apart".to_owned()
            }
        };
        format!("weighted by traffic, {cand} {count} ({numbers}): {end}")
    }
}

#[cfg(test)]
mod tests {
    use crate::diff::Finding;
    use crate::report::sample::{RunBuilder, report, trial};

    /// Fifty cases of which the first twenty are fixed; those weigh as given.
    fn weighted(weight: f64) -> Option<super::Weighted> {
        let run = RunBuilder::new("r").trials((0..50).flat_map(|i| {
            let case = format!("c{i:02}");
            let weight = if i < 20 { weight } else { 1.0 };
            let bare = trial(&case, "bare").weight(weight);
            let bare = if i < 20 { bare.failed("number", "differs") } else { bare.passed() };
            [bare, trial(&case, "grounded").weight(weight).passed()]
        }));
        report(&run.build()).better[0].weighted.clone()
    }

    #[test]
    fn equal_weights_are_not_said_twice() {
        assert_eq!(weighted(1.0), None);
    }

    #[test]
    fn traffic_weighs() {
        let (light, heavy) = (weighted(0.5).unwrap(), weighted(6.0).unwrap());
        assert!((light.difference - 0.25).abs() < 1e-12 && (heavy.difference - 0.8).abs() < 1e-12);
        assert_eq!((light.finding, heavy.finding), (Finding::Better, Finding::Better));
        assert!((heavy.effective - 150.0 * 150.0 / 750.0).abs() < 1e-9);
        assert!(
            heavy.sentence.starts_with(
                "weighted by traffic, grounded passes 80.0 points more often than bare (95 % interval +"
            ),
            "{}",
            heavy.sentence
        );
    }
}
