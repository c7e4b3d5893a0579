//! `regauge run`: ask, score, store, compare with the run before.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::Context as _;

use super::prepare::{self, Replay};
use super::select::Select;
use super::{CommandResult, ExitStatus, Session, watch};
use crate::event::{Event, Sink};
use crate::gate::{self, GateResult, Verdict};
use crate::outcome::{Outcome, Run, RunHeader, RunStatus, TrialKey};
use crate::plan::Plan;
use crate::project::Project;
use crate::provider::FetchProgress;
use crate::report::{Progress, Report, ReportOptions};
use crate::run::{Ending, Job, Limits, Models, Stop, execute};
use crate::selection::Selection;
use crate::store::Store;

/// Flags of `regauge run`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    pub(super) select: Select,
    /// Trials in flight at once.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=4096))]
    pub(super) concurrency: Option<u32>,
    /// Stop before the next trial once this many USD are spent.
    #[arg(long, value_name = "USD")]
    pub(super) max_cost: Option<f64>,
    /// Tag the run, so that it can be named later.
    #[arg(long, value_name = "TAG")]
    pub(super) tag: Vec<String>,
    /// Answer from this cassette instead of asking; without a file from the stored runs.
    #[arg(long, value_name = "CASSETTE", num_args = 0..=1)]
    #[expect(clippy::option_option, reason = "clap's type of a flag with an optional value")]
    pub(super) replay: Option<Option<PathBuf>>,
    /// Finish a stopped run: send only what is missing or errored.
    #[arg(long, value_name = "RUN", conflicts_with_all = ["suites", "cases", "tags", "areas", "prompts", "models", "repeats", "watch"])]
    pub(super) resume: Option<String>,
    /// Run again what an edit touches, until stopped.
    #[arg(long)]
    pub(super) watch: bool,
    /// Show at most this many failing cases per reason; 0 = all.
    #[arg(long, value_name = "N", default_value_t = ReportOptions::DEFAULT_LIMIT)]
    pub(super) limit: usize,
    /// Print the report as JSON.
    #[arg(long)]
    pub(super) json: bool,
}

impl Args {
    pub(super) fn replay(&self) -> Option<Replay> {
        match &self.replay {
            None => None,
            Some(None) => Some(Replay::Store),
            Some(Some(path)) => Some(Replay::Cassette(path.clone())),
        }
    }
}

/// Runs suites.
pub fn run(session: &Session, args: &Args) -> CommandResult {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().context("failed to start")?;
    let status = runtime.block_on(async {
        let stop = Stop::default();
        tokio::spawn(listen(stop.clone()));
        if args.watch { watch::run(session, args, &stop).await } else { once(session, args, &stop).await }
    });
    // A request that is stuck must not keep the process.
    runtime.shutdown_background();
    status
}

/// How long a run may drain after SIGTERM: CI systems kill some seconds later.
const GRACE: Duration = Duration::from_secs(10);

/// Ctrl-C: once drains, twice stops. SIGTERM (where there is one) drains for a while.
async fn listen(stop: Stop) {
    #[cfg(unix)]
    let Ok(mut terminate) = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) else {
        return;
    };
    loop {
        #[cfg(unix)]
        tokio::select! {
            _ = tokio::signal::ctrl_c() => stop.ask(),
            _ = terminate.recv() => stop.ask_within(GRACE),
        }
        #[cfg(not(unix))]
        match tokio::signal::ctrl_c().await {
            Ok(()) => stop.ask(),
            Err(_) => return,
        }
    }
}

async fn once(session: &Session, args: &Args, stop: &Stop) -> CommandResult {
    let project = load(session, args)?;
    let store = Arc::new(Store::open(&session.root.join(&project.config.store))?);
    let earlier = match &args.resume {
        Some(name) => Some(store.run(&store.resolve(name)?)?),
        None => None,
    };
    let selection =
        earlier.as_ref().map_or_else(|| args.select.selection(), |run| run.header.selection.clone());
    let plan = Plan::new(&project, &selection)?;
    let work = Work { session, args, store: store.clone(), stop };
    let sinks = work.sinks();
    let Some(models) = work.open_models(&project, &plan, &sinks).await? else {
        return Ok(ExitStatus::Interrupted);
    };
    let (done, resumed) = match earlier {
        Some(run) => {
            let done =
                run.trials.iter().filter(|t| t.outcome != Outcome::Errored).map(|t| t.key.clone()).collect();
            (done, Some(run.info.header))
        }
        None => (HashSet::new(), None),
    };
    let finished = work.execute(project, plan, models, &selection, done, resumed, sinks).await?;
    finished.print(session, args)
}

/// Loads the project, with every model replayed where that was asked for.
pub(super) fn load(session: &Session, args: &Args) -> anyhow::Result<Project> {
    let mut project = session.load()?;
    if args.replay.is_some() {
        prepare::replay_all(&mut project);
    }
    Ok(project)
}

/// What every execution in one command shares.
pub(super) struct Work<'a> {
    pub(super) session: &'a Session,
    pub(super) args: &'a Args,
    pub(super) store: Arc<Store>,
    pub(super) stop: &'a Stop,
}

type Sinks = Arc<Mutex<Vec<Box<dyn Sink>>>>;

impl Work<'_> {
    pub(super) fn sinks(&self) -> Sinks {
        let progress = Progress::to_stderr(self.session.printer.progress_style());
        Arc::new(Mutex::new(vec![Box::new(progress)]))
    }

    /// Opens the plan's models; `None` when the user stopped it (a download may take long).
    pub(super) async fn open_models(
        &self,
        project: &Project,
        plan: &Plan,
        sinks: &Sinks,
    ) -> anyhow::Result<Option<Arc<Models>>> {
        self.refuse_unpriced(project, plan)?;
        let replay = self.args.replay();
        let answers = prepare::answers(self.session, project, replay.as_ref())?;
        let listeners = sinks.clone();
        let on_fetch = Arc::new(move |step: FetchProgress| {
            if let Ok(mut sinks) = listeners.lock() {
                for sink in sinks.iter_mut() {
                    sink.on_event(&Event::ModelFetched(step.clone()));
                }
            }
        });
        let options = prepare::open_options(self.session, answers, on_fetch)?;
        tokio::select! {
            opened = Models::open(project, plan, &options) => Ok(Some(Arc::new(opened?))),
            _ = self.stop.reached(crate::run::StopLevel::Drain) => Ok(None),
        }
    }

    /// A cost limit that cannot be kept is refused, not ignored.
    fn refuse_unpriced(&self, project: &Project, plan: &Plan) -> anyhow::Result<()> {
        if self.args.max_cost.is_none() {
            return Ok(());
        }
        for variant in &plan.variants {
            let spec = plan.model(project, &variant.model);
            if let Some(spec) =
                spec.filter(|s| s.price.is_none() && !matches!(s.provider, "embedded" | "replay"))
            {
                anyhow::bail!(
                    "--max-cost cannot be kept: the price of model `{}` is unknown; set `price = {{ input = …, output = … }}` in regauge.toml",
                    spec.name
                );
            }
        }
        Ok(())
    }

    /// Executes a plan and reads it back from the store.
    #[expect(clippy::too_many_arguments, reason = "the parts of one job, named")]
    pub(super) async fn execute(
        &self,
        project: Project,
        plan: Plan,
        models: Arc<Models>,
        selection: &Selection,
        done: HashSet<TrialKey>,
        resumed: Option<RunHeader>,
        sinks: Sinks,
    ) -> anyhow::Result<Finished> {
        let planned = plan.trials.len() - if resumed.is_some() { 0 } else { done.len() };
        let now = prepare::header(self.session, &project, &plan, &models, selection, planned);
        let header = match resumed {
            Some(first) => prepare::same_run(first, &now)?,
            None => now,
        };
        let limits = Limits {
            concurrency: self.args.concurrency.map_or(project.config.concurrency, |n| n as usize),
            max_cost: self.args.max_cost.or(project.config.max_cost.filter(|_| !replays(&project))),
        };
        let rules = project.config.gate.clone();
        let id = header.id.clone();
        let job = Job {
            project: Arc::new(project),
            plan: Arc::new(plan),
            models,
            header: Arc::new(header),
            done,
            limits,
        };
        let mut sinks =
            std::mem::take(&mut *sinks.lock().map_err(|_| anyhow::anyhow!("a progress sink panicked"))?);
        let ending = execute(job, &*self.store, &mut sinks, self.stop).await?;
        drop(sinks);
        for tag in &self.args.tag {
            self.store.tag(&id, tag, true)?;
        }
        let run = self.store.run(&id)?;
        let previous = self.store.previous(&id)?.map(|id| self.store.run(&id)).transpose()?;
        let gate = gate::check(&rules, &run);
        Ok(Finished { run, previous, gate, ending })
    }
}

fn replays(project: &Project) -> bool {
    project.config.models.values().all(|m| m.provider == "replay")
}

/// A run that ended, read back.
pub(super) struct Finished {
    pub(super) run: Run,
    pub(super) previous: Option<Run>,
    pub(super) gate: GateResult,
    pub(super) ending: Ending,
}

impl Finished {
    /// Prints the report and says how the command ended.
    pub(super) fn print(&self, session: &Session, args: &Args) -> CommandResult {
        let report = Report::build(&self.run, self.previous.as_ref(), Some(&self.gate));
        let format = if args.json { "json" } else { "terminal" };
        session.printer.out(&crate::report::render(
            format,
            &report,
            &ReportOptions {
                color: session.printer.color_out(),
                width: session.printer.width(),
                limit: args.limit,
            },
        )?)?;
        if let Some(reason) = &self.ending.reason {
            let id = &self.run.header.id;
            session.printer.talk(&format!("stopped: {reason}\nfinish it with: regauge run --resume {id}"));
        }
        Ok(self.status())
    }

    fn status(&self) -> ExitStatus {
        if self.ending.interrupted {
            return ExitStatus::Interrupted;
        }
        if self.run.status != RunStatus::Finished {
            return ExitStatus::Incomplete;
        }
        match self.gate.verdict {
            Verdict::Pass => ExitStatus::Success,
            Verdict::Fail => ExitStatus::GateFailed,
            Verdict::CannotTell => ExitStatus::CannotTell,
            Verdict::Incomplete => ExitStatus::Incomplete,
        }
    }
}
