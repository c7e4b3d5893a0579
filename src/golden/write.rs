//! Writing a golden file so that nobody's work is lost.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::golden::{Golden, to_text};
use crate::new_file::{Keep, NewFile};

/// A golden file that could not be written.
#[derive(Debug, thiserror::Error)]
pub enum GoldenFileError {
    /// The file changed since it was read, or appeared meanwhile.
    #[error("{} is there already and is not what was reviewed; nothing was overwritten", .0.display())]
    Changed(PathBuf),
    /// The file system said no.
    #[error("failed to write {}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

/// Writes a golden atomically. `reviewed` is the text of the file when it was shown to the person
/// (`None`: there was none); a file that differs from it is not overwritten.
///
/// # Errors
/// See [`GoldenFileError`].
pub fn write(path: &Path, golden: &Golden, reviewed: Option<&str>) -> Result<(), GoldenFileError> {
    let io = |source| GoldenFileError::Io { path: path.to_owned(), source };
    let present = match std::fs::read(path) {
        Ok(bytes) => Some(bytes),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(io(error)),
    };
    if present.as_deref().is_some_and(|bytes| reviewed.map(str::as_bytes) != Some(bytes)) {
        return Err(GoldenFileError::Changed(path.to_owned()));
    }
    let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::fs::create_dir_all(dir).map_err(io)?;
    let mut file = NewFile::of(path).map_err(io)?;
    file.file().write_all(to_text(golden).as_bytes()).map_err(io)?;
    let keep = if present.is_some() { Keep::Replace } else { Keep::Refuse };
    file.put(keep).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => GoldenFileError::Changed(path.to_owned()),
        _ => io(error),
    })?;
    sync_dir(dir).map_err(io)
}

/// Makes the rename itself last; only Unix lets a folder be synced.
#[cfg_attr(not(unix), expect(clippy::unnecessary_wraps, reason = "the Unix half can fail"))]
fn sync_dir(dir: &Path) -> io::Result<()> {
    #[cfg(unix)]
    std::fs::File::open(dir)?.sync_all()?;
    #[cfg(not(unix))]
    let _ = dir;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::golden::file::tests::golden;
    use crate::golden::{golden_path, load_all};

    #[test]
    fn an_unreviewed_file_is_never_overwritten() {
        let dir = tempfile::tempdir().unwrap();
        let path = golden_path(dir.path(), "s", "a/b");
        let first = golden(&["one"]);
        write(&path, &first, None).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(text, to_text(&first));
        assert!(matches!(write(&path, &golden(&["two"]), None), Err(GoldenFileError::Changed(_))));
        assert!(matches!(write(&path, &golden(&["two"]), Some("other")), Err(GoldenFileError::Changed(_))));
        assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
        write(&path, &golden(&["two"]), Some(&text)).unwrap();
        let names: Vec<_> = std::fs::read_dir(path.parent().unwrap()).unwrap().flatten().collect();
        assert_eq!(names.len(), 1, "nothing is left behind");
        let (goldens, findings) = load_all(dir.path(), Path::new(""));
        assert!(findings.is_empty());
        assert_eq!(goldens[&("s".to_owned(), "a/b".to_owned())].answers, ["two"]);
    }
}
