//! `regauge run --watch`: run again what an edit touches.

use std::collections::{BTreeSet, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use notify::{RecommendedWatcher, RecursiveMode, Watcher as _};
use tokio::sync::mpsc;

use super::prepare;
use super::run::{Args, Work, load};
use super::{CommandResult, ExitStatus, Findings, Session};
use crate::outcome::{Run, TrialKey, TrialResult};
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
    let (sender, mut edits) = mpsc::unbounded_channel();
    // What a project reads may have changed with it; the watcher of the one before watches until the next one does.
    let mut _watcher = watch(&project, sender.clone())?;
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
        match load(session, args).and_then(|project| Ok((watch(&project, sender.clone())?, project))) {
            Ok((watcher, project)) => (_watcher, next) = (watcher, Some(project)),
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
    let new: HashSet<&TrialKey> = run.trials.iter().map(|trial| &trial.key).collect();
    known.retain(|old| !new.contains(&old.key));
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

fn watch(project: &Project, edits: mpsc::UnboundedSender<()>) -> anyhow::Result<RecommendedWatcher> {
    let places = Watched::of(project);
    let (files, folders) = (places.parents(), places.folders.clone());
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
        let touches = |e: &notify::Event| !e.kind.is_access() && e.paths.iter().any(|p| places.has(p));
        if event.is_ok_and(|e| touches(&e)) {
            // Fails only when the command has ended.
            let _ = edits.send(());
        }
    })
    .context("edits cannot be watched here")?;
    // A folder that is watched with all that is in it is not watched for single files as well.
    let files = files.into_iter().filter(|parent| !folders.iter().any(|folder| parent.starts_with(folder)));
    let files = files.map(|parent| (parent, RecursiveMode::NonRecursive));
    let folders = folders.iter().cloned().map(|folder| (folder, RecursiveMode::Recursive));
    for (path, mode) in folders.chain(files) {
        watcher.watch(&path, mode).with_context(|| format!("{} cannot be watched", path.display()))?;
    }
    Ok(watcher)
}

/// What a project is read from.
struct Watched {
    /// Folders, with all that is in them.
    folders: BTreeSet<PathBuf>,
    /// Single files. Their folder is watched in their place: an editor may put a new file where the old one was.
    files: BTreeSet<PathBuf>,
    /// Where runs are kept.
    store: PathBuf,
}

impl Watched {
    fn of(project: &Project) -> Self {
        let config = &project.config;
        // Some systems name edits by the real path.
        let real = |path: PathBuf| path.canonicalize().unwrap_or(path);
        let at = |path: &Path| config.root.join(path);
        let folders = [&config.prompts, &config.suites, &config.golden].into_iter();
        let sources = config.knowledge.values().map(|source| &source.path);
        let (all, mut files): (Vec<PathBuf>, Vec<PathBuf>) = (folders.chain(sources).map(|path| at(path)))
            .filter(|path| path.exists())
            .partition(|path| path.is_dir());
        files.push(at(Path::new(crate::config::FILE_NAME)));
        files.extend(project.suites.iter().flat_map(|suite| suite.cases.files()).map(Path::to_owned));
        let all: BTreeSet<PathBuf> = all.into_iter().map(real).collect();
        let outermost =
            all.iter().filter(|folder| !folder.ancestors().skip(1).any(|above| all.contains(above)));
        Self {
            folders: outermost.cloned().collect(),
            files: files.iter().flat_map(|file| paths_of(file)).collect(),
            store: real(at(&config.store)),
        }
    }

    /// The folders of the single files.
    fn parents(&self) -> BTreeSet<PathBuf> {
        self.files.iter().filter_map(|file| file.parent()).map(Path::to_owned).collect()
    }

    /// Whether an edit of it is one of the project.
    fn has(&self, path: &Path) -> bool {
        let in_folder = || path.ancestors().any(|above| self.folders.contains(above));
        !path.starts_with(&self.store) && (self.files.contains(path) || in_folder())
    }
}

/// Where a file is edited: in its folder, and where it really lies if it is a link.
fn paths_of(file: &Path) -> impl Iterator<Item = PathBuf> {
    let folder = file.parent().and_then(|folder| folder.canonicalize().ok());
    let beside = folder.zip(file.file_name()).map(|(folder, name)| folder.join(name));
    beside.into_iter().chain(file.canonicalize().ok())
}
