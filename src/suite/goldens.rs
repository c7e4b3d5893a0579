//! Goldens and the cases and scorers that want them.

use std::borrow::Borrow;
use std::collections::{BTreeMap, BTreeSet};

use crate::case::Case;
use crate::config::reader::Mistakes;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::golden::golden_path;
use crate::suite::scorers::Built;
use crate::suite::{Context, Suite};

/// Warns of golden files whose case is not there; `broken` suites may have the case and are left out.
pub(super) fn orphans(context: &Context<'_>, suites: &[Suite], broken: &BTreeSet<String>) -> Diagnostics {
    let cases: BTreeMap<&str, BTreeSet<&str>> = suites
        .iter()
        .map(|suite| (suite.id.as_str(), suite.cases.iter().map(|c| c.case.id.as_str()).collect()))
        .collect();
    let mut findings = Diagnostics::new();
    for (suite, case) in context.goldens.keys().filter(|(suite, _)| !broken.contains(suite)) {
        let finding = match cases.get(suite.as_str()) {
            None => Diagnostic::warning(format!("golden without a suite: no suite is named `{suite}`"))
                .suggest(suite, cases.keys().copied()),
            Some(ids) if ids.contains(case.as_str()) => continue,
            Some(ids) => {
                Diagnostic::warning(format!("golden without a case: suite `{suite}` has no case `{case}`"))
                    .suggest(case, ids.iter().copied())
            }
        };
        let path = golden_path(&context.config.golden, suite, case);
        findings.push(finding.in_path(&path).help("rename the file after its case, or delete it"));
    }
    findings
}

/// Warns of scorers that find nothing to judge on any of `cases`.
pub(super) fn warn_idle<C: Borrow<Case>>(scorers: &[Built], cases: &[C], mistakes: &mut Mistakes) {
    if cases.is_empty() {
        return;
    }
    let no_golden = cases.iter().all(|c| c.borrow().goldens.is_empty());
    let no_expect = cases.iter().all(|c| c.borrow().expect.is_empty());
    for built in scorers {
        let scorer = &built.scorer;
        let wants_golden =
            scorer.kind == "golden" || (scorer.kind == "equals" && scorer.settings.get("value").is_none());
        let finding = if no_golden && wants_golden {
            mistakes
                .warning(
                    &built.span,
                    format!("scorer `{}` has nothing to judge: no golden answers", scorer.name),
                )
                .help("accept answers with `regauge accept`, or write `golden = \"…\"` into the case")
        } else if no_expect && scorer.kind == "action" {
            mistakes
                .warning(&built.span, format!("scorer `{}` has nothing to judge: no `expect`", scorer.name))
                .help("write `expect = \"answer\"` into the case or into `[defaults]`")
        } else {
            continue;
        };
        mistakes.push(finding);
    }
}
