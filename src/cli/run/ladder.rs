//! `regauge run --ladder`: four runs of the same cases that differ in what the model is given.

use std::sync::Arc;

use super::{Args, Work, load};
use crate::cli::ladder::{Show, TAG, show, tag};
use crate::cli::outputs::Outputs;
use crate::cli::page::PageArgs;
use crate::cli::{CommandResult, ExitStatus, Session, prepare};
use crate::ladder::Rung;
use crate::outcome::{Outcome, Recorded as _, RunStatus};
use crate::plan::Plan;
use crate::project::Project;
use crate::run::{Models, Stop, Taken};
use crate::selection::Selection;
use crate::store::Store;

/// Last characters of the first run's id that name a ladder; the first ones are the time and alike.
const NAME: usize = 8;

pub(super) async fn run(session: &Session, args: &Args, stop: &Stop) -> CommandResult {
    anyhow::ensure!(
        args.outputs == Outputs::default(),
        "`run --ladder` prints what the four runs say together; for programs: `regauge ladder --json`"
    );
    let project = load(session, args)?;
    let store = Arc::new(Store::open(&session.root.join(&project.config.store))?);
    let retrieved = Plan::new(&project, &args.select.selection(&project.config))?;
    retrieves(&project, &retrieved)?;
    let work = Work { session, args, store, stop, follows: false };
    let sinks = work.sinks();
    // Opened for the rung that may need the embedding model.
    let Some(models) = work.open_models(&project, &retrieved, &sinks).await? else {
        return Ok(ExitStatus::Interrupted);
    };
    let (mut runs, mut taken) = (Vec::new(), Taken::default());
    for (rung, number) in Rung::ALL.into_iter().zip(1..) {
        let mut selection = args.select.selection(&project.config);
        selection.rung = Some(rung.name().to_owned());
        if rung != Rung::Retrieved {
            selection.retrieval = Some(rung.name().to_owned());
        }
        session.printer.talk(&format!("rung {number} of {}: {}", Rung::ALL.len(), rung.name()));
        let plan = Plan::new(&project, &selection)?;
        if let Some(id) = left_over(&work, &project, &plan, &models, &selection)? {
            session.printer.talk(&format!("run {id} has it all"));
            runs.push((rung, id));
            continue;
        }
        let begun = match work.unfinished(&project, &plan, &models, &selection)? {
            Some(begun) => begun,
            None => work.begin(&project, &plan, &models, &selection, 0)?,
        };
        let finished =
            work.execute(project.clone(), plan, models.clone(), begun, work.sinks(), taken).await?;
        taken = finished.ending.taken;
        if finished.ending.status != RunStatus::Finished {
            let reason = finished.ending.reason.as_deref().unwrap_or("it was stopped");
            session.printer.talk(&format!(
                "stopped: {reason}\nthe ladder is not whole; the same command goes on, and asks nothing twice"
            ));
            let interrupted = finished.ending.interrupted;
            return Ok(if interrupted { ExitStatus::Interrupted } else { ExitStatus::Incomplete });
        }
        runs.push((rung, finished.id));
    }
    let first = runs.first().map_or("", |(_, id)| id.as_str());
    let name = first.get(first.len().saturating_sub(NAME)..).unwrap_or(first).to_owned();
    for (rung, id) in &runs {
        work.store.tag(id, &tag(&name, *rung), true)?;
    }
    let how = Show { prompt: None, model: None, table: None, page: PageArgs::terminal(args.limit) };
    show(session, &project, &work.store, &name, &how)
}

/// The run that a ladder which broke off made of this rung, when nothing changed since.
fn left_over(
    work: &Work<'_>,
    project: &Project,
    plan: &Plan,
    models: &Models,
    selection: &Selection,
) -> anyhow::Result<Option<String>> {
    if work.args.refresh {
        return Ok(None);
    }
    let Some(newest) = work.store.newest_of(selection)? else { return Ok(None) };
    let whole = newest.status == RunStatus::Finished && newest.header.planned == plan.len();
    if !whole || newest.tags.iter().any(|tag| tag.starts_with(TAG)) {
        return Ok(None);
    }
    let now = prepare::header(work.session, project, plan, models, selection, plan.len());
    let errored =
        work.store.stored(&newest.header.id)?.tally()?.iter().any(|(_, o, _)| *o == Outcome::Errored);
    let same = newest.header.fingerprints == now.fingerprints && !errored;
    Ok(same.then_some(newest.header.id))
}

/// A ladder whose retrieved rung is another rung says nothing.
fn retrieves(project: &Project, plan: &Plan) -> anyhow::Result<()> {
    let mut takes = false;
    for (at, suite) in plan.suites.iter().enumerate() {
        for (prompt, model) in plan.columns(at) {
            if !project.prompts.get(&prompt).is_some_and(|prompt| prompt.uses_passages) {
                continue;
            }
            takes = true;
            let kind = plan.retrieval(project, at, &model).kind().name;
            anyhow::ensure!(
                !Rung::ALL.iter().any(|rung| rung.name() == kind),
                "suite `{}` retrieves by `{kind}`, which is a rung of its own, so that nothing is said about retrieval; name \
                 the way to test, e.g. --retrieval bm25, or in the suite: retrieval = \"bm25\"",
                suite.id
            );
        }
    }
    anyhow::ensure!(
        takes,
        "none of the prompts takes passages, so that the rungs would be the same; write {{{{ passages }}}} into one"
    );
    Ok(())
}
