//! The lines that go to a program and come back: one JSON object each.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::prompt::Message;
use crate::provider::named::named;
use crate::provider::template::{Turn, cited, stop_of, tool_call};
use crate::provider::{Completion, ErrorKind, Lookup, Params, ProviderError, StopReason, Usage};

/// What a program is asked.
#[derive(Debug, Serialize)]
pub(super) struct Question<'a> {
    pub(super) id: u64,
    pub(super) model: &'a str,
    pub(super) messages: &'a [Message],
    pub(super) params: Sent<'a>,
}

/// What a retriever is asked.
#[derive(Debug, Serialize)]
pub(super) struct LookupQuestion<'a> {
    pub(super) id: u64,
    pub(super) question: &'a str,
    #[serde(flatten)]
    pub(super) lookup: &'a Lookup,
    pub(super) history: &'a [Turn],
}

/// Parameters; what is not set is left out.
#[derive(Debug, Serialize)]
pub(super) struct Sent<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    top_p: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_tokens: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    seed: Option<u64>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    stop: &'a [String],
}

impl<'a> From<&'a Params> for Sent<'a> {
    fn from(params: &'a Params) -> Self {
        Self {
            temperature: params.temperature,
            top_p: params.top_p,
            max_tokens: params.max_tokens,
            seed: params.seed,
            stop: &params.stop,
        }
    }
}

/// What a program says.
#[derive(Debug, Default, PartialEq, Deserialize)]
pub(super) struct Answer {
    /// The question's; may be left out where a process has only one.
    #[serde(default)]
    id: Value,
    #[serde(default)]
    text: Option<String>,
    #[serde(default)]
    tool_calls: Option<Vec<Value>>,
    #[serde(default)]
    citations: Value,
    #[serde(default)]
    passages: Option<Vec<Value>>,
    #[serde(default)]
    stop: Option<String>,
    #[serde(default)]
    usage: Option<Tokens>,
    #[serde(default)]
    model: Option<String>,
    #[serde(default)]
    error: Option<Fault>,
}

#[derive(Debug, Default, PartialEq, Deserialize)]
struct Tokens {
    #[serde(default)]
    input: Option<u64>,
    #[serde(default)]
    output: Option<u64>,
    #[serde(default)]
    cached_input: Option<u64>,
    #[serde(default)]
    reasoning: Option<u64>,
}

#[derive(Debug, PartialEq, Deserialize)]
struct Fault {
    message: String,
    #[serde(default)]
    retry: bool,
}

impl Answer {
    /// The id of the question it answers; `None` when it is left out.
    pub(super) fn id(&self) -> Option<u64> {
        self.id.as_u64().or_else(|| self.id.as_str()?.parse().ok())
    }

    /// The completion in it; of a look-up, it is nothing but passages.
    pub(super) fn completion(self, is_lookup: bool, latency_ms: f64) -> Result<Completion, ProviderError> {
        if let Some(fault) = self.error {
            let kind = if fault.retry { ErrorKind::Server } else { ErrorKind::BadRequest };
            return Err(ProviderError::new(kind, format!("the program says: {}", fault.message)));
        }
        let bad =
            |what: &str| ProviderError::new(ErrorKind::BadResponse, format!("the program's reply {what}"));
        let read = |passages: Vec<Value>| passages.iter().map(named).collect::<Result<Vec<_>, _>>();
        let passages = self.passages.map(read).transpose().map_err(|what| bad(&format!("is odd: {what}")))?;
        if is_lookup {
            let passages = passages.ok_or_else(|| bad("has neither `passages` nor `error`"))?;
            return Ok(Completion::of_passages(&passages, latency_ms));
        }
        let calls = self.tool_calls.unwrap_or_default();
        if self.text.is_none() && calls.is_empty() {
            return Err(bad("has neither `text` nor `tool_calls` nor `error`"));
        }
        let read = |call: &Value| tool_call(call).ok_or_else(|| bad("has a tool call without `name`"));
        let tool_calls = calls.iter().map(read).collect::<Result<Vec<_>, _>>()?;
        let text = self.text.unwrap_or_default();
        let stop = match self.stop.as_deref() {
            Some(word) => stop_of(word),
            None if text.is_empty() && !tool_calls.is_empty() => StopReason::ToolCalls,
            None => StopReason::End,
        };
        let tokens = self.usage.unwrap_or_default();
        let usage = Usage {
            input: tokens.input,
            output: tokens.output,
            cached_input: tokens.cached_input,
            reasoning: tokens.reasoning,
        };
        Ok(Completion {
            text,
            tool_calls,
            stop,
            usage,
            latency_ms,
            first_token_ms: None,
            reported_model: self.model,
            citations: cited(&self.citations),
            passages,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(json: Value) -> Result<Completion, ProviderError> {
        serde_json::from_value::<Answer>(json).unwrap().completion(false, 1.0)
    }

    #[test]
    fn a_question_holds_only_what_is_set() {
        let params = Params { max_tokens: Some(5), ..Params::default() };
        let question = Question { id: 1, model: "m", messages: &[], params: (&params).into() };
        let line = serde_json::to_string(&question).unwrap();
        assert_eq!(line, r#"{"id":1,"model":"m","messages":[],"params":{"max_tokens":5}}"#);
    }

    #[test]
    fn answers() {
        let done =
            read(json!({"id": 1, "text": "30 days", "usage": {"input": 5}, "stop": "length"})).unwrap();
        assert_eq!(
            (done.text.as_str(), done.stop, done.usage.input),
            ("30 days", StopReason::Length, Some(5))
        );
        let told = read(json!({"text": "x", "passages": [{"article": "returns"}]})).unwrap();
        assert_eq!(told.passages.unwrap()[0].id.as_deref(), Some("returns"));
        assert_eq!((read(json!({"text": "x"})).unwrap().passages, done.passages), (None, None));
        let call = read(json!({"tool_calls": [{"name": "refund", "arguments": {"order": 1}}]})).unwrap();
        assert_eq!((call.stop, call.tool_calls[0].name.as_str()), (StopReason::ToolCalls, "refund"));
    }

    #[test]
    fn passages() {
        let look = |json: Value| serde_json::from_value::<Answer>(json).unwrap().completion(true, 1.0);
        let found = look(json!({"passages": ["a", {"text": "x"}]})).unwrap();
        assert_eq!(found.text, r#"[{"id":"a"},{"text":"x"}]"#);
        assert!(found.is_usable() && look(json!({"passages": []})).unwrap().is_usable());
        for bad in [json!({"text": "hi"}), json!({"passages": null}), json!({"passages": [{}]})] {
            assert_eq!(look(bad).unwrap_err().kind, ErrorKind::BadResponse);
        }
    }

    #[test]
    fn faults() {
        let kind = |json: Value| read(json).unwrap_err().kind;
        assert_eq!(kind(json!({"error": {"message": "busy", "retry": true}})), ErrorKind::Server);
        assert_eq!(kind(json!({"error": {"message": "no"}})), ErrorKind::BadRequest);
        assert_eq!(kind(json!({"id": 1})), ErrorKind::BadResponse);
        assert_eq!(kind(json!({"tool_calls": [{}]})), ErrorKind::BadResponse);
    }

    #[test]
    fn ids_are_numbers_or_texts() {
        let id = |id: Value| serde_json::from_value::<Answer>(json!({ "id": id })).unwrap().id();
        assert_eq!(
            (id(json!(7)), id(json!("7")), id(json!(null)), id(json!("x"))),
            (Some(7), Some(7), None, None)
        );
    }
}
