//! A project: everything the user wrote, loaded and checked, with all findings at once.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::config::{self, Config, Env};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::embed;
use crate::golden;
use crate::knowledge::{self, Article};
use crate::prompt::PromptSet;
use crate::suite::{self, Context, Suite};

/// A project that may be planned and run.
#[derive(Debug)]
pub struct Project {
    /// Settings.
    pub config: Config,
    /// Prompts.
    pub prompts: Arc<PromptSet>,
    /// Knowledge sources by name.
    pub sources: BTreeMap<String, Vec<Arc<Article>>>,
    /// Suites in name order.
    pub suites: Vec<Suite>,
}

/// The nearest folder at or above `start` that holds a `regauge.toml`.
pub fn find_root(start: &Path) -> Option<PathBuf> {
    start.ancestors().find(|dir| dir.join(config::FILE_NAME).is_file()).map(Path::to_owned)
}

/// Loads and checks a project. The project is there only when no finding is an error.
pub fn load(root: &Path, env: Env<'_>) -> (Option<Project>, Diagnostics) {
    let (config, mut findings) = config::load(root, env);
    let Some(config) = config else { return (None, findings) };
    // A path that is not there was reported with the settings, at the line that names it.
    let there = |path: &Path| config.root.join(path).exists();
    let (prompts, found) = PromptSet::load(&config.root, &config.prompts);
    if there(&config.prompts) {
        findings.extend(found);
    }
    let mut sources = BTreeMap::new();
    for (name, spec) in config.knowledge.iter().filter(|(_, spec)| there(&spec.path)) {
        let (articles, found) = knowledge::load(&config.root, spec);
        findings.extend(found);
        sources.insert(name.clone(), articles);
    }
    let (goldens, found) = golden::load_all(&config.root, &config.golden);
    findings.extend(found);
    let embedder = embed::local(config::models_dir(env).as_deref());
    let context = Context {
        config: &config,
        prompts: &prompts,
        sources: &sources,
        goldens: &goldens,
        env,
        embedder: &embedder,
    };
    let (suites, found) = suite::load_all(&context);
    findings.extend(found);
    if suites.is_empty() && !findings.has_errors() {
        findings.push(
            Diagnostic::error("no suites found")
                .in_path(&config.suites)
                .help("write one TOML file per suite there; `regauge init` shows a working example"),
        );
    }
    if findings.has_errors() {
        return (None, findings);
    }
    (Some(Project { config, prompts: Arc::new(prompts), sources, suites }), findings)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_root_is_the_nearest_folder_with_settings() {
        let dir = tempfile::tempdir().unwrap();
        let deep = dir.path().join("a/b");
        std::fs::create_dir_all(&deep).unwrap();
        assert_eq!(find_root(&deep).filter(|r| r.starts_with(dir.path())), None);
        std::fs::write(dir.path().join("regauge.toml"), "").unwrap();
        assert_eq!(find_root(&deep), Some(dir.path().to_owned()));
    }
}
