//! A model as configured, checked.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::provider::Params;
use crate::secret::Secret;

/// USD per million tokens.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Price {
    /// Prompt tokens.
    pub input: f64,
    /// Answer tokens.
    pub output: f64,
    /// Cached prompt tokens; absent: the price of input.
    pub cached_input: Option<f64>,
}

/// One `[models.NAME]`, checked.
#[derive(Debug, Clone)]
pub struct ModelSpec {
    /// Name in `regauge.toml`.
    pub name: String,
    /// Provider name, found in the provider table.
    pub provider: &'static str,
    /// The provider's own name of the model.
    pub model: String,
    /// Parameters sent with every request.
    pub params: Params,
    /// Endpoint, without a trailing slash.
    pub base_url: Option<String>,
    /// Name of the environment variable that holds the key.
    pub api_key_env: Option<String>,
    /// The key itself; absent when the variable is not set.
    pub api_key: Option<Secret>,
    /// Price; absent = unknown.
    pub price: Option<Price>,
    /// Limit for one attempt, in seconds.
    pub timeout_s: u64,
    /// Embedded: a GGUF file.
    pub file: Option<PathBuf>,
    /// Embedded: a hub repository and its file.
    pub repo: Option<(String, String)>,
    /// Replay: the model whose answers are replayed.
    pub of: Option<Box<ModelSpec>>,
    /// Replay: a cassette file; absent = the stored runs.
    pub cassette: Option<PathBuf>,
}

impl ModelSpec {
    /// The model that answers are recorded under: for `replay` the one it stands for.
    pub fn answering(&self) -> &ModelSpec {
        self.of.as_deref().unwrap_or(self)
    }
}
