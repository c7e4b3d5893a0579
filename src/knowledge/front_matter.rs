//! TOML front matter between `+++` lines: where it is, and its keys with their places.

use std::ops::Range;

use jiff::civil::Date;
use serde::Deserialize as _;
use serde::de::DeserializeOwned;
use toml::Spanned;
use toml::de::{DeTable, DeValue, ValueDeserializer};

use crate::diagnostic::{Diagnostic, Diagnostics, Location, SourceFile};

const FENCE: &str = "+++";

/// A file split into front matter and body, as byte ranges of the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FrontMatter {
    /// The TOML, when there is any.
    pub toml: Option<Range<usize>>,
    /// The rest.
    pub body: Range<usize>,
}

impl FrontMatter {
    /// Splits a file; front matter that never ends is reported.
    pub(crate) fn of(file: &SourceFile, findings: &mut Diagnostics) -> Option<Self> {
        let front = split_front_matter(&file.text);
        if front.is_none() {
            findings.push(
                Diagnostic::error("the front matter never ends")
                    .at(file.start())
                    .help("close it with a line that holds only `+++`"),
            );
        }
        front
    }
}

/// Splits a text; `None` when a `+++` line opens front matter that never ends.
pub fn split_front_matter(text: &str) -> Option<FrontMatter> {
    let start = text.len() - text.trim_start_matches('\u{feff}').len();
    let mut lines = lines(text, start);
    match lines.next() {
        Some(first) if is_fence(text, &first, FENCE) => {
            let end = lines.find(|line| is_fence(text, line, FENCE))?;
            Some(FrontMatter { toml: Some(first.end..end.start), body: end.end..text.len() })
        }
        _ => Some(FrontMatter { toml: None, body: start..text.len() }),
    }
}

/// The byte range of YAML front matter (with its `---` lines) at the start of `body`, when there is any.
pub(crate) fn yaml_block(text: &str, body: &Range<usize>) -> Option<Range<usize>> {
    let mut lines = lines(text, body.start);
    let first = lines.next().filter(|line| is_fence(text, line, "---"))?;
    let mut keys = false;
    for line in lines {
        if is_fence(text, &line, "---") || is_fence(text, &line, "...") {
            return keys.then_some(first.start..line.end);
        }
        let content = text[line].trim_end();
        let indented = content.starts_with([' ', '\t', '-', '#']);
        match content.split_once(':') {
            Some((key, _)) if !key.is_empty() && !key.contains(' ') => keys = true,
            _ if content.is_empty() || indented => {}
            _ => return None,
        }
    }
    None
}

/// What YAML front matter says that must not be lost without a word, as TOML: who may see an article, its canaries, who
/// looks after it and when.
pub(crate) fn weighty(yaml: &str) -> Vec<String> {
    let mut found = Vec::new();
    for line in yaml.lines() {
        let Some((key, value)) = line.split_once(':') else { continue };
        let value = value.split(" #").next().unwrap_or_default().trim();
        let text = value.trim_matches(['"', '\'']);
        let lower = text.to_ascii_lowercase();
        match key.trim_end() {
            key @ ("visibility" | "owner") => found.push(format!("{key} = {}", toml::Value::from(text))),
            "canaries" if value.starts_with('[') => found.push(format!("canaries = {value}")),
            "canaries" => found.push("canaries = [\"…\"]".to_owned()),
            key @ "review_by" if parse_date(text).is_some() => found.push(format!("{key} = {text}")),
            key @ "review_by" => found.push(format!("{key} = 2026-09-01")),
            "draft" | "private" | "internal" if lower == "true" => {
                found.push("visibility = \"internal\"".to_owned());
            }
            "published" if lower == "false" => found.push("visibility = \"internal\"".to_owned()),
            _ => {}
        }
    }
    found
}

/// Byte ranges of the lines from `start` on, line breaks included.
fn lines(text: &str, start: usize) -> impl Iterator<Item = Range<usize>> {
    text[start..].split_inclusive('\n').scan(start, |at, line| {
        let range = *at..*at + line.len();
        *at = range.end;
        Some(range)
    })
}

fn is_fence(text: &str, line: &Range<usize>, fence: &str) -> bool {
    text[line.clone()].trim_end() == fence
}

/// The keys of front matter, strictly read: every mistake becomes a finding at its place.
pub(crate) struct Header<'a> {
    file: &'a SourceFile,
    start: usize,
    table: Spanned<DeTable<'a>>,
    /// Where it is not TOML, from the start of the front matter.
    broken: Vec<Range<usize>>,
}

impl<'a> Header<'a> {
    /// Parses `file.text[range]`; reports what is not TOML and every key that is not in `known`.
    pub(crate) fn parse(
        file: &'a SourceFile,
        range: Range<usize>,
        known: &[&str],
        findings: &mut Diagnostics,
    ) -> Self {
        let start = range.start;
        let (table, errors) = DeTable::parse_recoverable(&file.text[range]);
        let mut broken = Vec::new();
        for error in errors {
            let span = error.span().unwrap_or(0..0);
            broken.push(span.clone());
            let at = file.at(start + span.start..start + span.end);
            let message = error.message().lines().collect::<Vec<_>>().join(", ");
            findings.push(Diagnostic::error(format!("the front matter is not TOML: {message}")).at(at));
        }
        let header = Self { file, start, table, broken };
        for key in header.table.get_ref().keys() {
            if !known.contains(&key.get_ref().as_ref()) {
                let message = format!("unknown key `{}`", key.get_ref());
                findings.push(
                    Diagnostic::error(message)
                        .at(header.place(key.span()))
                        .suggest(key.get_ref(), known.iter().copied())
                        .help(format!("the keys are {}", known.join(", "))),
                );
            }
        }
        header
    }

    /// A place within the front matter as a place in the file.
    fn place(&self, span: Range<usize>) -> Location {
        self.file.at(self.start + span.start..self.start + span.end)
    }

    fn value(&self, key: &str) -> Option<&Spanned<DeValue<'a>>> {
        self.table.get_ref().get(key)
    }

    /// Whether a key is there.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.value(key).is_some()
    }

    /// The place of a key's value; the start of the file when it is absent.
    pub(crate) fn at(&self, key: &str) -> Location {
        self.value(key).map_or_else(|| self.file.start(), |value| self.place(value.span()))
    }

    /// Decodes one key; absent is `None`, a wrong type is a finding.
    pub(crate) fn get<T: DeserializeOwned>(&self, key: &str, findings: &mut Diagnostics) -> Option<T> {
        let value = self.value(key)?;
        match T::deserialize(ValueDeserializer::from(value.clone())) {
            Ok(decoded) => Some(decoded),
            Err(error) => {
                let message = format!("`{key}`: {}", error.message());
                findings.push(Diagnostic::error(message).at(self.at(key)));
                None
            }
        }
    }

    /// A text that is not blank.
    pub(crate) fn text(&self, key: &str, findings: &mut Diagnostics) -> Option<String> {
        self.get::<String>(key, findings).filter(|text| !text.trim().is_empty())
    }

    /// A text or a list of texts, none of them blank.
    pub(crate) fn texts(&self, key: &str, findings: &mut Diagnostics) -> Vec<String> {
        let texts = match self.value(key).map(Spanned::get_ref) {
            None => return Vec::new(),
            Some(DeValue::String(_)) => self.get::<String>(key, findings).map(|text| vec![text]),
            Some(_) => self.get::<Vec<String>>(key, findings),
        };
        let texts = texts.unwrap_or_default();
        if texts.iter().any(|text| text.trim().is_empty()) {
            findings.push(Diagnostic::error(format!("`{key}` has an empty text")).at(self.at(key)));
        }
        texts.into_iter().filter(|text| !text.trim().is_empty()).collect()
    }

    /// A whole number.
    pub(crate) fn count(&self, key: &str, findings: &mut Diagnostics) -> Option<u64> {
        let value = self.value(key)?;
        let count = u64::deserialize(ValueDeserializer::from(value.clone())).ok();
        if count.is_none() {
            findings.push(
                Diagnostic::error(format!("`{key}` is not a whole number"))
                    .at(self.at(key))
                    .help("write it as 1234, without quotes and separators"),
            );
        }
        count
    }

    /// A date, as TOML's own or as text.
    pub(crate) fn date(&self, key: &str, findings: &mut Diagnostics) -> Option<Date> {
        let value = self.value(key)?;
        let text = match value.get_ref() {
            DeValue::Datetime(date) => date.to_string(),
            DeValue::String(text) => text.to_string(),
            _ => String::new(),
        };
        let date = parse_date(&text);
        // A date that is none is no TOML either, and that is said already.
        let span = value.span();
        let said = self.broken.iter().any(|broken| broken.start <= span.end && span.start <= broken.end);
        if date.is_none() && !said {
            findings.push(
                Diagnostic::error(format!("`{key}` is not a date"))
                    .at(self.at(key))
                    .help("write it as 2026-09-01, without quotes"),
            );
        }
        date
    }
}

/// Reads `2026-09-01`, or the date of a time stamp that starts like that.
pub(crate) fn parse_date(text: &str) -> Option<Date> {
    let text = text.trim();
    let (date, rest) = text.split_at_checked(10)?;
    let separated = rest.is_empty() || rest.starts_with(['T', 't', ' ']);
    date.parse().ok().filter(|_| separated)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(text: &str) -> Option<(Option<&str>, &str)> {
        let front = split_front_matter(text)?;
        Some((front.toml.map(|range| &text[range]), &text[front.body]))
    }

    #[test]
    fn splits_toml_and_body() {
        assert_eq!(split("+++\na = 1\n+++\nbody\n"), Some((Some("a = 1\n"), "body\n")));
        assert_eq!(split("\u{feff}+++\r\n+++\r\nx"), Some((Some(""), "x")));
        assert_eq!(split("+++\n+++"), Some((Some(""), "")));
        assert_eq!(split("# No front matter\n+++\n"), Some((None, "# No front matter\n+++\n")));
        assert_eq!(split(""), Some((None, "")));
        assert_eq!(split("+++\nnever = 'closed'\n++++\n"), None);
    }

    #[test]
    fn yaml_is_told_from_a_thematic_break() {
        let yaml = |text: &str| yaml_block(text, &(0..text.len()));
        assert_eq!(yaml("---\ntitle: x\ntags:\n  - a\n---\nbody"), Some(0..29));
        assert_eq!(yaml("---\nJust a rule above. Note: this\n---\n"), None);
        assert_eq!(yaml("---\n---\n"), None);
        assert_eq!(yaml("text\n---\na: b\n---\n"), None);
    }

    #[test]
    fn every_mistake_has_its_place() {
        let text = "+++\nowner = 3\nupdted = 1\nday = 2026-13-01\nwhen = \"soon\"\n+++\n";
        let file = SourceFile::new("a.md", text);
        let mut findings = Diagnostics::new();
        let range = split_front_matter(text).unwrap().toml.unwrap();
        let header = Header::parse(&file, range, &["owner", "updated", "day", "when"], &mut findings);
        assert_eq!(header.text("owner", &mut findings), None);
        assert_eq!(header.date("when", &mut findings), None);
        let rows: Vec<_> = findings.iter().map(Diagnostic::to_row).collect();
        let lines: Vec<_> = rows.iter().map(|row| (row.line.unwrap(), row.message.as_str())).collect();
        assert_eq!(lines.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [4, 3, 2, 5], "{lines:?}");
        assert_eq!(lines[1].1, "unknown key `updted`");
        assert_eq!(rows[1].help[0], "did you mean `updated`?");
        assert_eq!(rows[3].message, "`when` is not a date");
    }

    #[test]
    fn dates_of_time_stamps_count() {
        assert_eq!(parse_date("2026-09-01"), Some(jiff::civil::date(2026, 9, 1)));
        assert_eq!(parse_date("2026-09-01T23:59:59Z"), Some(jiff::civil::date(2026, 9, 1)));
        assert_eq!(parse_date("2026-09-011"), None);
        assert_eq!(parse_date("1 Sep 2026"), None);
        assert_eq!(parse_date("é26-09-01x"), None);
    }
}
