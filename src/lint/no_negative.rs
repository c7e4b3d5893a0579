//! Areas in which no case tests that the bot knows where it must stop.

use std::collections::BTreeMap;

use crate::case::Action;
use crate::lint::place::at_suite;
use crate::lint::{Found, Lint, Rule};

/// Row of the table of rules.
pub(super) const RULE: Rule = Rule {
    name: "no-negative-case",
    doc: "an area has cases and none that must not be answered, so that a bot that answers everything passes",
    check,
};

/// Fewest cases of an area that are held to it.
const LEAST: usize = 5;

fn check(lint: &Lint<'_>, found: &mut Found) {
    // By area, and by suite where cases name none.
    let mut areas: BTreeMap<(bool, &str), Vec<usize>> = BTreeMap::new();
    for (place, (suite, scored)) in lint.cases.iter().enumerate() {
        let key = scored.case.area.as_deref().map_or((false, suite.id.as_str()), |area| (true, area));
        areas.entry(key).or_default().push(place);
    }
    for ((is_area, name), places) in areas {
        let negative = [Action::Abstain, Action::Escalate, Action::RefuseScope];
        let refuses = |place: &usize| {
            let expect = &lint.cases[*place].1.case.expect;
            !expect.is_empty() && expect.iter().all(|action| negative.contains(action))
        };
        if places.len() < LEAST || places.iter().any(refuses) {
            continue;
        }
        let Some((suite, first)) = places.first().map(|place| &lint.cases[*place]) else { continue };
        let n = places.len();
        let finding = if is_area {
            lint.at_case(first, format!("area `{name}` has {n} cases, and none that must not be answered"))
        } else {
            at_suite(suite, format!("suite `{name}` has {n} cases, and none that must not be answered"))
        };
        found.push(finding.help(
            "add a question that no article answers (`expect = \"abstain\"`), one for a person (`escalate`) or one off \
             topic (`refuse-scope`)",
        ));
    }
}
