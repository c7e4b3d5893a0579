//! An embedder that remembers: goldens and passages come again with every trial.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use crate::embed::{EmbedError, Embedder, Embedding};

/// Texts that one half of the memory holds.
const HALF: usize = 4096;
/// Texts longer than this many bytes are not remembered.
const LONGEST: usize = 4096;

/// An embedder with a memory of a bounded number of texts: when the newer half is full, the older one is forgotten.
pub struct Remembered<E> {
    inner: E,
    halves: Mutex<Halves>,
}

#[derive(Default)]
struct Halves {
    newer: HashMap<Box<str>, Embedding>,
    older: HashMap<Box<str>, Embedding>,
}

impl Halves {
    /// What is known of a text; what was of the older half is of the newer one then.
    fn find(&mut self, text: &str) -> Option<Embedding> {
        if let Some(found) = self.newer.get(text) {
            return Some(found.clone());
        }
        let (text, found) = self.older.remove_entry(text)?;
        self.keep(text, found.clone());
        Some(found)
    }

    fn keep(&mut self, text: Box<str>, vector: Embedding) {
        if self.newer.len() >= HALF {
            self.older = std::mem::take(&mut self.newer);
        }
        self.newer.insert(text, vector);
    }
}

impl<E: Embedder> Remembered<E> {
    /// Gives an embedder a memory.
    pub fn new(inner: E) -> Self {
        Self { inner, halves: Mutex::default() }
    }

    fn halves(&self) -> std::sync::MutexGuard<'_, Halves> {
        // A memory that a panic left behind is still true.
        self.halves.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<E: Embedder> Embedder for Remembered<E> {
    fn embed(&self, texts: &[&str]) -> Result<Vec<Embedding>, EmbedError> {
        let mut found: Vec<Option<Embedding>> = {
            let mut halves = self.halves();
            texts.iter().map(|text| halves.find(text)).collect()
        };
        // Each new text is asked for once, however often it comes.
        let mut new: Vec<&str> = Vec::new();
        let mut places: HashMap<&str, usize> = HashMap::new();
        for (text, _) in texts.iter().zip(&found).filter(|(_, found)| found.is_none()) {
            places.entry(text).or_insert_with(|| {
                new.push(text);
                new.len() - 1
            });
        }
        if !new.is_empty() {
            let vectors = self.inner.embed(&new)?;
            for (text, place) in texts.iter().zip(&mut found).filter(|(_, found)| found.is_none()) {
                *place = places.get(text).and_then(|at| vectors.get(*at)).cloned();
            }
            let mut halves = self.halves();
            for (text, vector) in new.iter().zip(vectors).filter(|(text, _)| text.len() <= LONGEST) {
                halves.keep((*text).into(), vector);
            }
        }
        Ok(found.into_iter().flatten().collect())
    }

    fn dimension(&self) -> usize {
        self.inner.dimension()
    }

    fn identity(&self) -> &serde_json::Value {
        self.inner.identity()
    }

    fn reads(&self, lang: &str) -> bool {
        self.inner.reads(lang)
    }

    fn ready(&self) -> Result<(), EmbedError> {
        self.inner.ready()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::embed::samples::Counting;

    #[test]
    fn a_text_is_computed_once_and_the_order_is_kept() {
        let memory = Remembered::new(Counting::default());
        let texts = ["a", "bb", "a", "ccc", ""];
        let first = memory.embed(&texts).unwrap();
        assert_eq!(first, memory.inner.embed(&texts).unwrap());
        let before = memory.inner.asked();
        assert_eq!(memory.embed(&["ccc", "d", "a"]).unwrap()[0], first[3]);
        assert_eq!(memory.inner.asked(), before + 1);
        assert!(memory.embed(&[]).unwrap().is_empty());
    }

    #[test]
    fn the_memory_is_bounded_and_keeps_what_is_used() {
        let memory = Remembered::new(Counting::default());
        let names: Vec<String> = (0..3 * HALF).map(|i| i.to_string()).collect();
        for name in &names {
            memory.embed(&["golden", name]).unwrap();
        }
        let halves = memory.halves();
        assert!(halves.newer.len() <= HALF && halves.older.len() <= HALF);
        drop(halves);
        assert_eq!(memory.inner.asked(), 1 + names.len());
        memory.embed(&["golden"]).unwrap();
        assert_eq!(memory.inner.asked(), 1 + names.len());
    }

    #[test]
    fn long_texts_are_not_kept() {
        let memory = Remembered::new(Counting::default());
        let long = "x".repeat(LONGEST + 1);
        memory.embed(&[&long, &long]).unwrap();
        memory.embed(&[&long]).unwrap();
        assert_eq!(memory.inner.asked(), 2);
    }
}
