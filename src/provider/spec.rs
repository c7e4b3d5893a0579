//! A model as configured, checked.

use std::path::PathBuf;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::fingerprint::Fingerprint;
use crate::program::CommandSpec;
use crate::provider::{BotSpec, Params};
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

/// How a key is sent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Auth {
    /// `Authorization: Bearer KEY`.
    #[default]
    Bearer,
    /// The key alone in a header of this name.
    Header(String),
    /// The key in a query parameter of this name.
    Query(String),
    /// Not at all.
    None,
}

/// One more header that is sent with every request.
#[derive(Debug, Clone)]
pub struct Header {
    /// Its name.
    pub name: String,
    /// The environment variable that its value comes from; absent: the value stands in the file.
    pub env: Option<String>,
    /// Its value; absent where the variable is not set.
    pub value: Option<Secret>,
}

/// How an endpoint behind HTTP is reached.
#[derive(Debug, Clone)]
pub struct Access {
    /// How the key is sent.
    pub auth: Auth,
    /// Further headers.
    pub headers: Vec<Header>,
    /// PEM file of certificates that are trusted besides the system's own.
    pub ca_bundle: Option<PathBuf>,
    /// Largest reply, in bytes.
    pub max_body: usize,
    /// Whether answers are streamed, so that the time to the first text is known.
    pub stream: bool,
}

impl Default for Access {
    fn default() -> Self {
        Self {
            auth: Auth::Bearer,
            headers: Vec::new(),
            ca_bundle: None,
            max_body: Self::DEFAULT_MAX_BODY_MB << 20,
            stream: false,
        }
    }
}

impl Access {
    /// Largest reply in MiB where nothing is said; an answer is text, so more is a broken endpoint.
    pub const DEFAULT_MAX_BODY_MB: usize = 16;
}

/// Which API of an OpenAI-compatible endpoint is asked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Api {
    /// Chat completions, which every such endpoint has.
    #[default]
    Chat,
    /// Responses.
    Responses,
}

/// Limits of an endpoint and key as the user knows them; absent = found out while asking.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Limits {
    /// Most requests in flight.
    pub concurrency: Option<u32>,
    /// Requests per minute.
    pub rpm: Option<u32>,
    /// Tokens per minute, prompt and answer.
    pub tpm: Option<u64>,
}

/// What requests to AWS are signed with.
#[derive(Debug, Clone)]
pub struct Signing {
    /// The region of the endpoint.
    pub region: String,
    /// Who asks.
    pub access_key_id: Secret,
    /// The key that signs; never sent.
    pub secret_access_key: Secret,
    /// Sent beside credentials that expire.
    pub session_token: Option<Secret>,
}

/// One `[models.NAME]`, checked.
#[derive(Debug, Clone)]
pub struct ModelSpec {
    /// Name in `regauge.toml`.
    pub name: String,
    /// Provider name, found in the provider table.
    pub provider: &'static str,
    /// Whether it is a retriever of the user's, `[retrieval.NAME]`, that is asked as a model is.
    pub is_retriever: bool,
    /// The provider's own name of the model.
    pub model: String,
    /// Parameters sent with every request.
    pub params: Params,
    /// How passages are chosen for it, where it is another way than the suite's.
    pub retrieval: Option<String>,
    /// Endpoint, without a trailing slash.
    pub base_url: Option<String>,
    /// Name of the environment variable that holds the key.
    pub api_key_env: Option<String>,
    /// The key itself; absent when the variable is not set.
    pub api_key: Option<Secret>,
    /// How the endpoint is reached.
    pub access: Access,
    /// Limits of the endpoint and key.
    pub limits: Limits,
    /// Bedrock: what requests are signed with where there is no key.
    pub signing: Option<Signing>,
    /// The user's own price; see [`ModelSpec::known_price`].
    pub price: Option<Price>,
    /// Limit for one attempt, in seconds.
    pub timeout_s: u64,
    /// Limit for a whole trial with its retries and waits, in seconds.
    pub trial_timeout_s: u64,
    /// OpenAI: which API.
    pub api: Api,
    /// OpenAI: version of the API, as Azure asks for it.
    pub api_version: Option<String>,
    /// Http: the JSON endpoint.
    pub bot: Option<Arc<BotSpec>>,
    /// Command: the program.
    pub command: Option<Arc<CommandSpec>>,
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
    /// A model with nothing but its names; everything else as where the settings say nothing.
    pub fn new(name: impl Into<String>, provider: &'static str, model: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            provider,
            is_retriever: false,
            model: model.into(),
            params: Params::default(),
            retrieval: None,
            base_url: None,
            api_key_env: None,
            api_key: None,
            access: Access::default(),
            limits: Limits::default(),
            signing: None,
            price: None,
            timeout_s: 120,
            trial_timeout_s: 600,
            api: Api::default(),
            api_version: None,
            bot: None,
            command: None,
            file: None,
            repo: None,
            of: None,
            cassette: None,
        }
    }

    /// What it is called in a message.
    pub fn called(&self) -> String {
        let what = if self.is_retriever { "retrieval" } else { "model" };
        format!("{what} `{}`", self.name)
    }

    /// The model that answers are recorded under: for `replay` the one it stands for.
    pub fn answering(&self) -> &ModelSpec {
        self.of.as_deref().unwrap_or(self)
    }

    /// Names the endpoint and key that limits belong to, without revealing the key: models with the same name
    /// share one allowance.
    pub fn limit_key(&self) -> String {
        let Some(url) = self.base_url.as_deref() else { return format!("{}:{}", self.provider, self.name) };
        let origin = reqwest::Url::parse(url).map(|u| u.origin().ascii_serialization());
        let origin = origin.unwrap_or_else(|_| url.to_owned());
        let secret_headers = self.access.headers.iter().filter(|h| h.env.is_some());
        let secrets: Vec<&str> = secret_headers
            .filter_map(|h| h.value.as_ref())
            .chain(&self.api_key)
            .map(Secret::expose)
            .collect();
        if secrets.is_empty() {
            return format!("{origin} without key");
        }
        // Cut so short that nothing of the key can be computed from it.
        format!("{origin} key {}", Fingerprint::of(&("regauge limit key", secrets)).hex(8))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec(url: Option<&str>, key: Option<&str>) -> ModelSpec {
        let mut spec = ModelSpec::new("a", "openai", "m");
        spec.base_url = url.map(str::to_owned);
        spec.api_key = key.map(Secret::new);
        spec
    }

    #[test]
    fn limits_belong_to_endpoint_and_key() {
        let a = spec(Some("https://x.example/v1"), Some("sk-canary")).limit_key();
        assert_eq!(a, spec(Some("https://x.example/v2"), Some("sk-canary")).limit_key());
        assert_ne!(a, spec(Some("https://y.example/v1"), Some("sk-canary")).limit_key());
        assert_ne!(a, spec(Some("https://x.example/v1"), Some("sk-other")).limit_key());
        assert!(!a.contains("canary"));
        assert_eq!(spec(Some("http://h:80/"), None).limit_key(), "http://h without key");
        assert_eq!(spec(None, None).limit_key(), "openai:a");
    }
}
