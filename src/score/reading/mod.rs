//! A text as the knowledge scorers read it: words by their stems, sentences, and what small words say.
//!
//! [`Reading`] takes a text apart once. An [`Index`] can be asked for words and neighbours, a
//! [`Vocabulary`] for inflected and misspelt words, [`Clauses`] see what is denied and what is demanded, a [`Modal`] of what,
//! an [`Alignment`] finds the sentence that says the same. Nothing here depends on one language alone; the tables of small words are English
//! and Romanian.

mod align;
mod index;
mod key;
mod modality;
mod near;
mod polarity;
mod sense;
mod trigrams;

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};
use std::ops::Range;

use crate::score::words::{Words, sentences};

pub(super) use align::{Aligned, Alignment};
pub(super) use index::{Index, NEIGHBOURS};
pub(super) use modality::{Force, Modal};
pub(super) use near::Vocabulary;
pub(super) use polarity::{Clauses, Flip};
pub(super) use sense::Sense;
pub(super) use trigrams::Trigrams;

/// What a word that carries no content weighs beside one that does.
pub(super) const LIGHT: f64 = 0.25;

/// A word by its stem; equal for equal stems.
pub(super) type WordId = u64;

/// Sets and maps by word. The ids are hashes already.
pub(super) type WordSet = HashSet<WordId, BuildHasherDefault<AsIs>>;
pub(super) type WordMap<T> = HashMap<WordId, T, BuildHasherDefault<AsIs>>;

/// Takes a hash for what it is.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct AsIs(u64);

impl Hasher for AsIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0 = hash(bytes);
    }

    fn write_u64(&mut self, id: u64) {
        self.0 = id;
    }
}

/// 64-bit FNV-1a, with its bits mixed so that every part of it may pick a place in a table.
pub(super) fn hash(bytes: &[u8]) -> u64 {
    let raw = bytes.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    });
    (raw ^ (raw >> 32)).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

/// One word of a text.
#[derive(Debug, Clone)]
pub(super) struct Token {
    pub(super) id: WordId,
    /// Characters of the text.
    pub(super) span: Range<usize>,
    pub(super) sense: Sense,
    /// Whether a comma, a colon, a bracket or a quotation mark parts it from the word before.
    pub(super) apart: bool,
    /// Whether a full stop, an exclamation or a question mark and a blank stand before it, so that it may
    /// open a sentence though it has a small letter.
    pub(super) opens: bool,
    /// Bytes of its stem in the reading's stems.
    stem: Range<usize>,
}

impl Token {
    /// Whether it says something: neither a small word nor a courtesy.
    pub(super) fn is_content(&self) -> bool {
        !self.sense.is_light()
    }

    /// What it weighs where words are counted: a denial is small but weighs in full.
    pub(super) fn weight(&self) -> f64 {
        if self.is_content() || self.sense.denies() { 1.0 } else { LIGHT }
    }
}

/// One sentence.
#[derive(Debug, Clone)]
pub(super) struct Sentence {
    /// Characters of the text.
    pub(super) span: Range<usize>,
    /// Its words.
    pub(super) tokens: Range<usize>,
    /// Whether it asks.
    pub(super) asks: bool,
}

/// A text, read.
#[derive(Debug, Clone, Default)]
pub(super) struct Reading {
    pub(super) tokens: Vec<Token>,
    pub(super) sentences: Vec<Sentence>,
    stems: String,
}

impl Reading {
    pub(super) fn new(text: &str) -> Self {
        let words = Words::new(text);
        let mut reading = Self {
            tokens: Vec::with_capacity(words.len()),
            sentences: Vec::new(),
            stems: String::with_capacity(text.len()),
        };
        for (at, word) in words.iter().enumerate() {
            let (start, gap) = (reading.stems.len(), words.gap(at));
            key::stem(word, &mut reading.stems);
            let stem = start..reading.stems.len();
            let id = hash(reading.stems[stem.clone()].as_bytes());
            reading.tokens.push(Token {
                id,
                span: words.span(&(at..at + 1)).unwrap_or_default(),
                sense: Sense::of(word, &reading.stems[stem.clone()]),
                apart: gap.contains([',', ';', ':', '(', ')', '–', '—', '"', '“', '”', '„', '\n']),
                opens: [". ", "! ", "? "].iter().any(|stop| gap.contains(stop)),
                stem,
            });
        }
        let mut first = 0;
        for span in sentences(text) {
            let last = first + reading.tokens[first..].partition_point(|t| t.span.start < span.end);
            let ending = span.end.saturating_sub(2).max(span.start)..span.end;
            let asks = words.quote(&ending).contains(['?', '？']);
            reading.sentences.push(Sentence { span, tokens: first..last, asks });
            first = last;
        }
        reading
    }

    /// The stem of a word.
    pub(super) fn stem(&self, token: &Token) -> &str {
        &self.stems[token.stem.clone()]
    }

    /// The words of a sentence.
    pub(super) fn of(&self, sentence: &Sentence) -> &[Token] {
        &self.tokens[sentence.tokens.clone()]
    }

    /// The different words.
    pub(super) fn ids(&self) -> WordSet {
        self.tokens.iter().map(|t| t.id).collect()
    }
}
