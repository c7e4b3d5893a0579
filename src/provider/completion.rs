//! What a model returned.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::prompt::ToolCall;
use crate::provider::named::{NamedPassage, listed};

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
    /// Milliseconds to the first piece of text; only where the answer was streamed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_token_ms: Option<f64>,
    /// Model name as the endpoint reported it.
    pub reported_model: Option<String>,
    /// Articles or addresses that the endpoint names as its sources beside the text, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub citations: Vec<String>,
    /// Passages that the endpoint says it answered from, in its order; absent where it does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub passages: Option<Vec<NamedPassage>>,
}

impl Completion {
    /// A whole answer of which only the text is known.
    pub fn of_text(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            tool_calls: Vec::new(),
            stop: StopReason::End,
            usage: Usage::default(),
            latency_ms: 0.0,
            first_token_ms: None,
            reported_model: None,
            citations: Vec::new(),
            passages: None,
        }
    }

    /// What a retriever answers: passages, listed as JSON, and nothing else.
    pub(super) fn of_passages(passages: &[NamedPassage], latency_ms: f64) -> Self {
        Self { latency_ms, ..Self::of_text(listed(passages)) }
    }

    /// Whether it says nothing: no text and no tool call.
    pub fn is_empty(&self) -> bool {
        self.text.trim().is_empty() && self.tool_calls.is_empty()
    }

    /// Whether it may answer the same request again: it ended by itself and says something.
    pub fn is_usable(&self) -> bool {
        matches!(self.stop, StopReason::End | StopReason::ToolCalls) && !self.is_empty()
    }
}

/// What is left of an allowance, as an endpoint's headers say it.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Window {
    /// Most per window.
    pub limit: Option<u64>,
    /// What is left of it.
    pub remaining: Option<u64>,
    /// When it is whole again.
    pub reset: Option<Duration>,
}

/// An endpoint's allowances; all unknown where it says nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Quota {
    /// Requests.
    pub requests: Window,
    /// Tokens, prompt and answer.
    pub tokens: Window,
}

/// A completion and what its reply said beside it.
#[derive(Debug, Clone, PartialEq)]
pub struct Answered {
    /// What the model returned.
    pub completion: Completion,
    /// The allowances that are left.
    pub quota: Quota,
}

impl From<Completion> for Answered {
    fn from(completion: Completion) -> Self {
        Self { completion, quota: Quota::default() }
    }
}
