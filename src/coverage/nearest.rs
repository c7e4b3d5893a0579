//! Which passage says most of a question, by words: the measure of gaps, and of what a new article answers.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use crate::knowledge::Article;
use crate::score::accepted::terms;

/// Share of the weight of a question's words that a passage must have to support it.
pub const SUPPORTED: f64 = 0.6;

/// The words of all passages, and how rare each is.
#[derive(Debug, Default)]
pub struct Words {
    pieces: Vec<(String, BTreeSet<u64>)>,
    frequency: HashMap<u64, f64>,
}

impl Words {
    /// The words of these articles.
    pub fn of<'a>(articles: impl IntoIterator<Item = &'a Arc<Article>>) -> Self {
        let mut all = Self::default();
        for passage in articles.into_iter().flat_map(|article| &article.passages) {
            let text = format!("{} {} {}", passage.title, passage.heading, passage.text);
            let words: BTreeSet<u64> = terms(&text).into_iter().map(|(word, _)| word).collect();
            for word in &words {
                *all.frequency.entry(*word).or_default() += 1.0;
            }
            all.pieces.push((passage.id.clone(), words));
        }
        all
    }

    /// The weight of a word: the fewer passages have it, the more it tells.
    pub fn rarity(&self, word: u64) -> f64 {
        let n = self.pieces.len().max(1) as f64;
        (1.0 + n / (1.0 + self.frequency.get(&word).copied().unwrap_or(0.0))).ln()
    }

    /// The passage with most of the words of a question, and the share of their weight.
    pub fn nearest(&self, asked: &BTreeMap<u64, String>) -> Option<(&str, f64)> {
        let all: f64 = asked.keys().map(|word| self.rarity(*word)).sum();
        let share = |words: &BTreeSet<u64>| {
            let said = asked.keys().filter(|word| words.contains(word));
            said.map(|word| self.rarity(*word)).sum::<f64>() / all
        };
        let mut best: Option<(&str, f64)> = None;
        for (id, words) in self.pieces.iter().filter(|_| all > 0.0) {
            let own = share(words);
            if own > best.map_or(0.0, |(_, most)| most) {
                best = Some((id, own));
            }
        }
        best
    }
}
