//! `regauge ladder`: what the runs of `regauge run --ladder` say together.

use anyhow::Context as _;

use super::page::PageArgs;
use super::{CommandResult, ExitStatus, Session};
use crate::diagnostic::did_you_mean;
use crate::ladder::{Ladder, Rung};
use crate::outcome::VariantKey;
use crate::project::Project;
use crate::report::ladder::{Part, render};
use crate::store::Store;

/// Flags of `regauge ladder`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A ladder's name; default: the newest.
    #[arg(value_name = "LADDER")]
    ladder: Option<String>,
    #[command(flatten)]
    show: Show,
}

/// How a ladder is shown.
#[derive(Debug, clap::Args)]
pub(super) struct Show {
    /// Only this prompt; default: the prompts of the gate, else all.
    #[arg(long, value_name = "PROMPT")]
    pub(super) prompt: Option<String>,
    /// Only this model.
    #[arg(long, value_name = "MODEL")]
    pub(super) model: Option<String>,
    /// Only this table.
    #[arg(long, value_enum, value_name = "TABLE")]
    pub(super) table: Option<Part>,
    #[command(flatten)]
    pub(super) page: PageArgs,
}

/// How the tags of rungs begin.
pub(super) const TAG: &str = "ladder-";

/// The tag of a rung's run.
pub(super) fn tag(name: &str, rung: Rung) -> String {
    format!("{TAG}{name}-{}", rung.name())
}

/// Prints a ladder.
pub fn run(session: &Session, args: &Args) -> CommandResult {
    let project = session.load()?;
    let store = session.store()?;
    let names = names(&store)?;
    let newest = names.first().context("there is no ladder yet; `regauge run --ladder` makes one")?;
    let name = match &args.ladder {
        None => newest,
        Some(name) => names.iter().find(|known| *known == name).with_context(|| {
            let near = did_you_mean(name, names.iter().map(String::as_str));
            let near = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
            format!("no ladder is named `{name}`{near}")
        })?,
    };
    show(session, &project, &store, name, &args.show)
}

/// Names of ladders, the newest first.
fn names(store: &Store) -> anyhow::Result<Vec<String>> {
    let end = format!("-{}", Rung::Retrieved.name());
    let name = |tag: &String| Some(tag.strip_prefix(TAG)?.strip_suffix(&end)?.to_owned());
    Ok(store.list()?.iter().flat_map(|run| run.tags.iter().filter_map(name)).collect())
}

/// Shows what four runs say together.
pub(super) fn show(
    session: &Session,
    project: &Project,
    store: &Store,
    name: &str,
    how: &Show,
) -> CommandResult {
    let open = |rung| {
        let tag = tag(name, rung);
        let id = store.resolve(&tag);
        let id =
            id.with_context(|| format!("ladder {name} lacks a run; `regauge run --ladder` makes a new one"))?;
        anyhow::Ok(store.stored(&id)?)
    };
    let [none, gold, full, retrieved] = Rung::ALL.map(open);
    let (none, gold, full, retrieved) = (none?, gold?, full?, retrieved?);
    let variants = crate::outcome::Recorded::info(&retrieved).header.variants.clone();
    let gated = &project.config.gate.prompts;
    let in_gate = |v: &VariantKey| gated.is_empty() || gated.contains(&v.prompt);
    let any_gated = variants.iter().any(in_gate);
    let counts = |v: &VariantKey| {
        let prompt = match &how.prompt {
            Some(name) => *name == v.prompt,
            None => !any_gated || in_gate(v),
        };
        prompt && how.model.as_ref().is_none_or(|name| *name == v.model)
    };
    if !variants.iter().any(counts) {
        let names: Vec<String> = variants.iter().map(ToString::to_string).collect();
        anyhow::bail!("the ladder has no such column; it has {}", names.join(", "));
    }
    let ladder = Ladder::of(name, project, [&none, &gold, &full, &retrieved], &counts)?;
    how.page.show(session, |format, options| render(&ladder, format, how.table, options))?;
    Ok(ExitStatus::Success)
}
