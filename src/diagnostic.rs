//! What is wrong with something the user wrote: where, what, and what to do.
//!
//! A [`Diagnostic`] points into a [`SourceFile`] and is drawn under the user's own line.
//! Checks push into one [`Diagnostics`] and go on, so that a user sees every mistake at once.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use serde::Serialize;

/// One text file the user wrote, or one row of a long one, kept so that spans into it can be drawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceFile {
    /// Path as shown to the user (relative to the project where possible).
    pub path: PathBuf,
    /// The text.
    pub text: Arc<str>,
    /// One-based line that the text starts on; more than 1 for a row of a longer file.
    pub first_line: usize,
}

impl SourceFile {
    /// Wraps a text that was read from `path`.
    pub fn new(path: impl Into<PathBuf>, text: impl Into<Arc<str>>) -> Self {
        Self { path: path.into(), text: text.into(), first_line: 1 }
    }

    /// Reads a file that need not be there: `None` where it is not.
    ///
    /// # Errors
    /// It is there and cannot be read.
    pub fn read_if_there(root: &Path, path: &Path) -> Result<Option<Self>, Diagnostics> {
        match std::fs::read_to_string(root.join(path)) {
            Ok(text) => Ok(Some(Self::new(path, text))),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Diagnostic::error(format!("cannot be read: {error}")).in_path(path).into()),
        }
    }

    /// A location in this file; `span` is in bytes and is clamped to the text.
    pub fn at(&self, span: Range<usize>) -> Location {
        let end = span.end.min(self.text.len());
        Location { file: self.clone(), span: span.start.min(end)..end }
    }

    /// The location of the whole first line, for findings about the file itself.
    pub fn start(&self) -> Location {
        let end = self.text.find('\n').unwrap_or(self.text.len());
        self.at(0..end)
    }

    /// One-based line number of a byte offset.
    pub fn line(&self, offset: usize) -> usize {
        let end = offset.min(self.text.len());
        self.first_line - 1 + self.text.as_bytes()[..end].split(|b| *b == b'\n').count()
    }

    /// One-based column (in characters) of a byte offset.
    pub fn column(&self, offset: usize) -> usize {
        let end = offset.min(self.text.len());
        let line_start = self.text.as_bytes()[..end].iter().rposition(|b| *b == b'\n').map_or(0, |i| i + 1);
        String::from_utf8_lossy(&self.text.as_bytes()[line_start..end]).chars().count() + 1
    }
}

/// A byte span in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location {
    /// The file.
    pub file: SourceFile,
    /// Byte range in its text.
    pub span: Range<usize>,
}

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing; nothing stops.
    Warning,
    /// Nothing runs until it is mended.
    Error,
}

/// One finding about the user's files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong, in a lower-case fragment.
    pub message: String,
    /// Where it is, when it is in a file that could be read.
    pub location: Option<Location>,
    /// A path with no text to show (missing file, unreadable folder).
    pub path: Option<PathBuf>,
    /// Words under the marked span.
    pub label: Option<String>,
    /// What to do about it.
    pub help: Vec<String>,
    /// The rule that found it, when it is one that can be switched off by its name.
    pub rule: Option<&'static str>,
}

impl Diagnostic {
    /// An error with a message only.
    pub fn error(message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Error,
            message: message.into(),
            location: None,
            path: None,
            label: None,
            help: Vec::new(),
            rule: None,
        }
    }

    /// A warning with a message only.
    pub fn warning(message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(message) }
    }

    /// Points at a place in a file.
    #[must_use]
    pub fn at(mut self, location: Location) -> Self {
        self.location = Some(location);
        self
    }

    /// Names a file of which no text can be shown.
    #[must_use]
    pub fn in_path(mut self, path: &Path) -> Self {
        self.path = Some(path.to_owned());
        self
    }

    /// Words under the marked span.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = Some(label.into());
        self
    }

    /// Names the rule that found it.
    #[must_use]
    pub fn rule(mut self, name: &'static str) -> Self {
        self.rule = Some(name);
        self
    }

    /// What to do about it; may be called more than once.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help.push(help.into());
        self
    }

    /// Adds `did you mean …?` when a known name is close to `name`.
    #[must_use]
    pub fn suggest<'a>(self, name: &str, known: impl IntoIterator<Item = &'a str>) -> Self {
        match did_you_mean(name, known) {
            Some(near) => self.help(format!("did you mean `{near}`?")),
            None => self,
        }
    }

    /// The finding drawn for a reader, with the user's own line; no trailing line break.
    pub fn render(&self, color: bool) -> String {
        let level = match self.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
        };
        let title = match (&self.location, &self.path) {
            (None, Some(path)) => format!("{}: {}", path.display(), self.message),
            _ => self.message.clone(),
        };
        let path = self.location.as_ref().map(|l| l.file.path.display().to_string());
        let title = level.primary_title(title.as_str());
        let mut group = Group::with_title(match self.rule {
            Some(rule) => title.id(rule),
            None => title,
        });
        if let (Some(location), Some(path)) = (&self.location, &path) {
            let mark = AnnotationKind::Primary.span(location.span.clone()).label(self.label.as_deref());
            let snippet = Snippet::source(&*location.file.text)
                .line_start(location.file.first_line)
                .path(path.as_str())
                .annotation(mark);
            group = group.element(snippet);
        }
        for help in &self.help {
            group = group.element(Level::HELP.message(help.as_str()));
        }
        let renderer = if color { Renderer::styled() } else { Renderer::plain() };
        renderer.render(&[group])
    }

    /// The finding as data, for `--json`.
    pub fn to_row(&self) -> DiagnosticRow {
        let path = self.location.as_ref().map(|l| &l.file.path).or(self.path.as_ref());
        DiagnosticRow {
            severity: self.severity,
            message: self.message.clone(),
            path: path.map(|p| p.display().to_string()),
            line: self.location.as_ref().map(|l| l.file.line(l.span.start)),
            column: self.location.as_ref().map(|l| l.file.column(l.span.start)),
            label: self.label.clone(),
            help: self.help.clone(),
            rule: self.rule,
        }
    }
}

/// A [`Diagnostic`] as JSON data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DiagnosticRow {
    /// `error` or `warning`.
    pub severity: Severity,
    /// What is wrong.
    pub message: String,
    /// File, when known.
    pub path: Option<String>,
    /// One-based line.
    pub line: Option<usize>,
    /// One-based column.
    pub column: Option<usize>,
    /// Words under the marked span.
    pub label: Option<String>,
    /// What to do.
    pub help: Vec<String>,
    /// The rule that found it, when it is one that can be switched off by its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<&'static str>,
}

/// All findings of one check, in the order in which they were met.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Diagnostics(Vec<Diagnostic>);

impl Diagnostics {
    /// Nothing found yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one finding.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.0.push(diagnostic);
    }

    /// Adds all findings of another check.
    pub fn extend(&mut self, other: Diagnostics) {
        self.0.extend(other.0);
    }

    /// Whether anything stops the work.
    pub fn has_errors(&self) -> bool {
        self.errors() > 0
    }

    /// Number of errors.
    pub fn errors(&self) -> usize {
        self.0.iter().filter(|d| d.severity == Severity::Error).count()
    }

    /// Number of warnings.
    pub fn warnings(&self) -> usize {
        self.0.len() - self.errors()
    }

    /// Whether nothing was found.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The findings in order.
    pub fn iter(&self) -> impl Iterator<Item = &Diagnostic> {
        self.0.iter()
    }
}

impl From<Diagnostic> for Diagnostics {
    fn from(diagnostic: Diagnostic) -> Self {
        Self(vec![diagnostic])
    }
}

/// The known name nearest to `name`, when it is near enough to be a slip of the fingers.
pub fn did_you_mean<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let folded = name.to_lowercase();
    known
        .into_iter()
        .map(|k| (strsim::jaro_winkler(&folded, &k.to_lowercase()), k))
        .filter(|(score, _)| *score >= 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, k)| k)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_the_users_line() {
        let file = SourceFile::new("suites/a.toml", "title = 1\npromts = 2\n");
        let text = Diagnostic::error("unknown key `promts`")
            .at(file.at(10..16))
            .suggest("promts", ["prompts", "models"])
            .render(false);
        assert!(text.contains("suites/a.toml:2:1"), "{text}");
        assert!(text.contains("did you mean `prompts`?"), "{text}");
    }

    #[test]
    fn far_names_are_not_suggested() {
        assert_eq!(did_you_mean("zebra", ["prompts", "models"]), None);
        assert_eq!(did_you_mean("model", ["prompts", "models"]), Some("models"));
    }

    #[test]
    fn spans_past_the_end_are_clamped() {
        let file = SourceFile::new("a", "é");
        assert_eq!(file.at(5..9).span, 2..2);
        assert_eq!(file.line(99), 1);
        assert_eq!(file.column(2), 2);
    }
}
