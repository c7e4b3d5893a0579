//! Which answers are labelled: a seeded sample, stratified by verdict, suite and area.

use std::collections::BTreeMap;

use super::Card;
use crate::fingerprint::Fingerprint;
use crate::golden::Label;
use crate::outcome::Run;

/// Answers without a label: half of them failed ones as far as there are so many, and of each verdict one after the
/// other from every suite and area. The cards come in an order that tells nothing of the verdict.
pub(super) fn sample<'r>(
    run: &'r Run,
    scorer: &str,
    known: &BTreeMap<String, Label>,
    count: usize,
    seed: u64,
) -> Vec<Card<'r>> {
    // By verdict, then suite and area; inside in the order of a seeded hash.
    let mut strata: [BTreeMap<(String, String), BTreeMap<Fingerprint, Card<'r>>>; 2] = Default::default();
    let mut taken: std::collections::BTreeSet<String> = known.keys().cloned().collect();
    let judged = run.trials.iter().flat_map(|trial| trial.judged().map(move |of| (trial, of)));
    for (trial, of) in judged.filter(|(_, of)| of.scorer == scorer) {
        let (Some(pass), id) = (of.score.pass(), of.label_id()) else { continue };
        if !taken.insert(id.clone()) {
            continue;
        }
        let place = Fingerprint::of(&(seed, &id));
        let part = (trial.key.suite.clone(), trial.case.area.clone().unwrap_or_default());
        strata[usize::from(pass)].entry(part).or_default().insert(place, Card { id, trial, of });
    }
    let sizes = strata.each_ref().map(|parts| parts.values().map(BTreeMap::len).sum::<usize>());
    let [failed, passed] = sizes;
    let wanted_failed = failed.min((count / 2).max(count.saturating_sub(passed)));
    let wanted = [wanted_failed, count.saturating_sub(wanted_failed)];
    let mut cards: Vec<Card<'r>> = Vec::new();
    for (parts, wanted) in strata.into_iter().zip(wanted) {
        cards.extend(in_turn(parts, wanted));
    }
    cards.sort_by_key(|card| Fingerprint::of(&("order", seed, &card.id)));
    cards
}

/// One card of every part, and again, until there are enough.
fn in_turn(
    parts: BTreeMap<(String, String), BTreeMap<Fingerprint, Card<'_>>>,
    wanted: usize,
) -> Vec<Card<'_>> {
    let mut parts: Vec<_> = parts.into_values().map(BTreeMap::into_values).collect();
    let mut cards = Vec::new();
    while cards.len() < wanted {
        let before = cards.len();
        for part in &mut parts {
            if cards.len() < wanted {
                cards.extend(part.next());
            }
        }
        if cards.len() == before {
            break;
        }
    }
    cards
}
