//! What separates the cells of CSV files, and quotes that are never closed. Every reader of CSV takes them for a text of many lines, so that the rows
//! behind them are swallowed without a word: whoever reads such a file asks here first.

use std::fmt;
use std::path::Path;

use crate::diagnostic::{Diagnostic, SourceFile};

/// A quoted field that does not end where it should.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpenQuote {
    /// One-based line on which it begins.
    pub line: usize,
    at: usize,
}

impl fmt::Display for OpenQuote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the quote that opens here is not closed, and the rows behind it would be lost")
    }
}

/// What separates the cells of a CSV file, by its header: a comma, or the semicolon or tab that spreadsheets write in
/// some countries.
pub fn separator(text: &str) -> u8 {
    let (mut quoted, mut counts) = (false, [(b',', 0), (b';', 0), (b'\t', 0)]);
    for byte in text.trim_start_matches('\u{feff}').bytes() {
        match byte {
            b'"' => quoted = !quoted,
            b'\n' if !quoted => break,
            _ if quoted => {}
            _ => counts.iter_mut().filter(|(mark, _)| *mark == byte).for_each(|(_, n)| *n += 1),
        }
    }
    // Of equal counts the last one is taken: the comma.
    counts.into_iter().rev().max_by_key(|(_, n)| *n).map_or(b',', |(mark, _)| mark)
}

/// Where a reader is (RFC 4180).
enum State {
    Start,
    Plain,
    Quoted,
    /// Behind a quote inside of a quoted field: its end, or the first of a pair.
    Closing,
}

/// The first quoted field that ends with the file, or that runs over lines and has text right behind its closing quote,
/// which then is the opening quote of another field.
pub fn unclosed(text: &str) -> Option<OpenQuote> {
    let text_from = text.len() - text.trim_start_matches('\u{feff}').len();
    let mark = separator(text);
    let (mut state, mut line, mut open) = (State::Start, 1, None);
    for (at, byte) in text.bytes().enumerate().skip(text_from) {
        state = match (state, byte) {
            (State::Start, b'"') => {
                open = Some(OpenQuote { line, at });
                State::Quoted
            }
            (State::Quoted, b'"') => State::Closing,
            (State::Closing, b'"') | (State::Quoted, _) => State::Quoted,
            (_, b'\r' | b'\n') => State::Start,
            (_, byte) if byte == mark => State::Start,
            (State::Closing, b' ' | b'\t') => State::Plain,
            (State::Closing, _) if open.is_some_and(|open| open.line < line) => return open,
            (State::Start | State::Plain | State::Closing, _) => State::Plain,
        };
        line += usize::from(byte == b'\n');
    }
    open.filter(|_| matches!(state, State::Quoted))
}

/// The first quote that is not closed, as a finding in the file of this path.
pub fn finding(path: &Path, text: &str) -> Option<Diagnostic> {
    let open = unclosed(text)?;
    let start = text[..open.at].rfind('\n').map_or(0, |end| end + 1);
    let row = text[start..].lines().next().unwrap_or_default();
    let file = SourceFile { path: path.to_owned(), text: row.into(), first_line: open.line };
    let at = open.at - start;
    Some(
        Diagnostic::error(open.to_string())
            .at(file.at(at..at + 1))
            .help("close it, or write `\"\"` for a quote that belongs to the text of a quoted field"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_that_close_are_fine() {
        for text in [
            "",
            "a,b\n1,\"two\nlines\"\r\n3,4",
            "\u{feff}\"a\",\"say \"\"hi\"\"\"\n",
            "a\n5\" pipe\n",
            "a\n\"one\" two\n",
            "a\n\"one\ntwo\" ,b\n",
            "\"\"",
        ] {
            assert_eq!(unclosed(text), None, "{text:?}");
        }
    }

    #[test]
    fn one_that_does_not_is_found_where_it_begins() {
        for (text, line) in [
            ("id,q\na,Q1\nb,\"Q2\nc,Q3\n", 3),
            ("id,q\na,\"Q1\nb,\"Q2\"\n", 2),
            ("\"", 1),
            ("a\n\"x\"\"\n\n", 2),
        ] {
            assert_eq!(unclosed(text).map(|open| open.line), Some(line), "{text:?}");
        }
        let row = finding(Path::new("q.csv"), "\u{feff}id\r\na,\"b\r\nc").unwrap().to_row();
        assert_eq!((row.line, row.column), (Some(2), Some(3)));
    }
}
