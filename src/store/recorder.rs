//! The store as the recorder of a run.

use std::sync::Arc;

use jiff::Timestamp;

use crate::clock;
use crate::event::{RecordError, Recorder};
use crate::outcome::{LimitChange, RunHeader, RunStatus, TrialKey, TrialResult};
use crate::provider::RecordedAnswer;
use crate::store::{Store, StoreError};

impl From<StoreError> for RecordError {
    fn from(error: StoreError) -> Self {
        Self(error.to_string())
    }
}

impl Recorder for Store {
    fn begin(&self, header: &RunHeader) -> Result<(), RecordError> {
        Ok(Store::begin(self, header)?)
    }

    fn record(&self, run: &str, trials: &[Arc<TrialResult>]) -> Result<(), RecordError> {
        let trials: Vec<&TrialResult> = trials.iter().map(AsRef::as_ref).collect();
        Ok(Store::record(self, run, &trials)?)
    }

    fn heard(&self, answers: &[RecordedAnswer]) -> Result<(), RecordError> {
        self.import_answers(answers, clock::now())?;
        Ok(())
    }

    fn looked_up(&self, run: &str, found: &[RecordedAnswer]) -> Result<(), RecordError> {
        Ok(Store::looked_up(self, run, found, clock::now())?)
    }

    fn recorded(&self, run: &str, keys: &[TrialKey]) -> Result<Vec<bool>, RecordError> {
        Ok(Store::has_results(self, run, keys)?)
    }

    fn limits(&self, run: &str, changes: &[LimitChange]) -> Result<(), RecordError> {
        Ok(Store::limits(self, run, changes)?)
    }

    fn end(
        &self,
        run: &str,
        status: RunStatus,
        reason: Option<&str>,
        at: Timestamp,
    ) -> Result<(), RecordError> {
        Ok(Store::end(self, run, status, reason, at)?)
    }
}
