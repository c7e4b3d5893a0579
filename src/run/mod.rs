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
//!
//! When every planned trial has its result, the same five stages may run once more for the follow-ups ([`Follower`]).

mod afloat;
mod ask;
mod backoff;
mod beside;
mod budget;
mod cache;
mod course;
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
mod scoring;
mod scrub;
mod send;
mod stop;
mod talk;
mod verdict;

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use crate::event::{Event, RecordError, Recorder, Sink};
use crate::outcome::{RunHeader, RunStatus, TrialKey, VariantKey};
use crate::plan::Plan;
use crate::project::Project;
use async_channel::Sender;

use course::Course;
use keep::Message;

pub use afloat::{Afloat, delete as delete_afloat};
pub use ask::Bounds;
pub use beside::{Beside, Heard, Stopped};
pub use budget::{UnknownPrice, refuse_unpriced};
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
    /// What is there already: answers, replies of judges, passages that were looked up.
    pub cache: Cache,
    /// Where the answers themselves are looked for instead, when only some of them count.
    pub fresh: Option<Cache>,
    /// Limits.
    pub limits: Limits,
    /// Answers that are not kept yet.
    pub afloat: Arc<Afloat>,
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

/// The trials that follow the planned ones.
pub struct Following {
    /// The plan of them.
    pub plan: Plan,
    /// How many of them have a result that stands already, per variant.
    pub there: Vec<(VariantKey, u64)>,
    /// Answers that count as asked afresh.
    pub fresh: Cache,
}

/// Says what follows, once every planned trial has its result.
pub type Follower<'a> = Box<dyn FnOnce() -> Result<Option<Following>, RecordError> + 'a>;

impl Job {
    /// Where the answer to a trial may be already.
    fn answers(&self) -> &Cache {
        self.fresh.as_ref().unwrap_or(&self.cache)
    }

    /// The same run with other trials.
    fn following(&self, next: Following) -> Self {
        Self {
            project: self.project.clone(),
            plan: Arc::new(next.plan),
            models: self.models.clone(),
            header: self.header.clone(),
            skip: Skip::Recorded(next.there),
            cache: self.cache.clone(),
            fresh: Some(next.fresh),
            limits: self.limits.clone(),
            afloat: self.afloat.clone(),
        }
    }
}

/// Executes a job, and what follows when nothing halted it.
///
/// # Errors
/// The recorder could not keep a result: the run stops, because nothing is counted that is not kept.
pub async fn execute(
    job: Job,
    follower: Option<Follower<'_>>,
    recorder: Arc<dyn Recorder>,
    sinks: Vec<Box<dyn Sink>>,
    stop: &Stop,
) -> Result<Ending, RecordError> {
    recorder.begin(&job.header)?;
    let job = Arc::new(job);
    let mut course = Course::new(&job, recorder, sinks, stop);
    course.tell(&Event::RunStarted { header: job.header.clone(), planned: planned(&job) });
    course.pass(&job).await?;
    let next = match follower.filter(|_| !course.halt.is_set()) {
        Some(follower) => follower()?,
        None => None,
    };
    if let Some(next) = next {
        let next = Arc::new(job.following(next));
        course.tell(&Event::FollowUpsStarted { planned: planned(&next) });
        course.pass(&next).await?;
    }
    course.end(&job)
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
