//! all-MiniLM-L6-v2 in this process: a BERT of 6 layers that turns an English text into 384 numbers.
//!
//! The forward pass is plain Rust over 32-bit floats, with the weights as they are in the official file. Texts are
//! cut at 256 tokens; a vector is the mean of its tokens, brought to length 1, as the model's makers use it
//! (Reimers and Gurevych 2019, "Sentence-BERT"; the card of sentence-transformers/all-MiniLM-L6-v2).

mod encoder;
mod math;
mod product;
mod tokens;
mod weights;

use std::path::Path;

use pulp::Arch;

use crate::embed::{EmbedError, Embedding};
use encoder::Encoder;
use tokens::Tokens;

/// How many numbers a vector has.
pub(super) const DIMENSION: usize = encoder::HIDDEN;

/// Tokens of texts that are computed together: enough to keep the processor busy, few enough for its cache.
const BATCH: usize = 128;

/// The loaded model.
#[derive(Debug)]
pub(super) struct MiniLm {
    tokens: Tokens,
    encoder: Encoder,
}

impl MiniLm {
    /// Loads the weights, and `tokenizer.json` beside them.
    pub(super) fn load(weights: &Path) -> Result<Self, EmbedError> {
        let tokens = Tokens::read(&weights.with_file_name("tokenizer.json"))?;
        let encoder = weights::read(weights, Arch::new())?;
        Ok(Self { tokens, encoder })
    }

    /// The unit vectors of some texts, in their order. Works on the calling thread only.
    pub(super) fn embed(&self, texts: &[&str]) -> Result<Vec<Embedding>, EmbedError> {
        let mut vectors = Vec::with_capacity(texts.len());
        let mut batch: Vec<Vec<u32>> = Vec::new();
        let mut size = 0;
        for text in texts {
            let tokens = self.tokens.encode(text)?;
            if size + tokens.len() > BATCH && !batch.is_empty() {
                vectors.extend(self.encoder.encode(&batch));
                batch.clear();
                size = 0;
            }
            size += tokens.len();
            batch.push(tokens);
        }
        if !batch.is_empty() {
            vectors.extend(self.encoder.encode(&batch));
        }
        Ok(vectors.into_iter().map(Embedding::new).collect())
    }
}
