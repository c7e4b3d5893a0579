//! `regauge.toml`: what was written ([`wire`]) and the checked settings ([`Config`]).

mod bots;
mod check;
pub mod choice;
pub mod decode;
mod endpoint;
mod gate;
pub mod lint;
mod models;
pub mod paths;
mod providers;
pub mod range;
pub mod reader;
mod retrieval;
mod retriever;
pub mod schema;
mod secrets;
mod vendors;
pub mod wire;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::diagnostic::{Diagnostics, SourceFile};
use crate::knowledge::SourceSpec;
use crate::provider::ModelSpec;
use crate::retrieve::RetrievalSpec;

pub use gate::{Basis, GateRules, MetricRule, MustHold, RuleMetric, Slice, SuiteGate, check_suite};

/// Name of the settings file.
pub const FILE_NAME: &str = "regauge.toml";

/// The settings of a project, checked. Paths are relative to the project's root.
#[derive(Debug, Clone)]
pub struct Config {
    /// Folder of `regauge.toml`.
    pub root: PathBuf,
    /// The file itself, for findings that arise later.
    pub file: SourceFile,
    /// Folder of prompts.
    pub prompts: PathBuf,
    /// Folder of suites.
    pub suites: PathBuf,
    /// Folder of golden answers.
    pub golden: PathBuf,
    /// Folder of the store.
    pub store: PathBuf,
    /// Trials in flight at once.
    pub concurrency: usize,
    /// Trials per case and variant, where a suite does not say.
    pub repeats: u32,
    /// Trials that a case may have in the end where history or disagreement ask for more; at most 1: none.
    pub adaptive: u32,
    /// Seed.
    pub seed: u64,
    /// Most USD of a run.
    pub max_cost: Option<f64>,
    /// The prompt or model that every variant is held against.
    pub control: Option<String>,
    /// Whether every model is asked with the bare prompt, too.
    pub bare: bool,
    /// Models by name.
    pub models: BTreeMap<String, ModelSpec>,
    /// Knowledge sources by name.
    pub knowledge: BTreeMap<String, SourceSpec>,
    /// Ways to choose passages, by name.
    pub retrievals: BTreeMap<String, RetrievalSpec>,
    /// Model that judges.
    pub judge: Option<String>,
    /// How often a judge is asked, where a scorer does not say.
    pub judge_repeats: u32,
    /// How often every judge is asked, whatever the scorers say.
    pub forced_judge_repeats: Option<u32>,
    /// Rules a run must keep.
    pub gate: GateRules,
    /// Folder of drafts that are laid over the knowledge; no file says so.
    pub overlay: Option<PathBuf>,
    /// Rules of `check --deep` that are not applied.
    pub lint_off: std::collections::BTreeSet<String>,
}

/// Access to the environment, so that checks are testable: name → value.
pub type Env<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Folder for downloaded weights: `models` in `REGAUGE_CACHE_DIR`, or in the user's cache folder where there is one.
pub fn models_dir(env: Env<'_>) -> Option<PathBuf> {
    use etcetera::BaseStrategy as _;
    if let Some(folder) = env("REGAUGE_CACHE_DIR") {
        return Some(Path::new(&folder).join("models"));
    }
    let base = etcetera::choose_base_strategy().ok()?;
    Some(base.cache_dir().join("regauge").join("models"))
}

/// Folder for vectors of passages, beside [`models_dir`].
pub fn vectors_dir(env: Env<'_>) -> Option<PathBuf> {
    Some(models_dir(env)?.parent()?.join("vectors"))
}

/// Reads and checks `root/regauge.toml`. All mistakes are in the diagnostics; the settings are there
/// when nothing is so wrong that they would be meaningless.
pub fn load(root: &Path, env: Env<'_>) -> (Option<Config>, Diagnostics) {
    check::load(root, env)
}

/// The JSON Schema of `regauge.toml`, with a final line break.
pub fn schema_json() -> String {
    schema::render::<wire::SettingsFile>()
}
