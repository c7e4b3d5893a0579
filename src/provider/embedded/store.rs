//! Files in the cache directory: hashing, locking, and moving into place.
//!
//! A file under its final name is always complete. Beside it, `<file>.verified` notes what was hashed, so
//! that half a gigabyte is not read again at every start.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use sha2::{Digest, Sha256};

use super::error::EmbeddedError;

const PIECE: usize = 1 << 20;

/// A SHA-256 in the usual notation.
pub(super) fn hex(hash: &Sha256) -> String {
    let digits = b"0123456789abcdef";
    let digit = |n: u8| char::from(digits[usize::from(n)]);
    hash.clone().finalize().iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// The SHA-256 of a file.
pub(super) fn sha256(path: &Path) -> Result<String, EmbeddedError> {
    let fail = |e| EmbeddedError::io("read", path, e);
    let mut file = File::open(path).map_err(fail)?;
    let mut hash = Sha256::new();
    let mut piece = vec![0; PIECE];
    loop {
        let n = file.read(&mut piece).map_err(fail)?;
        if n == 0 {
            return Ok(hex(&hash));
        }
        hash.update(&piece[..n]);
    }
}

/// The SHA-256 of a file in the cache directory, remembered as long as the file does not change.
pub(super) fn remembered_sha256(path: &Path) -> Result<String, EmbeddedError> {
    let stamp = stamp(path)?;
    let note = with_suffix(path, "verified");
    if let Ok(text) = fs::read_to_string(&note)
        && let Some((hash, seen)) = text.trim_end().split_once(' ')
        && seen == stamp
    {
        return Ok(hash.to_owned());
    }
    let hash = sha256(path)?;
    remember_sha256(path, &hash);
    Ok(hash)
}

/// Notes the SHA-256 of a file that was just checked.
pub(super) fn remember_sha256(path: &Path, hash: &str) {
    if let Ok(stamp) = stamp(path) {
        // Without the note the file is hashed again next time, which is all that is lost.
        let _ = fs::write(with_suffix(path, "verified"), format!("{hash} {stamp}\n"));
    }
}

/// Size and time of change.
fn stamp(path: &Path) -> Result<String, EmbeddedError> {
    let fail = |e| EmbeddedError::io("read", path, e);
    let metadata = fs::metadata(path).map_err(fail)?;
    let changed = metadata.modified().map_err(fail)?;
    let changed = changed.duration_since(UNIX_EPOCH).unwrap_or_default();
    Ok(format!("{} {}", metadata.len(), changed.as_nanos()))
}

/// `<path>.<suffix>`, whatever extension the path has already.
pub(super) fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(suffix);
    PathBuf::from(name)
}

/// Holds the lock of one file until dropped, against other processes too.
#[derive(Debug)]
pub(super) struct Lock {
    _file: File,
}

impl Lock {
    /// Waits for the lock. Blocks.
    pub(super) fn wait(path: &Path) -> Result<Self, EmbeddedError> {
        let path = with_suffix(path, "lock");
        let fail = |e| EmbeddedError::io("lock", &path, e);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(fail)?;
        }
        let file = File::create(&path).map_err(fail)?;
        file.lock().map_err(fail)?;
        Ok(Self { _file: file })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    #[test]
    fn hashes_are_remembered_until_the_file_changes() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("m.gguf");
        fs::write(&path, "abc").unwrap();
        assert_eq!(remembered_sha256(&path).unwrap(), ABC);
        let note = dir.path().join("m.gguf.verified");
        let text = fs::read_to_string(&note).unwrap();
        assert!(text.starts_with(ABC));
        fs::write(&note, text.replace(ABC, "remembered")).unwrap();
        assert_eq!(remembered_sha256(&path).unwrap(), "remembered");
        fs::write(&path, "abcd").unwrap();
        assert_ne!(remembered_sha256(&path).unwrap(), "remembered");
    }

    #[test]
    fn a_lock_is_exclusive() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("deep/m.gguf");
        let lock = Lock::wait(&path).unwrap();
        let other = File::open(dir.path().join("deep/m.gguf.lock")).unwrap();
        assert!(other.try_lock().is_err());
        drop(lock);
        assert!(other.try_lock().is_ok());
    }
}
