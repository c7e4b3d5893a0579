//! A stop that the user asks for: once drains, twice stops.

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

    /// How urgently a stop was asked for.
    pub fn level(&self) -> StopLevel {
        *self.0.borrow()
    }

    /// Waits until a stop of at least `level` is asked for.
    pub async fn reached(&self, level: StopLevel) -> StopLevel {
        let mut receiver = self.0.subscribe();
        match receiver.wait_for(|now| *now >= level).await {
            Ok(now) => *now,
            // The sender lives in `self`, so the channel cannot close while somebody waits.
            Err(_) => std::future::pending().await,
        }
    }
}
