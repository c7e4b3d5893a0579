//! Any OpenAI-compatible endpoint: chat completions.
//!
//! Serves OpenAI itself and the many servers that speak its dialect (vLLM, llama.cpp, Ollama,
//! OpenRouter, LiteLLM…) by `base_url`.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use serde_json::{Map, Value, json};

use crate::provider::http::{Endpoint, Reply};
use crate::provider::{
    Answered, Completion, ErrorKind, HTTP_KEYS, ModelSpec, OpenArgs, Opening, Provider, ProviderError,
    ProviderKind, Request, StopReason, ToolCall, Usage,
};

/// Row of the provider table.
pub const KIND: ProviderKind = ProviderKind {
    name: "openai",
    summary: "any OpenAI-compatible endpoint (chat completions), by base_url",
    keys: &[HTTP_KEYS],
    open,
};

/// Where `base_url` points when nothing is said.
pub const OPENAI_URL: &str = "https://api.openai.com/v1";

struct OpenAi {
    endpoint: Endpoint,
    url: String,
    model: String,
    max_tokens_key: &'static str,
}

#[expect(clippy::needless_pass_by_value, reason = "the table's signature")]
fn open(args: OpenArgs<'_>) -> Opening<'_> {
    Box::pin(async move { Ok(Arc::new(OpenAi::new(args.spec)?) as Arc<dyn Provider>) })
}

impl OpenAi {
    fn new(spec: &ModelSpec) -> Result<Self, ProviderError> {
        let base = spec.base_url.as_deref().unwrap_or(OPENAI_URL);
        // OpenAI's own reasoning models reject `max_tokens`; most compatible servers know nothing else.
        let max_tokens_key = if base == OPENAI_URL { "max_completion_tokens" } else { "max_tokens" };
        Ok(Self {
            endpoint: Endpoint::new(spec)?,
            url: format!("{}/chat/completions", base.trim_end_matches('/')),
            model: spec.model.clone(),
            max_tokens_key,
        })
    }

    fn body(&self, request: &Request) -> Value {
        let params = &request.params;
        let mut body = Map::new();
        body.insert("model".into(), json!(self.model));
        body.insert("messages".into(), json!(request.messages));
        let mut set = |key: &str, value: Option<Value>| {
            if let Some(value) = value {
                body.insert(key.to_owned(), value);
            }
        };
        set("temperature", params.temperature.map(|v| json!(v)));
        set("top_p", params.top_p.map(|v| json!(v)));
        set(self.max_tokens_key, params.max_tokens.map(|v| json!(v)));
        set("seed", params.seed.map(|v| json!(v)));
        set("stop", (!params.stop.is_empty()).then(|| json!(params.stop)));
        for (key, value) in &params.extra {
            set(key, Some(value.clone()));
        }
        Value::Object(body)
    }
}

impl Provider for OpenAi {
    fn complete<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, Result<Answered, ProviderError>> {
        Box::pin(async move {
            let reply = self.endpoint.post::<Value>(&self.url, &[], &self.body(request)).await?;
            let quota = reply.quota;
            read_completion(&reply).map(|completion| Answered { completion, quota }).map_err(|what| {
                let message = format!("{}: the reply is not a chat completion: {what}", self.url);
                ProviderError::new(ErrorKind::BadResponse, message)
            })
        })
    }
}

fn read_completion(reply: &Reply<Value>) -> Result<Completion, String> {
    let json = &reply.json;
    let choice = json.pointer("/choices/0").ok_or("`choices` is missing or empty")?;
    let message = choice.get("message").filter(|m| m.is_object()).ok_or("`choices[0].message` is missing")?;
    let tool_calls = read_tool_calls(message.get("tool_calls"))?;
    let refusal = message.get("refusal").and_then(Value::as_str).filter(|r| !r.is_empty());
    let text = match (read_text(message.get("content"))?, refusal) {
        (Some(text), _) if !text.is_empty() => text,
        (_, Some(refusal)) => refusal.to_owned(),
        (Some(empty), None) => empty,
        (None, None) if !tool_calls.is_empty() => String::new(),
        (None, None) => return Err("`choices[0].message.content` is missing".to_owned()),
    };
    let stop = match (refusal, choice.get("finish_reason").and_then(Value::as_str)) {
        (Some(_), _) => StopReason::Refusal,
        (None, Some("stop")) => StopReason::End,
        (None, Some("length")) => StopReason::Length,
        (None, Some("tool_calls" | "function_call")) => StopReason::ToolCalls,
        (None, Some("content_filter")) => StopReason::ContentFilter,
        (None, other) => StopReason::Other(other.unwrap_or("not given").to_owned()),
    };
    let count = |path: &str| json.pointer(path).and_then(Value::as_u64);
    Ok(Completion {
        text,
        tool_calls,
        stop,
        usage: Usage {
            input: count("/usage/prompt_tokens"),
            output: count("/usage/completion_tokens"),
            cached_input: count("/usage/prompt_tokens_details/cached_tokens"),
            reasoning: count("/usage/completion_tokens_details/reasoning_tokens"),
        },
        latency_ms: reply.latency_ms,
        first_token_ms: None,
        reported_model: json.get("model").and_then(Value::as_str).map(str::to_owned),
    })
}

/// Text of a message: a string, or a list of parts of which the text ones count; `null` is an empty answer.
fn read_text(content: Option<&Value>) -> Result<Option<String>, String> {
    match content {
        None => Ok(None),
        Some(Value::Null) => Ok(Some(String::new())),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(Value::Array(parts)) => {
            Ok(Some(parts.iter().filter_map(|p| p.get("text").and_then(Value::as_str)).collect()))
        }
        Some(_) => Err("`choices[0].message.content` is neither text nor a list of parts".to_owned()),
    }
}

fn read_tool_calls(calls: Option<&Value>) -> Result<Vec<ToolCall>, String> {
    let Some(Value::Array(calls)) = calls else { return Ok(Vec::new()) };
    let read = |call: &Value| {
        let name = call.pointer("/function/name")?.as_str()?.to_owned();
        let arguments = call.pointer("/function/arguments").cloned().unwrap_or(Value::Null);
        let arguments = match arguments.as_str().map(serde_json::from_str) {
            Some(Ok(parsed)) => parsed,
            _ => arguments,
        };
        let id = call.get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
        Some(ToolCall { id, name, arguments })
    };
    calls.iter().map(|c| read(c).ok_or_else(|| "a tool call has no `function.name`".to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: Value) -> Result<Completion, String> {
        read_completion(&Reply { json, latency_ms: 1.0, quota: crate::provider::Quota::default() })
    }

    #[test]
    fn reads_text_usage_and_stop_reason() {
        let c = read(json!({"model": "m-1", "choices": [{"finish_reason": "length", "message": {"content": "30 days"}}],
            "usage": {"prompt_tokens": 7, "completion_tokens": 2, "prompt_tokens_details": {"cached_tokens": 4}}}))
        .unwrap();
        assert_eq!((c.text.as_str(), c.stop), ("30 days", StopReason::Length));
        assert_eq!((c.usage.input, c.usage.cached_input, c.usage.reasoning), (Some(7), Some(4), None));
    }

    #[test]
    fn a_refusal_is_its_own_stop_reason() {
        let c = read(
            json!({"choices": [{"finish_reason": "stop", "message": {"content": null, "refusal": "no"}}]}),
        );
        assert_eq!(c.unwrap().stop, StopReason::Refusal);
    }

    #[test]
    fn tool_calls_are_kept_with_parsed_arguments() {
        let c = read(
            json!({"choices": [{"finish_reason": "tool_calls", "message": {"content": null, "tool_calls": [
            {"id": "1", "function": {"name": "refund", "arguments": "{\"order\": 5}"}},
            {"id": "2", "function": {"name": "note", "arguments": "{broken"}}]}}]}),
        )
        .unwrap();
        assert_eq!(c.tool_calls[0].arguments, json!({"order": 5}));
        assert_eq!(c.tool_calls[1].arguments, json!("{broken"));
    }

    #[test]
    fn what_is_not_a_completion_is_an_error() {
        for bad in [json!({}), json!({"choices": []}), json!({"choices": [{"message": {}}]}), json!([1])] {
            assert!(read(bad.clone()).is_err(), "{bad}");
        }
    }
}
