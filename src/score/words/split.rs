//! The words of a text as scorers compare them.

use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation;

use crate::score::words::{Folded, Folding};

/// One word, compared without case and Romanian diacritics.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::score) struct Word {
    /// What is compared.
    pub(in crate::score) folded: String,
    /// Characters of the text.
    pub(in crate::score) span: Range<usize>,
}

/// The words of a text (Unicode Standard Annex 29), punctuation left out.
pub(in crate::score) fn words(text: &str) -> Vec<Word> {
    let words = Words::new(text);
    let word = |at: &Range<usize>| Word {
        folded: words.folded.text[at.clone()].to_owned(),
        span: words.folded.chars(at),
    };
    words.at.iter().map(word).collect()
}

/// The words of a text in one piece.
#[derive(Debug, Clone)]
pub(in crate::score) struct Words<'a> {
    folded: Folded<'a>,
    /// Bytes of the folded text.
    at: Vec<Range<usize>>,
}

impl<'a> Words<'a> {
    pub(in crate::score) fn new(text: &'a str) -> Self {
        let folded = Folded::new(text, Folding::Marks);
        let mut at = Vec::with_capacity(folded.text.len() / 5);
        if folded.text.is_ascii() {
            find(&folded.text, 0, &mut at);
        } else {
            // No word holds a blank, and most of what lies between two is ASCII, which is quicker.
            let mut start = 0;
            for part in folded.text.split_inclusive(' ') {
                find(part, start, &mut at);
                start += part.len();
            }
        }
        Self { folded, at }
    }

    pub(in crate::score) fn len(&self) -> usize {
        self.at.len()
    }

    /// The words as they are compared.
    pub(in crate::score) fn iter(&self) -> impl Iterator<Item = &str> {
        self.at.iter().map(|at| &self.folded.text[at.clone()])
    }

    /// What stands between a word and the one before it, folded; nothing for the first word.
    pub(in crate::score) fn gap(&self, at: usize) -> &str {
        let before = at.checked_sub(1).and_then(|before| self.at.get(before));
        match (before, self.at.get(at)) {
            (Some(before), Some(word)) => self.folded.text.get(before.end..word.start).unwrap_or_default(),
            _ => "",
        }
    }

    /// Characters of the text from the first to the last of some words; none of no words.
    pub(in crate::score) fn span(&self, words: &Range<usize>) -> Option<Range<usize>> {
        let part = self.at.get(words.clone())?;
        Some(self.folded.chars(part.first()?).start..self.folded.chars(part.last()?).end)
    }

    /// Characters of the text.
    pub(in crate::score) fn quote(&self, chars: &Range<usize>) -> &'a str {
        self.folded.quote(chars)
    }
}

fn find(part: &str, start: usize, at: &mut Vec<Range<usize>>) {
    at.extend(part.unicode_word_indices().map(|(offset, word)| {
        let first = start + offset;
        first..first + word.len()
    }));
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn words_have_no_punctuation() {
        let found = words("Ține 30 de zile, don't!");
        let folded: Vec<_> = found.iter().map(|w| w.folded.as_str()).collect();
        assert_eq!(folded, ["tine", "30", "de", "zile", "don't"]);
        assert_eq!(found[1].span, 5..7);
        assert!(words(" \n ").is_empty());
    }

    #[test]
    fn a_run_of_words_has_one_span() {
        let words = Words::new("Ține — 30 de zile!");
        assert_eq!(words.len(), 4);
        let span = words.span(&(1..3)).unwrap();
        assert_eq!(words.quote(&span), "30 de");
        assert_eq!([0, 1, 2, 9].map(|at| words.gap(at)), ["", " — ", " ", ""]);
        assert_eq!((words.span(&(1..1)), words.span(&(3..9))), (None, None));
    }

    proptest! {
        #[test]
        fn blanks_part_words_as_the_annex_does(
            any in any::<String>(),
            near in "[aB3 ._',:;\n\u{326}\u{200d}\u{1f468}\u{1f1e9}ăß’“…€かカ\u{2060}]{0,16}",
        ) {
            for text in [any, near] {
                let folded = Folded::new(&text, Folding::Marks).text;
                // The annex lets a mark hang on a blank.
                let annex: Vec<_> = folded.unicode_words().map(|w| w.trim_start_matches(' ')).collect();
                let words = Words::new(&text);
                prop_assert_eq!(words.iter().collect::<Vec<_>>(), annex);
            }
        }
    }
}
