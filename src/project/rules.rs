//! What the rules of the gate are about and nothing in the project has: such a rule would judge nothing.

use std::collections::BTreeSet;
use std::path::Path;

use crate::case::Tier;
use crate::config::{GateRules, MetricRule, RuleMetric, Slice};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::suite::Suite;

/// What rules may be about.
#[derive(Default)]
struct Known {
    suites: BTreeSet<String>,
    areas: BTreeSet<String>,
    tags: BTreeSet<String>,
    langs: BTreeSet<String>,
    owners: BTreeSet<String>,
    scorers: BTreeSet<String>,
}

/// Warns of rules that name a scorer, a suite or a label which no case has.
pub(super) fn check(rules: &GateRules, suites: &[Suite]) -> Diagnostics {
    let mut findings = critical(rules, suites);
    if rules.never.is_empty() && rules.rules.is_empty() && rules.suites.is_empty() {
        return findings;
    }
    let labelled = |rule: &MetricRule| {
        let Slice { area, tag, lang, owner, .. } = &rule.slice;
        [area, tag, lang, owner].iter().any(|label| label.is_some())
    };
    let all = rules.rules.iter().chain(rules.suites.iter().flat_map(|suite| &suite.rules));
    let known = Known::of(suites, all.clone().any(labelled));
    let settings = Path::new(crate::config::FILE_NAME);
    known.check(&rules.never, &rules.rules, settings, &mut findings);
    for gate in &rules.suites {
        let file = suites.iter().find(|suite| suite.id == gate.suite).map(|suite| suite.file.path.as_path());
        known.check(&gate.never, &gate.rules, file.unwrap_or(settings), &mut findings);
    }
    findings
}

/// Warns of `critical = "all"` where no case is critical.
fn critical(rules: &GateRules, suites: &[Suite]) -> Diagnostics {
    let any = |suite: &Suite| suite.cases.each().flatten().any(|scored| scored.case.tier == Tier::Critical);
    let warn = |who: &str, file: &Path| {
        let message =
            format!("[gate] critical: no case of {who} has `tier = \"critical\"`, so the gate cannot tell");
        Diagnostic::warning(message)
            .in_path(file)
            .help("give the cases that must pass that tier, or leave `critical` out")
    };
    let mut findings = Diagnostics::new();
    if rules.critical_all && !suites.iter().any(any) {
        findings.push(warn("the project", Path::new(crate::config::FILE_NAME)));
    }
    for gate in rules.suites.iter().filter(|gate| gate.critical_all) {
        for suite in suites.iter().filter(|suite| suite.id == gate.suite && !any(suite)) {
            findings.push(warn("this suite", &suite.file.path));
        }
    }
    findings
}

impl Known {
    fn of(suites: &[Suite], labels: bool) -> Self {
        let mut known = Self::default();
        for suite in suites {
            known.suites.insert(suite.id.clone());
            known.scorers.extend(suite.cases.scorers().map(|scorer| scorer.name.clone()));
            // Reading all cases is for rules that name a label.
            for scored in suite.cases.each().take_while(|_| labels).flatten() {
                known.areas.extend(scored.case.area.clone());
                known.tags.extend(scored.case.tags.iter().cloned());
                known.langs.insert(scored.case.lang.clone());
                known.owners.extend(scored.case.owner.clone());
            }
        }
        known
    }

    fn check(&self, never: &[String], rules: &[MetricRule], file: &Path, findings: &mut Diagnostics) {
        let mut find = |what: &str, name: &str, known: &BTreeSet<String>, key: &str| {
            if !known.contains(name) {
                let message =
                    format!("[gate] {key}: no {what} is named `{name}`, so the rule judges nothing");
                let finding = Diagnostic::warning(message).in_path(file);
                findings.push(finding.suggest(name, known.iter().map(String::as_str)));
            }
        };
        for name in never {
            find("scorer", name, &self.scorers, "never");
        }
        for rule in rules {
            if let RuleMetric::Scorer(label) = &rule.metric {
                let named = RuleMetric::NAMED.map(|metric| metric.name().to_owned());
                let known = self.scorers.iter().cloned().chain(named).collect();
                find("metric or scorer", label, &known, "rules");
            }
            let slice = &rule.slice;
            let parts = [
                ("suite", &slice.suite, &self.suites),
                ("area", &slice.area, &self.areas),
                ("tag", &slice.tag, &self.tags),
                ("language", &slice.lang, &self.langs),
                ("owner", &slice.owner, &self.owners),
            ];
            for (what, name, known) in parts {
                if let Some(name) = name {
                    find(what, name, known, "rules");
                }
            }
        }
    }
}
