//! Retrieval: which passages a trial is given. One trait, one table, one file per member.
//!
//! A member file exposes `KIND`; `build` makes its [`Retriever`], which ranks passages of the suite's knowledge for a
//! question. What it found is cut to the [`Budget`] here, the same way for all of them. A retriever that fails is an
//! error of the trial: an empty context never stands for it.

mod bm25;
mod budget;
mod gold;
mod index;
mod none;
mod terms;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::case::Case;
use crate::knowledge::{Knowledge, Passage};

pub use budget::Budget;

/// What is looked for.
#[derive(Clone, Copy)]
pub struct Ask<'a> {
    /// The articles that the suite works with.
    pub knowledge: &'a Knowledge,
    /// The case.
    pub case: &'a Case,
    /// What the customer says now.
    pub question: &'a str,
    /// Most passages and characters.
    pub budget: Budget,
}

/// Why no passages could be looked up.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("retrieval `{name}` failed: {reason}")]
pub struct RetrieveError {
    /// The retrieval's name.
    pub name: String,
    /// What happened; holds no secret.
    pub reason: String,
}

/// A way to choose passages.
pub trait Retriever: Send + Sync {
    /// The passages for a question, the best first, at most as many as the budget has.
    ///
    /// # Errors
    /// It could not look; the reason, as the end of a sentence.
    fn find(&self, ask: &Ask<'_>) -> Result<Vec<Arc<Passage>>, String>;
}

/// One row of the table of retrievers.
#[derive(Debug)]
pub struct RetrieverKind {
    /// Name used as `retrieval = "…"`.
    pub name: &'static str,
    /// One line for help texts.
    pub summary: &'static str,
    /// Whether what it finds is in the order of its rank, the best first; else in the order of the knowledge.
    pub ranked: bool,
    /// Makes the retriever.
    pub build: fn() -> Arc<dyn Retriever>,
}

/// All retrievers.
pub const RETRIEVERS: &[RetrieverKind] = &[gold::KIND, none::KIND, bm25::KIND];

/// The retriever with this name.
pub fn find(name: &str) -> Option<&'static RetrieverKind> {
    RETRIEVERS.iter().find(|kind| kind.name == name)
}

/// A retriever as suites name it.
#[derive(Clone)]
pub struct Retrieval {
    name: String,
    kind: &'static RetrieverKind,
    retriever: Arc<dyn Retriever>,
}

impl Retrieval {
    /// A retriever with its own defaults.
    fn plain(kind: &'static RetrieverKind) -> Self {
        Self { name: kind.name.to_owned(), kind, retriever: (kind.build)() }
    }

    /// The name used in files and reports.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether its passages are in the order of their rank.
    pub fn ranked(&self) -> bool {
        self.kind.ranked
    }

    /// What decides what it finds, besides the knowledge.
    pub fn identity(&self) -> serde_json::Value {
        serde_json::json!({ "retrieval": self.kind.name })
    }

    /// The passages for one wording of a case.
    ///
    /// # Errors
    /// It could not look.
    pub fn retrieve(&self, ask: &Ask<'_>) -> Result<Vec<Arc<Passage>>, RetrieveError> {
        let failed = |reason| RetrieveError { name: self.name.clone(), reason };
        self.retriever.find(ask).map_err(failed)
    }
}

impl std::fmt::Debug for Retrieval {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Retrieval")
            .field("name", &self.name)
            .field("kind", &self.kind.name)
            .finish_non_exhaustive()
    }
}

/// The retrievals that suites may name.
#[derive(Debug, Clone)]
pub struct Retrievals(BTreeMap<String, Retrieval>);

impl Retrievals {
    /// All retrievers with their own defaults.
    pub fn new() -> Self {
        Self(RETRIEVERS.iter().map(|kind| (kind.name.to_owned(), Retrieval::plain(kind))).collect())
    }

    /// The retrieval with this name.
    pub fn get(&self, name: &str) -> Option<&Retrieval> {
        self.0.get(name)
    }

    /// All names, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}

impl Default for Retrievals {
    fn default() -> Self {
        Self::new()
    }
}

impl Default for Retrieval {
    /// The case's own sources.
    fn default() -> Self {
        Self::plain(&gold::KIND)
    }
}
