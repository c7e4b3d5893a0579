//! `regauge accept`: review answers and accept them as goldens, one by one or by name.

mod confirm;
mod desk;
mod given;
mod keep;
mod pending;
mod pick;
mod review;

use std::process::{Command, Stdio};

use anyhow::Context as _;

use super::{CommandResult, ExitStatus, Session, decides};
use crate::diagnostic::did_you_mean;
use crate::outcome::{Run, TrialResult};
use crate::report::inert_line;
use crate::report::terminal::Paint;
use crate::score::Score;

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
    /// With --case and --reason: this answer, and none that a run got; with --pending, instead of the proposed one.
    #[arg(long, value_name = "TEXT", requires = "case", requires = "reason",
        conflicts_with_all = ["run", "prompt", "model", "confirm"])]
    answer: Option<String>,
    /// With --case and --reason: also an answer that failed scorers which need no accepted answer.
    #[arg(long, requires = "case", conflicts_with_all = ["confirm", "pending", "answer"])]
    failed: bool,
}

/// Accepts answers.
pub fn run(session: &Session, args: &Args) -> CommandResult {
    if args.confirm {
        return confirm::run(session, args);
    }
    if args.pending {
        return pending::run(session, args);
    }
    if let (Some(case), Some(answer), Some(reason)) = (&args.case, &args.answer, &args.reason) {
        return given::run(session, args, case, answer, reason);
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
    if !meant(session, args, trial)? {
        session.printer.talk("nothing was accepted");
        return Ok(ExitStatus::Success);
    }
    let author = author(session, args)?;
    let acceptance = Acceptance { author: &author, reason, also: args.also, replace: args.replace };
    let found = shelf.find(&trial.key)?;
    say(session, answer, shelf.keep(trial, answer, &acceptance, &found)?)
}

/// Whether an answer is to be accepted whatever its scorers said; those that compare it with accepted answers are the
/// ones that accepting it is to content.
fn meant(session: &Session, args: &Args, trial: &TrialResult) -> anyhow::Result<bool> {
    let compares = |score: &&Score| {
        !trial.case.goldens.is_empty()
            && ["golden", "meaning", "similarity", "equals"].contains(&score.kind.as_str())
    };
    let failed: Vec<&Score> = trial.scores.iter().filter(|s| s.fails() && !compares(s)).collect();
    for score in &failed {
        session.printer.talk(&inert_line(&format!("note: it failed `{}`: {}", score.name, score.reason)));
    }
    if failed.is_empty() || args.failed {
        return Ok(true);
    }
    anyhow::ensure!(
        session.printer.interactive(),
        "the answer failed and nobody can be asked here: \"{}\"; give the right one with --answer TEXT, or say --failed to \
         accept it all the same",
        inert_line(trial.answer().unwrap_or_default())
    );
    session
        .printer
        .talk(&format!("Accept it all the same? {} [y/N]", inert_line(trial.answer().unwrap_or_default())));
    Ok(matches!(console::Term::stderr().read_key()?, console::Key::Char('y' | 'Y')))
}

/// Says what became of an accepted answer.
fn say(session: &Session, answer: &str, kept: Kept) -> CommandResult {
    match kept {
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

/// The error of a name that none of the cases with these ids has.
fn no_case(name: &str, ids: &[String]) -> anyhow::Error {
    match did_you_mean(name, ids.iter().map(String::as_str)) {
        Some(near) => anyhow::anyhow!("there is no case `{name}`; did you mean `{near}`?"),
        None => anyhow::anyhow!("there is no case `{name}`"),
    }
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
