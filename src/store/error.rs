//! What can go wrong with a store, in kinds that a caller can tell apart.
//!
//! Inside the store, work on rows returns a [`Fault`], which knows nothing of files; the open store
//! turns it into a [`StoreError`] that names the file and says what to do.

use std::io;
use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;

use crate::shorten::first_of;

/// A store that cannot do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The folder or its `.gitignore` could not be made.
    #[error("failed to create the store folder {}: {source}", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A newer program wrote the file.
    #[error(
        "{} has store format {found} (last opened for writing by regauge {program}), but this is regauge \
         {this}, which reads formats up to {known}; nothing was changed: update regauge, or name another \
         folder as `store` in regauge.toml",
        path.display()
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Format of the file.
        found: u32,
        /// Newest format that this program reads.
        known: u32,
        /// Version of the program that brought the file to its format.
        program: String,
        /// Version of this program.
        this: &'static str,
    },
    /// The file holds something else.
    #[error(
        "{} is not a regauge store ({why}); nothing was changed: move the file away, or name another folder \
         as `store` in regauge.toml",
        path.display()
    )]
    NotAStore {
        /// The file.
        path: PathBuf,
        /// What it looks like.
        why: String,
    },
    /// The file or one of its rows cannot be read.
    #[error(
        "{} is damaged ({detail}); nothing was changed: restore a copy of it, or move it away to begin a \
         new store",
        path.display()
    )]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// What was found.
        detail: String,
    },
    /// Another process held the file for too long.
    #[error(
        "{} is locked: another process has been writing to it for more than {seconds} s; try again when it \
         is done",
        path.display()
    )]
    Locked {
        /// The file.
        path: PathBuf,
        /// How long was waited, in seconds.
        seconds: u64,
    },
    /// The file may not be written.
    #[error("{} cannot be written: the file, its folder or the file system is read-only", path.display())]
    ReadOnly {
        /// The file.
        path: PathBuf,
    },
    /// The file may not be opened.
    #[error(
        "{} cannot be opened ({detail}); even reading needs write access to its folder, where the log of \
         the database lies",
        path.display()
    )]
    CannotOpen {
        /// The file.
        path: PathBuf,
        /// Why.
        detail: String,
    },
    /// No space is left.
    #[error("no space is left for {}; what was recorded before is kept", path.display())]
    DiskFull {
        /// The file.
        path: PathBuf,
    },
    /// The disk or file system failed.
    #[error("the disk failed while {} was used ({detail}); what was recorded before is kept", path.display())]
    Disk {
        /// The file.
        path: PathBuf,
        /// What the database said.
        detail: String,
    },
    /// A score that is not a number: there is a fault in a scorer.
    #[error(
        "scorer `{score}` gave case `{case}` a value that is not a number; the trials recorded together with it are not kept"
    )]
    NotANumber {
        /// The scorer's label.
        score: String,
        /// The case.
        case: String,
    },
    /// Whoever was handed the answers could not take them.
    #[error("failed to write the answers: {source}")]
    Handing {
        /// Why.
        source: io::Error,
    },
    /// Anything else that the database refused.
    #[error("failed to use {}: {source}", path.display())]
    Database {
        /// The file.
        path: PathBuf,
        /// What it said.
        source: rusqlite::Error,
    },
    /// There is no run yet.
    #[error("{} holds no run yet", path.display())]
    NoRuns {
        /// The file.
        path: PathBuf,
    },
    /// `latest~N` reaches back too far.
    #[error("`{name}` reaches back further than there are runs ({runs})")]
    TooFarBack {
        /// As typed.
        name: String,
        /// Runs in the store.
        runs: u64,
    },
    /// Nothing has this id, prefix or tag.
    #[error("no run has the id or tag `{name}`{}", suggestion(near.as_deref()))]
    UnknownRun {
        /// As typed.
        name: String,
        /// A near tag.
        near: Option<String>,
    },
    /// The beginning of an id, but too little of it.
    #[error("`{name}` is too short: the beginning of a run id needs at least {least} characters")]
    ShortPrefix {
        /// As typed.
        name: String,
        /// Least number of characters.
        least: usize,
    },
    /// The beginning of several ids.
    #[error("`{name}` is the beginning of {} run ids: {}", candidates.len(), first_of(candidates, SHOWN))]
    Ambiguous {
        /// As typed.
        name: String,
        /// The ids, newest first.
        candidates: Vec<String>,
    },
    /// A run of that id was begun before, with other facts.
    #[error("a different run with the id {id} is in the store already")]
    RunExists {
        /// The id.
        id: String,
    },
    /// A name that no tag may have.
    #[error("`{tag}` cannot be a tag: {why}")]
    BadTag {
        /// As typed.
        tag: String,
        /// Which rule it breaks.
        why: &'static str,
    },
}

/// Most ids that a message lists.
const SHOWN: usize = 5;

fn suggestion(near: Option<&str>) -> String {
    near.map(|n| format!("; did you mean `{n}`?")).unwrap_or_default()
}

/// A failure of work on rows, before it is known which file it was about.
#[derive(Debug)]
pub(super) enum Fault {
    /// The database said no.
    Sqlite(rusqlite::Error),
    /// A row holds what no row may hold.
    Damaged(String),
    /// There is no run with this id.
    NoRun(String),
    /// Already a precise error.
    Precise(StoreError),
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        Self::Precise(error)
    }
}

impl Fault {
    /// The same failure with the file it was about, after waiting `seconds` for locks.
    pub(super) fn at(self, path: &Path, seconds: u64) -> StoreError {
        let path = path.to_owned();
        match self {
            Self::Precise(error) => error,
            Self::NoRun(name) => StoreError::UnknownRun { name, near: None },
            Self::Damaged(detail) => StoreError::Corrupt { path, detail },
            Self::Sqlite(error) => of_sqlite(error, path, seconds),
        }
    }

    /// Whoever was handed the rows could not take them.
    pub(super) fn handing(source: io::Error) -> Self {
        Self::Precise(StoreError::Handing { source })
    }

    /// Whether another connection is in the way.
    pub(super) fn is_locked(&self) -> bool {
        use ErrorCode::{DatabaseBusy, DatabaseLocked};
        matches!(self, Self::Sqlite(e) if matches!(e.sqlite_error_code(), Some(DatabaseBusy | DatabaseLocked)))
    }
}

fn of_sqlite(error: rusqlite::Error, path: PathBuf, seconds: u64) -> StoreError {
    use rusqlite::Error::{FromSqlConversionFailure, IntegralValueOutOfRange, InvalidColumnType};
    let detail = error.to_string();
    if matches!(error, FromSqlConversionFailure(..) | IntegralValueOutOfRange(..) | InvalidColumnType(..)) {
        return StoreError::Corrupt { path, detail };
    }
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => StoreError::Locked { path, seconds },
        Some(ErrorCode::ReadOnly) => StoreError::ReadOnly { path },
        Some(ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => StoreError::CannotOpen { path, detail },
        Some(ErrorCode::DiskFull) => StoreError::DiskFull { path },
        Some(ErrorCode::SystemIoFailure) => StoreError::Disk { path, detail },
        Some(ErrorCode::DatabaseCorrupt) => StoreError::Corrupt { path, detail },
        Some(ErrorCode::NotADatabase) => StoreError::NotAStore { path, why: "it is not a database".into() },
        _ => StoreError::Database { path, source: error },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rusqlite::ffi;

    fn of_code(code: i32) -> StoreError {
        let error = rusqlite::Error::SqliteFailure(ffi::Error::new(code), None);
        Fault::from(error).at(Path::new("x/regauge.db"), 30)
    }

    #[test]
    fn every_cause_has_its_own_kind() {
        assert!(matches!(of_code(ffi::SQLITE_BUSY), StoreError::Locked { seconds: 30, .. }));
        assert!(matches!(of_code(ffi::SQLITE_BUSY_SNAPSHOT), StoreError::Locked { .. }));
        assert!(matches!(of_code(ffi::SQLITE_READONLY), StoreError::ReadOnly { .. }));
        assert!(matches!(of_code(ffi::SQLITE_CANTOPEN), StoreError::CannotOpen { .. }));
        assert!(matches!(of_code(ffi::SQLITE_FULL), StoreError::DiskFull { .. }));
        assert!(matches!(of_code(ffi::SQLITE_IOERR), StoreError::Disk { .. }));
        assert!(matches!(of_code(ffi::SQLITE_CORRUPT), StoreError::Corrupt { .. }));
        assert!(matches!(of_code(ffi::SQLITE_NOTADB), StoreError::NotAStore { .. }));
        assert!(matches!(of_code(ffi::SQLITE_CONSTRAINT), StoreError::Database { .. }));
    }

    #[test]
    fn a_row_of_the_wrong_type_is_damage() {
        let error = rusqlite::Error::InvalidColumnType(0, "seed".into(), rusqlite::types::Type::Text);
        assert!(matches!(Fault::from(error).at(Path::new("x"), 1), StoreError::Corrupt { .. }));
    }

    #[test]
    fn long_lists_of_candidates_are_cut() {
        let candidates: Vec<String> = (0..7).map(|n| format!("run{n}")).collect();
        let text = StoreError::Ambiguous { name: "run".into(), candidates }.to_string();
        assert_eq!(text, "`run` is the beginning of 7 run ids: run0, run1, run2, run3, run4 and 2 more");
    }

    #[test]
    fn the_file_and_what_to_do_are_named() {
        let text = of_code(ffi::SQLITE_BUSY).to_string();
        assert!(text.starts_with("x/regauge.db is locked") && text.contains("30 s"), "{text}");
    }
}
