//! How much a trial may be given, and what is kept of a longer list.

use std::sync::Arc;

use unicode_segmentation::UnicodeSegmentation;

use crate::knowledge::Passage;

/// How much a trial may be given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// Most passages.
    pub max_passages: usize,
    /// Most characters of passage text.
    pub max_chars: usize,
}

/// What a suite says about it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Limits {
    /// Most passages.
    pub max_passages: Option<usize>,
    /// Most characters of passage text.
    pub max_chars: Option<usize>,
}

impl Budget {
    /// That of most retrievers.
    pub const USUAL: Self = Self { max_passages: 6, max_chars: 6000 };

    /// What of `ranked`, places among `passages` with the best first, may be given: in the order of their rank.
    ///
    /// A passage longer than what remains is skipped, but the best one is always given, cut if it must be.
    pub(super) fn fill(
        self,
        passages: &[Arc<Passage>],
        ranked: impl IntoIterator<Item = usize>,
    ) -> Vec<usize> {
        if self.max_passages == 0 || self.max_chars == 0 {
            return Vec::new();
        }
        let (mut kept, mut left) = (Vec::new(), self.max_chars);
        for (rank, at) in ranked.into_iter().enumerate() {
            if kept.len() == self.max_passages {
                break;
            }
            let length = passages[at].text.chars().count();
            if length <= left || rank == 0 {
                left = left.saturating_sub(length);
                kept.push(at);
            }
        }
        kept
    }

    /// The passage, cut where it is longer than all that may be given.
    pub(super) fn fitting(self, passage: &Arc<Passage>) -> Arc<Passage> {
        if passage.text.chars().count() > self.max_chars {
            cut(passage, self.max_chars)
        } else {
            passage.clone()
        }
    }
}

/// The passage with at most `max` characters of text: whole sentences when one fits, else whole words,
/// else whole characters.
fn cut(passage: &Passage, max: usize) -> Arc<Passage> {
    let end = passage.text.char_indices().nth(max).map_or(passage.text.len(), |(at, _)| at);
    let fitting = |starts: &mut dyn Iterator<Item = usize>| {
        let at = starts.take_while(|at| *at <= end).last().unwrap_or(0);
        Some(passage.text[..at].trim_end()).filter(|text| !text.is_empty())
    };
    let text = fitting(&mut passage.text.split_sentence_bound_indices().map(|(at, _)| at))
        .or_else(|| fitting(&mut passage.text.match_indices(char::is_whitespace).map(|(at, _)| at)))
        .unwrap_or(&passage.text[..end]);
    Arc::new(Passage {
        text: text.to_owned(),
        hash: Passage::hash_of(&passage.heading, text),
        ..passage.clone()
    })
}
