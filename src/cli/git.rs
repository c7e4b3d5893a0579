//! The state of the user's repository, by the `git` command; absent where there is none.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::outcome::GitState;

/// Commit, branch and dirtiness of the repository around `folder`.
pub(crate) fn state(folder: &Path) -> Option<GitState> {
    let revision = git(folder, &["rev-parse", "HEAD"])?;
    let branch = git(folder, &["rev-parse", "--abbrev-ref", "HEAD"]).filter(|b| b != "HEAD");
    let dirty = !git(folder, &["status", "--porcelain", "--untracked-files=no"])?.is_empty();
    Some(GitState { revision, branch, dirty })
}

fn git(folder: &Path, args: &[&str]) -> Option<String> {
    let output = Command::new("git").arg("-C").arg(folder).args(args).stdin(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
