//! Chat completions: request body, whole replies, streamed pieces.

use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use super::messages::Chat;
use super::{Said, Unsaid, arguments};
use crate::provider::http::{Heard, Unheard};
use crate::provider::{Request, StopReason, ToolCall, Usage};

/// What is sent.
pub(super) struct Body<'a> {
    pub(super) model: &'a str,
    pub(super) request: &'a Request,
    pub(super) max_tokens_key: &'static str,
    pub(super) stream: bool,
}

#[derive(Serialize)]
struct StreamOptions {
    include_usage: bool,
}

impl Serialize for Body<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let params = &self.request.params;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("model", self.model)?;
        map.serialize_entry("messages", &Chat(&self.request.messages))?;
        if let Some(temperature) = params.temperature {
            map.serialize_entry("temperature", &temperature)?;
        }
        if let Some(top_p) = params.top_p {
            map.serialize_entry("top_p", &top_p)?;
        }
        if let Some(max_tokens) = params.max_tokens {
            map.serialize_entry(self.max_tokens_key, &max_tokens)?;
        }
        if let Some(seed) = params.seed {
            map.serialize_entry("seed", &seed)?;
        }
        if !params.stop.is_empty() {
            map.serialize_entry("stop", &params.stop)?;
        }
        if self.stream {
            map.serialize_entry("stream", &true)?;
            map.serialize_entry("stream_options", &StreamOptions { include_usage: true })?;
        }
        for (key, value) in &params.extra {
            map.serialize_entry(key, value)?;
        }
        map.end()
    }
}

/// A whole reply.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Reply {
    #[serde(default)]
    model: Option<String>,
    #[serde(default)]
    choices: Vec<Choice>,
    #[serde(default)]
    usage: Option<Used>,
    #[serde(default)]
    error: Option<Value>,
}

#[derive(Debug, Default, Deserialize)]
struct Choice {
    #[serde(default)]
    message: Option<Words>,
    #[serde(default)]
    delta: Option<Words>,
    #[serde(default)]
    finish_reason: Option<String>,
    #[serde(default)]
    index: u32,
    #[serde(default)]
    error: Option<Value>,
}

/// A message, or a piece of one.
#[derive(Debug, Default, Deserialize)]
struct Words {
    /// Text, a list of parts, null, or not there at all, which is a mistake.
    #[serde(default, deserialize_with = "present")]
    content: Option<Value>,
    #[serde(default)]
    refusal: Option<String>,
    #[serde(default)]
    tool_calls: Option<Vec<Call>>,
}

#[derive(Debug, Default, Clone, Deserialize)]
struct Call {
    #[serde(default)]
    index: Option<usize>,
    #[serde(default)]
    id: Option<String>,
    #[serde(default)]
    function: Option<Function>,
}

#[derive(Debug, Default, Clone, Deserialize)]
struct Function {
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    arguments: Value,
}

#[derive(Debug, Default, Deserialize)]
struct Used {
    #[serde(default)]
    prompt_tokens: Option<u64>,
    #[serde(default)]
    completion_tokens: Option<u64>,
    #[serde(default)]
    prompt_tokens_details: Option<Cached>,
    #[serde(default)]
    completion_tokens_details: Option<Reasoning>,
    /// DeepSeek's own name.
    #[serde(default)]
    prompt_cache_hit_tokens: Option<u64>,
}

#[derive(Debug, Default, Deserialize)]
struct Cached {
    #[serde(default)]
    cached_tokens: Option<u64>,
}

#[derive(Debug, Default, Deserialize)]
struct Reasoning {
    #[serde(default)]
    reasoning_tokens: Option<u64>,
}

fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

impl Reply {
    /// The completion in it.
    pub(super) fn said(self) -> Result<Said, Unsaid> {
        let first = self.choices.into_iter().next();
        if let Some(error) = self.error.or_else(|| first.as_ref()?.error.clone()) {
            return Err(Unsaid::Error(serde_json::json!({ "error": error })));
        }
        let choice = first.ok_or(Unsaid::Malformed("`choices` is missing or empty"))?;
        let message = choice.message.ok_or(Unsaid::Malformed("`choices[0].message` is missing"))?;
        let tool_calls = tool_calls(message.tool_calls.unwrap_or_default())?;
        let text = message.content.map(text).transpose()?;
        if text.is_none() && message.refusal.is_none() && tool_calls.is_empty() {
            return Err(Unsaid::Malformed("`choices[0].message.content` is missing"));
        }
        Ok(said(
            text.unwrap_or_default(),
            message.refusal,
            tool_calls,
            choice.finish_reason.as_deref(),
            self.usage,
            self.model,
        ))
    }
}

fn said(
    text: String,
    refusal: Option<String>,
    tool_calls: Vec<ToolCall>,
    finish: Option<&str>,
    tokens: Option<Used>,
    model: Option<String>,
) -> Said {
    let refusal = refusal.filter(|r| !r.is_empty());
    let stop = match (&refusal, finish) {
        (Some(_), _) => StopReason::Refusal,
        (None, Some("stop" | "eos" | "eos_token" | "stop_sequence")) => StopReason::End,
        (None, Some("length" | "max_tokens" | "model_length")) => StopReason::Length,
        (None, Some("tool_calls" | "function_call")) => StopReason::ToolCalls,
        (None, Some("content_filter")) => StopReason::ContentFilter,
        (None, other) => StopReason::Other(other.unwrap_or("not given").to_owned()),
    };
    let text = match refusal {
        Some(refusal) if text.is_empty() => refusal,
        _ => text,
    };
    let tokens = tokens.unwrap_or_default();
    let cached = tokens.prompt_tokens_details.and_then(|d| d.cached_tokens);
    let usage = Usage {
        input: tokens.prompt_tokens,
        output: tokens.completion_tokens,
        cached_input: cached.or(tokens.prompt_cache_hit_tokens),
        reasoning: tokens.completion_tokens_details.and_then(|d| d.reasoning_tokens),
    };
    Said { text, tool_calls, stop, usage, model }
}

/// Text of a message: a string, or a list of parts of which the text ones count; `null` is an empty answer.
fn text(content: Value) -> Result<String, Unsaid> {
    match content {
        Value::Null => Ok(String::new()),
        Value::String(text) => Ok(text),
        Value::Array(parts) => Ok(parts.iter().filter_map(|p| p.get("text")?.as_str()).collect()),
        _ => Err(Unsaid::Malformed("`choices[0].message.content` is neither text nor a list of parts")),
    }
}

fn tool_calls(calls: Vec<Call>) -> Result<Vec<ToolCall>, Unsaid> {
    let read = |call: Call| {
        let function = call.function.unwrap_or_default();
        let name = function.name.ok_or(Unsaid::Malformed("a tool call has no `function.name`"))?;
        Ok(ToolCall { id: call.id.unwrap_or_default(), name, arguments: arguments(function.arguments) })
    };
    calls.into_iter().map(read).collect()
}

/// The pieces of a streamed reply so far.
#[derive(Default)]
pub(super) struct Pieces {
    text: String,
    refusal: String,
    calls: Vec<Call>,
    finish: Option<String>,
    usage: Option<Used>,
    model: Option<String>,
}

impl Pieces {
    /// Takes one piece in.
    pub(super) fn hear(&mut self, data: &str) -> Result<Heard, Unheard> {
        if data.trim() == "[DONE]" {
            return Ok(Heard { last: true, ..Heard::default() });
        }
        let piece: Reply = serde_json::from_str(data)?;
        if let Some(error) = piece.error {
            return Err(Unheard::Error(serde_json::json!({ "error": error })));
        }
        let mut heard = Heard::default();
        self.usage = piece.usage.or(self.usage.take());
        self.model = piece.model.or(self.model.take());
        for choice in piece.choices.into_iter().filter(|c| c.index == 0) {
            if let Some(error) = choice.error {
                return Err(Unheard::Error(serde_json::json!({ "error": error })));
            }
            let words = choice.delta.or(choice.message).unwrap_or_default();
            let new = words.content.map(text).transpose();
            let new =
                new.map_err(|_| Unheard::Malformed("`delta.content` is no text".into()))?.unwrap_or_default();
            let refusal = words.refusal.unwrap_or_default();
            heard.text |= !new.is_empty() || !refusal.is_empty();
            self.text.push_str(&new);
            self.refusal.push_str(&refusal);
            for call in words.tool_calls.into_iter().flatten() {
                self.add_call(call);
            }
            heard.complete |= choice.finish_reason.is_some();
            self.finish = choice.finish_reason.or(self.finish.take());
        }
        Ok(heard)
    }

    /// The first piece of a call has its id and name, the others have more of its arguments.
    fn add_call(&mut self, piece: Call) {
        let index = piece.index.unwrap_or(self.calls.len());
        let known = self.calls.iter_mut().find(|call| call.index == Some(index));
        let Some(call) = known else {
            self.calls.push(Call { index: Some(index), ..piece });
            return;
        };
        call.id = call.id.take().or(piece.id);
        let (Some(function), Some(more)) = (&mut call.function, piece.function) else { return };
        function.name = function.name.take().or(more.name);
        let joined = format!(
            "{}{}",
            function.arguments.as_str().unwrap_or_default(),
            more.arguments.as_str().unwrap_or_default()
        );
        function.arguments = Value::String(joined);
    }

    /// The completion that the pieces make.
    pub(super) fn said(self) -> Result<Said, Unsaid> {
        let calls = tool_calls(self.calls)?;
        Ok(said(self.text, Some(self.refusal), calls, self.finish.as_deref(), self.usage, self.model))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(json: Value) -> Result<Said, Unsaid> {
        serde_json::from_value::<Reply>(json).unwrap().said()
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
        )
        .unwrap();
        assert_eq!((c.stop, c.text.as_str()), (StopReason::Refusal, "no"));
    }

    #[test]
    fn content_may_come_in_parts() {
        let c = read(json!({"choices": [{"finish_reason": "stop", "message": {"content": [
            {"type": "text", "text": "30 "}, {"type": "image"}, {"type": "text", "text": "days"}]}}]}));
        assert_eq!(c.unwrap().text, "30 days");
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
        for bad in [
            json!({}),
            json!({"choices": []}),
            json!({"choices": [{"message": {}}]}),
            json!({"choices": [{"message": {"content": 5}}]}),
            json!({"choices": [{"message": {"content": null, "tool_calls": [{"function": {}}]}}]}),
        ] {
            assert!(matches!(read(bad.clone()), Err(Unsaid::Malformed(_))), "{bad}");
        }
        let error = json!({"error": {"code": 502, "message": "upstream"}});
        assert_eq!(read(error.clone()), Err(Unsaid::Error(error)));
    }

    #[test]
    fn pieces_make_the_same_as_a_whole() {
        let mut pieces = Pieces::default();
        let heard = |pieces: &mut Pieces, data: Value| pieces.hear(&data.to_string()).unwrap();
        assert!(!heard(&mut pieces, json!({"choices": [], "prompt_filter_results": []})).text);
        assert!(!heard(&mut pieces, json!({"model": "m", "choices": [{"index": 0, "delta": {"role": "assistant", "content": ""}}]})).text);
        assert!(heard(&mut pieces, json!({"choices": [{"index": 0, "delta": {"content": "30 "}}]})).text);
        heard(&mut pieces, json!({"choices": [{"index": 1, "delta": {"content": "other"}}]}));
        heard(&mut pieces, json!({"choices": [{"delta": {"content": "days"}}]}));
        let call = |function: Value| json!({"choices": [{"delta": {"tool_calls": [{"index": 0, "function": function}]}}]});
        heard(&mut pieces, call(json!({"name": "refund", "arguments": ""})));
        heard(&mut pieces, call(json!({"arguments": "{\"a\":"})));
        heard(&mut pieces, call(json!({"arguments": "1}"})));
        assert!(
            heard(&mut pieces, json!({"choices": [{"delta": {}, "finish_reason": "tool_calls"}]})).complete
        );
        heard(&mut pieces, json!({"choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 2}}));
        assert!(pieces.hear("[DONE]").unwrap().last);
        let said = pieces.said().unwrap();
        assert_eq!((said.text.as_str(), said.stop), ("30 days", StopReason::ToolCalls));
        assert_eq!(said.tool_calls[0].arguments, json!({"a": 1}));
        assert_eq!((said.usage.input, said.model.as_deref()), (Some(3), Some("m")));
    }

    #[test]
    fn an_error_piece_is_the_endpoints_error() {
        let result = Pieces::default().hear("{\"error\": {\"message\": \"overloaded\"}}");
        assert!(matches!(result, Err(Unheard::Error(_))));
        assert!(matches!(Pieces::default().hear("{oops"), Err(Unheard::Malformed(_))));
    }
}
