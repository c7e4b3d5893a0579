//! Past-tense facts about a run, and who listens to them.

use std::sync::Arc;

use crate::outcome::{RunHeader, RunStatus, TrialError, TrialKey, TrialResult, VariantKey};
use crate::provider::FetchProgress;

/// One fact about a run in progress.
#[derive(Debug, Clone)]
pub enum Event {
    /// A model's weights are being fetched.
    ModelFetched(FetchProgress),
    /// The run began.
    RunStarted {
        /// Its header.
        header: Arc<RunHeader>,
        /// Planned trials per variant, in plan order.
        planned: Vec<(VariantKey, u64)>,
    },
    /// A request failed and will be sent again.
    AttemptFailed {
        /// The trial.
        key: TrialKey,
        /// What went wrong.
        error: TrialError,
        /// Wait before the next request, in milliseconds.
        wait_ms: u64,
    },
    /// A trial ended and is durable in the store.
    TrialFinished(Arc<TrialResult>),
    /// The user asked to stop; what is in flight is being finished.
    StopRequested,
    /// The run ended.
    RunEnded {
        /// How.
        status: RunStatus,
        /// Why it stopped early.
        reason: Option<String>,
    },
}

/// A live consumer of events.
pub trait Sink: Send {
    /// Takes one event. Sinks are called in order, from one task.
    fn on_event(&mut self, event: &Event);
}
