//! `regauge run --watch`: run again what an edit touches.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use notify::{RecursiveMode, Watcher as _};
use tokio::sync::mpsc;

use super::prepare;
use super::run::{Args, Work, load};
use super::{CommandResult, ExitStatus, Findings, Session};
use crate::outcome::{Run, TrialResult};
use crate::plan::Plan;
use crate::project::Project;
use crate::retrieve::Recorded;
use crate::run::{Stop, StopLevel, Taken};
use crate::store::Store;

/// Editors write in bursts; an edit is over when nothing changed for this long.
const QUIET: Duration = Duration::from_millis(300);

/// Runs once, then again after every edit, with the trials whose fingerprints moved.
pub(super) async fn run(session: &Session, args: &Args, stop: &Stop) -> CommandResult {
    let project = load(session, args)?;
    let store = Arc::new(Store::open(&session.root.join(&project.config.store))?);
    let (_watcher, mut edits) = watch(&project)?;
    let work = Work { session, args, store, stop, follows: false };
    // The newest result of every trial that this session has seen.
    let mut known: Vec<TrialResult> = Vec::new();
    let mut next = Some(project);
    loop {
        if let Some(project) = next.take() {
            match round(&work, project, &known).await {
                Ok(Some(run)) => remember(&mut known, run),
                Ok(None) => session.printer.talk("nothing that a trial depends on has changed"),
                Err(error) => show(session, &error),
            }
        }
        if stop.level() != StopLevel::Go {
            return Ok(ExitStatus::Interrupted);
        }
        session.printer.talk("watching for edits; Ctrl-C ends");
        tokio::select! {
            edited = settled(&mut edits) => if !edited { return Ok(ExitStatus::Success) },
            _ = stop.reached(StopLevel::Drain) => return Ok(ExitStatus::Interrupted),
        }
        match load(session, args) {
            Ok(project) => next = Some(project),
            Err(error) => show(session, &error),
        }
    }
}

/// One run of what is not known yet; `None` when nothing is left to send.
async fn round(work: &Work<'_>, project: Project, known: &[TrialResult]) -> anyhow::Result<Option<Run>> {
    let selection = work.args.select.selection(&project.config);
    let plan = Plan::new(&project, &selection)?;
    let sinks = work.sinks();
    let Some(models) = work.open_models(&project, &plan, &sinks).await? else { return Ok(None) };
    let recorded = Recorded::of(Some(work.store.clone()));
    let done = prepare::unchanged(&project, &plan, &models, &recorded, known)?;
    if done.len() as u64 == plan.len() {
        return Ok(None);
    }
    let begun = work.begin(&project, &plan, &models, &selection, done.len() as u64)?;
    let finished = work.execute(project, plan, models, begun.skipping(done), sinks, Taken::default()).await?;
    finished.print(work.session, work.args)?;
    Ok(Some(work.store.run(&finished.id)?))
}

fn remember(known: &mut Vec<TrialResult>, run: Run) {
    known.retain(|old| !run.trials.iter().any(|new| new.key == old.key));
    known.extend(run.trials);
}

fn show(session: &Session, error: &anyhow::Error) {
    match error.downcast_ref::<Findings>() {
        Some(Findings(findings)) => session.printer.findings(findings),
        None => session.printer.talk(&format!("error: {error:#}")),
    }
}

/// Waits for an edit and for the quiet after it; `false` when the watcher is gone.
async fn settled(edits: &mut mpsc::UnboundedReceiver<()>) -> bool {
    if edits.recv().await.is_none() {
        return false;
    }
    while let Ok(Some(())) = tokio::time::timeout(QUIET, edits.recv()).await {}
    true
}

fn watch(project: &Project) -> anyhow::Result<(notify::RecommendedWatcher, mpsc::UnboundedReceiver<()>)> {
    let (sender, receiver) = mpsc::unbounded_channel();
    let store = project.config.root.join(&project.config.store);
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
        let touches =
            |e: &notify::Event| !e.kind.is_access() && e.paths.iter().any(|p| !p.starts_with(&store));
        if event.is_ok_and(|e| touches(&e)) {
            // Fails only when the command has ended.
            let _ = sender.send(());
        }
    })
    .context("edits cannot be watched here")?;
    for path in watched(project) {
        watcher
            .watch(&path, RecursiveMode::Recursive)
            .with_context(|| format!("{} cannot be watched", path.display()))?;
    }
    Ok((watcher, receiver))
}

fn watched(project: &Project) -> Vec<PathBuf> {
    let config = &project.config;
    let root = &config.root;
    let folders = [&config.prompts, &config.suites, &config.golden].into_iter().cloned();
    let sources = config.knowledge.values().map(|s| s.path.clone());
    let mut paths: Vec<PathBuf> =
        folders.chain(sources).map(|p| root.join(p)).filter(|p| p.exists()).collect();
    paths.push(root.join(crate::config::FILE_NAME));
    paths.sort();
    paths.dedup_by(|a, b| inside(a, b));
    paths
}

fn inside(path: &Path, folder: &Path) -> bool {
    path.starts_with(folder)
}
