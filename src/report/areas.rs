//! The areas of every column: how their cases fare, how their critical ones do, and what a passed answer costs.

use std::collections::BTreeMap;

use crate::case::Tier;
use crate::diff::{CaseGroup, Unit};
use crate::report::columns::{PartSum, Rate, RateFold};

/// One area of one column. Cases that are reported only are left out: no decision rests on them.
#[derive(Debug, Clone, PartialEq)]
pub struct AreaRow {
    /// The column's short name.
    pub label: String,
    /// The topic; absent for the cases that name none.
    pub area: Option<String>,
    /// Cases (each wording one) that passed in every repeat, of those with a verdict.
    pub cases: Rate,
    /// Those of tier `critical` among them.
    pub critical: Rate,
    /// Cases without any verdict: errored or skipped.
    pub unjudged: u64,
    /// Sum of the traffic weights of the cases with a verdict.
    pub weight: f64,
    /// Answers that passed.
    pub passed_answers: u64,
    /// USD of all answers.
    pub cost: PartSum,
}

impl AreaRow {
    /// USD of all answers over the answers that passed; absent where none passed or the cost of some is not known.
    pub fn cost_per_pass(&self) -> Option<f64> {
        let known = self.cost.known.filter(|_| self.cost.unknown == 0 && self.passed_answers > 0);
        known.map(|cost| cost / self.passed_answers as f64)
    }
}

/// The areas of every column while the run is read.
pub(super) struct AreasFold(Vec<BTreeMap<Option<String>, Counts>>);

#[derive(Default)]
struct Counts {
    cases: RateFold,
    critical: RateFold,
    unjudged: u64,
    weight: f64,
    passed_answers: u64,
    cost: PartSum,
}

impl AreasFold {
    pub(super) fn new(columns: usize) -> Self {
        Self((0..columns).map(|_| BTreeMap::new()).collect())
    }

    pub(super) fn add(&mut self, group: &CaseGroup, unit: Unit) {
        for repeats in group.run.repeats() {
            let (Some(areas), Some(first)) = (self.0.get_mut(repeats.column), repeats.trials.first()) else {
                continue;
            };
            if !first.tier.gates() {
                continue;
            }
            let counts = areas.entry(first.labels.area.clone()).or_default();
            for trial in repeats.trials.iter().filter(|t| t.answer.is_some()) {
                counts.cost.add(trial.cost);
                counts.passed_answers += u64::from(trial.outcome.verdict() == Some(true));
            }
            let Some(passed) = repeats.side.verdict() else {
                counts.unjudged += 1;
                continue;
            };
            counts.weight += first.weight;
            counts.cases.add(u64::from(passed), 1, unit);
            if first.tier == Tier::Critical {
                counts.critical.add(u64::from(passed), 1, unit);
            }
        }
    }

    /// Column by column, the areas by name and those without one first.
    pub(super) fn finish(self, labels: &[String]) -> Vec<AreaRow> {
        let columns = self.0.into_iter().zip(labels);
        columns
            .flat_map(|(areas, label)| {
                areas.into_iter().map(|(area, counts)| AreaRow {
                    label: label.clone(),
                    area,
                    cases: counts.cases.finish(),
                    critical: counts.critical.finish(),
                    unjudged: counts.unjudged,
                    weight: counts.weight,
                    passed_answers: counts.passed_answers,
                    cost: counts.cost,
                })
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::ErrorKind;
    use crate::report::sample::{RunBuilder, TrialBuilder, trial};
    use crate::report::{Depth, Report};

    fn of(area: &str, tier: Tier, one: TrialBuilder) -> TrialBuilder {
        let area = Some(area.to_owned());
        one.with(|t| (t.case.area, t.case.tier) = (area, tier))
    }

    #[test]
    fn areas_count_what_decides_and_errors_are_no_failures() {
        let run = RunBuilder::new("r")
            .trial(of(
                "refunds",
                Tier::Critical,
                trial("a", "bare").failed("number", "missing").cost(Some(0.5)),
            ))
            .trial(of("refunds", Tier::Standard, trial("b", "bare").passed().cost(Some(0.25))))
            .trial(of("refunds", Tier::Standard, trial("c", "bare").errored(ErrorKind::Timeout, "late")))
            .trial(of("refunds", Tier::Exploratory, trial("d", "bare").failed("number", "missing")))
            .trial(of("returns", Tier::Standard, trial("e", "bare").passed().cost(None)))
            .build();
        let rows = Report::build(&run, None, None, Depth::ALL.with_areas()).unwrap().areas;
        assert_eq!(
            rows.iter().map(|r| r.area.as_deref()).collect::<Vec<_>>(),
            [Some("refunds"), Some("returns")]
        );
        assert_eq!((rows[0].cases.passed, rows[0].cases.judged, rows[0].unjudged), (1, 2, 1));
        assert_eq!((rows[0].critical.passed, rows[0].critical.judged), (0, 1));
        assert_eq!((rows[0].cost_per_pass(), rows[1].cost_per_pass()), (Some(0.75), None));
        assert!(Report::build(&run, None, None, Depth::ALL).unwrap().areas.is_empty());
    }
}
