//! A project with so many cases.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::{Child, Stdio};

use crate::server::Server;
pub use crate::support::{Project, wait_until};

/// The key in the environment of every command.
pub const KEY: &str = "canary-7f3a/9+b2=c0ffee";

impl Project {
    /// A project whose model `mock` is asked at `server` for so many cases.
    pub fn new(server: &Server, cases: u32) -> Self {
        Self::at(&server.url(), cases, "")
    }

    /// The same for an address, with further keys for the model.
    pub fn at(url: &str, cases: u32, keys: &str) -> Self {
        let project = Self::empty();
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

    /// Starts a command and leaves it running, silently.
    pub fn start(&self, args: &[&str]) -> Child {
        self.command(args).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    }

    /// The newest run's report.
    pub fn report(&self) -> serde_json::Value {
        self.json(&["report", "latest", "--format", "json"])
    }
}

/// What a customer asks in a case.
pub fn input(case: u32) -> String {
    format!("Case {case}: say hello.")
}
