//! Programs that are started to answer on their standard input and output: what they are given, and what they
//! leave behind when they end.

mod last_words;

use std::path::{Component, Path, PathBuf};
use std::process::{Command, Stdio};

use crate::fingerprint::Fingerprint;
use crate::secret::Secret;

pub use last_words::LastWords;

/// Variables that every program is given: what it needs to be found and to run, and no keys.
pub const BASE_ENV: &[&str] = &[
    "PATH",
    "HOME",
    "USER",
    "LANG",
    "LC_ALL",
    "LC_CTYPE",
    "TZ",
    "TMPDIR",
    "TMP",
    "TEMP",
    "VIRTUAL_ENV",
    "LD_LIBRARY_PATH",
    "SYSTEMROOT",
    "SYSTEMDRIVE",
    "COMSPEC",
    "PATHEXT",
    "USERPROFILE",
    "APPDATA",
    "LOCALAPPDATA",
];

/// The variables of [`BASE_ENV`] that are set, with their values.
pub fn base_env(env: &dyn Fn(&str) -> Option<String>) -> Vec<(String, String)> {
    BASE_ENV.iter().filter_map(|name| Some(((*name).to_owned(), env(name)?))).collect()
}

/// A variable that the user names.
#[derive(Debug, Clone)]
pub struct ChildEnv {
    /// Its name.
    pub name: String,
    /// Its value; absent where it is not set.
    pub value: Option<Secret>,
}

/// A program that answers on its standard input and output.
#[derive(Debug, Clone)]
pub struct CommandSpec {
    /// The program and its arguments.
    pub words: Vec<String>,
    /// Folder it runs in.
    pub folder: PathBuf,
    /// The variables of [`BASE_ENV`] that are set, with their values.
    pub base: Vec<(String, String)>,
    /// The variables that the user names; nothing else is passed on.
    pub env: Vec<ChildEnv>,
    /// Processes at once.
    pub workers: usize,
}

impl CommandSpec {
    /// Hash of the command line and of the scripts in it, so that a changed script is another model.
    ///
    /// Scripts are the words that name files below the folder; a program of the machine is none.
    pub fn fingerprint(&self) -> Fingerprint {
        let scripts: Vec<(&str, Fingerprint)> = self
            .words
            .iter()
            .filter(|word| is_below(Path::new(word.as_str())))
            .filter_map(|word| {
                let bytes = std::fs::read(self.folder.join(word)).ok()?;
                Some((word.as_str(), Fingerprint::of_bytes(&bytes)))
            })
            .collect();
        Fingerprint::of(&(&self.words, scripts))
    }

    /// The program, ready to be started with pipes, in its folder and with its variables alone; `None` without a name.
    pub fn launch(&self) -> Option<Command> {
        let (program, arguments) = self.words.split_first()?;
        let mut command = Command::new(program);
        command
            .args(arguments)
            .current_dir(&self.folder)
            .env_clear()
            .envs(self.base.iter().map(|(name, value)| (name, value)))
            .envs(self.env.iter().filter_map(|e| Some((&e.name, e.value.as_ref()?.expose()))))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        Some(command)
    }

    /// A variable that is named and not set.
    pub fn unset(&self) -> Option<&str> {
        self.env.iter().find(|e| e.value.is_none()).map(|e| e.name.as_str())
    }

    /// The command line as it is shown.
    pub fn shown(&self) -> String {
        self.words.join(" ")
    }
}

fn is_below(path: &Path) -> bool {
    path.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_script_is_another_model() {
        let dir = tempfile::tempdir().unwrap();
        let spec = |words: &[&str]| CommandSpec {
            words: words.iter().map(ToString::to_string).collect(),
            folder: dir.path().to_owned(),
            base: Vec::new(),
            env: Vec::new(),
            workers: 1,
        };
        let run = spec(&["python3", "bot.py"]);
        let absent = run.fingerprint();
        std::fs::write(dir.path().join("bot.py"), "1").unwrap();
        let first = run.fingerprint();
        std::fs::write(dir.path().join("bot.py"), "2").unwrap();
        assert!(absent != first && first != run.fingerprint());
        assert_ne!(run.fingerprint(), spec(&["python3", "bot.py", "-v"]).fingerprint());
        assert!(
            !is_below(Path::new("/bin/sh")) && !is_below(Path::new("../x")) && is_below(Path::new("./a/b"))
        );
    }
}
