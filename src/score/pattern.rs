//! Constant regular expressions that compile on first use and can never panic.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::OnceLock;

use regex::{Captures, Regex};

/// A constant pattern; one that did not compile never matches (a test of every user compiles it).
#[derive(Debug)]
pub(super) struct Pattern {
    source: Cow<'static, str>,
    narrow: bool,
    compiled: OnceLock<Option<Regex>>,
}

impl Pattern {
    pub(super) const fn new(source: &'static str) -> Self {
        Self { source: Cow::Borrowed(source), narrow: false, compiled: OnceLock::new() }
    }

    /// For folded text of languages in Latin script: the letters of `\w` and `\W` are those of that
    /// script, and `\b` looks at ASCII alone. Compiling and searching cost a tenth.
    pub(super) const fn latin(source: &'static str) -> Self {
        Self { source: Cow::Borrowed(source), narrow: true, compiled: OnceLock::new() }
    }

    /// The same for a pattern that is put together.
    pub(super) fn latin_of(source: String) -> Self {
        Self { source: Cow::Owned(source), narrow: true, compiled: OnceLock::new() }
    }

    /// A pattern that is not part of the program.
    pub(super) fn of(source: String) -> Self {
        Self { source: Cow::Owned(source), narrow: false, compiled: OnceLock::new() }
    }

    /// The pattern as written.
    pub(super) fn source(&self) -> &str {
        &self.source
    }

    fn regex(&self) -> Option<&Regex> {
        let compile = || {
            let source = if self.narrow { narrowed(&self.source) } else { self.source.to_string() };
            Regex::new(&source).ok()
        };
        self.compiled.get_or_init(compile).as_ref()
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

/// Digits, letters of the Latin script, and the underscore.
const WORD: &str = r"0-9A-Za-z_\u{c0}-\u{d6}\u{d8}-\u{f6}\u{f8}-\u{24f}";

/// The pattern with narrow classes in place of those of all scripts.
fn narrowed(source: &str) -> String {
    let mut out = String::with_capacity(source.len() * 2);
    let mut rest = source.chars();
    let mut in_class = false;
    while let Some(c) = rest.next() {
        if c != '\\' {
            in_class = (in_class || c == '[') && c != ']';
            out.push(c);
            continue;
        }
        match (rest.next(), in_class) {
            (Some('b'), false) => out.push_str(r"(?-u:\b)"),
            (Some('w'), false) => out.extend(["[", WORD, "]"]),
            (Some('w'), true) => out.push_str(WORD),
            (Some('W'), false) => out.extend(["[^", WORD, "]"]),
            (escaped, _) => out.extend(['\\'].into_iter().chain(escaped)),
        }
    }
    out
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

    #[test]
    fn narrow_classes_take_the_place_of_wide_ones() {
        let narrow = narrowed(r"\b[\w'-]+\]\W\s[.]$");
        assert_eq!(narrow, format!(r"(?-u:\b)[{WORD}'-]+\][^{WORD}]\s[.]$"));
        assert_eq!(narrowed("a\\"), "a\\");
        let words = Pattern::latin(r"\bnu [\w-]+ stiu\b");
        assert!(words.is_match("eu nu été-ß stiu.") && !words.is_match("nu дом stiu"));
        assert!(!words.is_match("inu a stiu") && !words.is_match("nu — stiu"));
    }
}
