//! Second stage: wait for answers. As many tasks as may be in flight; they compute nothing.

use std::sync::Arc;

use async_channel::{Receiver, Sender};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;

use super::Job;
use super::afloat::Held;
use super::ask::{Asked, ask, ask_by};
use super::budget::Budget;
use super::halt::Halt;
use super::judge::{Answered, Source};
use super::keep::Message;
use super::lookups::Lookups;
use super::models::OpenedModel;
use super::prepare::Prepared;
use super::talk::{Heard, Next, Talk};
use crate::outcome::TrialError;
use crate::plan::PlannedTrial;
use crate::provider::{ErrorKind, ProviderError, Request};

/// Starts the stage; its tasks end when nothing more is prepared.
pub(super) fn spawn(
    job: &Arc<Job>,
    halt: &Arc<Halt>,
    (budget, lookups): (&Arc<Budget>, &Arc<Lookups>),
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
            lookups: lookups.clone(),
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

/// A place among the trials that are not kept yet; given back when dropped.
pub(super) struct Place {
    _permit: Option<OwnedSemaphorePermit>,
    held: Option<Held>,
}

impl Place {
    /// The trial is in the store.
    pub(super) fn kept(self) {
        if let Some(held) = self.held {
            held.kept();
        }
    }
}

struct Worker {
    job: Arc<Job>,
    halt: Arc<Halt>,
    budget: Arc<Budget>,
    lookups: Arc<Lookups>,
    places: Arc<Semaphore>,
    to_judge: Sender<Answered>,
    to_keep: Sender<Message>,
}

impl Worker {
    async fn run(self, prepared: Receiver<Prepared>) {
        while let Ok(Prepared { planned, ready, mut talk }) = prepared.recv().await {
            // What was prepared and is not begun stays without a result, so that the run can be finished.
            if self.halt.is_set() {
                continue;
            }
            let Some(model) = self.job.models.get(&planned.key.model) else { continue };
            let request = Request {
                messages: ready.messages.clone(),
                params: ready.params.clone(),
                key: ready.request,
                lookup: None,
            };
            let failed = |error: TrialError, wait_ms| {
                // Progress may be dropped when the keeper is busy; the attempts themselves are recorded.
                let key = planned.key.clone();
                _ = self.to_keep.try_send(Message::AttemptFailed { key, error, wait_ms });
            };
            let permit = self.places.clone().acquire_owned().await.ok();
            let asked = match &mut talk {
                None => ask(model, &request, &self.halt.bounds, &failed).await,
                Some(talk) => self.converse(model, &planned, talk, &failed).await,
            };
            if let Some(reason) = &asked.ends_run {
                self.halt.stop(reason.clone());
            }
            if asked.withdrawn {
                continue;
            }
            match &asked.result {
                Ok(_) if talk.is_some() => {}
                Ok(completion) => self.budget.spend(model.spends(&completion.usage), &self.halt),
                Err(error) if error.kind.is_fatal() => {
                    let asked = talk.as_ref().and_then(|talk| talk.asked(&self.job, &planned, model));
                    let name = &asked.unwrap_or(model).spec.name;
                    let why = format!("every further request to `{name}` would fail: {}", error.message);
                    self.halt.stop(why);
                }
                Err(_) => {}
            }
            // From here on the answer outlives this process.
            let held = asked.result.as_ref().ok().and_then(|completion| {
                self.job.afloat.put(&planned.key, ready.request, &asked.attempts, completion)
            });
            let answered = Answered {
                planned,
                ready,
                attempts: asked.attempts,
                source: Source::Endpoint,
                result: asked.result,
                talk,
                place: Some(Place { _permit: permit, held }),
            };
            if self.to_judge.send(answered).await.is_err() {
                return;
            }
        }
    }

    /// Asks turn by turn; every answer on the way is kept as soon as it is there.
    async fn converse(
        &self,
        model: &OpenedModel,
        planned: &PlannedTrial,
        talk: &mut Talk,
        failed: &(dyn Fn(TrialError, u64) + Send + Sync),
    ) -> Asked {
        let own = model.provider.conversation();
        let provider = own.as_deref().unwrap_or(&*model.provider);
        let mut attempts = Vec::new();
        loop {
            let request = talk.request();
            let who = talk.asked(&self.job, planned, model).unwrap_or(model);
            let provider = if std::ptr::eq(who, model) { provider } else { &*who.provider };
            let asked = ask_by(provider, who, &request, &self.halt.bounds, failed).await;
            attempts.extend(asked.attempts);
            let completion = match asked.result {
                Ok(completion) => completion,
                Err(error) => return Asked { attempts, result: Err(error), ..asked },
            };
            let cost = who.cost(&completion.usage);
            self.budget.spend(who.spends(&completion.usage), &self.halt);
            if !who.spec.is_replay() {
                let answer = Box::new(who.recorded(request.key, cost, completion.clone()));
                _ = self.to_keep.send(Message::Heard(answer)).await;
            }
            let heard = Heard { completion, cost, cached: false };
            let result = match talk.hear(&self.job, &*self.lookups, planned, heard).await {
                Ok(Next::Ask) => continue,
                Ok(Next::Over) => talk.answer(),
                Err(error) => {
                    let withdrawn = error.is_withdrawn();
                    return Asked { attempts, result: Err(error.into_failure()), withdrawn, ..asked };
                }
            };
            let none = || ProviderError::new(ErrorKind::Internal, "the script has no turns");
            return Asked { attempts, result: result.ok_or_else(none), ..asked };
        }
    }
}
