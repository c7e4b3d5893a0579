//! Third stage: score what came back. Runs on all cores, off the network's path.

use std::sync::Arc;

use async_channel::{Receiver, Sender};
use tokio::task::JoinHandle;

use super::ask::trial_error;
use super::keep::Message;
use super::send::Place;
use super::talk::Talk;
use super::{Job, talk, threads};
use crate::clock;
use crate::outcome::{Attempt, Outcome, TrialResult, decide};
use crate::plan::{PlannedTrial, ReadyTrial, given_passages};
use crate::provider::{Completion, ProviderError};
use crate::score::{self, ScoreInput};

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
    to_keep: Sender<Message>,
) -> JoinHandle<()> {
    let (job, answered) = (job.clone(), answered.clone());
    tokio::task::spawn_blocking(move || {
        std::thread::scope(|scope| {
            for _ in 0..threads(&job) {
                scope.spawn(|| {
                    while let Ok(mut answered) = answered.recv_blocking() {
                        let place = answered.place.take();
                        let Some(result) = judge(&job, answered) else { continue };
                        if to_keep.send_blocking(Message::Finished(Arc::new(result), place)).is_err() {
                            return;
                        }
                    }
                });
            }
        });
    })
}

fn judge(job: &Job, mut answered: Answered) -> Option<TrialResult> {
    if let Some(talk) = answered.talk.take() {
        return talk::judge(job, answered, *talk);
    }
    let Answered { planned, ready, attempts, source, result, talk: _, place: _ } = answered;
    let model = job.models.get(&planned.key.model)?;
    let fingerprints = job.plan.fingerprints(&planned, &ready, &model.spec, &model.identity);
    let mut trial = TrialResult {
        key: planned.key,
        case: planned.wording.facts.clone(),
        fingerprints,
        request: ready.request,
        messages: ready.messages,
        passages: given_passages(&ready.given),
        cached: matches!(source, Source::Cache { .. }),
        completion: None,
        cost: None,
        attempts,
        error: None,
        scores: Vec::new(),
        turns: Vec::new(),
        action: None,
        outcome: Outcome::Errored,
        finished: clock::now(),
    };
    match result {
        Ok(completion) => {
            let suite = &job.plan.suites[planned.suite];
            trial.cost = match source {
                Source::Endpoint => model.cost(&completion.usage),
                Source::Cache { cost } => cost,
            };
            let input = ScoreInput {
                case: &planned.scored.case,
                question: &planned.wording.phrasing.text,
                dialogue: &[],
                completion: &completion,
                cost: trial.cost,
                given: &ready.given,
                sources: &ready.sources,
                knowledge: &suite.knowledge,
                markers: &suite.markers,
            };
            trial.scores = score::judge(&planned.scored.scorers, &input);
            trial.action = score::action_of(&completion, input.markers);
            trial.outcome = decide(&completion, &trial.scores);
            trial.completion = Some(completion);
        }
        Err(error) => trial.error = Some(trial_error(&error)),
    }
    Some(trial)
}
