//! What content and retrieval are worth: differences of pass rates over the same cases.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::diff::{Clusters, MARGIN, MetricFold, PASS_RATE};
use crate::ladder::CaseRow;
use crate::outcome::CaseLabels;
use crate::stats::Interval;

/// A difference of two rungs over the cases that have a result on both.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Difference {
    /// Cases compared.
    pub cases: u64,
    /// Share that passes on the second minus share that passes on the first.
    pub difference: f64,
    /// Its 95 % interval, as in a comparison of two runs.
    pub interval: Interval,
    /// The clusters, where there are fewer than ten of several cases, so that cases count as independent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub too_few_clusters: Option<u64>,
}

/// What content and retrieval are worth in a group of cases.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Lift {
    /// The group.
    pub name: String,
    /// Cases with their own sources against without passages: what the content is worth.
    pub content_lift: Option<Difference>,
    /// Cases with their own sources against what is retrieved: what retrieval loses.
    pub retrieval_loss: Option<Difference>,
}

/// Places in the order of [`crate::ladder::Rung::ALL`].
const NONE: usize = 0;
const GOLD: usize = 1;
const RETRIEVED: usize = 3;

impl Lift {
    /// Of these cases; those without sources count too, and weigh against a lift.
    pub(super) fn of<'c>(name: &str, cases: impl Iterator<Item = &'c CaseRow> + Clone) -> Self {
        Self {
            name: name.to_owned(),
            content_lift: difference(cases.clone(), NONE, GOLD),
            retrieval_loss: difference(cases, RETRIEVED, GOLD),
        }
    }
}

/// By the groups that cases are in, in the order of their names.
pub(super) fn by(cases: &[CaseRow], groups: impl Fn(&CaseRow) -> Vec<String>) -> Vec<Lift> {
    let mut members: BTreeMap<String, Vec<&CaseRow>> = BTreeMap::new();
    for case in cases {
        for group in groups(case) {
            members.entry(group).or_default().push(case);
        }
    }
    members.into_iter().map(|(name, cases)| Lift::of(&name, cases.iter().copied())).collect()
}

fn difference<'c>(cases: impl Iterator<Item = &'c CaseRow>, a: usize, b: usize) -> Option<Difference> {
    let (mut rate, mut clusters) = (MetricFold::default(), Clusters::default());
    for case in cases {
        let (Some(was), Some(is)) = (case.passed[a], case.passed[b]) else { continue };
        let labels = CaseLabels::new(case.area.clone(), None, String::new(), Vec::new(), &case.articles);
        rate.add(was.into(), is.into(), clusters.of_labels(Some(&labels)));
    }
    // Nothing of the interval of a pass rate is drawn, so the seed is no matter.
    let found = rate.finish(PASS_RATE, MARGIN, 0);
    Some(Difference {
        cases: found.n,
        difference: found.difference?,
        interval: found.interval?,
        too_few_clusters: found.too_few_clusters,
    })
}
