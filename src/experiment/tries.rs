//! How often the same base was tried against, and what is left of each result when all tries count.

use super::{Experiments, Plan};
use crate::diff::Finding;
use crate::stats::holm_among;

/// A result as it stands with all tries that were ever recorded against its base.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Standing {
    /// Tries against the base, this one and unrecorded variants included.
    pub tries: u64,
    /// The p-value adjusted for all of them (Holm).
    pub adjusted_p: f64,
    /// What the result may be said to show now.
    pub finding: Finding,
}

/// The p-values of all results against the base of a plan, and the variants that no experiment records.
pub(super) fn family(all: &Experiments, plan: &Plan) -> (Vec<f64>, u64) {
    let results = || {
        let same = all.iter().filter(|(_, other)| other.plan.same_base(plan));
        same.flat_map(|(_, other)| &other.results)
    };
    let p = results().map(|found| found.p_value.unwrap_or(1.0)).collect();
    (p, results().map(|found| found.unrecorded).max().unwrap_or(0))
}

/// How the results of one experiment stand with all tries, in their order.
pub fn standings(all: &Experiments, name: &str) -> Vec<Standing> {
    let Some(experiment) = all.get(name) else { return Vec::new() };
    let plan = &experiment.plan;
    let (p, unrecorded) = family(all, plan);
    let tries = p.len() as u64 + unrecorded;
    let adjusted = holm_among(&p, tries);
    let of = |found: &super::Found| {
        let own = found.p_value.unwrap_or(1.0);
        // Equal p-values are adjusted alike.
        let at = p.iter().position(|p| p.to_bits() == own.to_bits());
        let adjusted_p = at.map_or(1.0, |at| adjusted[at]);
        let raw = match found.interval {
            Some(interval) => Finding::of(interval, found.p_value, plan.margin),
            None => found.finding,
        };
        Standing {
            tries,
            adjusted_p,
            finding: raw.adjusted(adjusted_p, plan.alpha, found.interval, plan.margin),
        }
    };
    experiment.results.iter().map(of).collect()
}

/// The p-value of a new result adjusted for all tries so far, itself included.
pub(super) fn adjusted(all: &Experiments, plan: &Plan, new: &[f64], unrecorded: u64) -> (Vec<f64>, u64) {
    let (mut p, known) = family(all, plan);
    let first = p.len();
    p.extend(new);
    let tries = p.len() as u64 + unrecorded.max(known);
    (holm_among(&p, tries).split_off(first), tries)
}

#[cfg(test)]
mod tests {
    use super::super::samples::experiment;
    use super::*;

    #[test]
    fn every_try_against_the_same_base_counts() {
        let mut all = Experiments::default();
        all.insert("first", experiment(&["short"], &[Some(0.01)]));
        let alone = standings(&all, "first")[0];
        assert_eq!((alone.tries, alone.finding), (1, Finding::Better));
        for n in 0..9 {
            all.insert(&format!("more-{n}"), experiment(&["long"], &[Some(0.5)]));
        }
        let crowd = standings(&all, "first")[0];
        assert_eq!((crowd.tries, crowd.finding), (10, Finding::NoWorse), "one of ten is found by chance");
        assert!((crowd.adjusted_p - 0.1).abs() < 1e-12);
        let mut elsewhere = experiment(&["long"], &[Some(0.5)]);
        elsewhere.plan.suites = vec!["other".into()];
        all.insert("elsewhere", elsewhere);
        assert_eq!(standings(&all, "first")[0].tries, 10, "other suites are another matter");
    }

    #[test]
    fn a_new_result_counts_those_before_it_and_what_nobody_recorded() {
        let mut all = Experiments::default();
        all.insert("first", experiment(&["short", "long"], &[Some(0.01), None]));
        let plan = &all.get("first").unwrap().plan;
        let (p, tries) = adjusted(&all, plan, &[0.001], 2);
        assert_eq!(tries, 5);
        assert!((p[0] - 0.005).abs() < 1e-12);
    }
}
