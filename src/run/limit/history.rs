//! The history of a limit, handed to whoever keeps it.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::clock;
use crate::outcome::{LimitChange, LimitReason};

/// Steps kept per run and limiter; a run that is refused for hours does not fill the store with them.
const MOST: u32 = 500;

/// Takes the steps of a limit's history; called from the task that moved it, so it must not block.
pub type Tell = Arc<dyn Fn(LimitChange) + Send + Sync>;

/// One step, without when and where.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Step {
    /// Requests allowed in flight from now on.
    pub(super) concurrency: u32,
    /// How long nothing is sent.
    pub(super) pause: Duration,
    /// Why.
    pub(super) reason: LimitReason,
}

/// Who is told.
pub(super) struct History {
    endpoint: String,
    tell: Mutex<Option<Tell>>,
    told: AtomicU32,
}

impl History {
    /// The history of an endpoint; nobody is told yet.
    pub(super) fn new(endpoint: String) -> Self {
        Self { endpoint, tell: Mutex::new(None), told: AtomicU32::new(0) }
    }

    /// The endpoint, as it is shown.
    pub(super) fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// From now on `tell` is told.
    pub(super) fn begin(&self, tell: Tell) {
        self.told.store(0, Ordering::Relaxed);
        *self.tell.lock().unwrap_or_else(PoisonError::into_inner) = Some(tell);
    }

    /// Tells steps.
    pub(super) fn tell(&self, steps: Vec<Step>) {
        if steps.is_empty() {
            return;
        }
        let Some(tell) = self.tell.lock().unwrap_or_else(PoisonError::into_inner).clone() else { return };
        for step in steps {
            if self.told.fetch_add(1, Ordering::Relaxed) >= MOST {
                return;
            }
            tell(LimitChange {
                at: clock::now(),
                endpoint: self.endpoint.clone(),
                concurrency: step.concurrency,
                pause_ms: step.pause.as_millis() as u64,
                reason: step.reason,
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_told_in_order_and_stays_small() {
        let history = History::new("https://api.example/v1".to_owned());
        let step = Step { concurrency: 8, pause: Duration::from_secs(1), reason: LimitReason::RateLimited };
        history.tell(vec![step]);
        let told = Arc::new(Mutex::new(Vec::new()));
        let into = told.clone();
        history.begin(Arc::new(move |change| into.lock().unwrap().push(change)));
        for n in 0..2 * MOST {
            history.tell(vec![Step { concurrency: n, ..step }]);
        }
        let told = told.lock().unwrap();
        assert_eq!(told.len(), MOST as usize, "what was before the beginning is not told");
        assert!(told.iter().enumerate().all(|(n, change)| change.concurrency == n as u32));
        assert_eq!((told[0].pause_ms, told[0].endpoint.as_str()), (1000, "https://api.example/v1"));
    }
}
