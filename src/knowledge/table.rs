//! A knowledge source that is one table (JSONL or CSV): an article per row, its columns mapped to our names.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use serde_json::{Map, Value};

use crate::diagnostic::{Diagnostic, Diagnostics, SourceFile};
use crate::knowledge::draft::Draft;
use crate::knowledge::front_matter::parse_date;
use crate::knowledge::rows::{Row, rows};
use crate::knowledge::sections::read;
use crate::knowledge::text::read_text;
use crate::knowledge::{Article, SourceSpec, Visibility};

/// Names that are looked for under their own name even when a mapping leaves them out.
const BASIC: [&str; 3] = ["id", "title", "text"];

/// A file of the wrong shape has a mistake in every line; more than this many teach nothing.
const MAX_FINDINGS: usize = 20;

/// Reads every row of the source's file; articles in id order.
pub(super) fn load(root: &Path, spec: &SourceSpec) -> (Vec<Arc<Article>>, Diagnostics) {
    let text = match read_text(&root.join(&spec.path), &spec.path) {
        Ok(text) => text,
        Err(finding) => return (Vec::new(), finding.into()),
    };
    let file = SourceFile::new(&spec.path, text);
    let mut table =
        Table { spec, file: &file, columns: columns(spec), absent: Vec::new(), findings: Vec::new() };
    let rows = rows(&file, &mut table.findings);
    table.check_columns(&rows);
    let mut articles: BTreeMap<String, (usize, Arc<Article>)> = BTreeMap::new();
    for row in &rows {
        let Some(article) = table.article(row) else { continue };
        if let Some((first, _)) = articles.get(&article.id) {
            let message = format!("two articles have the id `{}`", article.id);
            table.findings.push(
                Diagnostic::error(message)
                    .at(file.at(row.span.clone()))
                    .help(format!("the other one is on line {first}")),
            );
        } else {
            articles.insert(article.id.clone(), (row.line, article));
        }
    }
    let findings = capped(table.findings, &spec.path);
    (articles.into_values().map(|(_, article)| article).collect(), findings)
}

/// Whether a file is a table by its name.
pub(super) fn is_table(path: &Path) -> bool {
    path.extension().is_some_and(|e| e.eq_ignore_ascii_case("jsonl") || e.eq_ignore_ascii_case("csv"))
}

/// Our name → theirs. A mapping that leaves an optional name out does not look for it, since a foreign
/// column of that name may hold something else.
fn columns(spec: &SourceSpec) -> BTreeMap<&'static str, &str> {
    let own = |name: &&str| spec.fields.is_empty() || BASIC.contains(name);
    let column = |name: &'static str| match spec.fields.get(name) {
        Some(theirs) => Some((name, theirs.as_str())),
        None => own(&name).then_some((name, name)),
    };
    Article::FIELDS.into_iter().filter_map(column).collect()
}

fn capped(findings: Vec<Diagnostic>, path: &Path) -> Diagnostics {
    let more = findings.len().saturating_sub(MAX_FINDINGS);
    let mut shown = Diagnostics::new();
    for finding in findings.into_iter().take(MAX_FINDINGS) {
        shown.push(finding);
    }
    if more > 0 {
        shown.push(Diagnostic::error(format!("{more} more findings in this file")).in_path(path));
    }
    shown
}

struct Table<'a> {
    spec: &'a SourceSpec,
    file: &'a SourceFile,
    columns: BTreeMap<&'static str, &'a str>,
    /// Mapped names whose column no row has: reported once, not per row.
    absent: Vec<&'static str>,
    findings: Vec<Diagnostic>,
}

impl Table<'_> {
    fn fault(&mut self, span: Range<usize>, message: String) {
        self.findings.push(Diagnostic::error(message).at(self.file.at(span)));
    }

    /// A column that no row has is a slip in the mapping, said once.
    fn check_columns(&mut self, rows: &[Row]) {
        let Some(first) = rows.first() else { return };
        for (&name, column) in &self.columns {
            let mapped = self.spec.fields.contains_key(name);
            if !mapped || rows.iter().any(|row| lookup(&row.fields, column).is_some()) {
                continue;
            }
            self.absent.push(name);
            let known: BTreeSet<&str> =
                rows.iter().flat_map(|r| r.fields.keys()).map(String::as_str).collect();
            let list = first.fields.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
            self.findings.push(
                Diagnostic::error(format!("no line has the field `{column}` that `{name}` is mapped to"))
                    .at(self.file.at(first.span.start..first.span.start + 1))
                    .suggest(column, known)
                    .help(format!("the fields of this line are {list}")),
            );
        }
    }

    fn article(&mut self, row: &Row) -> Option<Arc<Article>> {
        let id = self.text(row, "id");
        let text = self.value(row, "text").map(|value| match value {
            Value::String(text) => text.clone(),
            _ => String::new(),
        });
        for (name, present) in [("id", id.is_some()), ("text", text.is_some())] {
            let column = self.columns.get(name).copied().unwrap_or(name);
            if !present && !self.absent.contains(&name) {
                let fields = row.fields.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
                self.findings.push(
                    Diagnostic::error(format!("the article has no {name} (field `{column}`)"))
                        .at(self.file.at(row.span.clone()))
                        .help(format!("the fields of this line are {fields}")),
                );
            }
        }
        let draft = Draft {
            title: self.text(row, "title"),
            url: self.text(row, "url"),
            updated: self.date(row, "updated"),
            review_by: self.date(row, "review_by"),
            visibility: self.visibility(row),
            owner: self.text(row, "owner"),
            views: self.views(row),
            lang: self.text(row, "lang"),
            area: self.text(row, "area"),
            canaries: self.texts(row, "canaries"),
            source: self.spec.name.clone(),
            path: self.spec.path.clone(),
            fallback_title: id.clone()?,
            id: id?,
        };
        let document = read(&text?, draft.title.as_deref());
        let article = draft.finish(document);
        if article.is_none() {
            self.findings.push(
                Diagnostic::warning("the article has no text and is left out")
                    .at(self.file.at(row.span.clone())),
            );
        }
        article
    }

    fn value<'r>(&self, row: &'r Row, name: &str) -> Option<&'r Value> {
        lookup(&row.fields, self.columns.get(name)?).filter(|value| !value.is_null())
    }

    /// Our word for a value of theirs, where `values` has one.
    fn ours(&self, name: &str, theirs: &str) -> Option<String> {
        self.spec.values.get(name)?.get(theirs).cloned()
    }

    /// A text or a number; blank counts as absent, anything else is a finding.
    fn text(&mut self, row: &Row, name: &str) -> Option<String> {
        match self.value(row, name)? {
            Value::String(text) if text.trim().is_empty() => None,
            Value::String(text) => Some(self.ours(name, text.trim()).unwrap_or_else(|| text.clone())),
            Value::Number(number) => {
                let text = number.to_string();
                Some(self.ours(name, &text).unwrap_or(text))
            }
            Value::Bool(flag) if self.ours(name, &flag.to_string()).is_some() => {
                self.ours(name, &flag.to_string())
            }
            _ => {
                self.fault(row.span.clone(), format!("`{name}` is not a text"));
                None
            }
        }
    }

    /// A text or a list of texts; blank ones are left out.
    fn texts(&mut self, row: &Row, name: &str) -> Vec<String> {
        let Some(Value::Array(list)) = self.value(row, name) else {
            return self.text(row, name).into_iter().collect();
        };
        let texts: Option<Vec<String>> = list.iter().map(|text| text.as_str().map(str::to_owned)).collect();
        if texts.is_none() {
            self.fault(row.span.clone(), format!("`{name}` is not a list of texts"));
        }
        texts.unwrap_or_default().into_iter().filter(|text| !text.trim().is_empty()).collect()
    }

    fn date(&mut self, row: &Row, name: &str) -> Option<jiff::civil::Date> {
        let text = self.text(row, name)?;
        let date = parse_date(&text);
        if date.is_none() {
            self.fault(row.span.clone(), format!("`{name}` is not a date: `{text}` (expected 2026-09-01)"));
        }
        date
    }

    fn visibility(&mut self, row: &Row) -> Visibility {
        let Some(name) = self.text(row, "visibility") else { return Visibility::default() };
        Visibility::parse(&name).unwrap_or_else(|| {
            self.findings.push(
                Diagnostic::error(format!("unknown visibility `{name}`"))
                    .at(self.file.at(row.span.clone()))
                    .suggest(&name, Visibility::NAMES)
                    .help(format!("it is one of {}", Visibility::NAMES.join(", "))),
            );
            Visibility::default()
        })
    }

    fn views(&mut self, row: &Row) -> Option<u64> {
        let text = self.text(row, "views")?;
        let views = text.parse().ok();
        if views.is_none() {
            self.fault(row.span.clone(), format!("`views` is not a whole number: `{text}`"));
        }
        views
    }
}

/// The field `path`, or the field that its dots lead to.
fn lookup<'v>(fields: &'v Map<String, Value>, path: &str) -> Option<&'v Value> {
    fields.get(path).or_else(|| {
        let (first, rest) = path.split_once('.')?;
        lookup(fields.get(first)?.as_object()?, rest)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load_text(text: &str, fields: &[(&str, &str)]) -> (Vec<Arc<Article>>, Vec<String>) {
        load_file("kb.jsonl", text, fields)
    }

    fn load_file(name: &str, text: &str, fields: &[(&str, &str)]) -> (Vec<Arc<Article>>, Vec<String>) {
        let root = tempfile::tempdir().unwrap();
        std::fs::write(root.path().join(name), text).unwrap();
        let spec = SourceSpec {
            kind: None,
            name: "foreign".to_owned(),
            path: name.into(),
            fields: fields.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect(),
            values: BTreeMap::new(),
            file: SourceFile::new("regauge.toml", ""),
            span: 0..0,
        };
        let (articles, findings) = load(root.path(), &spec);
        let rows = findings.iter().map(|finding| {
            let row = finding.to_row();
            format!("{} {} [{}]", row.line.unwrap_or(0), row.message, row.help.join("; "))
        });
        (articles, rows.collect())
    }

    #[test]
    fn maps_fields_and_dotted_paths() {
        let text = concat!(
            "{\"slug\": \"a#en\", \"meta\": {\"title\": \"Sign in\"}, \"body\": \"x\\n## More\\ny\", \"owner\": [1]}\n",
            "\n",
            "{\"slug\": 7, \"meta\": {\"title\": \"\"}, \"body\": \"# From heading\\ny\"}\n",
            "{\"slug\": \"c\", \"meta\": {\"title\": null}, \"body\": \"z\", \"a.b\": 1}\n",
        );
        let (articles, findings) =
            load_text(text, &[("id", "slug"), ("title", "meta.title"), ("text", "body")]);
        assert_eq!(findings, [""; 0]);
        let got: Vec<_> = articles.iter().map(|a| (a.id.as_str(), a.title.as_str())).collect();
        assert_eq!(got, [("7", "From heading"), ("a#en", "Sign in"), ("c", "c")]);
        assert_eq!(articles[1].passages[1].id, "a#en#more");
    }

    #[test]
    fn a_csv_file_is_a_table_too() {
        let text = "\u{feff}slug,name,body,owner,views\n7,Returns,\"30 days.\n\n## Costs\n\"\"None\"\".\",Ana,12\n\nb,,x,,\nc,,,,\n7,,y,,\nd\n";
        let (articles, findings) = load_file(
            "kb.CSV",
            text,
            &[("id", "slug"), ("title", "name"), ("text", "body"), ("owner", "owner"), ("views", "views")],
        );
        let got: Vec<_> = articles.iter().map(|a| (a.id.as_str(), a.title.as_str(), a.views)).collect();
        assert_eq!(got, [("7", "Returns", Some(12)), ("b", "b", None)]);
        assert_eq!(articles[0].passages[1].text, "\"None\".");
        assert_eq!((articles[0].owner.as_deref(), &articles[1].owner), (Some("Ana"), &None));
        assert_eq!(
            findings,
            [
                "10 the row has another number of cells than the header: 1 against 5 []",
                "8 the article has no text (field `body`) [the fields of this line are slug]",
                "9 two articles have the id `7` [the other one is on line 2]",
            ]
        );
    }

    #[test]
    fn every_bad_line_is_a_finding() {
        let text = concat!(
            "{\"id\": \"a\", \"text\": \"x\", \"updated\": \"soon\", \"visibility\": \"publc\", \"views\": -1}\n",
            "{\"id\": \"a\", \"text\": \"x\"}\n",
            "{\"text\": \"x\"}\n",
            "{\"id\": \"b\", \"body\": \"x\"}\n",
            "[1]\n",
            "{\"id\": \n",
            "{\"id\": \"c\", \"text\": \"  \"}\n",
        );
        let (articles, findings) = load_text(text, &[]);
        assert_eq!(articles.len(), 1);
        assert_eq!(
            findings,
            [
                "5 the line is not a JSON object []",
                "6 the line is not JSON: EOF while parsing a value []",
                "1 `updated` is not a date: `soon` (expected 2026-09-01) []",
                "1 unknown visibility `publc` [did you mean `public`?; it is one of public, snippet, internal]",
                "1 `views` is not a whole number: `-1` []",
                "2 two articles have the id `a` [the other one is on line 1]",
                "3 the article has no id (field `id`) [the fields of this line are text]",
                "4 the article has no text (field `text`) [the fields of this line are id, body]",
                "7 the article has no text and is left out []",
            ]
        );
    }

    #[test]
    fn a_slip_in_the_mapping_is_said_once_and_floods_are_capped() {
        let row = "{\"id\": \"a\", \"body_md\": \"x\", \"title\": \"t\"}\n";
        let (_, findings) = load_text(&row.repeat(50), &[("text", "body_nd")]);
        assert_eq!(
            findings,
            [
                "1 no line has the field `body_nd` that `text` is mapped to [did you mean `body_md`?; the fields of this line are id, body_md, title]"
            ]
        );
        let (_, findings) = load_text(&"7\n".repeat(51), &[]);
        assert_eq!(findings.len(), MAX_FINDINGS + 1);
        assert_eq!(findings[MAX_FINDINGS], "0 31 more findings in this file []");
    }
}
