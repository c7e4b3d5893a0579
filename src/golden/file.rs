//! Reading and writing golden files.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::diagnostic::{Diagnostics, SourceFile};
use crate::golden::Golden;

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

/// `folder/<suite>/<case>.md`; a case id's `/` become folders; characters no file system takes are percent-encoded.
pub fn golden_path(folder: &Path, suite: &str, case: &str) -> PathBuf {
    let _ = (folder, suite, case);
    todo!()
}

/// Reads one golden file; `None` when a finding makes it meaningless.
pub fn parse(file: &SourceFile, findings: &mut Diagnostics) -> Option<Golden> {
    let _ = (file, findings);
    todo!()
}

/// The file's text; `parse` of it gives an equal golden.
pub fn to_text(golden: &Golden) -> String {
    let _ = golden;
    todo!()
}

/// Reads every golden below `root/folder`, keyed by (suite, case).
pub fn load_all(root: &Path, folder: &Path) -> (BTreeMap<(String, String), Golden>, Diagnostics) {
    let _ = (root, folder);
    todo!()
}

/// Writes a golden atomically. `reviewed` is the text of the file when it was shown to the person
/// (`None`: there was none); a file that differs from it is not overwritten.
///
/// # Errors
/// See [`GoldenFileError`].
pub fn write(path: &Path, golden: &Golden, reviewed: Option<&str>) -> Result<(), GoldenFileError> {
    let _ = (path, golden, reviewed);
    todo!()
}
