//! The sentences of a text that say what another sentence says.

use crate::score::reading::{Index, Reading, Sentence, WordId, WordMap};

/// How much of one sentence each sentence of a text has.
#[derive(Debug, Clone, Default)]
pub(in crate::score) struct Alignment {
    /// By sentence of the text: how many of the content words.
    counts: WordMap<usize>,
    /// Content words of the asked sentence, numbers left out.
    total: usize,
}

/// A sentence of a text beside the one it answers to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::score) struct Aligned {
    /// Which sentence of the text.
    pub(in crate::score) sentence: usize,
    /// The share of the asked sentence's content words that it has.
    pub(in crate::score) share: f64,
    /// How many of them.
    pub(in crate::score) shared: usize,
}

impl Alignment {
    /// Numbers do not count: they are what may differ.
    pub(in crate::score) fn of(index: &Index, reading: &Reading, sentence: &Sentence) -> Self {
        let mut asked: Vec<WordId> = Vec::new();
        let mut total = 0;
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
        Self { counts, total }
    }

    /// How many content words were asked for.
    pub(in crate::score) fn total(&self) -> usize {
        self.total
    }

    /// The share that one sentence has.
    pub(in crate::score) fn share(&self, sentence: usize) -> f64 {
        let shared = self.counts.get(&(sentence as u64)).copied().unwrap_or_default();
        (shared as f64 / self.total.max(1) as f64).min(1.0)
    }

    /// The sentence that has most, of equals the first; `None` where none has any.
    pub(in crate::score) fn best(&self) -> Option<Aligned> {
        let most = self.counts.iter().max_by_key(|(place, count)| (**count, std::cmp::Reverse(**place)));
        most.map(|(place, shared)| Aligned {
            sentence: *place as usize,
            share: self.share(*place as usize),
            shared: *shared,
        })
    }

    /// Every sentence that has at least this share, in order.
    pub(in crate::score) fn at_least(&self, share: f64) -> Vec<usize> {
        let mut found: Vec<usize> = self.counts.keys().map(|place| *place as usize).collect();
        found.retain(|place| self.share(*place) >= share);
        found.sort_unstable();
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sentence_with_most_shared_words_is_best() {
        let index = Index::new("The bike has a battery. You may return the bike within 30 days.\nCall us.");
        let reading = Reading::new("Bikes can be returned within 14 days.");
        let alignment = Alignment::of(&index, &reading, &reading.sentences[0]);
        let found = alignment.best().unwrap();
        assert_eq!((found.sentence, found.shared, found.share), (1, 3, 1.0));
        assert_eq!(alignment.at_least(0.3), [0, 1]);
        assert!(alignment.share(9) < 1e-9);
        let other = Reading::new("Hello there!");
        assert!(Alignment::of(&index, &other, &other.sentences[0]).best().is_none());
    }
}
