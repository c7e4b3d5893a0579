//! Past-tense facts about a run, who listens to them, and who keeps them.

use std::sync::Arc;

use jiff::Timestamp;

use crate::outcome::{LimitChange, RunHeader, RunStatus, TrialError, TrialKey, TrialResult, VariantKey};
use crate::provider::{FetchProgress, RecordedAnswer};

/// One fact about a run in progress.
#[derive(Debug, Clone)]
pub enum Event {
    /// A step of fetching a model's weights was taken.
    ModelFetched(FetchProgress),
    /// The run began.
    RunStarted {
        /// Its header.
        header: Arc<RunHeader>,
        /// Planned trials per variant, in plan order.
        planned: Vec<(VariantKey, u64)>,
    },
    /// Every planned trial has its result, and some are asked again beside them.
    FollowUpsStarted {
        /// Follow-ups per variant, in plan order.
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
    /// A limit was moved.
    LimitChanged(LimitChange),
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

    /// Why no further trial should be begun; asked after every event.
    fn stops(&self) -> Option<String> {
        None
    }
}

/// What the recorder could not keep.
#[derive(Debug, thiserror::Error)]
#[error("failed to record the run: {0}")]
pub struct RecordError(pub String);

/// Keeps a run. Unlike a sink it may fail, and then the run stops: nothing is counted that is not kept.
pub trait Recorder: Send + Sync {
    /// Keeps the header of a run that begins.
    fn begin(&self, header: &RunHeader) -> Result<(), RecordError>;

    /// Keeps finished trials; they outlive this process when this returns.
    fn record(&self, run: &str, trials: &[Arc<TrialResult>]) -> Result<(), RecordError>;

    /// Keeps answers inside of trials that are not finished, so that they are found again when the process ends now.
    fn heard(&self, answers: &[RecordedAnswer]) -> Result<(), RecordError> {
        let _ = answers;
        Ok(())
    }

    /// Keeps what retrievers answered in a run, new or known.
    fn looked_up(&self, run: &str, found: &[RecordedAnswer]) -> Result<(), RecordError> {
        let _ = (run, found);
        Ok(())
    }

    /// Which of these trials have a result that stands: one that errored does not.
    fn recorded(&self, run: &str, keys: &[TrialKey]) -> Result<Vec<bool>, RecordError>;

    /// Keeps steps in the history of limits.
    fn limits(&self, run: &str, changes: &[LimitChange]) -> Result<(), RecordError>;

    /// Keeps how the run ended.
    fn end(
        &self,
        run: &str,
        status: RunStatus,
        reason: Option<&str>,
        at: Timestamp,
    ) -> Result<(), RecordError>;
}
