//! Experiments: what is to be shown, by which arms and cases, stated before the result is seen; what came out; what was
//! decided; and how often the same base was tried against.
//!
//! `golden/experiments.toml` stands beside the baselines and is committed, so that a review sees plan, result and decision
//! together. A result is added and never replaced, and carries the hash of the plan that it was measured by: a plan that is
//! edited afterwards makes it post hoc ([`Found::after_the_fact`]). **Tries.** Of ten templates that change nothing, one looks
//! better than the base by chance; so every result against the same base on the same suites counts, whichever experiment it
//! belongs to, and p-values are adjusted for all of them by Holm (`tries.rs`).

mod file;
mod measure;
#[cfg(test)]
mod samples;
mod tries;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::diagnostic::Diagnostics;
use crate::diff::{Finding, Metric};
use crate::fingerprint::Fingerprint;
use crate::outcome::{Fingerprints, VariantKey};
use crate::stats::Interval;

pub use measure::{Measured, identities, measure};
pub use tries::{Standing, standings};

/// Name of the file, beside the folder of golden answers.
const FILE: &str = "experiments.toml";

/// All experiments of a project, by name.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Experiments(BTreeMap<String, Experiment>);

/// One experiment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Experiment {
    /// What is thought to be so.
    pub hypothesis: String,
    /// When the plan was stated.
    pub stated: Timestamp,
    /// Who stated it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
    /// How it is to be shown.
    pub plan: Plan,
    /// What came out, the first first.
    #[serde(default, rename = "result", skip_serializing_if = "Vec::is_empty")]
    pub results: Vec<Found>,
    /// What was decided, the first first.
    #[serde(default, rename = "decision", skip_serializing_if = "Vec::is_empty")]
    pub decisions: Vec<Decision>,
}

/// How something is to be shown.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// Suites.
    pub suites: Vec<String>,
    /// The baseline or run that the base arm is taken from; absent when it is asked beside the candidates.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub baseline: Option<String>,
    /// `pass rate`, `score`, or the label of a scorer.
    pub metric: String,
    /// The change that does not matter.
    pub margin: f64,
    /// Largest p-value, adjusted for all tries, of a difference that is called real.
    pub alpha: f64,
    /// Cases.
    pub cases: u64,
    /// Trials per case, wording and arm.
    pub repeats: u32,
    /// The smallest change of the pass rate that would show, at 80 % power; absent when there are too few cases for any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resolves: Option<f64>,
    /// What that rests on.
    pub basis: String,
    /// Hash of the cases of these suites.
    pub case: Fingerprint,
    /// Hash of their scorers.
    pub scorers: Fingerprint,
    /// The arm that the others are held against.
    pub base: VariantKey,
    /// The arms that are tried.
    pub candidates: Vec<VariantKey>,
}

impl Plan {
    /// What its cases can show, behind "which".
    pub fn shows(&self) -> String {
        self.resolves.map_or_else(
            || "is too few cases to show any change".to_owned(),
            |change| format!("shows a change of {:.1} points or more", change * 100.0),
        )
    }
}

/// What came out of one run for one candidate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Found {
    /// The run.
    pub run: String,
    /// The run of the base arm; the same where the arms were asked together.
    pub base_run: String,
    /// When it was recorded.
    pub recorded: Timestamp,
    /// Wordings with a value on both sides.
    pub n: u64,
    /// Clusters of them, or cases where there are too few clusters.
    pub clusters: u64,
    /// The clusters, where there are fewer than ten of several cases, so that cases count as independent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub too_few_clusters: Option<u64>,
    /// Mean of the base arm.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base: Option<f64>,
    /// Mean of the candidate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cand: Option<f64>,
    /// Candidate − base.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub difference: Option<f64>,
    /// Its 95 % interval.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interval: Option<Interval>,
    /// Its two-sided p-value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub p_value: Option<f64>,
    /// Tries against the same base on the same suites when it was recorded, this one included.
    pub tries: u64,
    /// Of these, variants in the store that no experiment records.
    pub unrecorded: u64,
    /// The p-value adjusted for these tries (Holm).
    pub adjusted_p: f64,
    /// What it was said to show then.
    pub finding: Finding,
    /// Cases that would tell, where these did not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cases_needed: Option<u64>,
    /// Why it is no test of what was planned: what was seen, or changed, before.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub post_hoc: Vec<String>,
    /// Hash of the plan that it was measured by.
    pub plan: Fingerprint,
    /// The arm that was tried.
    pub candidate: VariantKey,
    /// What it was: the five fingerprints of its first trial.
    pub fingerprints: Fingerprints,
}

/// What was decided.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Decision {
    /// What.
    pub what: Verdict,
    /// Who.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// Why.
    pub why: String,
    /// When.
    pub on: jiff::civil::Date,
    /// The run whose result it rests on.
    pub run: String,
}

/// What may be decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// The candidate takes the place of the base.
    Ship,
    /// It does not.
    Drop,
    /// It is to be tried again.
    Repeat,
}

impl Verdict {
    /// The name used in files and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ship => "ship",
            Self::Drop => "drop",
            Self::Repeat => "repeat",
        }
    }
}

/// The file of a project whose golden answers are in `golden`.
pub fn path(golden: &Path) -> PathBuf {
    golden.with_file_name(FILE)
}

impl Experiments {
    /// Reads the file beside the golden answers; no file is no experiment.
    pub fn load(root: &Path, golden: &Path) -> (Self, Diagnostics) {
        file::load(root, &path(golden))
    }

    /// The text of the file: the same for the same experiments.
    pub fn to_text(&self) -> String {
        file::to_text(self)
    }

    /// The experiment with this name.
    pub fn get(&self, name: &str) -> Option<&Experiment> {
        self.0.get(name)
    }

    /// The experiment with this name, to be added to.
    pub fn get_mut(&mut self, name: &str) -> Option<&mut Experiment> {
        self.0.get_mut(name)
    }

    /// All of them, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Experiment)> {
        self.0.iter().map(|(name, experiment)| (name.as_str(), experiment))
    }

    /// Adds one, in the place of one with this name.
    pub fn insert(&mut self, name: &str, experiment: Experiment) {
        self.0.insert(name.to_owned(), experiment);
    }
}

impl Experiment {
    /// Hash of what was stated: the hypothesis and the plan.
    pub fn print(&self) -> Fingerprint {
        Fingerprint::of(&(&self.hypothesis, &self.plan))
    }
}

impl Plan {
    /// Whether results of both count as tries against the same base: the same arm, from the same place, on a shared suite.
    pub fn same_base(&self, other: &Self) -> bool {
        self.base == other.base
            && self.baseline == other.baseline
            && self.suites.iter().any(|suite| other.suites.contains(suite))
    }

    /// What a difference may be said to show with a p-value adjusted for all tries.
    pub fn finding(&self, metric: &Metric, adjusted_p: f64) -> Finding {
        metric.finding.adjusted(adjusted_p, self.alpha, metric.interval, self.margin)
    }
}

impl Found {
    /// Why it is no test of what is planned: as recorded, and where the plan was edited since.
    pub fn after_the_fact(&self, experiment: &Experiment) -> Vec<String> {
        let mut why = self.post_hoc.clone();
        if self.plan != experiment.print() {
            why.push("hypothesis or plan were changed after this result was seen".to_owned());
        }
        why
    }
}
