//! `regauge rescore`: today's scorers on stored answers, as a new layer of the same run.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use anyhow::Context as _;

use super::{CommandResult, ExitStatus, Session, decides, prepare};
use crate::clock;
use crate::fingerprint::Fingerprint;
use crate::outcome::{Outcome, Run, TrialResult};
use crate::project::Project;
use crate::provider::Request;
use crate::report::{Depth, Report, ReportOptions, plural};
use crate::run::{Beside, Cache, CacheMode, Heard, Kept, OpenedModel, Rescored, Rules, Stop, ask_beside};
use crate::score::Score;
use crate::store::Store;

/// Flags of `regauge rescore`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A run: its id, the beginning of it, a tag, `latest` or `latest~N`.
    #[arg(default_value = "latest", value_name = "RUN")]
    run: String,
    /// Stop asking judges once this many USD are spent.
    #[arg(long, value_name = "USD")]
    max_cost: Option<f64>,
    /// Ask every judge so often, an odd number; more than half of the replies must agree.
    #[arg(long, value_name = "N", value_parser = super::run::odd)]
    judge_repeats: Option<u32>,
    /// Send nothing, also to judges: a reply that is not stored is an error.
    #[arg(long)]
    offline: bool,
    /// Print the report as JSON.
    #[arg(long)]
    json: bool,
}

/// Scores a run again.
pub fn run(session: &Session, args: &Args) -> CommandResult {
    let mut project = session.load_with(|config| config.forced_judge_repeats = args.judge_repeats)?;
    if args.offline {
        prepare::replay_all(&mut project);
    }
    let store = Arc::new(session.store()?);
    let id = store.resolve(&args.run)?;
    let Some(_claim) = store.claim(&id)? else {
        anyhow::bail!("another process works on run {id}; wait for it or stop it");
    };
    let run = store.run(&id)?;
    decides(&run.header)?;
    let suites = project.suites.iter().filter(|suite| run.header.suites.contains(&suite.id));
    let options = prepare::open_options(session, Some(store.clone()), Arc::new(|_| {}))?;
    runtime()?.block_on(prepare::fetch_embedder(suites, false, &options, args.offline))?;
    let rules = Rules::new(&project, &run.header)?;
    let mut kept: BTreeMap<Kept, u64> = BTreeMap::new();
    let mut begun: Vec<Rescored> = Vec::new();
    for trial in run.all() {
        match rules.begin(trial) {
            Ok(rescored) => begun.push(rescored),
            Err(why) => *kept.entry(why).or_default() += 1,
        }
    }
    for (why, n) in &kept {
        session.printer.talk(&format!("{n} trials keep their scores: they {}", why.words()));
    }
    if begun.is_empty() {
        session.printer.talk("nothing to score again; no layer was added");
        return Ok(ExitStatus::Success);
    }
    let trials = finish(session, args, &project, &store, begun)?;
    let changed = trials.iter().filter(|now| outcome_of(&run, now) != Some(now.outcome)).count();
    let layer = store.add_layer(&id, &trials.iter().collect::<Vec<_>>(), clock::now())?;
    session.printer.talk(&format!(
        "layer {layer} of run {id}: {} scored again, {changed} with another outcome",
        plural(trials.len() as u64, "trial")
    ));
    print(session, args, &project, &store, &id)?;
    let broke = trials.iter().flat_map(|trial| &trial.scores).any(Score::broke);
    Ok(if broke { ExitStatus::Incomplete } else { ExitStatus::Success })
}

fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().context("failed to start")
}

fn outcome_of(run: &Run, now: &TrialResult) -> Option<Outcome> {
    let before = if now.follow_up.is_some() { &run.follow_ups } else { &run.trials };
    let at = before.binary_search_by(|trial| trial.key.cmp(&now.key)).ok()?;
    before.get(at).map(|trial| trial.outcome)
}

/// Asks the judges, each model in turn, and scores.
fn finish(
    session: &Session,
    args: &Args,
    project: &Project,
    store: &Arc<Store>,
    begun: Vec<Rescored>,
) -> anyhow::Result<Vec<TrialResult>> {
    let mut wanted: BTreeMap<String, BTreeMap<Fingerprint, Request>> = BTreeMap::new();
    for (model, request) in begun.iter().flat_map(Rescored::requests) {
        wanted.entry(model.to_owned()).or_default().insert(request.key, request.clone());
    }
    let mode = if args.offline { CacheMode::Offline } else { CacheMode::Use };
    let cache = Cache { mode, source: Some(store.clone()) };
    let options = prepare::open_options(session, Some(store.clone()), Arc::new(|_| {}))?;
    let runtime = runtime()?;
    let (mut models, mut heard, mut fresh) = (BTreeMap::new(), BTreeMap::new(), HashSet::new());
    runtime.block_on(async {
        let stop = Stop::default();
        tokio::spawn(super::run::listen(stop.clone()));
        for (name, requests) in &wanted {
            let spec =
                project.config.models.get(name).with_context(|| format!("there is no model `{name}`"))?;
            let model = OpenedModel::open(spec, &options).await?;
            let how = Beside {
                cache: &cache,
                concurrency: project.config.concurrency,
                max_cost: args.max_cost,
                stop: &stop,
            };
            let list: Vec<Request> = requests.values().cloned().collect();
            let mut keep = |answer: &crate::provider::RecordedAnswer| {
                fresh.insert(answer.request);
                if let Err(error) = store.import_answers(std::slice::from_ref(answer), clock::now()) {
                    session.printer.talk(&format!("a reply was not kept: {error}"));
                }
            };
            let (replies, stopped) = ask_beside(&model, &list, how, &mut keep).await;
            if let Some(why) = stopped {
                anyhow::bail!("{why}; no layer was added, and what was asked is kept");
            }
            heard.extend(list.iter().map(|request| request.key).zip(replies));
            models.insert(name.clone(), model);
        }
        Ok::<_, anyhow::Error>(())
    })?;
    runtime.shutdown_background();
    let of = |key: &Fingerprint| -> (Heard, bool) {
        let found = heard.get(key).cloned();
        (found.unwrap_or_else(|| Err("it was not asked".to_owned())), fresh.contains(key))
    };
    let finish = |rescored: Rescored| {
        let replies: Vec<(Heard, bool)> = rescored.requests().map(|(_, request)| of(&request.key)).collect();
        rescored.finish(&models, replies)
    };
    Ok(begun.into_iter().map(finish).collect())
}

fn print(session: &Session, args: &Args, project: &Project, store: &Store, id: &str) -> anyhow::Result<()> {
    let run = store.stored(id)?;
    let previous = store.previous(id)?.map(|id| store.stored(&id)).transpose()?;
    let printer = &session.printer;
    let limit = ReportOptions::DEFAULT_LIMIT;
    let options = ReportOptions { color: printer.color_out(), width: printer.width(), limit };
    let format = if args.json { "json" } else { "terminal" };
    let previous = previous.as_ref().map(|p| p as &dyn crate::outcome::Recorded);
    let depth: Depth = crate::report::depth(format, &options)?;
    let report = Report::build(&run, previous, Some(&project.config.gate), depth)?;
    printer.out(&crate::report::render(format, &report, &options)?)?;
    Ok(())
}
