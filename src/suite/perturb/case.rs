//! All small or all capital letters, as people type on telephones and in a rage.

use super::{Perturber, Question};
use crate::stats::Random;

/// Row of the table.
pub(super) const KIND: Perturber =
    Perturber { name: "case", summary: "all small or all capital letters", has_words: false, apply };

fn apply(question: &Question<'_>, rng: &mut Random) -> Option<String> {
    let small = question.pieces.map(str::to_lowercase);
    let large = question.pieces.map(str::to_uppercase);
    let asked = question.pieces.text();
    // Small letters are what customers write most.
    let first = if rng.below(3) < 2 { [small, large] } else { [large, small] };
    first.into_iter().find(|text| *text != asked)
}

#[cfg(test)]
mod tests {
    use super::super::{Options, find};

    #[test]
    fn whatever_it_was_it_is_not_any_more() {
        let case = find("case").unwrap();
        let wording = |text: &str| case.wording((text, &[]), "en", &Options::default()).map(|p| p.text);
        assert_eq!(wording("where is it").as_deref(), Some("WHERE IS IT"));
        assert_eq!(wording("12 €!"), None);
        let found = wording("Where is RX-4471 now?").unwrap();
        assert!(["where is RX-4471 now?", "WHERE IS RX-4471 NOW?"].contains(&found.as_str()), "{found}");
    }
}
