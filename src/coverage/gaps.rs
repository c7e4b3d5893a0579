//! What customers ask and no article says.
//!
//! A case is a gap when it expects that the bot does not know, or when it declares no source and no passage has most of the
//! words of its question. Gaps about the same are put together (`clusters.rs`), labelled by their words, and ranked by
//! weight × share of trials in which the customer was left without a right answer.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::case::Action;
use crate::coverage::clusters::{self, GapsBy, Question};
use crate::coverage::map::{CaseSeen, Map};
use crate::coverage::nearest::{SUPPORTED, Words};
use crate::embed::Embedder;
use crate::score::accepted::terms;

/// Terms of a label.
const TERMS: usize = 3;
/// Questions shown of a gap.
const SHOWN: usize = 3;

/// Something that is asked and that no article says.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Gap {
    /// The words that tell it from other questions.
    pub label: String,
    /// Its cases, as `suite/case`.
    pub cases: Vec<String>,
    /// The first of its questions.
    pub questions: Vec<String>,
    /// Sum of the weights of its cases.
    pub weight: f64,
    /// Share of the trials in which the customer was left without a right answer; absent where there are none.
    pub unanswered: Option<f64>,
    /// Weight × unanswered: what it is ranked by.
    pub loss: f64,
    /// The section that has most of the words of a question, if any.
    pub nearest: Option<String>,
    /// Share of them that it has.
    pub support: f64,
    /// Owners of its cases.
    pub owners: Vec<String>,
    /// What is to be done: `write` an article, or `extend` the nearest one.
    pub todo: &'static str,
}

/// A question with its words.
struct Asked<'m, 'p> {
    case: &'m CaseSeen<'p>,
    terms: BTreeMap<u64, String>,
    nearest: Option<(String, f64)>,
}

/// The gaps, and how they were put together.
pub(super) fn find(map: &Map<'_>, embedder: &dyn Embedder) -> (Vec<Gap>, GapsBy) {
    let words = Words::of(map.articles.values().copied());
    let rarity = |word: u64| words.rarity(word);
    let mut gaps: Vec<Asked<'_, '_>> = Vec::new();
    for case in map.cases.iter().filter(|case| may_be_gap(case)) {
        let terms: BTreeMap<u64, String> = terms(case.scored.case.input()).into_iter().collect();
        let nearest = words.nearest(&terms).map(|(id, share)| (id.to_owned(), share));
        let asked = Asked { case, terms, nearest };
        let supported = asked.nearest.as_ref().is_some_and(|(_, share)| *share >= SUPPORTED);
        if expects_nothing(case) || !supported {
            gaps.push(asked);
        }
    }
    let questions: Vec<Question<'_>> = gaps
        .iter()
        .map(|asked| Question {
            text: asked.case.scored.case.input(),
            lang: &asked.case.scored.case.lang,
            words: asked.terms.keys().map(|word| (*word, rarity(*word))).collect(),
        })
        .collect();
    let (groups, by) = clusters::of(&questions, embedder);
    let mut found: Vec<Gap> = groups
        .into_iter()
        .map(|members| gap(&members.iter().map(|at| &gaps[*at]).collect::<Vec<_>>(), &rarity))
        .collect();
    // What is answered all the same costs nobody anything.
    found.retain(|gap| gap.unanswered != Some(0.0));
    found.sort_by(|a, b| {
        b.loss.total_cmp(&a.loss).then(b.weight.total_cmp(&a.weight)).then(a.cases.cmp(&b.cases))
    });
    (found, by)
}

/// Whether the knowledge is to blame where a case is not answered: off-topic questions and those for a person are none.
fn may_be_gap(case: &CaseSeen<'_>) -> bool {
    let (expect, sources) = (&case.scored.case.expect, &case.scored.case.sources);
    let knows = case.suite.knowledge.articles().next().is_some();
    let wanted = expect.is_empty() || expect.contains(&Action::Answer);
    knows && (expects_nothing(case) || (sources.is_empty() && wanted))
}

fn expects_nothing(case: &CaseSeen<'_>) -> bool {
    case.scored.case.expect == [Action::Abstain]
}

fn gap(members: &[&Asked<'_, '_>], rarity: &dyn Fn(u64) -> f64) -> Gap {
    let mut counts: BTreeMap<u64, (f64, &str)> = BTreeMap::new();
    for (word, written) in members.iter().flat_map(|asked| &asked.terms) {
        counts.entry(*word).or_insert((0.0, written)).0 += rarity(*word);
    }
    let mut ranked: Vec<(f64, &str)> = counts.into_values().collect();
    ranked.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
    let label: Vec<&str> = ranked.iter().take(TERMS).map(|(_, word)| *word).collect();
    let first = members.first().map(|a| a.case.scored.case.input().to_owned()).unwrap_or_default();
    let weight: f64 = members.iter().map(|asked| asked.case.scored.case.weight).sum();
    let trials: u64 = members.iter().map(|asked| asked.case.trials).sum();
    let answered: u64 = members.iter().map(|asked| asked.case.answered).sum();
    let unanswered = (trials > 0).then(|| 1.0 - answered as f64 / trials as f64);
    let nearest = members.iter().filter_map(|asked| asked.nearest.as_ref());
    let nearest = nearest.max_by(|a, b| a.1.total_cmp(&b.1)).cloned();
    let support = nearest.as_ref().map_or(0.0, |(_, share)| *share);
    let name = |asked: &&Asked<'_, '_>| format!("{}/{}", asked.case.suite.id, asked.case.scored.case.id);
    let owners: BTreeSet<String> = members.iter().filter_map(|a| a.case.scored.case.owner.clone()).collect();
    Gap {
        label: if label.is_empty() { first.clone() } else { label.join(" ") },
        cases: members.iter().map(name).collect(),
        questions: members.iter().take(SHOWN).map(|a| a.case.scored.case.input().to_owned()).collect(),
        weight,
        unanswered,
        loss: weight * unanswered.unwrap_or(1.0),
        nearest: nearest.map(|(id, _)| id),
        support,
        owners: owners.into_iter().collect(),
        todo: if support >= SUPPORTED { "extend" } else { "write" },
    }
}
