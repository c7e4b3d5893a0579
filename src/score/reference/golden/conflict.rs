//! Where an answer speaks against an accepted answer.

use crate::score::Evidence;
use crate::score::facts::Fact;
use crate::score::knowledge::backing::rivals;
use crate::score::reading::{Alignment, Clauses, Flip, Reading};
use crate::score::reference::agreement::Given;
use crate::score::reference::case_text::CaseText;

/// Share of a sentence's content words that the other must have before they are held against each other.
const ALIKE: f64 = 0.5;

/// A contradiction.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::score) struct Conflict {
    /// For the reason: what differs.
    pub(in crate::score) reason: String,
    /// Where it stands in the answer.
    pub(in crate::score) evidence: Option<Evidence>,
}

/// The first contradiction between an accepted answer and an answer.
pub(in crate::score) fn find(golden: &CaseText, answer: &str, given: &Given) -> Option<Conflict> {
    yes_against_no(&golden.reading, &given.answer.index.reading)
        .or_else(|| other_amount(golden, given))
        .or_else(|| denial(&golden.reading, answer, given))
}

fn yes_against_no(golden: &Reading, answer: &Reading) -> Option<Conflict> {
    let said = |reading: &Reading| match reading.tokens.first().map(|t| reading.stem(t)) {
        Some("yes" | "da") => Some(true),
        Some("no" | "nu") => Some(false),
        _ => None,
    };
    let (wanted, found) = (said(golden)?, said(answer)?);
    let word = |yes: bool| if yes { "yes" } else { "no" };
    (wanted != found)
        .then(|| Conflict { reason: format!("says {}, not {}", word(found), word(wanted)), evidence: None })
}

/// An amount, a date or a time of the golden that the answer gives differently.
fn other_amount(golden: &CaseText, given: &Given) -> Option<Conflict> {
    let reading = &golden.reading;
    let numbers = |r: &Reading| r.tokens.iter().any(|t| t.sense.is_number());
    if !numbers(reading) || !numbers(&given.answer.index.reading) {
        return None;
    }
    let (wanted, found) = (golden.facts(), given.answer.facts());
    let says = |list: &[Fact], fact: &Fact| {
        list.iter().any(|f| f.value.supports(&fact.value) || fact.value.supports(&f.value))
    };
    for missing in wanted.iter().filter(|f| !says(found, f)) {
        let other = found.iter().find(|f| {
            rivals((f, &given.answer.index.reading), (missing, reading))
                && !says(wanted, f)
                && !asked(f, given)
        });
        if let Some(other) = other {
            let evidence =
                Evidence { span: Some(other.span.clone()), ..Evidence::new("differs", &*other.text) };
            let reason = format!("says {}, not {}", other.text, missing.text);
            return Some(Conflict { reason, evidence: Some(evidence) });
        }
    }
    None
}

/// Whether every number of a fact stands in the question.
fn asked(fact: &Fact, given: &Given) -> bool {
    let numbers = Reading::new(&fact.text);
    let mut numbers = numbers.tokens.iter().filter(|t| t.sense.is_number()).peekable();
    numbers.peek().is_some() && numbers.all(|n| given.question.reading.tokens.iter().any(|t| t.id == n.id))
}

/// A sentence of the golden whose closest sentence of the answer denies it, or the other way round.
fn denial(golden: &Reading, answer: &str, given: &Given) -> Option<Conflict> {
    let index = &given.answer.index;
    for sentence in golden.sentences.iter().filter(|s| !s.asks) {
        let Some(aligned) = Alignment::of(index, golden, sentence).best() else { continue };
        let Some(other) = index.reading.sentences.get(aligned.sentence) else { continue };
        if aligned.share < ALIKE || other.asks {
            continue;
        }
        let own = Clauses::of(golden, sentence, |t| index.find(golden, t).unwrap_or(t.id));
        if own.against(&Clauses::of(&index.reading, other, |t| t.id)) == Some(Flip::Negation) {
            let quote: String = answer.chars().skip(other.span.start).take(other.span.len()).collect();
            return Some(Conflict {
                reason: "one denies what the other states".to_owned(),
                evidence: Some(Evidence {
                    span: Some(other.span.clone()),
                    ..Evidence::new("differs", quote)
                }),
            });
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason(question: &str, golden: &str, answer: &str) -> Option<String> {
        let given = Given::new(answer, question);
        find(&CaseText::of(golden), answer, &given).map(|c| c.reason)
    }

    #[test]
    fn another_amount_of_the_same_kind_is_a_contradiction() {
        let found = |golden, answer| reason("How long?", golden, answer);
        assert_eq!(found("30 days", "You have 14 days.").as_deref(), Some("says 14 days, not 30 days"));
        assert_eq!(found("It costs €5.", "Costă 20 lei.").as_deref(), Some("says 20 lei, not €5"));
        assert_eq!(
            found("until 12 March", "până pe 13 martie").as_deref(),
            Some("says 13 martie, not 12 March")
        );
        assert_eq!(found("2 weeks", "14 days"), None);
        assert_eq!(found("30 days", "30 days, and refunds take 5 days"), None);
        assert_eq!(found("30 days", "5 kg"), None);
        assert_eq!(found("up to 3 bikes", "up to 5 bikes").as_deref(), Some("says 5, not 3"));
        assert_eq!(reason("Is it 14 days?", "30 days", "Not 14 days."), None);
    }

    #[test]
    fn yes_is_not_no() {
        assert_eq!(reason("Can I?", "Yes, you can.", "No, sorry.").as_deref(), Some("says no, not yes"));
        assert_eq!(reason("Pot?", "Nu.", "Da.").as_deref(), Some("says yes, not no"));
        assert_eq!(reason("Can I?", "Yes.", "You can."), None);
    }

    #[test]
    fn a_denial_is_seen_in_the_closest_sentence() {
        let golden = "Opened batteries can be returned.";
        assert!(reason("?", golden, "Hello. Opened batteries can't be returned.").is_some());
        assert_eq!(reason("?", golden, "Hello, no problem. You can return opened batteries."), None);
        assert_eq!(reason("?", golden, "Can opened batteries not be returned?"), None);
    }
}
