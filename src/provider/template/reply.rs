//! Where the parts of an answer stand in a JSON reply.

use std::fmt;
use std::str::FromStr;

use serde_json::{Value, json};
use serde_json_path::{JsonPath, ParseError};

use super::passages::PassagePaths;
use crate::provider::named::{NamedPassage, listed};
use crate::provider::{StopReason, ToolCall, Usage};
use crate::shorten::clip;

/// Longest excerpt of a reply in a message.
const MAX_EXCERPT: usize = 300;

/// A JSONPath and how it was written.
#[derive(Debug, Clone)]
pub struct Place {
    written: String,
    path: JsonPath,
}

impl FromStr for Place {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self { written: text.to_owned(), path: JsonPath::parse(text)? })
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.written)
    }
}

impl Place {
    /// The first value it finds that is not null.
    pub(super) fn one<'j>(&self, json: &'j Value) -> Option<&'j Value> {
        self.path.query(json).all().into_iter().find(|value| !value.is_null())
    }

    pub(super) fn all<'j>(&self, json: &'j Value) -> Vec<&'j Value> {
        self.path.query(json).all()
    }

    /// Whether it goes through all members of a list that is there and has none.
    pub(super) fn finds_an_empty_list(&self, json: &Value) -> bool {
        let list = self.written.split_once("[*]").and_then(|(list, _)| JsonPath::parse(list).ok());
        list.is_some_and(|list| {
            list.query(json).all().iter().any(|v| v.as_array().is_some_and(Vec::is_empty))
        })
    }
}

/// JSONPaths to the parts of an answer; absent parts are not known.
#[derive(Debug, Clone, Default)]
pub struct Paths {
    /// The answer's text; several values are put together. Absent of a retriever, which answers with passages.
    pub answer: Option<Place>,
    /// Passages.
    pub passages: Option<PassagePaths>,
    /// Tool calls: objects, or lists of them, with a name and arguments.
    pub tool_calls: Option<Place>,
    /// Sources: texts, or objects with an id or an address, or lists of them.
    pub citations: Option<Place>,
    /// Prompt tokens.
    pub input: Option<Place>,
    /// Answer tokens.
    pub output: Option<Place>,
    /// Prompt tokens that were cached.
    pub cached_input: Option<Place>,
    /// Why it stopped.
    pub stop: Option<Place>,
    /// Model name.
    pub model: Option<Place>,
    /// Session id.
    pub session: Option<Place>,
}

/// The parts of one answer.
#[derive(Debug, PartialEq)]
pub(super) struct Found {
    pub(super) text: String,
    pub(super) tool_calls: Vec<ToolCall>,
    pub(super) stop: StopReason,
    pub(super) model: Option<String>,
    pub(super) citations: Vec<String>,
    pub(super) passages: Option<Vec<NamedPassage>>,
}

impl Paths {
    /// The path to the answer and no other.
    ///
    /// # Errors
    /// It is no JSONPath.
    #[cfg(test)]
    pub fn new(answer: &str) -> Result<Self, ParseError> {
        Ok(Self { answer: Some(answer.parse()?), ..Self::default() })
    }

    /// All paths as written, for a fingerprint.
    pub(super) fn written(&self) -> Value {
        let text = |place: &Option<Place>| place.as_ref().map(ToString::to_string);
        json!([
            text(&self.answer),
            text(&self.tool_calls),
            text(&self.input),
            text(&self.output),
            text(&self.cached_input),
            text(&self.stop),
            text(&self.model),
            text(&self.session),
            text(&self.citations),
            self.passages.as_ref().map(PassagePaths::written),
        ])
    }

    /// Tokens of one reply.
    pub(super) fn usage(&self, json: &Value) -> Usage {
        let count = |place: &Option<Place>| place.as_ref()?.one(json)?.as_u64();
        Usage {
            input: count(&self.input),
            output: count(&self.output),
            cached_input: count(&self.cached_input),
            reasoning: None,
        }
    }

    /// The answer in a reply; the error says which path found nothing.
    pub(super) fn found(&self, json: &Value) -> Result<Found, String> {
        let tool_calls = match &self.tool_calls {
            Some(place) => calls(place, json)?,
            None => Vec::new(),
        };
        let passages = self.passages.as_ref().map(|paths| paths.found(json)).transpose()?;
        let (text, passages) = match &self.answer {
            Some(answer) => (text(answer, json, !tool_calls.is_empty())?, passages),
            None => (listed(&passages.unwrap_or_default()), None),
        };
        let word = self.stop.as_ref().and_then(|place| place.one(json)?.as_str());
        let stop = match word {
            Some(word) => stop_of(word),
            None if text.is_empty() && !tool_calls.is_empty() => StopReason::ToolCalls,
            None => StopReason::End,
        };
        let model = self.model.as_ref().and_then(|place| place.one(json)?.as_str().map(str::to_owned));
        let citations = self.citations.iter().flat_map(|place| place.all(json)).flat_map(cited).collect();
        Ok(Found { text, tool_calls, stop, model, citations, passages })
    }
}

/// The text of an answer; `may_lack` where there need not be one.
fn text(answer: &Place, json: &Value, may_lack: bool) -> Result<String, String> {
    let values: Vec<&Value> = answer.all(json).into_iter().filter(|v| !v.is_null()).collect();
    if values.is_empty() && !may_lack {
        return Err(nothing("answer", answer, json));
    }
    let mut text = String::new();
    for value in values {
        match value {
            Value::String(part) => text.push_str(part),
            Value::Number(number) => text.push_str(&number.to_string()),
            Value::Bool(flag) => text.push_str(if *flag { "true" } else { "false" }),
            _ => return Err(format!("`answer` {answer} is no text but {}", excerpt(value))),
        }
    }
    Ok(text)
}

/// The words by which common endpoints say why they stopped.
pub(in crate::provider) fn stop_of(word: &str) -> StopReason {
    match word.to_lowercase().replace('-', "_").as_str() {
        "stop" | "end" | "end_turn" | "complete" | "completed" | "done" | "finished" | "stop_sequence" => {
            StopReason::End
        }
        "length" | "max_tokens" | "max_output_tokens" => StopReason::Length,
        "tool_calls" | "tool_use" | "function_call" => StopReason::ToolCalls,
        "content_filter" | "content_filtered" | "safety" => StopReason::ContentFilter,
        "refusal" | "refused" => StopReason::Refusal,
        _ => StopReason::Other(word.to_owned()),
    }
}

fn calls(place: &Place, json: &Value) -> Result<Vec<ToolCall>, String> {
    let mut all = Vec::new();
    for value in place.all(json) {
        let list = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
        for call in list.iter().filter(|call| !call.is_null()) {
            all.push(tool_call(call).ok_or_else(|| {
                format!("`tool_calls` {place} found a call without a name: {}", excerpt(call))
            })?);
        }
    }
    Ok(all)
}

/// A call in the words of common endpoints: `{name, arguments}`, also below `function`.
pub(in crate::provider) fn tool_call(call: &Value) -> Option<ToolCall> {
    let inner = call.get("function").filter(|f| f.is_object()).unwrap_or(call);
    let name = inner.get("name").or_else(|| inner.get("tool"))?.as_str()?.to_owned();
    let written = ["arguments", "args", "input", "parameters"].iter().find_map(|key| inner.get(key));
    let arguments = match written {
        Some(Value::String(text)) => {
            serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.clone()))
        }
        other => other.cloned().unwrap_or_default(),
    };
    let id = call.get("id").or_else(|| call.get("call_id")).and_then(Value::as_str).unwrap_or_default();
    Some(ToolCall { id: id.to_owned(), name, arguments })
}

/// The sources in a value: texts and numbers as they are, of an object its id or address; the rest names none.
pub(in crate::provider) fn cited(value: &Value) -> Vec<String> {
    const NAMES: [&str; 6] = ["id", "article", "article_id", "url", "href", "source"];
    match value {
        Value::Array(list) => list.iter().flat_map(cited).collect(),
        Value::Object(fields) => NAMES
            .iter()
            .find_map(|name| fields.get(*name))
            .filter(|v| !v.is_object())
            .map(cited)
            .unwrap_or_default(),
        Value::String(text) if !text.trim().is_empty() => vec![text.clone()],
        Value::Number(number) => vec![number.to_string()],
        _ => Vec::new(),
    }
}

/// The words for a path that found nothing.
pub(super) fn nothing(key: &str, place: &Place, json: &Value) -> String {
    format!("`{key}` {place} finds nothing in the reply: {}", excerpt(json))
}

pub(super) fn excerpt(json: &Value) -> String {
    clip(&json.to_string(), MAX_EXCERPT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_may_be_in_parts() {
        let paths = Paths::new("$.parts[*].text").unwrap();
        let found =
            paths.found(&json!({"parts": [{"text": "30 "}, {"x": 1}, {"text": "days"}, {"text": null}]}));
        assert_eq!(found.unwrap().text, "30 days");
        assert_eq!(Paths::new("$.n").unwrap().found(&json!({"n": 30})).unwrap().text, "30");
    }

    #[test]
    fn a_path_that_finds_nothing_is_named_with_an_excerpt() {
        let paths = Paths::new("$.reply.text").unwrap();
        let error = paths.found(&json!({"reply": {"txt": "x"}})).unwrap_err();
        assert_eq!(error, "`answer` $.reply.text finds nothing in the reply: {\"reply\":{\"txt\":\"x\"}}");
        assert!(paths.found(&json!({"reply": {"text": {"a": 1}}})).unwrap_err().contains("is no text"));
        assert!(paths.found(&json!({"reply": {"text": null}})).is_err());
        assert_eq!(paths.found(&json!({"reply": {"text": ""}})).unwrap().text, "");
    }

    #[test]
    fn tool_calls_of_all_shapes() {
        let mut paths = Paths::new("$.text").unwrap();
        paths.tool_calls = Some("$.calls".parse().unwrap());
        let found = paths
            .found(&json!({"calls": [{"name": "a", "args": {"x": 1}},
                {"id": "2", "function": {"name": "b", "arguments": "{\"y\":2}"}}]}))
            .unwrap();
        assert_eq!(found.stop, StopReason::ToolCalls);
        assert_eq!(found.tool_calls[0].arguments, json!({"x": 1}));
        assert_eq!(
            (found.tool_calls[1].id.as_str(), &found.tool_calls[1].arguments),
            ("2", &json!({"y": 2}))
        );
        assert!(paths.found(&json!({"calls": [{"x": 1}]})).unwrap_err().contains("without a name"));
    }

    #[test]
    fn usage_stop_and_model() {
        let mut paths = Paths::new("$.text").unwrap();
        paths.input = Some("$.usage.in".parse().unwrap());
        paths.stop = Some("$.why".parse().unwrap());
        paths.model = Some("$.model".parse().unwrap());
        let json =
            json!({"text": "x", "usage": {"in": 5, "out": "six"}, "why": "max-tokens", "model": "bot-7"});
        assert_eq!((paths.usage(&json).input, paths.usage(&json).output), (Some(5), None));
        let found = paths.found(&json).unwrap();
        assert_eq!((found.stop, found.model.as_deref()), (StopReason::Length, Some("bot-7")));
        assert_eq!(stop_of("odd"), StopReason::Other("odd".into()));
    }
}
