//! The passages that share the question's words, the rarer ones counting more.

use std::sync::Arc;

use crate::knowledge::Passage;
use crate::retrieve::index::{Index, Weights};
use crate::retrieve::{Ask, Budget, Local, Needs, RetrievalSpec, RetrieverKind, ranked};

/// Row of the table of retrievers.
pub(super) const KIND: RetrieverKind = RetrieverKind {
    name: "bm25",
    summary: "the passages that share the question's words (BM25)",
    keys: KEYS,
    ranked: true,
    needs: Needs::Nothing,
    budget: Budget::USUAL,
    build: |spec, _| Arc::new(Bm25 { weights: weights(spec) }),
};

/// Keys of what ranks by BM25.
pub(super) const KEYS: &[&str] = &["k1", "b"];

/// The weights that are set up.
pub(super) fn weights(spec: &RetrievalSpec) -> Weights {
    let usual = Weights::default();
    Weights { k1: spec.k1.unwrap_or(usual.k1), b: spec.b.unwrap_or(usual.b) }
}

struct Bm25 {
    weights: Weights,
}

impl Local for Bm25 {
    fn find(&self, ask: &Ask<'_>) -> Result<Vec<Arc<Passage>>, String> {
        let index = Index::over(ask.knowledge);
        let Some(index) = index.get() else { return Ok(Vec::new()) };
        let places = index.best(ask.question, self.weights, ask.budget.max_passages);
        Ok(ranked(index.passages(), places, ask.budget))
    }
}
