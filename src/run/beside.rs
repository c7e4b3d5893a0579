//! Asking a model beside any run: the same limits, retries, cache and cost budget, for requests that are no trials.

use std::sync::Arc;

use futures_util::StreamExt as _;
use futures_util::stream;

use super::ask::ask;
use super::budget::Budget;
use super::cache::{Cache, Found};
use super::halt::Halt;
use super::models::OpenedModel;
use super::stop::{Stop, StopLevel};
use crate::provider::{RecordedAnswer, Request};

/// How requests are asked.
#[derive(Debug, Clone, Copy)]
pub struct Beside<'a> {
    /// Answers that are there already.
    pub cache: &'a Cache,
    /// Requests in flight at once.
    pub concurrency: usize,
    /// Most USD.
    pub max_cost: Option<f64>,
    /// The user's wish to stop.
    pub stop: &'a Stop,
}

/// What came of one request.
pub type Heard = Result<RecordedAnswer, String>;

/// Asks a model; the answers come in the order of the requests. `keep` is told of every answer that was asked for
/// just now, as it comes in. The second part says why not all was asked.
pub async fn ask_beside(
    model: &OpenedModel,
    requests: &[Request],
    how: Beside<'_>,
    keep: &mut dyn FnMut(&RecordedAnswer),
) -> (Vec<Heard>, Option<String>) {
    let (halt, budget) = (Halt::new(None), Budget::new(how.max_cost, 0.0));
    if let Some(line) = &model.line {
        line.first.begin();
        line.limiter.begin(how.concurrency as u32, Arc::new(|_| {}));
    }
    let mut heard: Vec<Heard> = requests.iter().map(|_| Err("it was not asked".to_owned())).collect();
    let one = |(at, request)| {
        let (halt, budget) = (&halt, &budget);
        async move { (at, asked(model, request, how.cache, halt, budget).await) }
    };
    let mut asking = std::pin::pin!(
        stream::iter(requests.iter().enumerate()).map(one).buffer_unordered(how.concurrency.max(1))
    );
    let mut level = StopLevel::Drain;
    loop {
        tokio::select! {
            next = asking.next() => match next {
                Some((at, (reply, fresh))) => {
                    if let (Ok(answer), true) = (&reply, fresh) {
                        keep(answer);
                    }
                    heard[at] = reply;
                }
                None => break,
            },
            _ = how.stop.reached(level) => {
                halt.stop("interrupted".to_owned());
                if level == StopLevel::Now {
                    break;
                }
                level = StopLevel::Now;
            }
        }
    }
    (heard, halt.reason())
}

/// The answer to one request, and whether it was asked for just now.
async fn asked(
    model: &OpenedModel,
    request: &Request,
    cache: &Cache,
    halt: &Halt,
    budget: &Budget,
) -> (Heard, bool) {
    match cache.look(model, request.key) {
        Ok(Found::Miss) => {}
        Ok(Found::Hit(answer)) => return (Ok(*answer), false),
        Err(error) => return (Err(error.message), false),
    }
    if halt.is_set() {
        return (Err("it was not asked".to_owned()), false);
    }
    let asked = ask(model, request, &halt.bounds, &|_, _| {}).await;
    if let Some(reason) = asked.ends_run {
        halt.stop(reason);
    }
    match asked.result {
        Ok(completion) => {
            let cost = model.cost(&completion.usage);
            budget.spend(cost, halt);
            let of = model.spec.answering();
            let answer = RecordedAnswer {
                request: request.key,
                provider: of.provider.to_owned(),
                model: of.model.clone(),
                identity: model.identity.clone(),
                cost,
                completion,
            };
            (Ok(answer), true)
        }
        Err(error) => {
            if error.kind.is_fatal() {
                halt.stop(format!("every further request would fail: {}", error.message));
            }
            (Err(error.message), false)
        }
    }
}
