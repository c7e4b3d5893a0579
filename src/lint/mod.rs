//! What a suite says about itself that cannot be right: the rules behind `check --deep`.
//!
//! One file per rule, each with its `RULE`; nothing is sent and no program is started. A rule warns, since it reads
//! words: a person decides. Rules are switched off by name in `[lint]`.

mod alike;
mod canary;
mod contradictory_golden;
mod failing_golden;
mod leaked_case;
mod near_duplicate;
mod no_negative;
mod pending;
mod place;
mod sources;
mod unknown_tool;
mod unsupported_golden;
mod untested_article;

use std::cell::{OnceCell, RefCell};
use std::collections::BTreeMap;

use jiff::civil::Date;

use crate::case::Case;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::project::Project;
use crate::shorten::{clip, first_of, one_line};
use crate::suite::{ScoredCase, Suite};

use alike::Twins;
use place::Files;

pub use pending::{Questions, pending};
pub use unsupported_golden::doubts_of;

/// Most findings of one rule that a person is shown; the others are counted.
const MOST: usize = 20;

/// One rule.
pub struct Rule {
    /// Its name in `[lint] off` and in findings.
    pub name: &'static str,
    /// One line for a reader.
    pub doc: &'static str,
    /// Applies it.
    check: fn(&Lint<'_>, &mut Found),
}

/// All rules; their names are also in [`crate::config::lint::RULES`], so that settings can be checked.
pub const RULES: &[Rule] = &[
    unsupported_golden::RULE,
    failing_golden::RULE,
    contradictory_golden::RULE,
    near_duplicate::RULE,
    sources::MISSING,
    sources::EXPIRED,
    sources::INTERNAL,
    canary::RULE,
    unknown_tool::RULE,
    leaked_case::RULE,
    no_negative::RULE,
    untested_article::RULE,
];

/// A project as the rules see it.
pub struct Lint<'a> {
    /// The project.
    project: &'a Project,
    /// All cases, with their suites.
    cases: Vec<(&'a Suite, ScoredCase)>,
    /// Today.
    today: Date,
    files: RefCell<Files>,
    twins: OnceCell<Vec<Twins>>,
}

/// Findings of one rule.
#[derive(Debug, Default)]
pub struct Found {
    findings: Vec<Diagnostic>,
    notes: Vec<String>,
}

impl Found {
    fn push(&mut self, finding: Diagnostic) {
        self.findings.push(finding);
    }

    /// Says what was not looked at.
    fn note(&mut self, note: String) {
        self.notes.push(note);
    }
}

/// A case as another one is told of it: with its suite where that is another.
fn name_beside(case: &Case, beside: &Case) -> String {
    let line = format!("{}:{}", case.origin.path.display(), case.origin.line);
    if case.suite == beside.suite {
        format!("`{}` ({line})", case.id)
    } else {
        format!("`{}/{}` ({line})", case.suite, case.id)
    }
}

/// What the rules say of a project.
#[derive(Debug, Default)]
pub struct Checked {
    /// What they found.
    pub findings: Diagnostics,
    /// What they did not look at, and why.
    pub notes: Vec<String>,
}

/// Applies all rules that are not switched off.
pub fn check(project: &Project) -> Checked {
    let each = project.suites.iter().flat_map(|suite| suite.cases.each().map(move |case| (suite, case)));
    let Checked { mut findings, mut notes } = Checked::default();
    let mut cases = Vec::new();
    for (suite, case) in each {
        match case {
            Ok(case) => cases.push((suite, case)),
            Err(moved) => findings.push(Diagnostic::error(moved.to_string())),
        }
    }
    let today = project.bench.today;
    let lint = Lint { project, cases, today, files: RefCell::default(), twins: OnceCell::new() };
    for rule in RULES.iter().filter(|rule| !project.config.lint_off.contains(rule.name)) {
        let mut found = Found::default();
        (rule.check)(&lint, &mut found);
        for finding in found.findings {
            findings.push(finding.rule(rule.name));
        }
        notes.extend(found.notes);
    }
    Checked { findings, notes }
}

/// The findings for a person: of each rule the first ones, and how many more there are.
pub fn first_of_each(findings: &Diagnostics) -> Diagnostics {
    let mut shown = Diagnostics::new();
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    for finding in findings.iter() {
        let n = finding.rule.map_or(0, |rule| {
            let n = seen.entry(rule).or_default();
            *n += 1;
            *n
        });
        if n <= MOST {
            shown.push(finding.clone());
        }
    }
    for rule in RULES {
        let more = seen.get(rule.name).map_or(0, |n| n.saturating_sub(MOST));
        if more > 0 {
            let message = format!("{more} more findings of this rule are not shown; --json has them all");
            shown.push(Diagnostic::warning(message).rule(rule.name));
        }
    }
    shown
}

/// Shortens what is quoted, on one line.
fn quoted(text: &str) -> String {
    const SHOWN: usize = 160;
    clip(&one_line(text), SHOWN)
}

/// The first names of a list, and how many more there are.
fn listed(names: &[impl AsRef<str>]) -> String {
    const SHOWN: usize = 8;
    first_of(names, SHOWN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_settings_know_the_rules() {
        let names: Vec<&str> = RULES.iter().map(|rule| rule.name).collect();
        assert_eq!(names, crate::config::lint::RULES);
        assert!(RULES.iter().all(|rule| !rule.doc.is_empty() && !rule.doc.ends_with('.')));
    }
}
