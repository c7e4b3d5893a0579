//! Second stage: wait for answers. As many tasks as may be in flight; they compute nothing.

use std::sync::Arc;
use std::time::Duration;

use async_channel::{Receiver, Sender};
use tokio::task::JoinSet;

use super::Job;
use super::ask::ask;
use super::budget::Budget;
use super::halt::Halt;
use super::judge::{Answered, Source};
use super::keep::Message;
use super::models::OpenedModel;
use super::prepare::Prepared;
use crate::outcome::TrialError;
use crate::provider::Request;

/// How long the first request to a model is waited for before the others follow: a wrong key or an unknown
/// model is told at once, an answer may take longer.
const FIRST_ALONE: Duration = Duration::from_secs(1);

/// Starts the stage; its tasks end when nothing more is prepared.
pub(super) fn spawn(
    job: &Arc<Job>,
    halt: &Arc<Halt>,
    prepared: &Receiver<Prepared>,
    (to_judge, to_keep): (Sender<Answered>, Sender<Message>),
) -> JoinSet<()> {
    let mut tasks = JoinSet::new();
    let budget = Arc::new(Budget::new(job.limits.max_cost));
    for _ in 0..job.limits.concurrency.max(1) {
        let worker = Worker {
            job: job.clone(),
            halt: halt.clone(),
            budget: budget.clone(),
            to_judge: to_judge.clone(),
            to_keep: to_keep.clone(),
        };
        tasks.spawn(worker.run(prepared.clone()));
    }
    tasks
}

struct Worker {
    job: Arc<Job>,
    halt: Arc<Halt>,
    budget: Arc<Budget>,
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
            let alone = self.wait_for_first(model).await;
            if self.halt.is_set() {
                continue;
            }
            let asked = ask(model, &request, &failed).await;
            match &asked.result {
                Ok(completion) => self.budget.spend(model.cost(&completion.usage), &self.halt),
                Err(error) if error.kind.is_fatal() => {
                    let name = &planned.key.model;
                    let why = format!("every further request to `{name}` would fail: {}", error.message);
                    self.halt.stop(why);
                }
                Err(_) => {}
            }
            drop(alone);
            let answered = Answered {
                planned,
                ready,
                attempts: asked.attempts,
                source: Source::Endpoint,
                result: asked.result,
            };
            if self.to_judge.send(answered).await.is_err() {
                return;
            }
        }
    }

    /// Lets one request go first; the others wait for its end, but not long.
    async fn wait_for_first<'m>(&self, model: &'m OpenedModel) -> Option<FirstGuard<'m>> {
        if model.first.enter() {
            return Some(FirstGuard(model));
        }
        if !model.first.is_over() {
            _ = tokio::time::timeout(FIRST_ALONE, model.first.over()).await;
        }
        None
    }
}

/// Says that the first request is over, also when it is abandoned.
struct FirstGuard<'m>(&'m OpenedModel);

impl Drop for FirstGuard<'_> {
    fn drop(&mut self) {
        self.0.first.end();
    }
}
