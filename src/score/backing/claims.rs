//! The sentences of an answer that state something.

use std::ops::Range;

use crate::score::Markers;
use crate::score::reading::{Reading, Sentence, Token};
use crate::score::text::{Folded, Folding};

/// What an answer claims, sentence by sentence: parts that ask nothing, carry content, and neither say
/// that the bot does not know nor hand over nor decline (that is for `action`). Of `I don't know, but
/// …` the part after the `but` is left, of `it is. shall I …?` the part before the question.
pub(in crate::score) fn claims(answer: &str, reading: &Reading, markers: &Markers) -> Vec<Sentence> {
    let folded = Folded::new(answer, Folding::Marks);
    let bytes: Vec<_> = reading.sentences.iter().map(|s| folded.bytes(&s.span)).collect();
    let acts = markers.find(&folded.text, &bytes);
    let mut found = Vec::new();
    for (sentence, bytes) in reading.sentences.iter().zip(&bytes) {
        let mut tokens = sentence.tokens.clone();
        if sentence.asks {
            let question = tokens.clone().rev().find(|at| reading.tokens[*at].opens);
            tokens.end = question.unwrap_or(tokens.start);
        }
        let act = acts.iter().rfind(|hit| !hit.offered && bytes.contains(&hit.span.start));
        if let Some(act) = act {
            let end = folded.chars(&act.span).end;
            let but = |at: &usize| reading.tokens[*at].span.start >= end && turns(reading, *at);
            tokens.start = tokens.clone().find(but).unwrap_or(tokens.end);
        }
        if reading.tokens[tokens.clone()].iter().any(Token::is_content) {
            found.push(Sentence { span: span(reading, &tokens, sentence), tokens, asks: false });
        }
    }
    found
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
        claims(answer, &Reading::new(answer), &Markers::default()).len()
    }

    #[test]
    fn statements_are_claims() {
        assert_eq!(of("You have 30 days. Batteries are covered."), 2);
        assert_eq!(of("Sigur! Aveți 30 de zile."), 1);
    }

    #[test]
    fn the_stating_part_of_a_sentence_is_left() {
        let quoted = |answer: &str| {
            let found = claims(answer, &Reading::new(answer), &Markers::default());
            found.iter().map(|s| crate::score::text::quote(answer, &s.span)).collect::<Vec<_>>()
        };
        assert_eq!(quoted("I don't know the price, but the label costs 5 euro."), ["but the label costs 5 euro"]);
        assert_eq!(quoted("the label costs 5 euro. is that fine?"), ["the label costs 5 euro"]);
    }

    #[test]
    fn courtesies_questions_and_acts_are_none() {
        for answer in [
            "Yes, of course!",
            "Which bike do you have?",
            "I'm sorry, I don't know that.",
            "Nu știu.",
            "I'll connect you with a colleague.",
            "",
        ] {
            assert_eq!(of(answer), 0, "{answer}");
        }
    }
}
