//! Drafts in the formats of the sources: HTML pages, tables, and exports of Zendesk and Intercom.
//!
//! Such a format has no way to say that something stays as it is, so what an article of it does not say is as in the
//! article it stands for; it takes none away.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{Shelves, belongs};
use crate::diagnostic::{Diagnostic, Diagnostics, SourceFile};
use crate::knowledge::draft::NO_LANG;
use crate::knowledge::{
    Article, Passage, READERS, ReaderKind, SourceSpec, Visibility, folder, html_folder, reader, table,
};
use crate::shorten::first_of;

/// What may lie in a folder of drafts.
pub(super) const FORMATS: &str = "drafts are .md, .html, .jsonl and .csv files, and .json where a source is an export of Zendesk or Intercom";

/// Files shown of those that are no drafts.
const SHOWN: usize = 5;

/// An article of a draft with its source.
pub(super) type Draft = (String, Arc<Article>);

/// Reads all drafts below `folder` that are not markdown.
pub(super) fn read(
    root: &Path,
    folder: &Path,
    specs: &[&SourceSpec],
    shelves: &Shelves,
    findings: &mut Diagnostics,
) -> Vec<Draft> {
    let mut files = Vec::new();
    folder::collect(folder, |path| !folder::is_article(path), &mut files, findings);
    files.sort();
    let below = |path: &Path| path.strip_prefix(root).unwrap_or(path).to_owned();
    let (tables, files): (Vec<PathBuf>, Vec<PathBuf>) =
        files.into_iter().partition(|path| table::is_table(path));
    let (pages, files): (Vec<PathBuf>, Vec<PathBuf>) =
        files.into_iter().partition(|path| html_folder::is_page(path));
    let (exports, others): (Vec<PathBuf>, Vec<PathBuf>) =
        files.into_iter().partition(|path| path.extension().is_some_and(|e| e.eq_ignore_ascii_case("json")));
    let mut drafts = Vec::new();
    let mut take = |kind: &'static ReaderKind, path: PathBuf| {
        let like: Vec<&SourceSpec> =
            specs.iter().copied().filter(|spec| reads(spec).name == kind.name).collect();
        let fields = like.first().map(|spec| spec.fields.clone()).unwrap_or_default();
        let values = like.first().map(|spec| spec.values.clone()).unwrap_or_default();
        let spec = SourceSpec {
            kind: Some(kind),
            name: String::new(),
            path,
            fields,
            values,
            file: SourceFile::new("", ""),
            span: 0..0,
        };
        let (articles, found) = (kind.load)(root, &spec);
        findings.extend(found);
        let like: Vec<&str> = like.iter().map(|spec| spec.name.as_str()).collect();
        drafts.extend(articles.iter().filter_map(|article| place(article, &like, shelves, findings)));
    };
    for path in tables {
        if let Some(kind) = reader("table") {
            take(kind, below(&path));
        }
    }
    if let Some(kind) = reader("html").filter(|_| !pages.is_empty()) {
        take(kind, below(folder));
    }
    if let Some(first) = exports.first() {
        let of_specs =
            specs.iter().map(|spec| reads(spec)).filter(|kind| ["zendesk", "intercom"].contains(&kind.name));
        let kinds: BTreeMap<&str, &'static ReaderKind> = of_specs.map(|kind| (kind.name, kind)).collect();
        match kinds.len() {
            0 => {
                let message = "a draft in JSON is an export of Zendesk or Intercom, and no source is one";
                findings.push(Diagnostic::error(message).in_path(&below(first)).help(FORMATS));
            }
            1 => kinds.into_values().for_each(|kind| take(kind, below(folder))),
            _ => {
                let message = "it is not clear whether the draft is an export of Zendesk or of Intercom";
                let help = "write it as a .md or .html file: both are among the sources";
                findings.push(Diagnostic::error(message).in_path(&below(first)).help(help));
            }
        }
    }
    if !others.is_empty() {
        let names: Vec<String> = others.iter().map(|path| below(path).display().to_string()).collect();
        let message = format!("not read as drafts: {}", first_of(&names, SHOWN));
        findings.push(Diagnostic::warning(message).in_path(&below(folder)).help(FORMATS));
    }
    drafts
}

/// The reader of a source.
fn reads(spec: &SourceSpec) -> &'static ReaderKind {
    let usual = if table::is_table(&spec.path) { "table" } else { "markdown" };
    spec.kind.or_else(|| reader(usual)).unwrap_or(&READERS[0])
}

/// The source of a draft, and its article as it would be there.
fn place(draft: &Article, like: &[&str], shelves: &Shelves, findings: &mut Diagnostics) -> Option<Draft> {
    let source = match belongs(&draft.id, shelves, like) {
        Ok(source) => source.to_owned(),
        Err(several) => {
            let message = format!(
                "it is not clear which knowledge source the draft of `{}` belongs to: {}",
                draft.id,
                several.join(", ")
            );
            let help = "write it as a .md file that says `source = \"…\"`";
            findings.push(Diagnostic::error(message).in_path(&draft.path).help(help));
            return None;
        }
    };
    let old = shelves.get(&source).and_then(|shelf| shelf.get(&draft.id));
    let article = over(draft, old.map(Arc::as_ref), &source);
    if old.is_some_and(|old| **old == Article { path: old.path.clone(), ..article.clone() }) {
        let same = format!("the draft of `{}` says what the article says", draft.id);
        findings.push(Diagnostic::warning(same).in_path(&draft.path));
    }
    Some((source, Arc::new(article)))
}

/// The draft with what it does not say taken from the article.
fn over(draft: &Article, old: Option<&Article>, source: &str) -> Article {
    let mut article = Article { source: source.to_owned(), ..draft.clone() };
    let Some(old) = old else { return article };
    if article.title == article.id {
        article.title.clone_from(&old.title);
    }
    if article.lang == NO_LANG {
        article.lang.clone_from(&old.lang);
    }
    // What no export says is public; a draft that would publish a staff article says so in markdown.
    if article.visibility == Visibility::default() {
        article.visibility = old.visibility;
    }
    article.url = article.url.or_else(|| old.url.clone());
    article.updated = article.updated.or(old.updated);
    article.review_by = article.review_by.or(old.review_by);
    article.owner = article.owner.or_else(|| old.owner.clone());
    article.views = article.views.or(old.views);
    article.area = article.area.or_else(|| old.area.clone());
    if article.canaries.is_empty() {
        article.canaries.clone_from(&old.canaries);
    }
    let passage = |passage: &Arc<Passage>| {
        Arc::new(Passage {
            title: article.title.clone(),
            url: article.url.clone(),
            visibility: article.visibility,
            updated: article.updated,
            ..(**passage).clone()
        })
    };
    article.passages = draft.passages.iter().map(passage).collect();
    article
}
