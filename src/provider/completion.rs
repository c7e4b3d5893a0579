//! What a model returned.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Why a model stopped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StopReason {
    /// It finished its answer.
    End,
    /// It ran into the token limit: the answer is cut off.
    Length,
    /// It asks for tool calls.
    ToolCalls,
    /// A content filter of the endpoint stepped in.
    ContentFilter,
    /// The endpoint says that the model refused.
    Refusal,
    /// Anything else, in the endpoint's own word.
    Other(String),
}

impl StopReason {
    /// The name used in reports.
    pub fn name(&self) -> &str {
        match self {
            StopReason::End => "end",
            StopReason::Length => "length",
            StopReason::ToolCalls => "tool-calls",
            StopReason::ContentFilter => "content-filter",
            StopReason::Refusal => "refusal",
            StopReason::Other(word) => word,
        }
    }
}

/// A tool call the model asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolCall {
    /// Id given by the endpoint.
    pub id: String,
    /// Tool name.
    pub name: String,
    /// Arguments; a string when the model's JSON could not be read.
    pub arguments: Value,
}

/// Tokens used, each known or unknown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// Prompt tokens, cached ones included.
    pub input: Option<u64>,
    /// Tokens of the answer, reasoning included.
    pub output: Option<u64>,
    /// Prompt tokens that came from a prompt cache.
    pub cached_input: Option<u64>,
    /// Hidden reasoning tokens.
    pub reasoning: Option<u64>,
}

/// What a provider returned for one request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Completion {
    /// The answer, exactly as received.
    pub text: String,
    /// Tool calls, in order.
    pub tool_calls: Vec<ToolCall>,
    /// Why it stopped.
    pub stop: StopReason,
    /// Tokens used.
    pub usage: Usage,
    /// Wall time of the successful attempt, in milliseconds.
    pub latency_ms: f64,
    /// Model name as the endpoint reported it.
    pub reported_model: Option<String>,
}
