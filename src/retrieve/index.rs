//! A full-text index over the passages of some articles, ranked by BM25.
//!
//! Every passage is looked up in the words of its own language, with the question taken apart by the same rules, so
//! that articles in several languages stand beside each other. An index is made once for the same articles, however
//! many suites and retrievers look into it.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use crate::fingerprint::Fingerprint;
use crate::knowledge::{Article, Knowledge, Passage};
use crate::retrieve::terms::{Endings, Terms};

/// Indexes kept; a process that watches edits makes one more with each of them.
const KEPT: usize = 4;

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

/// The passages of one language.
#[derive(Debug, Default)]
struct Part {
    passages: usize,
    postings: HashMap<String, Vec<Posting>>,
}

/// Passages with their terms.
#[derive(Debug, Default)]
pub(super) struct Index {
    passages: Vec<Arc<Passage>>,
    /// Terms per passage.
    lengths: Vec<u32>,
    average: f64,
    parts: BTreeMap<Endings, Part>,
}

type Shared = Vec<(Fingerprint, Arc<OnceLock<Index>>)>;

/// The indexes of this process by what they are over, the oldest first.
static SHARED: Mutex<Shared> = Mutex::new(Vec::new());

impl Index {
    /// The index over all articles; the one there is where they are the same.
    pub(super) fn over(knowledge: &Knowledge) -> Arc<OnceLock<Index>> {
        let wanted = knowledge.identity();
        let slot = {
            let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some((_, index)) = shared.iter().find(|(of, _)| *of == wanted) {
                index.clone()
            } else {
                if shared.len() == KEPT {
                    shared.remove(0);
                }
                let slot = Arc::new(OnceLock::new());
                shared.push((wanted, slot.clone()));
                slot
            }
        };
        // Made outside the lock: whoever wants another one need not wait.
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
                    part.postings.entry(term).or_default().push((place, count));
                }
                part.passages += 1;
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
    /// Okapi BM25 (Robertson and Zaragoza 2009), its inverse document frequency smoothed so that it stays positive.
    /// Of equally good ones the first in the knowledge comes first.
    pub(super) fn best(&self, question: &str, weights: Weights, most: usize) -> Vec<usize> {
        let mut scores = vec![0.0_f64; self.passages.len()];
        let mut terms = Terms::default();
        for (endings, part) in &self.parts {
            let mut asked: BTreeMap<String, f64> = BTreeMap::new();
            for term in terms.of(question, *endings) {
                *asked.entry(term).or_default() += 1.0;
            }
            // In the order of the terms: a hash map's own order would move the last digits.
            for (term, times) in asked {
                let Some(postings) = part.postings.get(&term) else { continue };
                let (n, df) = (part.passages as f64, postings.len() as f64);
                let rarity = (1.0 + (n - df + 0.5) / (df + 0.5)).ln() * times;
                for (place, count) in postings {
                    let (at, count) = (*place as usize, f64::from(*count));
                    let long = f64::from(self.lengths[at]) / self.average;
                    let damp = weights.k1 * (1.0 - weights.b + weights.b * long);
                    scores[at] += rarity * count * (weights.k1 + 1.0) / (count + damp);
                }
            }
        }
        top(&scores, most)
    }
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
