//! What becomes of a pair → how many passed, broke and were fixed.

use serde::Serialize;

use crate::diff::{ChangeKind, Pair, Side};

/// What became of a pair with a verdict on both sides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Went {
    /// Both sides passed.
    Both,
    /// Base passed, candidate failed.
    Broke,
    /// Base failed, candidate passed.
    Fixed,
    /// Neither side passed.
    Neither,
}

impl Went {
    /// Of a pair of which this became; nothing where there is no verdict on both sides, or they are not comparable.
    pub fn of(kind: ChangeKind, pair: &Pair<'_>) -> Option<Self> {
        if kind == ChangeKind::NotComparable {
            return None;
        }
        let (base, cand) = pair.sides();
        Some(match (base.and_then(Side::verdict)?, cand.and_then(Side::verdict)?) {
            (true, true) => Self::Both,
            (false, false) => Self::Neither,
            (true, false) => Self::Broke,
            (false, true) => Self::Fixed,
        })
    }
}

/// Pairs with a verdict on both sides, by who passed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Both sides passed.
    pub both: u64,
    /// Base passed, candidate failed.
    pub broke: u64,
    /// Base failed, candidate passed.
    pub fixed: u64,
    /// Neither side passed.
    pub neither: u64,
}

impl Tally {
    /// Counts a pair of which this became. Says whether it changed sides: fixed (`true`) or broke (`false`).
    pub fn add(&mut self, kind: ChangeKind, pair: &Pair<'_>) -> Option<bool> {
        match Went::of(kind, pair)? {
            Went::Both => self.both += 1,
            Went::Neither => self.neither += 1,
            Went::Broke => {
                self.broke += 1;
                return Some(false);
            }
            Went::Fixed => {
                self.fixed += 1;
                return Some(true);
            }
        }
        None
    }

    /// All of them: comparable pairs with a verdict on both sides. A case's repeats are reduced to one verdict: all must
    /// pass.
    pub fn pairs(&self) -> u64 {
        self.both + self.broke + self.fixed + self.neither
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diff::samples::{P, any_column, changes, metrics, tally, trials};
    use crate::outcome::Outcome::{Errored, Failed};
    use proptest::prelude::*;

    fn turned(kind: ChangeKind) -> ChangeKind {
        match kind {
            ChangeKind::Regressed => ChangeKind::Improved,
            ChangeKind::Improved => ChangeKind::Regressed,
            ChangeKind::Added => ChangeKind::Removed,
            ChangeKind::Removed => ChangeKind::Added,
            same @ (ChangeKind::Same
            | ChangeKind::Flaky
            | ChangeKind::Inconclusive
            | ChangeKind::NotComparable) => same,
        }
    }

    #[test]
    fn only_comparable_pairs_with_two_verdicts_count() {
        let base = [
            trials("both", &[P]),
            trials("broke", &[P]),
            trials("fixed", &[Failed]),
            trials("neither", &[Failed]),
            trials("flaked", &[P, P]),
            trials("errored", &[P]),
            trials("removed", &[P]),
            trials("moved", &[P]),
        ];
        let mut cand = [
            trials("both", &[P]),
            trials("broke", &[Failed]),
            trials("fixed", &[P]),
            trials("neither", &[Failed]),
            trials("flaked", &[P, Failed]),
            trials("errored", &[Errored]),
            trials("added", &[P]),
            trials("moved", &[Failed]),
        ];
        cand[7][0].fingerprints.case = crate::fingerprint::Fingerprint::of("other");
        let (base, cand) = (base.concat(), cand.concat());
        assert_eq!(tally(&base, &cand), Tally { both: 1, broke: 2, fixed: 1, neither: 1 });
        let order: Vec<String> = changes(&base, &cand).into_iter().map(|c| c.case).collect();
        assert!(order.is_sorted() && order.len() == 9, "{order:?}");
    }

    #[test]
    fn phrasings_are_pairs_of_their_own() {
        let mut base = [trials("a", &[P]), trials("a", &[Failed])].concat();
        base[1].key.phrasing = "0badc0de".into();
        assert_eq!(changes(&base, &base).len(), 2);
        assert_eq!(tally(&base, &base), Tally { both: 1, neither: 1, ..Tally::default() });
        let alone = [base.remove(1)];
        let kinds: Vec<ChangeKind> = changes(&base, &alone).iter().map(|c| c.change.kind).collect();
        assert_eq!(kinds, [ChangeKind::Removed, ChangeKind::Added]);
    }

    #[test]
    fn rates_are_over_comparable_pairs() {
        let column = |outcomes: [crate::outcome::Outcome; 4]| {
            ["a", "b", "c", "d"].iter().zip(outcomes).flat_map(|(case, o)| trials(case, &[o])).collect()
        };
        let (base, cand): (Vec<_>, Vec<_>) = (column([P, P, P, Failed]), column([P, Failed, Failed, P]));
        let counted = tally(&base, &cand);
        assert_eq!((counted.pairs(), counted.broke, counted.fixed), (4, 2, 1));
        let found = &metrics(&base, &cand)[0];
        assert_eq!((found.base, found.cand, found.difference), (Some(0.75), Some(0.5), Some(-0.25)));
    }

    proptest! {
        #[test]
        fn a_column_is_the_same_as_itself(column in any_column()) {
            for changed in changes(&column, &column) {
                let judged = changed.base.is_some_and(|s| s.judged > 0);
                let expected = if judged { ChangeKind::Same } else { ChangeKind::Inconclusive };
                prop_assert_eq!(changed.change.kind, expected);
                prop_assert!(!changed.change.answer_changed && !changed.change.moved.any());
            }
            let counted = tally(&column, &column);
            prop_assert_eq!((counted.broke, counted.fixed), (0, 0));
            prop_assert_eq!(counted.pairs(), counted.both + counted.neither);
        }

        #[test]
        fn swapping_the_sides_swaps_the_kinds(base in any_column(), cand in any_column()) {
            let (there, back) = (changes(&base, &cand), changes(&cand, &base));
            prop_assert_eq!(there.len(), back.len());
            for (a, b) in there.iter().zip(&back) {
                prop_assert_eq!(b.change.kind, turned(a.change.kind));
                prop_assert_eq!((&a.case, &a.phrasing), (&b.case, &b.phrasing));
                prop_assert_eq!(a.change.moved, b.change.moved);
                prop_assert_eq!(a.change.answer_changed, b.change.answer_changed);
                prop_assert_eq!((a.base, a.cand), (b.cand, b.base));
            }
            let (there, back) = (tally(&base, &cand), tally(&cand, &base));
            prop_assert_eq!(back, Tally { broke: there.fixed, fixed: there.broke, ..there });
            let (there, back) = (metrics(&base, &cand), metrics(&cand, &base));
            prop_assert_eq!(there[0].difference, back[0].difference.map(|d| -d));
            prop_assert_eq!(there[0].p_value, back[0].p_value);
        }

        #[test]
        fn the_order_of_recording_changes_nothing(
            (base, shuffled) in any_column().prop_flat_map(|c| (Just(c.clone()), Just(c).prop_shuffle())),
            cand in any_column(),
        ) {
            prop_assert_eq!(changes(&base, &cand), changes(&shuffled, &cand));
            prop_assert_eq!(changes(&cand, &base), changes(&cand, &shuffled));
        }
    }
}
