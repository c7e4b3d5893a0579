//! The sentences of an answer that state something.
//!
//! What an answer says about itself (`I don't know`, `a colleague will call you`) is no claim about the
//! world; it is told apart by the markers that `action` uses.

use std::ops::Range;

use crate::score::Markers;
use crate::score::pattern::Pattern;
use crate::score::reading::{Reading, Sentence, Token};
use crate::score::words::{Folded, Folding};

/// A sentence that does no more than send the customer to the people behind the bot.
static CONTACT: Pattern = Pattern::latin(concat!(
    r"^\W*(?:(?:so |then |for (?:that|this|more)[\w ]{0,20},? )?(?:please|kindly|you (?:can|may|could|should)|feel free to|te rog|va rog|va rugam|te rugam|poti|puteti)(?: sa)? )?",
    r"(?:contact|reach out to|get in touch with|write to|ask|speak (?:to|with)|talk to|contactati|contactezi|contacteaza|scrieti|scrie)(?:-ne|",
    r" (?:us|(?:our |the |a )?(?:customer |human )?(?:support|service|care|help ?desk|colleagues?|echipa|serviciul|asistenta|suportul)))",
    r"(?: (?:team|agents?|desk|staff|noastra|nostru|de (?:suport|asistenta)|clienti|directly|direct))*",
    r"(?: (?:for|pentru) (?:more |further |mai multe )?(?:help|assistance|information|details|ajutor|informatii|detalii|asistenta))?\W*$",
));

/// Facts looked at in one sentence.
const MOST_FACTS: usize = 64;

/// What an answer claims, sentence by sentence: parts that ask nothing, carry content, and neither say
/// that the bot does not know nor hand over nor decline (that is for `action`). Of `it is, but I don't
/// know …, but …` the parts around the denial are left, of `it is. shall I …?` the part before the
/// question. A sentence that states one of `facts` (by their places, in order) claims it in any case.
pub(in crate::score) fn claims(
    answer: &str,
    reading: &Reading,
    markers: &Markers,
    facts: &[Range<usize>],
) -> Vec<Sentence> {
    let folded = Folded::new(answer, Folding::Marks);
    let bytes: Vec<_> = reading.sentences.iter().map(|s| folded.bytes(&s.span)).collect();
    let mut acts: Vec<Range<usize>> = Vec::new();
    acts.extend(
        markers.find(&folded.text, &bytes).iter().filter(|h| !h.offered).map(|h| folded.chars(&h.span)),
    );
    let contacts =
        bytes.iter().zip(&reading.sentences).filter(|(at, _)| CONTACT.is_match(&folded.text[(*at).clone()]));
    acts.extend(contacts.map(|(_, sentence)| sentence.span.clone()));
    acts.sort_by_key(|act| (act.start, act.end));
    let mut found = Vec::new();
    for sentence in &reading.sentences {
        let inside = |span: &&Range<usize>| sentence.span.contains(&span.start);
        let parts = parts(reading, sentence, &acts.iter().filter(inside).collect::<Vec<_>>());
        let told =
            |fact: &&Range<usize>| parts.iter().any(|p| span(reading, p, sentence).contains(&fact.start));
        let fact = facts.partition_point(|f| f.start < sentence.span.start);
        let facts = facts[fact..].iter().take_while(|f| f.start < sentence.span.end);
        if facts.take(MOST_FACTS).all(|f| told(&f)) {
            let claim = |tokens| Sentence { span: span(reading, &tokens, sentence), tokens, asks: false };
            found.extend(parts.into_iter().map(claim));
        } else {
            found.push(Sentence { asks: false, ..sentence.clone() });
        }
    }
    found
}

/// The words of a sentence that state something, without its question and its acts.
fn parts(reading: &Reading, sentence: &Sentence, acts: &[&Range<usize>]) -> Vec<Range<usize>> {
    let mut tokens = sentence.tokens.clone();
    if sentence.asks {
        let question = tokens.clone().rev().find(|at| reading.tokens[*at].opens);
        tokens.end = question.unwrap_or(tokens.start);
    }
    let mut parts = Vec::new();
    if let (Some(first), Some(last)) = (acts.first(), acts.last()) {
        let starts = |at: usize| reading.tokens[at].span.start;
        let act = tokens.clone().find(|at| starts(*at) >= first.start).unwrap_or(tokens.end);
        let cut = |at: &usize| {
            let token = &reading.tokens[*at];
            *at == tokens.start || token.apart || token.opens || token.sense.parts()
        };
        let before = (tokens.start..(act + 1).min(tokens.end)).rev().find(cut).unwrap_or(tokens.start);
        let after = tokens.clone().find(|at| starts(*at) >= last.end && turns(reading, *at));
        parts.push(tokens.start..before);
        parts.extend(after.map(|at| at..tokens.end));
    } else {
        parts.push(tokens);
    }
    parts.retain(|part| reading.tokens[part.clone()].iter().any(Token::is_content));
    parts
}

/// Whether a word says that something else follows.
fn turns(reading: &Reading, at: usize) -> bool {
    let token = &reading.tokens[at];
    token.opens || matches!(reading.stem(token), "but" | "however" | "dar" | "insa" | "totusi")
}

/// Characters of some words of a sentence; the whole sentence where they are all of its words.
fn span(reading: &Reading, tokens: &Range<usize>, sentence: &Sentence) -> Range<usize> {
    let ends = reading.tokens[tokens.clone()].first().zip(reading.tokens[tokens.clone()].last());
    match ends {
        Some((first, last)) if *tokens != sentence.tokens => first.span.start..last.span.end,
        _ => sentence.span.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(answer: &str) -> usize {
        claims(answer, &Reading::new(answer), &Markers::default(), &[]).len()
    }

    #[test]
    fn statements_are_claims() {
        assert_eq!(of("You have 30 days. Batteries are covered."), 2);
        assert_eq!(of("Please contact our support team within two days of the delivery."), 1);
        assert_eq!(of("Contact the shop in Cluj."), 1);
        assert_eq!(of("Sigur! Aveți 30 de zile."), 1);
    }

    #[test]
    fn the_stating_part_of_a_sentence_is_left() {
        let quoted = |answer: &str| {
            let found = claims(answer, &Reading::new(answer), &Markers::default(), &[]);
            found.iter().map(|s| crate::score::words::quote(answer, &s.span)).collect::<Vec<_>>()
        };
        assert_eq!(
            quoted("I don't know the price, but the label costs 5 euro."),
            ["but the label costs 5 euro"]
        );
        assert_eq!(quoted("The bike is fast, but I don't know the price."), ["The bike is fast"]);
        assert_eq!(quoted("the label costs 5 euro. is that fine?"), ["the label costs 5 euro"]);
    }

    #[test]
    fn a_fact_is_claimed_wherever_it_stands() {
        let answer = "Did you know that it has 2 wheels?";
        let reading = Reading::new(answer);
        let fact = 25..26;
        assert_eq!(claims(answer, &reading, &Markers::default(), &[fact]).len(), 1);
        assert!(claims(answer, &reading, &Markers::default(), &[]).is_empty());
    }

    #[test]
    fn courtesies_questions_and_acts_are_none() {
        for answer in [
            "Yes, of course!",
            "Which bike do you have?",
            "I'm sorry, I don't know that.",
            "Nu știu.",
            "I'll connect you with a colleague.",
            "I don't know. Please contact our support team.",
            "You can contact our customer service for more information.",
            "Te rog contactează-ne.",
            "Vă rugăm să contactați echipa de suport.",
            "",
        ] {
            assert_eq!(of(answer), 0, "{answer}");
        }
    }
}
