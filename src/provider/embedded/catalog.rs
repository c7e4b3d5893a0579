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

/// One file of a model, with what it has to be.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct CatalogFile {
    /// Its name in the repository, in packages and in the cache directory.
    pub file: String,
    /// Its size.
    pub bytes: u64,
    /// Its SHA-256.
    pub sha256: String,
}

/// A model that turns texts into vectors.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct EmbeddingModel {
    /// The name, and its folder in the cache directory.
    pub name: String,
    /// What it is good for, in half a sentence.
    pub summary: String,
    /// The licence of the weights.
    pub licence: String,
    /// The official repository on the model hub.
    pub repo: String,
    /// The weights.
    pub weights: CatalogFile,
    /// The tokenizer.
    pub tokenizer: CatalogFile,
    /// Packages that hold the same files, one list after the other to try: lines of a pip requirements file.
    pub mirrors: Vec<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Catalog {
    model: Vec<CatalogModel>,
    embedding: Vec<EmbeddingModel>,
}

/// All models, the default first.
pub fn models() -> Result<Vec<CatalogModel>, EmbeddedError> {
    Ok(catalog()?.model)
}

fn catalog() -> Result<Catalog, EmbeddedError> {
    toml::from_str(MODELS).map_err(EmbeddedError::Catalog)
}

/// The embedding model with this name.
pub fn embedding(name: &str) -> Result<EmbeddingModel, EmbeddedError> {
    let models = catalog()?.embedding;
    let known: Vec<&str> = models.iter().map(|m| m.name.as_str()).collect();
    let known = known.join(", ");
    let found = models.into_iter().find(|m| m.name == name);
    found.ok_or_else(|| EmbeddedError::UnknownModel { name: name.to_owned(), known })
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
    fn every_embedding_model_is_complete() {
        for m in catalog().unwrap().embedding {
            assert_eq!(embedding(&m.name).unwrap(), m);
            for part in [&m.weights, &m.tokenizer] {
                assert!(part.sha256.len() == 64 && part.sha256.bytes().all(|b| b.is_ascii_hexdigit()));
                assert!(!part.file.contains('/') && part.bytes > 0);
            }
            let packages: Vec<_> = m.mirrors.iter().flatten().collect();
            assert!(packages.len() > 1);
            assert!(packages.iter().all(|p| p.contains("==") && p.contains(" --hash=sha256:")));
        }
        assert!(embedding("gte").unwrap_err().to_string().contains("all-minilm-l6-v2"));
    }

    #[test]
    fn an_unknown_name_lists_the_known_ones() {
        let error = model("gpt-5").unwrap_err().to_string();
        assert!(error.contains("gpt-5") && error.contains(DEFAULT_MODEL), "{error}");
    }
}
