//! Fourth stage: wait for judges. As many tasks as may be in flight; they compute next to nothing.
//!
//! An answer whose judges were all asked before, or that needs none, passes by: the third stage finds earlier replies.
//! A judge is asked like any model: through the limiter of its endpoint, within its time limits, at the run's cost.

use std::sync::Arc;

use async_channel::{Receiver, Sender};
use tokio::task::JoinSet;

use super::ask::{Asked, ask, trial_error};
use super::budget::Budget;
use super::cache::Found;
use super::flights::Flights;
use super::halt::Halt;
use super::keep::Message;
use super::models::OpenedModel;
use super::scoring::Matter;
use super::send::Place;
use super::stop::{Stop, StopLevel};
use super::{Job, judge};
use crate::outcome::{Judgement, ModelFacts, TrialError, TrialResult};
use crate::provider::{Completion, ErrorKind, ProviderError, Request};
use crate::score::{Pending, Reply};

/// One request to a judge, and what came of it.
pub(super) struct Question {
    /// The scorer's place in the list.
    pub(super) scorer: usize,
    request: Request,
    model: String,
    /// What came of it; absent until it was asked.
    pub(super) judgement: Judgement,
    open: bool,
    /// The run ended before it was answered.
    pub(super) withdrawn: bool,
}

impl Question {
    /// The reply, for the scorer.
    pub(super) fn reply(&self) -> Reply {
        match (&self.judgement.reply, &self.judgement.error) {
            (Some(reply), _) => Ok(reply.clone()),
            (None, Some(error)) => Err(error.message.clone()),
            (None, None) => Err("it was not asked".to_owned()),
        }
    }
}

/// A trial that waits for its judges.
pub(super) struct Unjudged {
    pub(super) trial: TrialResult,
    /// What it is judged with.
    pub(super) matter: Matter,
    pub(super) questions: Vec<Question>,
    pub(super) place: Option<Place>,
}

impl Unjudged {
    /// Whether something is still to be asked.
    pub(super) fn is_open(&self) -> bool {
        self.questions.iter().any(|question| question.open)
    }
}

/// The questions of the scorers, with the replies that are there already.
pub(super) fn questions(job: &Job, names: &dyn Fn(usize) -> String, pending: Vec<Pending>) -> Vec<Question> {
    let mut questions = Vec::new();
    for Pending { scorer, model: name, requests } in pending {
        let model = job.models.get(&name);
        for request in requests {
            let mut question = Question {
                scorer,
                judgement: Judgement {
                    scorer: names(scorer),
                    model: facts(&name, model),
                    request: request.key,
                    cached: false,
                    reply: None,
                    cost: None,
                    sent: 0,
                    error: None,
                },
                model: name.clone(),
                request,
                open: true,
                withdrawn: false,
            };
            if let Some(model) = model {
                question.look(job, model);
            }
            questions.push(question);
        }
    }
    questions
}

fn facts(name: &str, model: Option<&OpenedModel>) -> ModelFacts {
    let of = model.map(|model| (model.spec.answering(), model.identity.clone()));
    let (spec, identity) =
        of.map_or((None, serde_json::Value::Null), |(spec, identity)| (Some(spec), identity));
    ModelFacts {
        name: name.to_owned(),
        provider: spec.map_or("", |spec| spec.provider).to_owned(),
        model: spec.map_or(name, |spec| spec.model.as_str()).to_owned(),
        identity,
    }
}

impl Question {
    /// Looks for an earlier reply.
    fn look(&mut self, job: &Job, model: &OpenedModel) {
        match job.cache.look(model, self.request.key) {
            Ok(Found::Miss) => {}
            Ok(Found::Hit(answer)) => self.found(answer.completion, answer.cost),
            Err(error) => self.fail(&error),
        }
    }

    fn found(&mut self, reply: Completion, cost: Option<f64>) {
        self.open = false;
        self.judgement.cached = true;
        self.judgement.cost = cost;
        self.judgement.reply = Some(reply);
    }

    fn fail(&mut self, error: &ProviderError) {
        self.open = false;
        self.judgement.error = Some(trial_error(error));
    }

    fn answered(&mut self, asked: Asked, model: &OpenedModel) {
        self.open = false;
        self.withdrawn = asked.withdrawn;
        self.judgement.sent = u32::try_from(asked.attempts.len()).unwrap_or(u32::MAX);
        match asked.result {
            Ok(completion) => {
                self.judgement.cost = model.cost(&completion.usage);
                self.judgement.reply = Some(completion);
            }
            Err(error) => self.fail(&error),
        }
    }
}

/// Replies and what they cost.
type Replies = Flights<(Completion, Option<f64>)>;

/// Starts the stage; its tasks end when nothing more needs a judge.
pub(super) fn spawn(
    job: &Arc<Job>,
    halt: &Arc<Halt>,
    (budget, stop): (&Arc<Budget>, &Stop),
    unjudged: &Receiver<Unjudged>,
    to_keep: &Sender<Message>,
) -> JoinSet<()> {
    let mut tasks = JoinSet::new();
    let flights = Arc::new(Replies::default());
    for _ in 0..job.limits.concurrency.max(1) {
        let worker = Worker {
            job: job.clone(),
            halt: halt.clone(),
            budget: budget.clone(),
            stop: stop.clone(),
            flights: flights.clone(),
            to_keep: to_keep.clone(),
        };
        tasks.spawn(worker.run(unjudged.clone()));
    }
    tasks
}

struct Worker {
    job: Arc<Job>,
    halt: Arc<Halt>,
    budget: Arc<Budget>,
    stop: Stop,
    flights: Arc<Replies>,
    to_keep: Sender<Message>,
}

impl Worker {
    async fn run(self, unjudged: Receiver<Unjudged>) {
        while let Ok(mut unjudged) = unjudged.recv().await {
            let Unjudged { questions, trial, .. } = &mut unjudged;
            for question in questions.iter_mut().filter(|question| question.open) {
                self.ask(question, trial).await;
            }
            let place = unjudged.place.take();
            let result = judge::conclude(unjudged);
            if self.to_keep.send(Message::Finished(Arc::new(result), place)).await.is_err() {
                return;
            }
        }
    }

    async fn ask(&self, question: &mut Question, trial: &TrialResult) {
        let Some(model) = self.job.models.get(&question.model) else {
            let message = format!("the model `{}` was not opened", question.model);
            return question.fail(&ProviderError::new(ErrorKind::Internal, message));
        };
        let flight = self.flights.of(question.request.key);
        let mut landed = flight.lock().await;
        if let Some((reply, cost)) = &*landed {
            return question.found(reply.clone(), *cost);
        }
        let failed = |error: TrialError, wait_ms| {
            let key = trial.key.clone();
            _ = self.to_keep.try_send(Message::AttemptFailed { key, error, wait_ms });
        };
        let asked = tokio::select! {
            asked = ask(model, &question.request, &self.halt.bounds, &failed) => asked,
            // What the bot answered is paid for: it is kept, and a later run asks the judge.
            _ = self.stop.reached(StopLevel::Now) => {
                question.withdrawn = true;
                let error = ProviderError::new(ErrorKind::Timeout, "the run ended before the judge replied");
                return question.fail(&error);
            }
        };
        if let Some(reason) = &asked.ends_run {
            self.halt.stop(reason.clone());
        }
        match &asked.result {
            Ok(completion) => {
                let cost = model.cost(&completion.usage);
                self.budget.spend(model.spends(&completion.usage), &self.halt);
                *landed = completion.is_usable().then(|| (completion.clone(), cost));
            }
            Err(error) if error.kind.is_fatal() => {
                let why =
                    format!("every further request to `{}` would fail: {}", question.model, error.message);
                self.halt.stop(why);
            }
            Err(_) => {}
        }
        question.answered(asked, model);
    }
}
