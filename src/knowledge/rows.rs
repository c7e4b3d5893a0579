//! The rows of a table: of a JSONL file its lines, of a CSV file its records.

use std::ops::Range;

use serde_json::{Map, Value};

use crate::diagnostic::{Diagnostic, SourceFile};
use crate::quotes::{self, separator};

/// One row.
pub(super) struct Row {
    /// One-based line on which it begins; counted along, since counting from the start for every row is quadratic.
    pub(super) line: usize,
    /// Bytes of that line.
    pub(super) span: Range<usize>,
    /// Its fields; in CSV texts, and an empty cell is no field.
    pub(super) fields: Map<String, Value>,
}

/// The rows of a file; what is none is a finding.
pub(super) fn rows(file: &SourceFile, findings: &mut Vec<Diagnostic>) -> Vec<Row> {
    if file.path.extension().is_some_and(|e| e.eq_ignore_ascii_case("csv")) {
        records(file, findings)
    } else {
        lines(file, findings)
    }
}

fn lines(file: &SourceFile, findings: &mut Vec<Diagnostic>) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut start = 0;
    let mut fault = |span: Range<usize>, message: String| {
        findings.push(Diagnostic::error(message).at(file.at(span)));
    };
    for (above, line) in file.text.split_inclusive('\n').enumerate() {
        let span = start..start + line.trim_end().len();
        start += line.len();
        if line.trim().is_empty() {
            continue;
        }
        match serde_json::from_str(line.trim_start_matches('\u{feff}')) {
            Ok(Value::Object(fields)) => rows.push(Row { line: above + 1, span, fields }),
            Ok(_) => fault(span, "the line is not a JSON object".to_owned()),
            Err(error) => {
                let at = span.start + error.column().saturating_sub(1).min(span.len());
                let reason = error.to_string();
                let reason = reason.split(" at line ").next().unwrap_or_default();
                fault(at..at + 1, format!("the line is not JSON: {reason}"));
            }
        }
    }
    rows
}

fn records(file: &SourceFile, findings: &mut Vec<Diagnostic>) -> Vec<Row> {
    if let Some(finding) = quotes::finding(&file.path, &file.text) {
        findings.push(finding);
        return Vec::new();
    }
    // The reader skips a byte order mark without counting it.
    let mark = file.text.len() - file.text.trim_start_matches('\u{feff}').len();
    let bytes = &file.text.as_bytes()[mark..];
    let mut builder = csv::ReaderBuilder::new();
    builder.flexible(true).has_headers(false).delimiter(separator(&file.text));
    let reader = builder.from_reader(bytes);
    let (mut rows, mut names, mut line, mut counted) = (Vec::new(), None::<Vec<String>>, 1, 0);
    for record in reader.into_records() {
        let record = match record {
            Ok(record) => record,
            Err(error) => {
                findings.push(Diagnostic::error(format!("the file is not CSV: {error}")).at(file.start()));
                break;
            }
        };
        let start = record.position().map_or(0, |at| at.byte() as usize) + mark;
        // Blank lines before a record belong to its position.
        let start =
            start + file.text[start..].len() - file.text[start..].trim_start_matches(['\r', '\n']).len();
        line += file.text[counted..start].matches('\n').count();
        counted = start;
        let span = start..start + file.text[start..].lines().next().map_or(0, str::len);
        let Some(names) = &names else {
            names = Some(record.iter().map(|name| name.trim().to_owned()).collect());
            continue;
        };
        if record.len() != names.len() {
            let cells = format!("{} against {}", record.len(), names.len());
            let message = format!("the row has another number of cells than the header: {cells}");
            findings.push(Diagnostic::error(message).at(file.at(span)));
            continue;
        }
        let cells = names.iter().zip(&record).filter(|(_, cell)| !cell.is_empty());
        let fields = cells.map(|(name, cell)| (name.clone(), Value::from(cell))).collect();
        rows.push(Row { line, span, fields });
    }
    rows
}
