//! `[lint]`, checked: the rules of `check --deep` that a project does without.

use std::collections::BTreeSet;

use crate::config::reader::{Mistakes, suggest_or_list};
use crate::config::wire::LintTable;

/// Names of all rules, in the order in which they are applied; the rules themselves are in the module `lint`.
pub const RULES: &[&str] = &[
    "unsupported-golden",
    "failing-golden",
    "contradictory-golden",
    "near-duplicate",
    "missing-source",
    "expired-source",
    "internal-source",
    "canary",
    "unknown-tool",
    "leaked-case",
    "no-negative-case",
    "untested-article",
];

/// The names in `off`; one that no rule has is a mistake.
pub(super) fn check(table: &LintTable, mistakes: &mut Mistakes) -> BTreeSet<String> {
    let mut off = BTreeSet::new();
    for name in table.off.iter().flat_map(|list| &list.value) {
        if RULES.contains(&name.value.as_str()) {
            off.insert(name.value.clone());
        } else {
            let finding = mistakes.error(&name.span, format!("no rule is named `{}`", name.value));
            mistakes.push(suggest_or_list(finding, &name.value, RULES, "rules"));
        }
    }
    off
}
