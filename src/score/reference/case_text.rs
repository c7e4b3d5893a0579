//! An accepted answer or a question with all that is asked of it, read once: a case comes back in many trials.

use std::sync::{Arc, OnceLock};

use crate::score::facts::{Fact, extract};
use crate::score::kept::Kept;
use crate::score::reading::{Reading, Trigrams, WordId, WordSet};

static KEPT: Kept<String, CaseText> = Kept::new();

/// A text that an answer is held against.
#[derive(Debug)]
pub(in crate::score) struct CaseText {
    pub(in crate::score) reading: Reading,
    /// Its words in order.
    pub(in crate::score) ids: Vec<WordId>,
    /// Its different words.
    pub(in crate::score) words: WordSet,
    pub(in crate::score) trigrams: Trigrams,
    text: String,
    facts: OnceLock<Vec<Fact>>,
}

impl CaseText {
    pub(in crate::score) fn of(text: &str) -> Arc<Self> {
        KEPT.of(text, || {
            let reading = Reading::new(text);
            Self {
                ids: reading.tokens.iter().map(|token| token.id).collect(),
                words: reading.ids(),
                trigrams: Trigrams::of(&reading),
                reading,
                text: text.to_owned(),
                facts: OnceLock::new(),
            }
        })
    }

    /// Its facts, looked for when they are first asked for.
    pub(in crate::score) fn facts(&self) -> &[Fact] {
        self.facts.get_or_init(|| extract(&self.text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_text_is_read_once() {
        let first = CaseText::of("You have 30 days.");
        assert!(Arc::ptr_eq(&first, &CaseText::of("You have 30 days.")));
        assert_eq!((first.ids.len(), first.facts()[0].text.as_str()), (4, "30 days"));
    }
}
