//! How long a trial waits before it sends a failed request again.

use std::time::Duration;

use super::limit::{LONGEST_PAUSE, exhausted};
use crate::fingerprint::Fingerprint;
use crate::provider::{ErrorKind, ProviderError};

/// Requests per trial at most; refusals (429) are not counted, the trial's time limit ends those.
pub(super) const MAX_ATTEMPTS: u32 = 6;
/// The wait after a first failure; each further one is [`FACTOR`] times as long.
const FIRST_WAIT: Duration = Duration::from_millis(200);
const FACTOR: u32 = 3;
/// The wait after a refusal that does not say for how long; doubled each time.
const FIRST_REFUSAL_WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_secs(30);
/// The wait after a refusal that asks for none, so that it cannot become a busy loop; doubled each time.
const LEAST_REFUSAL_WAIT: Duration = Duration::from_millis(50);
/// Over how much of what an endpoint asks for the returning requests are spread.
const SPREAD: f64 = 0.05;

/// What follows from a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    /// The request is sent again.
    Again {
        /// After this time.
        wait: Duration,
        /// What the endpoint needs left alone for, as it asked or, after a refusal, as is guessed.
        pause: Option<Duration>,
    },
    /// Asking again would not help.
    Enough,
    /// The endpoint asks for a longer pause than is waited for.
    TooLong(Duration),
}

/// The failures of one trial so far.
#[derive(Debug)]
pub(super) struct Backoff {
    key: Fingerprint,
    failures: u32,
    refusals: u32,
}

impl Backoff {
    /// Nothing failed yet; `key` is the request's, and spreads the waits of different trials.
    pub(super) fn new(key: Fingerprint) -> Self {
        Self { key, failures: 0, refusals: 0 }
    }

    /// What follows from one more failure.
    ///
    /// Exponential with jitter (Brooker, Exponential Backoff And Jitter, 2015); the jitter comes from
    /// the request's key, so that trials spread out and a run stays reproducible.
    pub(super) fn after(&mut self, error: &ProviderError) -> Next {
        if !error.kind.is_transient() {
            return Next::Enough;
        }
        let refused = error.kind == ErrorKind::RateLimited;
        let count = if refused { &mut self.refusals } else { &mut self.failures };
        *count += 1;
        let (before, count) = (*count - 1, *count);
        if !refused && count >= MAX_ATTEMPTS {
            return Next::Enough;
        }
        let share = self.share(refused, count);
        if let Some(asked) = error.retry_after.or_else(|| exhausted(&error.quota).filter(|_| refused)) {
            if asked > LONGEST_PAUSE {
                return Next::TooLong(asked);
            }
            let least = doubled(LEAST_REFUSAL_WAIT, 2, before, FIRST_REFUSAL_WAIT);
            return Next::Again { wait: asked.max(least).mul_f64(1.0 + SPREAD * share), pause: Some(asked) };
        }
        let full = if refused {
            doubled(FIRST_REFUSAL_WAIT, 2, before, LONGEST_WAIT)
        } else {
            doubled(FIRST_WAIT, FACTOR, before, LONGEST_WAIT)
        };
        let wait = full.mul_f64(0.5 + 0.5 * share);
        Next::Again { wait, pause: refused.then_some(wait) }
    }

    /// A number in 0..=1 that is always the same for this trial and failure.
    fn share(&self, refused: bool, count: u32) -> f64 {
        let roll = Fingerprint::of(&(self.key, refused, count)).hex(4);
        f64::from(u16::from_str_radix(&roll, 16).unwrap_or(0)) / f64::from(u16::MAX)
    }
}

fn doubled(first: Duration, factor: u32, times: u32, most: Duration) -> Duration {
    first.saturating_mul(factor.saturating_pow(times)).min(most)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::{Quota, Window};

    fn backoff() -> Backoff {
        Backoff::new(Fingerprint::of("x"))
    }

    fn error(kind: ErrorKind, retry_after: Option<Duration>) -> ProviderError {
        ProviderError { retry_after, ..ProviderError::new(kind, "failed") }
    }

    fn wait(next: Next) -> Duration {
        match next {
            Next::Again { wait, .. } => wait,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn failures_wait_longer_each_time_and_end() {
        let mut backoff = backoff();
        let failed = error(ErrorKind::Server, None);
        let waits: Vec<_> = (1..MAX_ATTEMPTS).map(|_| wait(backoff.after(&failed))).collect();
        assert!(waits[0] >= FIRST_WAIT / 2 && waits[0] <= FIRST_WAIT, "{waits:?}");
        assert!(waits.windows(2).all(|w| w[0] < w[1]), "{waits:?}");
        assert!(waits.iter().all(|w| *w <= LONGEST_WAIT));
        assert_eq!(backoff.after(&failed), Next::Enough);
    }

    #[test]
    fn what_cannot_help_is_not_tried() {
        for kind in [ErrorKind::Auth, ErrorKind::BadRequest, ErrorKind::TooLong, ErrorKind::Missing] {
            assert_eq!(backoff().after(&error(kind, Some(Duration::from_secs(1)))), Next::Enough);
        }
    }

    #[test]
    fn refusals_are_not_counted_as_failures() {
        let mut backoff = backoff();
        let refused = error(ErrorKind::RateLimited, Some(Duration::from_secs(1)));
        assert!((0..100).all(|_| wait(backoff.after(&refused)) >= Duration::from_secs(1)));
        assert!(wait(backoff.after(&error(ErrorKind::Network, None))) <= FIRST_WAIT);
    }

    #[test]
    fn retry_after_is_kept_unless_it_is_unreasonable() {
        let three = Duration::from_secs(3);
        let next = backoff().after(&error(ErrorKind::RateLimited, Some(three)));
        let Next::Again { wait, pause } = next else { panic!("{next:?}") };
        assert!(wait >= three && wait <= three.mul_f64(1.0 + SPREAD), "{wait:?}");
        assert_eq!(pause, Some(three), "the pause of all is what was asked for");
        let long = Duration::from_secs(121);
        assert_eq!(backoff().after(&error(ErrorKind::Server, Some(long))), Next::TooLong(long));
    }

    #[test]
    fn a_refusal_without_a_wait_is_no_busy_loop() {
        let mut backoff = backoff();
        let refused = error(ErrorKind::RateLimited, Some(Duration::ZERO));
        let waits: Vec<_> = (0..8).map(|_| wait(backoff.after(&refused))).collect();
        assert!(waits[0] >= LEAST_REFUSAL_WAIT && waits[7] >= FIRST_REFUSAL_WAIT, "{waits:?}");
    }

    #[test]
    fn the_headers_say_it_where_retry_after_does_not() {
        let mut refused = error(ErrorKind::RateLimited, None);
        let reset = Duration::from_secs(7);
        let empty = Window { remaining: Some(0), reset: Some(reset), limit: None };
        refused.quota = Quota { requests: empty, tokens: Window::default() };
        assert!(wait(backoff().after(&refused)) >= reset);
    }

    #[test]
    fn trials_are_spread_and_always_the_same_way() {
        let failed = error(ErrorKind::Network, None);
        let waits: Vec<_> =
            (0..50u32).map(|n| wait(Backoff::new(Fingerprint::of(&n)).after(&failed))).collect();
        let again: Vec<_> =
            (0..50u32).map(|n| wait(Backoff::new(Fingerprint::of(&n)).after(&failed))).collect();
        assert_eq!(waits, again);
        let distinct: std::collections::BTreeSet<_> = waits.iter().collect();
        assert!(distinct.len() > 45, "{}", distinct.len());
    }
}
