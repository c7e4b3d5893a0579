//! What every test that drives the built binary needs: a project in a temporary folder, what a command said, and
//! patience.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

/// What the environment of whoever runs the tests must not decide, in capitals too.
const UNSET: [&str; 10] = [
    "columns",
    "http_proxy",
    "https_proxy",
    "all_proxy",
    "no_proxy",
    "no_color",
    "clicolor_force",
    "hf_endpoint",
    "visual",
    "editor",
];

/// A project folder that is deleted at the end of its test.
pub struct Project {
    dir: tempfile::TempDir,
    envs: Vec<(String, String)>,
}

impl Project {
    /// An empty folder.
    pub fn empty() -> Self {
        Self { dir: tempfile::tempdir().unwrap(), envs: Vec::new() }
    }

    /// Sets an environment variable for every command.
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.envs.push((name.to_owned(), value.to_owned()));
        self
    }

    /// A path below the project.
    pub fn path(&self, path: &str) -> PathBuf {
        self.dir.path().join(path)
    }

    /// Writes a file below the project.
    pub fn write(&self, path: &str, text: &str) {
        let path = self.path(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// A command in the project with a clean environment.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_regauge"));
        command.args(args).current_dir(self.dir.path()).stdin(Stdio::null());
        for name in UNSET {
            command.env_remove(name).env_remove(name.to_uppercase());
        }
        command.env("REGAUGE_CACHE_DIR", self.path("cache"));
        command.envs(self.envs.iter().map(|(k, v)| (k, v)));
        command
    }

    /// Runs a command to its end.
    pub fn run(&self, args: &[&str]) -> Done {
        Done::from(&self.command(args).output().unwrap(), self.dir.path())
    }

    /// Runs a command that must succeed and returns its stdout as JSON.
    pub fn json(&self, args: &[&str]) -> serde_json::Value {
        let done = self.run(args);
        assert_eq!(done.code, 0, "{}", done.all());
        serde_json::from_str(&done.stdout).unwrap_or_else(|e| panic!("{e}\n{}", done.all()))
    }
}

/// What a command printed and how it ended.
pub struct Done {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Done {
    fn from(output: &Output, dir: &Path) -> Self {
        let clean = |bytes: &[u8]| {
            let text = String::from_utf8(bytes.to_vec()).unwrap();
            let real = dir.canonicalize().unwrap();
            text.replace(&*real.to_string_lossy(), "[dir]").replace(&*dir.to_string_lossy(), "[dir]")
        };
        Self {
            code: output.status.code().unwrap_or(-1),
            stdout: clean(&output.stdout),
            stderr: clean(&output.stderr),
        }
    }

    /// Everything in one text, for snapshots.
    pub fn all(&self) -> String {
        format!("exit {}\n--- stdout\n{}--- stderr\n{}", self.code, self.stdout, self.stderr)
    }
}

/// Waits until something happened, or fails.
pub fn wait_until(happened: impl Fn() -> bool) {
    let limit = Instant::now() + Duration::from_mins(1);
    while !happened() {
        assert!(Instant::now() < limit, "it never happened");
        std::thread::sleep(Duration::from_millis(1));
    }
}
