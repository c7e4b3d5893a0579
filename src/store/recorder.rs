//! The store as the recorder of a run.

use std::sync::Arc;

use jiff::Timestamp;

use crate::event::{RecordError, Recorder};
use crate::outcome::{RunHeader, RunStatus, TrialResult};
use crate::store::{Store, StoreError};

fn failed(error: StoreError) -> RecordError {
    RecordError(error.to_string())
}

impl Recorder for Store {
    fn begin(&self, header: &RunHeader) -> Result<(), RecordError> {
        Store::begin(self, header).map_err(failed)
    }

    fn record(&self, run: &str, trials: &[Arc<TrialResult>]) -> Result<(), RecordError> {
        let trials: Vec<&TrialResult> = trials.iter().map(AsRef::as_ref).collect();
        Store::record(self, run, &trials).map_err(failed)
    }

    fn end(
        &self,
        run: &str,
        status: RunStatus,
        reason: Option<&str>,
        at: Timestamp,
    ) -> Result<(), RecordError> {
        Store::end(self, run, status, reason, at).map_err(failed)
    }
}
