//! Suites: TOML files with cases and scorers; what was written ([`wire`]) → checked [`Suite`].

mod cases;
mod check;
mod customer;
mod defaults;
mod draft;
mod fields;
mod goldens;
mod perturb;
mod retrieval;
mod row;
mod scorers;
mod script;
mod sources;
mod stream;
mod sweep;
mod table;
pub mod wire;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use toml::Spanned;
use toml::de::DeTable;

use crate::case::Case;
use crate::config::{Config, Env, SuiteGate};
use crate::diagnostic::{Diagnostics, SourceFile};
use crate::embed::Embedder;
use crate::fingerprint::Fingerprint;
use crate::golden::Golden;
use crate::knowledge::{Knowledge, Overlay};
use crate::prompt::PromptSet;
use crate::retrieve::{Limits, Retrieval, Retrievals};
use crate::score::{Args, Bench, Markers, Scorer};

pub use cases::CasesMoved;
pub use script::ScoredTurn;
pub use stream::{CaseIter, Cases};

/// One suite, checked.
#[derive(Debug, Clone)]
pub struct Suite {
    /// The file's stem.
    pub id: String,
    /// Title for readers.
    pub title: String,
    /// More words.
    pub description: Option<String>,
    /// The file.
    pub file: SourceFile,
    /// Prompt names.
    pub prompts: Vec<String>,
    /// Model names.
    pub models: Vec<String>,
    /// The articles it works with.
    pub knowledge: Arc<Knowledge>,
    /// How passages are chosen.
    pub retrieval: Retrieval,
    /// How much a trial may be given, as far as the suite says.
    pub limits: Limits,
    /// Trials per case and variant.
    pub repeats: u32,
    /// Marker phrases for actions, shipped ones included.
    pub markers: Arc<Markers>,
    /// Cases with their scorers, in file order.
    pub cases: Cases,
    /// Hash of what all of its scorers go by.
    pub scorers: Fingerprint,
    /// Cases that have a golden file.
    pub with_file: BTreeSet<String>,
    /// Cases that decide nothing, until the day that their quarantine ends.
    pub quarantined: BTreeSet<String>,
    /// What the gate asks of it beside the rules of all.
    pub gate: Option<SuiteGate>,
}

/// A case and the scorers that judge it: the suite's first, then its own.
#[derive(Debug, Clone)]
pub struct ScoredCase {
    /// The case.
    pub case: Arc<Case>,
    /// Its scorers; of a script those that judge its end. Never empty, except of a script with scorers in its turns.
    pub scorers: Arc<[Scorer]>,
    /// The turns of its script with what judges them; empty without one.
    pub turns: Arc<[ScoredTurn]>,
    /// Hash of what these go by, marker phrases included.
    pub rules: Fingerprint,
    /// Its golden file, when there is one.
    pub golden: Option<Golden>,
}

/// What suites are checked against.
pub struct Context<'a> {
    /// Settings.
    pub config: &'a Config,
    /// Prompts.
    pub prompts: &'a PromptSet,
    /// Loaded knowledge sources by name.
    pub sources: &'a BTreeMap<String, Vec<Arc<crate::knowledge::Article>>>,
    /// Drafts that lie over them.
    pub overlay: Option<&'a Arc<Overlay>>,
    /// Goldens by (suite, case).
    pub goldens: &'a BTreeMap<(String, String), Golden>,
    /// The environment, for programs that scorers start.
    pub env: Env<'a>,
    /// The embedding model of this process.
    pub embedder: &'a Arc<dyn Embedder>,
    /// What judges are built from.
    pub bench: &'a Bench,
    /// Ways to choose passages, by name.
    pub retrievals: &'a Retrievals,
}

impl Context<'_> {
    /// What a scorer is built from.
    fn args<'t>(&'t self, table: &'t Spanned<DeTable<'t>>) -> Args<'t> {
        let Self { env, embedder, bench, .. } = *self;
        Args { table, root: &self.config.root, env, embedder, bench }
    }
}

impl Suite {
    /// Whether a scorer of it needs the embedding model.
    pub fn embeds(&self) -> bool {
        self.cases.scorers().any(|scorer| scorer.check.embeds())
    }
}

/// Reads and checks every `*.toml` in the suites folder, in name order.
pub fn load_all(context: &Context<'_>) -> (Vec<Suite>, Diagnostics) {
    check::load_all(context)
}

/// What the gate asks of single suites: `[gate]` of every suite file, of which nothing else is read; and the files of
/// which that cannot be read.
pub fn gates(config: &Config) -> (Vec<SuiteGate>, Vec<String>) {
    check::gates(config)
}

/// The JSON Schema of a suite, with a final line break.
pub fn schema_json() -> String {
    crate::config::schema::render::<wire::SuiteFile<'static>>()
}

/// Relative path for messages.
pub(crate) fn shown(root: &Path, path: &Path) -> PathBuf {
    path.strip_prefix(root).unwrap_or(path).to_owned()
}
