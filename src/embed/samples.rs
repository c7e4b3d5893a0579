//! An embedder for this folder's tests.

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::embed::{EmbedError, Embedder, Embedding};

/// Counts the texts it is asked for.
#[derive(Default)]
pub(super) struct Counting(AtomicUsize);

impl Counting {
    /// How many that were.
    pub(super) fn asked(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

impl Embedder for Counting {
    fn embed(&self, texts: &[&str]) -> Result<Vec<Embedding>, EmbedError> {
        self.0.fetch_add(texts.len(), Ordering::Relaxed);
        Ok(texts.iter().map(|t| Embedding::new(vec![t.len() as f32, 1.0, 0.3])).collect())
    }

    fn dimension(&self) -> usize {
        3
    }

    fn identity(&self) -> &serde_json::Value {
        &serde_json::Value::Null
    }

    fn reads(&self, _: &str) -> bool {
        true
    }

    fn ready(&self) -> Result<(), EmbedError> {
        Ok(())
    }
}
