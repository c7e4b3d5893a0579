//! What a program printed as error, for a message.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use crate::secret::Redactor;

/// How much of it is kept, in bytes.
const MOST: usize = 4096;

/// The end of what a program printed as error.
#[derive(Debug, Default)]
pub struct LastWords {
    redactor: Redactor,
    kept: Mutex<VecDeque<u8>>,
}

impl LastWords {
    /// Nothing yet; these secrets are never told.
    pub fn new(redactor: Redactor) -> Self {
        Self { redactor, kept: Mutex::default() }
    }

    /// Keeps more; what is older makes room.
    pub fn keep(&self, bytes: &[u8]) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.extend(bytes);
        let surplus = kept.len().saturating_sub(MOST);
        kept.drain(..surplus);
    }

    /// The end of a message: `; it printed: …` on one line without control characters; empty when there is nothing.
    pub fn told(&self) -> String {
        let kept: Vec<u8> =
            self.kept.lock().unwrap_or_else(PoisonError::into_inner).iter().copied().collect();
        let text = self.redactor.scrub(String::from_utf8_lossy(&kept).into_owned());
        let words: Vec<&str> = text.split(|c: char| c.is_whitespace() || c.is_control()).collect();
        let text = words.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
        if text.is_empty() { text } else { format!("; it printed: {text}") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::Secret;

    #[test]
    fn the_end_is_told_on_one_line_and_without_secrets() {
        let words = LastWords::new(Redactor::new([&Secret::new("canary-0123")]));
        assert_eq!(words.told(), "");
        words.keep(b"Traceback:\n  key canary-0123\x1b[31m\tboom\x07\n");
        assert_eq!(words.told(), "; it printed: Traceback: key [redacted] [31m boom");
        words.keep(&[b'x'; 10_000]);
        assert_eq!(words.told().len(), "; it printed: ".len() + MOST);
    }
}
