//! Where cases, goldens and articles are written: the user's own lines for findings.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::diagnostic::{Diagnostic, SourceFile};
use crate::golden::golden_path;
use crate::knowledge::Article;
use crate::lint::Lint;
use crate::suite::{ScoredCase, Suite};

/// A larger file is data; its lines are named and not shown.
const MAX_BYTES: u64 = 64 << 20;
/// Lines below the header of a case among which its id is looked for.
const MOST_KEYS: usize = 40;

/// Files that were read for findings.
#[derive(Debug, Default)]
pub(super) struct Files(HashMap<PathBuf, Option<Arc<str>>>);

impl Files {
    fn text(&mut self, root: &Path, path: &Path) -> Option<Arc<str>> {
        let read = || {
            let whole = root.join(path);
            let small = whole.metadata().is_ok_and(|meta| meta.len() <= MAX_BYTES);
            small.then(|| std::fs::read_to_string(whole).ok()).flatten().map(Arc::from)
        };
        self.0.entry(path.to_owned()).or_insert_with(read).clone()
    }
}

impl Lint<'_> {
    pub(super) fn text(&self, path: &Path) -> Option<Arc<str>> {
        self.files.borrow_mut().text(&self.project.config.root, path)
    }

    /// A warning at a one-based line of a file.
    pub(super) fn at_line(&self, path: &Path, line: usize, message: String) -> Diagnostic {
        let text = self.text(path);
        match text.as_deref().and_then(|text| text.lines().nth(line.saturating_sub(1))) {
            Some(shown) => {
                let start = shown.len() - shown.trim_start().len();
                let file = SourceFile { first_line: line, ..SourceFile::new(path, shown) };
                let end = shown.trim_end().len().max(start);
                Diagnostic::warning(message).at(file.at(start..end))
            }
            None => Diagnostic::warning(format!("line {line}: {message}")).in_path(path),
        }
    }

    /// A warning about a case.
    pub(super) fn at_case(&self, scored: &ScoredCase, message: impl Into<String>) -> Diagnostic {
        let origin = &scored.case.origin;
        // Of a table its id says more than its header.
        let text = self.text(&origin.path).unwrap_or_default();
        let own = text.lines().skip(origin.line.saturating_sub(1)).take(MOST_KEYS).enumerate();
        let mut own = own.take_while(|(at, line)| *at == 0 || !line.trim_start().starts_with("[["));
        let header = own.next().is_some_and(|(_, line)| line.trim() == "[[case]]");
        let id = own.find(|(_, line)| line.split_once('=').is_some_and(|(key, _)| key.trim() == "id"));
        let below = id.filter(|_| header).map_or(0, |(at, _)| at);
        self.at_line(&origin.path, origin.line + below, message.into())
    }

    /// A warning about an accepted answer of a case: in its golden file, or where the case is written.
    pub(super) fn at_golden(
        &self,
        scored: &ScoredCase,
        answer: &str,
        message: impl Into<String>,
    ) -> Diagnostic {
        let case = &scored.case;
        if !scored.golden.as_ref().is_some_and(|golden| golden.answers.iter().any(|own| own == answer)) {
            return self.at_case(scored, message);
        }
        let path = golden_path(&self.project.config.golden, &case.suite, &case.id);
        let first = answer.lines().next().unwrap_or_default().trim();
        let text = self.text(&path).unwrap_or_default();
        // The last place: an answer stands below the front matter, which may quote it.
        let at = text.lines().enumerate().filter(|(_, line)| line.trim() == first).last();
        self.at_line(&path, at.map_or(1, |(line, _)| line + 1), message.into())
    }

    /// A warning about an article, at the line that names `key` where there is one.
    pub(super) fn at_article(&self, article: &Article, key: &str, message: impl Into<String>) -> Diagnostic {
        let text = self.text(&article.path).unwrap_or_default();
        // A table has one article on each line, by its id.
        let id = serde_json::to_string(&article.id).unwrap_or_default();
        let is_table = article.path.extension().is_none_or(|ending| ending != "md");
        let named = |line: &str| {
            if is_table {
                line.contains(&id)
            } else {
                line.split_once('=').is_some_and(|(name, _)| name.trim() == key)
            }
        };
        let line = text.lines().position(named).map_or(1, |at| at + 1);
        self.at_line(&article.path, line, message.into())
    }
}

/// A warning about a suite as a whole.
pub(super) fn at_suite(suite: &Suite, message: impl Into<String>) -> Diagnostic {
    Diagnostic::warning(message).at(suite.file.start())
}
