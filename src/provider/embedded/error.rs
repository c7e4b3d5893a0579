//! What can go wrong in the embedded engine.

use std::path::PathBuf;

/// An error of the embedded engine.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EmbeddedError {
    /// No model has this name or alias.
    #[error("unknown embedded model `{name}`; known models are {known}")]
    UnknownModel {
        /// What was asked for.
        name: String,
        /// The names that exist.
        known: String,
    },
    /// The model catalogue inside this program is damaged.
    #[error("the model catalogue is not valid")]
    Catalog(#[source] toml::de::Error),
    /// No directory for downloads is known.
    #[error("no cache directory was given and the user's own cannot be found")]
    NoCacheDir,
    /// A file could not be read or written.
    #[error("failed to {action} {path}", path = path.display())]
    Io {
        /// What was being done: "read", "write"…
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// Why it failed.
        #[source]
        source: std::io::Error,
    },
    /// None of the ways to get a model worked. The text lists each with its reason.
    #[error("{0}")]
    Unavailable(Box<super::fetch::Unavailable>),
    /// A file given by path does not exist.
    #[error("there is no model file at {path}", path = path.display())]
    MissingFile {
        /// The path.
        path: PathBuf,
    },
    /// A file is no GGUF file, or a damaged one.
    #[error("{path} is not a complete GGUF file: {reason}", path = path.display())]
    BadFile {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A GGUF file uses something this engine does not know.
    #[error("{path} cannot be run: {reason}", path = path.display())]
    Unsupported {
        /// The file.
        path: PathBuf,
        /// What is not supported.
        reason: String,
    },
    /// The chat template of the model failed.
    #[error("the model's chat template failed: {reason}")]
    ChatTemplate {
        /// What the template engine said.
        reason: String,
    },
    /// The tokenizer failed.
    #[error("the model's tokenizer failed: {reason}")]
    Tokenizer {
        /// What the tokenizer said.
        reason: String,
    },
    /// The prompt does not fit.
    #[error("the prompt has {prompt_tokens} tokens, but the model's context holds {context}")]
    PromptTooLong {
        /// Tokens of the prompt.
        prompt_tokens: usize,
        /// Tokens the model can hold.
        context: usize,
    },
    /// The request was cancelled by its caller.
    #[error("the request was cancelled")]
    Cancelled,
    /// A worker failed in a way that should not happen.
    #[error("the engine failed while answering: {reason}")]
    Worker {
        /// The panic message.
        reason: String,
    },
}

impl EmbeddedError {
    /// An input or output error at a path.
    pub(super) fn io(action: &'static str, path: impl Into<PathBuf>, source: std::io::Error) -> Self {
        Self::Io { action, path: path.into(), source }
    }
}
