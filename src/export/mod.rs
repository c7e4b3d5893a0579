//! A run as a table, for analysts: one row per trial or per score, written while the run is read.
//!
//! What is unknown or was not judged is an empty cell, never 0. [`Table`] says what the rows are and knows the
//! columns; [`FORMATS`] says how they are written.

mod cell;
mod column;
mod csv;
mod jsonl;
#[cfg(feature = "parquet")]
mod parquet;
mod scores;
mod trials;

use std::io::{self, Write};

use crate::outcome::{ReadError, Recorded, TrialDigest};

pub use cell::{Cell, Kind};
pub use column::{Column, Row};

/// What the rows of a table are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Table {
    /// One row per trial.
    Trials,
    /// One row per score of a trial.
    Scores,
}

impl Table {
    /// Its columns, in order; those that hold texts only when they are wanted.
    pub fn columns(self, texts: bool) -> Vec<&'static Column> {
        let own = match self {
            Table::Trials => trials::COLUMNS,
            Table::Scores => scores::COLUMNS,
        };
        column::KEY.iter().chain(own).filter(|column| texts || !column.text).collect()
    }
}

/// Writes rows in one format.
pub trait Rows {
    /// Writes a row: one cell per column.
    ///
    /// # Errors
    /// It cannot be written.
    fn row(&mut self, cells: Vec<Cell<'_>>) -> io::Result<()>;

    /// Writes what is left.
    ///
    /// # Errors
    /// It cannot be written.
    fn end(self: Box<Self>) -> io::Result<()>;
}

/// Where rows go.
pub type Sink<'a> = Box<dyn Write + Send + 'a>;

/// Begins a file with these columns.
pub type Open = for<'a> fn(Sink<'a>, &[&'static Column]) -> io::Result<Box<dyn Rows + 'a>>;

/// One row of the table of formats.
pub struct FormatKind {
    /// Name used as `--format`, and the ending of its files.
    pub name: &'static str,
    /// Whether it is no text: never written to a terminal.
    pub binary: bool,
    /// Begins a file.
    pub open: Open,
}

/// All formats that were built in.
pub const FORMATS: &[FormatKind] = &[
    csv::KIND,
    jsonl::KIND,
    #[cfg(feature = "parquet")]
    parquet::KIND,
];

/// The format with this name.
pub fn find(name: &str) -> Option<&'static FormatKind> {
    FORMATS.iter().find(|kind| kind.name == name)
}

/// A table that cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The run cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The file cannot be written.
    #[error(transparent)]
    Write(#[from] io::Error),
}

/// What of a run is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Content {
    /// One row per trial, or per score.
    pub table: Table,
    /// Whether with texts.
    pub texts: bool,
    /// Whether with the trials that were asked beside the planned ones, after these.
    pub follow_ups: bool,
}

/// Writes a run, trial after trial in the order of their keys; returns how many rows there were.
///
/// # Errors
/// The run cannot be read or the rows cannot be written.
pub fn write(
    run: &dyn Recorded,
    Content { table, texts, follow_ups }: Content,
    format: &FormatKind,
    sink: Sink<'_>,
) -> Result<u64, ExportError> {
    let columns = table.columns(texts);
    let mut rows = (format.open)(sink, &columns)?;
    let mut written = 0;
    let id = &*run.info().header.id;
    let again = if follow_ups { Some(run.follow_ups()?) } else { None };
    for digest in run.digests()?.chain(again.into_iter().flatten()) {
        let mut digest = digest?;
        let whole = texts.then(|| run.trial(&digest.key)).transpose()?;
        if let Some(whole) = &whole {
            // A trial that was scored again in the meantime has one set of scores, not two.
            digest = TrialDigest::from(whole);
        }
        let trial = Row { run: id, trial: &digest, whole: whole.as_ref(), score: None };
        let of_table: Vec<Row<'_>> = match table {
            Table::Trials => vec![trial],
            Table::Scores => (0..digest.scores.len()).map(|at| Row { score: Some(at), ..trial }).collect(),
        };
        for row in of_table {
            rows.row(columns.iter().map(|column| (column.cell)(&row)).collect())?;
            written += 1;
        }
    }
    rows.end()?;
    Ok(written)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::ErrorKind;
    use crate::report::sample::{RunBuilder, trial};

    fn written(table: Table, texts: bool, format: &str) -> Vec<u8> {
        let run = RunBuilder::new("r")
            .trial(trial("a", "bare").passed().cost(Some(0.5)))
            .trial(
                trial("b", "bare").failed("number", "differs").cost(None).answer("=cmd|' /C calc'!A0\u{1b}"),
            )
            .trial(trial("c", "bare").errored(ErrorKind::Timeout, "late"))
            .build();
        let mut bytes = Vec::new();
        write(&run, Content { table, texts, follow_ups: false }, find(format).unwrap(), Box::new(&mut bytes))
            .unwrap();
        bytes
    }

    fn csv(table: Table, texts: bool) -> Vec<Vec<(String, String)>> {
        let bytes = written(table, texts, "csv");
        let mut reader = ::csv::Reader::from_reader(&*bytes);
        let names = reader.headers().unwrap().clone();
        let rows = reader.records().map(|row| {
            let row = row.unwrap();
            names.iter().zip(row.iter()).map(|(name, cell)| (name.to_owned(), cell.to_owned())).collect()
        });
        rows.collect()
    }

    fn column(rows: &[Vec<(String, String)>], name: &str) -> Vec<String> {
        rows.iter().map(|row| row.iter().find(|(n, _)| n == name).unwrap().1.clone()).collect()
    }

    #[test]
    fn what_is_unknown_is_empty_and_never_zero() {
        let trials = csv(Table::Trials, false);
        assert_eq!(column(&trials, "outcome"), ["passed", "failed", "errored"]);
        assert_eq!(column(&trials, "passed"), ["true", "false", ""]);
        assert_eq!(column(&trials, "cost_usd"), ["0.5", "", ""]);
        assert_eq!(column(&trials, "score").last().unwrap(), "");
        assert_eq!(column(&trials, "error"), ["", "", "timeout"]);
        let scores = csv(Table::Scores, false);
        assert!(column(&scores, "case").iter().all(|case| case != "c"), "an error has no scores");
        assert_eq!(column(&scores, "state"), vec!["scored"; scores.len()]);
    }

    #[test]
    fn texts_come_when_they_are_asked_for_and_do_nothing_in_a_spreadsheet() {
        assert!(csv(Table::Trials, false)[0].iter().all(|(name, _)| name != "answer"));
        let answers = column(&csv(Table::Trials, true), "answer");
        assert_eq!(answers[1], "'=cmd|' /C calc'!A0␛");
        assert_eq!(answers[2], "");
        let reasons = column(&csv(Table::Scores, true), "reason");
        assert!(reasons.iter().any(|reason| reason.contains("found")), "{reasons:?}");
    }

    #[test]
    fn json_lines_hold_the_exact_texts() {
        let text = String::from_utf8(written(Table::Trials, true, "jsonl")).unwrap();
        let rows: Vec<serde_json::Value> = text.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
        assert_eq!(rows[1]["answer"], "=cmd|' /C calc'!A0\u{1b}");
        assert!(!text.contains('\u{1b}'));
        assert!(rows[2]["score"].is_null() && rows[2]["tags"].is_array(), "{}", rows[2]);
    }

    #[test]
    fn names_of_columns_are_unique_and_explained() {
        for table in [Table::Trials, Table::Scores] {
            let columns = table.columns(true);
            let mut names: Vec<&str> = columns.iter().map(|c| c.name).collect();
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), columns.len());
            assert!(columns.iter().all(|c| !c.about.is_empty() && !c.about.ends_with('.')));
        }
    }
}
