//! Two sides of one case → what became of it.

use serde::Serialize;

use crate::diff::{ALPHA, Pair, Side};
use crate::fingerprint::Fingerprint;
use crate::outcome::TrialDigest;
use crate::stats::fisher;

/// What became of one case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ChangeKind {
    /// Every base trial passed and every candidate trial failed, or so many fewer passed that chance would hardly
    /// do that; [`Change::proven`] tells the two apart.
    Regressed,
    /// The same the other way round.
    Improved,
    /// The same verdicts.
    Same,
    /// Passes and failures mixed on the same inputs.
    Flaky,
    /// Too few judged trials to say (errors, skipped trials).
    Inconclusive,
    /// Only in the candidate.
    Added,
    /// Only in the base.
    Removed,
    /// The case or its scorers moved, so the verdicts do not mean the same.
    NotComparable,
}

/// Which of the five fingerprints differ.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[expect(clippy::struct_excessive_bools, reason = "five independent facts, one per fingerprint")]
pub struct Moved {
    /// Input or expectations.
    pub case: bool,
    /// Rendered messages.
    pub prompt: bool,
    /// Passages given.
    pub knowledge: bool,
    /// Rules.
    pub scorers: bool,
    /// Model, parameters, engine.
    pub model: bool,
}

impl Moved {
    /// What moved here or there.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            case: self.case || other.case,
            prompt: self.prompt || other.prompt,
            knowledge: self.knowledge || other.knowledge,
            scorers: self.scorers || other.scorers,
            model: self.model || other.model,
        }
    }

    /// Whether anything moved at all.
    pub fn any(self) -> bool {
        self.case || self.prompt || self.knowledge || self.scorers || self.model
    }
}

/// What became of one wording of a case.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Change {
    /// What became of it.
    pub kind: ChangeKind,
    /// Two-sided p-value of Fisher's test on the passes of both sides; absent without a verdict on both, and
    /// where they are not comparable. One trial a side never proves anything: it gives 1.
    pub p_value: Option<f64>,
    /// Whether the answers differ in text.
    pub answer_changed: bool,
    /// What moved.
    pub moved: Moved,
}

impl Change {
    /// Whether the repeats prove the change: chance alone would hardly move so many.
    pub fn proven(&self) -> bool {
        let moved = matches!(self.kind, ChangeKind::Regressed | ChangeKind::Improved);
        moved && self.p_value.is_some_and(|p| p < ALPHA)
    }

    /// What became of a pair.
    pub fn of(pair: &Pair<'_>) -> Self {
        let moved = moved(pair);
        let (base, cand) = pair.sides();
        let p_value =
            base.zip(cand).filter(|_| !moved.case && !moved.scorers).and_then(|(b, c)| fisher_of(b, c));
        Self {
            kind: kind(base, cand, moved, p_value),
            p_value,
            answer_changed: pair.differs(|t| t.answer.as_ref().map(|a| a.text)),
            moved,
        }
    }
}

fn fisher_of(base: Side, cand: Side) -> Option<f64> {
    let of = |side: Side| (u64::from(side.passed), u64::from(side.judged));
    let ((pass_a, n_a), (pass_b, n_b)) = (of(base), of(cand));
    (n_a > 0 && n_b > 0).then(|| fisher(pass_a, n_a, pass_b, n_b))
}

fn moved(pair: &Pair<'_>) -> Moved {
    let differs = |of: fn(&TrialDigest) -> Fingerprint| pair.differs(|t| Some(of(t)));
    Moved {
        case: differs(|t| t.fingerprints.case),
        prompt: differs(|t| t.fingerprints.prompt),
        knowledge: differs(|t| t.fingerprints.knowledge),
        scorers: differs(|t| t.fingerprints.scorers),
        model: differs(|t| t.fingerprints.model),
    }
}

fn kind(base: Option<Side>, cand: Option<Side>, moved: Moved, p_value: Option<f64>) -> ChangeKind {
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
    let (all, none) = (|s: Side| s.passed == s.judged, |s: Side| s.passed == 0);
    // Shares, not counts: three passes of three and two of two are the same verdict.
    let share = |a: Side, b: Side| u64::from(a.passed) * u64::from(b.judged);
    if share(base, cand) == share(cand, base) {
        ChangeKind::Same
    } else if all(base) && none(cand) {
        ChangeKind::Regressed
    } else if none(base) && all(cand) {
        ChangeKind::Improved
    } else if p_value.is_some_and(|p| p < ALPHA) {
        let fewer = share(cand, base) < share(base, cand);
        if fewer { ChangeKind::Regressed } else { ChangeKind::Improved }
    } else {
        ChangeKind::Flaky
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diff::samples::{P, changes, trials};
    use crate::outcome::Outcome::{self, Errored, Failed, Refused, Skipped};
    use crate::outcome::TrialResult;

    fn of(base: &[TrialResult], cand: &[TrialResult]) -> Change {
        let changes = changes(base, cand);
        assert_eq!(changes.len(), 1);
        changes[0].change
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
    fn only_repeats_prove_a_change() {
        for (base, cand, kind, proven) in [
            (&[P][..], &[Failed][..], ChangeKind::Regressed, false),
            (&[P; 3], &[Failed; 3], ChangeKind::Regressed, false),
            (&[P; 4], &[Failed; 4], ChangeKind::Regressed, true),
            (&[Failed; 4], &[P; 4], ChangeKind::Improved, true),
            (&[P; 6], &[P, Failed, Failed, Failed, Failed, Failed], ChangeKind::Regressed, true),
            (&[P; 4], &[P, P, Failed, Failed], ChangeKind::Flaky, false),
        ] {
            let change = of(&trials("a", base), &trials("a", cand));
            assert_eq!((change.kind, change.proven()), (kind, proven), "{base:?} → {cand:?}");
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
    fn repeats_without_a_common_one_are_held_all_against_all() {
        let base = trials("a", &[P]);
        let second = trials("a", &[P, P]).split_off(1);
        let change = of(&base, &second);
        assert!(change.answer_changed && change.moved.model && !change.moved.case);
    }
}
