//! One trial: render, ask (again where that may help), score.

use std::sync::Arc;

use tokio::sync::mpsc;

use super::ask::{Asked, ask, trial_error};
use super::{Job, Message, models::OpenedModel};
use crate::clock;
use crate::outcome::{Fingerprints, Outcome, TrialError, TrialResult, decide};
use crate::plan::{PlannedTrial, ReadyTrial, given_passages};
use crate::provider::{ErrorKind, Request};
use crate::score::{self, ScoreInput};

/// Runs trial number `index` of the plan and sends its result; the receiver outlives every trial.
pub(super) async fn run(job: Arc<Job>, index: usize, sender: mpsc::Sender<Message>) {
    let planned = &job.plan.trials[index];
    let result = match (job.models.get(&planned.key.model), job.plan.ready(&job.project, planned)) {
        (Some(model), Ok(ready)) => {
            let request = Request {
                messages: ready.messages.clone(),
                params: ready.params.clone(),
                key: ready.request,
            };
            // Progress may be dropped when the coordinator is busy; the attempts themselves are recorded.
            let failed = |error, wait_ms| {
                _ = sender.try_send(Message::AttemptFailed { key: ready.key.clone(), error, wait_ms });
            };
            let asked = ask(model, &request, &failed).await;
            finish(&job, planned, model, ready, asked)
        }
        (Some(model), Err(error)) => not_sent(&job, planned, model, ErrorKind::BadRequest, error.to_string()),
        (None, _) => return,
    };
    // Fails only when the coordinator is gone, and then nobody counts this trial.
    let _ = sender.send(Message::Finished(Box::new(result))).await;
}

fn finish(
    job: &Job,
    planned: &PlannedTrial,
    model: &OpenedModel,
    ready: ReadyTrial,
    asked: Asked,
) -> TrialResult {
    let fingerprints = job.plan.fingerprints(planned, &ready, &model.spec, &model.identity);
    let mut result = blank(job, planned, fingerprints);
    result.request = ready.request;
    result.passages = given_passages(&ready.given);
    result.attempts = asked.attempts;
    match asked.result {
        Ok(completion) => {
            let scored = job.plan.case(planned);
            let input = ScoreInput {
                case: &scored.case,
                completion: &completion,
                given: &ready.given,
                sources: &ready.sources,
                markers: &job.plan.suite(planned).markers,
            };
            result.scores = score::judge(&scored.scorers, &input);
            result.action = score::action_of(&completion, input.markers);
            result.outcome = decide(&completion, &result.scores);
            result.cost = model.cost(&completion.usage);
            result.completion = Some(completion);
        }
        Err(error) => result.error = Some(trial_error(&error)),
    }
    result.messages = ready.messages;
    result
}

/// A trial that failed before anything was sent.
fn not_sent(
    job: &Job,
    planned: &PlannedTrial,
    model: &OpenedModel,
    kind: ErrorKind,
    message: String,
) -> TrialResult {
    let nothing = ReadyTrial {
        key: planned.key.clone(),
        messages: Vec::new(),
        params: model.spec.params.clone(),
        request: crate::fingerprint::Fingerprint::of(&planned.key),
        given: Vec::new(),
        sources: Vec::new(),
    };
    let mut result =
        blank(job, planned, job.plan.fingerprints(planned, &nothing, &model.spec, &model.identity));
    result.request = nothing.request;
    result.error = Some(TrialError { kind, message, status: None });
    result
}

fn blank(job: &Job, planned: &PlannedTrial, fingerprints: Fingerprints) -> TrialResult {
    TrialResult {
        key: planned.key.clone(),
        case: job.plan.facts(planned),
        fingerprints,
        request: fingerprints.prompt,
        messages: Vec::new(),
        passages: Vec::new(),
        cached: false,
        completion: None,
        cost: None,
        attempts: Vec::new(),
        error: None,
        scores: Vec::new(),
        action: None,
        outcome: Outcome::Errored,
        finished: clock::now(),
    }
}
