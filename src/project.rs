//! A project: everything the user wrote, loaded and checked, with all findings at once.

mod quarantine;
mod rules;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::config::{self, Config, Env};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::embed;
use crate::golden;
use crate::knowledge::{self, Article, Overlay};
use crate::prompt::PromptSet;
use crate::retrieve::{Retrievals, Tools};
use crate::score::Bench;
use crate::suite::{self, Context, Suite};

/// A project that may be planned and run.
#[derive(Debug, Clone)]
pub struct Project {
    /// Settings.
    pub config: Config,
    /// Prompts.
    pub prompts: Arc<PromptSet>,
    /// Knowledge sources by name.
    pub sources: BTreeMap<String, Vec<Arc<Article>>>,
    /// Drafts that lie over them.
    pub overlay: Option<Arc<Overlay>>,
    /// Suites in name order.
    pub suites: Vec<Suite>,
    /// What judges are built from.
    pub bench: Bench,
    /// Ways to choose passages, by name.
    pub retrievals: Retrievals,
}

/// The nearest folder at or above `start` that holds a `regauge.toml`.
pub fn find_root(start: &Path) -> Option<PathBuf> {
    start.ancestors().find(|dir| dir.join(config::FILE_NAME).is_file()).map(Path::to_owned)
}

/// Loads and checks a project. The project is there only when no finding is an error.
pub fn load(root: &Path, env: Env<'_>) -> (Option<Project>, Diagnostics) {
    load_with(root, env, |_| {})
}

/// [`load`], with settings that are changed before they are used.
pub fn load_with(
    root: &Path,
    env: Env<'_>,
    change: impl FnOnce(&mut Config),
) -> (Option<Project>, Diagnostics) {
    let (config, mut findings) = config::load(root, env);
    let Some(mut config) = config else { return (None, findings) };
    change(&mut config);
    let (prompts, found) = PromptSet::load(&config.root, &config.prompts);
    if is_there(&config, &config.prompts) {
        findings.extend(found);
    }
    let prompts = Arc::new(prompts);
    let mut sources = articles(&config, &mut findings);
    let overlay = config.overlay.as_ref().map(|folder| {
        let (laid, found) = knowledge::lay(&config.root, folder, config.knowledge.values(), &mut sources);
        findings.extend(found);
        Arc::new(laid)
    });
    let (goldens, found) = golden::load_all(&config.root, &config.golden);
    findings.extend(found);
    let (certificates, found) = golden::Certificates::load(&config.root, &config.golden);
    findings.extend(found);
    let bench = bench(&config, &prompts, certificates);
    let embedder = embed::local(config::models_dir(env).as_deref());
    let tools = Tools { embedder: embedder.clone(), vectors: config::vectors_dir(env) };
    let retrievals = Retrievals::new(config.retrievals.values(), &tools);
    let context = Context {
        config: &config,
        prompts: &prompts,
        sources: &sources,
        overlay: overlay.as_ref(),
        goldens: &goldens,
        env,
        embedder: &embedder,
        bench: &bench,
        retrievals: &retrievals,
    };
    let (mut suites, found) = suite::load_all(&context);
    findings.extend(found);
    let (quarantine, found) = golden::Quarantine::load(&config.root, &config.golden, bench.today);
    findings.extend(found);
    if !findings.has_errors() {
        findings.extend(quarantine::apply(&quarantine, &mut suites));
    }
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
    config.gate.suites = suites.iter().filter_map(|suite| suite.gate.clone()).collect();
    findings.extend(rules::check(&config.gate, &suites));
    (Some(Project { config, prompts, sources, overlay, suites, bench, retrievals }), findings)
}

/// Whether a path of the settings is there; of one that is not, the settings' own findings say so at its line.
fn is_there(config: &Config, path: &Path) -> bool {
    config.root.join(path).exists()
}

/// The articles of every knowledge source, by its name.
fn articles(config: &Config, findings: &mut Diagnostics) -> BTreeMap<String, Vec<Arc<Article>>> {
    let mut sources = BTreeMap::new();
    for (name, spec) in config.knowledge.iter().filter(|(_, spec)| is_there(config, &spec.path)) {
        let (articles, found) = knowledge::load(&config.root, spec);
        findings.extend(found);
        sources.insert(name.clone(), articles);
    }
    sources
}

/// What judges are built from.
fn bench(config: &Config, prompts: &Arc<PromptSet>, certificates: golden::Certificates) -> Bench {
    Bench {
        prompts: Some(prompts.clone()),
        model: config.judge.clone(),
        models: config.models.clone(),
        repeats: config.judge_repeats,
        forced_repeats: config.forced_judge_repeats,
        certificates,
        today: crate::clock::now().to_zoned(jiff::tz::TimeZone::UTC).date(),
    }
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
