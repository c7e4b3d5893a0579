//! What judges are built from: the project's rubrics, models and certificates.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::civil::Date;
use serde_json::Value;

use crate::fingerprint::Fingerprint;
use crate::golden::Certificates;
use crate::prompt::PromptSet;
use crate::provider::ModelSpec;
use crate::score::JudgeMark;

/// What judges are built from.
#[derive(Debug, Clone)]
pub struct Bench {
    /// Where the rubrics are; absent = nowhere.
    pub prompts: Option<Arc<PromptSet>>,
    /// The model that judges where a scorer names none.
    pub model: Option<String>,
    /// Models by name.
    pub models: BTreeMap<String, ModelSpec>,
    /// How often a judge is asked where a scorer does not say.
    pub repeats: u32,
    /// How often every judge is asked, whatever the scorers say.
    pub forced_repeats: Option<u32>,
    /// Who may decide.
    pub certificates: Certificates,
    /// The day on which certificates are looked at.
    pub today: Date,
}

impl Default for Bench {
    fn default() -> Self {
        Self {
            prompts: None,
            model: None,
            models: BTreeMap::new(),
            repeats: 1,
            forced_repeats: None,
            certificates: Certificates::default(),
            today: Date::default(),
        }
    }
}

impl Bench {
    /// The mark of the judge that is this, and whether it may decide.
    pub(super) fn mark(&self, identity: &Value) -> JudgeMark {
        let fingerprint = Fingerprint::of(identity);
        JudgeMark { fingerprint, standing: self.certificates.standing(&fingerprint, self.today) }
    }
}
