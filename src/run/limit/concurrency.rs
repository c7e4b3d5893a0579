//! How many requests may be in flight: additive increase, multiplicative decrease.
//!
//! As in TCP (Jacobson, Congestion Avoidance and Control, 1988): it doubles with every round of good answers
//! until the endpoint refuses for the first time, which halves it; from then on it grows by one per
//! window. All refusals of one window count as one. A later window cuts by half the share of its
//! replies that were refusals (Alizadeh et al., Data Center TCP, 2010), and at least by one: an endpoint that
//! refuses everything is halved again, one that takes ten at once is kept at ten, and one that
//! refuses here and there, however few there are, is not driven down to nothing.

use std::time::Duration;

use tokio::time::Instant;

/// Requests in flight at the start.
const START: u32 = 16;
/// A cut that leaves more than this part of the refusals did not help.
const HELPED: f64 = 0.75;
/// Most requests in flight when nobody says how many.
const MOST: u32 = 4096;
const SHORTEST_WINDOW: Duration = Duration::from_secs(1);
const LONGEST_WINDOW: Duration = Duration::from_secs(5);

/// The limit and what moves it.
#[derive(Debug)]
pub(super) struct Concurrency {
    limit: u32,
    /// Most that the user allows for the endpoint.
    allowed: u32,
    /// Most that the run has in flight.
    wanted: u32,
    /// Not refused yet.
    doubling: bool,
    /// Requests from this number on were sent after the last cut.
    since: u64,
    /// Good answers and refusals of requests that were sent after the last cut.
    good: u32,
    refused: u32,
    /// The share of refusals that led to the last cut.
    share: f64,
    /// Good answers since the limit last grew.
    round: u32,
    window: Duration,
    /// Until then no further cut is made.
    window_ends: Instant,
    /// Until then it does not grow.
    grows_from: Instant,
}

impl Concurrency {
    /// The limit at the start.
    pub(super) fn new(allowed: Option<u32>, now: Instant) -> Self {
        let allowed = allowed.unwrap_or(MOST).max(1);
        Self {
            limit: allowed.min(START),
            allowed,
            wanted: MOST,
            doubling: true,
            since: 0,
            good: 0,
            refused: 0,
            share: 1.0,
            round: 0,
            window: SHORTEST_WINDOW,
            window_ends: now,
            grows_from: now,
        }
    }

    /// Requests that may be in flight.
    pub(super) fn limit(&self) -> u32 {
        self.limit
    }

    /// The endpoint takes no more than this, as the user knows.
    pub(super) fn allow(&mut self, most: u32) {
        self.allowed = self.allowed.min(most).max(1);
        self.limit = self.limit.min(self.ceiling());
    }

    /// The run has no more than this in flight.
    pub(super) fn want(&mut self, most: u32) {
        self.wanted = most.max(1);
        self.limit = self.limit.min(self.ceiling());
    }

    fn ceiling(&self) -> u32 {
        self.allowed.min(self.wanted)
    }

    /// A good answer to request number `seq`; `held` says whether requests wait because of this limit.
    /// Returns whether it grew by something worth telling: to a power of two, or to the ceiling.
    pub(super) fn good(&mut self, seq: u64, held: bool, now: Instant) -> bool {
        if seq < self.since {
            return false;
        }
        self.good = self.good.saturating_add(1);
        if !held || self.limit >= self.ceiling() {
            return false;
        }
        self.round += 1;
        if !self.doubling {
            if self.round < self.limit || now < self.grows_from {
                return false;
            }
            self.grows_from = now + self.window;
        }
        self.round = 0;
        self.limit += 1;
        self.limit.is_power_of_two() || self.limit == self.ceiling()
    }

    /// The endpoint refused request number `seq` and asks for a pause; `next` is the number of the next
    /// request. Returns whether fewer may be in flight now.
    pub(super) fn refused(&mut self, seq: u64, next: u64, pause: Duration, now: Instant) -> bool {
        let first = std::mem::replace(&mut self.doubling, false);
        if seq < self.since {
            return false;
        }
        self.refused += 1;
        if now < self.window_ends {
            return false;
        }
        let replies = f64::from(self.good) + f64::from(self.refused);
        let share = if first { 1.0 } else { f64::from(self.refused) / replies };
        let cut = (f64::from(self.limit) * share / 2.0).round() as u32;
        let before = self.limit;
        self.limit = self.limit.saturating_sub(cut.max(1)).max(1);
        (self.since, self.good, self.refused, self.round) = (next, 0, 0, 0);
        self.window = pause.clamp(SHORTEST_WINDOW, LONGEST_WINDOW);
        self.window_ends = now + pause.max(SHORTEST_WINDOW);
        // Where most is refused, or cutting helps, a quiet window comes before the next growth.
        let helps = share < self.share * HELPED;
        self.grows_from = self.window_ends + if share > 0.5 || helps { self.window } else { Duration::ZERO };
        self.share = share;
        self.limit < before
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn it_doubles_per_round_until_the_ceiling() {
        let now = Instant::now();
        let mut limit = Concurrency::new(Some(64), now);
        let told: Vec<u32> =
            (0..200).filter(|n| limit.good(*n, true, now)).map(|n| 16 + n as u32 + 1).collect();
        assert_eq!(limit.limit(), 64, "one round of 16, one of 32, and the ceiling holds");
        assert_eq!(told, [32, 64], "the history has the powers of two only");
    }

    #[test]
    fn it_grows_only_where_it_holds_somebody_back() {
        let now = Instant::now();
        let mut limit = Concurrency::new(None, now);
        assert!((0..1000).all(|n| !limit.good(n, false, now)));
        assert_eq!(limit.limit(), 16);
    }

    #[test]
    fn all_refusals_of_a_window_cut_once() {
        let now = Instant::now();
        let mut limit = Concurrency::new(Some(64), now);
        assert!(limit.refused(3, 16, SECOND, now));
        assert_eq!(limit.limit(), 8);
        let later = now + SECOND * 2;
        assert!((0..16).all(|n| !limit.refused(n, 30, SECOND, later)), "sent before the cut");
        assert!(!limit.refused(16, 30, SECOND, now + SECOND / 2), "the window is not over");
        assert!(limit.refused(17, 30, SECOND, now + SECOND));
        assert_eq!(limit.limit(), 4, "everything was refused");
        let mut at = now + SECOND;
        for n in 2..20 {
            at += SECOND;
            limit.refused(n * 100, n * 100 + 1, SECOND, at);
        }
        assert_eq!(limit.limit(), 1, "never below one");
    }

    /// A window from `at` on with 100 replies, `refused` of them refusals, all to requests from `seq` on.
    fn window(limit: &mut Concurrency, seq: u64, refused: u64, at: Instant) -> u32 {
        for n in 0..100 - refused {
            limit.good(seq + n, true, at);
        }
        for n in 100 - refused..100 {
            limit.refused(seq + n, seq + 100, SECOND, at);
        }
        limit.limit()
    }

    #[test]
    fn an_endpoint_that_takes_ten_at_once_is_kept_at_ten() {
        let now = Instant::now();
        let mut limit = Concurrency::new(Some(64), now);
        limit.refused(0, 0, SECOND, now);
        let mut low = Vec::new();
        for n in 1..60u32 {
            let over = u64::from(limit.limit().saturating_sub(10));
            low.push(window(&mut limit, u64::from(n) * 100, over * 8, now + SECOND * n));
        }
        assert!(low[10..].iter().all(|l| (9..=11).contains(l)), "{low:?}");
    }

    #[test]
    fn an_endpoint_that_always_refuses_some_is_not_driven_down() {
        let now = Instant::now();
        let mut limit = Concurrency::new(Some(64), now);
        limit.refused(0, 0, SECOND, now);
        for n in 1..60u32 {
            window(&mut limit, u64::from(n) * 100, 10, now + SECOND * n);
        }
        assert!(limit.limit() >= 6, "{}", limit.limit());
    }

    #[test]
    fn after_a_cut_it_grows_by_one_per_window() {
        let now = Instant::now();
        let mut limit = Concurrency::new(Some(64), now);
        limit.refused(0, 16, SECOND, now);
        for n in 16..1000 {
            limit.good(n, true, now + SECOND * 3 / 2);
        }
        assert_eq!(limit.limit(), 8, "a whole window comes first");
        for n in 1000..2000 {
            limit.good(n, true, now + SECOND * 2);
        }
        assert_eq!(limit.limit(), 9);
        for n in 2000..3000 {
            limit.good(n, true, now + SECOND * 3);
        }
        assert_eq!(limit.limit(), 10);
    }

    #[test]
    fn a_cap_lowers_at_once() {
        let now = Instant::now();
        let mut limit = Concurrency::new(None, now);
        limit.want(4);
        assert_eq!(limit.limit(), 4);
        limit.allow(2);
        assert_eq!(limit.limit(), 2);
        limit.want(64);
        (0..100).for_each(|n| _ = limit.good(n, true, now));
        assert_eq!(limit.limit(), 2, "what the user allows for the endpoint stays");
        limit.want(0);
        assert_eq!(limit.limit(), 1);
    }
}
