//! Executing a plan: every trial is rendered, asked, scored, recorded and only then counted.
//!
//! One coordinator owns the recorder and the sinks and is the only one that speaks to them; trials run
//! as tasks and send it what they have. Recording order is arrival order; results are read back in
//! key order, so that concurrency never shows in a report.

mod ask;
mod backoff;
mod cache;
mod models;
mod stop;
mod trial;

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::clock;
use crate::event::{Event, RecordError, Recorder, Sink};
use crate::outcome::{RunHeader, RunStatus, TrialKey, TrialResult, VariantKey};
use crate::plan::Plan;
use crate::project::Project;

pub use cache::{Cache, CacheMode, Found, missing};
pub use models::{Models, OpenOptions, OpenedModel};
pub use stop::{Stop, StopLevel};

/// Trials recorded in one transaction at most.
const BATCH: usize = 64;

/// How a run is executed.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Trials in flight at once.
    pub concurrency: usize,
    /// Most USD; the run stops before the next trial once it is reached.
    pub max_cost: Option<f64>,
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
    /// Trials that have a result already and are not sent again.
    pub done: HashSet<TrialKey>,
    /// Limits.
    pub limits: Limits,
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ending {
    /// Whether all trials have results.
    pub status: RunStatus,
    /// Why not.
    pub reason: Option<String>,
    /// Whether the user stopped it.
    pub interrupted: bool,
}

/// What a trial's task tells the coordinator.
enum Message {
    AttemptFailed { key: TrialKey, error: crate::outcome::TrialError, wait_ms: u64 },
    Finished(Box<TrialResult>),
}

/// Executes a job. Resuming passes the trials that are there already in [`Job::done`].
///
/// # Errors
/// The recorder could not keep a result: the run stops, because nothing is counted that is not kept.
pub async fn execute(
    job: Job,
    recorder: &dyn Recorder,
    sinks: &mut [Box<dyn Sink>],
    stop: &Stop,
) -> Result<Ending, RecordError> {
    recorder.begin(&job.header)?;
    let job = Arc::new(job);
    tell(sinks, &Event::RunStarted { header: job.header.clone(), planned: planned(&job) });
    let mut coordinator = Coordinator { job: &job, recorder, sinks, cost: 0.0, fatal: None };
    let interrupted = coordinator.drive(stop).await?;
    let Coordinator { fatal, .. } = coordinator;
    let reason = fatal.or_else(|| interrupted.then(|| "interrupted".to_owned()));
    let status = if reason.is_some() { RunStatus::Stopped } else { RunStatus::Finished };
    recorder.end(&job.header.id, status, reason.as_deref(), clock::now())?;
    tell(sinks, &Event::RunEnded { status, reason: reason.clone() });
    Ok(Ending { status, reason, interrupted })
}

fn tell(sinks: &mut [Box<dyn Sink>], event: &Event) {
    for sink in sinks {
        sink.on_event(event);
    }
}

/// Trials still to be sent, per variant, in plan order.
fn planned(job: &Job) -> Vec<(VariantKey, u64)> {
    let mut counts: BTreeMap<VariantKey, u64> = BTreeMap::new();
    for trial in job.plan.trials.iter().filter(|t| !job.done.contains(&t.key)) {
        *counts.entry(trial.key.variant()).or_default() += 1;
    }
    job.plan.variants.iter().filter_map(|v| counts.get(v).map(|n| (v.clone(), *n))).collect()
}

struct Coordinator<'a> {
    job: &'a Arc<Job>,
    recorder: &'a dyn Recorder,
    sinks: &'a mut [Box<dyn Sink>],
    cost: f64,
    /// Why no further trial is sent.
    fatal: Option<String>,
}

impl Coordinator<'_> {
    /// Sends trials and takes their results until nothing is left; says whether the user stopped it.
    async fn drive(&mut self, stop: &Stop) -> Result<bool, RecordError> {
        let mut pending = (0..self.job.plan.trials.len())
            .filter(|i| !self.job.done.contains(&self.job.plan.trials[*i].key))
            .collect::<Vec<_>>()
            .into_iter();
        let (sender, mut receiver) = mpsc::channel::<Message>(BATCH * 2);
        let mut tasks = JoinSet::new();
        let mut interrupted = false;
        loop {
            while self.fatal.is_none() && !interrupted && tasks.len() < self.job.limits.concurrency.max(1) {
                let Some(index) = pending.next() else { break };
                tasks.spawn(trial::run(self.job.clone(), index, sender.clone()));
            }
            if tasks.is_empty() {
                break;
            }
            tokio::select! {
                biased;
                Some(message) = receiver.recv() => self.take(message, &mut receiver)?,
                Some(ended) = tasks.join_next() => {
                    if let Err(error) = ended && error.is_panic() {
                        self.fatal = Some("a trial panicked; this is a bug in regauge, please report it".to_owned());
                    }
                }
                level = stop.reached(if interrupted { StopLevel::Now } else { StopLevel::Drain }) => {
                    if !interrupted {
                        tell(self.sinks, &Event::StopRequested);
                    }
                    interrupted = true;
                    if level == StopLevel::Now {
                        tasks.abort_all();
                    }
                }
            }
        }
        drop(sender);
        while let Some(message) = receiver.recv().await {
            self.take(message, &mut receiver)?;
        }
        Ok(interrupted)
    }

    /// Takes one message and whatever else has arrived; finished trials are kept in one transaction.
    fn take(&mut self, first: Message, receiver: &mut mpsc::Receiver<Message>) -> Result<(), RecordError> {
        let mut finished = Vec::new();
        let mut next = Some(first);
        while let Some(message) = next {
            match message {
                Message::AttemptFailed { key, error, wait_ms } => {
                    tell(self.sinks, &Event::AttemptFailed { key, error, wait_ms });
                }
                Message::Finished(result) => finished.push(Arc::new(*result)),
            }
            next = if finished.len() < BATCH { receiver.try_recv().ok() } else { None };
        }
        if finished.is_empty() {
            return Ok(());
        }
        self.recorder.record(&self.job.header.id, &finished)?;
        for result in finished {
            self.count(&result);
            tell(self.sinks, &Event::TrialFinished(result));
        }
        Ok(())
    }

    fn count(&mut self, result: &TrialResult) {
        self.cost += result.cost.unwrap_or(0.0);
        if self.fatal.is_some() {
            return;
        }
        if let Some(error) = result.error.as_ref().filter(|e| e.kind.is_fatal()) {
            self.fatal = Some(format!(
                "every further request to `{}` would fail: {}",
                result.key.model, error.message
            ));
        } else if let Some(limit) = self.job.limits.max_cost.filter(|limit| self.cost >= *limit) {
            self.fatal =
                Some(format!("the cost limit of {limit} USD is reached ({:.4} USD spent)", self.cost));
        }
    }
}
