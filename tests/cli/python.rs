//! Python with packages, for what only other people's readers can say: whether they read what regauge writes.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Mutex;

/// One installation at a time: tests run side by side.
static INSTALLING: Mutex<()> = Mutex::new(());

/// Runs a script with these packages in `folder`; it must succeed. What it prints is returned.
pub fn run(packages: &[&str], folder: &Path, script: &str, args: &[&str]) -> String {
    let library = installed(packages);
    let mut python = Command::new("python3");
    python.arg("-c").arg(script).args(args).current_dir(folder).env("PYTHONPATH", library);
    text(&python.output().unwrap())
}

/// The folder that holds the packages; pip puts them there once.
fn installed(packages: &[&str]) -> PathBuf {
    let _one = INSTALLING.lock().unwrap();
    let name: String =
        packages.join("-").chars().map(|c| if c.is_alphanumeric() { c } else { '-' }).collect();
    let library = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("python-{name}"));
    let whole = library.join("whole");
    if !whole.exists() {
        let mut pip = Command::new("python3");
        pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--upgrade", "--target"]);
        text(&pip.arg(&library).args(packages).output().unwrap());
        std::fs::write(whole, "").unwrap();
    }
    library
}

fn text(output: &Output) -> String {
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "these tests need python3 with pip, as the README says:\n{stderr}");
    String::from_utf8(output.stdout.clone()).unwrap()
}
