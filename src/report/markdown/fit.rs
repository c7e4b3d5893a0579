//! Parts of a comment, and which of them find room.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::report::plural;

/// Most characters of a comment on GitHub, counted as its interface does.
const MOST: usize = 65_536;
/// Room for the line that says what was left out.
const NOTE: usize = 500;

/// A part that is shown whole or not at all.
pub(in crate::report) struct Part {
    /// The lower, the more important.
    rank: u8,
    /// What it is, as a singular noun.
    noun: &'static str,
    text: String,
    /// Entries that the report itself does not hold.
    unheld: u64,
}

impl Part {
    /// The part that is always shown.
    pub(super) fn first(text: String) -> Self {
        Self::of(0, "head", text)
    }

    /// A part of some importance.
    pub(in crate::report) fn of(rank: u8, noun: &'static str, text: String) -> Self {
        Self { rank, noun, text, unheld: 0 }
    }

    /// Entries of a kind that the report counts and does not hold.
    pub(super) fn unheld(noun: &'static str, n: u64) -> Self {
        Self { rank: 0, noun, text: String::new(), unheld: n }
    }
}

/// The parts in their order, those that find no room left out, and a line that says what is missing and (`held`) where
/// it is.
pub(in crate::report) fn fit(parts: &[Part], held: &str) -> String {
    let mut order: Vec<usize> = (0..parts.len()).collect();
    order.sort_by_key(|at| parts[*at].rank);
    let mut room = MOST - NOTE;
    let mut shown = vec![false; parts.len()];
    let mut left: BTreeMap<&str, u64> = BTreeMap::new();
    // Once a part of a kind found no room, no later one of it is shown: a list has no holes.
    for at in order {
        let part = &parts[at];
        let size = part.text.encode_utf16().count();
        if size <= room && !left.contains_key(part.noun) {
            room -= size;
            shown[at] = true;
        } else if size > 0 {
            *left.entry(part.noun).or_default() += 1;
        }
    }
    for part in parts.iter().filter(|p| p.unheld > 0) {
        *left.entry(part.noun).or_default() += part.unheld;
    }
    let mut text: String =
        parts.iter().zip(&shown).filter(|(_, is)| **is).map(|(p, _)| p.text.as_str()).collect();
    if !left.is_empty() {
        let list: Vec<String> = left.into_iter().map(|(noun, n)| plural(n, noun)).collect();
        // A line next to a table would be one of its rows.
        let gap = if text.ends_with("\n\n") { "" } else { "\n" };
        let _ = writeln!(text, "{gap}Left out for length: {}. {held}", list.join(", "));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_important_part_goes_first() {
        let big = |noun, rank, n: usize| Part::of(rank, noun, "x".repeat(n) + "\n");
        let parts = [
            big("head", 0, 10),
            big("broken case", 4, 40_000),
            big("broken case", 4, 40_000),
            big("table", 1, 100),
            big("broken case", 4, 5),
        ];
        let text = fit(&parts, "`regauge report` shows all.");
        assert_eq!(text.lines().map(str::len).collect::<Vec<_>>()[..3], [10, 40_000, 100]);
        assert!(
            text.ends_with("Left out for length: 2 broken cases. `regauge report` shows all.\n"),
            "{text}"
        );
    }

    #[test]
    fn what_the_report_does_not_hold_is_counted_too() {
        assert!(fit(&[Part::unheld("failing case", 3)], "").contains("3 failing cases"));
        assert_eq!(fit(&[Part::of(1, "table", "t\n".into())], ""), "t\n");
    }
}
