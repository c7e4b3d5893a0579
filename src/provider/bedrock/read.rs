//! What the Converse API answers.

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::provider::{Completion, StopReason, ToolCall, Usage};

/// A whole answer.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Answer {
    output: Output,
    stop_reason: Option<String>,
    #[serde(default)]
    usage: Tokens,
}

#[derive(Debug, Deserialize)]
struct Output {
    message: Message,
}

#[derive(Debug, Deserialize)]
struct Message {
    #[serde(default)]
    content: Vec<Block>,
}

/// Text, a tool call, or something that is not shown (reasoning, a cache mark).
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Block {
    text: Option<String>,
    tool_use: Option<Call>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Call {
    #[serde(default)]
    tool_use_id: String,
    name: String,
    input: Option<Value>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Tokens {
    #[serde(rename = "inputTokens")]
    input: Option<u64>,
    #[serde(rename = "outputTokens")]
    output: Option<u64>,
    #[serde(rename = "cacheReadInputTokens")]
    cached: Option<u64>,
    #[serde(rename = "cacheWriteInputTokens")]
    written: Option<u64>,
}

impl Answer {
    /// The answer in regauge's terms. The API does not say which model answered.
    pub(super) fn into_completion(self, latency_ms: f64) -> Completion {
        let (mut text, mut tool_calls) = (String::new(), Vec::new());
        for block in self.output.message.content {
            text.push_str(block.text.as_deref().unwrap_or_default());
            tool_calls.extend(block.tool_use.map(|call| ToolCall {
                id: call.tool_use_id,
                name: call.name,
                arguments: call.input.unwrap_or_else(|| Value::Object(Map::new())),
            }));
        }
        Completion {
            text,
            tool_calls,
            stop: stop(self.stop_reason.as_deref()),
            usage: self.usage.into(),
            latency_ms,
            first_token_ms: None,
            reported_model: None,
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
        Some("guardrail_intervened" | "content_filtered") => StopReason::ContentFilter,
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(json: Value) -> Completion {
        serde_json::from_value::<Answer>(json).unwrap().into_completion(1.0)
    }

    #[test]
    fn text_and_counts_are_read_and_reasoning_is_not_shown() {
        let c = read(json!({"output": {"message": {"role": "assistant", "content": [
                {"reasoningContent": {"reasoningText": {"text": "hm"}}}, {"text": "30 "}, {"text": "days"}]}},
            "stopReason": "end_turn", "metrics": {"latencyMs": 5},
            "usage": {"inputTokens": 10, "outputTokens": 3, "totalTokens": 20, "cacheReadInputTokens": 5,
                "cacheWriteInputTokens": 2}}));
        assert_eq!((c.text.as_str(), c.stop), ("30 days", StopReason::End));
        assert_eq!((c.usage.input, c.usage.output, c.usage.cached_input), (Some(17), Some(3), Some(5)));
    }

    #[test]
    fn every_stop_reason_has_a_meaning() {
        for (word, expected) in [
            ("stop_sequence", StopReason::End),
            ("max_tokens", StopReason::Length),
            ("tool_use", StopReason::ToolCalls),
            ("guardrail_intervened", StopReason::ContentFilter),
            ("content_filtered", StopReason::ContentFilter),
            ("malformed_tool_use", StopReason::Other("malformed_tool_use".into())),
        ] {
            assert_eq!(stop(Some(word)), expected);
        }
        assert_eq!(stop(None), StopReason::Other("not given".into()));
    }

    #[test]
    fn tool_calls_are_kept() {
        let c = read(json!({"output": {"message": {"content": [
            {"toolUse": {"toolUseId": "t1", "name": "order", "input": {"id": 5}}}]}}, "stopReason": "tool_use"}));
        assert_eq!(
            (c.tool_calls[0].id.as_str(), c.tool_calls[0].arguments.clone()),
            ("t1", json!({"id": 5}))
        );
        assert_eq!((c.stop, c.usage), (StopReason::ToolCalls, Usage::default()));
    }
}
