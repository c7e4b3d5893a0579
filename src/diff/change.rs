//! Two sides of one case → what became of it.

use crate::diff::pair::{CaseKey, Pair};
use crate::diff::{Change, ChangeKind, Moved, Side, side};
use crate::fingerprint::Fingerprint;
use crate::outcome::TrialResult;

/// What became of one case.
pub(super) fn change((suite, case, phrasing): CaseKey<'_>, pair: &Pair<'_>) -> Change {
    let (base, cand) = (side::reduce(&pair.base), side::reduce(&pair.cand));
    let moved = moved(pair);
    let newest = pair.cand.first().or(pair.base.first());
    Change {
        suite: suite.to_owned(),
        case: case.to_owned(),
        phrasing: phrasing.to_owned(),
        input: newest.map(|t| t.case.input.clone()).unwrap_or_default(),
        kind: kind(base.as_ref(), cand.as_ref(), moved),
        answer_changed: pair.differs(|t| t.answer().map(str::to_owned)),
        moved,
        base,
        cand,
    }
}

fn moved(pair: &Pair<'_>) -> Moved {
    let differs = |of: fn(&TrialResult) -> Fingerprint| pair.differs(|t| Some(of(t)));
    Moved {
        case: differs(|t| t.fingerprints.case),
        prompt: differs(|t| t.fingerprints.prompt),
        knowledge: differs(|t| t.fingerprints.knowledge),
        scorers: differs(|t| t.fingerprints.scorers),
        model: differs(|t| t.fingerprints.model),
    }
}

fn kind(base: Option<&Side>, cand: Option<&Side>, moved: Moved) -> ChangeKind {
    let (base, cand) = match (base, cand) {
        (Some(base), Some(cand)) => (base, cand),
        (None, _) => return ChangeKind::Added,
        (_, None) => return ChangeKind::Removed,
    };
    if moved.case || moved.scorers {
        return ChangeKind::NotComparable;
    }
    if base.judged == 0 || cand.judged == 0 {
        return ChangeKind::Inconclusive;
    }
    let (all, none) = (|s: &Side| s.passed == s.judged, |s: &Side| s.passed == 0);
    // Shares, not counts: three passes of three and two of two are the same verdict.
    let share = |a: &Side, b: &Side| u64::from(a.passed) * u64::from(b.judged);
    if share(base, cand) == share(cand, base) {
        ChangeKind::Same
    } else if all(base) && none(cand) {
        ChangeKind::Regressed
    } else if none(base) && all(cand) {
        ChangeKind::Improved
    } else {
        ChangeKind::Flaky
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diff::pair::pair;
    use crate::diff::samples::{P, trials};
    use crate::outcome::Outcome::{self, Errored, Failed, Refused, Skipped};

    fn of(base: &[TrialResult], cand: &[TrialResult]) -> Change {
        let (base, cand) = (base.iter().collect::<Vec<_>>(), cand.iter().collect::<Vec<_>>());
        let pairs = pair(&base, &cand);
        assert_eq!(pairs.len(), 1);
        let (key, pair) = pairs.first_key_value().unwrap();
        change(*key, pair)
    }

    fn kind_of(base: &[Outcome], cand: &[Outcome]) -> ChangeKind {
        of(&trials("a", base), &trials("a", cand)).kind
    }

    #[test]
    fn every_kind_has_its_verdicts() {
        use ChangeKind::{Added, Flaky, Improved, Inconclusive, Regressed, Removed, Same};
        for (base, cand, kind) in [
            (&[P][..], &[Failed][..], Regressed),
            (&[P, P], &[Refused, Failed], Regressed),
            (&[Failed], &[P], Improved),
            (&[P], &[P], Same),
            (&[Failed], &[Refused], Same),
            (&[P, Failed], &[Failed, P], Same),
            (&[P, P, P], &[P, P], Same),
            (&[P, P], &[P, Failed], Flaky),
            (&[P, Failed], &[Failed, Failed], Flaky),
            (&[P, Failed, Failed], &[P, P, Failed], Flaky),
            (&[P], &[Errored], Inconclusive),
            (&[Skipped], &[Failed], Inconclusive),
            (&[P, Errored], &[Failed, Skipped], Regressed),
            (&[], &[P], Added),
            (&[P], &[], Removed),
            (&[], &[Errored], Added),
        ] {
            assert_eq!(kind_of(base, cand), kind, "{base:?} → {cand:?}");
        }
    }

    #[test]
    fn a_moved_case_or_scorer_is_not_comparable() {
        let base = trials("a", &[P]);
        for part in 0..5 {
            let mut cand = trials("a", &[Failed]);
            let prints = &mut cand[0].fingerprints;
            let other = Fingerprint::of("other");
            match part {
                0 => prints.case = other,
                1 => prints.scorers = other,
                2 => prints.prompt = other,
                3 => prints.knowledge = other,
                _ => prints.model = other,
            }
            let change = of(&base, &cand);
            let comparable = change.kind == ChangeKind::Regressed;
            assert_eq!(comparable, part > 1, "{part}");
            assert!(change.moved.any());
        }
    }

    #[test]
    fn a_moved_case_with_errors_is_not_comparable_either() {
        let mut cand = trials("a", &[Errored]);
        cand[0].fingerprints.case = Fingerprint::of("other");
        assert_eq!(of(&trials("a", &[P]), &cand).kind, ChangeKind::NotComparable);
    }

    #[test]
    fn more_repeats_do_not_move_the_model() {
        let (one, three) = (trials("a", &[P]), trials("a", &[P, P, P]));
        assert_ne!(three[0].fingerprints.model, three[1].fingerprints.model);
        let change = of(&one, &three);
        assert_eq!((change.moved, change.kind), (Moved::default(), ChangeKind::Same));
    }

    #[test]
    fn answers_are_held_against_answers() {
        let base = trials("a", &[P, Failed]);
        assert!(!of(&base, &base).answer_changed);
        assert!(!of(&base, &trials("a", &[Errored, Errored])).answer_changed);
        assert!(!of(&base, &[]).answer_changed);
        let mut cand = base.clone();
        cand[0].completion.as_mut().unwrap().text = "other".into();
        assert!(of(&base, &cand).answer_changed);
    }

    #[test]
    fn the_candidates_wording_is_shown() {
        let mut cand = trials("a", &[P]);
        cand[0].case.input = "new words".into();
        assert_eq!(of(&trials("a", &[P]), &cand).input, "new words");
        assert_eq!(of(&trials("a", &[P]), &[]).input, "How long?");
    }
}
