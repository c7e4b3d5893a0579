//! `regauge.toml`: what was written ([`wire`]) and the checked settings ([`Config`]).

mod bots;
mod check;
pub mod choice;
pub mod decode;
mod endpoint;
pub mod lint;
mod models;
pub mod paths;
mod providers;
pub mod range;
pub mod reader;
pub mod schema;
mod secrets;
mod vendors;
pub mod wire;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::diagnostic::{Diagnostics, SourceFile};
use crate::knowledge::SourceSpec;
use crate::provider::ModelSpec;

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
    /// Seed.
    pub seed: u64,
    /// Most USD of a run.
    pub max_cost: Option<f64>,
    /// Models by name.
    pub models: BTreeMap<String, ModelSpec>,
    /// Knowledge sources by name.
    pub knowledge: BTreeMap<String, SourceSpec>,
    /// Model that judges.
    pub judge: Option<String>,
    /// How often a judge is asked, where a scorer does not say.
    pub judge_repeats: u32,
    /// How often every judge is asked, whatever the scorers say.
    pub forced_judge_repeats: Option<u32>,
    /// Rules a run must keep.
    pub gate: GateRules,
    /// Rules of `check --deep` that are not applied.
    pub lint_off: std::collections::BTreeSet<String>,
}

/// `[gate]`, checked; absent rules do not apply.
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize)]
pub struct GateRules {
    /// Prompts whose columns are gated; empty = all.
    pub prompts: Vec<String>,
    /// Least pass rate of every variant, 0..=1.
    pub min_pass_rate: Option<f64>,
    /// Most share of errored trials, 0..=1; absent = none may error.
    pub max_error_rate: Option<f64>,
    /// Whether every critical case must pass.
    pub critical_all: bool,
    /// Which cases that passed in the earlier run must hold.
    pub must_hold: MustHold,
    /// The loss of pass rate against the earlier run that does not matter, 0..=1; absent = not compared.
    pub no_worse: Option<f64>,
    /// Labels of scorers of which not one trial may fail.
    pub never: Vec<String>,
    /// The run that others are held against: an id, a tag or a git branch. Relative rules need one, which never moves by itself.
    pub baseline: Option<String>,
    /// Whether what is inconclusive may pass.
    pub inconclusive_passes: bool,
}

/// Which cases that passed in every trial of the earlier run must hold.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum MustHold {
    /// None.
    #[default]
    Off,
    /// Those of tier `critical`.
    Critical,
    /// All that passed.
    Passed,
}

impl MustHold {
    /// The name used in files and reports.
    pub fn name(self) -> &'static str {
        match self {
            MustHold::Off => "off",
            MustHold::Critical => "critical",
            MustHold::Passed => "passed",
        }
    }
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

/// Reads and checks `root/regauge.toml`. All mistakes are in the diagnostics; the settings are there
/// when nothing is so wrong that they would be meaningless.
pub fn load(root: &Path, env: Env<'_>) -> (Option<Config>, Diagnostics) {
    check::load(root, env)
}

/// The JSON Schema of `regauge.toml`, with a final line break.
pub fn schema_json() -> String {
    schema::render::<wire::SettingsFile>()
}
