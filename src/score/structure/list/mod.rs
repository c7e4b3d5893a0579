//! # What it checks
//! The answer lists the expected items, and no others. The value is F1: the harmonic mean of the
//! shares of its items that are expected and of the expected ones that it lists.
//!
//! # Keys
//! - `items`: the expected items; absent: the items of the case's goldens, of which the best counts.
//! - `ordered` = false: whether the items must come in this order; then the longest run of items in the
//!   right order counts, others between them or not.
//! - `min` = 1.0: the least value that passes.
//!
//! # Example
//! ```toml
//! [[score]]
//! kind = "list"
//! items = ["Volta City", "Volta Cargo", "Volta Tour"]
//! ```
//!
//! # Caveats
//! Items are those of a JSON list, of bullet or numbered points, of lines, or of what stands between
//! semicolons or commas, with `and` before the last. Two items are the same without regard to case,
//! punctuation and Romanian diacritics; an explanation after a colon, a dash or in brackets is left out
//! (`City: our lightest bike`). A sentence around a comma list becomes part of its first and last item, so
//! ask the model for points. Not applicable without `items` and without goldens.

mod items;

use std::collections::HashMap;

use crate::score::choice::share;
use crate::score::words::{Folding, Words, fold};
use crate::score::{Args, Built, Check, Evidence, Finding, ScoreInput, ScorerKind};

use items::{Items, items};

/// Row of the scorer table.
pub(in crate::score) const KIND: ScorerKind = ScorerKind {
    name: "list",
    summary: "the answer lists the expected items and no others",
    keys: &["items", "ordered", "min"],
    docs: docs!("mod.rs"),
    build,
};

struct List {
    expected: Option<Vec<String>>,
    ordered: bool,
    min: f64,
}

fn build(args: &Args<'_>) -> Built {
    let mut errors = Vec::new();
    let expected = args.strings("items", &mut errors);
    let ordered = args.get::<bool>("ordered", &mut errors).unwrap_or(false);
    let min = share(args, "min", &mut errors).unwrap_or(1.0);
    if errors.is_empty() { Ok(Box::new(List { expected, ordered, min })) } else { Err(errors) }
}

/// Expected items held against those of the answer.
struct Compared {
    value: f64,
    expected: Vec<String>,
    /// For each item of the answer the expected one that it is.
    is: Vec<Option<usize>>,
    in_order: usize,
}

impl Check for List {
    fn check(&self, input: &ScoreInput<'_>) -> Finding {
        let found = items(&input.completion.text);
        let compared = if let Some(expected) = &self.expected {
            Some(self.compare(&found, expected.clone()))
        } else {
            let goldens = input.case.goldens.iter().map(|golden| self.compare(&found, items(golden).texts));
            // Of equals the first one stays.
            goldens.reduce(|a, b| if b.value > a.value { b } else { a })
        };
        let Some(compared) = compared else {
            return Finding::not_applicable("the case has no golden to take items from");
        };
        let right = compared.is.iter().flatten().count();
        let extra = found.texts.len() - right;
        let reason = format!(
            "{right} of {} items, read from {}{}{}",
            compared.expected.len(),
            found.form,
            if extra > 0 { format!("; {extra} not expected") } else { String::new() },
            if compared.in_order < right {
                format!("; only {} in order", compared.in_order)
            } else {
                String::new()
            },
        );
        Finding::scored(compared.value, compared.value >= self.min, reason).with(evidence(&found, &compared))
    }
}

impl List {
    fn compare(&self, found: &Items, expected: Vec<String>) -> Compared {
        let mut open: HashMap<String, Vec<usize>> = HashMap::new();
        for (at, item) in expected.iter().enumerate().rev() {
            open.entry(key(item)).or_default().push(at);
        }
        let mut take = |item: &str| open.get_mut(&key(item)).and_then(Vec::pop);
        let is: Vec<Option<usize>> =
            found.texts.iter().map(|item| take(item).or_else(|| take(named(item)?))).collect();
        let right: Vec<usize> = is.iter().flatten().copied().collect();
        let in_order = if self.ordered { rising(&right) } else { right.len() };
        let all = found.texts.len() + expected.len();
        let value = if all == 0 { 1.0 } else { 2.0 * in_order as f64 / all as f64 };
        Compared { value, expected, is, in_order }
    }
}

/// An item as it is compared: its words, or where it has none what is written.
fn key(item: &str) -> String {
    let words: Vec<String> = Words::new(item).iter().map(ToOwned::to_owned).collect();
    if words.is_empty() { fold(item.trim(), Folding::Marks) } else { words.join(" ") }
}

/// What stands before an explanation.
fn named(item: &str) -> Option<&str> {
    let ends = [": ", ":**", " - ", " – ", " — ", " ("].iter().filter_map(|mark| item.find(mark));
    item.get(..ends.min()?)
}

/// Length of the longest rising run, others between or not (patience sorting, n log n).
fn rising(places: &[usize]) -> usize {
    let mut ends: Vec<usize> = Vec::new();
    for place in places {
        let at = ends.partition_point(|end| end < place);
        if at == ends.len() {
            ends.push(*place);
        } else {
            ends[at] = *place;
        }
    }
    ends.len()
}

fn evidence(found: &Items, compared: &Compared) -> Vec<Evidence> {
    let mut evidence = Vec::new();
    for ((item, span), is) in found.texts.iter().zip(&found.spans).zip(&compared.is) {
        let label = if is.is_some() { "matched" } else { "extra" };
        evidence.push(Evidence { span: span.clone(), ..Evidence::new(label, item.as_str()) });
    }
    let mut there = vec![false; compared.expected.len()];
    compared.is.iter().flatten().for_each(|at| there[*at] = true);
    let missing = compared.expected.iter().zip(there).filter(|(_, there)| !there);
    evidence.extend(missing.map(|(item, _)| Evidence::new("missing", item.as_str())));
    evidence
}

#[cfg(test)]
mod tests {
    use super::rising;
    use crate::score::ScoreState;
    use crate::score::testing::{Setup, mistakes};

    const ITEMS: &str = "items = ['Volta City', 'Cargo', 'Tour']";

    #[test]
    fn surface_and_explanations_do_not_count() {
        for answer in [
            "- **Volta City**: our lightest bike\n- cargo (two seats)\n- Tour – for long rides",
            "1. tour\n2. VOLTA CITY\n3. Cargo",
            "[\"Cargo\", \"Tour\", \"volta city\"]",
            "Volta City, Cargo and Tour.",
        ] {
            let score = Setup::of("list", ITEMS).score(answer);
            assert_eq!(
                score.state,
                ScoreState::Scored { value: 1.0, pass: true },
                "{answer}: {}",
                score.reason
            );
        }
    }

    #[test]
    fn what_is_missing_and_what_is_extra_costs() {
        let score = Setup::of("list", ITEMS).score("- Cargo\n- Țesătură\n- Cargo");
        assert!((score.value().unwrap() - 2.0 / 6.0).abs() < 1e-12);
        assert_eq!(score.reason, "1 of 3 items, read from points; 2 not expected");
        let shown: Vec<_> =
            score.evidence.iter().map(|e| (e.label.as_str(), e.quote.as_str(), e.span.clone())).collect();
        assert_eq!(
            shown,
            [
                ("matched", "Cargo", Some(2..7)),
                ("extra", "Țesătură", Some(10..18)),
                ("extra", "Cargo", Some(21..26)),
                ("missing", "Volta City", None),
                ("missing", "Tour", None),
            ]
        );
    }

    #[test]
    fn order_counts_if_asked() {
        let answer = "Tour, Volta City, Cargo";
        assert_eq!(Setup::of("list", ITEMS).score(answer).value(), Some(1.0));
        let score = Setup::of("list", &format!("{ITEMS}\nordered = true\nmin = 0.6")).score(answer);
        assert_eq!((score.value(), score.pass()), (Some(2.0 / 3.0), Some(true)));
        assert!(score.reason.ends_with("only 2 in order"), "{}", score.reason);
        assert_eq!(rising(&[3, 0, 1, 5, 2, 4]), 4);
    }

    #[test]
    fn the_best_golden_gives_the_items() {
        let setup = Setup::of("list", "").goldens(&["a; b", "- a\n- b\n- c"]);
        assert_eq!(setup.score("c, b, a").value(), Some(1.0));
        assert_eq!(Setup::of("list", "").score("a").state, ScoreState::NotApplicable);
    }

    #[test]
    fn long_lists_end_soon() {
        let answer: String =
            (0..20_000).flat_map(|n| ["- ".to_owned(), n.to_string(), "\n".to_owned()]).collect();
        let score = Setup::of("list", "ordered = true").goldens(&[&answer]).score(&answer);
        assert_eq!(score.value(), Some(1.0));
    }

    #[test]
    fn all_mistakes_are_reported() {
        assert_eq!(mistakes("list", "items = []\nordered = 1\nmin = 2").len(), 3);
    }
}
