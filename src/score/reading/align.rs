//! The sentence of a text that says what another sentence says.

use crate::score::reading::{Index, Reading, Sentence, WordId, WordMap};

/// A sentence of a text beside the one it answers to.
#[derive(Debug, Clone)]
pub(in crate::score) struct Aligned {
    /// Which sentence of the text.
    pub(in crate::score) sentence: usize,
    /// The share of the asked sentence's content words that it has.
    pub(in crate::score) share: f64,
    /// How many of them.
    pub(in crate::score) shared: usize,
}

/// The sentence of a text with most of the content words of a sentence; of equals the first. Words
/// that are `known` anyway do not count. `None` where no sentence has any.
pub(in crate::score) fn best_sentence(
    index: &Index,
    reading: &Reading,
    sentence: &Sentence,
) -> Option<Aligned> {
    let mut asked: Vec<WordId> = Vec::new();
    let mut total = 0_usize;
    for token in reading.of(sentence).iter().filter(|t| t.is_content() && !t.sense.is_number()) {
        total += 1;
        asked.extend(index.find(reading, token));
    }
    asked.sort_unstable();
    asked.dedup();
    let mut counts: WordMap<usize> = WordMap::default();
    for place in asked.iter().flat_map(|id| index.places(*id)) {
        *counts.entry(u64::from(*place)).or_default() += 1;
    }
    let best = counts.into_iter().max_by_key(|(place, count)| (*count, std::cmp::Reverse(*place)));
    best.map(|(place, shared)| Aligned {
        sentence: place as usize,
        share: (shared as f64 / total.max(1) as f64).min(1.0),
        shared,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sentence_with_most_shared_words_is_best() {
        let index = Index::new("The bike has a battery. You may return the bike within 30 days.\nCall us.");
        let reading = Reading::new("Bikes can be returned within 14 days.");
        let found = best_sentence(&index, &reading, &reading.sentences[0]).unwrap();
        assert_eq!((found.sentence, found.shared, found.share), (1, 3, 1.0));
        let other = Reading::new("Hello there!");
        assert!(best_sentence(&index, &other, &other.sentences[0]).is_none());
    }
}
