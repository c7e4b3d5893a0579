//! Why a text has no vector.

use std::path::PathBuf;

/// An error of an embedder.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EmbedError {
    /// This program was built without the feature `embedded`.
    #[error("this regauge is built without an embedding model")]
    NotBuilt,
    /// No folder for models is known.
    #[error("there is no home folder to keep the embedding model in")]
    NoFolder,
    /// The model has not been fetched to this machine.
    #[error("the embedding model `{model}` is not on this machine yet")]
    NotFetched {
        /// Its name.
        model: String,
    },
    /// None of the ways to get the model worked. The text lists each with its reason.
    #[error("{0}")]
    Unavailable(String),
    /// A file of the model is not what it should be.
    #[error("{path} cannot be used: {reason}", path = path.display())]
    Broken {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The tokenizer failed.
    #[error("the tokenizer of the embedding model failed: {reason}")]
    Tokenizer {
        /// What it said.
        reason: String,
    },
}

impl EmbedError {
    /// What the user can do about it, where there is something.
    pub fn help(&self) -> Option<String> {
        match self {
            Self::NotBuilt => Some(
                "build it with the feature `embedded`: `cargo install regauge --features embedded`"
                    .to_owned(),
            ),
            Self::NoFolder => Some("set REGAUGE_CACHE_DIR".to_owned()),
            Self::NotFetched { model } => Some(format!(
                "`regauge models pull {model}` fetches it; so does `regauge run`, before it asks"
            )),
            Self::Broken { path, .. } => {
                Some(format!("delete {}; `regauge models pull` fetches it again", path.display()))
            }
            Self::Unavailable(_) | Self::Tokenizer { .. } => None,
        }
    }

    /// A file that cannot be used.
    #[cfg(feature = "embedded")]
    pub(super) fn broken(path: &std::path::Path, reason: impl Into<String>) -> Self {
        Self::Broken { path: path.to_owned(), reason: reason.into() }
    }
}
