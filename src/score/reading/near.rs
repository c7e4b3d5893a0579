//! Words that are nearly the same: inflected (`return`, `returned`, `returnare`) or misspelt.

use rapidfuzz::distance::levenshtein;

use crate::score::reading::{Reading, WordId};

/// Characters that inflected words share at least.
const SHARED: usize = 4;
/// Characters of the shortest word that may be misspelt.
const SPELLABLE: usize = 5;
/// Share of the longer word's characters that a misspelt word keeps at least.
const KEPT: f64 = 0.75;
/// Words of a vocabulary that one word is held against at most.
const MOST_TRIED: usize = 256;

/// Whether two different stems may be forms of one word: they share a beginning that is two thirds of
/// the longer one. Numbers are never near.
fn inflected(a: &str, b: &str) -> bool {
    let shared = a.chars().zip(b.chars()).take_while(|(x, y)| x == y).count();
    let longer = a.chars().count().max(b.chars().count());
    shared >= SHARED && shared * 3 >= longer * 2 && !a.starts_with(|c: char| c.is_ascii_digit())
}

/// How near a misspelt word is: 1 − edits / length, where it begins alike and keeps three quarters.
fn misspelt(a: &str, b: &str) -> Option<f64> {
    let (x, y) = (a.chars().count(), b.chars().count());
    let (longer, shorter) = (x.max(y), x.min(y));
    if shorter < SPELLABLE || longer - shorter > longer / 4 || a.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let kept = 1.0 - levenshtein::distance(a.chars(), b.chars()) as f64 / longer as f64;
    (kept >= KEPT).then_some(kept)
}

/// The different words of a text in alphabetical order, to find near ones in.
#[derive(Debug, Clone, Default)]
pub(in crate::score) struct Vocabulary {
    words: Vec<(Box<str>, WordId)>,
}

impl Vocabulary {
    pub(in crate::score) fn of(reading: &Reading) -> Self {
        let content = reading.tokens.iter().filter(|t| t.is_content() && !t.sense.is_number());
        let mut words: Vec<(&str, WordId)> = content.map(|t| (reading.stem(t), t.id)).collect();
        words.sort_unstable();
        words.dedup();
        Self { words: words.into_iter().map(|(word, id)| (word.into(), id)).collect() }
    }

    /// A form of the same word: the one that shares most.
    pub(in crate::score) fn inflected(&self, word: &str) -> Option<WordId> {
        let start = word.char_indices().nth(SHARED).map_or(word, |(at, _)| &word[..at]);
        let alike = self.beginning(start).filter(|(other, _)| inflected(word, other));
        let shared = |other: &str| word.chars().zip(other.chars()).take_while(|(x, y)| x == y).count();
        alike.max_by_key(|(other, _)| shared(other)).map(|(_, id)| *id)
    }

    /// The nearest word and how near it is: 0.9 for another form, less for a misspelling.
    pub(in crate::score) fn nearest(&self, word: &str) -> Option<(WordId, f64)> {
        if let Some(id) = self.inflected(word) {
            return Some((id, 0.9));
        }
        if word.chars().count() < SPELLABLE {
            return None;
        }
        let start = word.chars().next().map_or("", |c| &word[..c.len_utf8()]);
        let spelt = self.beginning(start).filter_map(|(other, id)| Some((*id, misspelt(word, other)?)));
        spelt.max_by(|a, b| a.1.total_cmp(&b.1))
    }

    /// Whether a word begins like this.
    pub(in crate::score) fn begins(&self, start: &str) -> bool {
        self.beginning(start).next().is_some()
    }

    fn beginning(&self, start: &str) -> impl Iterator<Item = &(Box<str>, WordId)> {
        let first = self.words.partition_point(|(word, _)| &**word < start);
        self.words[first..].iter().take(MOST_TRIED).take_while(move |(word, _)| word.starts_with(start))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::reading::hash;

    fn nearest(text: &str, word: &str) -> Option<f64> {
        Vocabulary::of(&Reading::new(text)).nearest(word).map(|(_, near)| near)
    }

    #[test]
    fn forms_of_one_word_are_near() {
        for (a, b) in [
            ("return", "returned"),
            ("returnati", "returnare"),
            ("uruguay", "uruguayan"),
            ("batery", "baterie"),
        ] {
            assert!(inflected(a, b) && inflected(b, a), "{a} {b}");
        }
        for (a, b) in [("charge", "change"), ("contract", "contact"), ("1234", "1235"), ("win", "wins")] {
            assert!(!inflected(a, b), "{a} {b}");
        }
    }

    #[test]
    fn the_nearest_word_is_found() {
        assert_eq!(nearest("The bowler Fred Trueman", "truman"), Some(1.0 - 1.0 / 7.0));
        assert_eq!(nearest("the battery is charged", "charging"), None);
        assert_eq!(nearest("the battery", "batteries"), Some(0.9));
        assert_eq!(nearest("", "word"), None);
        let vocabulary = Vocabulary::of(&Reading::new("return returning"));
        assert_eq!(vocabulary.inflected("returned"), Some(hash(b"returning")));
    }

    #[test]
    fn a_huge_vocabulary_is_tried_in_part() {
        let text: Vec<String> = (0..20_000).map(|n| format!("word{n}x")).collect();
        assert!(nearest(&text.join(" "), "wardrobe").is_none());
    }
}
