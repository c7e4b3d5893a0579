//! A comparison weighted by the traffic of its cases, beside the one in which every case counts the same.

use serde::Serialize;

use crate::diff::{ALPHA, Finding, MARGIN, WeightedDifference, independent};
use crate::report::numbers::{p_value, points};
use crate::sentence::{CaseFilter, Sentence};
use crate::stats::Interval;

/// The difference of two pass rates when cases count by their traffic weight.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
pub struct Weighted {
    /// One sentence for a reader.
    pub sentence: Sentence,
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
    /// The cases that were compared.
    #[serde(skip)]
    pub cases: CaseFilter,
}

impl Weighted {
    /// The difference between two columns with these names over these cases.
    pub(super) fn of(found: WeightedDifference, (base, cand): (&str, &str), cases: &CaseFilter) -> Self {
        let mut weighted = Self {
            sentence: Sentence::default(),
            finding: found.finding,
            base: found.base,
            cand: found.cand,
            difference: found.difference,
            interval: found.interval,
            p_value: found.p_value,
            adjusted_p: None,
            effective: found.effective,
            too_few_clusters: found.too_few_clusters,
            cases: cases.clone(),
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

    fn sentence(&self, base: &str, cand: &str) -> Sentence {
        let all = &self.cases;
        let moved = self.difference;
        let size = format!("{:.1} points", moved.abs() * 100.0);
        let mut text = Sentence::from(format!("weighted by traffic, {cand} passes "));
        match moved {
            d if d.abs() < 0.0005 => text.say("as often as"),
            d if d > 0.0 => text.about(format_args!("{size} more often than"), all),
            _ => text.about(format_args!("{size} less often than"), all),
        }
        text.say(format_args!(" {base} ("));
        match self.interval {
            Some(interval) => text.about(format_args!("95 % interval {}", points(interval)), all),
            None => text.say("one case has nearly all of the weight: no interval"),
        }
        if let Some(p) = self.p_value {
            text.say("; ");
            text.about(format_args!("p {}", p_value(p)), all);
        }
        if let Some(p) = self.adjusted_p {
            text.say(", ");
            text.about(format_args!("{} by Holm", p_value(p)), all);
        }
        text.say("; ");
        text.about(format_args!("effective n {:.0}", self.effective), all);
        if let Some(few) = self.too_few_clusters {
            text.say("; ");
            text.about(independent(few), all);
        }
        let end = match self.finding {
            Finding::Better | Finding::Worse => "a real difference".to_owned(),
            Finding::NoWorse => format!("no worse within {:.0} points", MARGIN * 100.0),
            Finding::CannotTell | Finding::Identical | Finding::NothingToCompare | Finding::NotComparable => {
                "cannot tell them apart".to_owned()
            }
        };
        text.say(format_args!("): {end}"));
        text
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
