//! Ollama's own chat API: any model that runs on this machine or in this network.
//!
//! A prompt that is longer than the model's window is cut by the server without a word; the window is
//! `extra = { options = { num_ctx = 8192 } }`.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::prompt::Message;
use crate::provider::dialect::{Home, add_extra, argument_object, filled, put};
use crate::provider::http::{Endpoint, Event, Failed, Framing, Heard, Unheard};
use crate::provider::{
    Answered, Completion, ErrorKind, HTTP_KEYS, ModelSpec, OpenArgs, Opening, Provider, ProviderError,
    ProviderKind, Request, StopReason, ToolCall, Usage,
};

/// Row of the provider table.
pub const KIND: ProviderKind = ProviderKind {
    name: "ollama",
    summary: "a model of a local Ollama server, by its own API: no key",
    keys: &[HTTP_KEYS],
    open,
};

/// Ollama on this machine.
pub const HOME: Home = Home {
    base_url: "http://localhost:11434",
    key_env: None,
    key_header: None,
    unknown_params: &[],
    own_fields: &[],
};

struct Ollama {
    endpoint: Endpoint,
    url: String,
    model: String,
    stream: bool,
}

#[expect(clippy::needless_pass_by_value, reason = "the table's signature")]
fn open(args: OpenArgs<'_>) -> Opening<'_> {
    Box::pin(async move { Ok(Arc::new(Ollama::new(args.spec)?) as Arc<dyn Provider>) })
}

impl Ollama {
    fn new(spec: &ModelSpec) -> Result<Self, ProviderError> {
        let base = spec.base_url.as_deref().unwrap_or(HOME.base_url).trim_end_matches('/');
        Ok(Self {
            endpoint: Endpoint::new(spec)?,
            url: format!("{}/api/chat", base.trim_end_matches("/api")),
            model: spec.model.clone(),
            stream: spec.access.stream,
        })
    }

    async fn ask(&self, request: &Request) -> Result<Answered, Failed> {
        let body = body(&self.model, request, self.stream);
        if !self.stream {
            let reply = self.endpoint.post::<Answer>(&self.url, &[], &body).await?;
            let completion = reply.json.into_completion(reply.latency_ms, None);
            return Ok(Answered { completion, quota: reply.quota });
        }
        let mut whole = Answer::default();
        let streamed = self
            .endpoint
            .stream(&self.url, &[], &body, Framing::Lines, &mut |event| whole.hear(event))
            .await?;
        whole.message.content = self.endpoint.scrub(std::mem::take(&mut whole.message.content));
        let completion = whole.into_completion(streamed.latency_ms, streamed.first_token_ms);
        Ok(Answered { completion, quota: streamed.quota })
    }

    fn explain(&self, failed: Failed) -> ProviderError {
        let mut error = ProviderError::from(failed);
        if error.kind == ErrorKind::UnknownModel {
            let pull = format!("; fetch it with `ollama pull {}`", self.model);
            error.message.push_str(&pull);
        }
        error
    }
}

impl Provider for Ollama {
    fn complete<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, Result<Answered, ProviderError>> {
        Box::pin(async move { self.ask(request).await.map_err(|failed| self.explain(failed)) })
    }
}

fn body(model: &str, request: &Request, stream: bool) -> Value {
    let params = &request.params;
    let mut options = Map::new();
    put(&mut options, "temperature", params.temperature);
    put(&mut options, "top_p", params.top_p);
    put(&mut options, "num_predict", params.max_tokens);
    // The server's seed has 32 bits.
    put(&mut options, "seed", params.seed.map(|seed| seed & 0x7fff_ffff));
    put(&mut options, "stop", (!params.stop.is_empty()).then(|| params.stop.clone()));
    let mut body = Map::new();
    put(&mut body, "model", Some(model));
    put(&mut body, "messages", Some(request.messages.iter().map(message).collect::<Vec<_>>()));
    put(&mut body, "stream", Some(stream));
    put(&mut body, "options", filled(options));
    add_extra(&mut body, &params.extra);
    Value::Object(body)
}

/// Calls have no ids here: a result names its tool.
fn message(message: &Message) -> Value {
    let mut written = json!({"role": message.role.name(), "content": message.content});
    if let Some(called) = &message.answers {
        written["tool_name"] = json!(called.name);
    }
    if !message.tool_calls.is_empty() {
        let call =
            |call: &ToolCall| json!({"function": {"name": call.name, "arguments": argument_object(call)}});
        written["tool_calls"] = message.tool_calls.iter().map(call).collect();
    }
    written
}

/// A whole answer, or one line of it.
#[derive(Debug, Default, Deserialize)]
struct Answer {
    #[serde(default)]
    model: Option<String>,
    message: Said,
    #[serde(default)]
    done: bool,
    done_reason: Option<String>,
    prompt_eval_count: Option<u64>,
    eval_count: Option<u64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Said {
    content: String,
    tool_calls: Vec<Call>,
}

#[derive(Debug, Deserialize)]
struct Call {
    #[serde(default)]
    id: String,
    function: Function,
}

#[derive(Debug, Deserialize)]
struct Function {
    name: String,
    #[serde(default)]
    arguments: Value,
}

impl Answer {
    fn into_completion(self, latency_ms: f64, first_token_ms: Option<f64>) -> Completion {
        let tool_calls: Vec<ToolCall> = self
            .message
            .tool_calls
            .into_iter()
            .map(|call| ToolCall {
                id: call.id,
                name: call.function.name,
                arguments: call.function.arguments,
            })
            .collect();
        let stop = match self.done_reason.as_deref() {
            Some("stop") | None if !tool_calls.is_empty() => StopReason::ToolCalls,
            // Servers before 0.4 do not say why.
            Some("stop") => StopReason::End,
            None if self.done => StopReason::End,
            Some("length") => StopReason::Length,
            other => StopReason::Other(other.unwrap_or("not given").to_owned()),
        };
        Completion {
            text: self.message.content,
            tool_calls,
            stop,
            usage: Usage {
                input: self.prompt_eval_count,
                output: self.eval_count,
                cached_input: None,
                reasoning: None,
            },
            latency_ms,
            first_token_ms,
            reported_model: self.model,
            citations: Vec::new(),
            passages: None,
        }
    }

    /// Takes one line of a stream in.
    fn hear(&mut self, line: Event<'_>) -> Result<Heard, Unheard> {
        let json: Value = serde_json::from_str(line.data)?;
        if json.get("error").is_some() {
            return Err(Unheard::Error(json));
        }
        let piece = Answer::deserialize(&json)?;
        let heard = Heard { text: !piece.message.content.is_empty(), complete: piece.done, last: piece.done };
        self.message.content.push_str(&piece.message.content);
        self.message.tool_calls.extend(piece.message.tool_calls);
        self.model = piece.model.or(self.model.take());
        self.done |= piece.done;
        self.done_reason = piece.done_reason.or(self.done_reason.take());
        self.prompt_eval_count = piece.prompt_eval_count.or(self.prompt_eval_count);
        self.eval_count = piece.eval_count.or(self.eval_count);
        Ok(heard)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fingerprint::Fingerprint;
    use crate::prompt::{ChatRole, Message};
    use crate::provider::Params;

    fn read(json: Value) -> Completion {
        serde_json::from_value::<Answer>(json).unwrap().into_completion(1.0, None)
    }

    #[test]
    fn parameters_are_options() {
        let params = Params {
            temperature: Some(0.0),
            max_tokens: Some(64),
            seed: Some(1 << 40 | 7),
            stop: vec!["END".into()],
            extra: json!({"options": {"num_ctx": 8192}, "keep_alive": "5m"}).as_object().unwrap().clone(),
            ..Params::default()
        };
        let messages = vec![Message::new(ChatRole::System, "Be kind.")];
        let request = Request { messages, params, key: Fingerprint::of(&0), lookup: None };
        assert_eq!(
            body("llama3.2", &request, false),
            json!({"model": "llama3.2", "messages": [{"role": "system", "content": "Be kind."}], "stream": false,
                "options": {"temperature": 0.0, "num_predict": 64, "seed": 7, "stop": ["END"], "num_ctx": 8192},
                "keep_alive": "5m"})
        );
    }

    #[test]
    fn counts_and_reasons_are_read() {
        let c = read(json!({"model": "llama3.2", "message": {"role": "assistant", "content": "30 days"},
            "done_reason": "length", "done": true, "prompt_eval_count": 26, "eval_count": 9}));
        assert_eq!((c.text.as_str(), c.stop), ("30 days", StopReason::Length));
        assert_eq!((c.usage.input, c.usage.output), (Some(26), Some(9)));
        let old = read(json!({"message": {"content": "x"}, "done": true}));
        assert_eq!((old.stop, old.usage), (StopReason::End, Usage::default()));
        let odd = read(json!({"message": {"content": ""}, "done": true, "done_reason": "load"}));
        assert_eq!(odd.stop, StopReason::Other("load".into()));
    }

    #[test]
    fn tool_calls_end_with_stop() {
        let c = read(json!({"message": {"content": "", "tool_calls": [
            {"function": {"name": "order", "arguments": {"id": 5}}}]}, "done_reason": "stop", "done": true}));
        assert_eq!((c.stop, c.tool_calls[0].arguments.clone()), (StopReason::ToolCalls, json!({"id": 5})));
    }

    #[test]
    fn lines_become_one_answer() {
        let mut whole = Answer::default();
        let mut hear = |json: Value| whole.hear(Event { name: "", data: &json.to_string() });
        assert!(hear(json!({"model": "m", "message": {"content": "30 "}, "done": false})).unwrap().text);
        assert!(!hear(json!({"message": {"content": "days"}, "done": false})).unwrap().complete);
        let last = json!({"message": {"content": ""}, "done": true, "done_reason": "stop", "eval_count": 3});
        assert!(hear(last).unwrap().last);
        assert!(matches!(hear(json!({"error": "out of memory"})), Err(Unheard::Error(_))));
        assert!(matches!(hear(json!({"done": true})), Err(Unheard::Malformed(_))));
        let c = whole.into_completion(2.0, Some(1.0));
        assert_eq!((c.text.as_str(), c.stop, c.usage.output), ("30 days", StopReason::End, Some(3)));
    }
}
