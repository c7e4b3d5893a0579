//! The passages that share the question's words, the rarer ones counting more.

use std::sync::Arc;

use crate::knowledge::Passage;
use crate::retrieve::index::{Index, Weights};
use crate::retrieve::{Ask, Retriever, RetrieverKind};

/// Row of the table of retrievers.
pub(super) const KIND: RetrieverKind = RetrieverKind {
    name: "bm25",
    summary: "the passages that share the question's words (BM25)",
    ranked: true,
    build: || Arc::new(Bm25 { weights: Weights::default() }),
};

struct Bm25 {
    weights: Weights,
}

impl Retriever for Bm25 {
    fn find(&self, ask: &Ask<'_>) -> Result<Vec<Arc<Passage>>, String> {
        let index = Index::over(ask.knowledge);
        let Some(index) = index.get() else { return Ok(Vec::new()) };
        let passages = index.passages();
        let ranked = index.best(ask.question, self.weights, ask.budget.max_passages);
        let kept = ask.budget.fill(passages, ranked);
        Ok(kept.into_iter().map(|at| ask.budget.fitting(&passages[at])).collect())
    }
}
