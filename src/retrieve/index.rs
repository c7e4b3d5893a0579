//! A full-text index over the passages of some articles, ranked by BM25.
//!
//! Every passage is looked up in the words of its own language, with the question taken apart by the same rules, so
//! that articles in several languages stand beside each other. An index is made once for the same articles, however
//! many suites and retrievers look into it.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, OnceLock};

use crate::knowledge::{Article, Knowledge, Passage};
use crate::retrieve::shared::Shared;
use crate::retrieve::terms::{Endings, Terms, words};

/// The two numbers of BM25.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Weights {
    /// How soon more of the same word counts no more.
    pub(super) k1: f64,
    /// How much longer passages count less, 0 to 1.
    pub(super) b: f64,
}

impl Default for Weights {
    fn default() -> Self {
        Self { k1: 1.2, b: 0.75 }
    }
}

/// A passage by its place, and how often it has a term.
type Posting = (u32, u32);

/// The terms of one language with the passages that have them.
type Part = HashMap<String, Vec<Posting>>;

/// Passages with their terms.
#[derive(Debug, Default)]
pub(super) struct Index {
    passages: Vec<Arc<Passage>>,
    /// Terms per passage.
    lengths: Vec<u32>,
    average: f64,
    parts: BTreeMap<Endings, Part>,
}

/// The indexes of this process by what they are over.
static SHARED: Shared<Index> = Shared::new();

impl Index {
    /// The index over all articles; the one there is where they are the same.
    pub(super) fn over(knowledge: &Knowledge) -> Arc<OnceLock<Index>> {
        let slot = SHARED.slot(knowledge.identity());
        slot.get_or_init(|| Self::new(knowledge.articles()));
        slot
    }

    /// Takes articles in.
    pub(super) fn new<'a>(articles: impl Iterator<Item = &'a Arc<Article>>) -> Self {
        let mut index = Self::default();
        let mut terms = Terms::default();
        for article in articles {
            let endings = endings(article);
            let part = index.parts.entry(endings).or_default();
            for passage in &article.passages {
                let place = index.passages.len() as u32;
                let mut counts: HashMap<String, u32> = HashMap::new();
                let mut length = 0;
                for text in [&passage.title, &passage.heading, &passage.text] {
                    for term in terms.of(text, endings) {
                        length += 1;
                        *counts.entry(term).or_default() += 1;
                    }
                }
                for (term, count) in counts {
                    part.entry(term).or_default().push((place, count));
                }
                index.passages.push(passage.clone());
                index.lengths.push(length);
            }
        }
        let all: u64 = index.lengths.iter().map(|n| u64::from(*n)).sum();
        index.average = all as f64 / index.lengths.len().max(1) as f64;
        index
    }

    /// All passages by their places.
    pub(super) fn passages(&self) -> &[Arc<Passage>] {
        &self.passages
    }

    /// The places of the passages that have words of the question, at most `most`, the best first.
    ///
    /// Okapi BM25 (Robertson and Zaragoza 2009). A word that most passages have tells next to nothing ([`rarity`]), and one
    /// that is asked for in two forms (`return`, `returned`) counts twice. Of equally good ones the first in the knowledge
    /// comes first.
    pub(super) fn best(&self, question: &str, weights: Weights, most: usize) -> Vec<usize> {
        top(&self.scores(question, weights), most)
    }

    fn scores(&self, question: &str, weights: Weights) -> Vec<f64> {
        let mut scores = vec![0.0_f64; self.passages.len()];
        let mut terms = Terms::default();
        // Each word as the term that it is in each language: it is as rare as in all of them together, since a word that
        // everybody says in one language is no rare find in another. In the order of the terms: a hash map's own order
        // would move the last digits.
        let mut in_parts = |word: &str| self.parts.keys().map(|endings| terms.term(word, *endings)).collect();
        let mut asked: BTreeMap<Vec<String>, f64> = BTreeMap::new();
        for word in words(question).collect::<BTreeSet<String>>() {
            *asked.entry(in_parts(&word)).or_default() += 1.0;
        }
        let n = self.passages.len() as f64;
        for (word, forms) in asked {
            let found = self.parts.values().zip(&word);
            let found: Vec<&Vec<Posting>> = found.filter_map(|(part, term)| part.get(term)).collect();
            let df = found.iter().map(|postings| postings.len()).sum::<usize>() as f64;
            let weight = forms * rarity(n, df) * (weights.k1 + 1.0);
            for (place, count) in found.into_iter().flatten() {
                let (at, count) = (*place as usize, f64::from(*count));
                let long = f64::from(self.lengths[at]) / self.average;
                let damp = weights.k1 * (1.0 - weights.b + weights.b * long);
                scores[at] += weight * count / (count + damp);
            }
        }
        scores
    }
}

/// The weight of a term that `df` of `n` passages have (Robertson and Spärck Jones 1976): that of a term in half of the
/// passages and more would be 0 or less, and is kept just above it so that what has nothing else is found last.
fn rarity(n: f64, df: f64) -> f64 {
    ((n - df + 0.5) / (df + 0.5)).ln().max(1e-6)
}

/// The places of the highest scores above 0, the best first.
pub(super) fn top(scores: &[f64], most: usize) -> Vec<usize> {
    let mut places: Vec<usize> = (0..scores.len()).filter(|at| scores[*at] > 0.0).collect();
    let better = |a: &usize, b: &usize| scores[*b].total_cmp(&scores[*a]).then(a.cmp(b));
    if most > 0 && most < places.len() {
        places.select_nth_unstable_by(most - 1, better);
    }
    places.truncate(most);
    places.sort_unstable_by(better);
    places
}

/// The endings of an article's language: the one it names, or else the one that its text shows.
fn endings(article: &Article) -> Endings {
    if article.lang != "und" {
        return Endings::of(&article.lang);
    }
    let text: Vec<&str> = article.passages.iter().map(|p| p.text.as_str()).collect();
    Endings::of(crate::score::language_of(&text.join("\n")).unwrap_or("und"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::knowledge::Visibility;

    fn article(id: &str, lang: &str, texts: &[&str]) -> Arc<Article> {
        let passage = |(at, text): (usize, &&str)| {
            Arc::new(Passage {
                id: format!("{id}#{at}"),
                article: id.to_owned(),
                title: String::new(),
                heading: String::new(),
                text: (*text).to_owned(),
                url: None,
                visibility: Visibility::Public,
                updated: None,
                hash: Passage::hash_of("", text),
            })
        };
        Arc::new(Article {
            id: id.to_owned(),
            source: "help".to_owned(),
            title: id.to_owned(),
            url: None,
            updated: None,
            review_by: None,
            visibility: Visibility::Public,
            owner: None,
            views: None,
            lang: lang.to_owned(),
            area: None,
            canaries: Vec::new(),
            path: "a.md".into(),
            passages: texts.iter().enumerate().map(passage).collect(),
        })
    }

    fn found(articles: &[Arc<Article>], question: &str, most: usize) -> Vec<String> {
        let index = Index::new(articles.iter());
        let places = index.best(question, Weights::default(), most);
        places.into_iter().map(|at| index.passages()[at].id.clone()).collect()
    }

    #[test]
    fn rare_words_and_short_passages_come_first() {
        let articles = [article(
            "a",
            "en",
            &[
                "the bike and the price",
                "the bike and the weight of all its parts",
                "the bike lock",
                "nothing",
                "no",
                "none",
            ],
        )];
        assert_eq!(found(&articles, "What is the weight of the bike?", 3), ["a#1", "a#2", "a#0"]);
        assert_eq!(found(&articles, "weighs locks", 9), ["a#2"]);
        assert!(found(&articles, "zebra", 9).is_empty() && found(&articles, "", 9).is_empty());
        assert!(found(&[], "bike", 9).is_empty() && found(&articles, "bike", 0).is_empty());
    }

    #[test]
    fn every_language_is_looked_up_by_its_own_rules() {
        let articles = [
            article("en", "en", &["Deliveries cost 9 euro."]),
            article(
                "ro",
                "und",
                &["Taxa pentru livrările din România este de 9 lei și se plătește la curier."],
            ),
        ];
        assert_eq!(found(&articles, "costa livrarile?", 9), ["ro#0"]);
        assert_eq!(found(&articles, "delivery", 9), ["en#0"]);
        assert_eq!(found(&articles, "9", 9).len(), 2);
    }

    #[test]
    fn the_figures_are_those_of_the_formula() {
        let index = Index::new([article("a", "en", &["lock lock key", "key", "key of it", "it"])].iter());
        // Average length 2; `lock` is in one of four passages, twice, and `key` in most of them.
        let rarity = (3.5_f64 / 1.5).ln();
        let damp = 1.2 * (1.0 - 0.75 + 0.75 * 1.5);
        assert_eq!(index.average.to_bits(), 2.0_f64.to_bits());
        let wanted = rarity * 2.0 * 2.2 / (2.0 + damp);
        assert!((index.scores("lock", Weights::default())[0] - wanted).abs() < 1e-12);
        assert!((index.scores("lock locks", Weights::default())[0] - 2.0 * wanted).abs() < 1e-12);
        let common = index.scores("key", Weights::default());
        assert!(common[1] > 0.0 && common[1] < 1e-5 && common[3] == 0.0, "{common:?}");
    }

    #[test]
    fn equal_articles_share_an_index() {
        let one = Knowledge::new([article("a", "en", &["x"])]);
        let again = Knowledge::new([article("a", "en", &["x"])]);
        let other = Knowledge::new([article("a", "ro", &["x"])]);
        assert!(Arc::ptr_eq(&Index::over(&one), &Index::over(&again)));
        assert!(!Arc::ptr_eq(&Index::over(&one), &Index::over(&other)));
    }
}
