//! The limiter of one endpoint and key: a queue in front of what may be sent now.
//!
//! A request that may go at once costs one short lock. One that may not stands in a queue and is given its
//! ticket by whoever settles one; one of those who wait, the keeper, watches the clock for all.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, Semaphore, oneshot};
use tokio::time::Instant;

use super::LONGEST_PAUSE;
use super::budget::Budget;
use super::concurrency::Concurrency;
use super::history::{History, Step, Tell};
use super::pause::Pauses;
use crate::outcome::LimitReason;
use crate::provider::{Answered, ErrorKind, Limits, ProviderError, Quota, Window};

/// Statuses by which an endpoint says that it has too much to do.
const OVERLOADED: [u16; 2] = [503, 529];

/// The limits of one endpoint and key, shared by everybody who asks it.
pub struct Limiter {
    state: Mutex<State>,
    /// Whoever holds the one permit is the keeper.
    keeper: Semaphore,
    /// The keeper is woken when its alarm was moved.
    moved: Notify,
    history: History,
}

struct State {
    concurrency: Concurrency,
    pauses: Pauses,
    budget: Budget,
    queue: VecDeque<Waiting>,
    in_flight: u32,
    /// Number of the next request.
    next: u64,
    /// Somebody waits because too many are in flight.
    held: bool,
    /// When the first of the queue may go, where time alone decides it.
    alarm: Option<Instant>,
    shut: Option<Shut>,
    /// What the history is to be told once the lock is given back.
    steps: Vec<Step>,
}

/// One request in the queue.
struct Waiting {
    tokens: u64,
    grant: oneshot::Sender<Result<u64, Shut>>,
}

/// The endpoint asked for a pause that is too long to wait for.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::run) struct Shut {
    until: Instant,
    /// What to tell the user.
    pub(in crate::run) message: String,
}

/// What stands between a request and the wire.
enum Gate {
    Open(u64),
    /// Too many are in flight.
    Full,
    Until(Instant),
    Shut(Shut),
}

impl Limiter {
    /// A limiter for an endpoint; `endpoint` is shown to users and holds no key.
    pub fn new(endpoint: impl Into<String>, limits: &Limits) -> Self {
        let now = Instant::now();
        let mut budget = Budget::default();
        budget.tighten(limits, now);
        let state = State {
            concurrency: Concurrency::new(limits.concurrency, now),
            pauses: Pauses::default(),
            budget,
            queue: VecDeque::new(),
            in_flight: 0,
            next: 0,
            held: false,
            alarm: None,
            shut: None,
            steps: Vec::new(),
        };
        Self {
            state: Mutex::new(state),
            keeper: Semaphore::new(1),
            moved: Notify::new(),
            history: History::new(endpoint.into()),
        }
    }

    /// The limits of one more model at this endpoint: the smaller ones count.
    pub fn tighten(&self, limits: &Limits) {
        let mut state = self.lock();
        if let Some(most) = limits.concurrency {
            state.concurrency.allow(most);
        }
        state.budget.tighten(limits, Instant::now());
    }

    /// A run begins that has at most `concurrency` trials in flight; `tell` takes the limit's history.
    pub fn begin(&self, concurrency: u32, tell: Tell) {
        let mut state = self.lock();
        state.concurrency.want(concurrency);
        state.shut = None;
        state.step(Duration::ZERO, LimitReason::Start);
        self.history.begin(tell);
        self.unlock(state);
    }

    /// Requests that may be in flight now.
    pub fn concurrency(&self) -> u32 {
        self.lock().concurrency.limit()
    }

    /// A ticket for a request that may use so many tokens, if it may go at once.
    pub(in crate::run) fn try_admit(&self, tokens: u64) -> Option<Ticket<'_>> {
        let mut state = self.lock();
        if !state.queue.is_empty() {
            return None;
        }
        let gate = state.enter(tokens, Instant::now());
        self.unlock(state);
        match gate {
            Gate::Open(seq) => Some(Ticket { limiter: self, seq, tokens, settled: false }),
            _ => None,
        }
    }

    /// Waits for a ticket, in the order of arrival.
    ///
    /// # Errors
    /// The endpoint asked for a pause that is too long to wait for.
    pub(in crate::run) async fn admit(&self, tokens: u64) -> Result<Ticket<'_>, Shut> {
        let (grant, granted) = oneshot::channel();
        let mut queued = Queued { limiter: self, tokens, granted };
        {
            let mut state = self.lock();
            state.queue.push_back(Waiting { tokens, grant });
            self.hand_out(state, Instant::now());
        }
        let keeper = tokio::select! {
            biased;
            seq = &mut queued.granted => return queued.ticket(seq),
            keeper = self.keeper.acquire() => keeper,
        };
        loop {
            let alarm = self.lock().alarm;
            let ring = async {
                match alarm {
                    Some(at) => _ = tokio::time::timeout_at(at, self.moved.notified()).await,
                    None => self.moved.notified().await,
                }
            };
            tokio::select! {
                biased;
                seq = &mut queued.granted => {
                    drop(keeper);
                    return queued.ticket(seq);
                }
                () = ring => self.hand_out(self.lock(), Instant::now()),
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives the lock back and tells what happened under it.
    fn unlock(&self, mut state: MutexGuard<'_, State>) {
        if state.steps.is_empty() {
            return;
        }
        let steps = std::mem::take(&mut state.steps);
        drop(state);
        self.history.tell(steps);
    }

    /// Lets everybody go who may, and gives the lock back.
    fn hand_out(&self, mut state: MutexGuard<'_, State>, now: Instant) {
        let before = state.alarm;
        state.hand_out(now);
        if state.alarm.is_some() && state.alarm != before {
            self.moved.notify_one();
        }
        self.unlock(state);
    }

    fn settled(&self, mut state: MutexGuard<'_, State>, now: Instant) {
        state.in_flight -= 1;
        let in_flight = state.in_flight;
        if let Some(left) = state.pauses.news(in_flight, now) {
            state.step(left, LimitReason::RateLimited);
        }
        self.hand_out(state, now);
    }

    fn too_long(&self, pause: Duration) -> String {
        format!(
            "`{}` asks for a pause of {} s, and no pause is waited for longer than {} s; run the same command again later",
            self.history.endpoint(),
            pause.as_secs(),
            LONGEST_PAUSE.as_secs()
        )
    }
}

impl State {
    fn enter(&mut self, tokens: u64, now: Instant) -> Gate {
        if let Some(shut) = &self.shut {
            if now < shut.until {
                return Gate::Shut(shut.clone());
            }
            self.shut = None;
        }
        let limit = self.concurrency.limit();
        if let Some(until) = self.pauses.blocked_until(limit, self.in_flight, now) {
            return Gate::Until(until);
        }
        if self.in_flight >= limit {
            self.held = true;
            return Gate::Full;
        }
        if let Some(at) = self.budget.ready_at(tokens, now) {
            return Gate::Until(at);
        }
        self.budget.take(tokens);
        self.pauses.sent(self.next);
        self.in_flight += 1;
        self.held &= self.in_flight >= limit;
        self.next += 1;
        Gate::Open(self.next - 1)
    }

    /// Gives tickets to the first of the queue for as long as they may go.
    fn hand_out(&mut self, now: Instant) {
        self.alarm = None;
        while let Some(first) = self.queue.front() {
            if first.grant.is_closed() {
                self.queue.pop_front();
                continue;
            }
            let granted = match self.enter(first.tokens, now) {
                Gate::Full => return,
                Gate::Until(at) => {
                    self.alarm = Some(at);
                    return;
                }
                Gate::Open(seq) => Ok(seq),
                Gate::Shut(shut) => Err(shut),
            };
            let sent = self.queue.pop_front().map(|first| first.grant.send(granted));
            if let Some(Err(Ok(_))) = sent {
                // It left in this very moment.
                self.in_flight -= 1;
            }
        }
    }

    fn step(&mut self, pause: Duration, reason: LimitReason) {
        self.steps.push(Step { concurrency: self.concurrency.limit(), pause, reason });
    }

    /// The headers say that nothing is left; a window longer than the longest pause is left to a refusal.
    fn read(&mut self, quota: &Quota, now: Instant) {
        self.budget.adopt(quota, now);
        if let Some(wait) = exhausted(quota).filter(|w| *w <= LONGEST_PAUSE) {
            self.pauses.refused(self.next, wait, true, now);
        }
    }
}

/// How long an endpoint has nothing left, by its headers.
pub(in crate::run) fn exhausted(quota: &Quota) -> Option<Duration> {
    let empty = |w: &Window| w.reset.filter(|_| w.remaining == Some(0));
    empty(&quota.requests).max(empty(&quota.tokens)).filter(|wait| !wait.is_zero())
}

/// The right to have one request in flight. One that is dropped unsettled was abandoned.
pub(in crate::run) struct Ticket<'a> {
    limiter: &'a Limiter,
    seq: u64,
    tokens: u64,
    settled: bool,
}

impl Ticket<'_> {
    /// The request was answered.
    pub(in crate::run) fn answered(mut self, answered: &Answered) {
        self.settled = true;
        let now = Instant::now();
        let mut state = self.limiter.lock();
        state.budget.settle(self.tokens, &answered.completion.usage);
        state.pauses.answered(self.seq);
        state.read(&answered.quota, now);
        let held = state.held;
        if state.concurrency.good(self.seq, held, now) {
            state.step(Duration::ZERO, LimitReason::Grown);
        }
        self.limiter.settled(state, now);
    }

    /// The request failed; `pause` is what the endpoint asks for, or what is meant to be waited.
    pub(in crate::run) fn failed(mut self, error: &ProviderError, pause: Option<Duration>) {
        self.settled = true;
        let now = Instant::now();
        let mut state = self.limiter.lock();
        let limited = error.kind == ErrorKind::RateLimited;
        if limited || error.status.is_some_and(|s| OVERLOADED.contains(&s)) {
            let pause = pause.unwrap_or_default();
            let next = state.next;
            let firm = exhausted(&error.quota).is_some();
            if pause > LONGEST_PAUSE {
                let message = self.limiter.too_long(pause);
                state.shut = Some(Shut { until: now + pause, message });
            } else {
                state.pauses.refused(self.seq, pause, firm, now);
            }
            if state.concurrency.refused(self.seq, next, pause, now) {
                let reason = if limited { LimitReason::RateLimited } else { LimitReason::Failing };
                state.step(Duration::ZERO, reason);
            }
            state.budget.adopt(&error.quota, now);
        } else {
            // Any other word of the endpoint about this request shows that it does answer.
            if error.status.is_some() && !error.kind.is_transient() {
                state.pauses.answered(self.seq);
            }
            state.read(&error.quota, now);
        }
        self.limiter.settled(state, now);
    }
}

impl Drop for Ticket<'_> {
    fn drop(&mut self) {
        if !self.settled {
            self.limiter.settled(self.limiter.lock(), Instant::now());
        }
    }
}

/// One who waits. Dropped before it took its ticket, it gives the ticket back.
struct Queued<'a> {
    limiter: &'a Limiter,
    tokens: u64,
    granted: oneshot::Receiver<Result<u64, Shut>>,
}

impl<'a> Queued<'a> {
    fn ticket(
        &self,
        granted: Result<Result<u64, Shut>, oneshot::error::RecvError>,
    ) -> Result<Ticket<'a>, Shut> {
        match granted {
            Ok(Ok(seq)) => Ok(Ticket { limiter: self.limiter, seq, tokens: self.tokens, settled: false }),
            Ok(Err(shut)) => Err(shut),
            // The queue is part of the limiter and lives as long as who waits in it.
            Err(_) => Err(Shut { until: Instant::now(), message: "the queue is gone".to_owned() }),
        }
    }
}

impl Drop for Queued<'_> {
    fn drop(&mut self) {
        self.granted.close();
        if let Ok(Ok(seq)) = self.granted.try_recv() {
            drop(Ticket { limiter: self.limiter, seq, tokens: self.tokens, settled: false });
        }
    }
}
