//! Embeddings: texts as vectors that point the same way where the texts mean the same.
//!
//! An [`Embedder`] turns texts into vectors; [`local`] is the one of this process, all-MiniLM-L6-v2, loaded when it
//! is first needed and shared by everyone who asks for it. [`fetch`] gets its files beforehand: nothing is
//! downloaded while answers are scored.
//!
//! # What a cosine does not see
//!
//! Two sentences about the same thing lie close together also where one denies the other or names another number:
//! "You have 30 days to return it." and "You have 14 days to return it." have a cosine of 0.86, "You can return a worn
//! helmet." and "You cannot return a worn helmet." one of 0.93. It tells paraphrases from other topics, not right from
//! wrong.

mod error;
mod kept;
mod local;
#[cfg(feature = "embedded")]
mod minilm;
mod remembered;
#[cfg(test)]
mod samples;
mod vector;

pub use error::EmbedError;
pub use kept::embed_kept;
pub use local::{FetchArgs, MODEL, fetch, local};
pub use remembered::Remembered;
pub use vector::Embedding;

/// A way to turn texts into vectors.
pub trait Embedder: Send + Sync {
    /// The unit vectors of some texts, in their order. A text's vector does not depend on the others, nor on how
    /// many threads ask.
    ///
    /// # Errors
    /// The model is not there, or cannot be read.
    fn embed(&self, texts: &[&str]) -> Result<Vec<Embedding>, EmbedError>;

    /// How many numbers a vector has.
    fn dimension(&self) -> usize;

    /// What decides the vectors (model, weights); part of the fingerprint of everything that rests on them.
    fn identity(&self) -> &serde_json::Value;

    /// Whether it understands texts of a language, given as in a case (`en`, `ro`, `en-GB`).
    fn reads(&self, lang: &str) -> bool;

    /// Whether it can be used as things are, without fetching anything.
    ///
    /// # Errors
    /// [`EmbedError::NotFetched`] where [`fetch`] would help, another error where it would not.
    fn ready(&self) -> Result<(), EmbedError>;
}
