//! One answer in the making.

use std::time::{Duration, Instant};

use super::error::EmbeddedError;
use super::kv::Kv;
use super::model::{CHUNK, Step};
use super::request::{GenerateRequest, Generation, GenerationStop};
use super::sample::Sampler;
use super::tokenizer::Vocabulary;

/// The state of one request between two steps of the model.
#[derive(Debug)]
pub(super) struct Answer {
    prompt: Vec<u32>,
    kv: Kv,
    cached: usize,
    sampler: Sampler,
    stop: Vec<String>,
    limit: usize,
    /// The tokens chosen so far. The last one has not been through the model yet.
    tokens: Vec<u32>,
    start: Instant,
    prompt_time: Duration,
}

impl Answer {
    /// Begins. `kv` holds the first tokens of the prompt, but not all of them.
    pub(super) fn new(prompt: Vec<u32>, request: GenerateRequest, kv: Kv, context: usize) -> Self {
        let limit = context.saturating_sub(prompt.len()).min(request.max_tokens as usize);
        Self {
            cached: kv.len(),
            prompt,
            kv,
            sampler: Sampler::new(request.temperature, request.top_p, request.seed),
            stop: request.stop.into_iter().filter(|s| !s.is_empty()).collect(),
            limit,
            tokens: vec![],
            start: Instant::now(),
            prompt_time: Duration::ZERO,
        }
    }

    /// Tokens of the prompt.
    pub(super) fn prompt_tokens(&self) -> usize {
        self.prompt.len()
    }

    /// Whether part of the prompt is still to be read.
    pub(super) fn reads(&self) -> bool {
        self.kv.len() < self.prompt.len()
    }

    /// What the model has to do next.
    pub(super) fn step(&mut self) -> Step<'_> {
        let seen = self.kv.len();
        let Some(rest) = self.prompt.get(seen..).filter(|rest| !rest.is_empty()) else {
            let ids = self.tokens.last().map_or(&[][..], std::slice::from_ref);
            return Step { ids, kv: &mut self.kv, predict: true };
        };
        let ids = &rest[..rest.len().min(CHUNK)];
        Step { ids, kv: &mut self.kv, predict: ids.len() == rest.len() }
    }

    /// The prompt and what the model made of it, to be remembered.
    pub(super) fn prompt(&self) -> (Vec<u32>, Kv) {
        let length = self.prompt.len();
        (self.prompt.clone(), self.kv.prefix(length, length))
    }

    /// Chooses the next token. Returns the whole answer if that ends it.
    pub(super) fn choose(
        &mut self,
        logits: &[f32],
        vocabulary: &Vocabulary,
    ) -> Result<Option<Generation>, EmbeddedError> {
        if self.tokens.is_empty() {
            self.prompt_time = self.start.elapsed();
        }
        if self.limit == 0 {
            return Ok(Some(self.finish(String::new(), GenerationStop::MaxTokens, 0)));
        }
        let token = self.sampler.pick(logits);
        let count = self.tokens.len() + 1;
        if vocabulary.ends(token) {
            let text = vocabulary.decode(&self.tokens)?;
            return Ok(Some(self.finish(text, GenerationStop::EndOfTurn, count)));
        }
        self.tokens.push(token);
        if count < self.limit && self.stop.is_empty() {
            return Ok(None);
        }
        let text = vocabulary.decode(&self.tokens)?;
        if let Some(at) = self.stop.iter().filter_map(|stop| text.find(stop)).min() {
            return Ok(Some(self.finish(text[..at].to_owned(), GenerationStop::StopString, count)));
        }
        if count == self.limit {
            return Ok(Some(self.finish(text, GenerationStop::MaxTokens, count)));
        }
        Ok(None)
    }

    fn finish(&self, text: String, stop: GenerationStop, tokens: usize) -> Generation {
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Generation {
            text,
            prompt_tokens: count(self.prompt.len()),
            cached_tokens: count(self.cached),
            completion_tokens: count(tokens),
            stop,
            prompt_time: self.prompt_time,
            total_time: self.start.elapsed(),
        }
    }
}
