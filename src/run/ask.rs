//! The attempts of one trial: asked, and asked again where that may help. Nothing below this retries.

use std::time::{Duration, Instant};

use super::backoff;
use super::models::OpenedModel;
use crate::clock;
use crate::outcome::{Attempt, TrialError};
use crate::provider::{Completion, ErrorKind, ProviderError, Request};

/// What asking led to.
pub(super) struct Asked {
    /// Every request, in order.
    pub(super) attempts: Vec<Attempt>,
    /// The completion, or the last failure.
    pub(super) result: Result<Completion, ProviderError>,
}

/// Asks until there is an answer or no use in asking again; `failed` is told of every failure that is tried again.
pub(super) async fn ask(
    model: &OpenedModel,
    request: &Request,
    failed: &(dyn Fn(TrialError, u64) + Send + Sync),
) -> Asked {
    let mut attempts = Vec::new();
    loop {
        let permit = match &model.permits {
            Some(permits) => permits.acquire().await.ok(),
            None => None,
        };
        let (started, clock) = (clock::now(), Instant::now());
        let limit = Duration::from_secs(model.spec.timeout_s);
        let result = match tokio::time::timeout(limit, model.provider.complete(request)).await {
            Ok(result) => result.map(|answered| answered.completion),
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
        attempts.push(Attempt { started, latency_ms, waited_ms: 0.0, error: error.clone() });
        let attempt = attempts.len() as u32;
        let wait = result.as_ref().err().and_then(|e| backoff::wait(e, attempt, request.key));
        let (Some(wait), Some(error)) = (wait, error) else { return Asked { attempts, result } };
        let wait_ms = wait.as_millis() as u64;
        failed(error, wait_ms);
        tokio::time::sleep(wait).await;
    }
}

/// The failure as it is recorded.
pub(super) fn trial_error(error: &ProviderError) -> TrialError {
    TrialError { kind: error.kind, message: error.message.clone(), status: error.status }
}
