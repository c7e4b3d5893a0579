//! Loading a source, and the set of articles a suite works with.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::case::SourceRef;
use crate::diagnostic::{Diagnostics, SourceFile};
use crate::knowledge::{Article, Passage};

/// One `[knowledge.NAME]`, checked.
#[derive(Debug, Clone, PartialEq)]
pub struct SourceSpec {
    /// Its name.
    pub name: String,
    /// A folder of markdown files or one `.jsonl` file, relative to the project.
    pub path: PathBuf,
    /// Field mapping of a table: our name → theirs; our names are id, title, text, url, updated,
    /// review_by, visibility, owner, views, lang, area.
    pub fields: BTreeMap<String, String>,
    /// The settings file and the span of the source's `path`, for findings.
    pub file: SourceFile,
    /// Byte range of the `path` value.
    pub span: std::ops::Range<usize>,
}

/// Reads one source; articles in id order.
pub fn load(root: &Path, spec: &SourceSpec) -> (Vec<Arc<Article>>, Diagnostics) {
    let _ = (root, spec);
    todo!()
}

/// The articles a suite works with.
#[derive(Debug, Clone, Default)]
pub struct Knowledge {}

impl Knowledge {
    /// The set of all `articles`; the first of two equal ids wins (the suite check reports the second).
    pub fn new(articles: impl IntoIterator<Item = Arc<Article>>) -> Self {
        let _ = articles.into_iter();
        todo!()
    }

    /// All articles in id order.
    pub fn articles(&self) -> impl Iterator<Item = &Arc<Article>> {
        std::iter::empty()
    }

    /// The article with this id.
    pub fn article(&self, id: &str) -> Option<&Arc<Article>> {
        let _ = id;
        todo!()
    }

    /// The passages of a source reference: one section, or all of an article; `None` when unknown.
    pub fn resolve(&self, source: &SourceRef) -> Option<Vec<Arc<Passage>>> {
        let _ = source;
        todo!()
    }

    /// The passages of several references, in order, each once; unknown ones are left out (the
    /// suite check reports them).
    pub fn resolve_all(&self, sources: &[SourceRef]) -> Vec<Arc<Passage>> {
        let _ = sources;
        todo!()
    }
}
