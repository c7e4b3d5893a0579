//! The store: runs, trials, attempts, completions and scores in one SQLite file.
//!
//! Every total is derived from rows. A trial is durable when [`Store::record`] returns. The format
//! version says who can read whom: a newer file is refused with a clear message.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::Serialize;

use crate::fingerprint::Fingerprint;
use crate::outcome::{Run, RunHeader, RunStatus, TrialResult};
use crate::provider::{AnswerSource, RecordedAnswer};

/// A store that cannot do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// TODO: more kinds.
    #[error("{0}")]
    Other(String),
}

/// One line of `regauge runs list`; counts are derived from rows.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RunRow {
    /// Id.
    pub id: String,
    /// When it began.
    pub started: Timestamp,
    /// How it ended.
    pub status: RunStatus,
    /// Suites.
    pub suites: Vec<String>,
    /// Tags, sorted.
    pub tags: Vec<String>,
    /// Commit, when known.
    pub revision: Option<String>,
    /// Whether the commit was dirty.
    pub dirty: bool,
    /// Trials planned.
    pub planned: u64,
    /// Trials by outcome.
    pub passed: u64,
    /// See `passed`.
    pub failed: u64,
    /// See `passed`.
    pub errored: u64,
    /// See `passed`.
    pub refused: u64,
    /// See `passed`.
    pub skipped: u64,
    /// Sum of known costs in USD; `None` when no cost is known.
    pub cost: Option<f64>,
}

/// Which runs `prune` keeps. Tagged runs and running ones are always kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// Newest runs kept.
    pub keep_last: Option<u32>,
    /// Runs younger than this many days are kept.
    pub keep_days: Option<u32>,
}

/// An open store.
#[derive(Debug)]
pub struct Store {}

impl Store {
    /// Opens the store in `folder`, creating both when absent (and a `.gitignore` of `*` in the folder).
    ///
    /// # Errors
    /// Not writable, corrupt, locked for too long, or written by a newer version.
    pub fn open(folder: &Path) -> Result<Self, StoreError> {
        let _ = folder;
        todo!()
    }

    /// Opens the store only when there is one.
    ///
    /// # Errors
    /// See [`Store::open`].
    pub fn open_existing(folder: &Path) -> Result<Option<Self>, StoreError> {
        let _ = folder;
        todo!()
    }

    /// The database file.
    pub fn path(&self) -> &Path {
        todo!()
    }

    /// Records a run's header, status running.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn begin(&self, header: &RunHeader) -> Result<(), StoreError> {
        let _ = header;
        todo!()
    }

    /// Records finished trials in one transaction; they are durable when this returns. A trial that is
    /// there already is replaced.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn record(&self, run: &str, trials: &[&TrialResult]) -> Result<(), StoreError> {
        let _ = (run, trials);
        todo!()
    }

    /// Records how a run ended.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn end(
        &self,
        run: &str,
        status: RunStatus,
        reason: Option<&str>,
        ended: Timestamp,
    ) -> Result<(), StoreError> {
        let _ = (run, status, reason, ended);
        todo!()
    }

    /// The id behind a run id, a unique prefix of one (at least 4 characters), a tag (newest run with
    /// it), `latest`, or `latest~N`.
    ///
    /// # Errors
    /// Unknown (with near tags) or ambiguous (with the candidates).
    pub fn resolve(&self, name: &str) -> Result<String, StoreError> {
        let _ = name;
        todo!()
    }

    /// A run with all its trials in key order.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn run(&self, id: &str) -> Result<Run, StoreError> {
        let _ = id;
        todo!()
    }

    /// All runs, newest first.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn list(&self) -> Result<Vec<RunRow>, StoreError> {
        todo!()
    }

    /// The newest run before `id` that shares a suite with it and has at least one trial.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn previous(&self, id: &str) -> Result<Option<String>, StoreError> {
        let _ = id;
        todo!()
    }

    /// Every recorded trial of one case (newest run first), with the id of its run.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn history(
        &self,
        suite: &str,
        case: &str,
        limit: u32,
    ) -> Result<Vec<(String, TrialResult)>, StoreError> {
        let _ = (suite, case, limit);
        todo!()
    }

    /// Adds or removes a tag.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn tag(&self, run: &str, tag: &str, present: bool) -> Result<(), StoreError> {
        let _ = (run, tag, present);
        todo!()
    }

    /// Deletes runs, and completions that no other run refers to.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn delete(&self, runs: &[String]) -> Result<(), StoreError> {
        let _ = runs;
        todo!()
    }

    /// The runs a retention rule would delete, oldest first.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn prunable(&self, rule: Retention, now: Timestamp) -> Result<Vec<RunRow>, StoreError> {
        let _ = (rule, now);
        todo!()
    }

    /// The answers of a run, for a cassette.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn answers(&self, run: &str) -> Result<Vec<RecordedAnswer>, StoreError> {
        let _ = run;
        todo!()
    }
}

impl AnswerSource for Store {
    fn answer(&self, key: Fingerprint) -> Result<Option<RecordedAnswer>, String> {
        let _ = key;
        todo!()
    }

    fn identity(&self, provider: &str, model: &str) -> Option<serde_json::Value> {
        let _ = (provider, model);
        todo!()
    }

    fn name(&self) -> String {
        PathBuf::from(self.path()).display().to_string()
    }
}
