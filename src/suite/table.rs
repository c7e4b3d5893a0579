//! Rows of a foreign file of cases: JSON lines, or CSV with a header.

use std::collections::BTreeSet;
use std::ops::Range;

use serde_json::{Map, Value};

use crate::config::reader::Mistakes;

/// One row, with its place in the file.
#[derive(Debug)]
pub(super) struct Row {
    /// One-based line it starts on.
    pub(super) line: usize,
    /// Its bytes (of the first line, when a CSV row has several).
    pub(super) span: Range<usize>,
    /// Field → value; in CSV every value is a text, and an empty cell is no field.
    pub(super) fields: Map<String, Value>,
}

/// All rows of a file.
#[derive(Debug, Default)]
pub(super) struct Rows {
    /// Rows in file order; those that could not be read are left out.
    pub(super) rows: Vec<Row>,
    /// Every field that any row has, or that the header names.
    pub(super) fields: BTreeSet<String>,
    /// Whether a text stands for a list where one is wanted (CSV).
    pub(super) separated: bool,
}

/// How a file of cases is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    /// One JSON object per line.
    JsonLines,
    /// Comma-separated values with a header line.
    Csv,
}

impl Format {
    /// The format of a file name.
    pub(super) fn of(path: &str) -> Option<Self> {
        let (_, extension) = path.rsplit_once('.')?;
        match extension.to_ascii_lowercase().as_str() {
            "jsonl" | "ndjson" => Some(Self::JsonLines),
            "csv" => Some(Self::Csv),
            _ => None,
        }
    }
}

/// Reads all rows of the file that `mistakes` is about.
pub(super) fn read(format: Format, mistakes: &mut Mistakes) -> Rows {
    match format {
        Format::JsonLines => json_lines(mistakes),
        Format::Csv => csv(mistakes),
    }
}

fn json_lines(mistakes: &mut Mistakes) -> Rows {
    let text = mistakes.file().text.clone();
    let mut rows = Rows::default();
    let mut start = 0;
    for (i, whole) in text.split_inclusive('\n').enumerate() {
        let line = whole.trim_start_matches('\u{feff}');
        let from = start + (whole.len() - line.len());
        let span = from..from + line.trim_end().len();
        start += whole.len();
        if line.trim().is_empty() {
            continue;
        }
        match serde_json::from_str::<Value>(line.trim_end()) {
            Ok(Value::Object(fields)) => {
                rows.fields
                    .extend(fields.keys().filter(|k| !rows.fields.contains(*k)).cloned().collect::<Vec<_>>());
                rows.rows.push(Row { line: i + 1, span, fields });
            }
            Ok(_) => mistakes.push(
                mistakes.error(&span, "expected a JSON object").help("every line is one case: {\"id\": …}"),
            ),
            Err(error) => {
                let at = (span.start + error.column().saturating_sub(1)).min(span.end);
                // Columns are bytes; a place inside a character would not be one.
                let at = (0..=at).rev().find(|i| text.is_char_boundary(*i)).unwrap_or(span.start);
                let end = text[at..].chars().next().map_or(at, |c| at + c.len_utf8());
                let words = error.to_string();
                let words = words.split(" at line ").next().unwrap_or_default();
                mistakes.push(mistakes.error(&(at..end), format!("not valid JSON: {words}")));
            }
        }
    }
    rows
}

fn csv(mistakes: &mut Mistakes) -> Rows {
    let text = mistakes.file().text.clone();
    // The reader skips a byte order mark without counting it.
    let mark = text.len() - text.trim_start_matches('\u{feff}').len();
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(&text.as_bytes()[mark..]);
    let mut rows = Rows { separated: true, ..Rows::default() };
    let header: Vec<String> = match reader.headers() {
        Ok(header) => header.iter().map(|name| name.trim().to_owned()).collect(),
        Err(error) => {
            mistakes.push(mistakes.error(&(0..0), format!("not valid CSV: {error}")));
            return rows;
        }
    };
    for (i, name) in header.iter().enumerate() {
        if header[..i].contains(name) {
            let end = text.find('\n').unwrap_or(text.len());
            mistakes.push(mistakes.error(&(mark..end), format!("the header names `{name}` twice")));
        }
    }
    rows.fields = header.iter().cloned().collect();
    for record in reader.records() {
        let record = match record {
            Ok(record) => record,
            Err(error) => {
                mistakes.push(mistakes.error(&(0..0), format!("not valid CSV: {error}")));
                break;
            }
        };
        let start = record.position().map_or(0, |p| p.byte() as usize) + mark;
        // Blank lines before a record belong to its position.
        let start = start + text[start..].len() - text[start..].trim_start_matches(['\r', '\n']).len();
        let end = text[start..].find(['\r', '\n']).map_or(text.len(), |n| start + n);
        let span = start..end;
        if record.len() != header.len() {
            let message = format!("the row has {} fields, the header {}", record.len(), header.len());
            mistakes
                .push(mistakes.error(&span, message).help("a comma inside a text needs quotes around it"));
            continue;
        }
        let cells = header.iter().zip(&record).filter(|(_, cell)| !cell.trim().is_empty());
        let fields = cells.map(|(name, cell)| (name.clone(), Value::String(cell.to_owned()))).collect();
        rows.rows.push(Row { line: mistakes.line(start), span, fields });
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::SourceFile;

    fn rows(format: Format, text: &str) -> (Vec<(usize, String, String)>, Vec<String>) {
        let mut mistakes = Mistakes::new(SourceFile::new("x", text));
        let rows = read(format, &mut mistakes);
        let shown = rows
            .rows
            .iter()
            .map(|r| (r.line, text[r.span.clone()].to_owned(), Value::Object(r.fields.clone()).to_string()));
        let shown = shown.collect();
        let found = mistakes.finish();
        let found = found.iter().map(|d| {
            let row = d.to_row();
            format!("{}:{} {}", row.line.unwrap(), row.column.unwrap(), row.message)
        });
        (shown, found.collect())
    }

    #[test]
    fn json_lines_keep_their_places() {
        let text = "\u{feff}{\"a\": 1}\r\n\n  \n{\"é\": \"ü\"}";
        let (rows, found) = rows(Format::JsonLines, text);
        assert_eq!(found, [""; 0]);
        assert_eq!(rows[0], (1, "{\"a\": 1}".into(), "{\"a\":1}".into()));
        assert_eq!((rows[1].0, rows[1].1.as_str()), (4, "{\"é\": \"ü\"}"));
    }

    #[test]
    fn json_mistakes_are_all_reported() {
        let (rows, found) = rows(Format::JsonLines, "{\"a\": }\n[1]\n{\"é\": é}\n{\"b\": 2}\n{\"c\"");
        assert_eq!(rows.len(), 1);
        assert_eq!(
            found,
            [
                "1:7 not valid JSON: expected value",
                "2:1 expected a JSON object",
                "3:7 not valid JSON: expected value",
                "5:4 not valid JSON: EOF while parsing an object",
            ]
        );
    }

    #[test]
    fn csv_rows_may_have_several_lines() {
        let text = "\u{feff}id, question ,x\r\na,\"one\ntwo\",\r\n\r\nb,three,y\r\nc,too few\r\n";
        let (rows, found) = rows(Format::Csv, text);
        assert_eq!(rows[0], (2, "a,\"one".into(), "{\"id\":\"a\",\"question\":\"one\\ntwo\"}".into()));
        assert_eq!(
            rows[1],
            (5, "b,three,y".into(), "{\"id\":\"b\",\"question\":\"three\",\"x\":\"y\"}".into())
        );
        assert_eq!(found, ["6:1 the row has 2 fields, the header 3"]);
    }

    #[test]
    fn empty_files_have_no_rows() {
        for format in [Format::JsonLines, Format::Csv] {
            assert_eq!(rows(format, ""), (vec![], vec![]));
        }
        assert_eq!(rows(Format::Csv, "a,b,a\n").1, ["1:1 the header names `a` twice"]);
    }
}
