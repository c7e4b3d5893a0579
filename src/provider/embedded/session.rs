//! Answering one request: prompt in, tokens out, until something ends the answer.

use std::time::Instant;

use super::error::EmbeddedError;
use super::kv::Kv;
use super::model::{CHUNK, Model, Scratch};
use super::prefix::Prefixes;
use super::request::{GenerateRequest, Generation, GenerationStop};
use super::sample::Sampler;
use super::tokenizer::Vocabulary;

/// Everything one worker owns.
#[derive(Debug, Default)]
pub(super) struct Session {
    prefixes: Prefixes,
    scratch: Scratch,
}

/// The end of an answer.
struct Ending {
    text: String,
    stop: GenerationStop,
}

impl Session {
    /// Answers. `cancelled` is asked between any two steps.
    pub(super) fn answer(
        &mut self,
        model: &Model,
        vocabulary: &Vocabulary,
        prompt: &[u32],
        request: &GenerateRequest,
        cancelled: impl Fn() -> bool,
    ) -> Result<Generation, EmbeddedError> {
        let start = Instant::now();
        let room = model.weights.shape.context - prompt.len();
        let limit = room.min(request.max_tokens as usize);
        let capacity = prompt.len() + limit.min(CHUNK);
        let mut kv = self
            .prefixes
            .take(prompt, capacity)
            .unwrap_or_else(|| Kv::new(&model.weights.shape));
        let cached = kv.len();
        let mut sampler = Sampler::new(request.temperature, request.top_p, request.seed);
        let mut next = 0;
        while kv.len() < prompt.len() {
            if cancelled() {
                return Err(EmbeddedError::Cancelled);
            }
            let end = prompt.len().min(kv.len() + CHUNK);
            let ids = &prompt[kv.len()..end];
            let last = end == prompt.len();
            let logits = model.forward(ids, &mut kv, &mut self.scratch, last);
            if last {
                next = sampler.pick(logits);
            }
        }
        let prompt_time = start.elapsed();
        let mut answer: Vec<u32> = vec![];
        let ending = loop {
            if limit == 0 {
                break None;
            }
            if vocabulary.ends(next) {
                break Some(GenerationStop::EndOfTurn);
            }
            answer.push(next);
            if stopped(vocabulary, &answer, &request.stop)?.is_some() || answer.len() == limit {
                break None;
            }
            if cancelled() {
                return Err(EmbeddedError::Cancelled);
            }
            next = sampler.pick(model.forward(&[next], &mut kv, &mut self.scratch, true));
        };
        let ended = ending.is_some();
        let ending = finish(vocabulary, &answer, &request.stop, ending)?;
        let known: Vec<u32> = prompt.iter().chain(&answer).copied().take(kv.len()).collect();
        self.prefixes.put(known, kv);
        Ok(Generation {
            text: ending.text,
            prompt_tokens: count(prompt.len()),
            cached_tokens: count(cached),
            completion_tokens: count(answer.len() + usize::from(ended)),
            stop: ending.stop,
            prompt_time,
            total_time: start.elapsed(),
        })
    }
}

/// The text up to the first stop text, if one of them occurs.
fn stopped(
    vocabulary: &Vocabulary,
    answer: &[u32],
    stop: &[String],
) -> Result<Option<String>, EmbeddedError> {
    if stop.iter().all(String::is_empty) {
        return Ok(None);
    }
    let mut text = vocabulary.decode(answer)?;
    let found = stop.iter().filter(|s| !s.is_empty()).filter_map(|s| text.find(s)).min();
    Ok(found.map(|at| {
        text.truncate(at);
        text
    }))
}

fn finish(
    vocabulary: &Vocabulary,
    answer: &[u32],
    stop: &[String],
    ending: Option<GenerationStop>,
) -> Result<Ending, EmbeddedError> {
    if let Some(text) = stopped(vocabulary, answer, stop)? {
        return Ok(Ending { text, stop: GenerationStop::StopString });
    }
    let text = vocabulary.decode(answer)?;
    Ok(Ending { text, stop: ending.unwrap_or(GenerationStop::MaxTokens) })
}

fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}
