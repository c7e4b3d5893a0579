//! Goldens and the cases and scorers that want them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use crate::config::reader::Mistakes;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::golden::{self, Drift, golden_path};
use crate::shorten::first_of;
use crate::suite::scorers::Built;
use crate::suite::{Context, Suite};

/// Most cases that one finding lists.
const SHOWN: usize = 12;

/// Warns of golden files whose case is not there; `broken` suites may have the case and are left out.
pub(super) fn orphans(context: &Context<'_>, suites: &[Suite], broken: &BTreeSet<String>) -> Diagnostics {
    let known: BTreeMap<&str, &Suite> = suites.iter().map(|suite| (suite.id.as_str(), suite)).collect();
    let mut findings = Diagnostics::new();
    for (suite, case) in context.goldens.keys().filter(|(suite, _)| !broken.contains(suite)) {
        let finding = match known.get(suite.as_str()) {
            None => Diagnostic::warning(format!("golden without a suite: no suite is named `{suite}`"))
                .suggest(suite, known.keys().copied()),
            Some(found) if found.with_file.contains(case.as_str()) => continue,
            Some(found) => {
                Diagnostic::warning(format!("golden without a case: suite `{suite}` has no case `{case}`"))
                    .suggest(case, ids_of(found).iter().map(String::as_str))
            }
        };
        let path = golden_path(&context.config.golden, suite, case);
        findings.push(finding.in_path(&path).help("rename the file after its case, or delete it"));
    }
    findings
}

/// Warns of passages that were edited or removed after goldens that rest on them were accepted, one by one.
pub(super) fn suspects(context: &Context<'_>, suites: &[Suite]) -> Diagnostics {
    let mut drifted: BTreeMap<Drift, (PathBuf, Vec<String>)> = BTreeMap::new();
    for suite in suites {
        let own = context
            .goldens
            .iter()
            .filter(|((of, case), _)| *of == suite.id && suite.with_file.contains(case.as_str()));
        for ((_, case), golden) in own {
            for drift in golden.drifted(&suite.knowledge) {
                let article = golden::passage(&suite.knowledge, &drift.passage)
                    .and_then(|passage| suite.knowledge.article(&passage.article));
                let path = || match article {
                    Some(article) => article.path.clone(),
                    None => golden_path(&context.config.golden, &suite.id, case),
                };
                let (_, cases) = drifted.entry(drift).or_insert_with(|| (path(), Vec::new()));
                cases.push(format!("{}/{case}", suite.id));
            }
        }
    }
    let mut findings = Diagnostics::new();
    for (drift, (path, cases)) in drifted {
        let shown = first_of(&cases, SHOWN);
        let message = format!("{drift} since goldens that rest on it were accepted: {shown}");
        findings.push(Diagnostic::warning(message).in_path(&path).help(
            "these cases are suspect and judged by no gate, until `regauge accept --confirm` says that their goldens still hold",
        ));
    }
    findings
}

fn ids_of(suite: &Suite) -> Vec<String> {
    suite.cases.each().filter_map(|case| Some(case.ok()?.case.id.clone())).collect()
}

/// Warns of scorers that find nothing to judge on any of their cases.
pub(super) fn warn_idle(scorers: &[Built], any_golden: bool, any_expect: bool, mistakes: &mut Mistakes) {
    for built in scorers {
        let scorer = &built.scorer;
        let own = match scorer.kind {
            "equals" => "value",
            "meaning" => "reference",
            _ => "",
        };
        let wants_golden = scorer.kind == "golden" || (!own.is_empty() && scorer.settings.get(own).is_none());
        let finding = if !any_golden && wants_golden {
            mistakes
                .warning(
                    &built.span,
                    format!("scorer `{}` has nothing to judge: no golden answers", scorer.name),
                )
                .help("accept answers with `regauge accept`, or write `golden = \"…\"` into the case")
        } else if !any_expect && scorer.kind == "action" {
            mistakes
                .warning(&built.span, format!("scorer `{}` has nothing to judge: no `expect`", scorer.name))
                .help("write `expect = \"answer\"` into the case or into `[defaults]`")
        } else {
            continue;
        };
        mistakes.push(finding);
    }
}
