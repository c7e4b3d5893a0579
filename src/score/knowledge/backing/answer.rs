//! An answer, read once for all the scorers that look at it one after another.

use std::cell::{OnceCell, RefCell};
use std::rc::Rc;

use crate::score::facts::{Fact, extract};
use crate::score::reading::{Index, Reading};

thread_local! {
    /// The answer that was read last; a case's scorers run on one thread, one after another.
    static LAST: RefCell<Option<Rc<Answer>>> = const { RefCell::new(None) };
}

/// A text with all that scorers ask of it.
#[derive(Debug)]
pub(in crate::score) struct Answer {
    pub(in crate::score) text: String,
    pub(in crate::score) index: Index,
    facts: OnceCell<Vec<Fact>>,
}

impl Answer {
    /// Reads a text, unless it was the last one read.
    pub(in crate::score) fn of(text: &str) -> Rc<Self> {
        let known = LAST.with_borrow(|last| last.as_ref().filter(|a| a.text == text).map(Rc::clone));
        known.unwrap_or_else(|| {
            let read = Self { text: text.to_owned(), index: Index::new(text), facts: OnceCell::new() };
            let read = Rc::new(read);
            LAST.set(Some(Rc::clone(&read)));
            read
        })
    }

    /// Its words and sentences.
    pub(in crate::score) fn reading(&self) -> &Reading {
        &self.index.reading
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
        let first = Answer::of("You have 30 days.");
        assert!(Rc::ptr_eq(&first, &Answer::of("You have 30 days.")));
        let other = Answer::of("You have 14 days.");
        assert_eq!((first.facts()[0].text.as_str(), other.facts()[0].text.as_str()), ("30 days", "14 days"));
        assert_eq!(other.reading().tokens.len(), 4);
    }
}
