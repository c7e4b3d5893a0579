//! # What it checks
//! How far the answer says what the closest accepted answer says. The value puts together, for each
//! accepted answer, what share of its words the answer says (in any order and inflection, with small
//! misspellings; small words and words of the question count less), what share of the answer's own
//! news is in it, and what share of its letters in threes. It is halved where the two contradict each
//! other: another amount, date or time of the same kind, `yes` against `no`, or a denial of what the
//! other states. The best accepted answer counts.
//!
//! # Keys
//! - `min` = 0.5: the least value that passes.
//!
//! # Example
//! ```toml
//! [[score]]
//! kind = "golden"
//! min = 0.45
//! ```
//!
//! # Caveats
//! It compares words, not meaning: a synonym or another name for the same thing is not seen (list it
//! as a further accepted answer), and an accepted answer that is mentioned only to be ruled out counts
//! as said where the denial is not in the same sentence. What the answer says besides the accepted one
//! costs little here; whether it is true is the question of `grounded` and `invents`. A copy of the
//! accepted answer with one fact exchanged keeps half its value; for the one number that matters, add
//! `number`. Case, punctuation, accents and diacritics are ignored. Not applicable to a case without a
//! golden.

pub(super) mod conflict;

use std::sync::Arc;

use crate::score::reference::agreement::{Agreement, Given};
use crate::score::reference::case_text::CaseText;
use crate::score::reference::differences;
use crate::score::words::Words;
use crate::score::{Args, Built, Check, Evidence, Finding, ScoreInput, ScorerKind};

use conflict::Conflict;

/// Row of the scorer table.
pub(in crate::score) const KIND: ScorerKind = ScorerKind {
    name: "golden",
    summary: "the answer says what an accepted answer says",
    keys: &["min"],
    docs: docs!("mod.rs"),
    build,
};

const DEFAULT_MIN: f64 = 0.5;
/// What is left of the value where the two contradict each other.
const CONTRADICTED: f64 = 0.5;

struct Agrees {
    min: f64,
}

fn build(args: &Args<'_>) -> Built {
    let mut errors = Vec::new();
    let min = args.share("min", &mut errors).unwrap_or(DEFAULT_MIN);
    if errors.is_empty() { Ok(Box::new(Agrees { min })) } else { Err(errors) }
}

/// An accepted answer held against the answer.
struct Compared<'a> {
    index: usize,
    text: &'a str,
    golden: Arc<CaseText>,
    agreement: Agreement,
    conflict: Option<Conflict>,
}

impl<'a> Compared<'a> {
    fn new(index: usize, text: &'a str, given: &Given) -> Self {
        let golden = CaseText::of(text);
        let agreement = Agreement::of(&golden, given);
        Self { index, text, golden, agreement, conflict: None }
    }

    fn value(&self) -> f64 {
        self.agreement.value() * if self.conflict.is_some() { CONTRADICTED } else { 1.0 }
    }
}

impl Check for Agrees {
    fn check(&self, input: &ScoreInput<'_>) -> Finding {
        let goldens = &input.case.goldens;
        let answer = &input.completion.text;
        if goldens.is_empty() {
            return Finding::not_applicable("the case has no golden");
        }
        // Answers that were accepted as they came are met again as they were.
        if let Some(index) = goldens.iter().position(|golden| golden.trim() == answer.trim()) {
            let which = which(index, goldens.len());
            return Finding::scored(1.0, true, format!("is {which}, word for word"));
        }
        let given = Given::new(answer, input.question);
        let mut best: Option<Compared<'_>> = None;
        for (index, golden) in goldens.iter().enumerate() {
            let mut next = Compared::new(index, golden, &given);
            // Of equals the first one stays; a contradiction can only lower a value.
            let better = |next: &Compared<'_>| best.as_ref().is_none_or(|best| next.value() > best.value());
            if better(&next) {
                next.conflict = conflict::find(&next.golden, answer, &given);
                if better(&next) {
                    best = Some(next);
                }
            }
            if best.as_ref().is_some_and(|best| best.value() >= 1.0) {
                break;
            }
        }
        let Some(best) = best else {
            return Finding::not_applicable("the case has no golden");
        };
        let which = which(best.index, goldens.len());
        let value = best.value();
        let against = best.conflict.as_ref().map(|c| format!("; {}", c.reason)).unwrap_or_default();
        let reason = format!(
            "agrees {value:.2} with {which} ({:.0} % of it said){against}; at least {:.2} asked",
            best.agreement.said * 100.0,
            self.min
        );
        let mut evidence: Vec<Evidence> = best.conflict.iter().filter_map(|c| c.evidence.clone()).collect();
        let (said, wanted) = (&given.ids, &best.golden.ids);
        if said != wanted {
            let [answer, golden] = [answer.as_str(), best.text].map(Words::new);
            evidence.extend(differences::of((&answer, said), (&golden, wanted)));
        }
        Finding::scored(value, value >= self.min, reason).with(evidence)
    }
}

fn which(index: usize, of: usize) -> String {
    match of {
        1 => "the accepted answer".to_owned(),
        n => format!("accepted answer {} of {n}", index + 1),
    }
}

#[cfg(test)]
mod tests {
    use crate::score::ScoreState;
    use crate::score::testing::{Setup, mistakes};

    #[test]
    fn an_equal_answer_is_one_without_differences() {
        let score = Setup::of("golden", "").goldens(&["Ai 30 de zile."]).score("ai 30 de ZILE");
        assert_eq!(score.state, ScoreState::Scored { value: 1.0, pass: true });
        assert!(score.evidence.is_empty());
    }

    #[test]
    fn romanian_diacritics_do_not_matter() {
        let setup = Setup::of("golden", "").goldens(&["Știți că returnați în două săptămâni"]);
        assert_eq!(setup.score("stiti ca returnati in doua saptamani").value(), Some(1.0));
        assert_eq!(setup.score("Ştiţi că returnaţi în două săptămâni").value(), Some(1.0));
    }

    #[test]
    fn the_closest_golden_counts_and_a_contradiction_is_named() {
        let setup = Setup::of("golden", "").goldens(&["no", "you have 30 days from delivery"]);
        let score = setup.score("you have 14 days");
        assert_eq!(score.pass(), Some(false), "{score:#?}");
        assert!(score.reason.contains("accepted answer 2 of 2"), "{}", score.reason);
        assert!(score.reason.contains("says 14 days, not 30 days"), "{}", score.reason);
        let shown: Vec<_> = score.evidence.iter().map(|e| (e.label.as_str(), e.quote.as_str())).collect();
        assert_eq!(
            shown,
            [("differs", "14 days"), ("missing", "30"), ("extra", "14"), ("missing", "from delivery")]
        );
        assert_eq!(score.evidence[0].span, Some(9..16));
    }

    #[test]
    fn a_denial_halves_the_value() {
        let setup =
            Setup::of("golden", "").goldens(&["The battery is covered by the warranty for the frame."]);
        let plain = setup.score("The battery is covered by the frame warranty.");
        let denied = setup.score("The battery is not covered by the frame warranty.");
        assert!(plain.pass() == Some(true) && denied.pass() == Some(false), "{plain:#?} {denied:#?}");
        let setup = Setup::of("golden", "").goldens(&["Da, se poate returna."]);
        assert!(setup.score("Nu, nu se poate returna.").value() < setup.score("Da, se returnează.").value());
    }

    #[test]
    fn a_long_answer_that_says_it_passes() {
        let setup = Setup::of("golden", "").goldens(&["Within 30 days of delivery."]);
        let long = format!(
            "You can return it within 30 days of the delivery. {}",
            "Pack it well, please. ".repeat(30)
        );
        assert_eq!(setup.score(&long).pass(), Some(true));
    }

    #[test]
    fn the_minimum_itself_passes() {
        assert_eq!(Setup::of("golden", "min = 1").goldens(&["a b"]).score("a b").pass(), Some(true));
        assert_eq!(Setup::of("golden", "min = 0").goldens(&["a b"]).score("x").pass(), Some(true));
    }

    #[test]
    fn no_golden_nothing_to_judge() {
        assert_eq!(Setup::of("golden", "").score("x").state, ScoreState::NotApplicable);
    }

    #[test]
    fn long_answers_are_judged_too() {
        let long: Vec<String> = (0..6_000).map(|n| format!("wort{n} alpha{n}")).collect();
        let golden: Vec<String> = (0..5_000).map(|n| format!("word{n} alphb{n}")).collect();
        let score = Setup::of("golden", "").goldens(&[&golden.join(" ")]).score(&long.join(" "));
        assert!(score.value().is_some_and(|v| v < 0.9));
    }

    #[test]
    fn a_minimum_outside_its_range_is_a_mistake() {
        for toml in ["min = 1.5", "min = -0.1", "min = nan", "min = 'x'"] {
            assert_eq!(mistakes("golden", toml).len(), 1, "{toml}");
        }
    }

    #[test]
    fn the_first_of_equals_is_named() {
        let setup = Setup::of("golden", "").goldens(&["pears", "apples", "apples"]);
        assert_eq!(setup.score("apples").reason, "is accepted answer 2 of 3, word for word");
        let reason = setup.score("Apples!").reason;
        assert!(reason.starts_with("agrees 1.00 with accepted answer 2 of 3"), "{reason}");
    }
}
