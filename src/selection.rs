//! Which part of a project to run.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::case::CaseName;
use crate::knowledge::Laid;

/// Filters of a run; empty lists mean all. Kept with the run, so that it can be finished later.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Selection {
    /// Suite ids.
    pub suites: Vec<String>,
    /// Names of cases.
    pub cases: Vec<String>,
    /// Tags; a case with any of them is in.
    pub tags: Vec<String>,
    /// Areas.
    pub areas: Vec<String>,
    /// Cases as `suite/case`; those that an edit touches.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub touched: BTreeSet<String>,
    /// Prompt names.
    pub prompts: Vec<String>,
    /// Model names.
    pub models: Vec<String>,
    /// Trials per case and variant, instead of the suite's.
    pub repeats: Option<u32>,
    /// Retrieval, instead of the suites' and the models'.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retrieval: Option<String>,
    /// Sampling seed instead of the models' own.
    pub seed: Option<u64>,
    /// What is tried out; a run of it decides nothing and stands before no other.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub what_if: Option<WhatIf>,
    /// The rung, of a run that is one of a ladder; it stands before no other.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rung: Option<String>,
    /// Whether every model is asked with the bare prompt, too.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub bare: bool,
}

/// One side of a what-if: the project with drafts over its knowledge, or without them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WhatIf {
    /// Folder of the drafts.
    pub drafts: String,
    /// What they change; empty for the side without them.
    pub laid: Vec<Laid>,
}

impl std::fmt::Display for WhatIf {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let with = if self.laid.is_empty() { "without" } else { "with" };
        write!(f, "what if, {with} {}", self.drafts)
    }
}

impl Selection {
    /// Whether the case is one of those that are named, where any is.
    pub fn names(&self, suite: &str, case: &str) -> bool {
        self.cases.is_empty() || self.cases.iter().any(|name| CaseName::parse(name).is(suite, case))
    }

    /// Whether an edit touches the case, where that is asked for.
    pub fn touches(&self, suite: &str, case: &str) -> bool {
        self.touched.is_empty() || self.touched.contains(&format!("{suite}/{case}"))
    }

    /// Whether some cases of the suites that it names were left out.
    pub fn narrows_suites(&self) -> bool {
        let lists = [&self.cases, &self.tags, &self.areas];
        lists.iter().any(|list| !list.is_empty()) || !self.touched.is_empty()
    }

    /// Whether some cases of the project were left out on purpose.
    pub fn narrows_cases(&self) -> bool {
        !self.suites.is_empty() || self.narrows_suites()
    }
}
