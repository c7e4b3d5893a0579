//! Baselines that are kept in a file: what passed in a run, case by case, without its answers.
//!
//! `golden/baselines.toml` stands beside the golden answers and is committed, so that a gate in CI needs no store of
//! earlier runs, and a review sees which cases a baseline counts on. It holds per wording of a case the hashes of its
//! input and of its scorers, and per column how many of its trials passed; [`Baseline`] reads like a run
//! ([`Recorded`](crate::outcome::Recorded)) that has verdicts and no texts. Nothing but `regauge baseline set` moves it.

mod file;
mod recorded;
mod tally;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::diagnostic::Diagnostics;
use crate::outcome::RunInfo;

pub use recorded::{Baseline, Line, Tally};
pub use tally::{Loss, losses};

/// Name of the file, beside the folder of golden answers.
const FILE: &str = "baselines.toml";

/// The name that means no baseline at all.
pub const NONE: &str = "none";

/// Names that mean something else.
pub const RESERVED: [&str; 2] = ["latest", NONE];

/// All baselines of a project, by name.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Baselines(BTreeMap<String, Baseline>);

/// The file of a project whose golden answers are in `golden`.
pub fn path(golden: &Path) -> PathBuf {
    golden.with_file_name(FILE)
}

impl Baselines {
    /// Reads the file beside the golden answers; no file is no baseline.
    pub fn load(root: &Path, golden: &Path) -> (Self, Diagnostics) {
        file::load(root, &path(golden))
    }

    /// The baseline with this name.
    pub fn get(&self, name: &str) -> Option<&Baseline> {
        self.0.get(name)
    }

    /// All of them, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Baseline)> {
        self.0.iter().map(|(name, baseline)| (name.as_str(), baseline))
    }

    /// Puts a baseline in the place of the one with this name.
    pub fn insert(&mut self, name: &str, baseline: Baseline) {
        self.0.insert(name.to_owned(), baseline);
    }

    /// Takes a baseline out.
    pub fn remove(&mut self, name: &str) -> Option<Baseline> {
        self.0.remove(name)
    }

    /// The text of the file: the same for the same baselines.
    pub fn to_text(&self) -> String {
        file::to_text(self)
    }
}

/// Who made a baseline of a run, and why.
#[derive(Debug, Clone, PartialEq)]
pub struct Origin {
    /// The day.
    pub set: jiff::civil::Date,
    /// Who.
    pub author: Option<String>,
    /// Why.
    pub reason: Option<String>,
}

impl Baseline {
    /// What passed in a run, to be kept.
    ///
    /// # Errors
    /// The run cannot be read.
    pub fn of(run: &dyn crate::outcome::Recorded, origin: Origin) -> Result<Self, crate::outcome::ReadError> {
        tally::of(run, origin)
    }

    /// Takes over from an older baseline what it says of cases that decided nothing in this run.
    pub fn carry_over(&mut self, old: &Self) {
        tally::carry_over(self, old);
    }

    /// The run that it was made of.
    pub fn info(&self) -> &RunInfo {
        &self.info
    }
}
