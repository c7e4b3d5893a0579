//! A project with so many cases in a temporary folder, and the binary that works on it.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use crate::server::Server;

/// The key in the environment of every command.
pub const KEY: &str = "canary-7f3a/9+b2=c0ffee";

/// A project folder that is deleted at the end of its test.
pub struct Project {
    dir: tempfile::TempDir,
    envs: Vec<(String, String)>,
}

impl Project {
    /// A project whose model `mock` is asked at `server` for so many cases.
    pub fn new(server: &Server, cases: u32) -> Self {
        Self::at(&server.url(), cases, "")
    }

    /// The same for an address, with further keys for the model.
    pub fn at(url: &str, cases: u32, keys: &str) -> Self {
        let project = Self { dir: tempfile::tempdir().unwrap(), envs: Vec::new() };
        project.write(
            "regauge.toml",
            &format!(
                "[models.mock]\nprovider = \"openai\"\nmodel = \"mock-1\"\nbase_url = \"{url}\"\n\
                 api_key_env = \"MOCK_KEY\"\nmax_tokens = 50\n{keys}\n"
            ),
        );
        project.write("prompts/bare.j2", "{{ input }}\n");
        let mut suite = "title = \"All\"\nprompts = [\"bare\"]\nmodels = [\"mock\"]\n\n\
                         [[score]]\nkind = \"contains\"\nany = [\"hello\"]\n"
            .to_owned();
        for case in 0..cases {
            let _ = write!(suite, "\n[[case]]\nid = \"case-{case:04}\"\ninput = \"{}\"\n", input(case));
        }
        project.write("suites/all.toml", &suite);
        project.env("MOCK_KEY", KEY)
    }

    /// Writes a file below the project.
    pub fn write(&self, path: &str, text: &str) {
        let path = self.path(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// A path below the project.
    pub fn path(&self, path: &str) -> PathBuf {
        self.dir.path().join(path)
    }

    /// Every file of the project with its bytes.
    pub fn files(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let (mut folders, mut files) = (vec![self.path("")], Vec::new());
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    files.push((path.clone(), std::fs::read(path).unwrap()));
                }
            }
        }
        files
    }

    /// Sets an environment variable for every command.
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.envs.push((name.to_owned(), value.to_owned()));
        self
    }

    /// A command in the project with a clean environment.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_regauge"));
        command.args(args).current_dir(self.dir.path()).stdin(Stdio::null());
        for name in ["http_proxy", "https_proxy", "all_proxy", "no_proxy", "no_color", "hf_endpoint"] {
            command.env_remove(name).env_remove(name.to_uppercase());
        }
        command.env("REGAUGE_CACHE_DIR", self.path("cache"));
        command.envs(self.envs.iter().map(|(k, v)| (k, v)));
        command
    }

    /// Runs a command to its end.
    pub fn run(&self, args: &[&str]) -> Done {
        let output = self.command(args).output().unwrap();
        Done {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Starts a command and leaves it running, silently.
    pub fn start(&self, args: &[&str]) -> Child {
        self.command(args).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    }

    /// The newest run's report.
    pub fn report(&self) -> serde_json::Value {
        let done = self.run(&["report", "latest", "--format", "json"]);
        serde_json::from_str(&done.stdout).unwrap_or_else(|e| panic!("{e}\n{}", done.all()))
    }
}

/// What a customer asks in a case.
pub fn input(case: u32) -> String {
    format!("Case {case}: say hello.")
}

/// What a command printed and how it ended.
pub struct Done {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Done {
    /// Everything in one text.
    pub fn all(&self) -> String {
        format!("exit {}\n--- stdout\n{}--- stderr\n{}", self.code, self.stdout, self.stderr)
    }
}
