//! Prompts: minijinja templates that render to chat messages.
//!
//! Top-level blocks named after roles (`system`, `user`, `assistant`, `user_1`, …) are rendered one
//! by one and become the messages, so customer text can never forge a message. [`PromptSet`] loads
//! and checks a folder of them; [`PromptSet::render`] turns one case into [`Message`]s.

mod blocks;
mod check;
mod files;
mod load;
mod message;
mod outline;
mod render;
mod rubric;
mod scope;
mod shape;
mod structure;
#[cfg(test)]
mod testing;

pub use load::{BARE, Prompt, PromptSet};
pub use message::{Called, ChatRole, Message, ToolCall};
pub use render::{RenderError, RenderInput};
pub use rubric::{Rubric, Shape};
