//! A key whose value is one of a few names.

use crate::diagnostic::Diagnostic;
use crate::score::{Args, ScorerError};

/// The value of a key with a fixed set of names; absent is `None`, any other name is a mistake.
pub(super) fn choice(
    args: &Args<'_>,
    key: &str,
    known: &[&'static str],
    errors: &mut Vec<ScorerError>,
) -> Option<&'static str> {
    let written = args.get::<String>(key, errors)?;
    if let Some(name) = known.iter().find(|name| **name == written) {
        return Some(name);
    }
    let near = Diagnostic::error("").suggest(&written, known.iter().copied()).help.pop();
    let help = near.unwrap_or_else(|| format!("known: {}", known.join(", ")));
    errors.push(args.error_at(key, format!("`{key}` = \"{written}\" is not known")).with_help(help));
    None
}

/// A share from 0 to 1; absent is `None`, anything else is a mistake.
pub(super) fn share(args: &Args<'_>, key: &str, errors: &mut Vec<ScorerError>) -> Option<f64> {
    let share = args.number(key, errors)?;
    if !(0.0..=1.0).contains(&share) {
        errors.push(args.error_at(key, format!("`{key}` = {share} is outside 0 to 1")));
    }
    Some(share)
}
