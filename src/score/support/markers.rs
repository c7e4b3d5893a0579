//! Marker phrases by which an answer's action is recognised.
//!
//! The shipped phrases (`lexicon.rs`) are patterns over folded text (lower case, straight apostrophes, no
//! Romanian diacritics); a suite's own are plain substrings, folded the same way. A phrase under a condition
//! (`if I don't know …`) does not count, and a handover that is denied does not either.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Arc, LazyLock, OnceLock};

use crate::case::Action;
use crate::fingerprint::Fingerprint;
use crate::score::pattern::Pattern;
use crate::score::support::lexicon;
use crate::score::support::phrases::{Phrase, Phrases};
use crate::score::words::{Folding, fold};

/// The shipped phrases, compiled once for all suites.
static SHIPPED_PHRASES: LazyLock<Phrases> = LazyLock::new(|| {
    let phrase = |(action, source)| Phrase { action, pattern: Pattern::latin_of(source) };
    Phrases::new(lexicon::shipped().map(phrase).collect())
});

/// Phrases per action: the shipped English and Romanian ones, then the suite's own. They are
/// compiled when the first answer is read.
#[derive(Debug, Clone)]
pub struct Markers {
    own: Arc<Phrases>,
    fingerprint: OnceLock<Fingerprint>,
}

impl Default for Markers {
    /// The shipped phrases alone.
    fn default() -> Self {
        Self::with(&BTreeMap::new())
    }
}

/// A marker found in an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::score) struct Hit {
    pub(in crate::score) action: Action,
    /// Bytes of the folded answer.
    pub(in crate::score) span: Range<usize>,
    /// Whether a handover is only offered, asked or conditional.
    pub(in crate::score) offered: bool,
}

static CONDITION: Pattern = Pattern::latin(
    r"\b(?:if|when|whenever|unless|in case|should|once|after|until|whether|while|daca|cand|in caz ca|in cazul in care|dupa ce|pana cand|atunci cand)\b[^,;:]*$",
);
static ANY_CONDITION: Pattern = Pattern::latin(
    r"\b(?:if|when|whenever|unless|in case|once|after|until|daca|cand|in cazul|dupa ce|pana)\b",
);
static OFFER: Pattern = Pattern::latin(r"^(?:i can|we can|i could|me to|(?:te |va )?(?:pot|putem|poate))\b");
static NEGATION: Pattern =
    Pattern::latin(r"(?:\bnot|n't|\bcannot|\bunable to|\bnever|\bwithout|\bnu|\bfara)(?: [\w'-]+){0,2} ?$");
static ABOUT_CUSTOMER: Pattern = Pattern::latin(
    r"^ (?:your|which|what you|who you|exactly (?:what|which)|what exactly|la ce|care dintre|ce model)\b",
);
/// What makes it no lack of knowledge (`documents do not have to be …`, `no information to enter`).
static NEED: Pattern = Pattern::latin(r"^ to (?:be|fill|enter|submit|add|type|upload|sign)\b");
static KNOWING: Pattern = Pattern::latin(
    r"^ (?:(?:that|this|any|such|the)(?: [\w'-]+)? (?:information|info|details)|(?:aceasta|acest|aceste|astfel de) (?:informati|detali|date|raspuns)\w*)\b",
);
static WRITE_FIRST: Pattern = Pattern::latin(
    r"\b(?:write|email|e-mail|mail|call|contact|fill|submit|send|report|use|open|scrie|scrieti|sunati|suna|contactati|completati|completeaza|trimite|trimiteti)\b",
);
static FIRST_PERSON: Pattern = Pattern::latin(
    r"^(?:i|i'll|i'm|i've|we|we'll|we're|we've|let me|me to|te|va|voi|vom|o sa|am|pot|putem|escaladez)\b",
);
static WILL: Pattern =
    Pattern::latin(r"^(?:a|an|one of|our|someone|my|coleg\w*|echipa|agent\w*|operator\w*|specialist\w*)\b");

impl Markers {
    /// The shipped phrases and a suite's further ones.
    pub fn with(extra: &BTreeMap<Action, Vec<String>>) -> Self {
        let own = extra.iter().flat_map(|(action, list)| {
            let sources = list.iter().map(|phrase| own_pattern(phrase)).filter(|source| !source.is_empty());
            sources.map(|source| Phrase { action: *action, pattern: Pattern::of(source) })
        });
        Self { own: Arc::new(Phrases::new(own.collect())), fingerprint: OnceLock::new() }
    }

    /// Content hash, part of the scorers fingerprint.
    pub fn fingerprint(&self) -> Fingerprint {
        *self.fingerprint.get_or_init(|| {
            let mut phrases: BTreeMap<Action, Vec<&str>> = BTreeMap::new();
            for phrase in SHIPPED_PHRASES.list().iter().chain(self.own.list()) {
                phrases.entry(phrase.action).or_default().push(phrase.pattern.source());
            }
            Fingerprint::of(&serde_json::json!({ "v": 3, "phrases": phrases }))
        })
    }

    /// Every marker of a folded text that counts, in order.
    pub(in crate::score) fn find(&self, text: &str, sentences: &[Range<usize>]) -> Vec<Hit> {
        let mut possible = SHIPPED_PHRASES.possible(text);
        possible.extend(self.own.possible(text));
        let mut hits = Vec::new();
        let mut writing = Writing { seen: 0, asked: false };
        for (index, sentence) in sentences.iter().enumerate() {
            let part = &text[sentence.clone()];
            for phrase in &possible {
                for found in phrase.pattern.spans(part) {
                    let asked_to_write = || writing.asked_before(index, text, sentences);
                    if let Some(offered) = counts(phrase.action, part, &found, asked_to_write) {
                        let words = part[found.clone()].trim_end_matches(|c: char| !c.is_alphanumeric());
                        let start = sentence.start + found.start;
                        hits.push(Hit { action: phrase.action, span: start..start + words.len(), offered });
                    }
                }
            }
        }
        hits.sort_by_key(|h| (h.span.start, h.span.end));
        hits
    }
}

/// Whether the customer was asked to write or call; each sentence is read once, when it matters.
struct Writing {
    seen: usize,
    asked: bool,
}

impl Writing {
    fn asked_before(&mut self, index: usize, text: &str, sentences: &[Range<usize>]) -> bool {
        while !self.asked && self.seen < index {
            self.asked = WRITE_FIRST.is_match(&text[sentences[self.seen].clone()]);
            self.seen += 1;
        }
        self.asked
    }
}

fn is_question(sentence: &str) -> bool {
    sentence.trim_end_matches(|c: char| !c.is_alphanumeric() && c != '?').ends_with('?')
}

/// Blanks of a phrase match any run of blanks; an empty phrase is dropped.
fn own_pattern(phrase: &str) -> String {
    let folded = fold(phrase, Folding::Marks);
    folded.split_whitespace().map(regex::escape).collect::<Vec<_>>().join(r"\s+")
}

/// Bytes on both sides of a marker in which conditions are looked for.
const NEAR: usize = 400;

/// Whether a marker in a sentence counts at all, and whether as an offer.
fn counts(
    action: Action,
    sentence: &str,
    found: &Range<usize>,
    asked_to_write: impl FnOnce() -> bool,
) -> Option<bool> {
    // Only what is near, so that a sentence without end costs no more than its length.
    let from = sentence.floor_char_boundary(found.start.saturating_sub(NEAR));
    let until = sentence.floor_char_boundary((found.end + NEAR).min(sentence.len()));
    let (head, phrase) = (&sentence[from..found.start], &sentence[found.clone()]);
    let tail = &sentence[found.end..until];
    if action != Action::Escalate {
        let about_customer = action == Action::Abstain
            && ![" to", " answer"].iter().any(|end| phrase.ends_with(end))
            && ABOUT_CUSTOMER.is_match(tail);
        let needless = action == Action::Abstain && NEED.is_match(tail);
        let about_knowing = action == Action::RefuseScope && KNOWING.is_match(tail);
        return (!CONDITION.is_match(head) && !needless && !about_customer && !about_knowing)
            .then_some(false);
    }
    if NEGATION.is_match(head) || (WILL.is_match(phrase) && (WRITE_FIRST.is_match(head) || asked_to_write()))
    {
        return None;
    }
    let conditional = ANY_CONDITION.is_match(head) || ANY_CONDITION.is_match(tail) || is_question(sentence);
    // What others do under a condition describes a process.
    if conditional && !sentence.ends_with('?') && !FIRST_PERSON.is_match(phrase) {
        return None;
    }
    Some(OFFER.is_match(phrase) || conditional)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::string::string_regex;

    use super::*;

    #[test]
    fn every_shipped_phrase_compiles() {
        let shipped = lexicon::shipped().count();
        let list = SHIPPED_PHRASES.list();
        assert_eq!(list.iter().filter(|p| p.pattern.compiles()).count(), shipped);
        let guards = [
            &CONDITION,
            &ANY_CONDITION,
            &OFFER,
            &NEGATION,
            &ABOUT_CUSTOMER,
            &NEED,
            &KNOWING,
            &WRITE_FIRST,
            &FIRST_PERSON,
            &WILL,
        ];
        assert!(guards.iter().all(|p| p.compiles()));
    }

    #[test]
    fn the_fingerprint_moves_with_the_phrases() {
        let one = BTreeMap::from([(Action::Abstain, vec!["beats me".to_owned()])]);
        let other = BTreeMap::from([(Action::Escalate, vec!["beats me".to_owned()])]);
        let all = [Markers::default(), Markers::with(&one), Markers::with(&other)].map(|m| m.fingerprint());
        assert_eq!(all[0], Markers::with(&BTreeMap::new()).fingerprint());
        assert!(all[0] != all[1] && all[1] != all[2] && all[0] != all[2]);
    }

    #[test]
    fn own_phrases_are_substrings_and_empty_ones_are_dropped() {
        let own = BTreeMap::from([(Action::Abstain, vec!["Habar  N'am (".to_owned(), "  ".to_owned()])]);
        let markers = Markers::with(&own);
        assert_eq!((markers.own.list().len(), Markers::default().own.list().len()), (1, 0));
        let text = "pai habar\nn'am (deloc";
        let hits = markers.find(text, std::slice::from_ref(&(0..text.len())));
        assert_eq!((hits.len(), hits[0].span.clone()), (1, 4..14));
    }

    /// Texts that a shipped pattern describes, but for where words end.
    fn texts_of_phrases() -> impl Strategy<Value = String> {
        let sources: Vec<String> = lexicon::shipped().map(|(_, source)| source).collect();
        prop::sample::select(sources).prop_flat_map(|source| {
            let plain = source.replace(r"\b", "").replace("|$)", ")").replace("|$|", "|");
            let plain = plain.replace(r"\w", "[a-z]").replace(r"\W", "[ ]").replace(['^', '$'], "");
            string_regex(&plain).expect("a pattern that describes texts")
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(400))]

        #[test]
        fn no_phrase_of_a_text_is_overlooked(text in texts_of_phrases(), other in texts_of_phrases()) {
            for text in [format!("so {text}"), format!("{text}, {other}."), text] {
                let possible: Vec<_> =
                    SHIPPED_PHRASES.possible(&text).iter().map(|p| p.pattern.source()).collect();
                for phrase in SHIPPED_PHRASES.list().iter().filter(|p| p.pattern.is_match(&text)) {
                    prop_assert!(possible.contains(&phrase.pattern.source()), "{:?}", text);
                }
            }
        }
    }

    #[test]
    fn every_shipped_phrase_asks_for_literals() {
        let free = SHIPPED_PHRASES.possible("");
        assert!(free.is_empty(), "{free:#?}");
    }
}
