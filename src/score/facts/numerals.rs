//! Numbers as people write them: `1,234.56`, `1.234,56`, `1 234`, `1.5 million`, `thirty-five`, `două sute`.

use std::ops::Range;

use crate::score::facts::words::worded;
use crate::score::pattern::Pattern;

/// A number in a folded text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::score) struct Numeral {
    /// Bytes of the folded text.
    pub(in crate::score) span: Range<usize>,
    /// What it may mean, in canonical decimal digits: `1.234` is 1.234 in London and 1234 in Bucharest.
    pub(in crate::score) values: Vec<String>,
    /// Whether it was written in words.
    pub(in crate::score) worded: bool,
}

static DIGITS: Pattern = Pattern::new(r"\d{1,3}(?: \d{3})+(?:[.,]\d+)?|\d+(?:[.,']\d+)*");
static MAGNITUDE: Pattern = Pattern::new(r"^ ?(thousand|million|billion|de mii|mii|de milioane|milioane|milion)\b");

/// All numbers of a folded text in order.
pub(in crate::score) fn numerals(text: &str) -> Vec<Numeral> {
    let mut found: Vec<Numeral> = DIGITS.spans(text).into_iter().filter_map(|span| in_digits(text, span)).collect();
    found.extend(worded(text).into_iter().map(|(span, value)| Numeral {
        span,
        values: vec![value.to_string()],
        worded: true,
    }));
    found.sort_by_key(|n| n.span.start);
    let mut end = 0;
    found.retain(|n| {
        let free = n.span.start >= end;
        end = if free { n.span.end } else { end };
        free
    });
    found
}

fn in_digits(text: &str, mut span: Range<usize>) -> Option<Numeral> {
    let before = text[..span.start].chars().next_back();
    if before.is_some_and(|c| c.is_alphanumeric() || c == '_') {
        return None;
    }
    let mut values = meanings(&text[span.clone()]);
    if let Some(magnitude) = MAGNITUDE.first(&text[span.end..]) {
        let zeros = match magnitude.get(1).map(|m| m.as_str()) {
            Some("thousand" | "mii" | "de mii") => 3,
            Some("billion") => 9,
            _ => 6,
        };
        values = values.iter().map(|v| shifted(v, zeros)).collect();
        span.end += magnitude.get(0).map_or(0, |m| m.len());
    }
    if let Some(sign @ ('-' | '−')) = before {
        let at = span.start - sign.len_utf8();
        if text[..at].chars().next_back().is_none_or(|c| c.is_whitespace() || c == '(') {
            span.start = at;
            values = values.into_iter().map(|v| if v == "0" { v } else { format!("-{v}") }).collect();
        }
    }
    Some(Numeral { span, values, worded: false })
}

/// The values that digits with separators may mean.
fn meanings(written: &str) -> Vec<String> {
    let compact: String = written.chars().filter(|c| !matches!(c, ' ' | '\'')).collect();
    let grouped = written.contains([' ', '\'']);
    let marks: Vec<(usize, char)> = compact.char_indices().filter(|(_, c)| matches!(c, '.' | ',')).collect();
    let whole = || decimal(&compact.replace(['.', ','], ""), "");
    let Some(&(last, mark)) = marks.last() else { return vec![whole()] };
    let split = || decimal(&compact[..last].replace(['.', ','], ""), &compact[last + 1..]);
    let threes = compact.split(['.', ',']).skip(1).all(|g| g.len() == 3);
    if marks.len() > 1 {
        let mixed = marks.iter().any(|(_, c)| *c != mark);
        return match (mixed, threes) {
            (true, _) => vec![split()],
            (false, true) => vec![whole()],
            // `1.2.3` is a version: equal only to itself.
            (false, false) => vec![compact],
        };
    }
    let head = &compact[..last];
    if threes && !grouped && head.len() <= 3 && !head.starts_with('0') { vec![split(), whole()] } else { vec![split()] }
}

/// Canonical digits: no leading zeros, no trailing zeros of the fraction.
fn decimal(whole: &str, fraction: &str) -> String {
    let whole = whole.trim_start_matches('0');
    let whole = if whole.is_empty() { "0" } else { whole };
    let fraction = fraction.trim_end_matches('0');
    if fraction.is_empty() { whole.to_owned() } else { format!("{whole}.{fraction}") }
}

fn shifted(value: &str, zeros: usize) -> String {
    let (whole, fraction) = value.split_once('.').unwrap_or((value, ""));
    let padded = format!("{fraction:0<zeros$}");
    let (up, rest) = padded.split_at(zeros);
    decimal(&format!("{whole}{up}"), rest)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn values(text: &str) -> Vec<Vec<String>> {
        numerals(text).into_iter().map(|n| n.values).collect()
    }

    #[test]
    fn formats_of_three_languages() {
        for (text, expected) in [
            ("1,234.56", vec!["1234.56"]),
            ("1.234,56", vec!["1234.56"]),
            ("1 234,5", vec!["1234.5"]),
            ("1'234.50", vec!["1234.5"]),
            ("1,234,567", vec!["1234567"]),
            ("1.234", vec!["1.234", "1234"]),
            ("12,50", vec!["12.5"]),
            ("0,125", vec!["0.125"]),
            ("2025", vec!["2025"]),
            ("007", vec!["7"]),
            ("1.5 million", vec!["1500000"]),
            ("3 mii", vec!["3000"]),
            ("1.2.3", vec!["1.2.3"]),
            ("-5", vec!["-5"]),
            ("-0", vec!["0"]),
            ("12345678901234567890", vec!["12345678901234567890"]),
        ] {
            assert_eq!(values(text), [expected], "{text}");
        }
    }

    #[test]
    fn digits_inside_words_are_no_numbers() {
        assert!(values("b2b x3 v_7").is_empty());
        assert_eq!(values("30-day 3-5"), [["30"], ["3"], ["5"]]);
        assert_eq!(values("order-123"), [["123"]]);
    }

    #[test]
    fn words_and_digits_come_in_order() {
        assert_eq!(values("thirty (30) days or 2"), [["30"], ["30"], ["2"]]);
        assert!(values("").is_empty());
    }

    proptest! {
        #[test]
        fn spans_are_sound_and_ordered(text in "[0-9a-z.,' \\-ăș%€]{0,40}") {
            let mut end = 0;
            for numeral in numerals(&text) {
                prop_assert!(numeral.span.start >= end && text.get(numeral.span.clone()).is_some());
                prop_assert!(!numeral.values.is_empty());
                end = numeral.span.end;
            }
        }

        #[test]
        fn whole_numbers_survive(n in 0u64..10_000_000) {
            prop_assert_eq!(values(&n.to_string()), [[n.to_string()]]);
        }
    }
}
