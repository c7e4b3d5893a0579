//! Prompts a worker remembers, so that their common beginning is not computed again.
//!
//! Rows of the model never influence each other except through keys and values, which are the same bits
//! however they were computed. So an answer does not depend on what was remembered.

use std::collections::VecDeque;

use super::kv::Kv;

/// Prompts remembered at most.
const MAX_ENTRIES: usize = 4;

/// Tokens remembered at most, over all prompts; the last prompt is remembered however long it is.
const MAX_TOKENS: usize = 4096;

/// Tokens of an answer there is room for at once.
const ROOM: usize = 64;

/// Shorter beginnings are computed anew.
const MIN_SHARED: usize = 8;

/// The prompts one worker remembers, most recent last.
#[derive(Debug, Default)]
pub(super) struct Prefixes {
    entries: VecDeque<(Vec<u32>, Kv)>,
}

impl Prefixes {
    /// Keys and values of the longest remembered beginning of `prompt`. At least one token of the prompt is
    /// always left to compute.
    pub(super) fn take(&mut self, prompt: &[u32]) -> Option<Kv> {
        let limit = prompt.len().checked_sub(1)?;
        let (index, shared) = self
            .entries
            .iter()
            .enumerate()
            .map(|(i, (ids, _))| (i, shared(ids, prompt).min(limit)))
            .max_by_key(|&(_, shared)| shared)?;
        if shared < MIN_SHARED {
            return None;
        }
        let entry = self.entries.remove(index)?;
        let kv = entry.1.prefix(shared, prompt.len() + ROOM);
        self.entries.push_back(entry);
        Some(kv)
    }

    /// Remembers a prompt, and forgets the least recently used ones beyond the limits.
    pub(super) fn put(&mut self, ids: Vec<u32>, kv: Kv) {
        // What this one begins with adds nothing.
        self.entries.retain(|(old, _)| !ids.starts_with(old));
        self.entries.push_back((ids, kv));
        while self.entries.len() > 1 && self.exceeds() {
            self.entries.pop_front();
        }
    }

    fn exceeds(&self) -> bool {
        let tokens: usize = self.entries.iter().map(|(_, kv)| kv.len()).sum();
        self.entries.len() > MAX_ENTRIES || tokens > MAX_TOKENS
    }
}

fn shared(a: &[u32], b: &[u32]) -> usize {
    a.iter().zip(b).take_while(|(a, b)| a == b).count()
}

#[cfg(test)]
mod tests {
    use super::super::shape::Shape;
    use super::*;

    fn kv(tokens: usize) -> Kv {
        let shape = Shape {
            width: 16,
            layers: 2,
            heads: 1,
            kv_heads: 1,
            head: 16,
            context: 64,
            epsilon: 0.0,
            rope_base: 1.0,
            neighbours: true,
        };
        let mut kv = Kv::new(&shape);
        for layer in 0..2 {
            kv.push(layer, &vec![1.0; tokens * 16], &vec![1.0; tokens * 16]);
        }
        kv.advance(tokens);
        kv
    }

    #[test]
    fn finds_the_longest_beginning() {
        let mut prefixes = Prefixes::default();
        let prompt: Vec<u32> = (0..40).collect();
        assert!(prefixes.take(&prompt).is_none());
        prefixes.put((0..12).chain([99]).collect(), kv(13));
        prefixes.put((0..30).chain([99]).collect(), kv(31));
        assert_eq!(prefixes.take(&prompt).unwrap().len(), 30);
        assert_eq!(prefixes.take(&prompt[..13]).unwrap().len(), 12);
        assert!(prefixes.take(&[5; 20]).is_none());
    }

    #[test]
    fn leaves_one_token_to_compute() {
        let mut prefixes = Prefixes::default();
        prefixes.put((0..20).collect(), kv(20));
        let same: Vec<u32> = (0..20).collect();
        assert_eq!(prefixes.take(&same).unwrap().len(), 19);
    }

    #[test]
    fn forgets_the_oldest() {
        let mut prefixes = Prefixes::default();
        for i in 0..9 {
            prefixes.put(vec![i; 10], kv(10));
        }
        assert_eq!(prefixes.entries.len(), MAX_ENTRIES);
        assert!(prefixes.take(&[0; 10]).is_none());
        assert!(prefixes.take(&[8; 10]).is_some());
    }

    #[test]
    fn a_long_prompt_is_remembered_alone() {
        let mut prefixes = Prefixes::default();
        prefixes.put(vec![1; 10], kv(10));
        let long: Vec<u32> = (0..MAX_TOKENS as u32 + 50).collect();
        prefixes.put(long.clone(), kv(long.len()));
        assert_eq!(prefixes.entries.len(), 1);
        assert_eq!(prefixes.take(&long).unwrap().len(), long.len() - 1);
    }
}
