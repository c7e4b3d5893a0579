//! Constant regular expressions that compile on first use and can never panic.

use std::ops::Range;
use std::sync::OnceLock;

use regex::{Captures, Regex};

/// A constant pattern; one that did not compile never matches (a test of every user compiles it).
pub(super) struct Pattern {
    source: &'static str,
    compiled: OnceLock<Option<Regex>>,
}

impl Pattern {
    pub(super) const fn new(source: &'static str) -> Self {
        Self { source, compiled: OnceLock::new() }
    }

    fn regex(&self) -> Option<&Regex> {
        self.compiled.get_or_init(|| Regex::new(self.source).ok()).as_ref()
    }

    /// Byte ranges of all matches.
    pub(super) fn spans(&self, text: &str) -> Vec<Range<usize>> {
        self.regex().map(|r| r.find_iter(text).map(|m| m.range()).collect()).unwrap_or_default()
    }

    /// All matches with their groups.
    pub(super) fn captures<'t>(&self, text: &'t str) -> Vec<Captures<'t>> {
        self.regex().map(|r| r.captures_iter(text).collect()).unwrap_or_default()
    }

    /// The first match with its groups.
    pub(super) fn first<'t>(&self, text: &'t str) -> Option<Captures<'t>> {
        self.regex().and_then(|r| r.captures(text))
    }

    pub(super) fn is_match(&self, text: &str) -> bool {
        self.regex().is_some_and(|r| r.is_match(text))
    }

    #[cfg(test)]
    pub(super) fn compiles(&self) -> bool {
        self.regex().is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broken_pattern_never_matches() {
        let broken = Pattern::new("(");
        assert!(!broken.compiles());
        assert!(!broken.is_match("("));
        assert!(broken.spans("(").is_empty());
        assert!(broken.captures("(").is_empty());
        assert!(broken.first("(").is_none());
    }

    #[test]
    fn a_sound_pattern_finds_all_places() {
        let digits = Pattern::new(r"(\d)\d*");
        assert_eq!(digits.spans("12 and 3"), [0..2, 7..8]);
        assert_eq!(&digits.captures("12 and 3")[1][1], "3");
    }
}
