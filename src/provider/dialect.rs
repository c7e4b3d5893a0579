//! What the vendors' own dialects share: turns apart from the system prompt, further request fields, and
//! where each vendor's endpoint is.

use std::fmt::Write as _;

use serde_json::{Map, Value};

use crate::prompt::{Called, ChatRole, Message, ToolCall};

/// A vendor's own endpoint: what holds where the settings say nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Home {
    /// Its address.
    pub base_url: &'static str,
    /// The environment variable that usually holds its key; absent: it needs none.
    pub key_env: Option<&'static str>,
    /// The header that its key is sent in; absent: as a bearer token.
    pub key_header: Option<&'static str>,
    /// Parameters of a model that its API does not know.
    pub unknown_params: &'static [&'static str],
    /// Fields of a request that only this dialect has and regauge writes itself.
    pub own_fields: &'static [&'static str],
}

/// Messages for an API that takes the system prompt apart and wants customer and model in turns.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Turns<'m> {
    /// Texts of the system messages.
    pub(super) system: Vec<&'m str>,
    /// Everything else, neighbours from the same side taken together.
    pub(super) turns: Vec<Turn<'m>>,
}

/// What one side said before the other spoke.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Turn<'m> {
    /// Whether the model said it.
    pub(super) by_model: bool,
    /// What it is made of, in order.
    pub(super) parts: Vec<Part<'m>>,
}

/// A piece of a turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part<'m> {
    /// Words.
    Text(&'m str),
    /// A tool that the model calls.
    Call(&'m ToolCall),
    /// What a tool returned.
    Returned(&'m Called, &'m str),
}

impl<'m> Part<'m> {
    /// The pieces of a message; a blank text is none, since these APIs reject it.
    fn of(message: &'m Message) -> impl Iterator<Item = Self> {
        let text = message.content.as_str();
        let said = match &message.answers {
            Some(called) => Some(Part::Returned(called, text)),
            None => (!text.trim().is_empty()).then_some(Part::Text(text)),
        };
        said.into_iter().chain(message.tool_calls.iter().map(Part::Call))
    }
}

impl<'m> Turns<'m> {
    /// Sorts messages into turns. Blank ones say nothing, and these APIs reject them.
    pub(super) fn of(messages: &'m [Message]) -> Self {
        let mut sorted = Self::default();
        for message in messages.iter().filter(|m| !m.is_blank()) {
            let by_model = match message.role {
                ChatRole::System => {
                    sorted.system.push(&message.content);
                    continue;
                }
                // What tools return comes from our side.
                ChatRole::User | ChatRole::Tool => false,
                ChatRole::Assistant => true,
            };
            match sorted.turns.last_mut() {
                Some(turn) if turn.by_model == by_model => turn.parts.extend(Part::of(message)),
                _ => sorted.turns.push(Turn { by_model, parts: Part::of(message).collect() }),
            }
        }
        sorted
    }
}

/// Puts a field into a request where there is a value for it.
pub(super) fn put(body: &mut Map<String, Value>, key: &str, value: Option<impl Into<Value>>) {
    if let Some(value) = value {
        body.insert(key.to_owned(), value.into());
    }
}

/// Adds the user's `extra` fields: tables go into tables, everything else takes the field's place.
pub(super) fn add_extra(body: &mut Map<String, Value>, extra: &Map<String, Value>) {
    for (key, value) in extra {
        match (body.get_mut(key), value) {
            (Some(Value::Object(own)), Value::Object(more)) => add_extra(own, more),
            _ => {
                body.insert(key.clone(), value.clone());
            }
        }
    }
}

/// A JSON object or nothing: an empty one is not sent.
pub(super) fn filled(fields: Map<String, Value>) -> Option<Value> {
    (!fields.is_empty()).then_some(Value::Object(fields))
}

/// Arguments of a tool call that arrived as text: parsed, or the text itself where it is no JSON.
pub(super) fn arguments(text: String) -> Value {
    if text.trim().is_empty() {
        return Value::Object(Map::new());
    }
    serde_json::from_str(&text).unwrap_or(Value::String(text))
}

/// What a tool returned, as a JSON object: as it is, or in one of the key `result`.
pub(super) fn returned_object(text: &str) -> Value {
    match serde_json::from_str::<Value>(text) {
        Ok(object @ Value::Object(_)) => object,
        Ok(other) => serde_json::json!({ "result": other }),
        Err(_) => serde_json::json!({ "result": text }),
    }
}

/// Arguments of a call as the JSON object that these APIs want.
pub(super) fn argument_object(call: &ToolCall) -> Value {
    match &call.arguments {
        object @ Value::Object(_) => object.clone(),
        _ => Value::Object(Map::new()),
    }
}

/// Percent-encodes a text for one segment of a path (RFC 3986: all but unreserved characters).
pub(super) fn segment(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn message(role: ChatRole, content: &str) -> Message {
        Message::new(role, content)
    }

    #[test]
    fn system_stands_apart_and_neighbours_are_one_turn() {
        use ChatRole::{Assistant, System, User};
        let messages = [
            message(System, "be kind"),
            message(User, "hi"),
            message(User, "there"),
            message(System, "be short"),
            message(User, "again"),
            message(Assistant, " \n"),
            message(Assistant, "yes?"),
            message(User, "bye"),
        ];
        let turns = Turns::of(&messages);
        assert_eq!(turns.system, ["be kind", "be short"]);
        let parts: Vec<_> = turns.turns.iter().map(|t| (t.by_model, t.parts.clone())).collect();
        let texts = |texts: &[&'static str]| texts.iter().copied().map(Part::Text).collect::<Vec<_>>();
        assert_eq!(
            parts,
            [(false, texts(&["hi", "there", "again"])), (true, texts(&["yes?"])), (false, texts(&["bye"]))]
        );
        assert_eq!(Turns::of(&[]), Turns::default());
    }

    #[test]
    fn calls_and_what_they_returned_stand_on_their_sides() {
        let call = ToolCall { id: "1".into(), name: "find".into(), arguments: json!("broken {") };
        let messages = [
            message(ChatRole::User, "where is it?"),
            Message::said(" ", vec![call.clone()]),
            Message::returned(&call, ""),
            message(ChatRole::User, "hello?"),
        ];
        let turns = Turns::of(&messages).turns;
        assert_eq!(turns[1].parts, [Part::Call(&call)]);
        let called = Called { id: "1".into(), name: "find".into() };
        assert_eq!(turns[2].parts, [Part::Returned(&called, ""), Part::Text("hello?")]);
        assert_eq!(argument_object(&call), json!({}));
        assert_eq!(returned_object("{\"a\":1}"), json!({"a": 1}));
        assert_eq!(returned_object("[1]"), json!({"result": [1]}));
        assert_eq!(returned_object("sent"), json!({"result": "sent"}));
    }

    #[test]
    fn extra_fields_go_into_tables() {
        let mut body = json!({"config": {"a": 1, "b": {"c": 2}}, "x": 1}).as_object().unwrap().clone();
        let extra = json!({"config": {"b": {"d": 3}, "a": 9}, "x": {"y": 1}, "z": [1]});
        add_extra(&mut body, extra.as_object().unwrap());
        assert_eq!(
            Value::Object(body),
            json!({"config": {"a": 9, "b": {"c": 2, "d": 3}}, "x": {"y": 1}, "z": [1]})
        );
    }

    #[test]
    fn arguments_are_json_or_their_text() {
        assert_eq!(arguments(String::new()), json!({}));
        assert_eq!(arguments("{\"a\":1}".into()), json!({"a": 1}));
        assert_eq!(arguments("{\"a\":".into()), json!("{\"a\":"));
    }

    #[test]
    fn segments_are_encoded() {
        assert_eq!(segment("us.amazon.nova-lite-v1:0"), "us.amazon.nova-lite-v1%3A0");
        assert_eq!(segment("arn:aws:bedrock/é"), "arn%3Aaws%3Abedrock%2F%C3%A9");
    }
}
