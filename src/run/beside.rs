//! Asking models beside any run: the same limits, retries, cache and cost budget, for requests that are no trials.

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

/// What models are asked with, one after the other: one budget and one reason to stop for all of them.
pub struct Beside<'a> {
    cache: &'a Cache,
    concurrency: usize,
    stop: &'a Stop,
    halt: Halt,
    budget: Budget,
    interrupted: bool,
}

/// What came of one request.
pub type Heard = Result<RecordedAnswer, String>;

/// Why not all was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stopped {
    /// The user wished it.
    Interrupted,
    /// Asking on was of no use, or over the cost limit.
    Because(String),
}

impl std::fmt::Display for Stopped {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Stopped::Interrupted => INTERRUPTED,
            Stopped::Because(why) => why,
        })
    }
}

const INTERRUPTED: &str = "interrupted";

impl<'a> Beside<'a> {
    /// Nothing is asked yet. `cache` has the answers that are there already; at most `concurrency` requests are in
    /// flight at once, and `max_cost` USD are spent, whatever number of models is asked.
    pub fn new(cache: &'a Cache, concurrency: usize, max_cost: Option<f64>, stop: &'a Stop) -> Self {
        let (halt, budget) = (Halt::new(None), Budget::new(max_cost, 0.0));
        Self { cache, concurrency: concurrency.max(1), stop, halt, budget, interrupted: false }
    }

    /// Asks a model; the answers come in the order of the requests. `keep` is given every answer that was asked for
    /// just now, together with those that came in at the same time.
    pub async fn ask(
        &mut self,
        model: &OpenedModel,
        requests: &[Request],
        keep: &mut dyn FnMut(&[RecordedAnswer]),
    ) -> Vec<Heard> {
        let Self { cache, concurrency, stop, halt, budget, interrupted } = self;
        let (cache, halt, budget) = (*cache, &*halt, &*budget);
        if let Some(line) = &model.line {
            line.first.begin();
            line.limiter.begin(*concurrency as u32, Arc::new(|_| {}));
        }
        let mut heard: Vec<Heard> = requests.iter().map(|_| Err("it was not asked".to_owned())).collect();
        let one = |(at, request)| async move { (at, asked(model, request, cache, halt, budget).await) };
        let asking = stream::iter(requests.iter().enumerate()).map(one).buffer_unordered(*concurrency);
        let mut asking = std::pin::pin!(asking.ready_chunks(*concurrency));
        let mut level = StopLevel::Drain;
        loop {
            tokio::select! {
                replies = asking.next() => {
                    let Some(replies) = replies else { break };
                    let fresh = replies.iter().filter(|(_, (_, fresh))| *fresh);
                    let fresh: Vec<_> = fresh.filter_map(|(_, (reply, _))| reply.clone().ok()).collect();
                    if !fresh.is_empty() {
                        keep(&fresh);
                    }
                    for (at, (reply, _)) in replies {
                        heard[at] = reply;
                    }
                }
                _ = stop.reached(level) => {
                    halt.stop(INTERRUPTED.to_owned());
                    *interrupted = true;
                    if level == StopLevel::Now {
                        break;
                    }
                    level = StopLevel::Now;
                }
            }
        }
        heard
    }

    /// Why not all was asked, where it was not.
    pub fn stopped(self) -> Option<Stopped> {
        if self.interrupted {
            return Some(Stopped::Interrupted);
        }
        self.halt.reason().map(Stopped::Because)
    }
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
            budget.spend(model.spends(&completion.usage), halt);
            let cost = model.cost(&completion.usage);
            (Ok(model.recorded(request.key, cost, completion)), true)
        }
        Err(error) => {
            if error.kind.is_fatal() {
                halt.stop(format!("every further request would fail: {}", error.message));
            }
            (Err(error.message), false)
        }
    }
}
