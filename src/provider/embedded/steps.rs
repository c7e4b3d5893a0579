//! What is told while a model is fetched, as steps for a progress display.

use std::sync::{Arc, Mutex};

use super::options::FetchEvent;
use crate::provider::FetchProgress;

/// Turns the engine's fetch events into steps with a name.
pub(crate) struct Steps {
    model: String,
    step: Mutex<String>,
    on_fetch: Arc<dyn Fn(FetchProgress) + Send + Sync>,
}

impl Steps {
    /// Steps of fetching `model`, told to `on_fetch`.
    pub(crate) fn new(model: String, on_fetch: Arc<dyn Fn(FetchProgress) + Send + Sync>) -> Self {
        Self { model, step: Mutex::new(String::new()), on_fetch }
    }

    /// Passes an event on.
    pub(crate) fn tell(&self, event: FetchEvent) {
        let Ok(mut step) = self.step.lock() else { return };
        let (done, total) = match event {
            FetchEvent::Started { source, bytes, .. } => {
                *step = format!("downloading from {source}");
                (0, bytes.unwrap_or(0))
            }
            FetchEvent::Progress { done, total } => (done, total.unwrap_or(0)),
            FetchEvent::Failed { source, reason } => {
                *step = format!("{source} failed ({reason}); trying the next way");
                (0, 0)
            }
            FetchEvent::Verifying => {
                "verifying".clone_into(&mut step);
                (0, 0)
            }
            FetchEvent::Ready => {
                "ready".clone_into(&mut step);
                (1, 1)
            }
        };
        (self.on_fetch)(FetchProgress { model: self.model.clone(), step: step.clone(), done, total });
    }
}
