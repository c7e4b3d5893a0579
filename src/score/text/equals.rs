//! # What it checks
//! The whole answer, apart from blanks around it, is one of the accepted texts.
//!
//! # Keys
//! - `value`: a text or a list of texts; absent: the case's goldens.
//! - `ignore_case` = false: whether letter case is ignored.
//!
//! # Example
//! ```toml
//! [[score]]
//! kind = "equals"
//! value = ["yes", "no"]
//! ignore_case = true
//! ```
//!
//! # Caveats
//! Meant for routing labels and one-word answers; for prose use `golden`. Curly and straight
//! apostrophes, cedilla and comma diacritics, and kinds of blanks are the same character.
//! Without `value` and without goldens it is not applicable.

use crate::score::words::{Folded, Folding, fold};
use crate::score::{Args, Built, Check, Evidence, Finding, ScoreInput, ScorerKind};

/// Row of the scorer table.
pub(in crate::score) const KIND: ScorerKind = ScorerKind {
    name: "equals",
    summary: "the whole answer is one of the accepted texts",
    docs: docs!("equals.rs"),
    keys: &["value", "ignore_case"],
    build,
};

struct Equals {
    accepted: Option<Vec<String>>,
    folding: Folding,
}

fn build(args: &Args<'_>) -> Built {
    let mut errors = Vec::new();
    let accepted = args.strings("value", &mut errors);
    let ignore_case = args.get::<bool>("ignore_case", &mut errors).unwrap_or(false);
    let folding = if ignore_case { Folding::Case } else { Folding::Typing };
    if errors.is_empty() { Ok(Box::new(Equals { accepted, folding })) } else { Err(errors) }
}

impl Check for Equals {
    fn check(&self, input: &ScoreInput<'_>) -> Finding {
        let accepted = self.accepted.as_ref().unwrap_or(&input.case.goldens);
        let Some(first) = accepted.first() else {
            return Finding::not_applicable("the case has no golden to be equal to");
        };
        let answer = Folded::new(&input.completion.text, self.folding);
        if let Some(text) = accepted.iter().find(|a| fold(a, self.folding).trim() == answer.text.trim()) {
            return Finding::scored(1.0, true, format!("equal to `{}`", text.trim()));
        }
        let reason = match accepted.len() {
            1 => format!("not equal to `{}`", first.trim()),
            n => format!("equal to none of the {n} accepted texts"),
        };
        Finding::scored(0.0, false, reason).with(vec![self.difference(&answer, first)])
    }
}

impl Equals {
    /// From the first character that differs from an accepted text.
    fn difference(&self, answer: &Folded<'_>, accepted: &str) -> Evidence {
        let accepted = fold(accepted, self.folding);
        let start = answer.text.len() - answer.text.trim_start().len();
        let same: usize = answer.text[start..]
            .chars()
            .zip(accepted.trim().chars())
            .take_while(|(a, b)| a == b)
            .map(|(a, _)| a.len_utf8())
            .sum();
        let end = answer.text.trim_end().len();
        let span = answer.chars(&(start + same..end));
        let mut evidence = Evidence::new("differs", answer.quote(&span));
        if span.is_empty() {
            evidence.note = Some(format!("the answer ends where `{}` goes on", accepted.trim()));
        } else {
            evidence.span = Some(span);
        }
        evidence
    }
}

#[cfg(test)]
mod tests {
    use crate::score::ScoreState;
    use crate::score::testing::{Setup, mistakes};

    fn passes(toml: &str, answer: &str) -> bool {
        Setup::of("equals", toml).score(answer).pass().expect("scored")
    }

    #[test]
    fn blanks_around_and_typing_do_not_matter() {
        assert!(passes("value = 'Știu'", " \u{15e}tiu\n"));
        assert!(!passes("value = 'yes'", "Yes"));
        assert!(passes("value = ['no', 'yes']\nignore_case = true", "Yes"));
    }

    #[test]
    fn the_first_difference_is_shown() {
        let score = Setup::of("equals", "value = 'returns'").score(" refunds ");
        assert_eq!(score.state, ScoreState::Scored { value: 0.0, pass: false });
        assert_eq!((score.evidence[0].span.clone(), score.evidence[0].quote.as_str()), (Some(3..8), "funds"));
        let short = Setup::of("equals", "value = 'returns'").score("ret");
        assert_eq!(short.evidence[0].span, None);
    }

    #[test]
    fn goldens_stand_in_for_the_value() {
        assert_eq!(Setup::of("equals", "").score("x").state, ScoreState::NotApplicable);
        assert_eq!(Setup::of("equals", "").goldens(&["a", "b"]).score("b").pass(), Some(true));
    }

    #[test]
    fn all_mistakes_are_reported() {
        assert_eq!(mistakes("equals", "value = []\nignore_case = 1").len(), 2);
        assert_eq!(mistakes("equals", "value = ''").len(), 1);
    }
}
