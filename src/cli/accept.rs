//! `regauge accept`: review answers and accept them as goldens, one by one or by name.

mod confirm;
mod desk;
mod keep;
mod pending;
mod pick;
mod review;

use std::process::{Command, Stdio};

use anyhow::Context as _;

use super::{CommandResult, ExitStatus, Session, decides};
use crate::outcome::Run;
use crate::report::inert_line;
use crate::report::terminal::Paint;

use desk::TerminalDesk;
use keep::{Acceptance, Kept, Shelf};
use pick::Filter;
use review::Review;

/// Flags of `regauge accept`.
#[derive(Debug, clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub struct Args {
    /// The run whose answers are reviewed: its id, the beginning of it, a tag, `latest` or `latest~N`.
    #[arg(long, value_name = "RUN", default_value = "latest")]
    run: String,
    /// Only this case; with --reason its answer is accepted without review.
    #[arg(long, value_name = "CASE")]
    case: Option<String>,
    /// Only this suite.
    #[arg(long, value_name = "SUITE")]
    suite: Option<String>,
    /// Only answers to this prompt.
    #[arg(long, value_name = "PROMPT")]
    prompt: Option<String>,
    /// Only answers of this model.
    #[arg(long, value_name = "MODEL")]
    model: Option<String>,
    /// Why the answer is right.
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// Who accepts; default: `user.name` of git.
    #[arg(long, value_name = "NAME")]
    author: Option<String>,
    /// Add the answer beside the accepted ones.
    #[arg(long, conflicts_with = "replace")]
    also: bool,
    /// Replace the accepted answers without showing them.
    #[arg(long, requires = "reason")]
    replace: bool,
    /// Look at goldens whose articles were edited since, and say that they still hold.
    #[arg(long, conflicts_with_all = ["prompt", "model", "also", "replace"])]
    confirm: bool,
    /// Look at pending cases: an accepted one joins its suite and gets its answer as golden.
    #[arg(long, conflicts_with_all = ["run", "prompt", "model", "also", "replace", "confirm"])]
    pending: bool,
    /// With --pending: this answer instead of the proposed one.
    #[arg(long, value_name = "TEXT", requires = "pending")]
    answer: Option<String>,
}

/// Accepts answers.
pub fn run(session: &Session, args: &Args) -> CommandResult {
    if args.confirm {
        return confirm::run(session, args);
    }
    if args.pending {
        return pending::run(session, args);
    }
    let config = session.config()?;
    let store = session.store_of(&config)?;
    let run = store.run(&store.resolve(&args.run)?)?;
    decides(&run.header)?;
    let filter = Filter {
        suite: args.suite.as_deref(),
        case: args.case.as_deref(),
        prompt: args.prompt.as_deref(),
        model: args.model.as_deref(),
    };
    let shelf = Shelf::new(&session.root, &config.golden);
    match (&args.case, &args.reason) {
        (Some(case), Some(reason)) => by_name(session, args, &run, &filter, &shelf, case, reason),
        _ if session.printer.interactive() => {
            let previous = store.previous(&run.header.id)?.map(|id| store.run(&id)).transpose()?;
            by_review(session, args, &run, previous.as_ref(), &filter, &shelf)
        }
        _ => anyhow::bail!(
            "nobody can be asked here; name the answer: regauge accept --case CASE --prompt PROMPT --reason \"why it is right\""
        ),
    }
}

fn by_name(
    session: &Session,
    args: &Args,
    run: &Run,
    filter: &Filter<'_>,
    shelf: &Shelf,
    case: &str,
    reason: &str,
) -> CommandResult {
    let trial = pick::one(run, filter, case)?;
    let answer = trial.answer().unwrap_or_default();
    let author = author(session, args)?;
    let acceptance = Acceptance { author: &author, reason, also: args.also, replace: args.replace };
    let found = shelf.find(&trial.key)?;
    match shelf.keep(trial, answer, &acceptance, &found)? {
        Kept::Written(path) => {
            session.printer.talk(&format!("accepted: {}", inert_line(answer)));
            session.printer.out(&format!("wrote {}", path.display()))?;
        }
        Kept::Already(path) => {
            session.printer.talk(&format!("{} holds this answer already; nothing changed", path.display()));
        }
    }
    Ok(ExitStatus::Success)
}

fn by_review(
    session: &Session,
    args: &Args,
    run: &Run,
    previous: Option<&Run>,
    filter: &Filter<'_>,
    shelf: &Shelf,
) -> CommandResult {
    let trials = pick::for_review(run, previous, filter)?;
    if trials.is_empty() {
        session.printer.talk("nothing to review: no answer failed, changed or lacks a golden");
        return Ok(ExitStatus::Success);
    }
    let author = author(session, args)?;
    let printer = &session.printer;
    let editor = (session.env)("VISUAL").or_else(|| (session.env)("EDITOR"));
    let review = Review {
        paint: Paint::new(printer.color_err(), printer.width()),
        shelf,
        author: &author,
        reason: args.reason.as_deref(),
        also: args.also,
    };
    let tally = review.go(&trials, &mut TerminalDesk::new(printer, editor))?;
    printer.talk(&tally.to_string());
    Ok(if tally.interrupted { ExitStatus::Interrupted } else { ExitStatus::Success })
}

/// `--author`, or the name that git knows.
fn author(session: &Session, args: &Args) -> anyhow::Result<String> {
    let given = args.author.clone().or_else(|| git_name(&session.root));
    given
        .map(|name| name.trim().to_owned())
        .filter(|name| !name.is_empty())
        .context("who accepts? say --author NAME, or set git's user.name")
}

/// `user.name` of git.
pub(super) fn git_name(folder: &std::path::Path) -> Option<String> {
    let mut git = Command::new("git");
    git.arg("-C").arg(folder).args(["config", "user.name"]).stdin(Stdio::null());
    let output = git.output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
