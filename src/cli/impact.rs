//! `regauge impact`: which cases an edit touches, and which changed passages nobody tests.

use std::fmt::Write as _;

use anyhow::Context as _;
use serde::Serialize;

use super::select::Select;
use super::{CommandResult, ExitStatus, Findings, Session, git, prepare};
use crate::impact::{Impact, State, Untested, impact, passages};
use crate::plan::Plan;
use crate::project::{self, Project};
use crate::report::{inert_line, plural};
use crate::selection::Selection;
use crate::store::Store;

/// Newest runs that are looked at for the last result of a case.
const MOST_RUNS: usize = 50;

/// Flags of `regauge impact`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    select: Select,
    /// Since this git revision or this run; default: since each case was last run.
    #[arg(long, value_name = "REV|RUN")]
    since: Option<String>,
    /// Print the cases and reasons as JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct View {
    since: String,
    of: usize,
    cases: Vec<CaseView>,
    /// Changed passages that no case rests on; absent where the passages of then are not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    untested: Option<Vec<Untested>>,
}

#[derive(Serialize)]
struct CaseView {
    suite: String,
    case: String,
    why: Vec<String>,
}

/// Prints what an edit touches.
pub fn run(session: &Session, args: &Args) -> CommandResult {
    let project = session.load()?;
    let selection = args.select.selection(&project.config);
    let found = find(session, &project, &selection, args.since.as_deref())?;
    let cases = found.impact.cases.iter().map(|((suite, case), why)| CaseView {
        suite: suite.clone(),
        case: case.clone(),
        why: why.iter().map(ToString::to_string).collect(),
    });
    let view =
        View { cases: cases.collect(), since: found.since, of: found.of, untested: found.impact.untested };
    if args.json {
        session.printer.json(&view)?;
    } else {
        session.printer.out(&text(&view))?;
    }
    Ok(ExitStatus::Success)
}

fn text(view: &View) -> String {
    let mut text = format!("since {}: ", inert_line(&view.since));
    let of = plural(view.of as u64, "case");
    let _ = match view.cases.len() {
        0 => writeln!(text, "none of {of} is touched"),
        n => writeln!(text, "{n} of {of} touched"),
    };
    for case in &view.cases {
        let _ = writeln!(
            text,
            "  {}",
            inert_line(&format!("{}/{}  {}", case.suite, case.case, case.why.join(", ")))
        );
    }
    match &view.untested {
        None => {
            text.push_str(
                "changed passages that nobody tests: not known, name a git revision with --since\n",
            );
        }
        Some(list) if list.is_empty() => text.push_str("changed passages that nobody tests: none\n"),
        Some(list) => {
            let _ = writeln!(text, "changed passages that nobody tests: {}", list.len());
            for untested in list {
                let file = untested.file.as_ref().map(|file| format!("  {file}")).unwrap_or_default();
                let line = format!("{} {}{file}", untested.passage, untested.edit.name());
                let _ = writeln!(text, "  {}", inert_line(&line));
            }
        }
    }
    text
}

/// What an edit touches, and since when.
pub(super) struct Found {
    pub(super) since: String,
    /// Cases of the selection.
    of: usize,
    pub(super) impact: Impact,
}

/// What changed since a revision, a run, or the last result of each case touches.
pub(super) fn find(
    session: &Session,
    project: &Project,
    selection: &Selection,
    since: Option<&str>,
) -> anyhow::Result<Found> {
    let mut narrow = selection.clone();
    narrow.repeats = Some(1);
    let plan = Plan::new(project, &narrow)?;
    let recorded = prepare::recorded(session, project)?;
    let now = State::of_project(project, &plan, &recorded).map_err(|found| Findings((*found).into()))?;
    let store = Store::open_existing(&session.root.join(&project.config.store))?;
    let run = match (since, &store) {
        (Some(name), Some(store)) => store.resolve(name).ok(),
        _ => None,
    };
    let (since, before) = match (since, run, &store) {
        (_, Some(id), Some(store)) => {
            let state = of_runs(session, store, std::slice::from_ref(&id), &now)?;
            (format!("run {id}"), state)
        }
        (Some(revision), ..) => of_revision(session, &narrow, revision)?,
        (None, _, Some(store)) => {
            let rows = store.history_of_runs()?;
            let newest = rows.first().context("there is no run yet; name a git revision with --since")?;
            let since = format!("the last run of each case (newest {})", newest.id);
            let ids: Vec<String> = rows.iter().take(MOST_RUNS).map(|row| row.id.clone()).collect();
            (since, of_runs(session, store, &ids, &now)?)
        }
        (None, _, None) => {
            anyhow::bail!("there is no run yet to compare with; name a git revision with --since")
        }
    };
    let of = plan.sizes.iter().map(|size| size.cases as usize).sum();
    Ok(Found { since, of, impact: impact(&before, &now) })
}

/// What runs know, the newest first, until they know every trial of today.
fn of_runs(session: &Session, store: &Store, ids: &[String], now: &State) -> anyhow::Result<State> {
    let mut state = State::default();
    for (at, id) in ids.iter().enumerate() {
        let run = store.run(id)?;
        run.trials.iter().for_each(|trial| state.recall(trial));
        // The passages of then are those of its commit, where nothing else was in it.
        let clean = run.info.header.git.as_ref().filter(|git| at == 0 && !git.dirty);
        if let Some(git) = clean {
            let old = tempfile::tempdir()?;
            if git::checkout(&session.root, &git.revision, old.path()).is_ok()
                && let (Some(project), _) = project::load(old.path(), &session.env)
            {
                state.with_passages(passages(&project).0);
            }
        }
        if state.covers(now) {
            break;
        }
    }
    Ok(state)
}

/// The project as a git revision has it.
fn of_revision(session: &Session, selection: &Selection, revision: &str) -> anyhow::Result<(String, State)> {
    let old = tempfile::tempdir()?;
    let commit = git::checkout(&session.root, revision, old.path())
        .with_context(|| format!("`{revision}` is neither a run nor a git revision of this project"))?;
    let (project, findings) = project::load(old.path(), &session.env);
    let Some(project) = project else {
        session.printer.findings(&findings);
        anyhow::bail!(
            "the project of {revision} ({commit:.12}) does not load, see above; name another revision"
        );
    };
    // What is named on the command line need not have been there yet.
    let all =
        Selection { repeats: selection.repeats, models: selection.models.clone(), ..Selection::default() };
    let plan = Plan::new(&project, &all)?;
    let recorded = prepare::recorded(session, &project)?;
    let state = State::of_project(&project, &plan, &recorded).map_err(|found| Findings((*found).into()))?;
    Ok((format!("{revision} ({commit:.12})"), state))
}
