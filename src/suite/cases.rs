//! `[[cases]]`: the rows of a foreign file become cases.

use std::ops::Range;
use std::path::Path;

use serde_json::{Value, json};

use crate::case::Speaker;
use crate::config::decode::{ACTIONS, Entries, Entry, Json, OneOrMany, TIERS, choose};
use crate::config::paths;
use crate::config::reader::{At, Mistakes};
use crate::diagnostic::{Diagnostic, SourceFile};
use crate::fingerprint::Fingerprint;
use crate::suite::draft::{Common, Draft};
use crate::suite::fields::{Cell, Mapping, shown};
use crate::suite::table::{self, Format, Row, Rows};
use crate::suite::wire::{CaseTable, CasesTable, TurnTable};

/// Most findings shown for one file of cases.
const MOST_FINDINGS: usize = 20;
const CUSTOMERS: &[&str] = &["customer", "user", "human"];
const AGENTS: &[&str] = &["agent", "assistant", "bot"];

/// A file of cases, opened: its text and the mapping that reads it.
pub(super) struct CaseFile {
    format: Format,
    mapping: Mapping,
}

/// Opens the file of one `[[cases]]`; `mistakes` is the suite's, the second result is the file's.
pub(super) fn open(
    table: &CasesTable,
    root: &Path,
    suite_folder: &Path,
    mistakes: &mut Mistakes,
) -> Option<(CaseFile, Mistakes)> {
    let mapping = Mapping::check(table, mistakes);
    let written = table.file.as_ref()?;
    let name = written.value.as_str();
    let Some(format) = Format::of(name) else {
        let finding =
            mistakes.error(&written.span, format!("`{name}` is neither a `.jsonl` nor a `.csv` file"));
        mistakes.push(finding);
        return None;
    };
    let beside = root.join(suite_folder).join(name);
    let path = if root.join(name).is_file() { root.join(name) } else { beside };
    let text = match std::fs::read(&path).map(String::from_utf8) {
        Ok(Ok(text)) => text,
        Ok(Err(_)) => {
            mistakes.push(mistakes.error(&written.span, format!("`{name}` is not UTF-8 text")));
            return None;
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let finding = mistakes.error(&written.span, format!("file `{name}` does not exist"));
            let finding = paths::suggest_near(finding, root, name);
            mistakes.push(finding.help("the path starts at the project's folder, or at the suite's"));
            return None;
        }
        Err(error) => {
            mistakes.push(mistakes.error(&written.span, format!("`{name}` cannot be read: {error}")));
            return None;
        }
    };
    let file = SourceFile::new(super::shown(root, &path), text);
    Some((CaseFile { format, mapping }, Mistakes::at_most(file, MOST_FINDINGS)))
}

impl CaseFile {
    /// Turns the rows into cases. `suite` takes findings about the mapping, `own` those about rows.
    pub(super) fn drafts<'a>(
        &self,
        table: &CasesTable,
        common: &Common<'_>,
        suite: &mut Mistakes,
        own: &mut Mistakes,
    ) -> Vec<Draft<'a>> {
        let rows = table::read(self.format, own);
        let span = table.file.as_ref().map_or(0..0, |f| f.span.clone());
        let name = own.file().path.display().to_string();
        if rows.rows.is_empty() {
            if !own.has_errors() {
                suite.push(suite.error(&span, format!("{name} has no rows")));
            }
            return Vec::new();
        }
        self.mapping.report_absent(&rows, &name, suite);
        let has = |ours: &str| rows.fields.contains(self.mapping.theirs(ours));
        if !has("input") && !has("turns") {
            if !self.mapping.is_mapped("input") && !self.mapping.is_mapped("turns") {
                suite.push(no_input(&rows, &name, &span, suite));
            }
            return Vec::new();
        }
        let kept: Vec<&Row> = rows.rows.iter().filter(|row| self.mapping.keeps(row)).collect();
        if kept.is_empty() {
            let span = table.filter.as_ref().map_or(&span, |f| &f.span);
            suite.push(suite.error(span, format!("no row of {name} passes `where`")));
        }
        let text = own.file().text.clone();
        let mut drafts = Vec::new();
        for row in kept {
            let reader = RowReader { mapping: &self.mapping, row, text: &text, separated: rows.separated };
            let table = reader.case(own);
            let without_id = table.id.is_none();
            if without_id && self.mapping.is_mapped("id") && has("id") {
                let finding = own.error(&row.span, "the row has no id");
                own.push(finding.help("without `fields.id`, an id is made from the content of every row"));
                continue;
            }
            let table = if without_id { with_derived_id(table, row) } else { table };
            if let Some(mut draft) = common.draft(table, &row.span, own) {
                draft.derived = without_id;
                draft.case.origin.line = row.line;
                drafts.push(draft);
            }
        }
        drafts
    }
}

fn no_input(rows: &Rows, name: &str, span: &Range<usize>, suite: &Mistakes) -> Diagnostic {
    let there: Vec<&str> = rows.fields.iter().map(String::as_str).collect();
    let likely = ["question", "query", "message", "text", "prompt"].into_iter().find(|l| there.contains(l));
    suite
        .error(span, format!("no row of {name} has a field `input`"))
        .help(format!("name the customer's text: `fields = {{ input = \"{}\" }}`", likely.unwrap_or("…")))
        .help(format!("fields found: {}", there.join(", ")))
}

/// The same case with an id made from what is asked, never from its place in the file.
fn with_derived_id<'a>(mut table: CaseTable<'a>, row: &Row) -> CaseTable<'a> {
    let mut turns: Vec<(&str, &str)> = Vec::new();
    for turn in table.turns.iter().flat_map(|t| &t.value) {
        if let (Some(role), Some(text)) = (&turn.value.role, &turn.value.text) {
            let role = if role.value == Speaker::Customer { "customer" } else { "agent" };
            turns.push((role, text.value.as_str()));
        }
    }
    let last = match &table.input {
        Some(input) => input.value.as_str(),
        None => turns.pop().map_or("", |(_, text)| text),
    };
    let hash = Fingerprint::of(&json!({ "history": turns, "input": last }));
    table.id = Some(At::new(format!("c-{}", hash.hex(10)), row.span.clone()));
    table
}

/// Reads one row.
struct RowReader<'r> {
    mapping: &'r Mapping,
    row: &'r Row,
    text: &'r str,
    separated: bool,
}

impl RowReader<'_> {
    fn case<'a>(&self, mistakes: &mut Mistakes) -> CaseTable<'a> {
        let history = self.conversation("history", mistakes).unwrap_or_default();
        let mut input = self.string("input", mistakes);
        let mut turns = self.cell("turns").and_then(|cell| {
            let turns = self.conversation("turns", mistakes)?;
            Some(At::new(turns, cell.span))
        });
        if !history.is_empty()
            && turns.is_none()
            && let Some(last) = input.take()
        {
            let span = last.span.clone();
            let role = Some(At::new(Speaker::Customer, span.clone()));
            let last = At::new(TurnTable { role, text: Some(last) }, span.clone());
            turns = Some(At::new(history.into_iter().chain([last]).collect(), span));
        }
        CaseTable {
            id: self.string("id", mistakes),
            input,
            turns,
            sources: self.strings("sources", mistakes),
            expect: self.strings("expect", mistakes).map(|names| {
                let choose = |n: At<String>| {
                    let action = choose(&n.value, &n.span, "action", ACTIONS, mistakes)?;
                    Some(At::new(action, n.span))
                };
                At::new(OneOrMany(names.value.into_iter().filter_map(choose).collect()), names.span)
            }),
            vars: self.vars(mistakes),
            tags: self.strings("tags", mistakes),
            owner: self.string("owner", mistakes),
            area: self.string("area", mistakes),
            tier: self
                .string("tier", mistakes)
                .and_then(|t| Some(At::new(choose(&t.value, &t.span, "tier", TIERS, mistakes)?, t.span))),
            weight: self.weight(mistakes),
            lang: self.string("lang", mistakes),
            phrasings: None,
            golden: self.golden(mistakes),
            score: Vec::new(),
        }
    }

    fn cell(&self, ours: &str) -> Option<Cell> {
        self.mapping.cell(self.row, ours, self.text)
    }

    fn wrong(&self, cell: &Cell, ours: &str, expected: &str, mistakes: &mut Mistakes) {
        let found = match cell.value {
            Value::Null => "nothing",
            Value::Bool(_) => "true or false",
            Value::Number(_) => "a number",
            Value::String(_) => "a text",
            Value::Array(_) => "a list",
            Value::Object(_) => "a table",
        };
        mistakes.push(mistakes.error(&cell.span, format!("`{ours}`: expected {expected}, found {found}")));
    }

    fn string(&self, ours: &str, mistakes: &mut Mistakes) -> Option<At<String>> {
        let cell = self.cell(ours)?;
        if cell.value.is_array() || cell.value.is_object() {
            self.wrong(&cell, ours, "a text", mistakes);
            return None;
        }
        Some(At::new(shown(&cell.value), cell.span))
    }

    fn strings(&self, ours: &str, mistakes: &mut Mistakes) -> Option<At<Vec<At<String>>>> {
        let cell = self.cell(ours)?;
        let at = |text: String| At::new(text, cell.span.clone());
        let list = match &cell.value {
            Value::Array(items) if items.iter().all(|i| !i.is_array() && !i.is_object()) => {
                items.iter().filter(|i| !i.is_null()).map(|i| at(shown(i))).collect()
            }
            Value::String(text) if self.separated => {
                let parts = text.split(|c: char| matches!(c, ';' | ',') || c.is_whitespace());
                parts.filter(|p| !p.is_empty()).map(|p| at(p.to_owned())).collect()
            }
            Value::String(text) if text.is_empty() => Vec::new(),
            Value::String(text) => vec![at(text.clone())],
            _ => {
                self.wrong(&cell, ours, "a list of texts", mistakes);
                return None;
            }
        };
        Some(At::new(list, cell.span))
    }

    fn golden(&self, mistakes: &mut Mistakes) -> Option<At<OneOrMany<String>>> {
        let cell = self.cell("golden")?;
        let texts = match &cell.value {
            Value::String(text) if text.trim().is_empty() => return None,
            Value::String(text) => vec![text.clone()],
            Value::Array(items) if items.iter().all(Value::is_string) => items.iter().map(shown).collect(),
            _ => {
                self.wrong(&cell, "golden", "a text or a list of texts", mistakes);
                return None;
            }
        };
        let texts = texts.into_iter().map(|t| At::new(t, cell.span.clone())).collect();
        Some(At::new(OneOrMany(texts), cell.span))
    }

    fn weight(&self, mistakes: &mut Mistakes) -> Option<At<f64>> {
        let cell = self.cell("weight")?;
        let number = match &cell.value {
            Value::String(text) => text.trim().parse().ok(),
            other => other.as_f64(),
        };
        if number.is_none() {
            self.wrong(&cell, "weight", "a number", mistakes);
        }
        number.map(|n| At::new(n, cell.span))
    }

    fn vars(&self, mistakes: &mut Mistakes) -> Option<At<Entries<Json>>> {
        let mut entries = Vec::new();
        let mut add = |name: &str, value: Value, span: &Range<usize>| {
            let key = At::new(name.to_owned(), span.clone());
            entries.push(Entry { key, value: At::new(Json(value), span.clone()) });
        };
        if let Some(cell) = self.cell("vars") {
            match &cell.value {
                Value::Object(fields) => {
                    fields.iter().for_each(|(name, value)| add(name, value.clone(), &cell.span));
                }
                _ => self.wrong(&cell, "vars", "a table", mistakes),
            }
        }
        for name in self.mapping.vars() {
            if let Some(cell) = self.cell(&format!("vars.{name}")) {
                add(name, cell.value, &cell.span);
            }
        }
        Some(At::new(Entries(entries), self.row.span.clone()))
    }

    /// Turns as lists of `{role|speaker, text|content}`; in CSV as JSON in a cell.
    fn conversation(&self, ours: &str, mistakes: &mut Mistakes) -> Option<Vec<At<TurnTable>>> {
        let cell = self.cell(ours)?;
        let parsed = cell.value.as_str().and_then(|text| serde_json::from_str::<Value>(text).ok());
        let value = parsed.as_ref().unwrap_or(&cell.value);
        let Some(items) = value.as_array() else {
            self.wrong(&cell, ours, "a list of turns", mistakes);
            return None;
        };
        let mut turns = Vec::new();
        for item in items {
            let field = |names: [&str; 2]| names.iter().find_map(|n| item.get(n)).and_then(Value::as_str);
            let (role, text) = (field(["role", "speaker"]), field(["text", "content"]));
            let (Some(role), Some(text)) = (role, text) else {
                let message = format!("a turn of `{ours}` needs `role` and `text`");
                let finding = mistakes.error(&cell.span, message);
                mistakes.push(finding.help("`speaker` and `content` are understood as well"));
                return None;
            };
            let speaker = match role.to_lowercase().as_str() {
                name if CUSTOMERS.contains(&name) => Speaker::Customer,
                name if AGENTS.contains(&name) => Speaker::Agent,
                _ => {
                    let finding = mistakes.error(&cell.span, format!("unknown role `{role}` in `{ours}`"));
                    let known = format!("known: {}, {}", CUSTOMERS.join(", "), AGENTS.join(", "));
                    mistakes.push(finding.help(known));
                    return None;
                }
            };
            let at = |span: &Range<usize>| span.clone();
            let turn = TurnTable {
                role: Some(At::new(speaker, at(&cell.span))),
                text: Some(At::new(text.to_owned(), at(&cell.span))),
            };
            turns.push(At::new(turn, at(&cell.span)));
        }
        Some(turns)
    }
}
