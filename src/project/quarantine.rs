//! Cases in quarantine → the suites that have them.

use crate::case::Tier;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::golden::Quarantine;
use crate::suite::Suite;

/// Marks the cases in their suites. A case that is not there, and one that is critical, is an error.
pub(super) fn apply(quarantine: &Quarantine, suites: &mut [Suite]) -> Diagnostics {
    let mut findings = Diagnostics::new();
    let Some(file) = &quarantine.file else { return findings };
    for ((suite, case), entry) in quarantine.iter() {
        let place = file.at(entry.place.clone());
        let Some(at) = suites.iter().position(|s| s.id == *suite) else {
            let finding = Diagnostic::error(format!("no suite is named `{suite}`")).at(place);
            findings.push(finding.suggest(suite, suites.iter().map(|s| s.id.as_str())));
            continue;
        };
        let suite = &mut suites[at];
        let all: Vec<_> =
            suite.cases.each().flatten().map(|scored| (scored.case.id.clone(), scored.case.tier)).collect();
        match all.iter().find(|(id, _)| id == case) {
            None => {
                let finding =
                    Diagnostic::error(format!("suite `{}` has no case `{case}`", suite.id)).at(place);
                findings.push(finding.suggest(case, all.iter().map(|(id, _)| id.as_str())));
            }
            Some((_, Tier::Critical)) => {
                let finding = Diagnostic::error(format!(
                    "{}/{case} is critical, and critical cases stay in the gate",
                    suite.id
                ));
                findings.push(
                    finding.at(place).help("repair the case, or say in the suite that it is not critical"),
                );
            }
            Some(_) => drop(suite.quarantined.insert(case.clone())),
        }
    }
    findings
}
