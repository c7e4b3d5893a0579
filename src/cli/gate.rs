//! `regauge gate`: a stored run held against the rules, and against an earlier run.

use serde::Serialize;

use super::against::Against;
use super::{CommandResult, ExitStatus, Session, decides, gate_rules};
use crate::baseline::NONE;
use crate::gate::Verdict;
use crate::outcome::Recorded;
use crate::report::terminal::{Paint, render_gate};
use crate::report::{CompareBy, Depth, FORMAT, GateView};

/// Flags of `regauge gate`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A run: its id, the beginning of it, a tag, a git branch, `latest` or `latest~N`.
    #[arg(default_value = "latest", value_name = "RUN")]
    run: String,
    /// The earlier run to hold it against: a baseline of `regauge baseline`, a run named likewise, or `none`; default:
    /// `baseline` in [gate].
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
    let config = session.config()?;
    let store = session.store_of(&config)?;
    let id = store.resolve(&args.run)?;
    let run = store.stored(&id)?;
    decides(&run.info().header)?;
    let mut rules = gate_rules(&config);
    let against = match args.baseline.as_deref() {
        Some(NONE) => Against::default(),
        Some(name) => {
            rules.baseline = Some(name.to_owned());
            Against::must(&store, &config, name)?
        }
        None if rules.baseline.is_some() => {
            Against::of_rules(&session.printer, &store, &config, &rules, &id)?
        }
        None => Against::default(),
    };
    if against.gate_run() == Some(&id) {
        anyhow::bail!("run {id} would be held against itself; name another with --baseline");
    }
    let earlier = against.stored(&store)?;
    let earlier = earlier.as_ref().map(|run| run as &dyn Recorded);
    let report = against.report(&run, earlier, &rules, Depth::first(0), &CompareBy::Best)?;
    let baseline = against.gate_run();
    let printer = &session.printer;
    if args.json {
        let gate = report.gate.as_ref();
        printer.json(&Document { format: FORMAT, run: &id, baseline, gate })?;
    } else {
        let against = baseline.unwrap_or(NONE);
        printer.out(&format!("run {id}\nbaseline {against}\n"))?;
        printer.out(&render_gate(Paint::new(printer.color_out(), printer.width()), &report))?;
    }
    Ok(ExitStatus::of(report.gate.map_or(Verdict::CannotTell, |gate| gate.verdict)))
}
