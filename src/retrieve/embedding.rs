//! The passages that mean what the question means, by the cosine of their embeddings.

use std::sync::Arc;

use crate::knowledge::{Knowledge, Passage};
use crate::retrieve::vectors::{Seeker, Vectors};
use crate::retrieve::{Ask, Budget, Local, Needs, RetrieverKind, ranked};

/// Row of the table of retrievers.
pub(super) const KIND: RetrieverKind = RetrieverKind {
    name: "embedding",
    summary: "the passages that mean what the question means (embeddings)",
    keys: &[],
    ranked: true,
    needs: Needs::Embedder,
    budget: Budget::USUAL,
    build: |_, tools| Arc::new(Near(Seeker::new(tools))),
};

struct Near(Seeker);

impl Local for Near {
    fn find(&self, ask: &Ask<'_>) -> Result<Vec<Arc<Passage>>, String> {
        let vectors = Vectors::over(ask.knowledge, &self.0, &|_, _| ())?;
        let places = vectors.best(&self.0, ask.question, ask.budget.max_passages)?;
        Ok(ranked(vectors.passages(), places, ask.budget))
    }

    fn prepare(&self, knowledge: &Knowledge, tell: &dyn Fn(usize, usize)) -> Result<(), String> {
        Vectors::over(knowledge, &self.0, tell).map(|_| ())
    }
}
