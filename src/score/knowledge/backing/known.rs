//! One text that may support an answer, read once; passages come back in many trials and are kept.

use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};

use crate::fingerprint::Fingerprint;
use crate::knowledge::Passage;
use crate::score::facts::{Fact, FactKind, Value, address_key, extract_worded};
use crate::score::kept::Kept;
use crate::score::reading::{Index, hash};
use crate::score::words::{sentences, words};

/// Words on each side of a fact that tell what it is about.
const AROUND: usize = 15;

/// By the hashes of a passage and its title.
static PASSAGES: Kept<(Fingerprint, u64), Known> = Kept::new();
static SAID: Kept<String, Known> = Kept::new();

/// A text with all that is asked of it.
#[derive(Debug)]
pub(in crate::score) struct Known {
    pub(in crate::score) index: Index,
    text: String,
    facts: OnceLock<Stated>,
}

/// The facts of a text.
#[derive(Debug)]
pub(in crate::score) struct Stated {
    pub(in crate::score) facts: Vec<Fact>,
    /// For each fact the words of its sentence.
    pub(in crate::score) contexts: Vec<BTreeSet<String>>,
    /// Its words, for quotations and codes.
    words: String,
}

impl Known {
    pub(in crate::score) fn new(text: &str) -> Self {
        Self { index: Index::new(text), text: text.to_owned(), facts: OnceLock::new() }
    }

    /// Title, heading and text of a passage.
    pub(in crate::score) fn of_passage(passage: &Passage) -> Arc<Self> {
        let key = (passage.hash, hash(passage.title.as_bytes()));
        PASSAGES.of(&key, || Self::new(&format!("{}\n{}\n{}", passage.title, passage.heading, passage.text)))
    }

    /// What somebody said.
    pub(in crate::score) fn of_text(text: &str) -> Arc<Self> {
        SAID.of(text, || Self::new(text))
    }

    /// The text itself.
    pub(in crate::score) fn text(&self) -> &str {
        &self.text
    }

    /// Its facts, looked for when they are first asked for.
    pub(in crate::score) fn stated(&self) -> &Stated {
        self.facts.get_or_init(|| {
            let facts = extract_worded(&self.text);
            Stated { contexts: contexts(&self.text, &facts), facts, words: spaced_words(&self.text) }
        })
    }

    /// Whether it says a fact; `passage` is where it stands.
    pub(in crate::score) fn supports(&self, fact: &Fact, passage: Option<&Passage>) -> bool {
        let stated = self.stated();
        match (fact.kind, &fact.value) {
            (FactKind::Quotation, _) => stated.words.contains(&spaced_words(&fact.text)),
            (FactKind::Article, Value::Text(id)) => passage.is_some_and(|p| p.id == *id || p.article == *id),
            (FactKind::Url, Value::Text(claim)) => {
                let own = passage.and_then(|p| p.url.as_deref()).map(address_key);
                let mut said = stated.facts.iter().filter(|f| f.kind == FactKind::Url);
                own.is_some_and(|a| leads_to(&a, claim))
                    || said.any(|f| matches!(&f.value, Value::Text(a) if leads_to(a, claim)))
            }
            (FactKind::Code, _) if stated.words.contains(&spaced_words(&fact.text)) => true,
            _ => stated.facts.iter().any(|own| own.value.supports(&fact.value)),
        }
    }
}

fn spaced_words(text: &str) -> String {
    let words = words(text);
    format!(" {} ", words.iter().map(|w| w.folded.as_str()).collect::<Vec<_>>().join(" "))
}

/// Whether an address the source knows is the claimed one: the same page, or its bare host.
pub(in crate::score) fn leads_to(known: &str, claim: &str) -> bool {
    let page = |address: &str| address.split('#').next().unwrap_or_default().trim_end_matches('/').to_owned();
    let host = known.split('/').next().unwrap_or_default();
    page(known) == page(claim) || host == claim
}

/// For each fact the words around it in its sentence.
pub(super) fn contexts(text: &str, facts: &[Fact]) -> Vec<BTreeSet<String>> {
    if facts.is_empty() {
        return Vec::new();
    }
    let sentences = sentences(text);
    let words = words(text);
    let around = |fact: &Fact| -> BTreeSet<String> {
        let at = sentences.partition_point(|s| s.end <= fact.span.start);
        let Some(sentence) = sentences.get(at) else { return BTreeSet::new() };
        let middle = words.partition_point(|w| w.span.start < fact.span.start);
        let near = &words[middle.saturating_sub(AROUND)..(middle + AROUND).min(words.len())];
        let inside = near.iter().filter(|w| sentence.start <= w.span.start && w.span.end <= sentence.end);
        inside.map(|w| w.folded.clone()).collect()
    };
    facts.iter().map(around).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::facts::extract;

    #[test]
    fn facts_are_supported_by_value_and_quotations_by_their_words() {
        let known = Known::new(
            "The label costs 4,95 euro. Press **Send it back** within thirty days. It has two wheels.",
        );
        for (claim, expected) in [
            ("€4.95", true),
            ("2 wheels", true),
            ("a 30-day window", true),
            ("\"send it back\"", true),
            ("€5", false),
            ("\"go back now\"", false),
        ] {
            let fact = &extract(claim)[0];
            assert_eq!(known.supports(fact, None), expected, "{claim}");
        }
    }

    #[test]
    fn addresses_lead_to_a_page_or_its_host() {
        assert!(leads_to("help.example/a#top", "help.example/a"));
        assert!(leads_to("help.example/a", "help.example"));
        assert!(!leads_to("help.example/a", "help.example/b"));
    }
}
