//! `regauge coverage`: articles against cases and a run, and the work list that follows.

use super::page::PageArgs;
use super::{CommandResult, ExitStatus, Session};
use crate::coverage::Coverage;
use crate::embed;
use crate::outcome::{Recorded, VariantKey};
use crate::project::Project;
use crate::report::coverage::{Part, render};

/// Flags of `regauge coverage`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A run: its id, the beginning of it, a tag, `latest` or `latest~N`.
    #[arg(default_value = "latest", value_name = "RUN")]
    run: String,
    /// Count the answers to this prompt only; default: the prompts of the gate, else all.
    #[arg(long, value_name = "PROMPT")]
    prompt: Option<String>,
    /// Count the answers of this model only.
    #[arg(long, value_name = "MODEL")]
    model: Option<String>,
    /// Only this table.
    #[arg(long, value_enum, value_name = "TABLE")]
    table: Option<Part>,
    #[command(flatten)]
    page: PageArgs,
}

/// Prints the coverage.
pub fn run(session: &Session, args: &Args) -> CommandResult {
    let project = session.load()?;
    let store = session.store()?;
    let stored = store.stored(&store.resolve(&args.run)?)?;
    let coverage = of(session, &project, &stored, args.prompt.as_deref(), args.model.as_deref())?;
    args.page.show(session, |format, options| render(&coverage, format, args.table, options))?;
    Ok(ExitStatus::Success)
}

/// The coverage by a run, counting the answers to this prompt (or to the prompts of the gate, else to all) of this model (or all).
pub(super) fn of(
    session: &Session,
    project: &Project,
    run: &dyn Recorded,
    prompt: Option<&str>,
    model: Option<&str>,
) -> anyhow::Result<Coverage> {
    let gated = &project.config.gate.prompts;
    let variants = &run.info().header.variants;
    let in_gate = |v: &VariantKey| gated.is_empty() || gated.contains(&v.prompt);
    let any_gated = variants.iter().any(in_gate);
    let counts = |v: &VariantKey| {
        let asked = match prompt {
            Some(name) => name == v.prompt,
            None => !any_gated || in_gate(v),
        };
        asked && model.is_none_or(|name| name == v.model)
    };
    if !variants.iter().any(counts) {
        let names: Vec<String> = variants.iter().map(ToString::to_string).collect();
        anyhow::bail!("the run has no such column; it has {}", names.join(", "));
    }
    let embedder = embed::local(crate::config::models_dir(&session.env).as_deref());
    Ok(Coverage::of(project, run, &counts, embedder.as_ref())?)
}
