//! JSON lines: one object per row, every column in each, `null` where there is nothing.

use std::io::{self, Write as _};

use serde_json::Value;

use super::{Cell, Column, FormatKind, Rows, Sink};
use crate::report::escape_json;

/// Row of the table of formats.
pub(super) const KIND: FormatKind = FormatKind { name: "jsonl", binary: false, open };

struct JsonLines<'a> {
    sink: io::BufWriter<Sink<'a>>,
    names: Vec<&'static str>,
}

#[expect(clippy::unnecessary_wraps, reason = "the shape of every format's beginning")]
fn open<'a>(sink: Sink<'a>, columns: &[&'static Column]) -> io::Result<Box<dyn Rows + 'a>> {
    let names = columns.iter().map(|column| column.name).collect();
    Ok(Box::new(JsonLines { sink: io::BufWriter::new(sink), names }))
}

impl Rows for JsonLines<'_> {
    fn row(&mut self, cells: Vec<Cell<'_>>) -> io::Result<()> {
        let mut object = serde_json::Map::new();
        for (name, cell) in self.names.iter().zip(&cells) {
            object.insert((*name).to_owned(), serde_json::to_value(cell)?);
        }
        writeln!(self.sink, "{}", escape_json(&Value::Object(object).to_string()))
    }

    fn end(mut self: Box<Self>) -> io::Result<()> {
        self.sink.flush()
    }
}
