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
    /// Format; default: the ending of the file, else terminal.
    #[arg(long, value_enum, value_name = "FORMAT")]
    format: Option<Format>,
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
        Self { format: Some(Format::Terminal), json: false, limit, output: None }
    }

    /// The format that was named, or the one that the file's ending means.
    fn format(&self) -> Format {
        let meant = || Format::of(self.output.as_deref()?);
        self.format.or_else(meant).unwrap_or(Format::Terminal)
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
        let format = if self.json { Format::Json } else { self.format() };
        let text = render(format, &options);
        match &self.output {
            Some(path) => file::replace(path, text.as_bytes()),
            None => Ok(printer.out(&text)?),
        }
    }
}
