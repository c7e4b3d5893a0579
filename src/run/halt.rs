//! Why no further trial is begun, once there is a reason.

use std::sync::OnceLock;

/// Set once; from then on nothing new is begun and what is in flight is finished.
#[derive(Debug, Default)]
pub(super) struct Halt {
    reason: OnceLock<String>,
}

impl Halt {
    /// Halts for a reason; the first one stays.
    pub(super) fn stop(&self, reason: String) {
        // Fails only when there is a reason already.
        _ = self.reason.set(reason);
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
        let halt = Halt::default();
        assert!(!halt.is_set());
        halt.stop("one".into());
        halt.stop("two".into());
        assert_eq!(halt.reason().as_deref(), Some("one"));
    }
}
