//! Parquet, for DuckDB, pandas and everything else that reads columns: typed, compressed, exact.
//!
//! Every column may be null. Lists are one text with `;` between.

use std::io;
use std::sync::Arc;

use parquet::basic::{Compression, LogicalType, Repetition, Type as Physical};
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DataType, DoubleType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::types::{Type, TypePtr};

use super::cell::joined;
use super::{Cell, Column, FormatKind, Kind, Rows, Sink};

/// Row of the table of formats.
pub(super) const KIND: FormatKind = FormatKind { name: "parquet", binary: true, open };

/// Rows that are kept until they are written, column by column.
const GROUP: usize = 16_384;

struct Parquet<'a> {
    file: SerializedFileWriter<Sink<'a>>,
    columns: Vec<Values>,
    rows: usize,
}

/// The values of one column that are not written yet; `None` where there is none.
enum Values {
    Text(Vec<Option<ByteArray>>),
    Int(Vec<Option<i64>>),
    Float(Vec<Option<f64>>),
    Bool(Vec<Option<bool>>),
}

fn open<'a>(sink: Sink<'a>, columns: &[&'static Column]) -> io::Result<Box<dyn Rows + 'a>> {
    let fields = columns.iter().map(|column| field(column)).collect::<Result<_, _>>().map_err(failed)?;
    let schema = Type::group_type_builder("row").with_fields(fields).build().map_err(failed)?;
    let properties = WriterProperties::builder().set_compression(Compression::SNAPPY).build();
    let file = SerializedFileWriter::new(sink, Arc::new(schema), Arc::new(properties)).map_err(failed)?;
    let columns = columns.iter().map(|column| Values::new(column.kind)).collect();
    Ok(Box::new(Parquet { file, columns, rows: 0 }))
}

fn failed(error: ParquetError) -> io::Error {
    io::Error::other(error)
}

fn field(column: &Column) -> Result<TypePtr, ParquetError> {
    let (physical, logical) = match column.kind {
        Kind::Text | Kind::List => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
        Kind::Int => (Physical::INT64, None),
        Kind::Float => (Physical::DOUBLE, None),
        Kind::Bool => (Physical::BOOLEAN, None),
    };
    let field = Type::primitive_type_builder(column.name, physical)
        .with_repetition(Repetition::OPTIONAL)
        .with_logical_type(logical);
    field.build().map(Arc::new)
}

impl Rows for Parquet<'_> {
    fn row(&mut self, cells: Vec<Cell<'_>>) -> io::Result<()> {
        for (values, cell) in self.columns.iter_mut().zip(cells) {
            values.push(cell);
        }
        self.rows += 1;
        if self.rows == GROUP { self.flush().map_err(failed) } else { Ok(()) }
    }

    fn end(mut self: Box<Self>) -> io::Result<()> {
        self.flush().map_err(failed)?;
        self.file.close().map_err(failed)?;
        Ok(())
    }
}

impl Parquet<'_> {
    /// Writes the rows that are kept.
    fn flush(&mut self) -> Result<(), ParquetError> {
        if self.rows > 0 {
            let mut group = self.file.next_row_group()?;
            for values in &mut self.columns {
                values.write(&mut group)?;
            }
            group.close()?;
        }
        self.rows = 0;
        Ok(())
    }
}

impl Values {
    fn new(kind: Kind) -> Self {
        match kind {
            Kind::Text | Kind::List => Values::Text(Vec::new()),
            Kind::Int => Values::Int(Vec::new()),
            Kind::Float => Values::Float(Vec::new()),
            Kind::Bool => Values::Bool(Vec::new()),
        }
    }

    /// Adds a cell; one that is not of the column's kind counts as missing.
    fn push(&mut self, cell: Cell<'_>) {
        match (self, cell) {
            (Values::Text(all), Cell::Text(text)) => all.push(Some(text.as_bytes().to_vec().into())),
            (Values::Text(all), Cell::List(list)) => all.push(Some(joined(&list).into_bytes().into())),
            (Values::Text(all), _) => all.push(None),
            (Values::Int(all), cell) => all.push(if let Cell::Int(n) = cell { Some(n) } else { None }),
            (Values::Float(all), cell) => all.push(if let Cell::Float(n) = cell { Some(n) } else { None }),
            (Values::Bool(all), cell) => all.push(if let Cell::Bool(b) = cell { Some(b) } else { None }),
        }
    }

    /// Writes the next column of the group.
    fn write(&mut self, group: &mut SerializedRowGroupWriter<'_, Sink<'_>>) -> Result<(), ParquetError> {
        match self {
            Values::Text(all) => write::<ByteArrayType>(all, group),
            Values::Int(all) => write::<Int64Type>(all, group),
            Values::Float(all) => write::<DoubleType>(all, group),
            Values::Bool(all) => write::<BoolType>(all, group),
        }
    }
}

fn write<T: DataType>(
    all: &mut Vec<Option<T::T>>,
    group: &mut SerializedRowGroupWriter<'_, Sink<'_>>,
) -> Result<(), ParquetError> {
    let there: Vec<i16> = all.iter().map(|value| i16::from(value.is_some())).collect();
    let values: Vec<T::T> = all.drain(..).flatten().collect();
    if let Some(mut column) = group.next_column()? {
        column.typed::<T>().write_batch(&values, Some(&there), None)?;
        column.close()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use parquet::file::reader::{FileReader as _, SerializedFileReader};
    use parquet::record::RowAccessor as _;

    use super::super::{Content, Table, find, write};
    use super::*;
    use crate::report::sample::{RunBuilder, trial};

    #[test]
    fn many_rows_come_back_in_groups() {
        let cases = GROUP + 5;
        let run = RunBuilder::new("r")
            .trials((0..cases).map(|n| trial(&format!("c{n:06}"), "bare").passed()))
            .build();
        let file = tempfile::tempfile().unwrap();
        let sink = Box::new(file.try_clone().unwrap());
        let rows = write(
            &run,
            Content { table: Table::Trials, texts: false, follow_ups: false },
            find("parquet").unwrap(),
            sink,
        )
        .unwrap();
        assert_eq!(rows, cases as u64);
        let reader = SerializedFileReader::new(file).unwrap();
        assert_eq!(reader.num_row_groups(), 2);
        let last = reader.get_row_iter(None).unwrap().last().unwrap().unwrap();
        assert_eq!(last.get_string(2).unwrap(), &format!("c{:06}", cases - 1));
    }
}
