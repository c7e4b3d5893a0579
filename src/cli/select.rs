//! The filters that `plan`, `run` and `check` share.

use std::collections::BTreeSet;

use crate::config::Config;
use crate::selection::Selection;

/// Which part of the project.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct Select {
    /// Only these suites.
    #[arg(long = "suite", value_name = "SUITE")]
    pub suites: Vec<String>,
    /// Only these cases.
    #[arg(long = "case", value_name = "CASE")]
    pub cases: Vec<String>,
    /// Only cases with one of these tags.
    #[arg(long = "case-tag", value_name = "TAG")]
    pub tags: Vec<String>,
    /// Only cases of these areas.
    #[arg(long = "area", value_name = "AREA")]
    pub areas: Vec<String>,
    /// These prompts instead of the suites' own.
    #[arg(long = "prompt", value_name = "PROMPT")]
    pub prompts: Vec<String>,
    /// These models instead of the suites' own.
    #[arg(long = "model", value_name = "MODEL")]
    pub models: Vec<String>,
    /// Trials per case and variant, instead of the suites' own.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub repeats: Option<u32>,
    /// How passages are chosen, instead of the suites' own way.
    #[arg(long, value_name = "RETRIEVAL")]
    pub retrieval: Option<String>,
    /// Sampling seed instead of the models' own.
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// Ask every model with the bare prompt too, the customer's question alone, and say whether each prompt still beats
    /// it; the prompt named `bare` where there is one. It is never gated.
    #[arg(long)]
    pub bare: bool,
}

impl Select {
    /// The filters as a selection, in a project with these settings.
    pub fn selection(&self, config: &Config) -> Selection {
        Selection {
            suites: self.suites.clone(),
            cases: self.cases.clone(),
            tags: self.tags.clone(),
            areas: self.areas.clone(),
            touched: BTreeSet::new(),
            prompts: self.prompts.clone(),
            models: self.models.clone(),
            repeats: self.repeats,
            retrieval: self.retrieval.clone(),
            seed: self.seed,
            what_if: None,
            rung: None,
            bare: self.bare || config.bare,
        }
    }
}
