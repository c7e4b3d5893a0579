//! No passages: what the model knows by itself.

use std::sync::Arc;

use crate::knowledge::Passage;
use crate::retrieve::{Ask, Budget, Local, Needs, RetrieverKind};

/// Row of the table of retrievers.
pub(super) const KIND: RetrieverKind = RetrieverKind {
    name: "none",
    summary: "no passages: what the model knows by itself",
    keys: &[],
    ranked: false,
    needs: Needs::Nothing,
    budget: Budget::USUAL,
    build: |_, _| Arc::new(Nothing),
};

struct Nothing;

impl Local for Nothing {
    fn find(&self, _: &Ask<'_>) -> Result<Vec<Arc<Passage>>, String> {
        Ok(Vec::new())
    }
}
