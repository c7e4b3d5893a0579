//! Why no further trial is begun, once there is a reason.

use std::sync::OnceLock;

use super::ask::Bounds;
use super::limit::Deadline;
use super::stop::Stop;

/// Set once; from then on nothing new is begun and what is in flight is finished.
#[derive(Debug)]
pub(super) struct Halt {
    reason: OnceLock<String>,
    /// What ends the waits of trials.
    pub(super) bounds: Bounds,
}

impl Halt {
    /// No reason yet.
    pub(super) fn new(deadline: Option<Deadline>) -> Self {
        Self { reason: OnceLock::new(), bounds: Bounds { stop: Some(Stop::default()), deadline } }
    }

    /// Halts for a reason; the first one stays.
    pub(super) fn stop(&self, reason: String) {
        if self.reason.set(reason).is_ok()
            && let Some(stop) = &self.bounds.stop
        {
            stop.ask();
        }
    }

    /// Whether there is a reason.
    pub(super) fn is_set(&self) -> bool {
        self.reason.get().is_some()
    }

    /// The reason.
    pub(super) fn reason(&self) -> Option<String> {
        self.reason.get().cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_reason_stays() {
        let halt = Halt::new(None);
        assert!(!halt.is_set());
        halt.stop("one".into());
        halt.stop("two".into());
        assert_eq!(halt.reason().as_deref(), Some("one"));
    }
}
