//! The flags that say which variants are held against each other.

use crate::config::Config;
use crate::diagnostic::did_you_mean;
use crate::outcome::VariantKey;
use crate::report::CompareBy;

/// Which variants are compared.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct Compare {
    /// Hold every variant against this prompt (or this model), p-values adjusted for their number; default: `control` in
    /// [defaults], else the best against the others.
    #[arg(long, value_name = "NAME")]
    control: Option<String>,
    /// Hold every variant against every other one that differs in the prompt or the model alone.
    #[arg(long, conflicts_with = "control")]
    all_pairs: bool,
}

impl Compare {
    /// What was asked for, of these columns, by flags or else by the settings.
    pub(super) fn by(&self, config: &Config, columns: &[VariantKey]) -> anyhow::Result<CompareBy> {
        Ok(match (self.asked(columns)?, &config.control) {
            (CompareBy::Best, Some(name)) => CompareBy::Control(name.clone()),
            (asked, _) => asked,
        })
    }

    /// What was asked for by flags; a control that none of these columns has is an error.
    pub(super) fn asked(&self, columns: &[VariantKey]) -> anyhow::Result<CompareBy> {
        let by = match &self.control {
            _ if self.all_pairs => CompareBy::AllPairs,
            Some(name) => CompareBy::Control(name.clone()),
            None => CompareBy::Best,
        };
        if let Some(name) = self.control.as_ref().filter(|_| !by.is_in(columns)) {
            let names = || columns.iter().flat_map(|c| [c.prompt.as_str(), c.model.as_str()]);
            let near = did_you_mean(name, names()).map(|near| format!("; did you mean `{near}`?"));
            let near = near.unwrap_or_default();
            anyhow::bail!("--control {name}: no variant of the run has this prompt or model{near}");
        }
        Ok(by)
    }
}
