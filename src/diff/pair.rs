//! Which trials of two columns belong together: those of the same suite, case and phrasing.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use crate::diff::{Repeats, Side};
use crate::fingerprint::Fingerprint;
use crate::outcome::TrialDigest;

/// One wording of a case in two columns.
#[derive(Debug, Clone, Copy)]
pub struct Pair<'a> {
    /// Absent when the wording is only in the candidate.
    pub base: Option<Repeats<'a>>,
    /// Absent when the wording is only in the base.
    pub cand: Option<Repeats<'a>>,
}

/// Pairs the wordings of one case in two columns; both come in wording order, and so do the pairs.
pub fn pairs<'a>(
    base: impl Iterator<Item = Repeats<'a>>,
    cand: impl Iterator<Item = Repeats<'a>>,
) -> impl Iterator<Item = Pair<'a>> {
    let (mut base, mut cand) = (base.peekable(), cand.peekable());
    std::iter::from_fn(move || {
        let order = match (base.peek(), cand.peek()) {
            (None, None) => return None,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(b), Some(c)) => b.phrasing().cmp(c.phrasing()),
        };
        Some(Pair {
            base: if order == Ordering::Greater { None } else { base.next() },
            cand: if order == Ordering::Less { None } else { cand.next() },
        })
    })
}

impl<'a> Pair<'a> {
    /// Phrasing key; empty for the case's own wording.
    pub fn phrasing(&self) -> &'a str {
        self.cand.or(self.base).map_or("", |r| r.phrasing())
    }

    /// Traffic weight of its case, as it is today.
    pub fn weight(&self) -> f64 {
        self.cand.or(self.base).and_then(|r| r.trials.first()).map_or(1.0, |t| t.weight)
    }

    /// What the repeats of each side come to: base, candidate.
    pub fn sides(&self) -> (Option<Side>, Option<Side>) {
        (self.base.map(|r| r.side), self.cand.map(|r| r.side))
    }

    /// Whether the candidate's answers are the base's own, out of the store, judged by the same scorers.
    pub(super) fn is_stored(&self) -> bool {
        let (Some(base), Some(cand)) = (self.base, self.cand) else { return false };
        let text = |trial: &TrialDigest| trial.answer.as_ref().map(|a| a.text);
        base.trials.len() == cand.trials.len()
            && base.trials.iter().zip(cand.trials).all(|(old, new)| {
                let same = old.key.index == new.key.index && old.fingerprints == new.fingerprints;
                same && new.cached && text(new).is_some() && text(old) == text(new)
            })
    }

    /// Whether something differs between the sides: held repeat against repeat, or, when they have no
    /// repeat in common, all against all. What is `None` says nothing.
    ///
    /// Repeats are not mixed, because each has a sampling seed of its own in its model fingerprint.
    pub(super) fn differs(&self, of: impl Fn(&TrialDigest) -> Option<Fingerprint>) -> bool {
        let values = |side: Option<Repeats<'a>>| {
            side.map_or(&[][..], |r| r.trials).iter().filter_map(|t| Some((t.key.index, of(t)?)))
        };
        let (mut base, mut cand) = (values(self.base).peekable(), values(self.cand).peekable());
        let mut common = false;
        while let (Some((b, old)), Some((c, new))) = (base.peek(), cand.peek()) {
            match b.cmp(c) {
                Ordering::Less => drop(base.next()),
                Ordering::Greater => drop(cand.next()),
                Ordering::Equal if old != new => return true,
                Ordering::Equal => {
                    common = true;
                    base.next();
                    cand.next();
                }
            }
        }
        if common {
            return false;
        }
        let all = |side| values(side).map(|(_, value)| value).collect::<BTreeSet<Fingerprint>>();
        let (base, cand) = (all(self.base), all(self.cand));
        !base.is_empty() && !cand.is_empty() && base != cand
    }
}
