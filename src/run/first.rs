//! The first request to a model goes alone: a wrong key is told before thousands of requests are sent.

use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::Notify;

/// Whether the first request was begun, and whether it is over.
#[derive(Debug, Default)]
pub(super) struct First {
    begun: AtomicBool,
    over: AtomicBool,
    told: Notify,
}

impl First {
    /// Whether the caller is the first.
    pub(super) fn enter(&self) -> bool {
        !self.begun.load(Ordering::Relaxed) && !self.begun.swap(true, Ordering::AcqRel)
    }

    /// Says that the first request is over.
    pub(super) fn end(&self) {
        self.over.store(true, Ordering::Release);
        self.told.notify_waiters();
    }

    /// Whether the first request is over.
    pub(super) fn is_over(&self) -> bool {
        self.over.load(Ordering::Acquire)
    }

    /// Waits for the end of the first request.
    pub(super) async fn over(&self) {
        let mut told = std::pin::pin!(self.told.notified());
        told.as_mut().enable();
        if !self.is_over() {
            told.await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn one_goes_first_and_the_others_wait_for_its_end() {
        let first = First::default();
        assert!(first.enter());
        assert!(!first.enter() && !first.is_over());
        first.end();
        first.over().await;
        assert!(first.is_over() && !first.enter());
    }
}
