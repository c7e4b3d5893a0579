//! A text that can be asked which words it has, which of them stand together, and in which sentence.

use crate::score::reading::{Reading, Token, Vocabulary, WordId, WordMap, WordSet};

/// Words this near to each other are neighbours.
pub(in crate::score) const NEIGHBOURS: usize = 2;
/// Sentences kept for one word; a word in more of them says little.
const MOST_PLACES: usize = 64;

/// A text to be looked up in.
#[derive(Debug, Clone, Default)]
pub(in crate::score) struct Index {
    pub(in crate::score) reading: Reading,
    /// For each word the sentences that have it.
    places: WordMap<Vec<u32>>,
    together: WordSet,
    pub(in crate::score) vocabulary: Vocabulary,
}

impl Index {
    pub(in crate::score) fn new(text: &str) -> Self {
        let reading = Reading::new(text);
        let mut places: WordMap<Vec<u32>> = WordMap::default();
        for (at, sentence) in reading.sentences.iter().enumerate() {
            for token in reading.of(sentence) {
                let known = places.entry(token.id).or_default();
                if known.len() < MOST_PLACES && known.last() != Some(&(at as u32)) {
                    known.push(at as u32);
                }
            }
        }
        let mut together = WordSet::default();
        for (at, token) in reading.tokens.iter().enumerate() {
            for next in reading.tokens.iter().skip(at + 1).take(NEIGHBOURS) {
                together.insert(pair(token.id, next.id));
            }
        }
        let vocabulary = Vocabulary::of(&reading);
        Self { reading, places, together, vocabulary }
    }

    /// The text's word that is this one or a form of it.
    pub(in crate::score) fn find(&self, reading: &Reading, token: &Token) -> Option<WordId> {
        if self.places.contains_key(&token.id) {
            return Some(token.id);
        }
        if !token.is_content() || token.sense.is_number() {
            return None;
        }
        self.vocabulary.inflected(reading.stem(token))
    }

    /// Whether a word of the text begins like this.
    pub(in crate::score) fn begins(&self, start: &str) -> bool {
        self.vocabulary.begins(start)
    }

    /// Whether the first word stands at most [`NEIGHBOURS`] words before the second.
    pub(in crate::score) fn stand_together(&self, first: WordId, second: WordId) -> bool {
        self.together.contains(&pair(first, second))
    }

    /// The sentences that have a word of the text.
    pub(in crate::score) fn places(&self, id: WordId) -> &[u32] {
        self.places.get(&id).map_or(&[], Vec::as_slice)
    }
}

fn pair(first: WordId, second: WordId) -> u64 {
    first.rotate_left(23) ^ second
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str, word: &str) -> bool {
        let reading = Reading::new(word);
        Index::new(text).find(&reading, &reading.tokens[0]).is_some()
    }

    #[test]
    fn words_are_found_by_their_forms() {
        assert!(found("You may return the bike.", "Returning"));
        assert!(found("Puteți returna bicicleta.", "returnati"));
        assert!(!found("within 30 days", "14"));
        assert!(!found("", "word"));
    }

    #[test]
    fn neighbours_and_sentences_are_known() {
        let index = Index::new("You have 30 days. The bike has 2 wheels.");
        let id = |word: &str| Reading::new(word).tokens[0].id;
        assert!(index.stand_together(id("have"), id("days")) && index.stand_together(id("30"), id("days")));
        assert!(!index.stand_together(id("days"), id("30")) && !index.stand_together(id("you"), id("bike")));
        assert_eq!(index.places(id("bike")), [1]);
        assert!(index.places(id("car")).is_empty());
    }
}
