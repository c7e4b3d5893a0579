//! `regauge schema`.

use clap::ValueEnum;

use super::{CommandResult, ExitStatus, Session};
use crate::project::{SchemaKind, schema_json};

/// Flags of `regauge schema`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Which file format.
    format: Format,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    /// regauge.toml
    Regauge,
    /// suites/*.toml
    Suite,
}

/// Prints the JSON Schema of a file format.
pub fn run(session: &Session, args: &Args) -> CommandResult {
    let text = match args.format {
        Format::Regauge => schema_json(SchemaKind::Settings),
        Format::Suite => schema_json(SchemaKind::Suite),
    };
    session.printer.out(&text)?;
    Ok(ExitStatus::Success)
}
