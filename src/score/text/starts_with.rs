//! # What it checks
//! The answer starts with one of some texts. Blanks around both do not count.
//!
//! # Keys
//! - `value`: a text or a list of texts of which one must be at the start.
//! - `ignore_case` = true: whether letter case is ignored.
//!
//! # Example
//! ```toml
//! [[score]]
//! kind = "starts-with"
//! value = ["Hello", "Bună ziua"]
//! ```
//!
//! # Caveats
//! `Hell` is a start of `Hello`. Marks of formatting count: `**Hello**` starts with asterisks.

use crate::score::text::edge::{Edge, KEYS, Side};
use crate::score::{Args, Built, Check, ScorerKind};

/// Row of the scorer table.
pub(in crate::score) const KIND: ScorerKind = ScorerKind {
    name: "starts-with",
    summary: "the answer starts with one of some texts",
    keys: KEYS,
    docs: docs!("starts_with.rs"),
    build,
};

fn build(args: &Args<'_>) -> Built {
    Ok(Box::new(Edge::build(args, Side::Start)?) as Box<dyn Check>)
}

#[cfg(test)]
mod tests {
    use crate::score::ScoreState;
    use crate::score::testing::{Setup, mistakes};

    #[test]
    fn one_of_the_texts_must_be_at_the_start() {
        let setup = Setup::of("starts-with", "value = ['Hello', 'Bună ziua', 'Bună']");
        let score = setup.score(" \n BUNĂ ZIUA, Ana!");
        assert_eq!(score.state, ScoreState::Scored { value: 1.0, pass: true });
        assert_eq!(score.reason, "starts with `Bună ziua`");
        assert_eq!(
            (score.evidence[0].span.clone(), score.evidence[0].quote.as_str()),
            (Some(3..12), "BUNĂ ZIUA")
        );
    }

    #[test]
    fn what_stands_there_instead_is_shown() {
        let score = Setup::of("starts-with", "value = 'Hello'\nignore_case = false").score("hello you");
        assert_eq!(score.pass(), Some(false));
        assert_eq!(score.reason, "does not start with `Hello`");
        assert_eq!(
            (score.evidence[0].label.as_str(), score.evidence[0].span.clone()),
            ("differs", Some(0..9))
        );
        let long = Setup::of("starts-with", "value = 'x'").score(&"ș ".repeat(50_000));
        assert_eq!(long.evidence[0].span, Some(0..60));
    }

    #[test]
    fn all_mistakes_are_reported() {
        assert_eq!(mistakes("starts-with", "").len(), 1);
        assert_eq!(mistakes("starts-with", "value = ['']\nignore_case = 1").len(), 2);
    }
}
