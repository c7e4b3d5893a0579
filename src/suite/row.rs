//! One row of a foreign file, read as a case.

mod script;

use std::ops::Range;

use serde_json::Value;

use crate::case::Speaker;
use crate::config::choice::{ACTIONS, TIERS, choose};
use crate::config::decode::{Entries, Entry, Json, OneOrMany};
use crate::config::reader::{At, Mistakes};
use crate::suite::fields::{Cell, Mapping, shown};
use crate::suite::table::Row;
use crate::suite::wire::{CaseTable, TurnTable};

const CUSTOMERS: &[&str] = &["customer", "user", "human"];
const AGENTS: &[&str] = &["agent", "assistant", "bot"];

/// Reads one row.
pub(super) struct RowReader<'r> {
    /// Which field means what.
    pub(super) mapping: &'r Mapping,
    /// The row.
    pub(super) row: &'r Row,
    /// The file's text.
    pub(super) text: &'r str,
    /// Whether a text stands for a list where one is wanted.
    pub(super) separated: bool,
}

impl RowReader<'_> {
    /// The row as if it stood in a suite; what is wrong is reported and left out.
    pub(super) fn case<'a>(&self, mistakes: &mut Mistakes) -> CaseTable<'a> {
        let history = self.conversation("history", mistakes).unwrap_or_default();
        let mut input = self.string("input", mistakes);
        let mut turns = self.cell("turns").and_then(|cell| {
            let turns = self.conversation("turns", mistakes)?;
            Some(At::new(turns, cell.span))
        });
        let script = self.cell("script").map(|cell| script::turns(&cell, mistakes)).unwrap_or_default();
        if !history.is_empty() && turns.is_none() && !script.is_empty() {
            turns = Some(At::new(history, self.row.span.clone()));
        } else if !history.is_empty()
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
            script,
            customer: None,
            sources: self.strings("sources", mistakes),
            expect: self.strings("expect", mistakes).map(|names| {
                let choose = |n| Self::choose(n, "expect", "action", ACTIONS, mistakes);
                At::new(OneOrMany(names.value.into_iter().filter_map(choose).collect()), names.span)
            }),
            vars: Some(self.vars(mistakes)),
            tags: self.strings("tags", mistakes),
            owner: self.string("owner", mistakes),
            area: self.string("area", mistakes),
            tier: self
                .string("tier", mistakes)
                .and_then(|tier| Self::choose(tier, "tier", "tier", TIERS, mistakes)),
            weight: self.weight(mistakes),
            lang: self.string("lang", mistakes),
            phrasings: None,
            perturb: None,
            golden: self.golden(mistakes),
            score: Vec::new(),
            asked: ["input", "turns", "script"].iter().any(|ours| self.cell(ours).is_some()),
        }
    }

    fn cell(&self, ours: &str) -> Option<Cell> {
        self.mapping.cell(self.row, ours, self.text)
    }

    /// A name of ours; for one of theirs the help shows how to translate it.
    fn choose<T: Copy>(
        name: At<String>,
        ours: &str,
        what: &str,
        all: &[(&'static str, T)],
        mistakes: &mut Mistakes,
    ) -> Option<At<T>> {
        match choose(&name.value, &name.span, what, all, mistakes) {
            Ok(value) => Some(At::new(value, name.span)),
            Err(finding) => {
                let known = all.first().map_or("", |(known, _)| known);
                let theirs = Value::String(name.value);
                let help = format!("translate it: `values = {{ {ours} = {{ {theirs} = \"{known}\" }} }}`");
                mistakes.push(finding.help(help));
                None
            }
        }
    }

    fn wrong(cell: &Cell, ours: &str, expected: &str, mistakes: &mut Mistakes) {
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
            Self::wrong(&cell, ours, "a text", mistakes);
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
                Self::wrong(&cell, ours, "a list of texts", mistakes);
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
                Self::wrong(&cell, "golden", "a text or a list of texts", mistakes);
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
            Self::wrong(&cell, "weight", "a number", mistakes);
        }
        number.map(|n| At::new(n, cell.span))
    }

    fn vars(&self, mistakes: &mut Mistakes) -> At<Entries<Json>> {
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
                _ => Self::wrong(&cell, "vars", "a table", mistakes),
            }
        }
        for name in self.mapping.vars() {
            if let Some(cell) = self.cell(&format!("vars.{name}")) {
                add(name, cell.value, &cell.span);
            }
        }
        At::new(Entries(entries), self.row.span.clone())
    }

    /// Turns as lists of `{role|speaker, text|content}`; in CSV as JSON in a cell.
    fn conversation(&self, ours: &str, mistakes: &mut Mistakes) -> Option<Vec<At<TurnTable>>> {
        let cell = self.cell(ours)?;
        let parsed = cell.value.as_str().and_then(|text| serde_json::from_str::<Value>(text).ok());
        let value = parsed.as_ref().unwrap_or(&cell.value);
        let Some(items) = value.as_array() else {
            Self::wrong(&cell, ours, "a list of turns", mistakes);
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
