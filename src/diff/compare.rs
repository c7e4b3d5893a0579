//! Two columns → counts, rates, and whether the difference is more than chance.

use crate::diff::{Change, ChangeKind, Comparison, Side, change, pair};
use crate::outcome::{TrialResult, VariantKey};
use crate::stats::{mcnemar_mid_p, newcombe_paired};

/// Pairs with a verdict on both sides, by who passed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Tally {
    both: u64,
    broke: u64,
    fixed: u64,
    neither: u64,
}

/// Compares two columns of one run, case by case. The prompt and model fingerprints may differ; the case and scorers may not.
pub fn compare(base: (&VariantKey, &[&TrialResult]), cand: (&VariantKey, &[&TrialResult])) -> Comparison {
    let changes = changes(base.1, cand.1);
    let tally = tally(&changes);
    let Tally { both, broke, fixed, neither } = tally;
    let pairs = both + broke + fixed + neither;
    let rate = |passed: u64| (pairs > 0).then(|| passed as f64 / pairs as f64);
    Comparison {
        base: base.0.clone(),
        cand: cand.0.clone(),
        pairs,
        broke,
        fixed,
        base_rate: rate(both + broke),
        cand_rate: rate(both + fixed),
        difference: (pairs > 0).then(|| (fixed as f64 - broke as f64) / pairs as f64),
        interval: newcombe_paired(both, broke, fixed, neither),
        p_value: mcnemar_mid_p(broke, fixed),
        changes,
    }
}

fn changes(base: &[&TrialResult], cand: &[&TrialResult]) -> Vec<Change> {
    pair::pair(base, cand).iter().map(|(key, pair)| change::change(*key, pair)).collect()
}

fn tally(changes: &[Change]) -> Tally {
    let mut tally = Tally::default();
    for change in changes.iter().filter(|c| c.kind != ChangeKind::NotComparable) {
        let verdict = |side: &Option<Side>| side.as_ref().and_then(Side::verdict);
        match (verdict(&change.base), verdict(&change.cand)) {
            (Some(true), Some(true)) => tally.both += 1,
            (Some(true), Some(false)) => tally.broke += 1,
            (Some(false), Some(true)) => tally.fixed += 1,
            (Some(false), Some(false)) => tally.neither += 1,
            (None, _) | (_, None) => {}
        }
    }
    tally
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diff::samples::{P, any_column, trials};
    use crate::outcome::Outcome::{Errored, Failed};
    use proptest::prelude::*;

    fn refs(trials: &[TrialResult]) -> Vec<&TrialResult> {
        trials.iter().collect()
    }

    fn between(base: &[TrialResult], cand: &[TrialResult]) -> Vec<Change> {
        changes(&refs(base), &refs(cand))
    }

    fn turned(change: &Change) -> ChangeKind {
        match change.kind {
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
        let changes = between(&base.concat(), &cand.concat());
        assert_eq!(tally(&changes), Tally { both: 1, broke: 2, fixed: 1, neither: 1 });
        let order: Vec<&str> = changes.iter().map(|c| c.case.as_str()).collect();
        assert!(order.is_sorted() && order.len() == 9, "{order:?}");
    }

    #[test]
    fn phrasings_are_pairs_of_their_own() {
        let base = [trials("a", &[P]), trials("a", &[Failed])].concat();
        let mut base = base;
        base[1].key.phrasing = "0badc0de".into();
        let changes = between(&base, &base);
        assert_eq!(changes.len(), 2);
        assert_eq!(tally(&changes), Tally { both: 1, neither: 1, ..Tally::default() });
    }

    proptest! {
        #[test]
        fn a_column_is_the_same_as_itself(column in any_column()) {
            for change in between(&column, &column) {
                let judged = change.base.as_ref().is_some_and(|s| s.judged > 0);
                let expected = if judged { ChangeKind::Same } else { ChangeKind::Inconclusive };
                prop_assert_eq!(change.kind, expected);
                prop_assert!(!change.answer_changed && !change.moved.any());
            }
        }

        #[test]
        fn swapping_the_sides_swaps_the_kinds(base in any_column(), cand in any_column()) {
            let (there, back) = (between(&base, &cand), between(&cand, &base));
            prop_assert_eq!(there.len(), back.len());
            for (a, b) in there.iter().zip(&back) {
                prop_assert_eq!(b.kind, turned(a));
                prop_assert_eq!((&a.case, a.moved, a.answer_changed), (&b.case, b.moved, b.answer_changed));
                prop_assert_eq!((&a.base, &a.cand), (&b.cand, &b.base));
            }
            let (there, back) = (tally(&there), tally(&back));
            prop_assert_eq!(back, Tally { broke: there.fixed, fixed: there.broke, ..there });
        }

        #[test]
        fn the_order_of_trials_changes_nothing(
            (base, shuffled) in any_column().prop_flat_map(|c| (Just(c.clone()), Just(c).prop_shuffle())),
            cand in any_column(),
        ) {
            prop_assert_eq!(between(&base, &cand), between(&shuffled, &cand));
            prop_assert_eq!(between(&cand, &base), between(&cand, &shuffled));
        }
    }
}
