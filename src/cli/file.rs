//! Files of the user: writing one whole or not at all, reading one of rows.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;

use anyhow::Context as _;

use super::Findings;
use crate::knowledge::read_text;
use crate::new_file::{Keep, NewFile};
use crate::quotes;

/// Puts a file in the place of what is there; a reader never sees a part of it.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    replace_with(path, |file| Ok(file.write_all(bytes)?))
}

/// [`replace`] with what `write` writes piece by piece.
pub(crate) fn replace_with<T>(
    path: &Path,
    write: impl FnOnce(&mut File) -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    let failed = || format!("failed to write {}", path.display());
    // A device or a pipe, such as /dev/stdout, is written to: another file in its place would be none.
    if std::fs::metadata(path).is_ok_and(|there| !there.is_file() && !there.is_dir()) {
        let mut there = std::fs::OpenOptions::new().write(true).open(path).with_context(failed)?;
        return write(&mut there).with_context(failed);
    }
    let mut new = NewFile::of(path).with_context(failed)?;
    let done = write(new.file()).with_context(failed)?;
    new.put(Keep::Replace).with_context(failed)?;
    Ok(done)
}

/// Reads a file of rows; a byte order mark is left out, and of CSV a quote that is not closed is a mistake.
pub(super) fn read_rows(path: &Path) -> anyhow::Result<String> {
    let text = read_text(path, path).map_err(|finding| Findings(finding.into()))?;
    if path.extension().is_some_and(|ending| ending == "csv")
        && let Some(open) = quotes::unclosed(&text)
    {
        anyhow::bail!("{}:{}: {open}", path.display(), open.line);
    }
    Ok(text.trim_start_matches('\u{feff}').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_cannot_be_written_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("r.xml");
        replace(&path, b"one").unwrap();
        assert!(replace_with(&path, |_| anyhow::bail!("half way") as anyhow::Result<()>).is_err());
        assert_eq!(std::fs::read(&path).unwrap(), b"one");
        let error = replace(&folder.path().join("no/r.xml"), b"x").unwrap_err().to_string();
        assert!(error.starts_with("failed to write"), "{error}");
    }
}
