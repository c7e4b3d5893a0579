//! One trial: render, ask (again where that may help), score.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::mpsc;

use super::{Job, Message, backoff, models::OpenedModel};
use crate::clock;
use crate::outcome::{Attempt, Fingerprints, Outcome, TrialError, TrialResult, decide};
use crate::plan::{PlannedTrial, ReadyTrial, given_passages};
use crate::provider::{Completion, ErrorKind, ProviderError, Request};
use crate::score::{self, ScoreInput};

/// Runs trial number `index` of the plan and sends its result; the receiver outlives every trial.
pub(super) async fn run(job: Arc<Job>, index: usize, sender: mpsc::Sender<Message>) {
    let planned = &job.plan.trials[index];
    let result = match (job.models.get(&planned.key.model), job.plan.ready(&job.project, planned)) {
        (Some(model), Ok(ready)) => {
            let asked = ask(model, &ready, &sender).await;
            finish(&job, planned, model, ready, asked)
        }
        (Some(model), Err(error)) => not_sent(&job, planned, model, ErrorKind::BadRequest, error.to_string()),
        (None, _) => return,
    };
    // Fails only when the coordinator is gone, and then nobody counts this trial.
    let _ = sender.send(Message::Finished(Box::new(result))).await;
}

/// What asking led to.
struct Asked {
    attempts: Vec<Attempt>,
    result: Result<Completion, ProviderError>,
}

async fn ask(model: &OpenedModel, ready: &ReadyTrial, sender: &mpsc::Sender<Message>) -> Asked {
    let request =
        Request { messages: ready.messages.clone(), params: ready.params.clone(), key: ready.request };
    let mut attempts = Vec::new();
    loop {
        let permit = match &model.permits {
            Some(permits) => permits.acquire().await.ok(),
            None => None,
        };
        let (started, clock) = (clock::now(), Instant::now());
        let limit = Duration::from_secs(model.spec.timeout_s);
        let result = match tokio::time::timeout(limit, model.provider.complete(&request)).await {
            Ok(result) => result,
            Err(_) => Err(ProviderError::new(
                ErrorKind::Timeout,
                format!(
                    "no answer within {} s (`timeout_s` of model `{}`)",
                    limit.as_secs(),
                    model.spec.name
                ),
            )),
        };
        drop(permit);
        let latency_ms = match &result {
            Ok(completion) => completion.latency_ms,
            Err(_) => clock.elapsed().as_secs_f64() * 1000.0,
        };
        let error = result.as_ref().err().map(trial_error);
        attempts.push(Attempt { started, latency_ms, error: error.clone() });
        let attempt = attempts.len() as u32;
        let wait = result.as_ref().err().and_then(|e| backoff::wait(e, attempt, ready.request));
        let (Some(wait), Some(error)) = (wait, error) else { return Asked { attempts, result } };
        let wait_ms = wait.as_millis() as u64;
        let _ = sender.send(Message::AttemptFailed { key: ready.key.clone(), error, wait_ms }).await;
        tokio::time::sleep(wait).await;
    }
}

fn trial_error(error: &ProviderError) -> TrialError {
    TrialError { kind: error.kind, message: error.message.clone(), status: error.status }
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
