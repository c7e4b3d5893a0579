//! Flags of commands that show a page for people or a table for programs.

use std::path::PathBuf;

use super::{Session, file};
use crate::report::ReportOptions;
use crate::report::page::Format;

/// Rows of a list unless the user says otherwise.
const ROWS: usize = 20;

/// How it is shown, and where it goes.
#[derive(Debug, clap::Args)]
pub(super) struct PageArgs {
    /// Format.
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "terminal")]
    format: Format,
    /// Print everything as JSON; short for `--format json`.
    #[arg(long, conflicts_with = "format")]
    json: bool,
    /// Show at most this many entries of a list at the terminal; 0 = all.
    #[arg(long, value_name = "N", default_value_t = ROWS)]
    limit: usize,
    /// Write to a file instead, whole or not at all; a file that is there is replaced.
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

impl PageArgs {
    /// At the terminal, so many entries of a list.
    pub(super) fn terminal(limit: usize) -> Self {
        Self { format: Format::Terminal, json: false, limit, output: None }
    }

    /// Shows what `render` makes.
    pub(super) fn show(
        &self,
        session: &Session,
        render: impl FnOnce(Format, &ReportOptions) -> String,
    ) -> anyhow::Result<()> {
        let printer = &session.printer;
        let color = printer.color_out() && self.output.is_none();
        let options = ReportOptions { color, width: printer.width(), limit: self.limit };
        let text = render(if self.json { Format::Json } else { self.format }, &options);
        match &self.output {
            Some(path) => file::replace(path, text.as_bytes()),
            None => Ok(printer.out(&text)?),
        }
    }
}
