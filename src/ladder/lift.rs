//! What content and retrieval are worth: differences of pass rates over the same cases.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::ladder::CaseRow;
use crate::stats::{Interval, newcombe_paired};

/// A difference of two rungs over the cases that have a result on both.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Difference {
    /// Cases compared.
    pub cases: u64,
    /// Share that passes on the second minus share that passes on the first.
    pub difference: f64,
    /// Its 95 % interval (Newcombe 1998, paired).
    pub interval: Interval,
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
    let (mut both, mut only_a, mut only_b, mut neither) = (0, 0, 0, 0);
    for case in cases {
        match (case.passed[a], case.passed[b]) {
            (Some(true), Some(true)) => both += 1,
            (Some(true), Some(false)) => only_a += 1,
            (Some(false), Some(true)) => only_b += 1,
            (Some(false), Some(false)) => neither += 1,
            _ => {}
        }
    }
    let interval = newcombe_paired(both, only_a, only_b, neither)?;
    let cases = both + only_a + only_b + neither;
    Some(Difference { cases, difference: (only_b as f64 - only_a as f64) / cases as f64, interval })
}
