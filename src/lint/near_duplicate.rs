//! Cases that ask what another case asks already.

use crate::lint::{Found, Lint, Rule, name_beside};

/// Row of the table of rules.
pub(super) const RULE: Rule = Rule {
    name: "near-duplicate",
    doc: "two cases ask nearly the same, so that one situation counts twice",
    check,
};

fn check(lint: &Lint<'_>, found: &mut Found) {
    for twins in lint.twins() {
        let (first, second) = (&lint.cases[twins.first].1, &lint.cases[twins.second].1);
        let how = if twins.likeness < 1.0 { "nearly the same" } else { "the same" };
        let (case, twin) = (&second.case, name_beside(&first.case, &second.case));
        let message = format!("`{}` asks {how} as {twin}", case.id);
        found.push(lint.at_case(second, message).help(
            "delete one of them, or make it a further wording of the other (`phrasings`), which counts once",
        ));
    }
}
