//! `regauge report`: print a stored run's report, with the same bytes as the run itself.

use super::against::Against;
use super::compare::Compare;
use super::outputs::{Outputs, Subject};
use super::roles;
use super::{CommandResult, ExitStatus, Session, gate_rules};
use crate::baseline::NONE;
use crate::outcome::Recorded;
use crate::report::{self, ReportOptions};

/// Flags of `regauge report`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A run: its id, the beginning of it, a tag, `latest` or `latest~N`.
    #[arg(default_value = "latest", value_name = "RUN")]
    run: String,
    #[command(flatten)]
    outputs: Outputs,
    /// What one reader needs of it instead, at the terminal, as markdown or as HTML.
    #[arg(long = "for", value_name = "ROLE", value_parser = roles::names())]
    role: Option<String>,
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
    #[command(flatten)]
    compare: Compare,
}

/// Prints a report.
pub fn run(session: &Session, args: &Args) -> CommandResult {
    args.outputs.check()?;
    let role = args.role.as_deref().map(roles::wanted).transpose()?;
    if role.is_some() {
        args.outputs.formats().try_for_each(|name| report::roles::format(name).map(drop))?;
    }
    let config = session.config()?;
    let store = session.store_of(&config)?;
    let id = store.resolve(&args.run)?;
    let newest = store.stored(&id)?;
    let layer = args.layer.map(|layer| {
        let found = store.run_at(&id, layer)?;
        found.ok_or_else(|| anyhow::anyhow!("run {id} has no layer {layer}; `regauge runs show` lists them"))
    });
    let layer = layer.transpose()?;
    let run: &dyn Recorded = layer.as_ref().map_or(&newest, |run| run);
    let rules = gate_rules(&config);
    let against = match args.previous.as_deref() {
        Some(NONE) => Against::default(),
        Some(name) => Against::named(&store, name)?,
        None => Against::of_rules(&session.printer, &store, &config, &rules, &id)?,
    };
    let previous = against.stored(&store)?;
    let previous = previous.as_ref().map(|p| p as &dyn Recorded);
    let by = args.compare.by(&config, &run.info().header.variants)?;
    let subject = Subject { store: &store, run, previous, rules: &rules, against: &against, by: &by };
    match role {
        Some(role) => roles::write(session, &args.outputs, subject, role, args.limit)?,
        None => {
            args.outputs.write(session, subject, args.limit)?;
        }
    }
    Ok(ExitStatus::Success)
}
