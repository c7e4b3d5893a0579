//! `regauge run`: ask, score, store, compare with the run before.

mod finished;
mod follow;
mod ladder;
mod what_if;
mod work;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::against::Against;
use super::compare::Compare;
use super::outputs::Outputs;
use super::prepare::{self, Replay};
use super::runtime::block_on_until_stopped;
use super::select::Select;
use super::{CommandResult, ExitStatus, Session, watch};
use crate::baseline::NONE;
use crate::config::Config;
use crate::outcome::{Recorded as _, RunStatus};
use crate::plan::Plan;
use crate::project::Project;
use crate::report::{ReportOptions, plural};
use crate::run::{Stop, Taken};
use crate::score::judge::MOST_REPEATS;
use crate::store::{Store, why_no_tag};

use finished::Finished;

pub(super) use work::Work;

/// Flags of `regauge run`.
#[derive(Debug, clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub struct Args {
    #[command(flatten)]
    pub(super) select: Select,
    /// Trials in flight at once.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=4096))]
    pub(super) concurrency: Option<u32>,
    /// Stop before the next trial once this many USD are spent.
    #[arg(long, value_name = "USD", value_parser = usd)]
    pub(super) max_cost: Option<f64>,
    /// Tag the run, so that it can be named later.
    #[arg(long, value_name = "TAG", value_parser = tag)]
    pub(super) tag: Vec<String>,
    /// Answer from this cassette instead of asking; without a file from the stored runs.
    #[arg(long, value_name = "CASSETTE", num_args = 0..=1)]
    #[expect(clippy::option_option, reason = "clap's type of a flag with an optional value")]
    pub(super) replay: Option<Option<PathBuf>>,
    /// Stop when more trials than this have errored.
    #[arg(long, value_name = "N")]
    pub(super) max_errors: Option<u64>,
    /// Stop after this time, e.g. `90s`, `20m`, `1h30m`.
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub(super) max_time: Option<Duration>,
    /// Send nothing: an answer that is not stored is an error.
    #[arg(long, conflicts_with_all = ["refresh", "replay"])]
    pub(super) offline: bool,
    /// Ask for everything again, also for what is stored.
    #[arg(long, conflicts_with_all = ["resume", "replay"])]
    pub(super) refresh: bool,
    /// Finish this stopped run: send only what is missing or errored. Without it, the newest run is finished
    /// when it was stopped and nothing changed since.
    #[arg(long, value_name = "RUN", conflicts_with_all = ["suites", "cases", "tags", "areas", "prompts", "models", "repeats", "bare", "watch"])]
    pub(super) resume: Option<String>,
    /// Only cases that an edit touches, since each was last run or since --since.
    #[arg(long, conflicts_with_all = ["resume", "watch"])]
    pub(super) impacted: bool,
    /// With --impacted: since this git revision or this run.
    #[arg(long, value_name = "REV|RUN", requires = "impacted")]
    pub(super) since: Option<String>,
    /// Ask every judge so often, an odd number; more than half of the replies must agree.
    #[arg(long, value_name = "N", value_parser = odd)]
    pub(super) judge_repeats: Option<u32>,
    /// Run again what an edit touches, until stopped.
    #[arg(long)]
    pub(super) watch: bool,
    /// Hold the run against this earlier run: its id, the beginning of it, a tag, a git branch or `latest~N`.
    #[arg(long, value_name = "RUN")]
    pub(super) baseline: Option<String>,
    /// Ask cases that violate `critical` or `must_hold` again so often before the gate fails; 0 = never.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(0..=20), conflicts_with_all = ["watch", "ladder"])]
    pub(super) confirm: Option<u32>,
    /// Ask cases again, up to N trials in every variant, where variants, repeats or the run before disagree or where
    /// earlier runs were flaky. Such trials are shown apart and in no rate.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100), conflicts_with_all = ["watch", "ladder"])]
    pub(super) adaptive: Option<u32>,
    /// Stop as soon as broken cases prove a loss against the baseline, however often one looks.
    #[arg(long, conflicts_with = "watch")]
    pub(super) fail_fast: bool,
    /// Run the arms and cases of this experiment's plan, and record what comes out.
    #[arg(long, value_name = "NAME", conflicts_with_all = ["suites", "cases", "tags", "areas", "prompts", "models",
        "repeats", "retrieval", "seed", "bare", "resume", "watch", "fail_fast", "ladder", "impacted"])]
    pub(super) experiment: Option<String>,
    /// Run every case without passages, with its own sources, with all passages and as it is retrieved, each a run of
    /// its own, all within one limit, and say what is at fault where it fails.
    #[arg(long, conflicts_with_all = ["resume", "watch", "fail_fast", "baseline", "tag", "impacted"])]
    pub(super) ladder: bool,
    /// Lay the drafts in this folder over the articles, run the cases that fail or that they touch, and say what they
    /// fix and what they break. Decides nothing and stands before no other run.
    #[arg(long, value_name = "DIR", conflicts_with_all = ["resume", "watch", "fail_fast", "baseline", "tag", "impacted", "ladder"])]
    pub(super) overlay: Option<PathBuf>,
    /// Show at most this many failing cases per reason; 0 = all.
    #[arg(long, value_name = "N", default_value_t = ReportOptions::DEFAULT_LIMIT)]
    pub(super) limit: usize,
    #[command(flatten)]
    pub(super) compare: Compare,
    #[command(flatten)]
    pub(super) outputs: Outputs,
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

/// A tag, which is of no use when a run is over and it turns out to be none.
fn tag(text: &str) -> Result<String, String> {
    why_no_tag(text).map_or_else(|| Ok(text.to_owned()), |why| Err(why.to_owned()))
}

/// Runs suites.
pub fn run(session: &Session, args: &Args) -> CommandResult {
    args.outputs.check()?;
    block_on_until_stopped(async |stop| match () {
        () if args.watch => watch::run(session, args, stop).await,
        () if args.ladder => ladder::run(session, args, stop).await,
        () if args.overlay.is_some() => what_if::run(session, args, stop).await,
        () => once(session, args, stop).await,
    })
}

fn duration(text: &str) -> Result<Duration, String> {
    let span: jiff::SignedDuration = text.parse().map_err(|_| "write it as `90s`, `20m` or `1h30m`")?;
    Duration::try_from(span).ok().filter(|d| !d.is_zero()).ok_or_else(|| "must be above 0".to_owned())
}

/// A limit on cost.
pub(super) fn usd(text: &str) -> Result<f64, String> {
    let usd = text.parse().ok().filter(|usd: &f64| usd.is_finite() && *usd >= 0.0);
    usd.ok_or_else(|| "must be a number of USD, 0 or more".to_owned())
}

/// How often a judge is asked.
pub(super) fn odd(text: &str) -> Result<u32, String> {
    let odd = text.parse().ok().filter(|n: &u32| n % 2 == 1 && *n <= MOST_REPEATS);
    odd.ok_or_else(|| format!("must be an odd number up to {MOST_REPEATS}, so that there is a majority"))
}

async fn once(session: &Session, args: &Args, stop: &Stop) -> CommandResult {
    let project = load(session, args)?;
    let store = Arc::new(Store::open(&session.root.join(&project.config.store))?);
    let rules = &project.config.gate;
    let baseline = args.baseline.as_ref().or_else(|| rules.baseline.as_ref().filter(|_| args.fail_fast));
    match baseline {
        // `latest~1` counts the run that is about to begin.
        Some(name) if !name.starts_with("latest") && name != NONE => {
            Against::must(&store, &project.config, name)?;
        }
        None if args.fail_fast => anyhow::bail!(
            "`--fail-fast` holds a run against a baseline, and there is none; name a run by --baseline, or by `baseline` in [gate] of regauge.toml",
        ),
        _ => {}
    }
    let work = Work { session, args, store, stop, follows: true };
    let named = args.resume.as_ref().map(|name| work.store.resolve(name)).transpose()?;
    let earlier = named
        .map(|id| Ok::<_, crate::store::StoreError>(work.store.stored(&id)?.info().clone()))
        .transpose()?;
    if let Some(what_if) = earlier.as_ref().and_then(|run| run.header.selection.what_if.as_ref()) {
        anyhow::bail!(
            "this run is one side of a what-if: `regauge run --overlay {}` finishes it",
            what_if.drafts
        );
    }
    let mut selection = earlier
        .as_ref()
        .map_or_else(|| args.select.selection(&project.config), |run| run.header.selection.clone());
    if let Some(name) = &args.experiment {
        selection = super::experiment::planned(&project.config, name)?;
    }
    if args.impacted {
        let found = super::impact::find(session, &project, &selection, args.since.as_deref())?;
        let cases = found.impact.cases.into_keys().map(|(suite, case)| format!("{suite}/{case}"));
        selection.touched = cases.collect();
        anyhow::ensure!(
            !selection.touched.is_empty(),
            "no case is touched since {}: nothing to run",
            found.since
        );
        session.printer.talk(&format!(
            "{} touched since {}",
            plural(selection.touched.len() as u64, "case"),
            found.since
        ));
    }
    let plan = Plan::new(&project, &selection)?;
    let sinks = work.sinks();
    let Some(models) = work.open_models(&project, &plan, &sinks).await? else {
        return Ok(ExitStatus::Interrupted);
    };
    let begun = match earlier {
        Some(run) => work.resume(&project, &plan, &models, run)?,
        None => match work.unfinished(&project, &plan, &models, &selection)? {
            Some(begun) => begun,
            None => work.begin(&project, &plan, &models, &selection, 0)?,
        },
    };
    let config = project.config.clone();
    let finished = work.execute(project, plan, models, begun, sinks, Taken::default()).await?;
    // A try counts whether or not its report finds a reader.
    let recorded = match &args.experiment {
        Some(name) => record(session, &config, &finished, name),
        None => Ok(()),
    };
    let status = finished.print(session, args)?;
    recorded?;
    Ok(status)
}

fn record(session: &Session, config: &Config, finished: &Finished, name: &str) -> anyhow::Result<()> {
    finished.store.tag(&finished.id, &super::experiment::tag(name), true)?;
    if finished.ending.status == RunStatus::Finished {
        super::experiment::record(session, config, &finished.store, name, &finished.id)?;
    }
    Ok(())
}

pub(super) fn load(session: &Session, args: &Args) -> anyhow::Result<Project> {
    let project = session.load_with(|config| config.forced_judge_repeats = args.judge_repeats)?;
    Ok(as_replayed(project, args))
}

/// The project with models that send nothing, where that is asked for.
fn as_replayed(mut project: Project, args: &Args) -> Project {
    if args.replay.is_some() || args.offline {
        prepare::replay_all(&mut project);
    }
    project
}
