//! What an answer may rest on, and how far it does: passages, what the customer said, the case's own values.
//!
//! [`Source`] is one text that may support an answer, [`claims()`] are the sentences of an answer that
//! state something; facts are looked up in the sources by value, words by stem.

mod answer;
mod claims;
mod facts;
mod known;
mod paraphrase;
mod rivals;
mod words;

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::case::Speaker;
use crate::knowledge::Passage;
use crate::score::ScoreInput;

pub(in crate::score) use answer::Answer;
pub(in crate::score) use claims::claims;
pub(in crate::score) use facts::{Checked, Ignored, check_facts};
pub(in crate::score) use known::{Known, leads_to};
pub(in crate::score) use paraphrase::closest;
pub(in crate::score) use rivals::{comparable, rivals};
pub(in crate::score) use words::{Support, support};

/// Something that may support an answer.
pub(in crate::score) struct Source<'a> {
    /// The passage; absent for everything else.
    pub(in crate::score) passage: Option<&'a Passage>,
    /// Who says it, when no passage does.
    pub(in crate::score) speaker: &'static str,
    pub(in crate::score) known: Arc<Known>,
}

impl Source<'_> {
    /// Something that no passage says; `None` where there are no words.
    pub(in crate::score) fn said(speaker: &'static str, text: &str) -> Option<Self> {
        let some = text.chars().any(char::is_alphanumeric);
        some.then(|| Self { passage: None, speaker, known: Known::of_text(text) })
    }
}

/// The passages that the trial was given, then those of the case's declared sources; each once.
pub(in crate::score) fn passages<'a>(input: &ScoreInput<'a>) -> Vec<Source<'a>> {
    let mut seen = BTreeSet::new();
    let all = input.given.iter().chain(input.sources).map(Arc::as_ref);
    all.filter(|p| seen.insert((p.id.as_str(), p.hash)))
        .map(|p| Source { passage: Some(p), speaker: "", known: Known::of_passage(p) })
        .collect()
}

/// What the customer said and the case's `vars`: facts in them are not the answer's invention.
pub(in crate::score) fn customer<'a>(input: &ScoreInput<'a>) -> Vec<Source<'a>> {
    let said = input.case.turns.iter().filter(|t| t.role == Speaker::Customer).map(|t| t.text.as_str());
    let phrasings = input.case.phrasings.iter().map(|p| p.text.as_str());
    let mut customer: Vec<&str> = said.chain(phrasings).collect();
    if !customer.contains(&input.question) {
        customer.push(input.question);
    }
    let vars: Vec<String> = input
        .case
        .vars
        .values()
        .map(|value| value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned))
        .collect();
    [("from the customer", customer.join("\n")), ("from the case's vars", vars.join("\n"))]
        .into_iter()
        .filter_map(|(speaker, text)| Source::said(speaker, &text))
        .collect()
}
