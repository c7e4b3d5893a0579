//! Messages of both APIs; they differ only where tools are called.

use serde::{Serialize, Serializer};
use serde_json::{Value, json};

use crate::prompt::{ChatRole, Message, ToolCall};

/// Messages of a chat completion.
pub(super) struct Chat<'a>(pub(super) &'a [Message]);

/// Input items of the responses API.
pub(super) struct Items<'a>(pub(super) &'a [Message]);

impl Serialize for Chat<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0.iter().all(is_text) {
            return self.0.serialize(serializer);
        }
        serializer.collect_seq(self.0.iter().map(chat))
    }
}

impl Serialize for Items<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0.iter().all(is_text) {
            return self.0.serialize(serializer);
        }
        serializer.collect_seq(self.0.iter().flat_map(items))
    }
}

fn is_text(message: &Message) -> bool {
    message.tool_calls.is_empty() && message.answers.is_none()
}

fn chat(message: &Message) -> Value {
    if let Some(called) = &message.answers {
        return json!({"role": "tool", "tool_call_id": called.id, "content": message.content});
    }
    let mut written = json!({"role": message.role.name(), "content": message.content});
    if !message.tool_calls.is_empty() {
        let call = |call: &ToolCall| {
            let function = json!({"name": call.name, "arguments": arguments(call)});
            json!({"id": call.id, "type": "function", "function": function})
        };
        written["tool_calls"] = message.tool_calls.iter().map(call).collect();
        if message.content.is_empty() {
            written["content"] = Value::Null;
        }
    }
    written
}

fn items(message: &Message) -> Vec<Value> {
    if let Some(called) = &message.answers {
        return vec![
            json!({"type": "function_call_output", "call_id": called.id, "output": message.content}),
        ];
    }
    let mut items = Vec::new();
    if message.role != ChatRole::Assistant || !message.content.is_empty() {
        items.push(json!({"role": message.role.name(), "content": message.content}));
    }
    items.extend(message.tool_calls.iter().map(|call| {
        json!({"type": "function_call", "call_id": call.id, "name": call.name, "arguments": arguments(call)})
    }));
    items
}

/// Arguments as the text that both APIs want.
fn arguments(call: &ToolCall) -> String {
    match &call.arguments {
        Value::String(unread) => unread.clone(),
        json => json.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_and_results_are_written_for_both_apis() {
        let call = ToolCall { id: "c1".into(), name: "find".into(), arguments: json!({"id": 4}) };
        let messages = [
            Message::new(ChatRole::User, "where?"),
            Message::said("", vec![call.clone()]),
            Message::returned(&call, "{\"at\":\"depot\"}"),
        ];
        let call =
            json!({"id": "c1", "type": "function", "function": {"name": "find", "arguments": "{\"id\":4}"}});
        assert_eq!(
            serde_json::to_value(Chat(&messages)).unwrap(),
            json!([
                {"role": "user", "content": "where?"},
                {"role": "assistant", "content": null, "tool_calls": [call]},
                {"role": "tool", "tool_call_id": "c1", "content": "{\"at\":\"depot\"}"},
            ])
        );
        assert_eq!(
            serde_json::to_value(Items(&messages)).unwrap(),
            json!([
                {"role": "user", "content": "where?"},
                {"type": "function_call", "call_id": "c1", "name": "find", "arguments": "{\"id\":4}"},
                {"type": "function_call_output", "call_id": "c1", "output": "{\"at\":\"depot\"}"},
            ])
        );
    }
}
