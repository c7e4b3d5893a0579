//! The rules of style, each a search for what breaks it.

use std::ops::Range;

use crate::score::Evidence;
use crate::score::text::style::address::{Address, Marks};
use crate::score::text::style::emoji::emoji;
use crate::score::words::Words;

/// Pieces of evidence shown for one rule.
const SHOWN: usize = 20;
/// Letters of a word in capitals that stands alone and is no abbreviation.
const SHOUTED: usize = 6;

/// A phrase as written and as words.
pub(super) struct Phrase {
    pub(super) written: String,
    pub(super) words: Vec<String>,
}

impl Phrase {
    pub(super) fn new(written: &str) -> Self {
        let words = Words::new(written).iter().map(ToOwned::to_owned).collect();
        Self { written: written.trim().to_owned(), words }
    }
}

/// One rule with its setting.
pub(super) enum Rule {
    Banned(Vec<Phrase>),
    Wanted(Vec<Phrase>),
    SentenceWords(usize),
    Exclamations(usize),
    Emoji(usize),
    Address(Address),
    NoContractions,
    NoCapitals(Vec<String>),
}

/// The answer as all rules look at it.
pub(super) struct Answer<'a> {
    pub(super) text: &'a str,
    pub(super) words: Words<'a>,
    pub(super) folded: Vec<String>,
    /// Characters of each word.
    pub(super) spans: Vec<Range<usize>>,
    pub(super) sentences: Vec<Range<usize>>,
    pub(super) lang: &'a str,
}

/// What a rule found: what breaks it, and besides what it looked for.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) against: Vec<Evidence>,
    pub(super) matched: Vec<Evidence>,
}

impl Rule {
    /// The rule's name in reasons.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Banned(_) => "banned phrases",
            Self::Wanted(_) => "wanted phrases",
            Self::SentenceWords(_) => "sentence length",
            Self::Exclamations(_) => "exclamation marks",
            Self::Emoji(_) => "emoji",
            Self::Address(Address::Formal) => "formal address",
            Self::Address(Address::Informal) => "informal address",
            Self::NoContractions => "contractions",
            Self::NoCapitals(_) => "capitals",
        }
    }

    /// What breaks the rule; nothing to judge is `None`.
    pub(super) fn look(&self, answer: &Answer<'_>) -> Option<Found> {
        let mut found = Found::default();
        match self {
            Self::Banned(phrases) => {
                let places = phrases.iter().flat_map(|phrase| answer.places(&phrase.words));
                found.against = places.map(|place| answer.evidence("banned", place)).collect();
            }
            Self::Wanted(phrases) => {
                for phrase in phrases {
                    match answer.places(&phrase.words).next() {
                        Some(place) => found.matched.push(answer.evidence("matched", place)),
                        None => found.against.push(Evidence::new("missing", phrase.written.as_str())),
                    }
                }
            }
            Self::SentenceWords(most) => {
                let mut words = 0;
                for sentence in &answer.sentences {
                    let before = words;
                    words = answer.spans.partition_point(|span| span.start < sentence.end);
                    if words - before > *most {
                        let mut evidence = answer.evidence("long sentence", sentence.clone());
                        evidence.note = Some(format!("{} words, at most {most}", words - before));
                        found.against.push(evidence);
                    }
                }
            }
            Self::Exclamations(most) => {
                let marks = answer.text.chars().enumerate().filter(|(_, c)| matches!(c, '!' | '！' | '‼'));
                found.against = answer.above(*most, "exclamation mark", marks.map(|(at, _)| at..at + 1));
            }
            Self::Emoji(most) => found.against = answer.above(*most, "emoji", emoji(answer.text).into_iter()),
            Self::Address(asked) => {
                let marks = Marks::of(answer.lang)?;
                let other = answer.each().filter(|(index, span, folded)| {
                    let starts = answer.starts_sentence(*index);
                    marks
                        .address(folded, answer.words.quote(span), starts)
                        .is_some_and(|address| address != *asked)
                });
                found.against = other.map(|(_, span, _)| answer.evidence("address", span.clone())).collect();
            }
            Self::NoContractions => {
                let short = answer.each().filter(|(_, _, folded)| is_contraction(folded));
                found.against =
                    short.map(|(_, span, _)| answer.evidence("contraction", span.clone())).collect();
            }
            Self::NoCapitals(allowed) => {
                found.against =
                    answer.shouted(allowed).map(|span| answer.evidence("capitals", span)).collect();
            }
        }
        found.against.truncate(SHOWN);
        Some(found)
    }
}

impl Answer<'_> {
    fn evidence(&self, label: &str, span: Range<usize>) -> Evidence {
        let quote = self.words.quote(&span);
        Evidence { span: Some(span), ..Evidence::new(label, quote) }
    }

    /// Each word with its place.
    fn each(&self) -> impl Iterator<Item = (usize, &Range<usize>, &str)> {
        self.spans
            .iter()
            .zip(&self.folded)
            .enumerate()
            .map(|(index, (span, folded))| (index, span, folded.as_str()))
    }

    /// Where some words stand in a row.
    fn places<'s>(&'s self, words: &'s [String]) -> impl Iterator<Item = Range<usize>> + 's {
        let rows = self.folded.windows(words.len().max(1)).enumerate().filter(move |(_, row)| *row == words);
        rows.filter_map(move |(at, row)| {
            Some(self.spans.get(at)?.start..self.spans.get(at + row.len() - 1)?.end)
        })
    }

    /// Every place, if there are more than `most`.
    fn above(&self, most: usize, label: &str, places: impl Iterator<Item = Range<usize>>) -> Vec<Evidence> {
        let places: Vec<Range<usize>> = places.take(most + SHOWN).collect();
        let all = if places.len() > most { places.as_slice() } else { &[] };
        all.iter().map(|place| self.evidence(label, place.clone())).collect()
    }

    /// Whether a word is the first of its sentence.
    fn starts_sentence(&self, index: usize) -> bool {
        let sentence = |at: usize| {
            let start = self.spans.get(at)?.start;
            Some(self.sentences.partition_point(|sentence| sentence.end <= start))
        };
        index == 0 || sentence(index) != sentence(index - 1)
    }

    /// Long words in capitals, and two or more in a row of at least two letters.
    fn shouted(&self, allowed: &[String]) -> impl Iterator<Item = Range<usize>> {
        let letters = |index: usize| -> usize {
            let (Some(span), Some(folded)) = (self.spans.get(index), self.folded.get(index)) else {
                return 0;
            };
            let written = self.words.quote(span);
            let capitals = written.chars().all(char::is_uppercase);
            if capitals && !allowed.contains(folded) { written.chars().count() } else { 0 }
        };
        let runs: Vec<usize> = (0..self.spans.len()).map(letters).collect();
        // Only inside one sentence; the word after the last one starts none.
        let joined: Vec<bool> = (0..=self.spans.len()).map(|at| !self.starts_sentence(at)).collect();
        let beside = move |index: usize| {
            let short = |at: usize| runs.get(at).is_none_or(|letters| *letters < 2);
            let before = joined[index] && !short(index - 1);
            let after = joined[index + 1] && !short(index + 1);
            runs[index] >= SHOUTED || (!short(index) && (before || after))
        };
        self.spans.iter().enumerate().filter(move |(index, _)| beside(*index)).map(|(_, span)| span.clone())
    }
}

/// `don't`, `we'll`, `it's`.
fn is_contraction(folded: &str) -> bool {
    const STEMS: [&str; 12] =
        ["it", "that", "what", "let", "he", "she", "there", "here", "who", "where", "how", "when"];
    folded.split_once('\'').is_some_and(|(stem, ending)| match ending {
        "t" => stem.ends_with('n'),
        "re" | "ve" | "ll" | "m" | "d" => true,
        "s" => STEMS.contains(&stem),
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::is_contraction;

    #[test]
    fn contractions_are_no_possessives() {
        for word in ["don't", "we'll", "i'm", "it's", "let's", "you've", "they'd"] {
            assert!(is_contraction(word), "{word}");
        }
        for word in ["bike's", "o'clock", "dont", "l'application", "customers'", "it"] {
            assert!(!is_contraction(word), "{word}");
        }
    }
}
