//! `regauge report`: print a stored run's report, with the same bytes as the run itself.

use std::path::PathBuf;

use clap::builder::PossibleValuesParser;

use super::runs::trend;
use super::{CommandResult, ExitStatus, Session, earlier_run, file, places};
use crate::outcome::Recorded;
use crate::report::{self, RENDERERS, Report, ReportOptions};

/// Flags of `regauge report`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A run: its id, the beginning of it, a tag, `latest` or `latest~N`.
    #[arg(default_value = "latest", value_name = "RUN")]
    run: String,
    /// Format of the report.
    #[arg(long, value_name = "FORMAT", default_value = "terminal",
        value_parser = PossibleValuesParser::new(RENDERERS.iter().map(|k| k.name)))]
    format: String,
    /// Print the report as JSON; short for `--format json`.
    #[arg(long, conflicts_with = "format")]
    json: bool,
    /// Write the report to a file instead, whole or not at all; a file that is there is replaced.
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Show at most this many failing cases per reason; 0 = all.
    #[arg(long, value_name = "N", default_value_t = ReportOptions::DEFAULT_LIMIT)]
    limit: usize,
    /// Show the scores of an earlier layer; the first scores of a run are layer 1 (`regauge rescore` adds one).
    #[arg(long, value_name = "N")]
    layer: Option<u32>,
    /// The earlier run to compare with, or `none`; default: `baseline` in [gate], else the newest one before
    /// that shares a suite.
    #[arg(long, value_name = "RUN")]
    previous: Option<String>,
}

/// Prints a report.
pub fn run(session: &Session, args: &Args) -> CommandResult {
    let store = session.store()?;
    let id = store.resolve(&args.run)?;
    let newest = store.stored(&id)?;
    let layer = args.layer.map(|layer| {
        let found = store.run_at(&id, layer)?;
        found.ok_or_else(|| anyhow::anyhow!("run {id} has no layer {layer}; `regauge runs show` lists them"))
    });
    let layer = layer.transpose()?;
    let run: &dyn Recorded = layer.as_ref().map_or(&newest, |run| run);
    let rules = session.rules()?;
    let previous = match args.previous.as_deref() {
        Some("none") => None,
        Some(name) => Some(store.resolve(name)?),
        None => earlier_run(&session.printer, &store, &rules, &id)?,
    };
    let previous = previous.map(|id| store.stored(&id)).transpose()?;
    let printer = &session.printer;
    let color = printer.color_out() && args.output.is_none();
    let options = ReportOptions { color, width: printer.width(), limit: args.limit };
    let format = if args.json { "json" } else { &args.format };
    let previous = previous.as_ref().map(|p| p as &dyn Recorded);
    let depth = report::depth(format, &options)?;
    let mut report = Report::build(run, previous, Some(&rules), depth)?;
    if depth.trend() {
        report.trend = Some(trend::until(&store, run.info(), None)?);
    }
    if depth.places() {
        report.places = places::of(session, &report.run.suites);
    }
    let text = report::render(format, &report, &options)?;
    match &args.output {
        Some(path) => file::replace(path, text.as_bytes())?,
        None => printer.out(&text)?,
    }
    Ok(ExitStatus::Success)
}
