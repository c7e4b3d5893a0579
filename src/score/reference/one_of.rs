//! # What it checks
//! The answer is one of several accepted answers, and the score says which one. Letter case,
//! punctuation, formatting marks, blanks and Romanian diacritics do not count.
//!
//! # Keys
//! - `value`: a text or a list of texts; absent: the case's goldens.
//! - `within` = false: whether the accepted answer may also stand inside a longer one, as whole words.
//!
//! # Example
//! ```toml
//! [[score]]
//! kind = "one-of"
//! value = ["Volta City", "Volta City Plus"]
//! within = true
//! ```
//!
//! # Caveats
//! Of several accepted answers the longest one found counts. With `within` a denial is found like a
//! claim: `not the Volta City` holds `Volta City`. Not applicable without `value` and without goldens.
//! Where surface counts use `equals`, where the wording is free `golden` or `similarity`.

use std::ops::Range;

use crate::score::words::Words;
use crate::score::{Args, Built, Check, Evidence, Finding, ScoreInput, ScorerKind};

/// Row of the scorer table.
pub(in crate::score) const KIND: ScorerKind = ScorerKind {
    name: "one-of",
    summary: "the answer is one of several accepted answers",
    keys: &["value", "within"],
    docs: docs!("one_of.rs"),
    build,
};

struct OneOf {
    accepted: Option<Vec<String>>,
    within: bool,
}

fn build(args: &Args<'_>) -> Built {
    let mut errors = Vec::new();
    let accepted = args.strings("value", &mut errors);
    let within = args.get::<bool>("within", &mut errors).unwrap_or(false);
    for text in accepted.iter().flatten().filter(|text| Words::new(text).len() == 0) {
        let message = format!("`{text}` has no word by which it could be found");
        errors
            .push(args.error_at("value", message).with_help("use `equals`, which compares every character"));
    }
    if errors.is_empty() { Ok(Box::new(OneOf { accepted, within })) } else { Err(errors) }
}

impl Check for OneOf {
    fn check(&self, input: &ScoreInput<'_>) -> Finding {
        let accepted = self.accepted.as_ref().unwrap_or(&input.case.goldens);
        if accepted.is_empty() {
            return Finding::not_applicable("the case has no golden to be one of");
        }
        let answer = Words::new(&input.completion.text);
        let found =
            accepted.iter().enumerate().filter_map(|(index, text)| Some((self.place(&answer, text)?, index)));
        // Of equally long ones the first.
        let longest = found.reduce(|a, b| if b.0.len() > a.0.len() { b } else { a });
        let whole = answer.span(&(0..answer.len()));
        let Some((place, index)) = longest else {
            let evidence = Evidence {
                span: whole.clone(),
                ..Evidence::new("differs", whole.as_ref().map_or("", |span| answer.quote(span)))
            };
            let reason = match accepted.as_slice() {
                [one] => format!("not `{}`", one.trim()),
                many => format!("none of the {} accepted answers", many.len()),
            };
            return Finding::scored(0.0, false, reason).with(vec![evidence]);
        };
        let span = answer.span(&place);
        let evidence = Evidence {
            span: span.clone(),
            note: Some(format!("accepted answer {} of {}", index + 1, accepted.len())),
            ..Evidence::new("matched", span.as_ref().map_or("", |span| answer.quote(span)))
        };
        let verb = if place.len() == answer.len() { "is" } else { "holds" };
        Finding::scored(1.0, true, format!("{verb} `{}`", accepted[index].trim())).with(vec![evidence])
    }
}

impl OneOf {
    /// The words of the answer that are the accepted text.
    fn place(&self, answer: &Words<'_>, accepted: &str) -> Option<Range<usize>> {
        let accepted = Words::new(accepted);
        let (wanted, there): (Vec<&str>, Vec<&str>) = (accepted.iter().collect(), answer.iter().collect());
        if wanted.is_empty() {
            return None;
        }
        if !self.within {
            return (wanted == there).then_some(0..there.len());
        }
        first(&there, &wanted).map(|at| at..at + wanted.len())
    }
}

/// Where some words first stand in a row (Knuth, Morris and Pratt, 1977: never looks back).
fn first(there: &[&str], wanted: &[&str]) -> Option<usize> {
    let mut back = vec![0; wanted.len()];
    let mut matched = 0;
    for at in 1..wanted.len() {
        while matched > 0 && wanted[at] != wanted[matched] {
            matched = back[matched - 1];
        }
        matched += usize::from(wanted[at] == wanted[matched]);
        back[at] = matched;
    }
    matched = 0;
    for (at, word) in there.iter().enumerate() {
        while matched > 0 && *word != wanted[matched] {
            matched = back[matched - 1];
        }
        matched += usize::from(*word == wanted[matched]);
        if matched == wanted.len() {
            return Some(at + 1 - matched);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::first;
    use crate::score::ScoreState;
    use crate::score::testing::{Setup, mistakes};

    #[test]
    fn surface_does_not_count_and_the_score_says_which() {
        let score = Setup::of("one-of", "value = ['nu', 'Știu, da']").score(" **STIU: da!** ");
        assert_eq!(score.state, ScoreState::Scored { value: 1.0, pass: true });
        assert_eq!(score.reason, "is `Știu, da`");
        assert_eq!(score.evidence[0].note.as_deref(), Some("accepted answer 2 of 2"));
        assert_eq!(score.evidence[0].span, Some(3..11));
    }

    #[test]
    fn a_longer_answer_holds_one_only_if_asked() {
        let answer = "You should take the Volta City Plus.";
        let toml = "value = ['Volta City', 'Volta City Plus', 'olta']";
        assert_eq!(Setup::of("one-of", toml).score(answer).pass(), Some(false));
        let score = Setup::of("one-of", &format!("{toml}\nwithin = true")).score(answer);
        assert_eq!(score.reason, "holds `Volta City Plus`");
        assert_eq!(score.evidence[0].quote, "Volta City Plus");
    }

    #[test]
    fn goldens_stand_in_for_the_value() {
        assert_eq!(Setup::of("one-of", "").score("x").state, ScoreState::NotApplicable);
        let score = Setup::of("one-of", "").goldens(&["30 days", "one month"]).score("31 days");
        assert_eq!((score.pass(), score.reason.as_str()), (Some(false), "none of the 2 accepted answers"));
    }

    #[test]
    fn long_answers_end_soon() {
        let setup = Setup::of("one-of", "within = true").goldens(&[&("a ".repeat(20_000) + "b")]);
        assert_eq!(setup.score(&"a ".repeat(50_000)).pass(), Some(false));
    }

    #[test]
    fn all_mistakes_are_reported() {
        assert_eq!(mistakes("one-of", "value = ['?!', 'a']\nwithin = 'x'").len(), 2);
    }

    proptest! {
        #[test]
        fn words_in_a_row_are_found_where_they_first_stand(
            there in prop::collection::vec("[ab]", 0..20), wanted in prop::collection::vec("[ab]", 1..5),
        ) {
            let there: Vec<&str> = there.iter().map(String::as_str).collect();
            let wanted: Vec<&str> = wanted.iter().map(String::as_str).collect();
            prop_assert_eq!(first(&there, &wanted), there.windows(wanted.len()).position(|w| w == wanted));
        }
    }
}
