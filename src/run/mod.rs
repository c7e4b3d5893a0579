//! Executing a plan: every trial is rendered, asked, scored, recorded and only then counted.
//!
//! Trials stream through five stages, and none of them holds more than the limits allow:
//!
//! ```text
//! plan ─ prepare ──► ask ──► judge ──► verdict ──► keep ─► store, then sinks
//!        (threads)  (tasks)  (threads) (tasks)     (one thread)
//!           └─ answers that are there ─► judge └─ nobody to ask ─► keep
//! ```
//!
//! `prepare` reads the plan, looks up passages, renders and looks into the cache; `ask` waits for answers and does nothing else;
//! `judge` scores; `verdict` waits for judges that are models; `keep` is the only one that speaks to the recorder and the sinks, and writes whatever has
//! arrived in one transaction. Recording order is arrival order; results are read back in key order, so that
//! concurrency never shows in a report.

mod afloat;
mod ask;
mod backoff;
mod beside;
mod budget;
mod cache;
mod customer;
mod flights;
mod halt;
mod judge;
mod keep;
mod limit;
mod lookups;
mod models;
mod prepare;
mod rescore;
mod scrub;
mod send;
mod stop;
mod talk;
mod verdict;

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use async_channel::Sender;
use tokio::time::Instant;

use crate::clock;
use crate::event::{Event, RecordError, Recorder, Sink};
use crate::outcome::{RunHeader, RunStatus, TrialKey, VariantKey};
use crate::plan::Plan;
use crate::project::Project;

use budget::Budget;
use halt::Halt;
use keep::{Keeper, Message};
use lookups::Lookups;

pub use afloat::{Afloat, delete as delete_afloat};
pub use ask::Bounds;
pub use beside::{Beside, Heard, ask_beside};
pub use cache::{Cache, CacheMode, Found, missing};
pub use limit::{Deadline, Limiter, Tell};
pub use models::{Models, OpenOptions, OpenedModel};
pub use rescore::{Kept, Rescored, Rules, as_given};
pub use stop::{Stop, StopLevel};

/// Results that may wait for the keeper; behind a slow disk everything else slows down.
const WAITING: usize = 1024;

/// How a run is executed.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Trials in flight at once.
    pub concurrency: usize,
    /// Most USD; the run stops before the next trial once it is reached.
    pub max_cost: Option<f64>,
    /// Most errored trials; the run stops when there are more.
    pub max_errors: Option<u64>,
    /// Longest time; the run stops when it is over.
    pub max_time: Option<Duration>,
    /// What was taken of them before, by runs for which they hold together.
    pub taken: Taken,
}

/// What runs took of limits on cost and time.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Taken {
    /// USD, as far as costs are known.
    pub cost: f64,
    /// Time.
    pub time: Duration,
}

/// Which trials are not run.
#[derive(Debug)]
pub enum Skip {
    /// None.
    Nothing,
    /// Those that have a result in this run already; how many that are, per variant.
    Recorded(Vec<(VariantKey, u64)>),
    /// These.
    These(HashSet<TrialKey>),
}

impl Skip {
    /// How many trials of a variant are not run.
    fn of(&self, variant: &VariantKey) -> u64 {
        match self {
            Skip::Nothing => 0,
            Skip::Recorded(counts) => counts.iter().filter(|(v, _)| v == variant).map(|(_, n)| n).sum(),
            Skip::These(keys) => keys.iter().filter(|k| k.variant() == *variant).count() as u64,
        }
    }
}

/// What a run needs.
pub struct Job {
    /// The project.
    pub project: Arc<Project>,
    /// The plan.
    pub plan: Arc<Plan>,
    /// Opened models by name.
    pub models: Arc<Models>,
    /// The header, already with fingerprints.
    pub header: Arc<RunHeader>,
    /// Trials that are not run.
    pub skip: Skip,
    /// Answers that are there already.
    pub cache: Cache,
    /// Limits.
    pub limits: Limits,
    /// Answers that are not kept yet.
    pub afloat: Afloat,
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Ending {
    /// Whether all trials have results.
    pub status: RunStatus,
    /// Why not.
    pub reason: Option<String>,
    /// Whether the user stopped it.
    pub interrupted: bool,
    /// What was taken of the limits until now, by the runs before it included.
    pub taken: Taken,
}

/// Executes a job.
///
/// # Errors
/// The recorder could not keep a result: the run stops, because nothing is counted that is not kept.
pub async fn execute(
    job: Job,
    recorder: Arc<dyn Recorder>,
    mut sinks: Vec<Box<dyn Sink>>,
    stop: &Stop,
) -> Result<Ending, RecordError> {
    recorder.begin(&job.header)?;
    let (begun, before) = (Instant::now(), job.limits.taken);
    let started = Event::RunStarted { header: job.header.clone(), planned: planned(&job) };
    for sink in &mut sinks {
        sink.on_event(&started);
    }
    let job = Arc::new(job);
    let deadline = job.limits.max_time.map(|limit| Deadline::after_taking(limit, before.time));
    let halt = Arc::new(Halt::new(deadline));
    if let Some(reason) = sinks.iter().find_map(|sink| sink.stops()) {
        halt.stop(reason);
    }
    let (to_send, ready) = async_channel::bounded(job.limits.concurrency.max(1));
    let (to_judge, answered) = async_channel::bounded(WAITING);
    let (to_ask, unjudged) = async_channel::bounded(WAITING);
    let (to_keep, messages) = async_channel::bounded(WAITING);
    let budget = Arc::new(Budget::new(job.limits.max_cost, before.cost));
    job.models.begin(job.limits.concurrency as u32, &telling(&to_keep));

    let lookups = Arc::new(Lookups::new(&job, &halt, stop, &to_keep));
    let preparing = prepare::spawn(&job, &halt, &lookups, recorder.clone(), (to_send, to_judge.clone()));
    let mut sending = send::spawn(&job, &halt, (&budget, &lookups), &ready, (to_judge, to_keep.clone()));
    let mut asking = verdict::spawn(&job, &halt, (&budget, stop), &unjudged, &to_keep);
    let judging = judge::spawn(&job, &answered, (to_ask, to_keep));
    let keeper = Keeper::new(job.clone(), halt.clone(), recorder.clone(), sinks);
    let mut keeping = tokio::task::spawn_blocking(move || keeper.run(&messages));
    drop((ready, answered, unjudged, lookups));

    let mut interrupted = false;
    let mut time_left = std::pin::pin!(until(deadline));
    let (kept, mut sinks) = loop {
        tokio::select! {
            kept = &mut keeping => break kept.unwrap_or_else(|_| (Err(RecordError(BUG.to_owned())), Vec::new())),
            level = stop.reached(if interrupted { StopLevel::Now } else { StopLevel::Drain }) => {
                halt.stop("interrupted".to_owned());
                interrupted = true;
                if level == StopLevel::Now {
                    sending.abort_all();
                }
            }
            () = &mut time_left, if !halt.is_set() => {
                halt.stop(deadline.map_or_else(String::new, |deadline| deadline.to_string()));
            }
            Some(ended) = sending.join_next() => stop_on_panic(&halt, &ended),
            Some(ended) = asking.join_next() => stop_on_panic(&halt, &ended),
        }
    };
    kept?;
    for stage in [preparing, judging] {
        if stage.await.is_err() {
            halt.stop(BUG.to_owned());
        }
    }
    let reason = halt.reason();
    job.afloat.end(reason.is_none());
    let status = if reason.is_some() { RunStatus::Stopped } else { RunStatus::Finished };
    recorder.end(&job.header.id, status, reason.as_deref(), clock::now())?;
    let ended = Event::RunEnded { status, reason: reason.clone() };
    for sink in &mut sinks {
        sink.on_event(&ended);
    }
    let taken = Taken { cost: budget.spent(), time: before.time + begun.elapsed() };
    Ok(Ending { status, reason, interrupted, taken })
}

const BUG: &str = "a part of the run panicked; this is a bug in regauge, please report it";

fn stop_on_panic(halt: &Halt, ended: &Result<(), tokio::task::JoinError>) {
    if ended.as_ref().is_err_and(tokio::task::JoinError::is_panic) {
        halt.stop(BUG.to_owned());
    }
}

/// Waits for a deadline; for ever without one.
async fn until(deadline: Option<Deadline>) {
    match deadline {
        Some(deadline) => deadline.passed().await,
        None => std::future::pending().await,
    }
}

/// Passes the history of limits to the keeper, for as long as it listens.
fn telling(to_keep: &Sender<Message>) -> Tell {
    let to_keep = to_keep.downgrade();
    Arc::new(move |change| {
        if let Some(to_keep) = to_keep.upgrade() {
            // A keeper that is that busy misses a step of the history, never a result.
            _ = to_keep.try_send(Message::LimitChanged(change));
        }
    })
}

/// Trials still to be run, per variant, in plan order.
fn planned(job: &Job) -> Vec<(VariantKey, u64)> {
    let left = |(variant, all): &(VariantKey, u64)| {
        let left = all.saturating_sub(job.skip.of(variant));
        (left > 0).then(|| (variant.clone(), left))
    };
    job.plan.variants.iter().filter_map(left).collect()
}

/// Threads of a stage that computes; one trial at a time goes in order.
fn threads(job: &Job) -> usize {
    std::thread::available_parallelism().map_or(1, usize::from).min(job.limits.concurrency.max(1))
}
