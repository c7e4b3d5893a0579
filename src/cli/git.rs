//! The state of the user's repository, by the `git` command; absent where there is none.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::Context as _;

use crate::outcome::GitState;

/// Commit, branch and dirtiness of the repository around `folder`.
pub(crate) fn state(folder: &Path) -> Option<GitState> {
    let revision = git(folder, &["rev-parse", "HEAD"])?;
    let branch = git(folder, &["rev-parse", "--abbrev-ref", "HEAD"]).filter(|b| b != "HEAD");
    let dirty = !git(folder, &["status", "--porcelain", "--untracked-files=no"])?.is_empty();
    Some(GitState { revision, branch, dirty })
}

/// Writes the project as a revision has it into a folder, and says which commit that is. The repository, its index and
/// the files of today stay as they are.
pub(crate) fn checkout(project: &Path, revision: &str, into: &Path) -> anyhow::Result<String> {
    anyhow::ensure!(!revision.is_empty() && !revision.starts_with('-'), "`{revision}` is no git revision");
    let commit = git(project, &["rev-parse", "--verify", "--quiet", &format!("{revision}^{{commit}}")])
        .with_context(|| format!("git knows no revision `{revision}`"))?;
    let below =
        git(project, &["rev-parse", "--show-prefix"]).context("the project is in no git repository")?;
    let top =
        git(project, &["rev-parse", "--show-toplevel"]).context("the project is in no git repository")?;
    let index = tempfile::tempdir()?;
    let tree = format!("{commit}:{}", below.trim_end_matches('/'));
    let prefix = format!("--prefix={}/", into.display());
    for args in [&["read-tree", &tree][..], &["checkout-index", "--all", &prefix][..]] {
        let mut command = Command::new("git");
        command.arg("-C").arg(&top).args(args).env("GIT_INDEX_FILE", index.path().join("index"));
        let output = command.stdin(Stdio::null()).output().context("git cannot be started")?;
        let said = String::from_utf8_lossy(&output.stderr);
        anyhow::ensure!(output.status.success(), "git {}: {}", args[0], said.trim());
    }
    Ok(commit)
}

fn git(folder: &Path, args: &[&str]) -> Option<String> {
    let output = Command::new("git").arg("-C").arg(folder).args(args).stdin(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
