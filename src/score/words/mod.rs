//! Text as scorers compare it: folded with a way back to the answer's characters, words, sentences.
//!
//! Spans in evidence count characters of the answer; spans inside this module count bytes of the
//! text they name. [`Folded`] keeps the map between the two.

mod folded;
mod sentences;
mod split;

use std::ops::Range;

pub(super) use folded::{Folded, Folding, fold};
pub(super) use sentences::sentences;
pub(super) use split::{Words, words};

/// Which bytes of a text are spoken for, so that each is read only once.
#[derive(Debug)]
pub(super) struct Claims {
    taken: Vec<bool>,
}

impl Claims {
    pub(super) fn over(text: &str) -> Self {
        Self { taken: vec![false; text.len()] }
    }

    /// Takes a byte range, unless a part of it is taken already.
    pub(super) fn take(&mut self, bytes: &Range<usize>) -> bool {
        match self.taken.get_mut(bytes.clone()) {
            Some(part) if !part.contains(&true) => {
                part.fill(true);
                true
            }
            _ => false,
        }
    }
}

/// The characters `span` of `text`, the plain way.
#[cfg(test)]
pub(super) fn quote(text: &str, span: &Range<usize>) -> String {
    text.chars().skip(span.start).take(span.len()).collect()
}

/// A byte range of `text` as characters.
pub(super) fn char_span(text: &str, bytes: &Range<usize>) -> Range<usize> {
    let count = |end: usize| text.get(..end).map_or(0, |head| head.chars().count());
    count(bytes.start)..count(bytes.end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_claimed_once() {
        let mut claims = Claims::over("abcdef");
        assert!(claims.take(&(1..3)) && claims.take(&(3..4)));
        assert!(!claims.take(&(0..2)) && !claims.take(&(5..9)));
        assert!(claims.take(&(0..1)));
    }

    #[test]
    fn byte_spans_become_character_spans() {
        assert_eq!(char_span("€29", &(3..5)), 1..3);
        assert_eq!(char_span("€29", &(0..0)), 0..0);
    }
}
