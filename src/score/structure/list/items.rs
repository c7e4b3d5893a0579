//! The items of a list as people and models write it.

use std::ops::Range;

use crate::score::words::char_span;

/// One item: its characters in the answer.
pub(super) type Item = Range<usize>;

/// The items of a text and how they were written.
#[derive(Debug, PartialEq)]
pub(super) struct Items {
    pub(super) form: &'static str,
    pub(super) texts: Vec<String>,
    pub(super) spans: Vec<Option<Item>>,
}

/// Words before the last item of a list in a sentence.
const AND: [&str; 13] = ["and", "or", "și", "şi", "si", "sau", "und", "oder", "et", "ou", "y", "e", "o"];

/// The items of a JSON list, of bullet or numbered points, of commas or semicolons, or else of lines.
pub(super) fn items(text: &str) -> Items {
    json(text).or_else(|| points(text)).unwrap_or_else(|| in_line(text))
}

/// A JSON array of plain values, alone or in a code fence.
fn json(text: &str) -> Option<Items> {
    let body = text.trim();
    let body = body.strip_prefix("```").map_or(body, |fenced| {
        let fenced = fenced.strip_suffix("```").unwrap_or(fenced);
        fenced.split_once('\n').map_or(fenced, |(_, rest)| rest)
    });
    if !body.trim_start().starts_with('[') {
        return None;
    }
    let values: Vec<serde_json::Value> = serde_json::from_str(body.trim()).ok()?;
    let mut at = 0;
    let (mut texts, mut spans) = (Vec::new(), Vec::new());
    for value in values {
        let plain = match &value {
            serde_json::Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        // An item with escapes is not written as it reads.
        let place = text.get(at..).and_then(|rest| rest.find(&plain)).map(|offset| at + offset);
        spans.push(place.map(|start| start..start + plain.len()));
        at = place.map_or(at, |start| start + plain.len());
        texts.push(plain);
    }
    Some(Items { form: "JSON", texts, spans: in_characters(text, spans) })
}

/// Lines that start with a bullet or a number; other lines are not part of the list.
fn points(text: &str) -> Option<Items> {
    let mut spans = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        if let Some(offset) = after_marker(line) {
            spans.push(trimmed(text, start + offset..start + line.len()));
        }
        start += line.len();
    }
    let spans: Vec<Range<usize>> = spans.into_iter().filter(|span| !span.is_empty()).collect();
    (!spans.is_empty()).then(|| written(text, "points", spans))
}

/// Byte after the bullet or number that a line starts with.
fn after_marker(line: &str) -> Option<usize> {
    let body = line.trim_start();
    let rest = body.strip_prefix(['-', '*', '+', '•', '–', '‣', '◦']).or_else(|| {
        let number = body.trim_start_matches(|c: char| c.is_ascii_digit());
        let letter = body.strip_prefix(|c: char| c.is_ascii_lowercase());
        let rest = if number.len() < body.len() { Some(number) } else { letter };
        rest?.strip_prefix(['.', ')'])
    })?;
    rest.starts_with(char::is_whitespace).then(|| line.len() - rest.len())
}

/// Parts between line breaks, semicolons or commas, whichever there is first in this order.
fn in_line(text: &str) -> Items {
    let lines = text.lines().filter(|line| !line.trim().is_empty()).count();
    let (form, separators): (_, &[char]) = match () {
        () if lines > 1 => ("lines", &['\n']),
        () if text.contains([';', '；']) => ("semicolons", &[';', '；']),
        () => ("commas", &[',', '，', '、']),
    };
    let mut parts = Vec::new();
    let mut start = 0;
    for part in text.split_inclusive(separators) {
        let bytes = start..start + part.trim_end_matches(separators).len();
        start += part.len();
        parts.push(trimmed(text, bytes));
    }
    // `a, b and c`; where nothing is listed, `a and b` is two items as well.
    if form != "lines"
        && let Some(last) = parts.pop()
    {
        let (before, after) = at_and(text, last, parts.is_empty());
        parts.extend(before);
        parts.push(after);
    }
    written(text, form, parts.into_iter().filter(|span| !span.is_empty()).collect())
}

/// The last part of a list, split at its `and`.
fn at_and(text: &str, last: Range<usize>, only: bool) -> (Option<Range<usize>>, Range<usize>) {
    let part = &text[last.clone()];
    let mut at = 0;
    let mut found = None;
    for word in part.split_inclusive(char::is_whitespace) {
        let is_and = AND.contains(&word.trim_end().to_lowercase().as_str());
        // A single letter joins only where a list is sure.
        if is_and && (!only || word.trim_end().len() > 1) {
            found = Some((at, at + word.len()));
        }
        at += word.len();
    }
    match found {
        Some((start, end)) => {
            let before = trimmed(text, last.start..last.start + start);
            ((!before.is_empty()).then_some(before), trimmed(text, last.start + end..last.end))
        }
        None => (None, last),
    }
}

fn written(text: &str, form: &'static str, spans: Vec<Range<usize>>) -> Items {
    let texts = spans.iter().map(|span| text[span.clone()].to_owned()).collect();
    Items { form, texts, spans: in_characters(text, spans.into_iter().map(Some).collect()) }
}

/// Byte spans in order as spans of characters, in one walk.
fn in_characters(text: &str, spans: Vec<Option<Range<usize>>>) -> Vec<Option<Item>> {
    let (mut byte, mut character) = (0, 0);
    spans
        .into_iter()
        .map(|span| {
            let span = span?;
            let local = char_span(&text[byte..], &(span.start - byte..span.end - byte));
            let found = character + local.start..character + local.end;
            (byte, character) = (span.end, found.end);
            Some(found)
        })
        .collect()
}

/// Without blanks, quotes, formatting and a full stop around.
fn trimmed(text: &str, span: Range<usize>) -> Range<usize> {
    let noise = |c: char| {
        c.is_whitespace() || matches!(c, '*' | '_' | '`' | '"' | '\'' | '„' | '“' | '”' | '.' | ';' | ',')
    };
    let part = &text[span.clone()];
    let kept = part.trim_start_matches(noise);
    let start = span.start + part.len() - kept.len();
    start..start + kept.trim_end_matches(noise).len()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::score::words::quote;

    fn of(text: &str) -> (&'static str, Vec<String>) {
        let items = items(text);
        (items.form, items.texts)
    }

    #[test]
    fn lists_are_read_however_they_are_written() {
        let cases = [
            ("[\"City\", \"Cargo\", 3]", "JSON", vec!["City", "Cargo", "3"]),
            ("```json\n[\"City\"]\n```", "JSON", vec!["City"]),
            ("We have:\n- **City**\n* Cargo;\n• \"Tour\".\nBye!", "points", vec!["City", "Cargo", "Tour"]),
            ("1. City\n2) Cargo\n10. Tour", "points", vec!["City", "Cargo", "Tour"]),
            ("City; Cargo, blue", "semicolons", vec!["City", "Cargo, blue"]),
            ("City, Cargo and Tour.", "commas", vec!["City", "Cargo", "Tour"]),
            ("Volta City, Cargo și Tour", "commas", vec!["Volta City", "Cargo", "Tour"]),
            ("City, Cargo, and Tour", "commas", vec!["City", "Cargo", "Tour"]),
            ("City and Cargo", "commas", vec!["City", "Cargo"]),
            ("City\nCargo\n\nTour", "lines", vec!["City", "Cargo", "Tour"]),
            ("City", "commas", vec!["City"]),
            ("[broken", "commas", vec!["[broken"]),
        ];
        for (text, form, texts) in cases {
            assert_eq!(of(text), (form, texts.iter().map(|t| (*t).to_owned()).collect()), "{text}");
        }
    }

    #[test]
    fn spans_count_characters() {
        let text = "— știu:\n- Țară\n- „oraș”";
        let found = items(text);
        let quotes: Vec<_> = found.spans.iter().flatten().map(|span| quote(text, span)).collect();
        assert_eq!(quotes, ["Țară", "oraș"]);
    }

    proptest! {
        #[test]
        fn every_item_is_where_it_says(
            text in any::<String>(), near in "[-ab, ;\n1.\"\\[\\]ș*]{0,30}", list in "\\[(\"[aș]{1,3}\",){0,3}[0-9]\\]",
        ) {
            for text in [text, near, list] {
                let found = items(&text);
                prop_assert_eq!(found.texts.len(), found.spans.len());
                for (item, span) in found.texts.iter().zip(&found.spans) {
                    if let Some(span) = span {
                        prop_assert_eq!(&quote(&text, span), item);
                    }
                }
            }
        }
    }
}
