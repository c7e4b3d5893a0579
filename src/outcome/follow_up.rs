//! Trials that are asked beside the planned ones.
//!
//! Which cases are asked again hangs on what came of them, or of earlier runs; a rate over such trials would be a rate over
//! the cases that were chosen. So a follow-up is kept with its run and marked, and is in no rate, no mean, no comparison and
//! no budget of errors. It decides one thing: whether what a case showed holds when it is asked afresh.

use serde::{Deserialize, Serialize};

use crate::outcome::{TrialKey, VariantKey};

/// Why a trial was asked beside the planned ones; the stronger reason first.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum FollowUp {
    /// The case violates a rule of the gate: is it so when it is asked again?
    Confirm,
    /// Variants, repeats or the run before disagree about the case.
    Disagreement,
    /// The case passed now and then in earlier runs in which nothing moved.
    History,
}

impl FollowUp {
    /// All of them.
    pub const ALL: [FollowUp; 3] = [Self::Confirm, Self::Disagreement, Self::History];

    /// The name used in the store and in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Confirm => "confirm",
            Self::Disagreement => "disagreement",
            Self::History => "history",
        }
    }
}

/// One wording of a case in one column: what repeats are repeats of.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct CellKey {
    /// Suite id.
    pub suite: String,
    /// Case id.
    pub case: String,
    /// Phrasing key; empty for the case's own wording.
    pub phrasing: String,
    /// Prompt and model.
    pub variant: VariantKey,
}

impl From<&TrialKey> for CellKey {
    fn from(key: &TrialKey) -> Self {
        Self {
            suite: key.suite.clone(),
            case: key.case.clone(),
            phrasing: key.phrasing.clone(),
            variant: key.variant(),
        }
    }
}
