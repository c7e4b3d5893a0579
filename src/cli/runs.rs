//! `regauge runs`: list, show, follow, tag, delete, prune and export stored runs.

mod export;
pub(super) mod flaky;
mod show;
pub(super) mod trend;

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::{CommandResult, ExitStatus, Session, claimed};
use crate::clock;
use crate::outcome::Recorded as _;
use crate::report::inert_line;
use crate::run::delete_afloat;
use crate::store::{Claim, Retention, RunRow, Store};

/// Flags of `regauge runs`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// List all runs, newest first.
    List {
        /// Print the list as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Show what is known of a run besides its trials.
    Show {
        /// A run: its id, the beginning of it, a tag, `latest` or `latest~N`.
        #[arg(value_name = "RUN", default_value = "latest")]
        run: String,
        /// Print it as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Give a run a name; tagged runs are never pruned.
    Tag {
        /// The run.
        #[arg(value_name = "RUN")]
        run: String,
        /// The tag.
        #[arg(value_name = "TAG")]
        tag: String,
    },
    /// Take a tag from a run.
    Untag {
        /// The run.
        #[arg(value_name = "RUN")]
        run: String,
        /// The tag.
        #[arg(value_name = "TAG")]
        tag: String,
    },
    /// Delete runs.
    Delete {
        /// The runs.
        #[arg(value_name = "RUN", required = true)]
        runs: Vec<String>,
        /// Do not ask.
        #[arg(long, short = 'y')]
        yes: bool,
    },
    /// Delete old runs, unfinished ones too; tagged ones and those that a process works on are kept.
    #[command(group = clap::ArgGroup::new("rule").required(true).multiple(true).args(["keep_last", "keep_days"]))]
    Prune {
        /// Keep this many of the newest finished runs.
        #[arg(long, value_name = "N")]
        keep_last: Option<u32>,
        /// Keep runs that are younger than this many days.
        #[arg(long, value_name = "D")]
        keep_days: Option<u32>,
        /// Only say what would be deleted.
        #[arg(long)]
        dry_run: bool,
        /// Do not ask; nobody is asked where there is no terminal.
        #[arg(long, short = 'y')]
        yes: bool,
        /// Print the deleted runs as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Show how the pass rate went from run to run, oldest first.
    Trend(trend::Args),
    /// Show the cases that pass now and then under the same conditions.
    Flaky(flaky::Args),
    /// Write a run's answers to a cassette that `--replay` reads.
    Export {
        /// The run.
        #[arg(value_name = "RUN")]
        run: String,
        /// The file.
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// Overwrite the file when it is there.
        #[arg(long)]
        force: bool,
    },
}

/// Does what was asked with the stored runs.
pub fn run(session: &Session, args: &Args) -> CommandResult {
    match &args.action {
        Action::List { json } => list(session, *json)?,
        Action::Show { run, json } => show::run(session, run, *json)?,
        Action::Tag { run, tag } => set_tag(session, run, tag, true)?,
        Action::Untag { run, tag } => set_tag(session, run, tag, false)?,
        Action::Delete { runs, yes } => delete(session, runs, *yes)?,
        Action::Prune { keep_last, keep_days, dry_run, yes, json } => {
            let rule = Retention { keep_last: *keep_last, keep_days: *keep_days };
            prune(session, rule, (*dry_run, *yes), *json)?;
        }
        Action::Flaky(args) => flaky::run(session, args)?,
        Action::Trend(args) => trend::run(session, args)?,
        Action::Export { run, file, force } => export::run(session, run, file, *force)?,
    }
    Ok(ExitStatus::Success)
}

fn list(session: &Session, json: bool) -> anyhow::Result<()> {
    let folder = session.root.join(session.config()?.store);
    let rows = match Store::open_existing(&folder)? {
        Some(store) => store.list()?,
        None => Vec::new(),
    };
    if json {
        session.printer.json(&rows)?;
    } else if rows.is_empty() {
        session.printer.talk("there are no runs yet; `regauge run` makes one");
    } else {
        session.printer.out(&show::table_of(&session.printer, &rows))?;
    }
    Ok(())
}

fn set_tag(session: &Session, run: &str, tag: &str, present: bool) -> anyhow::Result<()> {
    let store = session.store()?;
    let id = store.resolve(run)?;
    if !present && !store.stored(&id)?.info().tags.iter().any(|t| t == tag) {
        anyhow::bail!("run {id} has no tag `{tag}`");
    }
    store.tag(&id, tag, present)?;
    let done = if present { "tagged" } else { "no longer tagged" };
    session.printer.talk(&format!("run {id} is {done} `{}`", inert_line(tag)));
    Ok(())
}

fn delete(session: &Session, names: &[String], yes: bool) -> anyhow::Result<()> {
    let store = session.store()?;
    let mut ids: Vec<String> = names.iter().map(|n| store.resolve(n)).collect::<Result<_, _>>()?;
    ids.sort();
    ids.dedup();
    if !yes {
        if !session.printer.interactive() {
            anyhow::bail!("nobody can be asked here; say --yes to delete {}", ids.join(", "));
        }
        let doomed: Vec<RunRow> = store.list()?.into_iter().filter(|r| ids.contains(&r.id)).collect();
        if !confirmed(session, &doomed)? {
            return Ok(());
        }
    }
    let claims = ids.iter().map(|id| claimed(&store, id)).collect::<anyhow::Result<Vec<_>>>()?;
    remove(&store, &ids, claims)?;
    session.printer.talk(&format!("deleted {}", ids.join(", ")));
    Ok(())
}

/// Asks at the terminal whether these runs are to go.
fn confirmed(session: &Session, doomed: &[RunRow]) -> anyhow::Result<bool> {
    session.printer.talk(&show::table_of(&session.printer, doomed));
    session.printer.talk("Delete for good? [y/N]");
    let yes = matches!(console::Term::stderr().read_key()?, console::Key::Char('y' | 'Y'));
    if !yes {
        session.printer.talk("nothing was deleted");
    }
    Ok(yes)
}

/// Deletes runs that this process has claimed, with what lies beside the store for them.
fn remove(store: &Store, ids: &[String], claims: Vec<Claim>) -> anyhow::Result<()> {
    store.delete(ids)?;
    for id in ids {
        delete_afloat(&store.afloat(id));
    }
    drop(claims);
    Ok(())
}

fn prune(session: &Session, rule: Retention, (dry_run, yes): (bool, bool), json: bool) -> anyhow::Result<()> {
    let store = session.store()?;
    let mut rows = store.prunable(rule, clock::now())?;
    if !dry_run {
        // A script said by its rule what is to go; a person sees it first.
        let asks = session.printer.interactive() && !yes && !rows.is_empty();
        if asks && !confirmed(session, &rows)? {
            return Ok(());
        }
        let mut claims = BTreeMap::new();
        for row in &rows {
            match store.claim(&row.id)? {
                Some(claim) => _ = claims.insert(row.id.clone(), claim),
                None => session.printer.talk(&format!("run {} is kept: another process works on it", row.id)),
            }
        }
        rows.retain(|row| claims.contains_key(&row.id));
        let (ids, claims): (Vec<String>, Vec<Claim>) = claims.into_iter().unzip();
        remove(&store, &ids, claims)?;
    }
    if json {
        session.printer.json(&rows)?;
    } else if rows.is_empty() {
        session.printer.talk("nothing to prune");
    } else {
        session.printer.out(&show::table_of(&session.printer, &rows))?;
        let done = if dry_run { "would be deleted" } else { "deleted" };
        session.printer.talk(&format!("{} {done}", crate::report::plural(rows.len() as u64, "run")));
    }
    Ok(())
}
