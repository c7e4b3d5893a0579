//! `regauge rescore`: today's scorers on stored answers, as a new layer of the same run.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::asking::{self, How, Wanted};
use super::runtime::block_on;
use super::{CommandResult, ExitStatus, Session, claimed, decides, prepare};
use crate::clock;
use crate::outcome::{Outcome, Run, TrialResult};
use crate::project::Project;
use crate::report::{Depth, Report, ReportOptions, plural};
use crate::run::{Kept, Rescored, Rules};
use crate::score::Score;
use crate::store::Store;

/// Flags of `regauge rescore`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A run: its id, the beginning of it, a tag, `latest` or `latest~N`.
    #[arg(default_value = "latest", value_name = "RUN")]
    run: String,
    /// Stop asking judges once this many USD are spent.
    #[arg(long, value_name = "USD", value_parser = super::run::usd)]
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
    let _claim = claimed(&store, &id)?;
    let run = store.run(&id)?;
    decides(&run.header)?;
    let suites = project.suites.iter().filter(|suite| run.header.suites.contains(&suite.id));
    let options = prepare::open_options(session, Some(store.clone()), Arc::new(|_| {}))?;
    block_on(prepare::fetch_embedder(suites, false, &options, args.offline))?;
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
    let mut wanted = Wanted::new();
    for (model, request) in begun.iter().flat_map(Rescored::requests) {
        wanted.entry(model.to_owned()).or_default().insert(request.key, request.clone());
    }
    let how = How { offline: args.offline, concurrency: project.config.concurrency, max_cost: args.max_cost };
    let (heard, stopped) = asking::ask(session, &project, &store, &wanted, &how)?;
    if let Some(stopped) = stopped {
        session.printer.talk(&format!("{stopped}; no layer was added, and what was asked is kept"));
        return Ok((&stopped).into());
    }
    let finish = |rescored: Rescored| {
        let replies = rescored.requests().map(|(_, request)| heard.of(request.key)).collect();
        rescored.finish(&heard.models, replies)
    };
    let trials: Vec<TrialResult> = begun.into_iter().map(finish).collect();
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

fn outcome_of(run: &Run, now: &TrialResult) -> Option<Outcome> {
    let before = if now.follow_up.is_some() { &run.follow_ups } else { &run.trials };
    let at = before.binary_search_by(|trial| trial.key.cmp(&now.key)).ok()?;
    before.get(at).map(|trial| trial.outcome)
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
