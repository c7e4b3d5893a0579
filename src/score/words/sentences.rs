//! The sentences of a text.

use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation;

use crate::score::words::{Folded, Folding};

/// Abbreviations whose full stop ends no sentence.
const ABBREVIATIONS: &[&str] = &[
    "e.g.", "i.e.", "dr.", "mr.", "mrs.", "ms.", "st.", "no.", "nr.", "approx.", "vs.", "inc.", "ltd.",
    "str.", "art.", "alin.", "tel.", "ex.", "d.ex.", "max.", "min.",
];

/// Characters of each sentence of a text, trimmed; a line break ends a sentence, and so a list item
/// is one. Parts without any letter or digit are left out.
pub(in crate::score) fn sentences(original: &str) -> Vec<Range<usize>> {
    // Folded no further: where a sentence ends depends on the case of what follows.
    let folded = Folded::new(original, Folding::Typing);
    let text = &folded.text;
    let mut found = Vec::new();
    let mut line_start = 0;
    for line in text.split_inclusive('\n') {
        let mut open: Option<usize> = None;
        let mut take = |part: Range<usize>| {
            let whole = open.take().unwrap_or(line_start + part.start)..line_start + part.end;
            if goes_on(&text[whole.clone()]) {
                open = Some(whole.start);
            } else {
                push_trimmed(text, whole, &mut found);
            }
        };
        if line.chars().all(|c| class(c) != Class::Unknown) {
            parts(line, &mut take);
        } else {
            line.split_sentence_bound_indices().for_each(|(at, part)| take(at..at + part.len()));
        }
        if let Some(start) = open {
            push_trimmed(text, start..line_start + line.len(), &mut found);
        }
        line_start += line.len();
    }
    found.iter().map(|bytes| folded.chars(bytes)).collect()
}

fn goes_on(part: &str) -> bool {
    let trimmed = part.trim_end();
    let last = trimmed.rsplit(char::is_whitespace).next().unwrap_or_default();
    let last = last.trim_start_matches(['(', '[', '"', '„', '“']);
    let list_marker = trimmed.trim_start().trim_end_matches(['.', ')']);
    (last.ends_with('.') && ABBREVIATIONS.contains(&last.to_lowercase().as_str()))
        || (list_marker.len() < trimmed.trim_start().len() && list_marker.chars().all(|c| c.is_ascii_digit()))
}

fn push_trimmed(text: &str, span: Range<usize>, found: &mut Vec<Range<usize>>) {
    let part = &text[span.clone()];
    if !part.chars().any(char::is_alphanumeric) {
        return;
    }
    let start = span.start + (part.len() - part.trim_start().len());
    found.push(start..start + part.trim().len());
}

/// What a character is to the sentence rules of Unicode Standard Annex 29.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    /// Perhaps the end (`.`), or surely (`!`).
    Stop,
    Close,
    Blank,
    Continue,
    Upper,
    Lower,
    Digit,
    Break,
    Other,
    /// Not in this table.
    Unknown,
}

fn class(c: char) -> Class {
    match c {
        'a'..='z' | 'ß'..='ö' | 'ø'..='ÿ' | 'ă' | 'ș' | 'ț' => Class::Lower,
        'A'..='Z' | 'À'..='Ö' | 'Ø'..='Þ' | 'Ă' | 'Ș' | 'Ț' => Class::Upper,
        '0'..='9' => Class::Digit,
        ' ' | '\t' => Class::Blank,
        '.' | '!' | '?' => Class::Stop,
        ',' | '-' | ':' | ';' | '–' | '—' => Class::Continue,
        '"' | '\'' | '(' | ')' | '[' | ']' | '{' | '}' | '«' | '»' | '‘'..='‟' => Class::Close,
        '\n' => Class::Break,
        '#'..='&' | '*' | '+' | '/' | '<'..='>' | '@' | '\\' | '^'..='`' | '|' | '~' | '•' | '…' | '€' => {
            Class::Other
        }
        _ => Class::Unknown,
    }
}

/// The sentences of one line by rules SB6 to SB11 of the annex, where every character is in the table.
fn parts(line: &str, take: &mut impl FnMut(Range<usize>)) {
    let (mut start, mut at) = (0, 0);
    while let Some(offset) = line[at..].find(['.', '!', '?']) {
        let (head, tail) = line[at..].split_at(offset);
        let perhaps = tail.starts_with('.');
        let before = if offset > 0 { head } else { &line[..at] }.chars().next_back().map(class);
        let tail = &tail[1..];
        at = line.len() - tail.len();
        let next = tail.chars().next().map(class);
        let inside_word = matches!(before, Some(Class::Upper | Class::Lower)) && next == Some(Class::Upper);
        if perhaps && (next == Some(Class::Digit) || inside_word) {
            continue;
        }
        let rest = tail.trim_start_matches(|c| class(c) == Class::Close);
        let rest = rest.trim_start_matches(|c| class(c) == Class::Blank);
        at = line.len() - rest.len();
        match rest.chars().next().map(class) {
            None | Some(Class::Break) => break,
            Some(Class::Continue | Class::Stop) => {}
            Some(_) if perhaps && goes_on_small(rest) => {}
            Some(_) => {
                take(start..at);
                start = at;
            }
        }
    }
    if start < line.len() {
        take(start..line.len());
    }
}

/// Whether the first letter is a small one, with no stop before it.
fn goes_on_small(rest: &str) -> bool {
    let decides = |c: &Class| matches!(c, Class::Lower | Class::Upper | Class::Stop | Class::Break);
    rest.chars().map(class).find(decides) == Some(Class::Lower)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::score::words::quote;

    fn split(text: &str) -> Vec<String> {
        sentences(text).iter().map(|s| quote(text, s)).collect()
    }

    #[test]
    fn sentences_survive_abbreviations_decimals_and_lists() {
        assert_eq!(
            split("It costs 4.95 EUR. See e.g. Returns. Ok?"),
            ["It costs 4.95 EUR.", "See e.g. Returns.", "Ok?"]
        );
        assert_eq!(split("Do this:\n1. Open it.\n2. Close it."), ["Do this:", "1. Open it.", "2. Close it."]);
        assert_eq!(split("...\n \n!"), Vec::<String>::new());
        assert_eq!(split(""), Vec::<String>::new());
    }

    proptest! {
        #[test]
        fn sentences_lie_in_order_inside_the_text(text in any::<String>()) {
            let mut last = 0;
            for span in sentences(&text) {
                prop_assert!(span.start >= last && span.start < span.end && span.end <= text.chars().count());
                last = span.end;
            }
        }

        #[test]
        fn the_table_splits_as_the_annex_does(
            sparse in "[\\x09\\x20-\\x7e]{0,30}\n?",
            dense in "[aB3.!? ,\"'(\\)ăȘß€…„“—]{0,16}\n?",
        ) {
            for line in [sparse, dense] {
                prop_assert!(line.chars().all(|c| class(c) != Class::Unknown));
                let mut found = Vec::new();
                parts(&line, &mut |part| found.push(part));
                let annex = line.split_sentence_bound_indices().map(|(at, part)| at..at + part.len());
                prop_assert_eq!(found, annex.collect::<Vec<_>>(), "{:?}", line);
            }
        }
    }

    #[test]
    fn every_character_of_the_table_is_in_its_class() {
        // Beside a full stop and a letter each class shows in where a sentence ends.
        let samples = ["a{}b.", "A.{}B c", "a. {}b", "a. {}B", "a! {}b", "a.{} B", "{}.B", "{}. 1", "1{}. B"];
        for c in ('\0'..='\u{2fff}').filter(|c| class(*c) != Class::Unknown && *c != '\n') {
            for line in samples.map(|s| s.replace("{}", &c.to_string())) {
                let mut found = Vec::new();
                parts(&line, &mut |part| found.push(part));
                let annex = line.split_sentence_bound_indices().map(|(at, part)| at..at + part.len());
                assert_eq!(found, annex.collect::<Vec<_>>(), "{line:?}");
            }
        }
    }
}
