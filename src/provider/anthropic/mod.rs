//! Anthropic's Messages API, at Anthropic or behind a proxy that speaks it.

mod read;

use std::sync::Arc;

use futures_util::future::BoxFuture;
use serde_json::{Map, Value, json};

use self::read::{Answer, Assembly};
use crate::provider::dialect::{Home, Part, Turns, add_extra, argument_object, put};
use crate::provider::http::{Endpoint, Failed, Framing};
use crate::provider::{
    Answered, ErrorKind, HTTP_KEYS, ModelSpec, OpenArgs, Opening, Provider, ProviderError, ProviderKind,
    Request,
};

/// Row of the provider table.
pub const KIND: ProviderKind = ProviderKind {
    name: "anthropic",
    summary: "Claude by Anthropic's Messages API",
    keys: &[HTTP_KEYS],
    open,
};

/// Anthropic's own endpoint.
pub const HOME: Home = Home {
    base_url: "https://api.anthropic.com",
    key_env: Some("ANTHROPIC_API_KEY"),
    key_header: Some("x-api-key"),
    unknown_params: &["seed"],
    own_fields: &["system", "stop_sequences"],
};

/// The version of the API that is spoken here; it must be sent.
const VERSION: (&str, &str) = ("anthropic-version", "2023-06-01");

/// Tokens of an answer where the settings do not say: the API demands a number, and newer models think
/// within it.
const DEFAULT_MAX_TOKENS: u32 = 4096;

struct Anthropic {
    endpoint: Endpoint,
    url: String,
    model: String,
    stream: bool,
}

#[expect(clippy::needless_pass_by_value, reason = "the table's signature")]
fn open(args: OpenArgs<'_>) -> Opening<'_> {
    Box::pin(async move { Ok(Arc::new(Anthropic::new(args.spec)?) as Arc<dyn Provider>) })
}

impl Anthropic {
    fn new(spec: &ModelSpec) -> Result<Self, ProviderError> {
        let base = spec.base_url.as_deref().unwrap_or(HOME.base_url).trim_end_matches('/');
        let version = if base.ends_with("/v1") { "" } else { "/v1" };
        Ok(Self {
            endpoint: Endpoint::new(spec)?,
            url: format!("{base}{version}/messages"),
            model: spec.model.clone(),
            stream: spec.access.stream,
        })
    }

    async fn ask(&self, request: &Request) -> Result<Answered, Failed> {
        let body = body(&self.model, request, self.stream);
        if !self.stream {
            let reply = self.endpoint.post::<Answer>(&self.url, &[VERSION], &body).await?;
            let completion = reply.json.into_completion(reply.latency_ms, None);
            return Ok(Answered { completion, quota: reply.quota });
        }
        let mut assembly = Assembly::default();
        let streamed = self
            .endpoint
            .stream(&self.url, &[VERSION], &body, Framing::Events, &mut |event| assembly.hear(event))
            .await?;
        let answer = assembly.finish(&|text| self.endpoint.scrub(text));
        let completion = answer.into_completion(streamed.latency_ms, streamed.first_token_ms);
        Ok(Answered { completion, quota: streamed.quota })
    }
}

impl Provider for Anthropic {
    fn complete<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, Result<Answered, ProviderError>> {
        Box::pin(async move { self.ask(request).await.map_err(explain) })
    }
}

/// An account without credit answers 400, like any bad request, but every request would fail the same way.
fn explain(failed: Failed) -> ProviderError {
    let mut error = ProviderError::from(failed);
    if error.kind == ErrorKind::BadRequest && error.message.contains("credit balance is too low") {
        error.kind = ErrorKind::Auth;
    }
    error
}

fn body(model: &str, request: &Request, stream: bool) -> Value {
    let params = &request.params;
    let sorted = Turns::of(&request.messages);
    let messages: Vec<Value> = sorted
        .turns
        .iter()
        .map(|turn| {
            let role = if turn.by_model { "assistant" } else { "user" };
            json!({"role": role, "content": content(&turn.parts)})
        })
        .collect();
    let mut body = Map::new();
    put(&mut body, "model", Some(model));
    put(&mut body, "max_tokens", Some(params.max_tokens.unwrap_or(DEFAULT_MAX_TOKENS)));
    put(&mut body, "system", (!sorted.system.is_empty()).then(|| system(&sorted.system)));
    put(&mut body, "messages", Some(messages));
    put(&mut body, "temperature", params.temperature);
    put(&mut body, "top_p", params.top_p);
    put(&mut body, "stop_sequences", (!params.stop.is_empty()).then(|| params.stop.clone()));
    put(&mut body, "stream", stream.then_some(true));
    add_extra(&mut body, &params.extra);
    Value::Object(body)
}

fn system(texts: &[&str]) -> Value {
    content(&texts.iter().copied().map(Part::Text).collect::<Vec<_>>())
}

/// One text as it is, everything else as blocks.
fn content(parts: &[Part<'_>]) -> Value {
    if let [Part::Text(text)] = parts {
        return json!(text);
    }
    let block = |part: &Part<'_>| match part {
        Part::Text(text) => json!({"type": "text", "text": text}),
        Part::Call(call) => {
            let input = argument_object(call);
            json!({"type": "tool_use", "id": call.id, "name": call.name, "input": input})
        }
        Part::Returned(called, text) => {
            json!({"type": "tool_result", "tool_use_id": called.id, "content": text})
        }
    };
    parts.iter().map(block).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fingerprint::Fingerprint;
    use crate::prompt::{ChatRole, Message};
    use crate::provider::Params;

    fn request(messages: &[(ChatRole, &str)], params: Params) -> Request {
        let messages = messages.iter().map(|(role, text)| Message::new(*role, *text));
        Request { messages: messages.collect(), params, key: Fingerprint::of(&0), lookup: None }
    }

    #[test]
    fn the_system_prompt_and_a_limit_are_fields_of_their_own() {
        let messages = [(ChatRole::System, "Be kind."), (ChatRole::User, "Hi"), (ChatRole::User, "there")];
        let plain = body("claude", &request(&messages, Params::default()), false);
        assert_eq!(
            plain,
            json!({"model": "claude", "max_tokens": 4096, "system": "Be kind.", "messages": [
                {"role": "user", "content": [{"type": "text", "text": "Hi"}, {"type": "text", "text": "there"}]}]})
        );
    }

    #[test]
    fn every_parameter_is_sent_and_the_seed_is_not() {
        let params = Params {
            temperature: Some(0.5),
            top_p: Some(0.9),
            max_tokens: Some(7),
            seed: Some(1),
            stop: vec!["END".into()],
            extra: json!({"metadata": {"user_id": "u"}}).as_object().unwrap().clone(),
        };
        let all = body("claude", &request(&[(ChatRole::User, "Hi")], params), true);
        assert_eq!(
            all,
            json!({"model": "claude", "max_tokens": 7, "messages": [{"role": "user", "content": "Hi"}],
                "temperature": 0.5, "top_p": 0.9, "stop_sequences": ["END"], "stream": true,
                "metadata": {"user_id": "u"}})
        );
    }

    #[test]
    fn the_address_may_name_the_version() {
        for (base, url) in [
            ("https://api.anthropic.com", "https://api.anthropic.com/v1/messages"),
            ("https://proxy.example/anthropic/v1/", "https://proxy.example/anthropic/v1/messages"),
        ] {
            let mut spec = ModelSpec::new("m", "anthropic", "claude");
            spec.base_url = Some(base.into());
            assert_eq!(Anthropic::new(&spec).unwrap().url, url);
        }
    }
}
