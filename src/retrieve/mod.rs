//! Retrieval: which passages a trial is given. One trait, one table, one file per member.
//!
//! A member file exposes `KIND`; `build` makes its [`Retriever`], which ranks passages of the suite's knowledge for a
//! question. A retriever that fails is an error of the trial: an empty context never stands for it.
//!
//! Most compute (`Local`). The user's own is asked like a model, by whoever is its [`Asker`], so that limits, retries
//! and recorded answers are those of models.

mod asker;
mod bm25;
mod budget;
mod embedding;
mod external;
mod full;
mod gold;
mod hybrid;
mod index;
mod none;
mod shared;
mod spec;
mod terms;
mod vectors;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use futures_util::future::{BoxFuture, ready};
use serde_json::{Value, json};

use crate::case::Case;
use crate::embed::Embedder;
use crate::knowledge::{Knowledge, Passage};
use crate::prompt::Message;
use crate::provider::{ErrorKind, ModelSpec};

pub use asker::{Asker, Recorded};
pub use budget::{Budget, Limits};
pub use external::named_passages;
pub use spec::RetrievalSpec;

/// What is looked for.
#[derive(Clone, Copy)]
pub struct Ask<'a> {
    /// The articles that the suite works with.
    pub knowledge: &'a Knowledge,
    /// The case.
    pub case: &'a Case,
    /// What the customer says now.
    pub question: &'a str,
    /// What was said since the case began.
    pub said: &'a [Message],
    /// Most passages and characters.
    pub budget: Budget,
    /// Who asks the user's own retrievers.
    pub asker: &'a dyn Asker,
}

/// Why no passages could be looked up.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("retrieval `{name}` failed: {}", .failure.reason)]
pub struct RetrieveError {
    /// The retrieval's name.
    pub name: String,
    /// What happened.
    pub failure: Failure,
}

/// What happened to a look-up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// As the end of a sentence; holds no secret.
    pub reason: String,
    /// What kind of failure it is to the trial.
    pub kind: ErrorKind,
    /// It came to no result because the run ends: it is no fault of the trial, and a later run looks.
    pub withdrawn: bool,
}

impl From<String> for Failure {
    fn from(reason: String) -> Self {
        Self { reason, kind: ErrorKind::Retrieval, withdrawn: false }
    }
}

/// A way to choose passages.
pub trait Retriever: Send + Sync {
    /// The passages for a question, within the budget; the best first where they are ranked.
    ///
    /// # Errors
    /// It could not look.
    fn find<'a>(&'a self, ask: &'a Ask<'a>) -> BoxFuture<'a, Result<Vec<Arc<Passage>>, Failure>>;

    /// Does what is the same for all questions; `tell` hears how much of it is done, and of how much.
    ///
    /// # Errors
    /// It cannot be done; neither can any look-up.
    fn prepare(&self, knowledge: &Knowledge, tell: &dyn Fn(usize, usize)) -> Result<(), String> {
        let _ = (knowledge, tell);
        Ok(())
    }
}

/// A way that computes and waits for nobody.
trait Local: Send + Sync {
    /// See [`Retriever::find`].
    ///
    /// # Errors
    /// It could not look; the reason, as the end of a sentence.
    fn find(&self, ask: &Ask<'_>) -> Result<Vec<Arc<Passage>>, String>;

    /// See [`Retriever::prepare`].
    ///
    /// # Errors
    /// It cannot be done.
    fn prepare(&self, knowledge: &Knowledge, tell: &dyn Fn(usize, usize)) -> Result<(), String> {
        let _ = (knowledge, tell);
        Ok(())
    }
}

impl<T: Local> Retriever for T {
    fn find<'a>(&'a self, ask: &'a Ask<'a>) -> BoxFuture<'a, Result<Vec<Arc<Passage>>, Failure>> {
        Box::pin(ready(Local::find(self, ask).map_err(Failure::from)))
    }

    fn prepare(&self, knowledge: &Knowledge, tell: &dyn Fn(usize, usize)) -> Result<(), String> {
        Local::prepare(self, knowledge, tell)
    }
}

/// What retrievers are built with.
pub struct Tools {
    /// The embedding model of this process.
    pub embedder: Arc<dyn Embedder>,
    /// Folder that keeps the vectors of passages; absent where there is none.
    pub vectors: Option<PathBuf>,
}

/// What a retriever needs besides the articles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    /// Nothing: it looks at once.
    Nothing,
    /// The embedding model.
    Embedder,
    /// A retriever of the user's own.
    Endpoint,
}

/// One row of the table of retrievers.
#[derive(Debug)]
pub struct RetrieverKind {
    /// Name used as `retrieval = "…"` and `kind = "…"`.
    pub name: &'static str,
    /// One line for help texts.
    pub summary: &'static str,
    /// Its keys besides those of all.
    pub keys: &'static [&'static str],
    /// Whether what it finds is in the order of its rank, the best first; else in the order of the knowledge.
    pub ranked: bool,
    /// What it needs besides the articles.
    pub needs: Needs,
    /// What it may give where nobody says.
    pub budget: Budget,
    /// Makes the retriever.
    pub build: fn(&RetrievalSpec, &Tools) -> Arc<dyn Retriever>,
}

/// Keys that all retrievers understand.
pub const COMMON_KEYS: &[&str] = &["kind", "k"];

/// All retrievers.
pub const RETRIEVERS: &[RetrieverKind] =
    &[gold::KIND, none::KIND, bm25::KIND, embedding::KIND, hybrid::KIND, full::KIND, external::KIND];

/// The retriever with this name.
pub fn find(name: &str) -> Option<&'static RetrieverKind> {
    RETRIEVERS.iter().find(|kind| kind.name == name)
}

/// A retriever as suites name it.
#[derive(Clone)]
pub struct Retrieval {
    spec: Arc<RetrievalSpec>,
    retriever: Arc<dyn Retriever>,
}

impl Retrieval {
    /// The retriever of a kind with its settings.
    pub fn new(spec: RetrievalSpec, tools: &Tools) -> Self {
        let retriever = (spec.kind.build)(&spec, tools);
        Self { spec: Arc::new(spec), retriever }
    }

    /// The name used in files and reports.
    pub fn name(&self) -> &str {
        &self.spec.name
    }

    /// Row of the table.
    pub fn kind(&self) -> &'static RetrieverKind {
        self.spec.kind
    }

    /// Whether it looks for anything.
    pub fn looks_up(&self) -> bool {
        self.spec.kind.name != none::KIND.name
    }

    /// What decides what it finds, besides the knowledge.
    pub fn identity(&self) -> Value {
        json!({ "kind": self.spec.kind.name, "settings": self.spec.identity() })
    }

    /// How much it may give in a suite with these limits: as many passages as its own `k` says, never more than the
    /// suite allows.
    pub fn budget(&self, limits: Limits) -> Budget {
        let own = self.spec.kind.budget;
        let max_passages = match (self.spec.k, limits.max_passages) {
            (Some(k), Some(most)) => k.min(most),
            (k, most) => k.or(most).unwrap_or(own.max_passages),
        };
        Budget { max_passages, max_chars: limits.max_chars.unwrap_or(own.max_chars) }
    }

    /// The passages for one wording of a case.
    ///
    /// # Errors
    /// It could not look.
    pub async fn retrieve(&self, ask: &Ask<'_>) -> Result<Vec<Arc<Passage>>, RetrieveError> {
        let failed = |failure| RetrieveError { name: self.spec.name.clone(), failure };
        self.retriever.find(ask).await.map_err(failed)
    }

    /// Does what is the same for all questions about these articles; `tell` hears how much of it is done.
    ///
    /// # Errors
    /// It cannot be done.
    pub fn prepare(&self, knowledge: &Knowledge, tell: &dyn Fn(usize, usize)) -> Result<(), String> {
        self.retriever.prepare(knowledge, tell)
    }

    /// How the user's own retriever is reached.
    pub fn endpoint(&self) -> Option<&ModelSpec> {
        self.spec.endpoint.as_deref()
    }
}

impl Default for Retrieval {
    /// The case's own sources.
    fn default() -> Self {
        Self {
            spec: Arc::new(RetrievalSpec::plain(gold::KIND.name, &gold::KIND)),
            retriever: Arc::new(gold::Gold),
        }
    }
}

impl std::fmt::Debug for Retrieval {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Retrieval").field("spec", &self.spec).finish_non_exhaustive()
    }
}

/// The retrievals that suites may name: all kinds with their own defaults, and those of the settings.
#[derive(Debug, Clone, Default)]
pub struct Retrievals(BTreeMap<String, Retrieval>);

impl Retrievals {
    /// All kinds, and the ones set up by name.
    pub fn new<'s>(named: impl IntoIterator<Item = &'s RetrievalSpec>, tools: &Tools) -> Self {
        let usable = RETRIEVERS.iter().filter(|kind| kind.needs != Needs::Endpoint);
        let plain = usable.map(|kind| RetrievalSpec::plain(kind.name, kind));
        let all = plain.chain(named.into_iter().cloned());
        Self(all.map(|spec| (spec.name.clone(), Retrieval::new(spec, tools))).collect())
    }

    /// Changes how the user's own retrievers are reached.
    pub fn reach(&mut self, change: impl Fn(&ModelSpec) -> ModelSpec) {
        for retrieval in self.0.values_mut() {
            if let Some(endpoint) = retrieval.endpoint() {
                let endpoint = Some(Arc::new(change(endpoint)));
                retrieval.spec = Arc::new(RetrievalSpec { endpoint, ..(*retrieval.spec).clone() });
            }
        }
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

/// The passages at the places that the budget has room for, the best first.
fn ranked(passages: &[Arc<Passage>], places: Vec<usize>, budget: Budget) -> Vec<Arc<Passage>> {
    let kept = budget.fill(passages, places);
    kept.into_iter().map(|at| budget.fitting(&passages[at])).collect()
}
