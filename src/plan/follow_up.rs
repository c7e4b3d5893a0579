//! A plan of trials beside those of another plan.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Plan;
use crate::outcome::{CellKey, FollowUp, VariantKey};

/// Trials that are wanted beside the planned ones, by what they are repeats of.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FollowUps(BTreeMap<CellKey, Wish>);

/// How many trials are wanted, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wish {
    /// Trials.
    pub trials: u32,
    /// The strongest reason.
    pub why: FollowUp,
}

impl FollowUps {
    /// Wants so many trials; wanted twice, it is the larger number for the stronger reason.
    pub fn want(&mut self, cell: CellKey, trials: u32, why: FollowUp) {
        if trials == 0 {
            return;
        }
        let wish = self.0.entry(cell).or_insert(Wish { trials, why });
        *wish = Wish { trials: wish.trials.max(trials), why: wish.why.min(why) };
    }

    /// What is wanted of a cell.
    pub fn of(&self, cell: &CellKey) -> Option<Wish> {
        self.0.get(cell).copied()
    }

    /// Leaves out the cells that are not meant.
    pub fn retain(&mut self, is: impl Fn(&CellKey) -> bool) {
        self.0.retain(|cell, _| is(cell));
    }

    /// Every wish, in the order of cells.
    pub fn iter(&self) -> impl Iterator<Item = (&CellKey, Wish)> {
        self.0.iter().map(|(cell, wish)| (cell, *wish))
    }

    /// Trials wanted.
    pub fn len(&self) -> u64 {
        self.count(|_| true)
    }

    /// Whether nothing is wanted.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn count(&self, of: impl Fn(&CellKey) -> bool) -> u64 {
        self.iter().filter(|(cell, _)| of(cell)).map(|(_, wish)| u64::from(wish.trials)).sum()
    }

    /// Whether some trial of a case is wanted.
    pub(super) fn touches(&self, suite: &str, case: &str) -> bool {
        let first = CellKey {
            suite: suite.to_owned(),
            case: case.to_owned(),
            phrasing: String::new(),
            variant: VariantKey { prompt: String::new(), model: String::new() },
        };
        self.0.range(first..).next().is_some_and(|(cell, _)| cell.suite == suite && cell.case == case)
    }
}

impl Plan {
    /// The plan of these trials, which are numbered after the planned repeats of this plan.
    #[must_use]
    pub fn following(&self, wanted: FollowUps) -> Self {
        let mut plan = self.clone();
        for (variant, trials) in &mut plan.variants {
            *trials = wanted.count(|cell| cell.variant == *variant);
        }
        plan.variants.retain(|(_, trials)| *trials > 0);
        for (suite, size) in plan.suites.iter().zip(&mut plan.sizes) {
            size.trials = wanted.count(|cell| cell.suite == suite.id);
        }
        plan.follow_ups = Some(Arc::new(wanted));
        plan
    }
}
