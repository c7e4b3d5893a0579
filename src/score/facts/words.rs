//! Number words of English and Romanian, up to the millions.

use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation;

/// Words that stand for themselves; folded. The articles `a`, `un` and `o` count only before a scale.
const SIMPLE: &[(&str, u64)] = &[
    ("zero", 0),
    ("one", 1),
    ("two", 2),
    ("three", 3),
    ("four", 4),
    ("five", 5),
    ("six", 6),
    ("seven", 7),
    ("eight", 8),
    ("nine", 9),
    ("ten", 10),
    ("eleven", 11),
    ("twelve", 12),
    ("thirteen", 13),
    ("fourteen", 14),
    ("fifteen", 15),
    ("sixteen", 16),
    ("seventeen", 17),
    ("eighteen", 18),
    ("nineteen", 19),
    ("twenty", 20),
    ("thirty", 30),
    ("forty", 40),
    ("fifty", 50),
    ("sixty", 60),
    ("seventy", 70),
    ("eighty", 80),
    ("ninety", 90),
    ("unu", 1),
    ("doi", 2),
    ("doua", 2),
    ("trei", 3),
    ("patru", 4),
    ("cinci", 5),
    ("sase", 6),
    ("sapte", 7),
    ("opt", 8),
    ("noua", 9),
    ("zece", 10),
    ("unsprezece", 11),
    ("doisprezece", 12),
    ("douasprezece", 12),
    ("treisprezece", 13),
    ("paisprezece", 14),
    ("cincisprezece", 15),
    ("saisprezece", 16),
    ("saptesprezece", 17),
    ("optsprezece", 18),
    ("nouasprezece", 19),
    ("douazeci", 20),
    ("treizeci", 30),
    ("patruzeci", 40),
    ("cincizeci", 50),
    ("saizeci", 60),
    ("saptezeci", 70),
    ("optzeci", 80),
    ("nouazeci", 90),
];

const SCALES: &[(&str, u64)] = &[
    ("hundred", 100),
    ("thousand", 1_000),
    ("million", 1_000_000),
    ("suta", 100),
    ("sute", 100),
    ("mie", 1_000),
    ("mii", 1_000),
    ("milion", 1_000_000),
    ("milioane", 1_000_000),
];

fn lookup(table: &[(&str, u64)], word: &str) -> Option<u64> {
    table.iter().find(|(w, _)| *w == word).map(|(_, n)| *n)
}

/// What a number word below a hundred stands for.
pub(in crate::score) fn small_number(word: &str) -> Option<u64> {
    // Shorter and longer words are never in the table.
    if (3..=14).contains(&word.len()) { lookup(SIMPLE, word) } else { None }
}

/// A number being read word by word.
#[derive(Default)]
struct Reading {
    span: Option<Range<usize>>,
    /// Closed thousands and millions.
    total: u64,
    /// Below the next scale.
    current: u64,
    /// Whether the last word was an article that only a scale makes a number.
    article: bool,
}

impl Reading {
    fn take(&mut self, word: &str, at: Range<usize>) -> bool {
        let start = self.span.as_ref().map_or(at.start, |s| s.start);
        let begun = self.span.is_some();
        if let Some(n) = lookup(SIMPLE, word) {
            let room = match self.current % 100 {
                0 => self.total > 0 || self.current > 0,
                tens => tens >= 20 && tens % 10 == 0 && n < 10,
            };
            let fits = !begun || (n > 0 && room);
            if !fits || self.article {
                return false;
            }
            self.current += n;
        } else if let Some(scale) = lookup(SCALES, word) {
            if !begun {
                return false;
            }
            let count = self.current.max(1);
            match scale {
                100 if self.current < 20 => self.current = count * 100,
                100 => return false,
                _ => {
                    let Some(closed) = count.checked_mul(scale).and_then(|c| self.total.checked_add(c))
                    else {
                        return false;
                    };
                    self.total = closed;
                    self.current = 0;
                }
            }
            self.article = false;
        } else if !begun && matches!(word, "a" | "o" | "un") {
            self.article = true;
        } else {
            return false;
        }
        self.span = Some(start..at.end);
        true
    }

    fn close(&mut self, found: &mut Vec<(Range<usize>, u64)>) {
        let reading = std::mem::take(self);
        if let (Some(span), false) = (reading.span, reading.article) {
            found.push((span, reading.total.saturating_add(reading.current)));
        }
    }
}

/// Number words of a folded text with their values.
pub(super) fn worded(text: &str) -> Vec<(Range<usize>, u64)> {
    let mut found = Vec::new();
    let mut reading = Reading::default();
    let mut linked = false;
    let mut end = 0;
    for (at, word) in text.unicode_word_indices() {
        let gap = text.get(end..at).unwrap_or_default();
        let joined = reading.span.is_some() && matches!(gap, " " | "-");
        end = at + word.len();
        // `and` and `și` link two parts, but belong to a number only when the second follows.
        if joined && !linked && matches!(word, "and" | "si") {
            linked = true;
            continue;
        }
        let goes_on = joined && (!linked || reading.total.saturating_add(reading.current) >= 20);
        linked = false;
        if goes_on && reading.take(word, at..end) {
            continue;
        }
        reading.close(&mut found);
        reading.take(word, at..end);
    }
    reading.close(&mut found);
    found
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn values(text: &str) -> Vec<u64> {
        worded(text).into_iter().map(|(_, n)| n).collect()
    }

    #[test]
    fn english() {
        for (text, n) in [
            ("zero", 0),
            ("thirty", 30),
            ("thirty-five", 35),
            ("a hundred", 100),
            ("one hundred and twenty", 120),
            ("two hundred fifty-six", 256),
            ("three thousand four hundred", 3_400),
            ("two million", 2_000_000),
        ] {
            assert_eq!(values(text), [n], "{text}");
        }
    }

    #[test]
    fn romanian() {
        for (text, n) in [
            ("treizeci", 30),
            ("treizeci si cinci", 35),
            ("o suta", 100),
            ("o suta douazeci", 120),
            ("doua sute cincizeci", 250),
            ("o mie", 1_000),
            ("doua mii trei sute", 2_300),
            ("paisprezece", 14),
        ] {
            assert_eq!(values(text), [n], "{text}");
        }
    }

    #[test]
    fn lists_are_not_sums() {
        assert_eq!(values("three or four"), [3, 4]);
        assert_eq!(values("two and three"), [2, 3]);
        assert_eq!(values("two three"), [2, 3]);
        assert_eq!(values("thirty, five"), [30, 5]);
        assert_eq!(values("twenty and"), [20]);
    }

    #[test]
    fn articles_and_scales_alone_are_no_numbers() {
        assert!(values("a bike, o zi, un coleg, hundreds, a").is_empty());
        assert!(values("thousand").is_empty());
    }

    #[test]
    fn tables_are_sound() {
        let all: std::collections::BTreeSet<_> = SIMPLE.iter().chain(SCALES).map(|(w, _)| w).collect();
        assert_eq!(all.len(), SIMPLE.len() + SCALES.len());
    }

    proptest! {
        #[test]
        fn no_sequence_of_number_words_overflows(picks in prop::collection::vec(0usize..75, 0..60)) {
            let words: Vec<&str> = SIMPLE.iter().chain(SCALES).map(|(w, _)| *w).collect();
            let text: Vec<&str> = picks.iter().map(|i| words[i % words.len()]).collect();
            let text = text.join(" ");
            for (span, _) in worded(&text) {
                prop_assert!(text.get(span).is_some());
            }
        }
    }
}
