//! What a suite says about itself that cannot be right: the rules behind `check --deep`.
//!
//! One file per rule, each with its `RULE`; nothing is sent and no program is started. A rule warns, since it reads
//! words: a person decides. Rules are switched off by name in `[lint]`.

mod place;
mod unsupported_golden;

use std::cell::RefCell;

use jiff::civil::Date;

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::project::Project;
use crate::suite::{ScoredCase, Suite};

use place::Files;

/// Most findings of one rule that are shown; the others are counted.
const MOST: usize = 50;

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
pub const RULES: &[Rule] = &[unsupported_golden::RULE];

/// A project as the rules see it.
pub struct Lint<'a> {
    /// The project.
    project: &'a Project,
    /// All cases, with their suites.
    cases: Vec<(&'a Suite, ScoredCase)>,
    /// Today.
    today: Date,
    files: RefCell<Files>,
}

/// Findings of one rule.
#[derive(Debug, Default)]
pub struct Found {
    findings: Vec<Diagnostic>,
    more: usize,
}

impl Found {
    /// Whether further findings are only counted.
    fn is_full(&self) -> bool {
        self.findings.len() >= MOST
    }

    fn push(&mut self, finding: Diagnostic) {
        if self.is_full() {
            self.more += 1;
        } else {
            self.findings.push(finding);
        }
    }
}

/// Applies all rules that are not switched off.
pub fn check(project: &Project) -> Diagnostics {
    let each = project.suites.iter().flat_map(|suite| suite.cases.each().map(move |case| (suite, case)));
    let mut findings = Diagnostics::new();
    let mut cases = Vec::new();
    for (suite, case) in each {
        match case {
            Ok(case) => cases.push((suite, case)),
            Err(moved) => findings.push(Diagnostic::error(moved.to_string())),
        }
    }
    let lint = Lint { project, cases, today: project.bench.today, files: RefCell::default() };
    for rule in RULES.iter().filter(|rule| !project.config.lint_off.contains(rule.name)) {
        let mut found = Found::default();
        (rule.check)(&lint, &mut found);
        for finding in found.findings {
            findings.push(finding.rule(rule.name));
        }
        if found.more > 0 {
            let message = format!("{} more findings of this rule are not shown", found.more);
            findings.push(Diagnostic::warning(message).rule(rule.name));
        }
    }
    findings
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
