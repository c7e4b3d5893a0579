//! The attempts of one trial: asked, and asked again where that may help. Nothing below this retries.
//!
//! Three time limits hold: one attempt (`timeout_s`), one trial with its waits (`trial_timeout_s`), and the
//! whole run. Waiting for the limiter's own budget is not the trial's fault and is not counted.

use std::time::Duration;

use tokio::time::Instant;

use super::backoff::{Backoff, Next};
use super::limit::{Ahead, Deadline, Entry, Shut, Ticket, estimate, in_words};
use super::models::OpenedModel;
use super::scrub;
use super::stop::{Stop, StopLevel};
use crate::clock;
use crate::outcome::{Attempt, TrialError};
use crate::provider::{Answered, Completion, ErrorKind, Provider, ProviderError, Request};

/// What asking led to.
pub(super) struct Asked {
    /// Every request, in order.
    pub(super) attempts: Vec<Attempt>,
    /// The completion, or the last failure.
    pub(super) result: Result<Completion, ProviderError>,
    /// The trial came to no result because the run ends: it is not recorded, and a later run sends it.
    pub(super) withdrawn: bool,
    /// Why the run should end: no further request would get through.
    pub(super) ends_run: Option<String>,
}

/// What ends a run's waits.
#[derive(Debug, Clone, Default)]
pub struct Bounds {
    /// The user's wish to stop.
    pub stop: Option<Stop>,
    /// The run's time limit.
    pub deadline: Option<Deadline>,
}

impl Bounds {
    /// Whether nothing new is sent any more.
    fn closed(&self) -> bool {
        self.stop.as_ref().is_some_and(|s| s.level() > StopLevel::Go)
            || self.deadline.as_ref().is_some_and(Deadline::is_over)
    }

    /// Waits until nothing new is sent any more.
    async fn close(&self) {
        let stop = async {
            match &self.stop {
                Some(stop) => _ = stop.reached(StopLevel::Drain).await,
                None => std::future::pending().await,
            }
        };
        let deadline = async {
            match &self.deadline {
                Some(deadline) => deadline.passed().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = stop => {}
            () = deadline => {}
        }
    }

    fn left(&self) -> Duration {
        self.deadline.as_ref().map_or(Duration::MAX, Deadline::left)
    }
}

/// Asks until there is an answer or no use in asking again; `failed` is told of every failure that is tried
/// again, `bounds` end the waits.
pub(super) async fn ask(
    model: &OpenedModel,
    request: &Request,
    bounds: &Bounds,
    failed: &(dyn Fn(TrialError, u64) + Send + Sync),
) -> Asked {
    ask_by(&*model.provider, model, request, bounds, failed).await
}

/// The same by a provider of the model's that serves one conversation.
pub(super) async fn ask_by(
    provider: &dyn Provider,
    model: &OpenedModel,
    request: &Request,
    bounds: &Bounds,
    failed: &(dyn Fn(TrialError, u64) + Send + Sync),
) -> Asked {
    let limit = Duration::from_secs(model.spec.trial_timeout_s);
    let mut backoff = Backoff::new(request.key);
    let mut trial =
        Trial { model, provider, request, bounds, limit, spent: Duration::ZERO, attempts: Vec::new() };
    let mut wait = Duration::ZERO;
    loop {
        let wanted = Instant::now();
        if !wait.is_zero() && trial.or_closed(tokio::time::sleep(wait)).await.is_none() {
            return trial.withdrawn(None);
        }
        trial.spent += wanted.elapsed();
        let (ticket, ahead) = match trial.admit().await {
            Ok(admitted) => admitted,
            Err(refusal) => return trial.withdrawn(refusal),
        };
        let (result, last) = trial.attempt(wanted.elapsed()).await;
        let error = match result {
            Ok(answered) => {
                if let Some(ticket) = ticket {
                    ticket.answered(&answered);
                }
                if let Some(ahead) = ahead {
                    ahead.heard(None);
                }
                return trial.over(Ok(answered.completion));
            }
            Err(error) => error,
        };
        let next = backoff.after(&error);
        if let Some(ticket) = ticket {
            let pause = match next {
                Next::Again { pause, .. } => pause,
                Next::TooLong(pause) => Some(pause),
                Next::Enough => error.retry_after,
            };
            ticket.failed(&error, pause);
        }
        // Only now do the others go: they find the pause that it asked for.
        if let Some(ahead) = ahead {
            ahead.heard(Some(&error));
        }
        match (last, next) {
            (Some(Last::Run), _) => return trial.withdrawn(None),
            (None, Next::Again { wait: next, .. }) if trial.spent + next < limit => {
                failed(trial_error(&error), next.as_millis() as u64);
                wait = next;
            }
            (Some(Last::Trial), _) | (None, Next::Again { .. }) => {
                return trial.over(Err(trial.too_late(&error)));
            }
            (None, Next::Enough) => return trial.over(Err(error)),
            (None, Next::TooLong(pause)) => {
                let message = format!(
                    "{}; it asks for a pause of {} s, which is too long to wait for",
                    error.message,
                    pause.as_secs()
                );
                let ends_run = Some(message.clone());
                return Asked { ends_run, ..trial.over(Err(ProviderError { message, ..error })) };
            }
        }
    }
}

/// A time limit that ends more than the attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Last {
    Trial,
    Run,
}

/// Why a request may not be sent at all.
enum Refusal {
    /// The model's first request showed that it would fail.
    Fatal(ProviderError),
    /// The endpoint has to be left alone for too long.
    Shut(Shut),
}

/// One trial on its way.
struct Trial<'a> {
    model: &'a OpenedModel,
    provider: &'a dyn Provider,
    request: &'a Request,
    bounds: &'a Bounds,
    /// How long it may take.
    limit: Duration,
    /// How long it took: attempts, and the waits after failures.
    spent: Duration,
    attempts: Vec<Attempt>,
}

/// What a trial holds while its request is in flight.
type Admitted<'a> = (Option<Ticket<'a>>, Option<Ahead<'a>>);

impl<'a> Trial<'a> {
    /// Waits until the request may be sent. In-process engines have no limiter: they take their own permits.
    async fn admit(&self) -> Result<Admitted<'a>, Option<Refusal>> {
        if self.bounds.closed() {
            return Err(None);
        }
        let Some(line) = &self.model.line else { return Ok((None, None)) };
        let ahead = if line.first.is_open() {
            None
        } else {
            match self.or_closed(line.first.enter()).await {
                None => return Err(None),
                Some(Entry::Shut(error)) => return Err(Some(Refusal::Fatal(error))),
                Some(Entry::First(ahead)) => Some(ahead),
                Some(Entry::Open) => None,
            }
        };
        let tokens = estimate(self.request);
        let ticket = match line.limiter.try_admit(tokens) {
            Some(ticket) => ticket,
            None => match self.or_closed(line.limiter.admit(tokens)).await {
                None => return Err(None),
                Some(Err(shut)) => return Err(Some(Refusal::Shut(shut))),
                Some(Ok(ticket)) => ticket,
            },
        };
        // Somebody may have found out while this one waited.
        match line.first.error() {
            Some(error) if ahead.is_none() => Err(Some(Refusal::Fatal(error))),
            _ => Ok((Some(ticket), ahead)),
        }
    }

    /// One request, within the shortest of the three limits; `before` is how long it was held back.
    async fn attempt(&mut self, before: Duration) -> (Result<Answered, ProviderError>, Option<Last>) {
        let began = Instant::now();
        let permit = match &self.model.permits {
            Some(permits) => permits.acquire().await.ok(),
            None => None,
        };
        let waited = before + began.elapsed();
        let (started, began) = (clock::now(), Instant::now());
        let own = Duration::from_secs(self.model.spec.timeout_s);
        let trial = self.limit.saturating_sub(self.spent);
        let run = self.bounds.left();
        let shortest = own.min(trial).min(run);
        let complete = self.provider.complete(self.request);
        let (result, last) = if let Ok(result) = tokio::time::timeout(shortest, complete).await {
            (result, None)
        } else {
            let last = match () {
                () if shortest == own => None,
                () if shortest == trial => Some(Last::Trial),
                () => Some(Last::Run),
            };
            (Err(self.timed_out(shortest, last)), last)
        };
        drop(permit);
        let result = match &self.model.line {
            Some(line) => scrub::reply(&line.redactor, result),
            None => result,
        };
        let took = began.elapsed();
        self.spent += took;
        let latency_ms = match &result {
            Ok(answered) => answered.completion.latency_ms,
            Err(_) => took.as_secs_f64() * 1000.0,
        };
        let error = result.as_ref().err().map(trial_error);
        self.attempts.push(Attempt { started, latency_ms, waited_ms: waited.as_secs_f64() * 1000.0, error });
        (result, last)
    }

    /// The future's value, or `None` when nothing new is sent any more.
    async fn or_closed<T>(&self, future: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            biased;
            value = future => Some(value),
            () = self.bounds.close() => None,
        }
    }

    fn over(&mut self, result: Result<Completion, ProviderError>) -> Asked {
        let attempts = std::mem::take(&mut self.attempts);
        Asked { attempts, result, withdrawn: false, ends_run: None }
    }

    fn withdrawn(&mut self, refusal: Option<Refusal>) -> Asked {
        let (error, ends_run) = match refusal {
            Some(Refusal::Fatal(error)) => (error, None),
            Some(Refusal::Shut(shut)) => {
                let error = ProviderError::new(ErrorKind::RateLimited, format!("not sent: {}", shut.message));
                (error, Some(shut.message))
            }
            None => (ProviderError::new(ErrorKind::Timeout, "the run ended before this was answered"), None),
        };
        Asked { withdrawn: true, ends_run, ..self.over(Err(error)) }
    }

    /// An attempt was not answered within `limit`, which is what is left of the limit that ends `last`.
    fn timed_out(&self, limit: Duration, last: Option<Last>) -> ProviderError {
        let called = self.model.spec.called();
        let bound = match last {
            None => format!("`timeout_s` of {called}"),
            Some(Last::Trial) => format!("what is left of `trial_timeout_s` of {called}"),
            Some(Last::Run) => "what is left of `--max-time`".to_owned(),
        };
        ProviderError::new(ErrorKind::Timeout, format!("no answer within {} ({bound})", in_words(limit)))
    }

    /// The trial's own time limit is over.
    fn too_late(&self, last: &ProviderError) -> ProviderError {
        let message = format!(
            "no answer within {} and {} requests (`trial_timeout_s` of {}); the last failure: {}",
            in_words(self.limit),
            self.attempts.len(),
            self.model.spec.called(),
            last.message
        );
        ProviderError { kind: ErrorKind::Timeout, message, ..last.clone() }
    }
}

/// The failure as it is recorded.
pub(super) fn trial_error(error: &ProviderError) -> TrialError {
    TrialError { kind: error.kind, message: error.message.clone(), status: error.status }
}
