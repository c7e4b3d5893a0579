//! # What it checks
//! The answer states a certain number, with its unit if one is asked for, however it is written:
//! `30 days`, `30-day`, `thirty days`, `30 de zile`; `€1,234.50`, `1.234,50 EUR`, `1 234,5 euro`.
//!
//! # Keys
//! - `value`: the number.
//! - `unit`: a spelling of the unit, or a list of them; absent: any unit, or none. Plurals,
//!   translations and symbols of common units (currencies, times, percent, measures) count as well.
//! - `tolerance` = 0: how far off the number may be, in the same unit.
//!
//! # Example
//! ```toml
//! [[case.score]]
//! kind = "number"
//! value = 30
//! unit = "days"
//! ```
//!
//! # Caveats
//! `1.234` and `1,234` have two readings, and either is accepted. Units are not converted: 2 weeks
//! are not 14 days here. Dates, times of day, phone numbers and list markers hold no numbers.
//! The answer may state other numbers besides; `grounded` looks for those.

use crate::score::facts::{self, Fact, Unit, Value};
use crate::score::words::{Folded, Folding, fold};
use crate::score::{Args, Built, Check, Evidence, Finding, ScoreInput, ScorerKind};

/// Row of the scorer table.
pub(in crate::score) const KIND: ScorerKind = ScorerKind {
    name: "number",
    summary: "the answer states a certain number with its unit",
    docs: docs!("number.rs"),
    keys: &["value", "unit", "tolerance"],
    build,
};

/// A unit as asked for: one of the table, or a word that must follow.
enum Asked {
    Known(&'static Unit),
    Word(String),
}

struct Number {
    value: f64,
    units: Vec<Asked>,
    /// The spelling for reasons.
    unit: String,
    tolerance: f64,
}

fn build(args: &Args<'_>) -> Built {
    let mut errors = Vec::new();
    if args.value("value").is_none() {
        errors.push(args.missing("value", "add the number the answer must state, e.g. `value = 30`"));
    }
    let value = args.number("value", &mut errors);
    let spellings = args.strings("unit", &mut errors).unwrap_or_default();
    let tolerance = args.number("tolerance", &mut errors).unwrap_or(0.0);
    if tolerance < 0.0 {
        errors.push(args.error_at("tolerance", "`tolerance` is negative"));
    }
    let unit = spellings.first().map(|s| format!(" {}", s.trim())).unwrap_or_default();
    let units = spellings
        .iter()
        .map(|s| fold(s.trim(), Folding::Marks))
        .map(|s| facts::unit_named(&s).map_or_else(|| Asked::Word(s), Asked::Known))
        .collect();
    match value {
        Some(value) if errors.is_empty() => Ok(Box::new(Number { value, units, unit, tolerance })),
        _ => Err(errors),
    }
}

impl Check for Number {
    fn check(&self, input: &ScoreInput<'_>) -> Finding {
        let answer = Folded::new(&input.completion.text, Folding::Marks);
        let found = facts::quantities(&answer);
        let wanted = format!("{}{}", self.value, self.unit);
        let evidence = |label: &str, fact: &Fact| Evidence {
            span: Some(fact.span.clone()),
            ..Evidence::new(label, fact.text.as_str())
        };
        if let Some(fact) = found.iter().find(|fact| self.is_near(fact) && self.has_unit(&answer, fact)) {
            return Finding::scored(1.0, true, format!("states {wanted}"))
                .with(vec![evidence("matched", fact)]);
        }
        let reason = if found.is_empty() {
            format!("states no number, {wanted} expected")
        } else {
            let list: Vec<&str> = found.iter().map(|f| f.text.as_str()).collect();
            format!("does not state {wanted}, but {}", list.join(", "))
        };
        Finding::scored(0.0, false, reason).with(found.iter().map(|f| evidence("differs", f)).collect())
    }
}

impl Number {
    fn is_near(&self, fact: &Fact) -> bool {
        // Room for the decimal digits that binary numbers cannot hold.
        let rounding = self.value.abs().max(1.0) * 1e-9;
        fact.value.numbers().iter().any(|n| (n - self.value).abs() <= self.tolerance + rounding)
    }

    fn has_unit(&self, answer: &Folded<'_>, fact: &Fact) -> bool {
        let Value::Amount { unit, .. } = &fact.value else { return false };
        self.units.is_empty()
            || self.units.iter().any(|asked| match asked {
                Asked::Known(known) => unit.is_some_and(|u| u.name == known.name),
                Asked::Word(word) => facts::followed_by(answer, fact, word),
            })
    }
}

#[cfg(test)]
mod tests {
    use crate::score::testing::{Setup, mistakes};

    fn passes(toml: &str, answer: &str) -> bool {
        Setup::of("number", toml).score(answer).pass().expect("scored")
    }

    #[test]
    fn thirty_days_in_every_spelling() {
        for answer in [
            "30 days",
            "a 30-day window",
            "Thirty days.",
            "thirty (30) days",
            "30\u{a0}days",
            "ai 30 de zile",
            "treizeci de zile",
            "**30 days**",
            "between 14 and 30 days",
            "30–45 days",
            "30 Tage",
        ] {
            assert!(passes("value = 30\nunit = 'days'", answer), "{answer}");
        }
        for answer in [
            "30",
            "30 hours",
            "300 days",
            "30 business days",
            "30 daylight",
            "on 30.10.2026",
            "-30 days",
            "3 0 days",
        ] {
            assert!(!passes("value = 30\nunit = 'days'", answer), "{answer}");
        }
    }

    #[test]
    fn money_in_every_format() {
        for answer in ["€1,234.50", "1.234,50 EUR", "1 234,5 euro", "EUR 1234.5", "1.234,50€"] {
            assert!(passes("value = 1234.5\nunit = 'EUR'", answer), "{answer}");
        }
        assert!(passes("value = 29\nunit = ['lei', 'RON']", "Costă 29 lei."));
        assert!(!passes("value = 29\nunit = 'EUR'", "29 lei"));
        assert!(passes("value = 29\nunit = '€'", "29 euro"));
        assert!(passes("value = 15\nunit = '%'", "cincisprezece la sută"));
    }

    #[test]
    fn ambiguous_thousands_match_either_reading() {
        assert!(passes("value = 1234", "1.234"));
        assert!(passes("value = 1.234", "1.234"));
        assert!(!passes("value = 1.2", "1.234"));
    }

    #[test]
    fn own_units_and_tolerance() {
        assert!(passes("value = 2\nunit = 'bike'", "You may rent 2 bikes"));
        assert!(!passes("value = 2\nunit = 'bike'", "You may rent 2 scooters"));
        assert!(passes("value = 10\ntolerance = 0.5", "9.5"));
        assert!(!passes("value = 10\ntolerance = 0.5", "9.4"));
        assert!(passes("value = 0.3\ntolerance = 0.1", "0.2"));
        assert!(passes("value = -5", "it is −5 outside"));
    }

    #[test]
    fn a_failure_lists_what_was_found() {
        let score = Setup::of("number", "value = 30\nunit = 'days'").score("14 days, or 21 days for members");
        assert_eq!(score.reason, "does not state 30 days, but 14 days, 21 days");
        assert_eq!(score.evidence[1].span, Some(12..19));
        assert_eq!(Setup::of("number", "value = 30").score("soon").reason, "states no number, 30 expected");
    }

    #[test]
    fn all_mistakes_are_reported() {
        assert_eq!(mistakes("number", "").len(), 1);
        assert_eq!(mistakes("number", "value = nan\ntolerance = -1\nunit = []").len(), 3);
        assert_eq!(mistakes("number", "value = 'x'").len(), 1);
    }
}
