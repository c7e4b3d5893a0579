//! # What it checks
//! The answer ends with one of some texts. Blanks around both do not count.
//!
//! # Keys
//! - `value`: a text or a list of texts of which one must be at the end.
//! - `ignore_case` = true: whether letter case is ignored.
//!
//! # Example
//! ```toml
//! [[score]]
//! kind = "ends-with"
//! value = "Your Volta team"
//! ```
//!
//! # Caveats
//! A full stop at the end counts: `Your Volta team.` does not end with `Your Volta team`; list both
//! spellings if both are good.

use crate::score::text::edge::{Edge, KEYS, Side};
use crate::score::{Args, Built, Check, ScorerKind};

/// Row of the scorer table.
pub(in crate::score) const KIND: ScorerKind = ScorerKind {
    name: "ends-with",
    summary: "the answer ends with one of some texts",
    keys: KEYS,
    docs: docs!("ends_with.rs"),
    build,
};

fn build(args: &Args<'_>) -> Built {
    Ok(Box::new(Edge::build(args, Side::End)?) as Box<dyn Check>)
}

#[cfg(test)]
mod tests {
    use crate::score::testing::{Setup, mistakes};

    #[test]
    fn one_of_the_texts_must_be_at_the_end() {
        let score =
            Setup::of("ends-with", "value = ['?', 'Echipa Volta']").score("Mulțumim. echipa volta \n");
        assert_eq!((score.pass(), score.reason.as_str()), (Some(true), "ends with `Echipa Volta`"));
        assert_eq!(score.evidence[0].span, Some(10..22));
        let score = Setup::of("ends-with", "value = '?'").score(" Yes. ");
        assert_eq!((score.pass(), score.reason.as_str()), (Some(false), "does not end with `?`"));
        assert_eq!(score.evidence[0].quote, "Yes.");
    }

    #[test]
    fn all_mistakes_are_reported() {
        assert_eq!(mistakes("ends-with", "value = 3").len(), 1);
    }
}
