//! Lists that stay short however long a run is: what is kept of them is chosen the same way every time,
//! and how many there were is counted exactly.

use std::cmp::Ordering;

use crate::case::Tier;
use crate::outcome::{TrialKey, VariantKey};

/// Most entries that a report keeps of one list.
pub const KEPT: usize = 1000;

/// How much of a report is made: how many entries of a list are read whole, with their texts (as many as
/// somebody will see), and the parts that only some readers need.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "six independent parts of a report")]
pub struct Depth {
    most: usize,
    outcomes: bool,
    places: bool,
    cases: bool,
    trend: bool,
    areas: bool,
    experiments: bool,
}

impl Depth {
    /// Everything that every report keeps.
    pub const ALL: Self = Self {
        most: KEPT,
        outcomes: false,
        places: false,
        cases: false,
        trend: false,
        areas: false,
        experiments: false,
    };

    /// The first `n` entries of every list; 0 = all that is kept.
    pub fn first(n: usize) -> Self {
        let most = if n == 0 { KEPT } else { n.min(KEPT) };
        Self { most, ..Self::ALL }
    }

    /// The same with the outcome of every trial, which takes memory for each of them.
    #[must_use]
    pub const fn with_outcomes(self) -> Self {
        Self { outcomes: true, ..self }
    }

    /// The same with the places where cases and prompts are written, which takes the project to know.
    #[must_use]
    pub const fn with_places(self) -> Self {
        Self { places: true, ..self }
    }

    /// With the section of all cases.
    #[must_use]
    pub const fn with_cases(self) -> Self {
        Self { cases: true, ..self }
    }

    /// With the runs before.
    #[must_use]
    pub const fn with_trend(self) -> Self {
        Self { trend: true, ..self }
    }

    /// With the experiments that the run belongs to, which takes the project to know.
    #[must_use]
    pub const fn with_experiments(self) -> Self {
        Self { experiments: true, ..self }
    }

    /// With the areas.
    #[must_use]
    pub const fn with_areas(self) -> Self {
        Self { areas: true, ..self }
    }

    /// What both ask for.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            most: self.most.max(other.most),
            outcomes: self.outcomes || other.outcomes,
            places: self.places || other.places,
            cases: self.cases || other.cases,
            trend: self.trend || other.trend,
            areas: self.areas || other.areas,
            experiments: self.experiments || other.experiments,
        }
    }

    /// Most entries.
    pub fn most(self) -> usize {
        self.most
    }

    /// Whether all cases are wanted.
    pub fn cases(self) -> bool {
        self.cases
    }

    /// Whether the runs before are wanted.
    pub fn trend(self) -> bool {
        self.trend
    }

    /// Whether the experiments are wanted.
    pub fn experiments(self) -> bool {
        self.experiments
    }

    /// Whether the areas are wanted.
    pub fn areas(self) -> bool {
        self.areas
    }

    /// Whether the outcome of every trial is wanted.
    pub fn outcomes(self) -> bool {
        self.outcomes
    }

    /// Whether places are wanted.
    pub fn places(self) -> bool {
        self.places
    }
}

/// The first entries of a list.
#[derive(Debug)]
pub(super) struct First<T> {
    kept: Vec<T>,
    most: usize,
    total: u64,
}

impl<T> First<T> {
    pub(super) fn new(most: usize) -> Self {
        Self { kept: Vec::new(), most, total: 0 }
    }

    /// Counts an entry, and makes it only if it is kept.
    pub(super) fn add(&mut self, make: impl FnOnce() -> T) {
        self.total += 1;
        if self.kept.len() < self.most {
            self.kept.push(make());
        }
    }

    /// How many there were.
    pub(super) fn total(&self) -> u64 {
        self.total
    }

    pub(super) fn into_kept(self) -> Vec<T> {
        self.kept
    }
}

impl<T> Default for First<T> {
    fn default() -> Self {
        Self::new(KEPT)
    }
}

/// Which of two failing cases comes first: critical ones, then by traffic weight, then column by column in
/// key order.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Rank {
    pub(super) tier: Tier,
    pub(super) weight: f64,
    pub(super) column: usize,
    /// Place in key order.
    pub(super) place: u64,
}

impl Rank {
    fn order(&self, other: &Self) -> Ordering {
        let weights = other.weight.total_cmp(&self.weight);
        let places = (self.column, self.place).cmp(&(other.column, other.place));
        self.tier.cmp(&other.tier).then(weights).then(places)
    }
}

/// The entries of a list that rank first.
#[derive(Debug)]
pub(super) struct Best<T> {
    kept: Vec<(Rank, T)>,
    /// What is not before this one is not kept.
    bar: Option<Rank>,
    total: u64,
}

impl<T> Default for Best<T> {
    fn default() -> Self {
        Self { kept: Vec::new(), bar: None, total: 0 }
    }
}

impl<T> Best<T> {
    /// Counts an entry, and makes it only if it may be kept.
    pub(super) fn add(&mut self, rank: Rank, make: impl FnOnce() -> T) {
        self.total += 1;
        if self.bar.is_some_and(|bar| rank.order(&bar).is_ge()) {
            return;
        }
        self.kept.push((rank, make()));
        // Sorted once per KEPT entries, not once per entry.
        if self.kept.len() >= 2 * KEPT {
            self.cut();
        }
    }

    fn cut(&mut self) {
        self.kept.sort_by(|(a, _), (b, _)| a.order(b));
        if self.kept.len() >= KEPT {
            self.kept.truncate(KEPT);
            self.bar = self.kept.last().map(|(rank, _)| *rank);
        }
    }

    /// How many there were.
    pub(super) fn total(&self) -> u64 {
        self.total
    }

    pub(super) fn into_kept(mut self) -> Vec<(Rank, T)> {
        self.cut();
        self.kept
    }
}

/// One wording of a case, as small as it can be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wording {
    pub(super) suite: Box<str>,
    pub(super) case: Box<str>,
    pub(super) phrasing: Box<str>,
}

impl Wording {
    pub(super) fn new(suite: &str, case: &str, phrasing: &str) -> Self {
        Self { suite: suite.into(), case: case.into(), phrasing: phrasing.into() }
    }

    /// One of its trials.
    pub(super) fn trial(&self, variant: &VariantKey, index: u32) -> TrialKey {
        TrialKey {
            suite: self.suite.to_string(),
            case: self.case.to_string(),
            phrasing: self.phrasing.to_string(),
            prompt: variant.prompt.clone(),
            model: variant.model.clone(),
            index,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_first_are_kept_and_all_are_counted() {
        let mut list = First::new(2);
        for n in 0..5 {
            list.add(|| {
                assert!(n < 2, "made for nothing");
                n
            });
        }
        assert_eq!((list.total(), list.into_kept()), (5, vec![0, 1]));
    }

    #[test]
    fn a_depth_of_nothing_is_everything_kept() {
        assert_eq!(Depth::first(0), Depth::ALL);
        assert_eq!((Depth::first(3).most(), Depth::first(usize::MAX).most()), (3, KEPT));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(8))]
        #[test]
        fn the_best_are_those_of_the_whole_list_sorted(
            weights in proptest::collection::vec((0_u8..3, 0_u8..4, 0_usize..2), 0..5000)
        ) {
            let tiers = [Tier::Critical, Tier::Standard, Tier::Exploratory];
            let ranks: Vec<Rank> = (0..)
                .zip(weights)
                .map(|(place, (tier, weight, column))| Rank {
                    tier: tiers[usize::from(tier)],
                    weight: f64::from(weight) / 4.0 + 0.1,
                    column,
                    place,
                })
                .collect();
            let mut best = Best::default();
            for rank in &ranks {
                best.add(*rank, || rank.place);
            }
            let mut sorted = ranks.clone();
            sorted.sort_by(|a, b| {
                a.tier.cmp(&b.tier).then(b.weight.total_cmp(&a.weight)).then(a.column.cmp(&b.column))
            });
            sorted.truncate(KEPT);
            prop_assert_eq!(best.total(), ranks.len() as u64);
            let kept: Vec<u64> = best.into_kept().into_iter().map(|(_, place)| place).collect();
            prop_assert_eq!(kept, sorted.iter().map(|r| r.place).collect::<Vec<u64>>());
        }
    }
}
