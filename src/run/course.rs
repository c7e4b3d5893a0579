//! The course of one run: one pass of the five stages after the other, under the same limits.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::budget::Budget;
use super::halt::Halt;
use super::keep::Keeper;
use super::limit::Deadline;
use super::lookups::Lookups;
use super::stop::{Stop, StopLevel};
use super::{Ending, Job, Taken, WAITING, judge, prepare, send, telling, verdict};
use crate::clock;
use crate::event::{Event, RecordError, Recorder, Sink};
use crate::outcome::RunStatus;

/// What all passes of a run share.
pub(super) struct Course<'a> {
    pub(super) halt: Arc<Halt>,
    budget: Arc<Budget>,
    deadline: Option<Deadline>,
    recorder: Arc<dyn Recorder>,
    sinks: Vec<Box<dyn Sink>>,
    stop: &'a Stop,
    /// Trials that errored.
    errors: u64,
    interrupted: bool,
    /// When it began, and the time that the runs before it took of the same limit.
    begun: (Instant, Duration),
}

impl<'a> Course<'a> {
    pub(super) fn new(
        job: &Job,
        recorder: Arc<dyn Recorder>,
        sinks: Vec<Box<dyn Sink>>,
        stop: &'a Stop,
    ) -> Self {
        let taken = job.limits.taken;
        let deadline = job.limits.max_time.map(|limit| Deadline::after_taking(limit, taken.time));
        let halt = Arc::new(Halt::new(deadline));
        if let Some(reason) = sinks.iter().find_map(|sink| sink.stops()) {
            halt.stop(reason);
        }
        let budget = Arc::new(Budget::new(job.limits.max_cost, taken.cost));
        Self {
            halt,
            budget,
            deadline,
            recorder,
            sinks,
            stop,
            errors: 0,
            interrupted: false,
            begun: (Instant::now(), taken.time),
        }
    }

    pub(super) fn tell(&mut self, event: &Event) {
        self.sinks.iter_mut().for_each(|sink| sink.on_event(event));
    }

    /// Runs the trials of a job to their end.
    pub(super) async fn pass(&mut self, job: &Arc<Job>) -> Result<(), RecordError> {
        let (halt, budget) = (&self.halt, &self.budget);
        let (to_send, ready) = async_channel::bounded(job.limits.concurrency.max(1));
        let (to_judge, answered) = async_channel::bounded(WAITING);
        let (to_ask, unjudged) = async_channel::bounded(WAITING);
        let (to_keep, messages) = async_channel::bounded(WAITING);
        job.models.begin(job.limits.concurrency as u32, &telling(&to_keep));

        let lookups = Arc::new(Lookups::new(job, halt, self.stop, &to_keep));
        let outputs = (to_send, to_judge.clone());
        let preparing = prepare::spawn(job, halt, &lookups, self.recorder.clone(), outputs);
        let mut sending = send::spawn(job, halt, (budget, &lookups), &ready, (to_judge, to_keep.clone()));
        let mut asking = verdict::spawn(job, halt, (budget, self.stop), &unjudged, &to_keep);
        let judging = judge::spawn(job, &answered, (to_ask, to_keep));
        let sinks = std::mem::take(&mut self.sinks);
        let keeper = Keeper::new(job.clone(), halt.clone(), self.recorder.clone(), sinks, self.errors);
        let mut keeping = tokio::task::spawn_blocking(move || keeper.run(&messages));
        drop((ready, answered, unjudged, lookups));

        let mut time_left = std::pin::pin!(until(self.deadline));
        let kept = loop {
            let level = if self.interrupted { StopLevel::Now } else { StopLevel::Drain };
            tokio::select! {
                kept = &mut keeping => break kept.map_err(|_| RecordError(BUG.to_owned()))?,
                level = self.stop.reached(level) => {
                    halt.stop("interrupted".to_owned());
                    self.interrupted = true;
                    if level == StopLevel::Now {
                        sending.abort_all();
                    }
                }
                () = &mut time_left, if !halt.is_set() => {
                    halt.stop(self.deadline.map_or_else(String::new, |deadline| deadline.to_string()));
                }
                Some(ended) = sending.join_next() => stop_on_panic(halt, &ended),
                Some(ended) = asking.join_next() => stop_on_panic(halt, &ended),
            }
        };
        (self.sinks, self.errors) = (kept.sinks, kept.errors);
        kept.result?;
        for stage in [preparing, judging] {
            if stage.await.is_err() {
                halt.stop(BUG.to_owned());
            }
        }
        Ok(())
    }

    /// Records how the run ended, and tells it.
    pub(super) fn end(mut self, job: &Job) -> Result<Ending, RecordError> {
        let reason = self.halt.reason();
        job.afloat.end(reason.is_none());
        let status = if reason.is_some() { RunStatus::Stopped } else { RunStatus::Finished };
        self.recorder.end(&job.header.id, status, reason.as_deref(), clock::now())?;
        self.tell(&Event::RunEnded { status, reason: reason.clone() });
        let taken = Taken { cost: self.budget.spent(), time: self.begun.1 + self.begun.0.elapsed() };
        Ok(Ending { status, reason, interrupted: self.interrupted, taken })
    }
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
