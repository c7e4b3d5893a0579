//! Gaps that a draft of a new article answers, by the measure that finds gaps.

use std::collections::{BTreeMap, BTreeSet};

use crate::case::{Action, Case};
use crate::coverage::{SUPPORTED, Words};
use crate::impact::CaseId;
use crate::knowledge::{Effect, Overlay};
use crate::project::Project;
use crate::score::accepted::terms;

/// The cases among `wanted` that declare no source or expect no answer, and whose question is said by a new article
/// better than by any other, with the passage that says it.
pub fn answered(with: &Project, overlay: &Overlay, wanted: &BTreeSet<CaseId>) -> BTreeMap<CaseId, String> {
    let mut found = BTreeMap::new();
    if !overlay.laid.iter().any(|laid| laid.effect == Effect::Added) {
        return found;
    }
    for suite in &with.suites {
        let words = Words::of(suite.knowledge.articles());
        for scored in suite.cases.each().flatten().filter(|scored| is_open(&scored.case)) {
            let id = (suite.id.clone(), scored.case.id.clone());
            if !wanted.contains(&id) {
                continue;
            }
            let asked: BTreeMap<u64, String> = terms(scored.case.input()).into_iter().collect();
            let Some((passage, _)) = words.nearest(&asked).filter(|(_, share)| *share >= SUPPORTED) else {
                continue;
            };
            if overlay.of_passage(passage).is_some_and(|laid| laid.effect == Effect::Added) {
                found.insert(id, passage.to_owned());
            }
        }
    }
    found
}

/// Whether a case waits for an article that answers it.
fn is_open(case: &Case) -> bool {
    let hands_over = |action: &Action| matches!(action, Action::Abstain | Action::Escalate);
    case.sources.is_empty() || (!case.expect.is_empty() && case.expect.iter().all(hands_over))
}
