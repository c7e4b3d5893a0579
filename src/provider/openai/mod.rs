//! Any OpenAI-compatible endpoint: chat completions or responses, whole or streamed.
//!
//! Serves OpenAI itself, Azure OpenAI (`base_url` of the deployment, `api_version`,
//! `auth = { header = "api-key" }`), and the many servers that speak its dialect (vLLM, llama.cpp, OpenRouter,
//! LiteLLM…) by `base_url`.

mod chat;
mod messages;
mod responses;

use std::sync::Arc;

use futures_util::future::BoxFuture;
use serde_json::{Value, json};

use crate::provider::http::{Endpoint, Event, Failed, Framing, Heard, Unheard};
use crate::provider::{
    Answered, Api, Completion, HTTP_KEYS, ModelSpec, OpenArgs, Opening, Provider, ProviderError,
    ProviderKind, Quota, Request, StopReason, ToolCall, Usage,
};

/// Row of the provider table.
pub const KIND: ProviderKind = ProviderKind {
    name: "openai",
    summary: "any OpenAI-compatible endpoint (chat completions or responses), by base_url",
    keys: &[HTTP_KEYS, &["api", "api_version"]],
    open,
};

/// Where `base_url` points when nothing is said.
pub const OPENAI_URL: &str = "https://api.openai.com/v1";

/// Codes of a request that a filter stopped: that is an answer about this input, not a failure.
const FILTERED: &[&str] = &["content_filter", "content_policy_violation", "invalid_prompt"];

struct OpenAi {
    endpoint: Endpoint,
    url: String,
    model: String,
    api: Api,
    stream: bool,
    max_tokens_key: &'static str,
}

/// A completion as the dialect says it, without times.
#[derive(Debug, PartialEq)]
struct Said {
    text: String,
    tool_calls: Vec<ToolCall>,
    stop: StopReason,
    usage: Usage,
    model: Option<String>,
}

/// A reply that holds no completion.
#[derive(Debug, PartialEq)]
enum Unsaid {
    /// It is not what the dialect promises.
    Malformed(&'static str),
    /// It is an error in disguise.
    Error(Value),
}

#[expect(clippy::needless_pass_by_value, reason = "the table's signature")]
fn open(args: OpenArgs<'_>) -> Opening<'_> {
    Box::pin(async move { Ok(Arc::new(OpenAi::new(args.spec)?) as Arc<dyn Provider>) })
}

impl OpenAi {
    fn new(spec: &ModelSpec) -> Result<Self, ProviderError> {
        let base = spec.base_url.as_deref().unwrap_or(OPENAI_URL).trim_end_matches('/');
        let path = match spec.api {
            Api::Chat => "chat/completions",
            Api::Responses => "responses",
        };
        let version = spec.api_version.as_ref().map(|v| format!("?api-version={v}")).unwrap_or_default();
        Ok(Self {
            endpoint: Endpoint::new(spec)?,
            url: format!("{base}/{path}{version}"),
            model: spec.model.clone(),
            api: spec.api,
            stream: spec.access.stream,
            max_tokens_key: max_tokens_key(base),
        })
    }

    async fn ask(&self, request: &Request) -> Result<Answered, Failed> {
        match self.api {
            Api::Chat => {
                let body = chat::Body {
                    model: &self.model,
                    request,
                    max_tokens_key: self.max_tokens_key,
                    stream: self.stream,
                };
                if self.stream {
                    let mut pieces = chat::Pieces::default();
                    self.streamed(&body, |data| pieces.hear(data)).await?.finish(self, || pieces.said())
                } else {
                    let reply = self.endpoint.post::<chat::Reply>(&self.url, &[], &body).await?;
                    Whole::of(reply.quota, reply.latency_ms).finish(self, || reply.json.said())
                }
            }
            Api::Responses => {
                let body = responses::Body { model: &self.model, request, stream: self.stream };
                if self.stream {
                    let mut last = None;
                    self.streamed(&body, |data| responses::hear(data, &mut last))
                        .await?
                        .finish(self, || last.unwrap_or_default().said())
                } else {
                    let reply = self.endpoint.post::<responses::Reply>(&self.url, &[], &body).await?;
                    Whole::of(reply.quota, reply.latency_ms).finish(self, || reply.json.said())
                }
            }
        }
    }

    async fn streamed(
        &self,
        body: &(impl serde::Serialize + Sync),
        mut hear: impl FnMut(&str) -> Result<Heard, Unheard> + Send,
    ) -> Result<Whole, Failed> {
        let mut on_event = |event: Event<'_>| hear(event.data);
        let streamed = self.endpoint.stream(&self.url, &[], body, Framing::Events, &mut on_event).await?;
        Ok(Whole {
            first_token_ms: streamed.first_token_ms,
            ..Whole::of(streamed.quota, streamed.latency_ms)
        })
    }
}

/// What is known of a reply besides its content.
struct Whole {
    quota: Quota,
    latency_ms: f64,
    first_token_ms: Option<f64>,
}

impl Whole {
    fn of(quota: Quota, latency_ms: f64) -> Self {
        Self { quota, latency_ms, first_token_ms: None }
    }

    fn finish(
        self,
        provider: &OpenAi,
        said: impl FnOnce() -> Result<Said, Unsaid>,
    ) -> Result<Answered, Failed> {
        let (url, endpoint) = (&provider.url, &provider.endpoint);
        let said = said().map_err(|unsaid| match unsaid {
            Unsaid::Malformed(what) => {
                let what = format!("the reply is not what this API answers: {what}");
                Failed::of(endpoint.bad_response(url, &what), Value::Null, self.latency_ms)
            }
            Unsaid::Error(json) => Failed::of(endpoint.sent_error(url, &json), json, self.latency_ms),
        })?;
        let completion = Completion {
            text: endpoint.scrub(said.text),
            tool_calls: said.tool_calls,
            stop: said.stop,
            usage: said.usage,
            latency_ms: self.latency_ms,
            first_token_ms: self.first_token_ms,
            reported_model: said.model,
            citations: Vec::new(),
            passages: None,
        };
        Ok(Answered { completion, quota: self.quota })
    }
}

impl Provider for OpenAi {
    fn complete<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, Result<Answered, ProviderError>> {
        Box::pin(async move {
            match self.ask(request).await {
                Err(failed) if was_filtered(&failed.json) => Ok(filtered(&failed)),
                answered => Ok(answered?),
            }
        })
    }

    fn identity(&self) -> Value {
        match self.api {
            Api::Chat => Value::Null,
            Api::Responses => json!({ "api": "responses" }),
        }
    }
}

/// OpenAI's own reasoning models reject `max_tokens`; most compatible servers know nothing else.
fn max_tokens_key(base: &str) -> &'static str {
    let host =
        reqwest::Url::parse(base).ok().and_then(|u| u.host_str().map(str::to_owned)).unwrap_or_default();
    if host == "api.openai.com" || host.ends_with(".azure.com") {
        "max_completion_tokens"
    } else {
        "max_tokens"
    }
}

/// Whether an error says that a filter stopped this input (OpenAI, Azure, OpenRouter).
fn was_filtered(json: &Value) -> bool {
    let error = json.get("error").unwrap_or(json);
    let code = error.get("code").and_then(Value::as_str).unwrap_or_default();
    FILTERED.contains(&code) || error.pointer("/metadata/flagged_input").is_some()
}

fn filtered(failed: &Failed) -> Answered {
    let completion = Completion {
        stop: StopReason::ContentFilter,
        latency_ms: failed.latency_ms,
        ..Completion::of_text("")
    };
    Answered { completion, quota: failed.error.quota }
}

/// The arguments of a tool call; a text where the model's JSON cannot be read.
fn arguments(written: Value) -> Value {
    match written.as_str().map(serde_json::from_str) {
        Some(Ok(parsed)) => parsed,
        _ => written,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_and_their_limits_key() {
        let mut spec = ModelSpec::new("m", "openai", "gpt");
        let url = |spec: &ModelSpec| OpenAi::new(spec).unwrap().url;
        assert_eq!(url(&spec), "https://api.openai.com/v1/chat/completions");
        spec.base_url = Some("https://x.openai.azure.com/openai/deployments/gpt/".into());
        spec.api_version = Some("2025-04-01-preview".into());
        assert_eq!(
            url(&spec),
            "https://x.openai.azure.com/openai/deployments/gpt/chat/completions?api-version=2025-04-01-preview"
        );
        spec.api = Api::Responses;
        spec.api_version = None;
        assert_eq!(url(&spec), "https://x.openai.azure.com/openai/deployments/gpt/responses");
        assert_eq!(max_tokens_key("https://x.openai.azure.com/openai"), "max_completion_tokens");
        assert_eq!(max_tokens_key("https://api.openai.com/v1"), "max_completion_tokens");
        assert_eq!(max_tokens_key("http://localhost:8080/v1"), "max_tokens");
    }

    #[test]
    fn filters_of_all_endpoints() {
        for json in [
            json!({"error": {"code": "content_filter", "innererror": {"code": "ResponsibleAIPolicyViolation"}}}),
            json!({"error": {"code": "invalid_prompt"}}),
            json!({"error": {"code": 403, "metadata": {"flagged_input": "x", "reasons": ["violence"]}}}),
        ] {
            assert!(was_filtered(&json), "{json}");
        }
        assert!(!was_filtered(&json!({"error": {"code": "model_not_found"}})));
        assert!(!was_filtered(&Value::Null));
    }
}
