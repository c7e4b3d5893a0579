//! Prompts: minijinja templates that render to chat messages.
//!
//! Top-level blocks named after roles (`system`, `user`, `assistant`, `user_1`, …) are rendered one
//! by one and become the messages, so customer text can never forge a message. [`PromptSet`] loads
//! and checks a folder of them; [`PromptSet::render`] turns one case into [`Message`]s.

mod blocks;
mod check;
mod files;
mod load;
mod outline;
mod render;
mod rubric;
mod scope;
mod shape;
mod structure;
#[cfg(test)]
mod testing;

use serde::{Deserialize, Serialize};

pub use load::{Prompt, PromptSet};
pub use render::{RenderError, RenderInput};
pub use rubric::{Rubric, Shape};

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
}

impl ChatRole {
    /// The name used in requests, blocks and reports.
    pub fn name(self) -> &'static str {
        match self {
            ChatRole::System => "system",
            ChatRole::User => "user",
            ChatRole::Assistant => "assistant",
        }
    }
}

/// One rendered message.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Message {
    /// Who it is from.
    pub role: ChatRole,
    /// Its text, exactly as sent.
    pub content: String,
}
