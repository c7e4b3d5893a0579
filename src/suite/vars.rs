//! Values that prompts take from `vars` must be given by every case.

use std::collections::BTreeSet;

use crate::config::reader::Mistakes;
use crate::suite::draft::Draft;

/// Reports every (prompt, name) that some case does not give, at the first such case.
pub(super) fn check(needs: &[(String, BTreeSet<String>)], drafts: &[Draft<'_>], files: &mut [Mistakes]) {
    for (prompt, name) in needs.iter().flat_map(|(p, names)| names.iter().map(move |n| (p, n))) {
        let mut lacking = drafts.iter().filter(|d| !d.case.vars.contains_key(name));
        let Some(first) = lacking.next() else { continue };
        let others = match lacking.count() {
            0 => String::new(),
            1 => " (nor does 1 more case)".to_owned(),
            n => format!(" (nor do {n} more cases)"),
        };
        let message = format!(
            "prompt `{prompt}` needs `vars.{name}`, which case `{}` does not give{others}",
            first.case.id
        );
        let mistakes = &mut files[first.file];
        let given: BTreeSet<&str> =
            drafts.iter().flat_map(|d| d.case.vars.keys().map(String::as_str)).collect();
        let finding = mistakes
            .error(&first.span, message)
            .suggest(name, given)
            .help(format!("add `vars = {{ {name} = … }}` to the case, or to `[defaults]` for all cases"));
        mistakes.push(finding);
    }
}
