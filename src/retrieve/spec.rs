//! A retriever as it is set up.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::provider::ModelSpec;
use crate::retrieve::RetrieverKind;

/// One `[retrieval.NAME]`, checked, or a kind with its own defaults.
#[derive(Debug, Clone)]
pub struct RetrievalSpec {
    /// Name that suites use.
    pub name: String,
    /// Row of the table of retrievers.
    pub kind: &'static RetrieverKind,
    /// Most passages.
    pub k: Option<usize>,
    /// BM25: how soon more of the same word counts no more.
    pub k1: Option<f64>,
    /// BM25: how much longer passages count less, 0 to 1.
    pub b: Option<f64>,
    /// External: the endpoint or program, as a model's.
    pub endpoint: Option<Arc<ModelSpec>>,
}

impl RetrievalSpec {
    /// A kind with its own defaults.
    pub fn plain(name: &str, kind: &'static RetrieverKind) -> Self {
        Self { name: name.to_owned(), kind, k: None, k1: None, b: None, endpoint: None }
    }

    /// The settings that decide what is found.
    pub(super) fn identity(&self) -> Value {
        let asked = self.endpoint.as_deref().map(|spec| {
            let spec = spec.answering();
            json!([spec.provider, spec.model, spec.params])
        });
        json!({ "k": self.k, "k1": self.k1, "b": self.b, "asked": asked })
    }
}
