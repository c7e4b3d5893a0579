//! One request of a model goes ahead: a wrong key or an unknown model is found by one request, not by as many
//! as may be in flight.

use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

use crate::provider::ProviderError;

/// How long the others wait for the first reply. Endpoints check key and model before they begin to
/// write, so a rejection is quick; a long answer must not hold up the run.
const PATIENCE: Duration = Duration::from_millis(1500);

const UNASKED: u8 = 0;
const ASKING: u8 = 1;
const OPEN: u8 = 2;
const SHUT: u8 = 3;

/// What is known of a model after its first request.
#[derive(Debug, Default)]
pub(in crate::run) struct FirstReply {
    state: AtomicU8,
    heard: Notify,
    error: Mutex<Option<ProviderError>>,
}

/// How a request stands to the first one.
#[derive(Debug)]
pub(in crate::run) enum Entry<'a> {
    /// It is the first; its reply decides.
    First(Ahead<'a>),
    /// It may be sent.
    Open,
    /// It would fail as the first one did.
    Shut(ProviderError),
}

impl FirstReply {
    /// Forgets what was heard: a run begins.
    pub(in crate::run) fn begin(&self) {
        self.state.store(UNASKED, Ordering::Release);
    }

    /// Whether every request may be sent; the way of all but the first ones.
    pub(in crate::run) fn is_open(&self) -> bool {
        self.state.load(Ordering::Acquire) == OPEN
    }

    /// What every request to this model would meet, when that is known.
    pub(in crate::run) fn error(&self) -> Option<ProviderError> {
        if self.state.load(Ordering::Acquire) != SHUT {
            return None;
        }
        self.error.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Becomes the first, or waits for its reply for a while.
    pub(in crate::run) async fn enter(&self) -> Entry<'_> {
        let first = self.state.compare_exchange(UNASKED, ASKING, Ordering::AcqRel, Ordering::Acquire);
        if first.is_ok() {
            return Entry::First(Ahead { reply: self, heard: false });
        }
        let heard = self.heard.notified();
        tokio::pin!(heard);
        heard.as_mut().enable();
        if self.state.load(Ordering::Acquire) == ASKING
            && tokio::time::timeout(PATIENCE, heard).await.is_err()
        {
            // Nobody else waits; what the first reply says still counts when it comes.
            let _ = self.state.compare_exchange(ASKING, OPEN, Ordering::AcqRel, Ordering::Acquire);
        }
        self.error().map_or(Entry::Open, Entry::Shut)
    }
}

/// The first request; dropped without a reply, it lets the others go.
#[derive(Debug)]
pub(in crate::run) struct Ahead<'a> {
    reply: &'a FirstReply,
    heard: bool,
}

impl Ahead<'_> {
    /// What the first request came to; only an error that every request would meet holds the others.
    pub(in crate::run) fn heard(mut self, error: Option<&ProviderError>) {
        self.heard = true;
        let fatal = error.filter(|e| e.kind.is_fatal());
        if let Some(error) = fatal {
            *self.reply.error.lock().unwrap_or_else(PoisonError::into_inner) = Some(error.clone());
        }
        self.go(if fatal.is_some() { SHUT } else { OPEN });
    }

    fn go(&self, state: u8) {
        self.reply.state.store(state, Ordering::Release);
        self.reply.heard.notify_waiters();
    }
}

impl Drop for Ahead<'_> {
    fn drop(&mut self) {
        if !self.heard {
            self.go(OPEN);
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::Instant;

    use super::*;
    use crate::provider::ErrorKind;

    async fn first(reply: &FirstReply) -> Ahead<'_> {
        match reply.enter().await {
            Entry::First(ahead) => ahead,
            other => panic!("{other:?}"),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_fatal_reply_holds_everybody() {
        let reply = FirstReply::default();
        let ahead = first(&reply).await;
        let error = ProviderError::new(ErrorKind::Auth, "wrong key");
        let (second, ()) = tokio::join!(reply.enter(), async { ahead.heard(Some(&error)) });
        assert!(matches!(second, Entry::Shut(e) if e.message == "wrong key"));
        assert!(matches!(reply.enter().await, Entry::Shut(_)));
        reply.begin();
        assert!(matches!(reply.enter().await, Entry::First(_)));
    }

    #[tokio::test(start_paused = true)]
    async fn any_other_reply_lets_everybody_go() {
        let busy = ProviderError::new(ErrorKind::RateLimited, "429");
        for error in [None, Some(&busy)] {
            let reply = FirstReply::default();
            let ahead = first(&reply).await;
            assert!(!reply.is_open());
            let (second, ()) = tokio::join!(reply.enter(), async { ahead.heard(error) });
            assert!(matches!(second, Entry::Open));
            assert!(reply.is_open());
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_first_reply_holds_nobody_for_long() {
        let reply = FirstReply::default();
        let ahead = first(&reply).await;
        let began = Instant::now();
        assert!(matches!(reply.enter().await, Entry::Open));
        assert!(matches!(reply.enter().await, Entry::Open));
        assert_eq!(began.elapsed(), PATIENCE, "only once");
        ahead.heard(Some(&ProviderError::new(ErrorKind::Auth, "wrong key")));
        assert!(matches!(reply.enter().await, Entry::Shut(_)), "the late word still counts");
    }

    #[tokio::test]
    async fn an_abandoned_first_request_lets_everybody_go() {
        let reply = FirstReply::default();
        drop(first(&reply).await);
        assert!(matches!(reply.enter().await, Entry::Open));
    }
}
