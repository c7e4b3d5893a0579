//! From a project and a selection to a job: replay, opened models, header, fingerprints.

use std::cell::Cell;
use std::collections::HashSet;
use std::sync::Arc;

use anyhow::Context as _;

use super::{Session, git};
use crate::clock;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::embed::{self, FetchArgs};
use crate::fingerprint::Fingerprint;
use crate::outcome::{
    Fingerprints, ModelFacts, Outcome, RetrievalFacts, RunHeader, TrialKey, TrialResult, VariantKey,
};
use crate::plan::{Plan, PlannedTrial};
use crate::project::Project;
use crate::provider::{AnswerSource, Cassette, FetchProgress, ModelSpec, REPLAY};
use crate::retrieve::{Needs, Recorded};
use crate::run::{Models, OpenOptions};
use crate::selection::Selection;
use crate::suite::Suite;

/// Where `--replay` takes answers from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Replay {
    /// The stored runs.
    Store,
    /// A cassette file.
    Cassette(std::path::PathBuf),
}

/// Makes every model of the project replay recorded answers instead of being asked.
pub(crate) fn replay_all(project: &mut Project) {
    for spec in project.config.models.values_mut().filter(|spec| !spec.is_replay()) {
        *spec = replayed(spec);
    }
    project.retrievals.reach(replayed);
}

fn replayed(spec: &ModelSpec) -> ModelSpec {
    ModelSpec { provider: REPLAY, of: Some(Box::new(spec.clone())), cassette: None, ..spec.clone() }
}

/// The recorded answers to replay.
pub(crate) fn answers(
    session: &Session,
    project: &Project,
    replay: Option<&Replay>,
) -> anyhow::Result<Option<Arc<dyn AnswerSource>>> {
    if let Some(Replay::Cassette(path)) = replay {
        return Ok(Some(Arc::new(Cassette::read(path)?)));
    }
    let needed = replay.is_some() || project.config.models.values().any(ModelSpec::is_replay);
    if !needed {
        return Ok(None);
    }
    let folder = session.root.join(&project.config.store);
    Ok(crate::store::Store::open_existing(&folder)?.map(|store| Arc::new(store) as Arc<dyn AnswerSource>))
}

/// What the user's own retrievers answered so far, for commands that send nothing.
pub(crate) fn recorded(session: &Session, project: &Project) -> anyhow::Result<Recorded> {
    let store = crate::store::Store::open_existing(&session.root.join(&project.config.store))?;
    Ok(Recorded::of(store.map(|store| Arc::new(store) as Arc<dyn AnswerSource>)))
}

/// How models are opened in this session.
pub(crate) fn open_options(
    session: &Session,
    answers: Option<Arc<dyn AnswerSource>>,
    on_fetch: Arc<dyn Fn(FetchProgress) + Send + Sync>,
) -> anyhow::Result<OpenOptions> {
    Ok(OpenOptions {
        answers,
        cache_dir: crate::config::models_dir(&session.env)
            .context("there is no home folder; set REGAUGE_CACHE_DIR")?,
        hub: (session.env)("HF_ENDPOINT"),
        on_fetch,
        workers: 0,
    })
}

/// The suites of a plan that have trials.
pub(crate) fn used(plan: &Plan) -> impl Iterator<Item = &Suite> {
    plan.suites.iter().zip(&plan.sizes).filter(|(_, size)| size.trials > 0).map(|(suite, _)| suite)
}

/// Makes sure that the embedding model is on this machine, where one of the suites needs it or passages are looked up
/// by it.
///
/// # Errors
/// It cannot be had.
pub(crate) async fn fetch_embedder<'s>(
    mut suites: impl Iterator<Item = &'s Suite>,
    retrieves: bool,
    options: &OpenOptions,
    offline: bool,
) -> anyhow::Result<()> {
    if !retrieves && !suites.any(Suite::embeds) {
        return Ok(());
    }
    if offline {
        let ready = embed::local(Some(&options.cache_dir)).ready();
        let what = || format!("--offline fetches nothing; `regauge models pull {}` does", embed::MODEL);
        return ready.with_context(what);
    }
    let (cache_dir, hub) = (options.cache_dir.as_path(), options.hub.as_deref());
    let on_fetch = options.on_fetch.clone();
    Ok(embed::fetch(FetchArgs { cache_dir, hub, on_fetch }).await?)
}

/// Whether passages of a plan are looked up by the embedding model.
pub(crate) fn retrieves_by_embedding(project: &Project, plan: &Plan) -> bool {
    plan.all_retrievals(project).any(|way| way.kind().needs == Needs::Embedder)
}

/// Embeds the passages that a plan looks up by meaning, where the progress can be seen. What fails here is told by the
/// trials that look up.
pub(crate) async fn embed_passages(
    project: &Project,
    plan: &Plan,
    on_step: Arc<dyn Fn(FetchProgress) + Send + Sync>,
) -> anyhow::Result<()> {
    let mut wanted = Vec::new();
    let takes = |(prompt, _): &(String, String)| project.prompts.get(prompt).is_some_and(|p| p.uses_passages);
    let looks = |at: &usize| plan.sizes[*at].trials > 0 && plan.columns(*at).iter().any(takes);
    for at in (0..plan.suites.len()).filter(looks) {
        let by_meaning =
            plan.retrievals(project, at).into_iter().filter(|way| way.kind().needs == Needs::Embedder);
        wanted.extend(by_meaning.map(|way| (way.clone(), plan.suites[at].knowledge.clone())));
    }
    let embed = move || {
        let step = |step: &str, done: usize, total: usize| {
            let (model, step) = (embed::MODEL.to_owned(), step.to_owned());
            on_step(FetchProgress { model, step, done: done as u64, total: total as u64 });
        };
        for (way, knowledge) in wanted {
            let told = Cell::new(false);
            let tell = |done, total| {
                told.set(true);
                step("embedding passages", done, total);
            };
            let _ = way.prepare(&knowledge, &tell);
            if told.get() {
                step("ready", 0, 0);
            }
        }
    };
    Ok(tokio::task::spawn_blocking(embed).await?)
}

/// What to say before a run about an embedding model that is needed and not here yet.
pub(crate) fn missing_embedder(session: &Session, suites: &[Suite]) -> Diagnostics {
    let mut findings = Diagnostics::new();
    let needs = |suite: &Suite| suite.embeds() || suite.retrieval.kind().needs == Needs::Embedder;
    let needed: Vec<&str> = suites.iter().filter(|s| needs(s)).map(|s| s.id.as_str()).collect();
    if !needed.is_empty()
        && let Err(error) = embed::local(crate::config::models_dir(&session.env).as_deref()).ready()
    {
        let finding = Diagnostic::warning(format!("{error}; suites that need it: {}", needed.join(", ")));
        findings.push(match error.help() {
            Some(help) => finding.help(help),
            None => finding,
        });
    }
    findings
}

/// The header of a new run.
pub(crate) fn header(
    session: &Session,
    project: &Project,
    plan: &Plan,
    models: &Models,
    selection: &Selection,
    planned: u64,
) -> RunHeader {
    let facts = models
        .iter()
        .filter(|(name, _)| answers_in(plan, name))
        .map(|(name, opened)| {
            let of = opened.spec.answering();
            ModelFacts {
                name: name.clone(),
                provider: of.provider.to_owned(),
                model: of.model.clone(),
                identity: opened.identity.clone(),
            }
        })
        .collect();
    RunHeader {
        id: uuid::Uuid::now_v7().to_string(),
        started: clock::now(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        git: git::state(&session.root),
        suites: suites_of(plan),
        variants: plan.variants.iter().map(|(variant, _)| variant.clone()).collect(),
        retrievals: retrievals(project, plan),
        fingerprints: run_fingerprints(project, plan, models),
        planned,
        seed: selection.seed.unwrap_or(project.config.seed),
        selection: selection.clone(),
        models: facts,
    }
}

/// How passages are looked up, suite by suite and column by column.
fn retrievals(project: &Project, plan: &Plan) -> Vec<RetrievalFacts> {
    let mut found = Vec::new();
    let sized = plan.suites.iter().zip(&plan.sizes).enumerate().filter(|(_, (_, size))| size.trials > 0);
    for (at, (suite, _)) in sized {
        let takes = |prompt: &String| project.prompts.get(prompt).is_some_and(|p| p.uses_passages);
        for (prompt, model) in plan.columns(at).into_iter().filter(|(prompt, _)| takes(prompt)) {
            let way = plan.retrieval(project, at, &model);
            let (name, kind) = (way.name().to_owned(), way.kind().name.to_owned());
            let variant = VariantKey { prompt, model };
            found.push(RetrievalFacts { suite: suite.id.clone(), variant, name, kind });
        }
    }
    found
}

/// Whether a model answers, for the bot or for a customer; a judge is part of the scorers instead.
fn answers_in(plan: &Plan, model: &str) -> bool {
    plan.variants.iter().any(|(variant, _)| variant.model == model) || plan.customers().contains(model)
}

fn suites_of(plan: &Plan) -> Vec<String> {
    let sized = plan.suites.iter().zip(&plan.sizes).filter(|(_, size)| size.trials > 0);
    sized.map(|(suite, _)| suite.id.clone()).collect()
}

/// The hashes of the cases and of the scorers of a whole plan.
pub(crate) fn asked(plan: &Plan) -> (Fingerprint, Fingerprint) {
    let suites = || plan.suites.iter();
    let cases: Vec<_> = suites().map(|suite| (suite.id.as_str(), suite.cases.fingerprint())).collect();
    let scorers: Vec<_> = suites().map(|suite| (suite.id.as_str(), suite.scorers)).collect();
    (Fingerprint::of(&cases), Fingerprint::of(&scorers))
}

/// The five hashes over a whole plan.
fn run_fingerprints(project: &Project, plan: &Plan, models: &Models) -> Fingerprints {
    let (case, scorers) = asked(plan);
    let mut knowledge = Vec::new();
    for (at, suite) in plan.suites.iter().enumerate() {
        let hashes = suite.knowledge.articles().flat_map(|a| a.passages.iter().map(|p| (&p.id, p.hash)));
        let ways: Vec<_> = plan.retrievals(project, at).iter().map(|way| way.identity()).collect();
        knowledge.push((ways, hashes.collect::<Vec<_>>()));
    }
    let used: HashSet<&str> = plan.variants.iter().map(|(v, _)| v.prompt.as_str()).collect();
    let prompts: Vec<Vec<String>> = project
        .prompts
        .names()
        .filter(|name| used.contains(name))
        .map(|name| {
            let read = |path: &std::path::PathBuf| {
                std::fs::read_to_string(project.config.root.join(path)).unwrap_or_default()
            };
            project.prompts.files_of(name).iter().map(read).collect()
        })
        .collect();
    let answering: Vec<_> = models
        .iter()
        .filter(|(name, _)| answers_in(plan, name))
        .map(|(_, m)| {
            (m.spec.answering().provider, &m.spec.answering().model, &m.spec.answering().params, &m.identity)
        })
        .collect();
    Fingerprints {
        case,
        prompt: Fingerprint::of(&prompts),
        knowledge: Fingerprint::of(&knowledge),
        scorers,
        model: Fingerprint::of(&answering),
    }
}

/// The header of a run that is finished later: a run has one identity, so nothing it rests on may have moved.
pub(crate) fn same_run(first: RunHeader, now: &RunHeader) -> anyhow::Result<RunHeader> {
    let (old, new) = (&first.fingerprints, &now.fingerprints);
    let parts = [
        ("cases", old.case == new.case),
        ("prompts", old.prompt == new.prompt),
        ("knowledge", old.knowledge == new.knowledge),
        ("scorers", old.scorers == new.scorers),
        ("models", old.model == new.model),
    ];
    let moved: Vec<&str> = parts.iter().filter(|(_, same)| !same).map(|(part, _)| *part).collect();
    anyhow::ensure!(
        moved.is_empty(),
        "run {} cannot be finished: its {} changed since; start a new run with `regauge run`",
        first.id,
        moved.join(", ")
    );
    Ok(first)
}

/// The planned trials whose five fingerprints equal those of an earlier, usable result.
pub(crate) fn unchanged<'a>(
    project: &Project,
    plan: &Plan,
    models: &Models,
    recorded: &Recorded,
    earlier: impl IntoIterator<Item = &'a TrialResult>,
) -> anyhow::Result<HashSet<TrialKey>> {
    let known: std::collections::HashMap<&TrialKey, &TrialResult> =
        earlier.into_iter().filter(|t| t.outcome != Outcome::Errored).map(|t| (&t.key, t)).collect();
    let same = |trial: &PlannedTrial| -> Option<bool> {
        let before = known.get(&trial.key)?;
        let model = models.get(&trial.key.model)?;
        let ready = plan.ready_now(project, trial, recorded).ok()?;
        let now = plan.fingerprints(trial, &ready, &model.spec, &model.identity);
        Some(now == before.fingerprints)
    };
    let mut unchanged = HashSet::new();
    for trial in plan.trials() {
        let trial = trial?;
        if same(&trial) == Some(true) {
            unchanged.insert(trial.key);
        }
    }
    Ok(unchanged)
}

/// Renders every message of every suite once; findings of templates that fail on a case.
pub(crate) fn render_all(project: &Project) -> Diagnostics {
    let mut findings = Diagnostics::new();
    let selection = Selection { repeats: Some(1), ..Selection::default() };
    let Ok(mut plan) = Plan::new(project, &selection) else { return findings };
    plan.stand_in = true;
    for trial in plan.trials() {
        match trial.map(|trial| plan.ready_now(project, &trial, &Recorded::default())) {
            Ok(Ok(_)) => {}
            Ok(Err(error)) => findings.push(error.into_diagnostic()),
            Err(moved) => findings.push(Diagnostic::error(moved.to_string())),
        }
    }
    findings
}
