//! Writing a file whole or not at all.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

/// What becomes of a file that is there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// The new one takes its place; a reader never sees a part of it.
    Replace,
    /// It stays, and the new one is refused.
    Refuse,
}

/// A file that is written beside the place where it will be. Where it is never put there, nothing of it stays.
#[derive(Debug)]
pub struct NewFile {
    temporary: NamedTempFile,
    path: PathBuf,
}

impl NewFile {
    /// An empty file for this path, whose folder is there.
    ///
    /// # Errors
    /// The file system said no.
    pub fn of(path: &Path) -> io::Result<Self> {
        let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let mut builder = tempfile::Builder::new();
        builder.prefix(".regauge-");
        #[cfg(unix)]
        {
            // Temporary files are private by default; these are ordinary files.
            use std::os::unix::fs::PermissionsExt;
            builder.permissions(std::fs::Permissions::from_mode(0o666));
        }
        Ok(Self { temporary: builder.tempfile_in(folder)?, path: path.to_owned() })
    }

    /// What to write to.
    pub fn file(&mut self) -> &mut File {
        self.temporary.as_file_mut()
    }

    /// Puts it where it belongs, once it is on the disk.
    ///
    /// # Errors
    /// The file system said no; of a file that is refused, the kind is [`io::ErrorKind::AlreadyExists`].
    pub fn put(self, keep: Keep) -> io::Result<()> {
        self.temporary.as_file().sync_all()?;
        let put = match keep {
            Keep::Replace => self.temporary.persist(self.path),
            Keep::Refuse => self.temporary.persist_noclobber(self.path),
        };
        put.map(drop).map_err(|refused| refused.error)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn write(path: &Path, text: &str, keep: Keep) -> io::Result<()> {
        let mut new = NewFile::of(path)?;
        new.file().write_all(text.as_bytes())?;
        new.put(keep)
    }

    #[test]
    fn a_file_is_there_whole_and_nothing_else_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("r.xml");
        write(&path, "one", Keep::Refuse).unwrap();
        write(&path, "two", Keep::Replace).unwrap();
        let refused = write(&path, "three", Keep::Refuse).unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::AlreadyExists);
        NewFile::of(&path).unwrap().file().write_all(b"given up").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"two");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
        assert!(NewFile::of(&folder.path().join("no/r.xml")).is_err());
    }

    #[cfg(unix)]
    #[test]
    fn others_may_read_it() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let (ours, plain) = (folder.path().join("ours"), folder.path().join("plain"));
        write(&ours, "x", Keep::Refuse).unwrap();
        std::fs::write(&plain, "x").unwrap();
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode();
        assert_eq!(mode(&ours), mode(&plain));
    }
}
