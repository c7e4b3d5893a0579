//! `regauge export`: a stored run as a table, for analysts.

use std::io;
use std::path::PathBuf;

use clap::ValueEnum;

use super::{CommandResult, ExitStatus, Session, file};
use crate::export::{self, Content, ExportError, FORMATS, FormatKind, Table};
use crate::outcome::{Recorded as _, RunStatus};
use crate::report::plural;
use crate::report::terminal::{Paint, Span, Tone, table};

/// Flags of `regauge export`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A run: its id, the beginning of it, a tag, a git branch, `latest` or `latest~N`.
    #[arg(default_value = "latest", value_name = "RUN")]
    run: String,
    /// What the rows are.
    #[arg(long, value_enum, default_value_t = What::Trials)]
    what: What,
    /// Format of the table: csv, jsonl or parquet; default: the ending of the file, else csv.
    #[arg(long, value_name = "FORMAT", value_parser = format)]
    format: Option<Format>,
    /// Write to this file, whole or not at all; a file that is there is replaced.
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    /// With the texts: question, answer, reasons.
    #[arg(long)]
    texts: bool,
    /// With the trials that were asked beside the planned ones; leave them out of rates.
    #[arg(long)]
    follow_ups: bool,
    /// Print what the columns mean instead.
    #[arg(long, conflicts_with_all = ["run", "format", "output"])]
    columns: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum What {
    /// One row per trial
    Trials,
    /// One row per score of a trial
    Scores,
}

/// A format that this program can write.
#[derive(Debug, Clone, Copy)]
struct Format(&'static str);

fn format(name: &str) -> Result<Format, String> {
    match export::find(name) {
        Some(kind) => Ok(Format(kind.name)),
        None if name == "parquet" => {
            Err("this program was built without it; build with `--features parquet`".to_owned())
        }
        None => {
            let names: Vec<&str> = FORMATS.iter().map(|kind| kind.name).collect();
            Err(format!("there are: {}", names.join(", ")))
        }
    }
}

impl Args {
    /// Whether only the columns are asked for.
    pub(super) fn needs_no_run(&self) -> bool {
        self.columns
    }

    fn table(&self) -> Table {
        match self.what {
            What::Trials => Table::Trials,
            What::Scores => Table::Scores,
        }
    }

    fn content(&self) -> Content {
        Content { table: self.table(), texts: self.texts, follow_ups: self.follow_ups }
    }

    /// The format that was named, or the one that the file's ending means.
    fn kind(&self) -> anyhow::Result<&'static FormatKind> {
        let ending = self.output.as_ref().and_then(|path| path.extension()?.to_str());
        let name = match (self.format, ending) {
            (Some(Format(name)), _) => name,
            (None, Some(ending)) => match format(ending) {
                Ok(Format(name)) => name,
                Err(why) if ending == "parquet" => anyhow::bail!("the format `parquet`: {why}"),
                Err(_) => anyhow::bail!("`.{ending}` is the ending of no format; name one by --format"),
            },
            (None, None) => "csv",
        };
        let kind = export::find(name);
        kind.ok_or_else(|| anyhow::anyhow!("there is no format `{name}`"))
    }
}

/// Writes the table.
pub fn run(session: &Session, args: &Args) -> CommandResult {
    let kind = args.kind()?;
    if kind.binary && args.output.is_none() {
        anyhow::bail!("{} is no text; name a file by --output", kind.name);
    }
    let store = session.store()?;
    let id = store.resolve(&args.run)?;
    let run = store.stored(&id)?;
    if run.info().status != RunStatus::Finished {
        session.printer.talk(&format!("warning: run {id} is not finished; the table holds what there is"));
    }
    let written = if let Some(path) = &args.output {
        file::replace_with(path, |file| Ok(export::write(&run, args.content(), kind, Box::new(file))?))?
    } else {
        let stream = Box::new(session.printer.stream());
        match export::write(&run, args.content(), kind, stream) {
            Err(ExportError::Write(error)) if has_no_reader(&error) => return Ok(ExitStatus::Success),
            written => written?,
        }
    };
    if let Some(path) = &args.output {
        session.printer.talk(&format!("wrote {} to {}", plural(written, "row"), path.display()));
    }
    Ok(ExitStatus::Success)
}

/// Whether the stream's reader went away, which is no failure of a table; formats wrap what the stream said.
fn has_no_reader(error: &io::Error) -> bool {
    std::iter::successors(Some(error as &(dyn std::error::Error + 'static)), |error| error.source())
        .filter_map(|error| error.downcast_ref::<io::Error>())
        .any(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

/// Prints what the columns mean.
pub fn columns(session: &Session, args: &Args) -> CommandResult {
    let printer = &session.printer;
    let columns = args.table().columns(true);
    let line = |column: &&'static export::Column| -> Vec<Span> {
        let when = if column.text { " (--texts)" } else { "" };
        vec![
            Span::new(Tone::Strong, column.name),
            column.kind.name().into(),
            format!("{}{when}", column.about).into(),
        ]
    };
    let lines: Vec<Vec<Span>> = columns.iter().map(line).collect();
    let paint = Paint::new(printer.color_out(), printer.width());
    printer.out(&table(paint, &["column", "holds", "meaning"], &lines, false))?;
    Ok(ExitStatus::Success)
}
