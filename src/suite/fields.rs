//! `[[cases]] fields`, `values` and `where`: which of a row's fields mean what.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use serde_json::Value;

use crate::config::reader::{At, Mistakes, suggest_or_list};
use crate::suite::table::Row;
use crate::suite::wire::CasesTable;

/// Our fields, besides `vars.NAME`.
pub(super) const OURS: &[&str] = &[
    "id", "input", "history", "turns", "script", "golden", "sources", "expect", "tags", "lang", "area",
    "owner", "tier", "weight", "vars",
];
const VARS: &str = "vars.";

/// A checked mapping.
#[derive(Debug, Clone, Default)]
pub(super) struct Mapping {
    names: BTreeMap<String, At<String>>,
    values: BTreeMap<String, BTreeMap<String, Value>>,
    filter: Vec<(At<String>, Vec<String>)>,
}

/// A value of a row, and where to point when it is wrong.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Cell {
    /// The value, in our words where `values` gives some.
    pub(super) value: Value,
    /// Its field in the row.
    pub(super) span: Range<usize>,
}

impl Mapping {
    /// Checks the three tables; `mistakes` is the suite's.
    pub(super) fn check(table: &CasesTable, mistakes: &mut Mistakes) -> Self {
        let mut mapping = Self::default();
        for field in table.fields.iter().flat_map(|f| &f.value.0) {
            mapping.name(&field.key, &field.value, mistakes);
        }
        for field in table.values.iter().flat_map(|v| &v.value.0) {
            if known(&field.key, mistakes) {
                let pairs = field.value.value.0.iter();
                let pairs = pairs.map(|p| (p.key.value.clone(), p.value.value.0.clone())).collect();
                mapping.values.insert(field.key.value.clone(), pairs);
            }
        }
        for field in table.filter.iter().flat_map(|f| &f.value.0) {
            let wanted = match &field.value.value.0 {
                Value::Array(any) => any.iter().map(shown).collect(),
                one => vec![shown(one)],
            };
            mapping.filter.push((field.key.clone(), wanted));
        }
        mapping
    }

    fn name(&mut self, ours: &At<String>, theirs: &At<crate::config::decode::Json>, mistakes: &mut Mistakes) {
        match &theirs.value.0 {
            Value::Object(vars) if ours.value == "vars" => {
                for (name, theirs_too) in vars {
                    let inner = At::new(crate::config::decode::Json(theirs_too.clone()), theirs.span.clone());
                    self.name(&At::new(format!("{VARS}{name}"), ours.span.clone()), &inner, mistakes);
                }
            }
            Value::String(name) if !name.is_empty() => {
                if known(ours, mistakes) {
                    self.names.insert(ours.value.clone(), At::new(name.clone(), theirs.span.clone()));
                }
            }
            _ => {
                let message = format!("`fields.{}` must be the name of a field", ours.value);
                mistakes.push(mistakes.error(&theirs.span, message));
            }
        }
    }

    /// Reports mapped fields that no row has; `mistakes` is the suite's.
    pub(super) fn report_absent(&self, fields: &BTreeSet<String>, file: &str, mistakes: &mut Mistakes) {
        let there: Vec<&str> = fields.iter().map(String::as_str).collect();
        for theirs in self.names.values().chain(self.filter.iter().map(|(name, _)| name)) {
            if !fields.contains(&theirs.value) {
                let message = format!("no row of {file} has a field `{}`", theirs.value);
                let finding =
                    mistakes.error(&theirs.span, message).suggest(&theirs.value, there.iter().copied());
                mistakes.push(finding.help(format!("fields found: {}", there.join(", "))));
            }
        }
    }

    /// What it says, for fingerprints.
    pub(super) fn content(&self) -> Value {
        let names: BTreeMap<&str, &str> =
            self.names.iter().map(|(ours, theirs)| (ours.as_str(), theirs.value.as_str())).collect();
        let filter: Vec<_> = self.filter.iter().map(|(field, wanted)| (&field.value, wanted)).collect();
        serde_json::json!({ "names": names, "values": self.values, "filter": filter })
    }

    /// Whether a row passes `where`.
    pub(super) fn keeps(&self, row: &Row) -> bool {
        self.filter
            .iter()
            .all(|(field, wanted)| row.fields.get(&field.value).is_some_and(|v| wanted.contains(&shown(v))))
    }

    /// Whether the file's field for one of ours was named in the suite.
    pub(super) fn is_mapped(&self, ours: &str) -> bool {
        self.names.contains_key(ours)
    }

    /// The file's field for one of ours.
    pub(super) fn theirs<'s>(&'s self, ours: &'s str) -> &'s str {
        self.names.get(ours).map_or(ours, |n| n.value.as_str())
    }

    /// The names below `vars.` that were mapped.
    pub(super) fn vars(&self) -> impl Iterator<Item = &str> {
        self.names.keys().filter_map(|k| k.strip_prefix(VARS))
    }

    /// A row's value of one of our fields; null is no value.
    pub(super) fn cell(&self, row: &Row, ours: &str, text: &str) -> Option<Cell> {
        let theirs = self.theirs(ours);
        let value = row.fields.get(theirs).filter(|v| !v.is_null())?;
        Some(Cell { value: self.translate(ours, value), span: place(row, theirs, text) })
    }

    fn translate(&self, ours: &str, value: &Value) -> Value {
        let Some(known) = self.values.get(ours) else { return value.clone() };
        match value {
            Value::Array(items) => {
                let items = items.iter().flat_map(|item| match known.get(&shown(item)) {
                    Some(Value::Array(several)) => several.clone(),
                    Some(one) => vec![one.clone()],
                    None => vec![item.clone()],
                });
                Value::Array(items.collect())
            }
            one => known.get(&shown(one)).unwrap_or(one).clone(),
        }
    }
}

fn known(ours: &At<String>, mistakes: &mut Mistakes) -> bool {
    let name = ours.value.as_str();
    if OURS.contains(&name) || name.strip_prefix(VARS).is_some_and(|var| !var.is_empty()) {
        return true;
    }
    let finding = mistakes.error(&ours.span, format!("cases have no field `{name}`"));
    mistakes.push(suggest_or_list(finding, name, OURS, "fields"));
    false
}

/// The place of a field's name in a JSON line; of the row when it is written otherwise.
fn place(row: &Row, field: &str, text: &str) -> Range<usize> {
    let quoted = Value::String(field.to_owned()).to_string();
    let line = text.get(row.span.clone()).unwrap_or_default();
    match line.find(&quoted).filter(|_| line.starts_with('{')) {
        Some(at) => row.span.start + at..row.span.start + at + quoted.len(),
        None => row.span.clone(),
    }
}

/// A value as one would write it in a table.
pub(super) fn shown(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
