//! CSV (RFC 4180) with a header, for spreadsheets and everything else.
//!
//! A spreadsheet runs a text that begins with `=`, `+`, `-` or `@` as a formula, and the texts are written by
//! others. Such a text gets a `'` before it, and characters that act on terminals are shown as stand-ins; the
//! exact texts are in the other formats.

use std::io;

use super::cell::joined;
use super::{Cell, Column, FormatKind, Rows, Sink};
use crate::report::inert;

/// Row of the table of formats.
pub(super) const KIND: FormatKind = FormatKind { name: "csv", binary: false, open };

struct Csv<'a>(csv::Writer<Sink<'a>>);

fn open<'a>(sink: Sink<'a>, columns: &[&'static Column]) -> io::Result<Box<dyn Rows + 'a>> {
    let mut csv = csv::Writer::from_writer(sink);
    csv.write_record(columns.iter().map(|column| column.name))?;
    Ok(Box::new(Csv(csv)))
}

impl Rows for Csv<'_> {
    fn row(&mut self, cells: Vec<Cell<'_>>) -> io::Result<()> {
        Ok(self.0.write_record(cells.iter().map(field))?)
    }

    fn end(mut self: Box<Self>) -> io::Result<()> {
        self.0.flush()
    }
}

fn field(cell: &Cell<'_>) -> String {
    match cell {
        Cell::Missing => String::new(),
        Cell::Text(text) => harmless(text),
        Cell::List(list) => harmless(&joined(list)),
        Cell::Int(n) => n.to_string(),
        Cell::Float(n) => n.to_string(),
        Cell::Bool(b) => b.to_string(),
    }
}

/// The text in a form that no spreadsheet computes.
fn harmless(text: &str) -> String {
    let text = inert(text);
    // What a spreadsheet skips before it looks for a formula, and the wide forms that it takes for the same.
    let first = text.trim_start().chars().next();
    if first.is_some_and(|c| "=+-@＝＋－＠".contains(c)) { format!("'{text}") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_is_a_formula() {
        for formula in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r\n=1", "  =1", "＝1"] {
            assert!(harmless(formula).starts_with('\''), "{formula:?}");
        }
        for text in ["", "a=1", "'=1", "30 days", "1 - 2", "ă"] {
            assert_eq!(harmless(text), text);
        }
        assert_eq!(field(&Cell::Float(-0.5)), "-0.5");
    }
}
