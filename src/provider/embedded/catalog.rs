//! The models known by name, read from `models.toml`.

use serde::Deserialize;

use super::error::EmbeddedError;

/// The model used when none is named.
pub const DEFAULT_MODEL: &str = "qwen2.5-coder-0.5b-instruct";

const MODELS: &str = include_str!("models.toml");

/// One model of the catalogue.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct CatalogModel {
    /// The name.
    pub name: String,
    /// Other names.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// What it is good for, in half a sentence.
    pub summary: String,
    /// The architecture in the file.
    pub architecture: String,
    /// The licence of the weights.
    pub licence: String,
    /// Tokens it can hold.
    pub context: usize,
    /// The official repository on the model hub.
    pub repo: String,
    /// The file's name in that repository and in the cache directory.
    pub file: String,
    /// The size of the file.
    pub bytes: u64,
    /// The SHA-256 of the file.
    pub sha256: String,
    /// A smaller model to suggest when this one cannot be had.
    pub smaller: Option<String>,
    /// Packages that hold the same bytes: lines of a pip requirements file.
    #[serde(default)]
    pub packages: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Catalog {
    model: Vec<CatalogModel>,
}

/// All models, the default first.
pub fn models() -> Result<Vec<CatalogModel>, EmbeddedError> {
    let catalog: Catalog = toml::from_str(MODELS).map_err(EmbeddedError::Catalog)?;
    Ok(catalog.model)
}

/// The model with this name or alias, whatever its case.
pub fn model(name: &str) -> Result<CatalogModel, EmbeddedError> {
    let models = models()?;
    let known: Vec<&str> = models.iter().map(|m| m.name.as_str()).collect();
    let known = known.join(", ");
    let wanted = |m: &CatalogModel| {
        m.name.eq_ignore_ascii_case(name) || m.aliases.iter().any(|a| a.eq_ignore_ascii_case(name))
    };
    models
        .into_iter()
        .find(wanted)
        .ok_or_else(|| EmbeddedError::UnknownModel { name: name.to_owned(), known })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_default_comes_first() {
        assert_eq!(models().unwrap()[0].name, DEFAULT_MODEL);
        assert_eq!(model("default").unwrap().name, DEFAULT_MODEL);
        assert_eq!(model("SmolLM2").unwrap().name, "smollm2-135m-instruct");
    }

    #[test]
    fn every_entry_is_complete_and_every_name_unique() {
        let models = models().unwrap();
        let mut names = BTreeSet::new();
        for m in &models {
            assert!(m.aliases.iter().chain([&m.name]).all(|n| names.insert(n.clone())));
            assert!(m.sha256.len() == 64 && m.sha256.bytes().all(|b| b.is_ascii_hexdigit()));
            assert!(!m.file.contains('/') && m.bytes > 0);
            assert_eq!(m.repo.split('/').count(), 2);
            assert!(m.smaller.as_ref().is_none_or(|s| models.iter().any(|m| m.name == *s)));
            assert!(m.packages.iter().all(|p| p.contains("==") && p.contains(" --hash=sha256:")));
        }
    }

    #[test]
    fn an_unknown_name_lists_the_known_ones() {
        let error = model("gpt-5").unwrap_err().to_string();
        assert!(error.contains("gpt-5") && error.contains(DEFAULT_MODEL), "{error}");
    }
}
