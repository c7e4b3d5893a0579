//! How long a whole run may take.

use std::time::Duration;

use tokio::time::Instant;

/// The moment at which a run has to be over.
#[derive(Debug, Clone, Copy)]
pub struct Deadline {
    at: Instant,
    limit: Duration,
}

impl Deadline {
    /// A deadline that is `limit` from now.
    #[cfg(test)]
    pub fn after(limit: Duration) -> Self {
        Self::after_taking(limit, Duration::ZERO)
    }

    /// A deadline of `limit` of which so much was taken already.
    pub fn after_taking(limit: Duration, taken: Duration) -> Self {
        let (now, left) = (Instant::now(), limit.saturating_sub(taken));
        Self { at: now.checked_add(left).unwrap_or(now + Duration::from_hours(24 * 365)), limit }
    }

    /// What is left of it.
    pub fn left(&self) -> Duration {
        self.at.saturating_duration_since(Instant::now())
    }

    /// Whether it is over.
    pub fn is_over(&self) -> bool {
        self.left().is_zero()
    }

    /// Waits until it is over.
    pub async fn passed(&self) {
        tokio::time::sleep_until(self.at).await;
    }
}

impl std::fmt::Display for Deadline {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "the time limit of {} is reached", in_words(self.limit))
    }
}

/// A time limit in whole seconds; one below a second in milliseconds.
pub(crate) fn in_words(limit: Duration) -> String {
    if limit < Duration::from_secs(1) {
        format!("{} ms", limit.as_millis())
    } else {
        format!("{} s", limit.as_secs())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn it_passes_once() {
        let deadline = Deadline::after(Duration::from_secs(3));
        assert!(!deadline.is_over());
        deadline.passed().await;
        assert!(deadline.is_over());
        assert_eq!(deadline.left(), Duration::ZERO);
        assert_eq!(deadline.to_string(), "the time limit of 3 s is reached");
        let short = Deadline::after(Duration::from_millis(250));
        assert_eq!(short.to_string(), "the time limit of 250 ms is reached");
    }

    #[tokio::test(start_paused = true)]
    async fn the_longest_one_does_not_overflow() {
        assert!(!Deadline::after(Duration::MAX).is_over());
    }
}
