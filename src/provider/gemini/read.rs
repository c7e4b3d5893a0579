//! What the Gemini API answers; a stream is the same shape in pieces.

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::provider::http::{Event, Heard, Unheard};
use crate::provider::{Completion, StopReason, ToolCall, Usage};

/// A whole answer, or one piece of it.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Answer {
    candidates: Vec<Candidate>,
    prompt_feedback: Option<Feedback>,
    usage_metadata: Option<Tokens>,
    model_version: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Candidate {
    content: Content,
    finish_reason: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Content {
    parts: Vec<Part>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Part {
    text: Option<String>,
    thought: bool,
    function_call: Option<Call>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Call {
    id: String,
    name: String,
    args: Option<Value>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Feedback {
    block_reason: Option<String>,
}

#[derive(Debug, Default, Clone, Copy, Deserialize)]
#[serde(default)]
struct Tokens {
    #[serde(rename = "promptTokenCount")]
    prompt: Option<u64>,
    #[serde(rename = "toolUsePromptTokenCount")]
    tool_prompt: Option<u64>,
    #[serde(rename = "cachedContentTokenCount")]
    cached: Option<u64>,
    #[serde(rename = "candidatesTokenCount")]
    candidates: Option<u64>,
    #[serde(rename = "thoughtsTokenCount")]
    thoughts: Option<u64>,
}

impl Answer {
    /// The answer in regauge's terms. Thoughts are not part of the text.
    ///
    /// # Errors
    /// There is no candidate, and no reason why.
    pub(super) fn into_completion(
        self,
        latency_ms: f64,
        first_token_ms: Option<f64>,
    ) -> Result<Completion, String> {
        let blocked = self.prompt_feedback.and_then(|f| f.block_reason);
        let usage = self.usage_metadata.map(Usage::from).unwrap_or_default();
        let (mut text, mut tool_calls) = (String::new(), Vec::new());
        let candidate = self.candidates.into_iter().next();
        let reason = match (candidate, blocked) {
            (Some(candidate), _) => {
                for part in candidate.content.parts.into_iter().filter(|part| !part.thought) {
                    text.push_str(part.text.as_deref().unwrap_or_default());
                    tool_calls.extend(part.function_call.map(ToolCall::from));
                }
                stop(candidate.finish_reason.as_deref(), !tool_calls.is_empty())
            }
            // The prompt itself was blocked: there is no answer, and asking again changes nothing.
            (None, Some(_)) => StopReason::ContentFilter,
            (None, None) => return Err("the reply has no `candidates`".to_owned()),
        };
        Ok(Completion {
            text,
            tool_calls,
            stop: reason,
            usage,
            latency_ms,
            first_token_ms,
            reported_model: self.model_version,
            citations: Vec::new(),
            passages: None,
        })
    }
}

fn stop(reason: Option<&str>, calls_tools: bool) -> StopReason {
    match reason {
        Some("STOP") if calls_tools => StopReason::ToolCalls,
        Some("STOP") => StopReason::End,
        Some("MAX_TOKENS") => StopReason::Length,
        Some(
            "SAFETY" | "RECITATION" | "PROHIBITED_CONTENT" | "BLOCKLIST" | "SPII" | "IMAGE_SAFETY"
            | "MODEL_ARMOR",
        ) => StopReason::ContentFilter,
        other => StopReason::Other(other.unwrap_or("not given").to_lowercase().replace('_', "-")),
    }
}

impl From<Call> for ToolCall {
    fn from(call: Call) -> Self {
        let arguments = call.args.unwrap_or_else(|| Value::Object(Map::new()));
        Self { id: call.id, name: call.name, arguments }
    }
}

impl From<Tokens> for Usage {
    /// The API counts thoughts and prompts of tools apart; here they are part of output and input.
    fn from(tokens: Tokens) -> Self {
        let sum = |a: Option<u64>, b: Option<u64>| match (a, b) {
            (None, None) => None,
            (a, b) => Some(a.unwrap_or(0).saturating_add(b.unwrap_or(0))),
        };
        // A reply without any answer has no count of it.
        let answered = tokens.candidates.or(tokens.prompt.map(|_| 0));
        Usage {
            input: sum(tokens.prompt, tokens.tool_prompt),
            output: sum(answered, tokens.thoughts),
            cached_input: tokens.cached,
            reasoning: tokens.thoughts,
        }
    }
}

/// An answer that arrives in pieces.
#[derive(Debug, Default)]
pub(super) struct Assembly(Answer);

impl Assembly {
    /// Takes one piece in.
    pub(super) fn hear(&mut self, event: Event<'_>) -> Result<Heard, Unheard> {
        let json: Value = serde_json::from_str(event.data)?;
        if json.get("error").is_some() {
            return Err(Unheard::Error(json));
        }
        let piece = Answer::deserialize(&json)?;
        let mut heard = Heard::default();
        let whole = &mut self.0;
        whole.usage_metadata = piece.usage_metadata.or(whole.usage_metadata);
        whole.model_version = piece.model_version.or(whole.model_version.take());
        if let Some(feedback) = piece.prompt_feedback.filter(|f| f.block_reason.is_some()) {
            whole.prompt_feedback = Some(feedback);
            heard.complete = true;
        }
        if let Some(candidate) = piece.candidates.into_iter().next() {
            let parts = &candidate.content.parts;
            heard.text = parts.iter().any(|p| !p.thought && p.text.as_ref().is_some_and(|t| !t.is_empty()));
            heard.complete |= candidate.finish_reason.is_some();
            match whole.candidates.first_mut() {
                Some(first) => {
                    first.content.parts.extend(candidate.content.parts);
                    first.finish_reason = candidate.finish_reason.or(first.finish_reason.take());
                }
                None => whole.candidates.push(candidate),
            }
        }
        Ok(heard)
    }

    /// The whole answer, its text passed through `scrub` once it is put together.
    pub(super) fn finish(self, scrub: &dyn Fn(String) -> String) -> Answer {
        let mut answer = self.0;
        answer.model_version = answer.model_version.map(scrub);
        for candidate in &mut answer.candidates {
            let (spoken, others): (Vec<_>, Vec<_>) = std::mem::take(&mut candidate.content.parts)
                .into_iter()
                .partition(|part| !part.thought && part.text.is_some() && part.function_call.is_none());
            let text: String = spoken.into_iter().filter_map(|part| part.text).collect();
            candidate.content.parts = vec![Part { text: Some(scrub(text)), ..Part::default() }];
            candidate.content.parts.extend(others);
            candidate.finish_reason = candidate.finish_reason.take().map(scrub);
        }
        answer
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(json: Value) -> Result<Completion, String> {
        serde_json::from_value::<Answer>(json).unwrap().into_completion(1.0, None)
    }

    #[test]
    fn thoughts_are_counted_and_not_shown() {
        let c = read(json!({"modelVersion": "gemini-2.5-flash", "candidates": [{"finishReason": "STOP",
            "content": {"role": "model", "parts": [{"text": "hm", "thought": true}, {"text": "30 "}, {"text": "days"}]}}],
            "usageMetadata": {"promptTokenCount": 9, "candidatesTokenCount": 3, "thoughtsTokenCount": 20,
                "cachedContentTokenCount": 4, "totalTokenCount": 32}}))
        .unwrap();
        assert_eq!((c.text.as_str(), c.stop), ("30 days", StopReason::End));
        assert_eq!((c.usage.input, c.usage.output), (Some(9), Some(23)));
        assert_eq!((c.usage.cached_input, c.usage.reasoning), (Some(4), Some(20)));
    }

    #[test]
    fn a_blocked_prompt_is_an_answer_and_an_empty_reply_is_not() {
        let c = read(json!({"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"},
            "usageMetadata": {"promptTokenCount": 9}}))
        .unwrap();
        assert_eq!((c.text.as_str(), c.stop), ("", StopReason::ContentFilter));
        assert_eq!((c.usage.input, c.usage.output), (Some(9), Some(0)));
        assert!(read(json!({})).is_err());
        assert!(read(json!({"promptFeedback": {}})).is_err());
    }

    #[test]
    fn every_finish_reason_has_a_meaning() {
        let of = |word: &str| read(json!({"candidates": [{"finishReason": word}]})).unwrap().stop;
        assert_eq!(of("MAX_TOKENS"), StopReason::Length);
        for filter in ["SAFETY", "RECITATION", "PROHIBITED_CONTENT", "BLOCKLIST", "SPII"] {
            assert_eq!(of(filter), StopReason::ContentFilter);
        }
        assert_eq!(of("MALFORMED_FUNCTION_CALL"), StopReason::Other("malformed-function-call".into()));
        assert_eq!(stop(None, false), StopReason::Other("not given".into()));
    }

    #[test]
    fn a_function_call_ends_with_stop() {
        let c = read(json!({"candidates": [{"finishReason": "STOP", "content": {"parts": [
            {"functionCall": {"name": "order", "args": {"id": 5}}, "thoughtSignature": "x"}]}}]}))
        .unwrap();
        assert_eq!((c.stop, c.tool_calls[0].arguments.clone()), (StopReason::ToolCalls, json!({"id": 5})));
    }

    #[test]
    fn a_stream_gives_what_the_whole_answer_gives() {
        let mut assembly = Assembly::default();
        let mut hear = |json: Value| assembly.hear(Event { name: "", data: &json.to_string() }).unwrap();
        let first = hear(json!({"candidates": [{"content": {"parts": [{"text": "30 "}], "role": "model"}}],
            "usageMetadata": {"promptTokenCount": 9}, "modelVersion": "g"}));
        assert_eq!((first.text, first.complete), (true, false));
        let last =
            hear(json!({"candidates": [{"content": {"parts": [{"text": "days"}]}, "finishReason": "STOP"}],
            "usageMetadata": {"promptTokenCount": 9, "candidatesTokenCount": 2}}));
        assert!(last.complete);
        let c = assembly.finish(&|t| t).into_completion(2.0, Some(1.0)).unwrap();
        assert_eq!((c.text.as_str(), c.stop, c.usage.output), ("30 days", StopReason::End, Some(2)));
        assert_eq!(c.reported_model.as_deref(), Some("g"));
    }

    #[test]
    fn errors_inside_a_stream_are_errors() {
        let hear = |data: &str| Assembly::default().hear(Event { name: "", data });
        assert!(matches!(hear("{\"error\": {\"code\": 503}}"), Err(Unheard::Error(_))));
        assert!(matches!(hear("[1]"), Err(Unheard::Malformed(_))));
        assert!(matches!(hear("{"), Err(Unheard::Malformed(_))));
    }
}
