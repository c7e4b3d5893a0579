//! What the Messages API answers: whole, or put together from the events of a stream.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::provider::dialect::arguments;
use crate::provider::http::{Event, Heard, Unheard};
use crate::provider::{Completion, StopReason, ToolCall, Usage};

/// A whole answer.
#[derive(Debug, Deserialize)]
pub(super) struct Answer {
    model: Option<String>,
    content: Vec<Block>,
    stop_reason: Option<String>,
    #[serde(default)]
    usage: Tokens,
}

#[derive(Debug, Default, Deserialize)]
struct Block {
    #[serde(rename = "type")]
    kind: String,
    text: Option<String>,
    id: Option<String>,
    name: Option<String>,
    input: Option<Value>,
}

#[derive(Debug, Default, Clone, Copy, Deserialize)]
struct Tokens {
    #[serde(rename = "input_tokens")]
    input: Option<u64>,
    #[serde(rename = "output_tokens")]
    output: Option<u64>,
    #[serde(rename = "cache_read_input_tokens")]
    cached: Option<u64>,
    #[serde(rename = "cache_creation_input_tokens")]
    written: Option<u64>,
}

impl Answer {
    /// The answer in regauge's terms. Thinking is not part of the text.
    pub(super) fn into_completion(self, latency_ms: f64, first_token_ms: Option<f64>) -> Completion {
        let (mut text, mut tool_calls) = (String::new(), Vec::new());
        for block in self.content {
            match block.kind.as_str() {
                "text" => text.push_str(&block.text.unwrap_or_default()),
                "tool_use" => tool_calls.push(ToolCall {
                    id: block.id.unwrap_or_default(),
                    name: block.name.unwrap_or_default(),
                    arguments: block.input.unwrap_or_else(|| Value::Object(Map::new())),
                }),
                _ => {}
            }
        }
        Completion {
            text,
            tool_calls,
            stop: stop(self.stop_reason.as_deref()),
            usage: self.usage.into(),
            latency_ms,
            first_token_ms,
            reported_model: self.model,
            citations: Vec::new(),
            passages: None,
        }
    }
}

fn stop(reason: Option<&str>) -> StopReason {
    match reason {
        Some("end_turn" | "stop_sequence") => StopReason::End,
        Some("max_tokens" | "model_context_window_exceeded") => StopReason::Length,
        Some("tool_use") => StopReason::ToolCalls,
        Some("refusal") => StopReason::Refusal,
        other => StopReason::Other(other.unwrap_or("not given").to_owned()),
    }
}

impl From<Tokens> for Usage {
    /// The API counts tokens of its prompt cache apart; here they are part of the input.
    fn from(tokens: Tokens) -> Self {
        let apart = tokens.cached.unwrap_or(0).saturating_add(tokens.written.unwrap_or(0));
        Usage {
            input: tokens.input.map(|n| n.saturating_add(apart)),
            output: tokens.output,
            cached_input: tokens.cached,
            reasoning: None,
        }
    }
}

impl Tokens {
    /// Later counts take the place of earlier ones.
    fn update(&mut self, later: Tokens) {
        self.input = later.input.or(self.input);
        self.output = later.output.or(self.output);
        self.cached = later.cached.or(self.cached);
        self.written = later.written.or(self.written);
    }
}

/// An answer that arrives in events.
#[derive(Debug, Default)]
pub(super) struct Assembly {
    model: Option<String>,
    blocks: BTreeMap<u64, Growing>,
    stop_reason: Option<String>,
    usage: Tokens,
}

#[derive(Debug, Default)]
struct Growing {
    block: Block,
    json: String,
}

#[derive(Deserialize)]
struct Piece {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    index: u64,
    message: Option<Answer>,
    content_block: Option<Block>,
    delta: Option<Delta>,
    usage: Option<Tokens>,
}

#[derive(Deserialize)]
struct Delta {
    text: Option<String>,
    partial_json: Option<String>,
    stop_reason: Option<String>,
}

impl Assembly {
    /// Takes one event in.
    pub(super) fn hear(&mut self, event: Event<'_>) -> Result<Heard, Unheard> {
        if event.name == "error" {
            return Err(Unheard::Error(serde_json::from_str(event.data)?));
        }
        let piece: Piece = serde_json::from_str(event.data)?;
        let mut heard = Heard::default();
        match piece.kind.as_str() {
            "error" => return Err(Unheard::Error(serde_json::from_str(event.data)?)),
            "message_start" => {
                if let Some(message) = piece.message {
                    self.model = message.model;
                    self.usage.update(message.usage);
                }
            }
            "content_block_start" => {
                let block = piece.content_block.unwrap_or_default();
                heard.text = block.text.as_deref().is_some_and(|text| !text.is_empty());
                self.blocks.insert(piece.index, Growing { block, json: String::new() });
            }
            "content_block_delta" => {
                let growing = self.blocks.entry(piece.index).or_default();
                let Some(delta) = piece.delta else { return Ok(heard) };
                if let Some(text) = delta.text {
                    heard.text = !text.is_empty();
                    if growing.block.kind.is_empty() {
                        "text".clone_into(&mut growing.block.kind);
                    }
                    growing.block.text.get_or_insert_default().push_str(&text);
                }
                growing.json.push_str(delta.partial_json.as_deref().unwrap_or_default());
            }
            "message_delta" => {
                self.usage.update(piece.usage.unwrap_or_default());
                if let Some(reason) = piece.delta.and_then(|d| d.stop_reason) {
                    self.stop_reason = Some(reason);
                    heard.complete = true;
                }
            }
            "message_stop" => (heard.complete, heard.last) = (true, true),
            _ => {}
        }
        Ok(heard)
    }

    /// The whole answer, its texts passed through `scrub`.
    pub(super) fn finish(self, scrub: &dyn Fn(String) -> String) -> Answer {
        let whole = |growing: Growing| {
            let mut block = growing.block;
            block.text = block.text.map(scrub);
            if !growing.json.is_empty() {
                block.input = Some(arguments(scrub(growing.json)));
            }
            block
        };
        Answer {
            model: self.model.map(scrub),
            content: self.blocks.into_values().map(whole).collect(),
            stop_reason: self.stop_reason.map(scrub),
            usage: self.usage,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(json: Value) -> Completion {
        serde_json::from_value::<Answer>(json).unwrap().into_completion(1.0, None)
    }

    #[test]
    fn cached_and_written_tokens_are_part_of_the_input() {
        let c = read(json!({"model": "claude", "stop_reason": "end_turn",
            "content": [{"type": "thinking", "thinking": "hm", "signature": "x"}, {"type": "text", "text": "30 "},
                {"type": "text", "text": "days"}],
            "usage": {"input_tokens": 10, "cache_read_input_tokens": 5, "cache_creation_input_tokens": 2,
                "output_tokens": 3}}));
        assert_eq!((c.text.as_str(), c.stop), ("30 days", StopReason::End));
        assert_eq!((c.usage.input, c.usage.output, c.usage.cached_input), (Some(17), Some(3), Some(5)));
        assert_eq!(read(json!({"content": []})).usage, Usage::default());
    }

    #[test]
    fn every_stop_reason_has_a_meaning() {
        for (word, expected) in [
            ("end_turn", StopReason::End),
            ("stop_sequence", StopReason::End),
            ("max_tokens", StopReason::Length),
            ("model_context_window_exceeded", StopReason::Length),
            ("tool_use", StopReason::ToolCalls),
            ("refusal", StopReason::Refusal),
            ("pause_turn", StopReason::Other("pause_turn".into())),
        ] {
            assert_eq!(stop(Some(word)), expected);
        }
        assert_eq!(stop(None), StopReason::Other("not given".into()));
    }

    fn hear_all(events: &[Value]) -> Result<(Answer, bool), Unheard> {
        let (mut assembly, mut complete) = (Assembly::default(), false);
        for event in events {
            complete |= assembly.hear(Event { name: "", data: &event.to_string() })?.complete;
        }
        Ok((assembly.finish(&|text| text), complete))
    }

    #[test]
    fn a_stream_gives_what_the_whole_answer_gives() {
        let (answer, complete) = hear_all(&[
            json!({"type": "message_start", "message": {"model": "claude", "content": [], "stop_reason": null,
                "usage": {"input_tokens": 9, "output_tokens": 1}}}),
            json!({"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}),
            json!({"type": "ping"}),
            json!({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Let me "}}),
            json!({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "see."}}),
            json!({"type": "content_block_stop", "index": 0}),
            json!({"type": "content_block_start", "index": 1,
                "content_block": {"type": "tool_use", "id": "t1", "name": "order", "input": {}}}),
            json!({"type": "content_block_delta", "index": 1,
                "delta": {"type": "input_json_delta", "partial_json": "{\"id\": "}}),
            json!({"type": "content_block_delta", "index": 1,
                "delta": {"type": "input_json_delta", "partial_json": "5}"}}),
            json!({"type": "message_delta", "delta": {"stop_reason": "tool_use"}, "usage": {"output_tokens": 20}}),
            json!({"type": "message_stop"}),
        ])
        .unwrap();
        let c = answer.into_completion(2.0, Some(1.0));
        assert!(complete);
        assert_eq!((c.text.as_str(), c.stop), ("Let me see.", StopReason::ToolCalls));
        assert_eq!(c.tool_calls[0].arguments, json!({"id": 5}));
        assert_eq!((c.usage.input, c.usage.output, c.first_token_ms), (Some(9), Some(20), Some(1.0)));
    }

    #[test]
    fn an_error_inside_a_stream_is_an_error() {
        let error = json!({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}});
        assert!(matches!(hear_all(&[error]), Err(Unheard::Error(_))));
        let named = Event { name: "error", data: "{\"message\": \"Overloaded\"}" };
        assert!(matches!(Assembly::default().hear(named), Err(Unheard::Error(_))));
        assert!(matches!(hear_all(&[json!({"no": "type"})]), Err(Unheard::Malformed(_))));
        let odd = json!({"type": "content_block_delta", "index": u64::MAX, "delta": {"text": "a"}});
        assert_eq!(hear_all(&[odd]).unwrap().0.into_completion(0.0, None).text, "a");
    }
}
