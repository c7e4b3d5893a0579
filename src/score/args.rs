//! The keys of one `[[score]]`, with their places in the user's file.

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use serde::de::DeserializeOwned;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::embed::{EmbedError, Embedder};
use crate::score::Bench;

/// One mistake in a scorer's keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScorerError {
    /// Byte range in the suite file.
    pub span: Range<usize>,
    /// What is wrong, a lower-case fragment.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
}

impl ScorerError {
    /// The same mistake with advice.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// The table of one scorer as written, and the project folder for files it names.
#[derive(Clone, Copy)]
pub struct Args<'a> {
    /// The table with spans.
    pub table: &'a Spanned<DeTable<'a>>,
    /// Folder that relative paths start from.
    pub root: &'a Path,
    /// The environment, for programs that a scorer starts: name → value.
    pub env: &'a dyn Fn(&str) -> Option<String>,
    /// The embedding model of this process.
    pub embedder: &'a Arc<dyn Embedder>,
    /// What judges are built from.
    pub bench: &'a Bench,
}

impl<'a> Args<'a> {
    /// Span of the whole table.
    pub fn span(&self) -> Range<usize> {
        self.table.span()
    }

    /// A mistake of the scorer as a whole.
    pub fn error(&self, message: impl Into<String>) -> ScorerError {
        ScorerError { span: self.span(), message: message.into(), help: None }
    }

    /// A mistake in one key's value.
    pub fn error_at(&self, key: &str, message: impl Into<String>) -> ScorerError {
        let span = self.value(key).map_or_else(|| self.span(), Spanned::span);
        ScorerError { span, message: message.into(), help: None }
    }

    /// The value of a key.
    pub fn value(&self, key: &str) -> Option<&Spanned<DeValue<'a>>> {
        self.table.get_ref().iter().find(|(k, _)| k.get_ref() == key).map(|(_, v)| v)
    }

    /// Decodes one key; absent is `None`, a wrong type is a mistake pushed to `errors`.
    pub fn get<T: DeserializeOwned>(&self, key: &str, errors: &mut Vec<ScorerError>) -> Option<T> {
        let value = self.value(key)?;
        match T::deserialize(toml::de::ValueDeserializer::from(value.clone())) {
            Ok(decoded) => Some(decoded),
            Err(error) => {
                errors.push(self.error_at(key, format!("`{key}`: {}", error.message())));
                None
            }
        }
    }

    /// Decodes a string or a list of strings; an empty list and an empty string are mistakes.
    pub fn strings(&self, key: &str, errors: &mut Vec<ScorerError>) -> Option<Vec<String>> {
        let list = match self.value(key)?.get_ref() {
            DeValue::Array(_) => self.get::<Vec<String>>(key, errors)?,
            _ => vec![self.get::<String>(key, errors)?],
        };
        if list.is_empty() {
            errors.push(self.error_at(key, format!("`{key}` is an empty list")));
            return None;
        }
        if list.iter().any(|s| s.trim().is_empty()) {
            errors.push(self.error_at(key, format!("`{key}` holds an empty string")));
            return None;
        }
        Some(list)
    }

    /// The tables of a key: one, or a list of them.
    pub fn tables(&self, key: &str, errors: &mut Vec<ScorerError>) -> Vec<Spanned<DeTable<'a>>> {
        let items = match self.value(key).map(|value| (value, value.get_ref())) {
            None => return Vec::new(),
            Some((_, DeValue::Array(items))) => items.iter().collect(),
            Some((value, _)) => vec![value],
        };
        let mut tables = Vec::new();
        for item in items {
            match item.get_ref() {
                DeValue::Table(table) => tables.push(Spanned::new(item.span(), table.clone())),
                _ => errors.push(ScorerError {
                    span: item.span(),
                    message: format!("`{key}` must be a table or a list of tables"),
                    help: None,
                }),
            }
        }
        tables
    }

    /// Decodes a finite number.
    pub fn number(&self, key: &str, errors: &mut Vec<ScorerError>) -> Option<f64> {
        let number = self.get::<f64>(key, errors)?;
        if number.is_finite() {
            return Some(number);
        }
        errors.push(self.error_at(key, format!("`{key}` must be a finite number")));
        None
    }

    /// Decodes a number from 0 to 1.
    pub fn share(&self, key: &str, errors: &mut Vec<ScorerError>) -> Option<f64> {
        let number = self.number(key, errors)?;
        if (0.0..=1.0).contains(&number) {
            return Some(number);
        }
        errors.push(self.error_at(key, format!("`{key}` = {number} is outside 0 to 1")));
        None
    }

    /// The embedding model, for a scorer that needs it (and says so in [`Check::embeds`]); that there can be none is a
    /// mistake, but not that it is yet to be fetched.
    ///
    /// [`Check::embeds`]: crate::score::Check::embeds
    pub fn embedder(&self, errors: &mut Vec<ScorerError>) -> Option<Arc<dyn Embedder>> {
        match self.embedder.ready() {
            Ok(()) | Err(EmbedError::NotFetched { .. }) => Some(self.embedder.clone()),
            Err(error) => {
                let mistake = self.error_at("kind", error.to_string());
                errors.push(ScorerError { help: error.help(), ..mistake });
                None
            }
        }
    }

    /// Reports an absent key.
    pub fn missing(&self, key: &str, help: impl Into<String>) -> ScorerError {
        self.error(format!("`{key}` is missing")).with_help(help)
    }

    /// Decodes one key that must be there.
    pub fn require<T: DeserializeOwned>(&self, key: &str, errors: &mut Vec<ScorerError>) -> Option<T> {
        if self.value(key).is_none() {
            errors.push(self.error(format!("`{key}` is missing")));
        }
        self.get(key, errors)
    }
}
