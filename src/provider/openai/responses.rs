//! The responses API: request body, whole replies, streamed events.

use serde::ser::SerializeMap;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::{Value, json};

use super::messages::Items;
use super::{Said, Unsaid, arguments};
use crate::provider::http::{Heard, Unheard};
use crate::provider::{Request, StopReason, ToolCall, Usage};

/// What is sent. Answers are not kept at the endpoint unless `extra.store` says so.
pub(super) struct Body<'a> {
    pub(super) model: &'a str,
    pub(super) request: &'a Request,
    pub(super) stream: bool,
}

impl Serialize for Body<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let params = &self.request.params;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("model", self.model)?;
        map.serialize_entry("input", &Items(&self.request.messages))?;
        if let Some(temperature) = params.temperature {
            map.serialize_entry("temperature", &temperature)?;
        }
        if let Some(top_p) = params.top_p {
            map.serialize_entry("top_p", &top_p)?;
        }
        if let Some(max_tokens) = params.max_tokens {
            map.serialize_entry("max_output_tokens", &max_tokens)?;
        }
        if self.stream {
            map.serialize_entry("stream", &true)?;
        }
        if !params.extra.contains_key("store") {
            map.serialize_entry("store", &false)?;
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
    status: Option<String>,
    #[serde(default)]
    output: Option<Vec<Item>>,
    #[serde(default)]
    usage: Option<Used>,
    #[serde(default)]
    incomplete_details: Option<Incomplete>,
    #[serde(default)]
    error: Option<Value>,
}

#[derive(Debug, Deserialize)]
struct Item {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    content: Option<Vec<Part>>,
    #[serde(default)]
    call_id: Option<String>,
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    arguments: Value,
}

#[derive(Debug, Deserialize)]
struct Part {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    text: Option<String>,
    #[serde(default)]
    refusal: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Incomplete {
    #[serde(default)]
    reason: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
struct Used {
    #[serde(default)]
    input_tokens: Option<u64>,
    #[serde(default)]
    output_tokens: Option<u64>,
    #[serde(default)]
    input_tokens_details: Option<Cached>,
    #[serde(default)]
    output_tokens_details: Option<Reasoning>,
}

#[derive(Debug, Deserialize)]
struct Cached {
    #[serde(default)]
    cached_tokens: Option<u64>,
}

#[derive(Debug, Deserialize)]
struct Reasoning {
    #[serde(default)]
    reasoning_tokens: Option<u64>,
}

impl Reply {
    /// The completion in it.
    pub(super) fn said(self) -> Result<Said, Unsaid> {
        if let Some(error) = self.error {
            return Err(Unsaid::Error(json!({ "error": error })));
        }
        let output = self.output.ok_or(Unsaid::Malformed("`output` is missing"))?;
        let (mut text, mut refusal, mut tool_calls) = (String::new(), String::new(), Vec::new());
        for item in output {
            match item.kind.as_str() {
                "message" => {
                    for part in item.content.into_iter().flatten() {
                        match part.kind.as_str() {
                            "output_text" => text.push_str(&part.text.unwrap_or_default()),
                            "refusal" => refusal.push_str(&part.refusal.unwrap_or_default()),
                            _ => {}
                        }
                    }
                }
                "function_call" => tool_calls.push(ToolCall {
                    id: item.call_id.unwrap_or_default(),
                    name: item.name.ok_or(Unsaid::Malformed("a `function_call` has no `name`"))?,
                    arguments: arguments(item.arguments),
                }),
                // Reasoning, and calls of the endpoint's own tools.
                _ => {}
            }
        }
        let reason = self.incomplete_details.and_then(|d| d.reason);
        let stop = match (self.status.as_deref(), reason.as_deref()) {
            _ if !refusal.is_empty() => StopReason::Refusal,
            (Some("incomplete"), Some("max_output_tokens" | "max_tokens")) => StopReason::Length,
            (Some("incomplete"), Some("content_filter")) => StopReason::ContentFilter,
            (Some("completed"), _) if !tool_calls.is_empty() => StopReason::ToolCalls,
            (Some("completed"), _) => StopReason::End,
            (status, reason) => StopReason::Other(reason.or(status).unwrap_or("not given").to_owned()),
        };
        let tokens = self.usage.unwrap_or_default();
        let usage = Usage {
            input: tokens.input_tokens,
            output: tokens.output_tokens,
            cached_input: tokens.input_tokens_details.and_then(|d| d.cached_tokens),
            reasoning: tokens.output_tokens_details.and_then(|d| d.reasoning_tokens),
        };
        let text = if text.is_empty() { refusal } else { text };
        Ok(Said { text, tool_calls, stop, usage, model: self.model })
    }
}

#[derive(Debug, Deserialize)]
struct Event {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    response: Option<Value>,
}

/// Takes one event in; the last one holds the whole reply.
pub(super) fn hear(data: &str, last: &mut Option<Reply>) -> Result<Heard, Unheard> {
    if data.trim() == "[DONE]" {
        return Ok(Heard { last: true, ..Heard::default() });
    }
    let event: Event = serde_json::from_str(data)?;
    match event.kind.as_str() {
        "response.output_text.delta" | "response.refusal.delta" => {
            Ok(Heard { text: true, ..Heard::default() })
        }
        "response.completed" | "response.incomplete" => {
            *last = Some(serde_json::from_value(event.response.unwrap_or_default())?);
            Ok(Heard { last: true, ..Heard::default() })
        }
        "response.failed" => {
            let error = event.response.as_ref().and_then(|r| r.get("error")).cloned().unwrap_or_default();
            Err(Unheard::Error(json!({ "error": error })))
        }
        "error" => Err(Unheard::Error(serde_json::from_str(data)?)),
        _ => Ok(Heard::default()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: Value) -> Result<Said, Unsaid> {
        serde_json::from_value::<Reply>(json).unwrap().said()
    }

    fn message(parts: &Value) -> Value {
        json!([{"type": "reasoning", "summary": []}, {"type": "message", "content": parts}])
    }

    #[test]
    fn text_usage_and_reasoning() {
        let said = read(json!({"model": "gpt-5-mini-2025-08-07", "status": "completed",
            "output": message(&json!([{"type": "output_text", "text": "30 "}, {"type": "output_text", "text": "days"}])),
            "usage": {"input_tokens": 9, "input_tokens_details": {"cached_tokens": 4}, "output_tokens": 7,
                "output_tokens_details": {"reasoning_tokens": 5}}}))
        .unwrap();
        assert_eq!((said.text.as_str(), said.stop), ("30 days", StopReason::End));
        assert_eq!((said.usage.cached_input, said.usage.reasoning), (Some(4), Some(5)));
    }

    #[test]
    fn stop_reasons() {
        let stop = |status: &str, reason: Value, parts: Value| {
            read(json!({"status": status, "incomplete_details": reason, "output": message(&parts)}))
                .unwrap()
                .stop
        };
        let length = json!({"reason": "max_output_tokens"});
        assert_eq!(stop("incomplete", length, json!([])), StopReason::Length);
        assert_eq!(
            stop("incomplete", json!({"reason": "content_filter"}), json!([])),
            StopReason::ContentFilter
        );
        let refusal = json!([{"type": "refusal", "refusal": "I can't."}]);
        assert_eq!(stop("completed", Value::Null, refusal), StopReason::Refusal);
        assert_eq!(stop("cancelled", Value::Null, json!([])), StopReason::Other("cancelled".into()));
    }

    #[test]
    fn function_calls() {
        let said = read(json!({"status": "completed", "output": [
            {"type": "function_call", "call_id": "c1", "name": "refund", "arguments": "{\"order\":5}"}]}))
        .unwrap();
        assert_eq!(said.stop, StopReason::ToolCalls);
        assert_eq!(said.tool_calls[0].arguments, json!({"order": 5}));
    }

    #[test]
    fn failures_are_no_answers() {
        let failed = json!({"status": "failed", "error": {"code": "server_error", "message": "m"}});
        assert!(matches!(read(failed), Err(Unsaid::Error(_))));
        assert!(matches!(read(json!({"status": "completed"})), Err(Unsaid::Malformed(_))));
    }

    #[test]
    fn events() {
        let mut last = None;
        assert!(!hear("{\"type\":\"response.created\"}", &mut last).unwrap().text);
        assert!(hear("{\"type\":\"response.output_text.delta\",\"delta\":\"3\"}", &mut last).unwrap().text);
        let failed =
            "{\"type\":\"response.failed\",\"response\":{\"error\":{\"code\":\"rate_limit_exceeded\"}}}";
        assert!(matches!(hear(failed, &mut last), Err(Unheard::Error(_))));
        assert!(matches!(hear("{\"type\":\"error\",\"code\":\"x\"}", &mut last), Err(Unheard::Error(_))));
        let done = json!({"type": "response.completed", "response": {"status": "completed", "output": []}});
        assert!(hear(&done.to_string(), &mut last).unwrap().last);
        assert_eq!(last.unwrap().said().unwrap().stop, StopReason::End);
    }
}
