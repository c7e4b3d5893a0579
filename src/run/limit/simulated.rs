//! An endpoint in virtual time, for tests of what asks it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::time::Instant;

use crate::fingerprint::Fingerprint;
use crate::outcome::LimitChange;
use crate::prompt::{ChatRole, Message};
use crate::provider::{
    Answered, Completion, ErrorKind, Limits, ModelSpec, Params, Provider, ProviderError, Quota, Request,
    Usage,
};
use crate::run::ask::{Asked, Bounds, ask};
use crate::run::backoff::{Backoff, Next};
use crate::run::limit::{FirstReply, Limiter};
use crate::run::models::{Line, OpenedModel};
use crate::secret::Redactor;

/// What an endpoint sees of a request.
pub(super) struct Seen {
    /// Number of the case.
    pub(super) case: u32,
    /// Which request for this case, from 0.
    pub(super) attempt: u32,
    /// Requests in flight, with this one.
    pub(super) in_flight: u32,
    /// Time since the endpoint began.
    pub(super) at: Duration,
}

type Rule = Box<dyn Fn(&Seen) -> Result<Answered, ProviderError> + Send + Sync>;

/// What an endpoint saw and said.
#[derive(Default)]
pub(super) struct Log {
    attempts: HashMap<Fingerprint, u32>,
    in_flight: u32,
    /// When each request came.
    pub(super) arrivals: Vec<Duration>,
    /// When each refusal was sent.
    pub(super) refusals: Vec<Duration>,
    /// Requests that came, later than the refusals before them, when more were in flight than the limiter allows.
    pub(super) too_many: u32,
}

/// The endpoint.
pub(super) struct Endpoint {
    began: Instant,
    latency: Duration,
    rule: Rule,
    limiter: OnceLock<Arc<Limiter>>,
    pub(super) log: Mutex<Log>,
}

impl Endpoint {
    /// An endpoint that answers after `latency` by the rule, which is asked when the request comes.
    pub(super) fn new(
        latency: Duration,
        rule: impl Fn(&Seen) -> Result<Answered, ProviderError> + Send + Sync + 'static,
    ) -> Arc<Self> {
        Arc::new(Self {
            began: Instant::now(),
            latency,
            rule: Box::new(rule),
            limiter: OnceLock::new(),
            log: Mutex::default(),
        })
    }

    /// Requests so far.
    pub(super) fn requests(&self) -> usize {
        self.log.lock().unwrap().arrivals.len()
    }
}

impl Provider for Endpoint {
    fn complete<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, Result<Answered, ProviderError>> {
        Box::pin(async move {
            let at = self.began.elapsed();
            let said = {
                let mut log = self.log.lock().unwrap();
                log.in_flight += 1;
                log.arrivals.push(at);
                let count = log.attempts.entry(request.key).or_default();
                *count += 1;
                let attempt = *count - 1;
                let later = log.refusals.last().is_none_or(|refused| *refused < at);
                if later && self.limiter.get().is_some_and(|l| log.in_flight > l.concurrency()) {
                    log.too_many += 1;
                }
                let case = request.messages[0].content.parse().unwrap();
                (self.rule)(&Seen { case, attempt, in_flight: log.in_flight, at })
            };
            if self.latency.is_zero() {
                for _ in 0..3 {
                    tokio::task::yield_now().await;
                }
            } else {
                tokio::time::sleep(self.latency).await;
            }
            let mut log = self.log.lock().unwrap();
            log.in_flight -= 1;
            if said.as_ref().is_err_and(|e| e.kind == ErrorKind::RateLimited) {
                log.refusals.push(self.began.elapsed());
            }
            said
        })
    }
}

/// A good answer.
#[expect(clippy::unnecessary_wraps, reason = "one of several replies")]
pub(super) fn good() -> Result<Answered, ProviderError> {
    Ok(Answered { completion: completion(), quota: Quota::default() })
}

/// The completion of a good answer: 15 tokens.
pub(super) fn completion() -> Completion {
    Completion {
        usage: Usage { input: Some(10), output: Some(5), ..Usage::default() },
        latency_ms: 1.0,
        ..Completion::of_text("hello")
    }
}

/// A failure.
pub(super) fn fails(kind: ErrorKind) -> Result<Answered, ProviderError> {
    Err(ProviderError::new(kind, kind.name()))
}

/// A 429 that asks for a pause.
pub(super) fn refuses(wait: Duration) -> Result<Answered, ProviderError> {
    let error = ProviderError::new(ErrorKind::RateLimited, "429");
    Err(ProviderError { status: Some(429), retry_after: Some(wait), ..error })
}

/// The request of a case.
pub(super) fn request(case: u32) -> Request {
    Request {
        messages: vec![Message::new(ChatRole::User, case.to_string())],
        params: Params { max_tokens: Some(40), ..Params::default() },
        key: Fingerprint::of(&case),
        lookup: None,
    }
}

/// A model at this endpoint, and the history of its limit.
pub(super) fn model(endpoint: &Arc<Endpoint>, limits: Limits) -> (OpenedModel, Arc<Mutex<Vec<LimitChange>>>) {
    let spec = ModelSpec { limits, ..ModelSpec::new("mock", "openai", "mock-1") };
    let limiter = Arc::new(Limiter::new("https://api.example", &limits));
    let history = Arc::new(Mutex::new(Vec::new()));
    let into = history.clone();
    limiter.begin(64, Arc::new(move |change| into.lock().unwrap().push(change)));
    assert!(endpoint.limiter.set(limiter.clone()).is_ok());
    let line = Some(Line { limiter, first: FirstReply::default(), redactor: Redactor::default() });
    let provider: Arc<dyn Provider> = endpoint.clone();
    (OpenedModel { spec, provider, identity: serde_json::Value::Null, permits: None, line }, history)
}

/// Asks for all cases, 64 at a time, and returns what came of them and how long it took.
pub(super) async fn run(model: OpenedModel, cases: u32, bounds: Bounds) -> (Vec<Asked>, Duration) {
    let began = Instant::now();
    let model = Arc::new(model);
    let next = Arc::new(std::sync::atomic::AtomicU32::new(0));
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..64 {
        let (model, next, bounds) = (model.clone(), next.clone(), bounds.clone());
        tasks.spawn(async move {
            let mut all = Vec::new();
            loop {
                let case = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                if case >= cases {
                    return all;
                }
                all.push(ask(&model, &request(case), &bounds, &|_, _| {}).await);
            }
        });
    }
    let all = tasks.join_all().await.into_iter().flatten().collect();
    (all, began.elapsed())
}

/// The same with a bare client: no limiter, every failure sent again at once, a refusal after its own wait.
pub(super) async fn run_bare(endpoint: Arc<Endpoint>, cases: u32) -> Duration {
    let began = Instant::now();
    let next = Arc::new(std::sync::atomic::AtomicU32::new(0));
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..64 {
        let (endpoint, next) = (endpoint.clone(), next.clone());
        tasks.spawn(async move {
            loop {
                let case = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                if case >= cases {
                    return;
                }
                while let Err(error) = endpoint.complete(&request(case)).await {
                    tokio::time::sleep(error.retry_after.unwrap_or_default()).await;
                }
            }
        });
    }
    tasks.join_all().await;
    began.elapsed()
}

/// The 10 % refusals, 5 % failures, 2 % resets and 1 % unreadable replies of the fault run; a pure function
/// of the case and the attempt.
pub(super) fn faults(seen: &Seen) -> Result<Answered, ProviderError> {
    let roll = Fingerprint::of(&("faults", seen.case, seen.attempt)).hex(8);
    let share = f64::from(u32::from_str_radix(&roll, 16).unwrap()) / f64::from(u32::MAX);
    match share {
        ..0.10 => refuses(Duration::from_secs(1)),
        ..0.15 => fails(ErrorKind::Server),
        ..0.17 => fails(ErrorKind::Network),
        ..0.18 => fails(ErrorKind::BadResponse),
        _ => good(),
    }
}

/// How many requests the fault run needs at least.
pub(super) fn least_requests(cases: u32) -> usize {
    let seen = |case, attempt| Seen { case, attempt, in_flight: 1, at: Duration::ZERO };
    (0..cases).map(|case| 1 + (0..50).take_while(|n| faults(&seen(case, *n)).is_err()).count()).sum()
}

/// Whether a case of the fault run gives up before it is answered, by the rules for failures.
pub(super) fn gives_up(case: u32) -> bool {
    let mut backoff = Backoff::new(request(case).key);
    (0..50)
        .map(|attempt| faults(&Seen { case, attempt, in_flight: 1, at: Duration::ZERO }))
        .take_while(Result::is_err)
        .any(|said| said.is_err_and(|error| backoff.after(&error) == Next::Enough))
}
