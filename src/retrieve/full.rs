//! All passages there are, in the order of the articles: what the model does when nothing is left out.
//!
//! Where they are more than the budget, those that share the question's rarer words stay, and the suite's check warns.

use std::sync::Arc;

use crate::knowledge::Passage;
use crate::retrieve::gold::select;
use crate::retrieve::{Ask, Budget, Local, Needs, RetrieverKind};

/// Characters where nobody says: some 25,000 tokens.
const MOST: usize = 100_000;

/// Row of the table of retrievers.
pub(super) const KIND: RetrieverKind = RetrieverKind {
    name: "full",
    summary: "all passages, up to a budget",
    keys: &[],
    ranked: false,
    needs: Needs::Nothing,
    budget: Budget { max_passages: usize::MAX, max_chars: MOST },
    build: |_, _| Arc::new(Full),
};

struct Full;

impl Local for Full {
    fn find(&self, ask: &Ask<'_>) -> Result<Vec<Arc<Passage>>, String> {
        let all = ask.knowledge.articles().flat_map(|article| article.passages.iter().cloned()).collect();
        Ok(select(all, ask.question, ask.budget))
    }
}
