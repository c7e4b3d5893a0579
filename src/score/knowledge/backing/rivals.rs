//! Facts that cannot both be the answer to one question.

use crate::score::facts::{Dimension, Fact, FactKind, Value};
use crate::score::reading::{Reading, WordId};

/// Whether two facts of two texts can take each other's place: prices, amounts of one unit, numbers of
/// one thing (`3 bikes`, `5 bikes`), dates, times of day.
pub(in crate::score) fn rivals((a, of_a): (&Fact, &Reading), (b, of_b): (&Fact, &Reading)) -> bool {
    match (&a.value, &b.value) {
        (Value::Amount { unit: None, .. }, Value::Amount { unit: None, .. }) => {
            let (x, y) = (thing(a, of_a), thing(b, of_b));
            x.is_some() && x == y
        }
        (Value::Amount { .. }, Value::Amount { .. }) => comparable(a, b),
        _ => comparable(a, b) && matches!(a.kind, FactKind::Date | FactKind::TimeOfDay),
    }
}

/// Whether two facts are of one sort, whatever they are about.
pub(in crate::score) fn comparable(a: &Fact, b: &Fact) -> bool {
    match (&a.value, &b.value) {
        (Value::Amount { unit: Some(u), .. }, Value::Amount { unit: Some(v), .. }) => {
            u.base == v.base || (u.dimension == Dimension::Money && v.dimension == Dimension::Money)
        }
        (Value::Amount { unit: None, .. }, Value::Amount { unit: None, .. }) => true,
        (Value::Amount { .. }, _) | (_, Value::Amount { .. }) => false,
        _ => a.kind == b.kind,
    }
}

/// The content word right after a number.
fn thing(fact: &Fact, reading: &Reading) -> Option<WordId> {
    let next = reading.tokens.partition_point(|t| t.span.start < fact.span.end);
    let mut after = reading.tokens[next..].iter().take_while(|t| !t.apart).filter(|t| t.is_content());
    after.next().filter(|t| !t.sense.is_number()).map(|t| t.id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::facts::extract;

    fn of(a: &str, b: &str) -> bool {
        let (fa, fb) = (extract(a), extract(b));
        rivals((&fa[0], &Reading::new(a)), (&fb[0], &Reading::new(b)))
    }

    #[test]
    fn facts_of_one_kind_are_rivals() {
        for (a, b) in [
            ("30 days", "2 weeks"),
            ("€5", "20 lei"),
            ("5 %", "7%"),
            ("on 12 March", "13.03.2026"),
            ("at 9:00", "5 pm"),
            ("up to 3 bikes", "10 bikes"),
            ("3 de biciclete", "4 biciclete"),
        ] {
            assert!(of(a, b), "{a} {b}");
        }
    }

    #[test]
    fn facts_of_other_kinds_are_not() {
        for (a, b) in [
            ("30 days", "5 kg"),
            ("3 bikes", "3 bells"),
            ("30 days", "5 %"),
            ("in 1912", "in 1913"),
            ("help@a.example", "help@b.example"),
        ] {
            assert!(!of(a, b), "{a} {b}");
        }
    }
}
