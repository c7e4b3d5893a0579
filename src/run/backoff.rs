//! How long to wait before a failed request is sent again.

use std::time::Duration;

use crate::fingerprint::Fingerprint;
use crate::provider::ProviderError;

/// Requests per trial at most.
pub(super) const MAX_ATTEMPTS: u32 = 5;
const FIRST_WAIT: Duration = Duration::from_millis(500);
const LONGEST_WAIT: Duration = Duration::from_secs(30);
/// A longer Retry-After is not waited for: the trial errors and says so.
const LONGEST_RETRY_AFTER: Duration = Duration::from_mins(2);

/// The wait after failed attempt number `attempt` (1 = the first), or `None` to give up.
///
/// Exponential with jitter in 50..100 %; the jitter comes from the request's key, so that trials
/// spread out and a run stays reproducible.
pub(super) fn wait(error: &ProviderError, attempt: u32, key: Fingerprint) -> Option<Duration> {
    if !error.kind.is_transient() || attempt >= MAX_ATTEMPTS {
        return None;
    }
    if let Some(asked) = error.retry_after {
        return (asked <= LONGEST_RETRY_AFTER).then_some(asked);
    }
    let full = FIRST_WAIT.saturating_mul(1 << (attempt - 1).min(10)).min(LONGEST_WAIT);
    let roll = Fingerprint::of(&(key, attempt)).hex(4);
    let share = f64::from(u16::from_str_radix(&roll, 16).unwrap_or(0)) / f64::from(u16::MAX);
    Some(full.mul_f64(0.5 + 0.5 * share))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::ErrorKind;

    #[test]
    fn transient_errors_wait_longer_each_time_and_end() {
        let error = ProviderError::new(ErrorKind::Server, "503");
        let key = Fingerprint::of("x");
        let waits: Vec<_> = (1..MAX_ATTEMPTS).map(|a| wait(&error, a, key).unwrap()).collect();
        assert!(waits.windows(2).all(|w| w[0] < w[1] * 2), "{waits:?}");
        assert!(waits[0] >= FIRST_WAIT / 2 && waits[0] <= FIRST_WAIT);
        assert_eq!(wait(&error, MAX_ATTEMPTS, key), None);
        assert_eq!(wait(&ProviderError::new(ErrorKind::BadRequest, "400"), 1, key), None);
    }

    #[test]
    fn retry_after_is_kept_unless_it_is_unreasonable() {
        let mut error = ProviderError::new(ErrorKind::RateLimited, "429");
        error.retry_after = Some(Duration::from_secs(3));
        assert_eq!(wait(&error, 1, Fingerprint::of("x")), Some(Duration::from_secs(3)));
        error.retry_after = Some(Duration::from_secs(500));
        assert_eq!(wait(&error, 1, Fingerprint::of("x")), None);
    }
}
