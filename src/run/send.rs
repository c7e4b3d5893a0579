//! Second stage: wait for answers. As many tasks as may be in flight; they compute nothing.

use std::sync::Arc;

use async_channel::{Receiver, Sender};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::Job;
use super::ask::ask;
use super::budget::Budget;
use super::halt::Halt;
use super::judge::{Answered, Source};
use super::keep::Message;
use super::prepare::Prepared;
use crate::outcome::TrialError;
use crate::provider::Request;

/// Starts the stage; its tasks end when nothing more is prepared.
pub(super) fn spawn(
    job: &Arc<Job>,
    halt: &Arc<Halt>,
    budget: &Arc<Budget>,
    prepared: &Receiver<Prepared>,
    (to_judge, to_keep): (Sender<Answered>, Sender<Message>),
) -> JoinSet<()> {
    let mut tasks = JoinSet::new();
    let places = Arc::new(Semaphore::new(places(job.limits.concurrency)));
    for _ in 0..job.limits.concurrency.max(1) {
        let worker = Worker {
            job: job.clone(),
            halt: halt.clone(),
            budget: budget.clone(),
            places: places.clone(),
            to_judge: to_judge.clone(),
            to_keep: to_keep.clone(),
        };
        tasks.spawn(worker.run(prepared.clone()));
    }
    tasks
}

/// Trials that were sent and are not kept yet, at most: while some are scored and kept, as many as may be are in
/// flight.
fn places(concurrency: usize) -> usize {
    (concurrency + concurrency / 2).max(2)
}

struct Worker {
    job: Arc<Job>,
    halt: Arc<Halt>,
    budget: Arc<Budget>,
    places: Arc<Semaphore>,
    to_judge: Sender<Answered>,
    to_keep: Sender<Message>,
}

impl Worker {
    async fn run(self, prepared: Receiver<Prepared>) {
        while let Ok(Prepared { planned, ready }) = prepared.recv().await {
            // What was prepared and is not begun stays without a result, so that the run can be finished.
            if self.halt.is_set() {
                continue;
            }
            let Some(model) = self.job.models.get(&planned.key.model) else { continue };
            let request = Request {
                messages: ready.messages.clone(),
                params: ready.params.clone(),
                key: ready.request,
            };
            let failed = |error: TrialError, wait_ms| {
                // Progress may be dropped when the keeper is busy; the attempts themselves are recorded.
                let key = planned.key.clone();
                _ = self.to_keep.try_send(Message::AttemptFailed { key, error, wait_ms });
            };
            // A trial holds its place until it is kept: when the process is killed, no more can be lost.
            let place = self.places.clone().acquire_owned().await.ok();
            let asked = ask(model, &request, &self.halt.bounds, &failed).await;
            if let Some(reason) = &asked.ends_run {
                self.halt.stop(reason.clone());
            }
            if asked.withdrawn {
                continue;
            }
            match &asked.result {
                Ok(completion) => self.budget.spend(model.cost(&completion.usage), &self.halt),
                Err(error) if error.kind.is_fatal() => {
                    let name = &planned.key.model;
                    let why = format!("every further request to `{name}` would fail: {}", error.message);
                    self.halt.stop(why);
                }
                Err(_) => {}
            }
            let answered = Answered {
                planned,
                ready,
                attempts: asked.attempts,
                source: Source::Endpoint,
                result: asked.result,
                place,
            };
            if self.to_judge.send(answered).await.is_err() {
                return;
            }
        }
    }
}
