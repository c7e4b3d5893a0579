//! Facts about a reply that must stay below a limit: what it cost, how long it took, how many tokens it used.

use crate::score::{Args, Evidence, Finding, ScorerError};

/// A fact and the most it may be.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limit {
    /// The fact's name.
    pub(super) what: &'static str,
    /// Its unit.
    pub(super) unit: &'static str,
    /// The most it may be.
    pub(super) most: f64,
    /// What it is; absent where nobody knows.
    pub(super) found: Option<f64>,
}

/// Judges by the worst of several limits. An unknown fact never passes: it is not applicable, unless another
/// limit is broken already.
pub(super) fn judge(limits: &[Limit]) -> Finding {
    let mut worst = 1.0_f64;
    let (mut over, mut told, mut unknown) = (false, Vec::new(), Vec::new());
    let mut evidence = Vec::new();
    for limit in limits {
        let Some(found) = limit.found.filter(|found| found.is_finite()) else {
            unknown.push(limit.what);
            continue;
        };
        let holds = found <= limit.most;
        let said = format!("{} {} {}", limit.what, rounded(found), limit.unit);
        told.push(if holds { said.clone() } else { format!("{said}, not at most {}", limit.most) });
        evidence.push(Evidence::new(if holds { "matched" } else { "differs" }, said));
        if !holds {
            over = true;
            worst = worst.min(limit.most / found);
        }
    }
    if !over && !unknown.is_empty() {
        return Finding::not_applicable(format!("not known: {}", unknown.join(", ")));
    }
    Finding::scored(worst, !over, told.join("; ")).with(evidence)
}

/// Up to four digits after those of a whole number, or four that are not zero.
fn rounded(number: f64) -> String {
    let digits = if number.abs() >= 1.0 || number == 0.0 { 4.0 } else { 4.0 - number.abs().log10().floor() };
    let factor = 10_f64.powi(digits as i32);
    let rounded = (number * factor).round() / factor;
    if rounded.is_finite() { rounded.to_string() } else { number.to_string() }
}

/// Decodes the limits of a scorer's keys, each at least 0; without any it has nothing to check.
pub(super) fn read(args: &Args<'_>, keys: &[&str], errors: &mut Vec<ScorerError>) -> Vec<Option<f64>> {
    let limits: Vec<Option<f64>> = keys.iter().map(|key| args.number(key, errors)).collect();
    for (key, _) in keys.iter().zip(&limits).filter(|(_, limit)| limit.is_some_and(|most| most < 0.0)) {
        errors.push(args.error_at(key, format!("`{key}` must not be negative")));
    }
    if keys.iter().all(|key| args.value(key).is_none()) {
        errors.push(args.error("no limit is given").with_help(format!("add one of {}", keys.join(", "))));
    }
    limits
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::ScoreState;

    fn limit(most: f64, found: Option<f64>) -> Limit {
        Limit { what: "time", unit: "ms", most, found }
    }

    #[test]
    fn the_worst_limit_decides_and_an_unknown_fact_never_passes() {
        let state = |limits: &[Limit]| judge(limits).state;
        assert_eq!(
            state(&[limit(2.0, Some(4.0)), limit(1.0, Some(4.0)), limit(9.0, None)]),
            ScoreState::Scored { value: 0.25, pass: false }
        );
        assert_eq!(state(&[limit(2.0, Some(1.0)), limit(9.0, None)]), ScoreState::NotApplicable);
        assert_eq!(state(&[limit(2.0, Some(f64::INFINITY))]), ScoreState::NotApplicable);
    }

    #[test]
    fn numbers_are_short() {
        let all = [0.000_123_456_78, 0.1 + 0.2, 1_234.567_89, 0.0, 3.0].map(rounded);
        assert_eq!(all, ["0.00012346", "0.3", "1234.5679", "0", "3"]);
    }
}
