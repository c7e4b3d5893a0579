//! A stop that the user asks for: once drains, twice stops.

use std::time::Duration;

use tokio::sync::watch;

/// How urgently to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum StopLevel {
    /// Nobody asked.
    Go,
    /// Send nothing new, finish what is in flight.
    Drain,
    /// Abandon what is in flight.
    Now,
}

/// A handle to ask for a stop and to wait for one.
#[derive(Debug, Clone)]
pub struct Stop(watch::Sender<StopLevel>);

impl Default for Stop {
    fn default() -> Self {
        Self(watch::channel(StopLevel::Go).0)
    }
}

impl Stop {
    /// Asks once more: the first call drains, the second stops.
    pub fn ask(&self) {
        self.0.send_modify(|level| {
            *level = if *level == StopLevel::Go { StopLevel::Drain } else { StopLevel::Now };
        });
    }

    /// Asks on behalf of somebody who will not wait for ever (SIGTERM): drains, and stops once `grace` is over.
    /// Whoever asked before is not asked again: then it stops at once.
    ///
    /// Must be called inside a runtime.
    pub fn ask_within(&self, grace: Duration) {
        let before = self.level();
        self.ask();
        if before == StopLevel::Go {
            let stop = self.clone();
            tokio::spawn(async move {
                tokio::time::sleep(grace).await;
                stop.0.send_modify(|level| *level = StopLevel::Now);
            });
        }
    }

    /// How urgently a stop was asked for.
    pub fn level(&self) -> StopLevel {
        *self.0.borrow()
    }

    /// Waits until a stop of at least `level` is asked for.
    pub async fn reached(&self, level: StopLevel) -> StopLevel {
        let mut receiver = self.0.subscribe();
        let reached = receiver.wait_for(|now| *now >= level).await.map(|now| *now);
        match reached {
            Ok(now) => now,
            // The sender lives in `self`, so the channel cannot close while somebody waits.
            Err(_) => std::future::pending().await,
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::Instant;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_first_call_drains_and_the_second_stops() {
        let stop = Stop::default();
        assert_eq!(stop.level(), StopLevel::Go);
        stop.clone().ask();
        assert_eq!(stop.reached(StopLevel::Drain).await, StopLevel::Drain);
        stop.ask();
        assert_eq!(stop.reached(StopLevel::Drain).await, StopLevel::Now);
    }

    #[tokio::test(start_paused = true)]
    async fn a_grace_period_ends_by_itself() {
        let stop = Stop::default();
        let began = Instant::now();
        stop.ask_within(Duration::from_secs(10));
        assert_eq!(stop.level(), StopLevel::Drain);
        assert_eq!(stop.reached(StopLevel::Now).await, StopLevel::Now);
        assert_eq!(began.elapsed(), Duration::from_secs(10));
    }

    #[tokio::test(start_paused = true)]
    async fn a_second_signal_does_not_wait() {
        let stop = Stop::default();
        stop.ask_within(Duration::from_secs(10));
        stop.ask_within(Duration::from_secs(10));
        assert_eq!(stop.level(), StopLevel::Now);
    }
}
