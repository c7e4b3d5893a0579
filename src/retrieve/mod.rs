//! Retrieval: which passages a trial is given.

mod gold;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::case::Case;
use crate::knowledge::{Knowledge, Passage};

/// How passages are chosen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Retrieval {
    /// The case's declared sources.
    #[default]
    Gold,
    /// No passages.
    None,
}

impl Retrieval {
    /// The name used in files and reports.
    pub fn name(self) -> &'static str {
        match self {
            Retrieval::Gold => "gold",
            Retrieval::None => "none",
        }
    }
}

/// How much a trial may be given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// Most passages.
    pub max_passages: usize,
    /// Most characters of passage text.
    pub max_chars: usize,
}

impl Default for Budget {
    fn default() -> Self {
        Self { max_passages: 6, max_chars: 6000 }
    }
}

/// The passages for one wording of a case, in the order of the knowledge.
pub fn retrieve(
    mode: Retrieval,
    knowledge: &Knowledge,
    case: &Case,
    query: &str,
    budget: Budget,
) -> Vec<Arc<Passage>> {
    match mode {
        Retrieval::None => Vec::new(),
        Retrieval::Gold => gold::select(knowledge.resolve_all(&case.sources), query, budget),
    }
}
