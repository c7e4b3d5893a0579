//! What is asked of the engine and what it answers.

use std::time::Duration;

use super::chat::ChatRole;

/// A conversation to be continued.
#[derive(Clone, Debug, PartialEq)]
pub struct GenerateRequest {
    /// The conversation so far.
    pub messages: Vec<(ChatRole, String)>,
    /// The answer ends after this many tokens at the latest.
    pub max_tokens: u32,
    /// 0 always takes the most likely token; higher values draw more freely.
    pub temperature: f32,
    /// Only the most likely tokens that together reach this chance are drawn from.
    pub top_p: Option<f32>,
    /// Draws with the same seed are the same.
    pub seed: u64,
    /// The answer ends before any of these texts.
    pub stop: Vec<String>,
}

/// An answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Generation {
    /// The text, without what ended it.
    pub text: String,
    /// Tokens of the prompt.
    pub prompt_tokens: u32,
    /// How many of those were remembered from an earlier prompt.
    pub cached_tokens: u32,
    /// Tokens generated, with the one that ended the answer.
    pub completion_tokens: u32,
    /// Why the answer ended.
    pub stop: GenerationStop,
    /// From when a worker took the request up until the first token was chosen.
    pub prompt_time: Duration,
    /// From when a worker took the request up until the end. The worker makes other answers meanwhile.
    pub total_time: Duration,
}

/// Why an answer ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GenerationStop {
    /// The model ended its turn.
    EndOfTurn,
    /// The limit of tokens, or the end of the context, was reached.
    MaxTokens,
    /// One of the stop texts was reached.
    StopString,
}
