//! One process at a time works on a run: a lock file that the system gives back when the process ends, however it ends.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

use super::StoreError;

/// The right to work on a run; given back when dropped.
#[derive(Debug)]
pub struct Claim {
    _file: File,
}

/// Claims a run; `None` when another process works on it.
pub(super) fn claim(store: &Path, run: &str) -> Result<Option<Claim>, StoreError> {
    let folder = running(store);
    let path = folder.join(run);
    let failed = |source| StoreError::Folder { path: path.clone(), source };
    std::fs::create_dir_all(&folder).map_err(failed)?;
    let file = File::options().create(true).truncate(false).write(true).open(&path).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(Claim { _file: file })),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(source)) => Err(failed(source)),
    }
}

/// Whether a process works on a run.
pub(super) fn is_claimed(store: &Path, run: &str) -> bool {
    let file = File::options().write(true).open(running(store).join(run));
    file.is_ok_and(|file| matches!(file.try_lock(), Err(TryLockError::WouldBlock)))
}

/// Removes the lock files of runs that have ended.
pub(super) fn forget(store: &Path, run: &str) {
    // A file that stays is an empty one in a folder of its own; the next run does not mind.
    _ = std::fs::remove_file(running(store).join(run));
}

/// The folder beside the store with a file for each run that goes on.
pub(super) fn running(store: &Path) -> PathBuf {
    store.parent().unwrap_or(store).join("running")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_claimed_once() {
        let folder = tempfile::tempdir().unwrap();
        let store = folder.path().join("regauge.db");
        let first = claim(&store, "r").unwrap();
        assert!(first.is_some());
        assert!(claim(&store, "r").unwrap().is_none());
        assert!(is_claimed(&store, "r") && !is_claimed(&store, "other"));
        assert!(claim(&store, "other").unwrap().is_some());
        drop(first);
        assert!(claim(&store, "r").unwrap().is_some());
        forget(&store, "r");
        assert!(!folder.path().join("running/r").exists());
    }
}
