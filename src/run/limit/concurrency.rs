//! How many requests may be in flight: additive increase, multiplicative decrease.
//!
//! As in TCP (Jacobson, Congestion Avoidance and Control, 1988): it doubles with every round of good answers
//! until the endpoint refuses for the first time, is halved by a refusal, and from then on grows by one
//! per quiet window. All refusals of one window count as one.

use std::time::Duration;

use tokio::time::Instant;

/// Requests in flight at the start.
const START: u32 = 16;
/// Most requests in flight when nobody says how many.
const MOST: u32 = 4096;
const SHORTEST_WINDOW: Duration = Duration::from_secs(1);
const LONGEST_WINDOW: Duration = Duration::from_secs(5);

/// The limit and what moves it.
#[derive(Debug)]
pub(super) struct Concurrency {
    limit: u32,
    /// Most that the user allows.
    ceiling: u32,
    /// Not refused yet.
    doubling: bool,
    /// Good answers since the limit was last moved.
    good: u32,
    /// Requests from this number on were sent after the last cut.
    since: u64,
    window: Duration,
    /// Until then no second cut is made.
    window_ends: Instant,
    /// Until then it does not grow.
    grows_from: Instant,
}

impl Concurrency {
    /// The limit at the start.
    pub(super) fn new(ceiling: Option<u32>, now: Instant) -> Self {
        let ceiling = ceiling.unwrap_or(MOST).max(1);
        Self {
            limit: ceiling.min(START),
            ceiling,
            doubling: true,
            good: 0,
            since: 0,
            window: SHORTEST_WINDOW,
            window_ends: now,
            grows_from: now,
        }
    }

    /// Requests that may be in flight.
    pub(super) fn limit(&self) -> u32 {
        self.limit
    }

    /// Allows no more than this from now on.
    pub(super) fn cap(&mut self, ceiling: u32) {
        self.ceiling = ceiling.max(1);
        self.limit = self.limit.min(self.ceiling);
    }

    /// A good answer to request number `seq`; `held` says whether requests wait because of this limit.
    /// Returns whether this is a growth worth telling: a power of two, or the ceiling.
    pub(super) fn good(&mut self, seq: u64, held: bool, now: Instant) -> bool {
        if !held || seq < self.since || self.limit >= self.ceiling {
            return false;
        }
        self.good += 1;
        if !self.doubling {
            if self.good < self.limit || now < self.grows_from {
                return false;
            }
            self.grows_from = now + self.window;
        }
        self.good = 0;
        self.limit += 1;
        self.limit.is_power_of_two() || self.limit == self.ceiling
    }

    /// The endpoint refused request number `seq`, and asks for a pause; `next` is the number of the next
    /// request. Returns whether the limit was cut.
    pub(super) fn refused(&mut self, seq: u64, next: u64, pause: Duration, now: Instant) -> bool {
        self.doubling = false;
        self.good = 0;
        if seq < self.since || now < self.window_ends {
            self.grows_from = self.grows_from.max(now + self.window);
            return false;
        }
        self.since = next;
        self.window = pause.clamp(SHORTEST_WINDOW, LONGEST_WINDOW);
        self.window_ends = now + pause.max(SHORTEST_WINDOW);
        // A whole window without a refusal comes first.
        self.grows_from = self.window_ends + self.window;
        self.limit = (self.limit / 2).max(1);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn it_doubles_per_round_until_the_first_refusal() {
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
        assert_eq!(limit.limit(), 4);
        let mut at = now + SECOND;
        for n in 2..20 {
            at += SECOND;
            limit.refused(n * 100, n * 100 + 1, SECOND, at);
        }
        assert_eq!(limit.limit(), 1, "never below one");
    }

    #[test]
    fn after_a_cut_it_grows_by_one_per_quiet_window() {
        let now = Instant::now();
        let mut limit = Concurrency::new(Some(64), now);
        limit.refused(0, 16, SECOND, now);
        for n in 16..1000 {
            limit.good(n, true, now + SECOND * 3 / 2);
        }
        assert_eq!(limit.limit(), 8, "the window after the pause has to be quiet first");
        for n in 1000..2000 {
            limit.good(n, true, now + SECOND * 2);
        }
        assert_eq!(limit.limit(), 9);
        limit.refused(5, 2000, SECOND, now + SECOND * 3);
        for n in 2000..3000 {
            limit.good(n, true, now + SECOND * 7 / 2);
        }
        assert_eq!(limit.limit(), 9, "a late refusal cuts nothing but is no quiet either");
    }

    #[test]
    fn a_cap_lowers_at_once() {
        let now = Instant::now();
        let mut limit = Concurrency::new(None, now);
        limit.cap(4);
        assert_eq!(limit.limit(), 4);
        limit.cap(0);
        assert_eq!(limit.limit(), 1);
    }
}
