//! Which trials of two columns belong together: those of the same suite, case and phrasing.

use std::collections::BTreeMap;

use crate::outcome::TrialResult;

/// Suite, case and phrasing; the order is that of [`crate::outcome::TrialKey`].
pub(super) type CaseKey<'a> = (&'a str, &'a str, &'a str);

/// The trials of one case in repeat order, on the side of the base and of the candidate.
#[derive(Debug, Default)]
pub(super) struct Pair<'a> {
    /// Empty when the case is only in the candidate.
    pub(super) base: Vec<&'a TrialResult>,
    /// Empty when the case is only in the base.
    pub(super) cand: Vec<&'a TrialResult>,
}

/// Pairs two columns, whatever the order of their trials.
pub(super) fn pair<'a>(
    base: &[&'a TrialResult],
    cand: &[&'a TrialResult],
) -> BTreeMap<CaseKey<'a>, Pair<'a>> {
    let mut pairs: BTreeMap<CaseKey<'a>, Pair<'a>> = BTreeMap::new();
    for trial in base {
        pairs.entry(key_of(trial)).or_default().base.push(trial);
    }
    for trial in cand {
        pairs.entry(key_of(trial)).or_default().cand.push(trial);
    }
    for pair in pairs.values_mut() {
        pair.base.sort_by_key(|t| t.key.index);
        pair.cand.sort_by_key(|t| t.key.index);
    }
    pairs
}

fn key_of(trial: &TrialResult) -> CaseKey<'_> {
    (&trial.key.suite, &trial.key.case, &trial.key.phrasing)
}

impl Pair<'_> {
    /// Whether something differs between the sides: held repeat against repeat, or, when they have no
    /// repeat in common, all against all. What is `None` says nothing.
    ///
    /// Repeats are not mixed, because each has a sampling seed of its own in its model fingerprint.
    pub(super) fn differs<V: Ord>(&self, of: impl Fn(&TrialResult) -> Option<V>) -> bool {
        let values = |side: &[&TrialResult]| -> BTreeMap<u32, V> {
            side.iter().filter_map(|t| of(t).map(|v| (t.key.index, v))).collect()
        };
        let (base, cand) = (values(&self.base), values(&self.cand));
        let mut common = base.iter().filter_map(|(n, b)| cand.get(n).map(|c| b != c)).peekable();
        if common.peek().is_some() {
            return common.any(|differs| differs);
        }
        let all = |side: BTreeMap<u32, V>| side.into_values().collect::<std::collections::BTreeSet<V>>();
        !base.is_empty() && !cand.is_empty() && all(base) != all(cand)
    }
}
