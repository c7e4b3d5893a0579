//! `regauge schema`.

use clap::ValueEnum;

use super::{CommandResult, ExitStatus, Session};

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
    /// What `report --format json` and `run --json` print
    Report,
}

/// Prints the JSON Schema of a file format.
pub fn run(session: &Session, args: &Args) -> CommandResult {
    let text = match args.format {
        Format::Regauge => crate::config::schema_json(),
        Format::Suite => crate::suite::schema_json(),
        Format::Report => crate::report::schema_json(),
    };
    session.printer.out(&text)?;
    Ok(ExitStatus::Success)
}
