//! Rows of a foreign file of cases: JSON lines, or CSV with a header.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, BufRead as _, BufReader};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::{Map, Value};

use crate::config::reader::Mistakes;
use crate::diagnostic::SourceFile;
use crate::quotes::{self, separator};

/// One row, with its place in the file.
#[derive(Debug)]
pub(super) struct Row {
    /// One-based line it starts on.
    pub(super) line: usize,
    /// Its bytes in the text that the mistakes are turned to (the first line, when a CSV row has several).
    pub(super) span: Range<usize>,
    /// Field → value; in CSV every value is a text, and an empty cell is no field.
    pub(super) fields: Map<String, Value>,
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

/// The rows of a file, read one at a time: memory does not grow with the file.
pub(super) struct RowStream {
    path: PathBuf,
    source: Source,
    /// Every field that any row so far has, or that the header names.
    pub(super) fields: BTreeSet<String>,
}

enum Source {
    JsonLines { reader: BufReader<File>, line: usize, buffer: Vec<u8> },
    Csv(Box<Csv>),
}

struct Csv {
    text: Arc<str>,
    mark: usize,
    header: Option<Vec<String>>,
    records: csv::StringRecordsIntoIter<std::io::Cursor<Vec<u8>>>,
    line: usize,
    counted: usize,
}

impl RowStream {
    /// Opens a file; findings will name it `shown`.
    pub(super) fn open(format: Format, path: &Path, shown: &Path) -> io::Result<Self> {
        let source = match format {
            Format::JsonLines => Source::JsonLines {
                reader: BufReader::with_capacity(1 << 16, File::open(path)?),
                line: 0,
                buffer: Vec::new(),
            },
            Format::Csv => Source::Csv(Box::new(Csv::new(&std::fs::read(path)?)?)),
        };
        Ok(Self { path: shown.to_owned(), source, fields: BTreeSet::new() })
    }

    /// Whether a text stands for a list where one is wanted.
    pub(super) fn separated(&self) -> bool {
        matches!(self.source, Source::Csv(_))
    }

    /// The next row that can be read; `mistakes` is turned to it. Rows that cannot be read are reported.
    ///
    /// # Errors
    /// The file cannot be read; text that is not UTF-8 is [`io::ErrorKind::InvalidData`].
    pub(super) fn next(&mut self, mistakes: &mut Mistakes) -> io::Result<Option<Row>> {
        let Self { path, source, fields } = self;
        match source {
            Source::JsonLines { reader, line, buffer } => loop {
                buffer.clear();
                if reader.read_until(b'\n', buffer)? == 0 {
                    return Ok(None);
                }
                *line += 1;
                let text = utf8(buffer)?;
                let text = if *line == 1 { text.trim_start_matches('\u{feff}') } else { text };
                let text = text.trim_end();
                if text.trim_start().is_empty() {
                    continue;
                }
                mistakes.turn_to(SourceFile { path: path.clone(), text: text.into(), first_line: *line });
                if let Some(row) = json_row(text, *line, fields, mistakes) {
                    return Ok(Some(row));
                }
            },
            Source::Csv(csv) => Ok(csv.next(path, fields, mistakes)),
        }
    }
}

fn utf8(bytes: &[u8]) -> io::Result<&str> {
    std::str::from_utf8(bytes).map_err(|e| io::Error::new(io::ErrorKind::InvalidData, e))
}

fn json_row(text: &str, line: usize, known: &mut BTreeSet<String>, mistakes: &mut Mistakes) -> Option<Row> {
    let span = 0..text.len();
    match serde_json::from_str::<Value>(text) {
        Ok(Value::Object(fields)) => {
            for name in fields.keys() {
                if !known.contains(name) {
                    known.insert(name.clone());
                }
            }
            return Some(Row { line, span, fields });
        }
        Ok(_) => mistakes.push(
            mistakes.error(&span, "expected a JSON object").help("every line is one case: {\"id\": …}"),
        ),
        Err(error) => {
            let at = error.column().saturating_sub(1).min(span.end);
            // Columns are bytes; a place inside a character would not be one.
            let at = (0..=at).rev().find(|i| text.is_char_boundary(*i)).unwrap_or(0);
            let end = text[at..].chars().next().map_or(at, |c| at + c.len_utf8());
            let words = error.to_string();
            let words = words.split(" at line ").next().unwrap_or_default();
            mistakes.push(mistakes.error(&(at..end), format!("not valid JSON: {words}")));
        }
    }
    None
}

impl Csv {
    fn new(bytes: &[u8]) -> io::Result<Self> {
        let text: Arc<str> = utf8(bytes)?.into();
        // The reader skips a byte order mark without counting it.
        let mark = text.len() - text.trim_start_matches('\u{feff}').len();
        let cursor = std::io::Cursor::new(bytes[mark..].to_vec());
        let mut builder = csv::ReaderBuilder::new();
        let reader =
            builder.flexible(true).has_headers(false).delimiter(separator(&text)).from_reader(cursor);
        Ok(Self { text, mark, header: None, records: reader.into_records(), line: 1, counted: 0 })
    }

    fn next(&mut self, path: &Path, fields: &mut BTreeSet<String>, mistakes: &mut Mistakes) -> Option<Row> {
        if self.header.is_none()
            && let Some(finding) = quotes::finding(path, &self.text)
        {
            mistakes.push(finding);
            return None;
        }
        loop {
            let record = match self.records.next()? {
                Ok(record) => record,
                Err(error) => {
                    self.turn_to(0..0, path, mistakes);
                    mistakes.push(mistakes.error(&(0..0), format!("not valid CSV: {error}")));
                    return None;
                }
            };
            let start = record.position().map_or(0, |p| p.byte() as usize) + self.mark;
            // Blank lines before a record belong to its position.
            let rest = &self.text[start..];
            let start = start + rest.len() - rest.trim_start_matches(['\r', '\n']).len();
            let end = self.text[start..].find(['\r', '\n']).map_or(self.text.len(), |n| start + n);
            self.turn_to(start..end, path, mistakes);
            let span = 0..end - start;
            let Some(header) = &self.header else {
                let header: Vec<String> = record.iter().map(|name| name.trim().to_owned()).collect();
                for (i, name) in header.iter().enumerate() {
                    if header[..i].contains(name) {
                        mistakes.push(mistakes.error(&span, format!("the header names `{name}` twice")));
                    }
                }
                fields.extend(header.iter().cloned());
                self.header = Some(header);
                continue;
            };
            if record.len() != header.len() {
                let message = format!("the row has {} fields, the header {}", record.len(), header.len());
                mistakes.push(
                    mistakes.error(&span, message).help("a comma inside a text needs quotes around it"),
                );
                continue;
            }
            let cells = header.iter().zip(&record).filter(|(_, cell)| !cell.trim().is_empty());
            let fields = cells.map(|(name, cell)| (name.clone(), Value::String(cell.to_owned()))).collect();
            return Some(Row { line: self.line, span, fields });
        }
    }

    fn turn_to(&mut self, row: Range<usize>, path: &Path, mistakes: &mut Mistakes) {
        self.line += self.text.get(self.counted..row.start).map_or(0, |text| text.matches('\n').count());
        self.counted = row.start;
        let text = Arc::from(&self.text[row]);
        mistakes.turn_to(SourceFile { path: path.to_owned(), text, first_line: self.line });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(format: Format, text: &str) -> (Vec<(usize, String, String)>, Vec<String>) {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        let mut mistakes = Mistakes::new(SourceFile::new("x", ""));
        let mut stream = RowStream::open(format, file.path(), Path::new("x")).unwrap();
        let mut shown = Vec::new();
        while let Some(row) = stream.next(&mut mistakes).unwrap() {
            let text = mistakes.file().text[row.span.clone()].to_owned();
            shown.push((row.line, text, Value::Object(row.fields.clone()).to_string()));
        }
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
