//! Chat messages: what a prompt renders to, and what a conversation adds to it.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::case::{Case, Speaker, Turn};

/// Who a message is from, in the model's terms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ChatRole {
    /// Instructions.
    System,
    /// The customer.
    User,
    /// The model.
    Assistant,
    /// A tool that the model called.
    Tool,
}

impl ChatRole {
    /// The name used in requests, blocks and reports.
    pub fn name(self) -> &'static str {
        match self {
            ChatRole::System => "system",
            ChatRole::User => "user",
            ChatRole::Assistant => "assistant",
            ChatRole::Tool => "tool",
        }
    }
}

/// A tool call the model asked for.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ToolCall {
    /// Id given by the endpoint.
    pub id: String,
    /// Tool name.
    pub name: String,
    /// Arguments; a string when the model's JSON could not be read.
    pub arguments: Value,
}

/// The call that a tool's message answers.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Called {
    /// Id of the call; empty where the endpoint gives none.
    pub id: String,
    /// Tool name.
    pub name: String,
}

/// One message.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Message {
    /// Who it is from.
    pub role: ChatRole,
    /// Its text, exactly as sent; of a tool, what it returned.
    pub content: String,
    /// Tools that the model called in it; only of the model's own messages.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tool_calls: Vec<ToolCall>,
    /// The call that it answers; of a tool's messages, and only of these.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answers: Option<Called>,
}

impl Message {
    /// A message that is text and nothing else.
    pub fn new(role: ChatRole, content: impl Into<String>) -> Self {
        Self { role, content: content.into(), tool_calls: Vec::new(), answers: None }
    }

    /// What customer and agent said before the last turn of a case.
    pub fn history(case: &Case) -> Vec<Self> {
        let turn = |turn: &Turn| {
            let role = match turn.role {
                Speaker::Customer => ChatRole::User,
                Speaker::Agent => ChatRole::Assistant,
            };
            Self::new(role, turn.text.clone())
        };
        case.history().iter().map(turn).collect()
    }

    /// What the model said, with the tools that it called.
    pub fn said(content: impl Into<String>, tool_calls: Vec<ToolCall>) -> Self {
        Self { tool_calls, ..Self::new(ChatRole::Assistant, content) }
    }

    /// What a tool returned to a call.
    pub fn returned(call: &ToolCall, content: impl Into<String>) -> Self {
        let answers = Some(Called { id: call.id.clone(), name: call.name.clone() });
        Self { answers, ..Self::new(ChatRole::Tool, content) }
    }

    /// Whether it says nothing: a blank text, no call and no answer to one.
    pub fn is_blank(&self) -> bool {
        self.content.trim().is_empty() && self.tool_calls.is_empty() && self.answers.is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_alone_is_written_as_it_always_was() {
        let written = serde_json::to_string(&Message::new(ChatRole::User, "Hi")).unwrap();
        assert_eq!(written, r#"{"role":"user","content":"Hi"}"#);
        let call = ToolCall { id: "1".into(), name: "find".into(), arguments: serde_json::json!({}) };
        let tool = Message::returned(&call, "");
        assert!(!tool.is_blank() && !Message::said("", vec![call]).is_blank());
        assert!(Message::new(ChatRole::User, " \n").is_blank());
        let back: Message = serde_json::from_str(&serde_json::to_string(&tool).unwrap()).unwrap();
        assert_eq!(back, tool);
    }
}
