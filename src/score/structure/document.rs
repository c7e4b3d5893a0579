//! A document inside an answer: the whole of it, or a block between code fences, with the way back to the answer's
//! characters.

use std::ops::Range;

use crate::score::Evidence;
use crate::score::words::char_span;

/// Most characters of a quotation; a document may be one long value.
const QUOTED: usize = 200;

/// Most pieces of evidence of one scorer; one bad list may hold thousands.
pub(in crate::score) const SHOWN: usize = 100;

/// A part of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::score) struct Part<'a> {
    /// Its text, without blanks around.
    pub(in crate::score) text: &'a str,
    /// Byte of the answer at which it starts.
    pub(in crate::score) start: usize,
}

impl<'a> Part<'a> {
    fn of(answer: &'a str, bytes: Range<usize>) -> Self {
        let raw = answer.get(bytes.clone()).unwrap_or_default();
        let text = raw.trim();
        Self { text, start: bytes.start + (raw.len() - raw.trim_start().len()) }
    }

    /// Evidence at bytes of this part.
    pub(in crate::score) fn evidence(&self, answer: &str, label: &str, bytes: Range<usize>) -> Evidence {
        evidence_at(answer, label, self.start + bytes.start..self.start + bytes.end)
    }

    /// Byte at which a line and a column begin, both counted in characters from 1.
    pub(in crate::score) fn byte_at(&self, line: usize, column: usize) -> usize {
        let before =
            self.text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum::<usize>();
        let rest = &self.text[before..];
        before + rest.char_indices().nth(column.saturating_sub(1)).map_or(rest.len(), |(at, _)| at)
    }
}

/// Evidence at bytes of an answer; a long text is cut, and the span with it.
pub(in crate::score) fn evidence_at(answer: &str, label: &str, bytes: Range<usize>) -> Evidence {
    let start = answer.floor_char_boundary(bytes.start);
    let end = answer.ceil_char_boundary(bytes.end.max(start));
    let text = &answer[start..end];
    let quote = text.char_indices().nth(QUOTED).map_or(text, |(at, _)| &text[..at]);
    let span = char_span(answer, &(start..start + quote.len()));
    Evidence { span: Some(span), ..Evidence::new(label, quote) }
}

/// Reads the whole answer, or where it may be `fenced` the first block that can be read.
///
/// # Errors
/// Nothing can be read: what is wrong with the first block, else with the whole.
pub(in crate::score) fn read<'a, T, E>(
    answer: &'a str,
    fenced: bool,
    parse: impl Fn(&'a str) -> Result<T, E>,
) -> Result<(T, Part<'a>), (E, Part<'a>)> {
    let whole = Part::of(answer, 0..answer.len());
    let mut wrong = match parse(whole.text) {
        Ok(read) => return Ok((read, whole)),
        Err(error) => (error, whole),
    };
    let blocks = if fenced { blocks(answer) } else { Vec::new() };
    for (i, block) in blocks.into_iter().enumerate() {
        match parse(block.text) {
            Ok(read) => return Ok((read, block)),
            Err(error) if i == 0 => wrong = (error, block),
            Err(_) => {}
        }
    }
    Err(wrong)
}

/// What stands between code fences; a fence opens a line, and one that is never closed reaches to the end.
fn blocks(answer: &str) -> Vec<Part<'_>> {
    let mut found = Vec::new();
    let mut open: Option<(&str, usize)> = None;
    let mut at = 0;
    for line in answer.split_inclusive('\n') {
        let (start, text) = (at, line.trim());
        at += line.len();
        match open {
            None => {
                let Some(fence) = fence_of(text) else { continue };
                let body = start + line.len() - line.trim_start().len() + fence.len();
                // A block of one line: ```{"a": 1}```
                match text[fence.len()..].find(fence) {
                    Some(length) => found.push(Part::of(answer, body..body + length)),
                    None => open = Some((fence, at)),
                }
            }
            Some((fence, from))
                if text.starts_with(fence) && text.trim_start_matches(&fence[..1]).is_empty() =>
            {
                found.push(Part::of(answer, from..start));
                open = None;
            }
            Some(_) => {}
        }
    }
    found.extend(open.map(|(_, from)| Part::of(answer, from..answer.len())));
    found
}

fn fence_of(line: &str) -> Option<&str> {
    let mark = line.chars().next().filter(|c| matches!(c, '`' | '~'))?;
    let length = line.len() - line.trim_start_matches(mark).len();
    (length >= 3).then(|| &line[..length])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(answer: &str) -> Vec<&str> {
        let found = blocks(answer);
        assert!(found.iter().all(|b| answer[b.start..].starts_with(b.text)));
        found.into_iter().map(|b| b.text).collect()
    }

    #[test]
    fn blocks_stand_between_fences() {
        assert_eq!(texts("ș\n```json\n{}\n```\nx\n~~~\n a\n```\n~~~\n"), ["{}", "a\n```"]);
        assert_eq!(texts("````\n```\n````"), ["```"]);
        assert_eq!(texts("- one\n  ```json\r\n  [1]\r\n  ```"), ["[1]"]);
        assert_eq!(texts("```{\"a\": 1}``` and\n```sql\nselect"), ["{\"a\": 1}", "select"]);
        assert_eq!(texts("```"), [""]);
        assert!(texts("a ``` b `` c").is_empty() && texts("").is_empty());
    }

    #[test]
    fn the_first_block_that_can_be_read_is_taken() {
        let number = |text: &str| text.parse::<i32>();
        let answer = "x\n```\na\n```\n```\n 7 \n```";
        let (value, part) = read(answer, true, number).unwrap();
        assert_eq!((value, part), (7, Part { text: "7", start: 17 }));
        assert_eq!(read(answer, false, number).unwrap_err().1.text, answer);
        assert_eq!(read("x\n```\na\n```", true, number).unwrap_err().1.text, "a");
        assert_eq!(read(" 5\n", false, number).unwrap().1, Part { text: "5", start: 1 });
    }

    #[test]
    fn evidence_counts_characters_and_is_cut() {
        let answer = format!("ș {}", "ț".repeat(500));
        let evidence = evidence_at(&answer, "x", 3..answer.len());
        assert_eq!((evidence.span, evidence.quote.chars().count()), (Some(2..202), 200));
        assert_eq!(evidence_at("abc", "x", 9..12).span, Some(3..3));
    }

    #[test]
    fn lines_and_columns_become_bytes() {
        let part = Part { text: "aș\nbț c", start: 0 };
        assert_eq!([part.byte_at(1, 2), part.byte_at(2, 1), part.byte_at(2, 3)], [1, 4, 7]);
        assert_eq!(
            [part.byte_at(1, 99), part.byte_at(9, 9), part.byte_at(0, 0)],
            [part.text.len(), part.text.len(), 0]
        );
    }
}
