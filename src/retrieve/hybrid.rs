//! What BM25 and the embeddings find, by reciprocal rank fusion (Cormack, Clarke and Büttcher 2009, k = 60).

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::knowledge::{Knowledge, Passage};
use crate::retrieve::bm25::{KEYS, weights};
use crate::retrieve::index::{Index, Weights};
use crate::retrieve::vectors::{Seeker, Vectors};
use crate::retrieve::{Ask, Budget, Local, Needs, RetrieverKind, ranked};

/// Row of the table of retrievers.
pub(super) const KIND: RetrieverKind = RetrieverKind {
    name: "hybrid",
    summary: "what bm25 and embedding find together (reciprocal rank fusion)",
    keys: KEYS,
    ranked: true,
    needs: Needs::Embedder,
    budget: Budget::USUAL,
    build: |spec, tools| Arc::new(Hybrid { weights: weights(spec), seeker: Seeker::new(tools) }),
};

/// Added to every rank, so that first places do not decide alone.
const DAMP: f64 = 60.0;

/// Places of each list that are looked at.
const DEPTH: usize = 100;

struct Hybrid {
    weights: Weights,
    seeker: Seeker,
}

impl Local for Hybrid {
    fn find(&self, ask: &Ask<'_>) -> Result<Vec<Arc<Passage>>, String> {
        let index = Index::over(ask.knowledge);
        let Some(index) = index.get() else { return Ok(Vec::new()) };
        let vectors = Vectors::over(ask.knowledge, &self.seeker, &|_, _| ())?;
        let depth = DEPTH.max(ask.budget.max_passages);
        let by_words = index.best(ask.question, self.weights, depth);
        let by_meaning = vectors.best(&self.seeker, ask.question, depth)?;
        let mut places = fuse(&[by_words, by_meaning]);
        places.truncate(ask.budget.max_passages);
        // Both stand over the same passages in the same order.
        Ok(ranked(index.passages(), places, ask.budget))
    }

    fn prepare(&self, knowledge: &Knowledge, tell: &dyn Fn(usize, usize)) -> Result<(), String> {
        Vectors::over(knowledge, &self.seeker, tell).map(|_| ())
    }
}

/// One list of several; of equally good ones the first in the knowledge comes first.
fn fuse(lists: &[Vec<usize>]) -> Vec<usize> {
    let mut scores: BTreeMap<usize, f64> = BTreeMap::new();
    for list in lists {
        for (at, rank) in list.iter().zip(1_u32..) {
            *scores.entry(*at).or_default() += 1.0 / (DAMP + f64::from(rank));
        }
    }
    let mut places: Vec<(usize, f64)> = scores.into_iter().collect();
    places.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    places.into_iter().map(|(at, _)| at).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_both_find_comes_before_what_one_finds() {
        assert_eq!(fuse(&[vec![7, 3, 1], vec![3, 9]]), [3, 7, 9, 1]);
        assert_eq!(fuse(&[vec![2, 1], vec![1, 2]]), [1, 2]);
        assert!(fuse(&[vec![], vec![]]).is_empty());
    }
}
