//! `[retrieval.NAME]` → [`RetrievalSpec`].

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::config::decode::{Entries, Entry};
use crate::config::models::ModelCheck;
use crate::config::range::in_range;
use crate::config::reader::{At, Mistakes, suggest_or_list};
use crate::config::wire::{ModelTable, RetrievalTable};
use crate::retrieve::{self, COMMON_KEYS, Needs, RETRIEVERS, RetrievalSpec};

/// Checks all; one of an unknown kind is left out.
pub(super) fn check(
    wire: Option<&Entries<RetrievalTable>>,
    models: &Entries<ModelTable>,
    reach: &ModelCheck<'_>,
    mistakes: &mut Mistakes,
) -> BTreeMap<String, RetrievalSpec> {
    let mut specs = BTreeMap::new();
    let entries = wire.map_or(&[][..], |wire| wire.0.as_slice());
    for Entry { key, value } in entries {
        if retrieve::find(&key.value).is_some() {
            let message = format!("`{}` is a kind of retrieval and cannot be a name", key.value);
            let finding = mistakes.error(&key.span, message);
            mistakes
                .push(finding.help(format!("call it what sets it apart, for example `{}-10`", key.value)));
        }
        if let Some(spec) = one(key, &value.value, reach, mistakes) {
            specs.insert(key.value.clone(), spec);
        }
    }
    let kinds = RETRIEVERS.iter().filter(|kind| kind.needs != Needs::Endpoint).map(|kind| kind.name);
    let known: Vec<&str> = entries.iter().map(|entry| entry.key.value.as_str()).chain(kinds).collect();
    for named in models.0.iter().filter_map(|entry| entry.value.value.retrieval.as_ref()) {
        if !known.contains(&named.value.as_str()) {
            let finding = mistakes.error(&named.span, format!("unknown retrieval `{}`", named.value));
            mistakes.push(suggest_or_list(finding, &named.value, &known, "known"));
        }
    }
    specs
}

fn one(
    key: &At<String>,
    table: &RetrievalTable,
    reach: &ModelCheck<'_>,
    mistakes: &mut Mistakes,
) -> Option<RetrievalSpec> {
    let written = table.kind.as_ref()?;
    let Some(kind) = retrieve::find(&written.value) else {
        let names: Vec<&str> = RETRIEVERS.iter().map(|kind| kind.name).collect();
        let finding = mistakes.error(&written.span, format!("unknown kind of retrieval `{}`", written.value));
        mistakes.push(suggest_or_list(finding, &written.value, &names, "kinds"));
        return None;
    };
    for key in &table.keys {
        let name = key.value.as_str();
        let owners: Vec<&str> =
            RETRIEVERS.iter().filter(|r| r.keys.contains(&name)).map(|r| r.name).collect();
        if !COMMON_KEYS.contains(&name) && !kind.keys.contains(&name) && !owners.is_empty() {
            let message = format!("`{name}` is a key of {}, not of `{}`", owners.join(", "), kind.name);
            mistakes.push(mistakes.error(&key.span, message));
        }
    }
    Some(RetrievalSpec {
        k: in_range(table.k.as_ref(), 1, u32::MAX, "k", mistakes).map(|k| k as usize),
        k1: in_range(table.k1.as_ref(), 0.0, 10.0, "k1", mistakes),
        b: in_range(table.b.as_ref(), 0.0, 1.0, "b", mistakes),
        endpoint: if kind.needs == Needs::Endpoint {
            reach.retriever(key, table, mistakes).map(Arc::new)
        } else {
            None
        },
        ..RetrievalSpec::plain(&key.value, kind)
    })
}
