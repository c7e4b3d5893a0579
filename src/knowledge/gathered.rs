//! Articles gathered one after the other from a source that is not written for regauge.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::civil::Date;
use serde_json::Value;

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::knowledge::Article;
use crate::knowledge::draft::Draft;
use crate::knowledge::front_matter::parse_date;
use crate::knowledge::sections::read;
use crate::knowledge::text::read_text;

/// An export of the wrong shape has a mistake in every article; more than this many teach nothing.
const MAX_FINDINGS: usize = 20;

/// What was read so far.
#[derive(Default)]
pub(super) struct Gathered {
    articles: BTreeMap<String, Arc<Article>>,
    findings: Vec<Diagnostic>,
}

impl Gathered {
    /// Takes an article with its text in markdown; one without text is left out, with a warning.
    pub(super) fn add(&mut self, draft: Draft, markdown: &str) {
        let (id, path) = (draft.id.clone(), draft.path.clone());
        let document = read(markdown, draft.title.as_deref());
        let Some(article) = draft.finish(document) else {
            let message = format!("the article `{id}` has no text and is left out");
            self.find(Diagnostic::warning(message).in_path(&path));
            return;
        };
        if let Some(first) = self.articles.get(&id) {
            let message = format!("two articles have the id `{id}`");
            let other = format!("the other one is in {}", first.path.display());
            self.find(Diagnostic::error(message).in_path(&path).help(other));
        } else {
            self.articles.insert(id, article);
        }
    }

    /// Takes a finding.
    pub(super) fn find(&mut self, finding: Diagnostic) {
        self.findings.push(finding);
    }

    /// The text of a file; one that cannot be read is a finding.
    pub(super) fn text(&mut self, path: &Path, shown: &Path) -> Option<String> {
        read_text(path, shown).map_err(|finding| self.find(finding)).ok()
    }

    /// The pages of an export in JSON, each with its path as it is shown; one that is no JSON is a finding.
    pub(super) fn pages(&mut self, root: &Path, path: &Path) -> Vec<(Value, PathBuf)> {
        let mut pages = Vec::new();
        for file in files(&root.join(path), is_json, self) {
            let shown = file.strip_prefix(root).unwrap_or(&file).to_owned();
            let Some(written) = self.text(&file, &shown) else { continue };
            match serde_json::from_str(&written) {
                Ok(page) => pages.push((page, shown)),
                Err(error) => {
                    let finding = Diagnostic::error(format!("the file is not JSON: {error}"));
                    self.find(finding.in_path(&shown));
                }
            }
        }
        pages
    }

    /// The articles in id order, and what was found about them; nothing at all is an error.
    pub(super) fn finish(self, path: &Path, wanted: &str) -> (Vec<Arc<Article>>, Diagnostics) {
        let mut found = Diagnostics::new();
        let more = self.findings.len().saturating_sub(MAX_FINDINGS);
        let silent = self.articles.is_empty() && self.findings.is_empty();
        let mut rest = Diagnostics::new();
        for (at, finding) in self.findings.into_iter().enumerate() {
            if at < MAX_FINDINGS { found.push(finding) } else { rest.push(finding) }
        }
        if more > 0 {
            let message = format!("{more} more findings in this source");
            let finding =
                if rest.has_errors() { Diagnostic::error(message) } else { Diagnostic::warning(message) };
            found.push(finding.in_path(path));
        }
        if silent {
            found.push(Diagnostic::error("there are no articles here").in_path(path).help(wanted));
        }
        (self.articles.into_values().collect(), found)
    }
}

/// Files of an export: the file itself, or all files of its kind below a folder, in order.
pub(super) fn files(path: &Path, is_wanted: fn(&Path) -> bool, gathered: &mut Gathered) -> Vec<PathBuf> {
    if path.is_file() {
        return vec![path.to_owned()];
    }
    let (mut paths, mut findings) = (Vec::new(), Diagnostics::new());
    super::folder::collect(path, is_wanted, &mut paths, &mut findings);
    findings.iter().for_each(|finding| gathered.find(finding.clone()));
    paths.sort();
    paths
}

fn is_json(path: &Path) -> bool {
    path.extension().is_some_and(|e| e.eq_ignore_ascii_case("json"))
}

/// A text or a number as text; blank and anything else is absent.
pub(super) fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.trim().is_empty() => Some(text.trim().to_owned()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// A day, from a date, a time stamp or seconds since 1970.
pub(super) fn day(value: &Value) -> Option<Date> {
    if let Some(seconds) = value.as_i64() {
        let at = jiff::Timestamp::from_second(seconds).ok()?;
        return Some(at.to_zoned(jiff::tz::TimeZone::UTC).date());
    }
    let text = value.as_str()?.trim();
    parse_date(text).or_else(|| parse_date(text.get(..10)?))
}
