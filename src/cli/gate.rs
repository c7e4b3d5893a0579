//! `regauge gate`: a stored run held against the rules, and against an earlier run.

use serde::Serialize;

use super::{CommandResult, ExitStatus, Session, earlier_run};
use crate::gate::Verdict;
use crate::outcome::Recorded;
use crate::report::terminal::{Paint, render_gate};
use crate::report::{Depth, FORMAT, GateView, Report};

/// Flags of `regauge gate`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A run: its id, the beginning of it, a tag, a git branch, `latest` or `latest~N`.
    #[arg(default_value = "latest", value_name = "RUN")]
    run: String,
    /// The earlier run to hold it against, named likewise, or `none`; default: `baseline` in [gate].
    #[arg(long, value_name = "RUN")]
    baseline: Option<String>,
    /// Print the verdict as JSON.
    #[arg(long)]
    json: bool,
}

/// The verdict as data.
#[derive(Debug, Serialize)]
struct Document<'a> {
    /// Version, the one of reports.
    format: u32,
    /// The run.
    run: &'a str,
    /// The earlier run.
    baseline: Option<&'a str>,
    /// The verdict.
    gate: Option<&'a GateView>,
}

/// Prints the verdict.
pub fn run(session: &Session, args: &Args) -> CommandResult {
    let store = session.store()?;
    let id = store.resolve(&args.run)?;
    let run = store.stored(&id)?;
    let mut rules = session.rules()?;
    let baseline = match args.baseline.as_deref() {
        Some("none") => None,
        Some(name) => {
            rules.baseline = Some(name.to_owned());
            Some(store.resolve(name)?)
        }
        None if rules.baseline.is_some() => earlier_run(&session.printer, &store, &rules, &id)?,
        None => None,
    };
    if baseline.as_deref() == Some(&*id) {
        anyhow::bail!("run {id} would be held against itself; name another with --baseline");
    }
    let earlier = baseline.as_ref().map(|id| store.stored(id)).transpose()?;
    let earlier = earlier.as_ref().map(|run| run as &dyn Recorded);
    let report = Report::build(&run, earlier, Some(&rules), Depth::first(0))?;
    let printer = &session.printer;
    if args.json {
        let gate = report.gate.as_ref();
        printer.json(&Document { format: FORMAT, run: &id, baseline: baseline.as_deref(), gate })?;
    } else {
        let against = baseline.as_deref().unwrap_or("none");
        printer.out(&format!("run {id}\nbaseline {against}\n"))?;
        printer.out(&render_gate(Paint::new(printer.color_out(), printer.width()), &report))?;
    }
    Ok(ExitStatus::of(report.gate.map_or(Verdict::CannotTell, |gate| gate.verdict)))
}
