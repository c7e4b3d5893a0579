//! Run → baseline, and what a new baseline would no longer count on.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::{Baseline, Line, Origin, Tally};
use crate::case::Tier;
use crate::outcome::{ReadError, Recorded, VariantKey};

/// See [`Baseline::of`].
pub(super) fn of(run: &dyn Recorded, origin: Origin) -> Result<Baseline, ReadError> {
    let info = run.info().clone();
    let mut lines: BTreeMap<(String, String, String), Line> = BTreeMap::new();
    let mut resting = BTreeSet::new();
    for digest in run.digests()? {
        let digest = digest?;
        let variant = digest.key.variant();
        let Some(place) = info.header.variants.iter().position(|v| *v == variant) else { continue };
        if matches!(digest.tier, Tier::Suspect | Tier::Quarantined) {
            resting.insert((digest.key.suite.clone(), digest.key.case.clone()));
        }
        if !digest.tier.gates() {
            continue;
        }
        let key = (digest.key.suite, digest.key.case, digest.key.phrasing);
        let line = lines.entry(key).or_insert_with(|| Line {
            case: digest.fingerprints.case,
            scorers: digest.fingerprints.scorers,
            tier: digest.tier,
            tallies: vec![None; info.header.variants.len()],
        });
        let Some(tally) = line.tallies.get_mut(place) else { continue };
        let tally = tally.get_or_insert_default();
        match digest.outcome.verdict() {
            Some(passed) => {
                tally.judged += 1;
                tally.passed += u32::from(passed);
            }
            None => tally.unjudged += 1,
        }
    }
    Ok(Baseline { info, origin, lines, resting })
}

/// Takes over what an older baseline says of cases that decided nothing in the run of the new one (suspect, in
/// quarantine), so that they come back with what they held.
pub(super) fn carry_over(new: &mut Baseline, old: &Baseline) {
    let place = |variant: &VariantKey| old.info.header.variants.iter().position(|v| v == variant);
    let places: Vec<Option<usize>> = new.info.header.variants.iter().map(place).collect();
    for (key, line) in &old.lines {
        if new.resting.contains(&(key.0.clone(), key.1.clone())) && !new.lines.contains_key(key) {
            let tally = |at: &Option<usize>| line.tallies.get((*at)?).copied().flatten();
            let tallies = places.iter().map(tally).collect();
            new.lines.insert(key.clone(), Line { tallies, ..line.clone() });
        }
    }
}

/// A wording that held in the old baseline and would not in the new one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loss {
    /// `suite/case`, with the phrasing where it has one.
    pub name: String,
    /// Its column.
    pub column: String,
    /// Its trials in the new run; absent when it is not in it.
    pub now: Option<Tally>,
}

impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, column, now } = self;
        match now {
            None => write!(f, "{name} ({column}): not in the run"),
            Some(Tally { passed, judged, unjudged: 0 }) => {
                write!(f, "{name} ({column}): {passed} of {judged} passed")
            }
            Some(Tally { passed, judged, unjudged }) => {
                write!(f, "{name} ({column}): {passed} of {judged} passed, {unjudged} without a verdict")
            }
        }
    }
}

/// What held in `old` and would not hold in `new`. A case whose input, expectations or scorers moved is no loss as long
/// as it is there: what held before was another case.
pub fn losses(old: &Baseline, new: &Baseline) -> Vec<Loss> {
    let mut found = Vec::new();
    for (place, variant) in old.info.header.variants.iter().enumerate() {
        let twin = new.info.header.variants.iter().position(|v| v == variant);
        for (key, line) in &old.lines {
            if !line.tallies.get(place).copied().flatten().is_some_and(Tally::holds) {
                continue;
            }
            let theirs = new.lines.get(key);
            let now = theirs.zip(twin).and_then(|(line, at)| line.tallies.get(at).copied().flatten());
            let moved = theirs.is_some_and(|now| (now.case, now.scorers) != (line.case, line.scorers));
            if now.is_some_and(|now| now.holds() || moved) {
                continue;
            }
            let (suite, case, phrasing) = key;
            let wording = if phrasing.is_empty() { String::new() } else { format!(" [{phrasing}]") };
            let name = format!("{suite}/{case}{wording}");
            found.push(Loss { name, column: variant.to_string(), now });
        }
    }
    found
}
