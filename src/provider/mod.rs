//! Providers: the ways to reach a model. One trait, one table, one file per member.
//!
//! Nothing in here retries, stores or scores: a provider turns one [`Request`] into one
//! [`Completion`] or one [`ProviderError`] that says what kind of failure it was.

mod anthropic;
mod bedrock;
mod command;
mod completion;
mod dialect;
#[cfg(feature = "embedded")]
pub mod embedded;
mod error;
mod gemini;
mod http;
#[cfg(feature = "embedded")]
mod in_process;
mod named;
mod ollama;
mod openai;
mod prices;
mod replay;
mod request;
mod spec;
mod template;

use std::sync::Arc;

use futures_util::future::BoxFuture;

pub use crate::prompt::ToolCall;
pub use bedrock::regional as bedrock_url;
pub use completion::{Answered, Completion, Quota, StopReason, Usage, Window};
pub use dialect::Home;
pub use error::{ErrorKind, ProviderError};
pub use named::{NamedPassage, read_listed};
pub use openai::OPENAI_URL;
pub use prices::{KnownPrice, PriceSource};
pub use replay::{AnswerSource, Cassette, CassetteError, CassetteLines, RecordedAnswer};
pub use request::{Lookup, Params, Request, request_key};
pub use spec::{Access, Api, Auth, Header, Limits, ModelSpec, Price, Signing};
pub use template::{BOT_KEY, Body, BodyError, BotSpec, PassagePaths, Paths, Place};

/// A way to reach one model.
pub trait Provider: Send + Sync {
    /// Asks once. Dropping the future abandons the request.
    fn complete<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, Result<Answered, ProviderError>>;

    /// What else, besides the [`ModelSpec`], decides the answers (engine, weights, CPU features); part of
    /// the model fingerprint.
    fn identity(&self) -> serde_json::Value {
        serde_json::Value::Null
    }

    /// Whether an answer that was recorded from an engine of this identity is one that it would give itself.
    fn accepts(&self, recorded: &serde_json::Value) -> bool {
        *recorded == self.identity()
    }

    /// A way to ask for the turns of one conversation, for an endpoint that remembers what was said: each request
    /// then sends only what the customer says next. `None` where every request carries the whole conversation.
    fn conversation(&self) -> Option<Arc<dyn Provider>> {
        None
    }

    /// How many requests it can work on at once, when that is known.
    fn max_parallel(&self) -> Option<usize> {
        None
    }
}

/// What a provider is opened with.
pub struct OpenArgs<'a> {
    /// The model, checked.
    pub spec: &'a ModelSpec,
    /// Answers that were recorded earlier, for `replay`.
    pub answers: Option<Arc<dyn AnswerSource>>,
    /// Folder for downloaded weights.
    pub cache_dir: &'a std::path::Path,
    /// Base address of the model hub, when the user moved it.
    pub hub: Option<&'a str>,
    /// Told about downloads; called from any thread.
    pub on_fetch: Arc<dyn Fn(FetchProgress) + Send + Sync>,
    /// Workers of an in-process engine; 0 = one per core.
    pub workers: usize,
}

/// A step of fetching a model's weights.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FetchProgress {
    /// Model name.
    pub model: String,
    /// What is being done: `downloading from …`, `verifying`, `converting`, `ready`.
    pub step: String,
    /// Units done.
    pub done: u64,
    /// Units in all; 0 when unknown.
    pub total: u64,
}

/// A provider that is being opened.
pub type Opening<'a> = BoxFuture<'a, Result<Arc<dyn Provider>, ProviderError>>;

/// One row of the provider table.
pub struct ProviderKind {
    /// Name used in `regauge.toml`.
    pub name: &'static str,
    /// One line for help texts.
    pub summary: &'static str,
    /// Keys of `[models.NAME]` that it understands besides the common ones, in groups.
    pub keys: &'static [&'static [&'static str]],
    /// Opens a model.
    pub open: for<'a> fn(OpenArgs<'a>) -> Opening<'a>,
}

impl ProviderKind {
    /// Every key of `[models.NAME]` that it understands, the common ones first.
    pub fn all_keys(&self) -> impl Iterator<Item = &'static str> {
        COMMON_KEYS.iter().chain(self.keys.iter().copied().flatten()).copied()
    }

    /// Whether a key is one of its own or of its group.
    pub fn has_key(&self, key: &str) -> bool {
        self.keys.iter().any(|group| group.contains(&key))
    }
}

/// Keys of `[models.NAME]` that every provider understands.
pub const COMMON_KEYS: &[&str] = &[
    "provider",
    "model",
    "temperature",
    "top_p",
    "max_tokens",
    "seed",
    "stop",
    "price",
    "timeout_s",
    "trial_timeout_s",
    "retrieval",
];

/// Keys of every provider that asks an endpoint over HTTP.
pub const HTTP_KEYS: &[&str] = &[
    "base_url",
    "api_key_env",
    "auth",
    "headers",
    "extra",
    "stream",
    "concurrency",
    "rpm",
    "tpm",
    "ca_bundle",
    "max_body_mb",
];

/// All providers.
pub const PROVIDERS: &[ProviderKind] = &[
    #[cfg(feature = "embedded")]
    in_process::KIND,
    openai::KIND,
    anthropic::KIND,
    gemini::KIND,
    bedrock::KIND,
    ollama::KIND,
    replay::KIND,
    template::KIND,
    command::KIND,
];

/// The vendors' own endpoints, by provider.
const HOMES: &[(&str, Home)] = &[
    ("anthropic", anthropic::HOME),
    ("gemini", gemini::HOME),
    ("bedrock", bedrock::HOME),
    ("ollama", ollama::HOME),
];

/// The vendor's own endpoint, for a provider that has one.
pub fn home(name: &str) -> Option<&'static Home> {
    HOMES.iter().find(|(provider, _)| *provider == name).map(|(_, home)| home)
}

/// Name of the provider that only replays.
pub const REPLAY: &str = replay::KIND.name;

/// Name of the engine in this process; the settings know it where it is not built in.
pub const EMBEDDED: &str = "embedded";

impl ModelSpec {
    /// Whether it only replays what was recorded: nothing is sent and nothing is paid.
    pub fn is_replay(&self) -> bool {
        self.provider == REPLAY
    }

    /// Whether it runs in this process, where answers are free.
    pub fn is_embedded(&self) -> bool {
        self.provider == EMBEDDED
    }
}

/// The provider with this name.
pub fn find(name: &str) -> Option<&'static ProviderKind> {
    PROVIDERS.iter().find(|k| k.name == name)
}
