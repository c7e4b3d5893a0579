//! First stage: read the plan, render, and look for answers that are there already. Runs on all cores.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use async_channel::Sender;
use futures_util::future::join_all;
use tokio::runtime::Handle;
use tokio::task::JoinHandle;

use super::cache::Found;
use super::halt::Halt;
use super::judge::{Answered, Source};
use super::lookups::Lookups;
use super::models::OpenedModel;
use super::talk::{Heard, Next, Talk};
use super::{Job, Skip, threads};
use crate::event::Recorder;
use crate::outcome::TrialKey;
use crate::plan::{PlannedTrial, ReadyError, ReadyTrial};
use crate::provider::{ErrorKind, ProviderError};
use crate::suite::CasesMoved;

/// Trials that one thread takes at a time.
const CHUNK: usize = 16;

/// A trial with everything that is sent and judged.
pub(super) struct Prepared {
    pub(super) planned: PlannedTrial,
    pub(super) ready: ReadyTrial,
    /// How far its conversation is, where its case has a script.
    pub(super) talk: Option<Box<Talk>>,
}

type Outputs = (Sender<Prepared>, Sender<Answered>);

/// Starts the stage. It ends when the plan does, when the run halts, or when nobody takes what it gives.
pub(super) fn spawn(
    job: &Arc<Job>,
    halt: &Arc<Halt>,
    lookups: &Arc<Lookups>,
    recorder: Arc<dyn Recorder>,
    outputs: Outputs,
) -> JoinHandle<()> {
    let (job, halt, lookups) = (job.clone(), halt.clone(), lookups.clone());
    let runtime = Handle::current();
    tokio::task::spawn_blocking(move || {
        let trials = Mutex::new(Feed { trials: Box::new(job.plan.trials()), left: VecDeque::new() });
        let (lookups, recorder) = (&*lookups, &*recorder);
        let stage = Stage { job: &job, halt: &halt, lookups, runtime, recorder, outputs: &outputs };
        std::thread::scope(|scope| {
            for _ in 0..threads(&job) {
                scope.spawn(|| stage.run(&trials));
            }
        });
    })
}

type Trials<'a> = Box<dyn Iterator<Item = Result<PlannedTrial, CasesMoved>> + Send + 'a>;

struct Feed<'a> {
    trials: Trials<'a>,
    left: VecDeque<PlannedTrial>,
}

struct Stage<'a> {
    job: &'a Job,
    halt: &'a Halt,
    lookups: &'a Lookups,
    /// Drives what waits for a retriever; the threads of this stage are none of its own.
    runtime: Handle,
    recorder: &'a dyn Recorder,
    outputs: &'a Outputs,
}

impl Stage<'_> {
    fn run(&self, feed: &Mutex<Feed<'_>>) {
        loop {
            let chunk = match self.chunk(feed) {
                Ok(chunk) => chunk,
                Err(reason) => return self.halt.stop(reason),
            };
            if chunk.is_empty() {
                return;
            }
            // One after the other, but for those that wait for a retriever.
            let ready = chunk.iter().map(|planned| self.ready(planned));
            let ready = self.runtime.block_on(join_all(ready));
            for (planned, ready) in chunk.into_iter().zip(ready) {
                if self.halt.is_set() || !self.pass_on(planned, ready) {
                    return;
                }
            }
        }
    }

    /// Looks up and renders, unless the run halts meanwhile.
    async fn ready(&self, planned: &PlannedTrial) -> Option<Result<ReadyTrial, ReadyError>> {
        if self.halt.is_set() {
            return None;
        }
        Some(self.job.plan.ready(&self.job.project, planned, self.lookups).await)
    }

    /// The next trials that are to be run.
    fn chunk(&self, feed: &Mutex<Feed<'_>>) -> Result<Vec<PlannedTrial>, String> {
        // A thread that panicked has halted the run.
        let Ok(mut feed) = feed.lock() else { return Ok(Vec::new()) };
        loop {
            if self.halt.is_set() {
                return Ok(Vec::new());
            }
            let take = CHUNK.saturating_sub(feed.left.len());
            let mut chunk: Vec<PlannedTrial> = feed.left.drain(..).collect();
            for trial in feed.trials.by_ref().take(take) {
                chunk.push(trial.map_err(|moved| moved.to_string())?);
            }
            if chunk.is_empty() {
                return Ok(chunk);
            }
            match &self.job.skip {
                Skip::Nothing => {}
                Skip::These(keys) => chunk.retain(|trial| !keys.contains(&trial.key)),
                Skip::Recorded(_) => {
                    let keys: Vec<TrialKey> = chunk.iter().map(|trial| trial.key.clone()).collect();
                    let there = self.recorder.recorded(&self.job.header.id, &keys);
                    let mut there = there.map_err(|error| error.to_string())?.into_iter();
                    chunk.retain(|_| !there.next().unwrap_or(false));
                }
            }
            if !chunk.is_empty() {
                return Ok(chunk);
            }
        }
    }

    /// Prepares one trial and passes it on; `false` when nobody takes it.
    fn pass_on(&self, planned: PlannedTrial, ready: Option<Result<ReadyTrial, ReadyError>>) -> bool {
        let (to_send, to_judge) = self.outputs;
        let Some(model) = self.job.models.get(&planned.key.model) else { return true };
        let ready = match ready {
            None => return true,
            Some(Ok(ready)) => ready,
            Some(Err(error)) if error.is_withdrawn() => return true,
            Some(Err(error)) => {
                let ready = ReadyTrial::unrendered(&planned.key, &model.spec);
                return to_judge
                    .send_blocking(Answered::failed(planned, ready, error.into_failure()))
                    .is_ok();
            }
        };
        if planned.scored.case.is_talk() {
            return self.pass_on_talk(model, planned, ready);
        }
        if let Some((attempts, completion)) = self.job.afloat.find(&planned.key, ready.request) {
            let answered = Answered::found(planned, ready, Source::Endpoint, completion);
            return to_judge.send_blocking(Answered { attempts, ..answered }).is_ok();
        }
        match self.job.answers().look(model, ready.request) {
            Ok(Found::Miss) => to_send.send_blocking(Prepared { planned, ready, talk: None }).is_ok(),
            Ok(Found::Hit(answer)) => {
                let source = Source::Cache { cost: answer.cost };
                let answered = Answered::found(planned, ready, source, answer.completion);
                to_judge.send_blocking(answered).is_ok()
            }
            Err(error) => to_judge.send_blocking(Answered::failed(planned, ready, error)).is_ok(),
        }
    }

    /// The same for a conversation: the turns that are answered already are not sent.
    fn pass_on_talk(&self, model: &OpenedModel, planned: PlannedTrial, ready: ReadyTrial) -> bool {
        let (to_send, to_judge) = self.outputs;
        let remembers = model.provider.conversation().is_some();
        let mut talk = Box::new(Talk::new(&planned, &ready, remembers));
        let result = loop {
            let Some(model) = talk.asked(self.job, &planned, model) else { return true };
            let answer = match self.job.answers().look(model, talk.key()) {
                Ok(Found::Hit(answer)) => *answer,
                Ok(Found::Miss) => {
                    // What an endpoint remembers, it must have heard itself.
                    let talk = if remembers { Box::new(Talk::new(&planned, &ready, true)) } else { talk };
                    return to_send.send_blocking(Prepared { planned, ready, talk: Some(talk) }).is_ok();
                }
                Err(error) => break Err(error),
            };
            let heard = Heard { completion: answer.completion, cost: answer.cost, cached: true };
            match self.runtime.block_on(talk.hear(self.job, self.lookups, &planned, heard)) {
                Ok(Next::Ask) => {}
                Ok(Next::Over) => {
                    let none = || ProviderError::new(ErrorKind::Internal, "the script has no turns");
                    break talk.answer().ok_or_else(none);
                }
                Err(error) if error.is_withdrawn() => return true,
                Err(error) => break Err(error.into_failure()),
            }
        };
        let answered = match result {
            Ok(answer) => Answered::found(planned, ready, Source::Cache { cost: None }, answer),
            Err(error) => Answered::failed(planned, ready, error),
        };
        to_judge.send_blocking(Answered { talk: Some(talk), ..answered }).is_ok()
    }
}
