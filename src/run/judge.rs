//! Third stage: score what came back, and say what judges are to be asked. Runs on all cores, off the network's path.

use std::sync::Arc;

use async_channel::{Receiver, Sender};
use tokio::task::JoinHandle;

use super::ask::trial_error;
use super::keep;
use super::scoring::{Given, Matter};
use super::send::Place;
use super::talk::Talk;
use super::verdict::{self, Question, Unjudged};
use super::{Job, talk, threads};
use crate::clock;
use crate::fingerprint::Fingerprint;
use crate::outcome::{Attempt, Fingerprints, Outcome, TrialResult};
use crate::plan::{PlannedTrial, ReadyError, ReadyTrial, given_passages, reported_passages};
use crate::prompt::Message;
use crate::provider::{Completion, ProviderError};
use crate::score::Score;

/// A trial that was asked, or that needs no asking.
pub(super) struct Answered {
    pub(super) planned: PlannedTrial,
    pub(super) ready: ReadyTrial,
    pub(super) attempts: Vec<Attempt>,
    pub(super) source: Source,
    pub(super) result: Result<Completion, ProviderError>,
    /// The conversation, where the case has a script; `result` is then its whole.
    pub(super) talk: Option<Box<Talk>>,
    /// A place among the answers that are not kept yet; given back when this one is.
    pub(super) place: Option<Place>,
}

/// Where an answer comes from.
pub(super) enum Source {
    /// The model, just now.
    Endpoint,
    /// An earlier run; with what it cost then.
    Cache {
        /// USD; absent = unknown.
        cost: Option<f64>,
    },
}

impl Answered {
    /// A trial whose answer is there already.
    pub(super) fn found(
        planned: PlannedTrial,
        ready: ReadyTrial,
        source: Source,
        answer: Completion,
    ) -> Self {
        Self { planned, ready, attempts: Vec::new(), source, result: Ok(answer), talk: None, place: None }
    }

    /// A trial that failed before anything was sent.
    pub(super) fn failed(planned: PlannedTrial, ready: ReadyTrial, error: ProviderError) -> Self {
        let (attempts, source) = (Vec::new(), Source::Endpoint);
        Self { planned, ready, attempts, source, result: Err(error), talk: None, place: None }
    }
}

/// Starts the stage; it ends when nothing more is answered.
pub(super) fn spawn(
    job: &Arc<Job>,
    answered: &Receiver<Answered>,
    (to_ask, to_keep): (Sender<Unjudged>, Sender<keep::Message>),
) -> JoinHandle<()> {
    let (job, answered) = (job.clone(), answered.clone());
    tokio::task::spawn_blocking(move || {
        std::thread::scope(|scope| {
            for _ in 0..threads(&job) {
                scope.spawn(|| {
                    while let Ok(answered) = answered.recv_blocking() {
                        let Some(mut unjudged) = judge(&job, answered) else { continue };
                        let sent = if unjudged.is_open() {
                            to_ask.send_blocking(unjudged).is_ok()
                        } else {
                            let place = unjudged.place.take();
                            let result = conclude(unjudged);
                            to_keep.send_blocking(keep::Message::Finished(Arc::new(result), place)).is_ok()
                        };
                        if !sent {
                            return;
                        }
                    }
                });
            }
        });
    })
}

/// Judges as far as that goes without asking anybody.
fn judge(job: &Job, mut answered: Answered) -> Option<Unjudged> {
    let place = answered.place.take();
    let (suite, scored) = (&job.plan.suites[answered.planned.suite], answered.planned.scored.clone());
    let sources = answered.ready.sources.clone();
    let (mut trial, given) = match answered.talk.take() {
        Some(talk) => talk::trial(job, answered, *talk)?,
        None => trial(job, answered)?,
    };
    let matter = Matter::new(suite, scored, given, sources, &trial.turns);
    let pending = matter.begin(&mut trial);
    let questions = verdict::questions(job, &names(&trial.scores), pending);
    Some(Unjudged { trial, matter, questions, place })
}

/// An answer as a trial with nothing scored yet.
fn trial(job: &Job, answered: Answered) -> Option<(TrialResult, Given)> {
    let Answered { planned, mut ready, attempts, source, result, .. } = answered;
    let model = job.models.get(&planned.key.model)?;
    let fingerprints = job.plan.fingerprints(&planned, &ready, &model.spec, &model.identity);
    // What the bot says it had is what it is judged against; it is no input, so the fingerprints are those of before.
    let result = result.and_then(|completion| {
        let told = reported_passages(&job.plan.suites[planned.suite].knowledge, &completion);
        if let Some(told) = told.map_err(ReadyError::into_failure)? {
            (ready.given, ready.ranked, ready.looked_up) = (told, true, true);
        }
        Ok(completion)
    });
    let mut trial = unscored(&planned, fingerprints, (ready.request, ready.messages), attempts);
    trial.passages = given_passages(&ready.given, ready.ranked);
    trial.cached = matches!(source, Source::Cache { .. });
    match result {
        Ok(completion) => {
            trial.cost = match source {
                Source::Endpoint => model.cost(&completion.usage),
                Source::Cache { cost } => cost,
            };
            trial.completion = Some(completion);
        }
        Err(error) => trial.error = Some(trial_error(&error)),
    }
    Some((trial, (ready.given, ready.looked_up)))
}

/// A trial that was asked this, with no answer and no scores yet.
pub(super) fn unscored(
    planned: &PlannedTrial,
    fingerprints: Fingerprints,
    (request, messages): (Fingerprint, Vec<Message>),
    attempts: Vec<Attempt>,
) -> TrialResult {
    TrialResult {
        key: planned.key.clone(),
        follow_up: planned.follow_up,
        case: planned.wording.facts.clone(),
        fingerprints,
        request,
        messages,
        passages: Vec::new(),
        cached: false,
        completion: None,
        cost: None,
        attempts,
        error: None,
        scores: Vec::new(),
        turns: Vec::new(),
        judgements: Vec::new(),
        action: None,
        outcome: Outcome::Errored,
        finished: clock::now(),
    }
}

/// The names of scores by place.
fn names(scores: &[Score]) -> impl Fn(usize) -> String {
    |place| scores.get(place).map_or_else(String::new, |score| score.name.clone())
}

/// The result, once all judges were asked.
pub(super) fn conclude(unjudged: Unjudged) -> TrialResult {
    let Unjudged { mut trial, matter, questions, place: _ } = unjudged;
    if !questions.is_empty() {
        matter.finish(&mut trial, &|place| {
            questions.iter().filter(|q| q.scorer == place).map(Question::reply).collect()
        });
    }
    // Not judged to its end: a run that goes on does it again, with the answer that is there.
    if questions.iter().any(|question| question.withdrawn) {
        trial.outcome = Outcome::Errored;
    }
    trial.judgements = questions.into_iter().map(|question| question.judgement).collect();
    trial.finished = clock::now();
    trial
}
