//! Accepted answers and expectations that cannot hold together.

use crate::case::Case;
use crate::lint::{Found, Lint, Rule, name_beside};
use crate::score::accepted::conflict;

/// Row of the table of rules.
pub(super) const RULE: Rule = Rule {
    name: "contradictory-golden",
    doc: "accepted answers to one question contradict each other, or two cases expect opposite actions on it",
    check,
};

/// Most accepted answers of a case that are compared.
const MOST: usize = 20;

fn check(lint: &Lint<'_>, found: &mut Found) {
    for (_, scored) in &lint.cases {
        let goldens = &scored.case.goldens;
        let pairs = goldens.iter().take(MOST).enumerate();
        let mut pairs = pairs.flat_map(|(at, one)| goldens[..at].iter().map(move |earlier| (earlier, one)));
        let clash = pairs.find_map(|(a, b)| Some((b, conflict(scored.case.input(), a, b)?)));
        if let Some((answer, how)) = clash {
            let message = format!(
                "two accepted answers of `{}` contradict each other: the second {how}",
                scored.case.id
            );
            found.push(lint.at_golden(scored, answer, message).help(
                "a bot passes with either: delete the wrong one, or say in the question which is meant",
            ));
        }
    }
    for twins in lint.twins() {
        let (first, second) = (&lint.cases[twins.first].1, &lint.cases[twins.second].1);
        let twin = name_beside(&first.case, &second.case);
        if let Some((answer, how)) = clash(&first.case, &second.case) {
            let message = format!(
                "golden of `{}` contradicts that of {twin}, which asks the same: it {how}",
                second.case.id
            );
            found.push(
                lint.at_golden(second, answer, message)
                    .help("one of them is out of date: accept the right answer for both, or delete a case"),
            );
        } else if opposite(&first.case, &second.case) {
            let message = format!(
                "`{}` expects {} where {twin}, which asks the same, expects {}",
                second.case.id,
                actions(&second.case),
                actions(&first.case)
            );
            found.push(lint.at_case(second, message).help("no bot can do both: settle on one"));
        }
    }
}

/// An accepted answer of the second case that contradicts every one of the first.
fn clash<'a>(first: &Case, second: &'a Case) -> Option<(&'a String, String)> {
    second.goldens.iter().take(MOST).find_map(|answer| {
        let mut how = None;
        for earlier in first.goldens.iter().take(MOST) {
            how = Some(conflict(second.input(), earlier, answer)?);
        }
        Some((answer, how?))
    })
}

fn opposite(a: &Case, b: &Case) -> bool {
    !a.expect.is_empty() && !b.expect.is_empty() && !a.expect.iter().any(|action| b.expect.contains(action))
}

fn actions(case: &Case) -> String {
    let names: Vec<String> = case.expect.iter().map(|action| format!("`{action}`")).collect();
    names.join(" or ")
}
