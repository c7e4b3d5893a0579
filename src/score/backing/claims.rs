//! The sentences of an answer that state something.

use crate::score::Markers;
use crate::score::reading::{Reading, Sentence};
use crate::score::text::{Folded, Folding};

/// Sentences that claim something: they ask nothing, carry content, and neither say that the bot does
/// not know nor hand over nor decline (that is for `action`).
pub(in crate::score) fn claims<'r>(
    answer: &str,
    reading: &'r Reading,
    markers: &Markers,
) -> Vec<&'r Sentence> {
    let folded = Folded::new(answer, Folding::Marks);
    let bytes: Vec<_> = reading.sentences.iter().map(|s| folded.bytes(&s.span)).collect();
    let acts: Vec<_> = markers.find(&folded.text, &bytes).into_iter().filter(|hit| !hit.offered).collect();
    let is_act = |at: usize| acts.iter().any(|hit| bytes[at].contains(&hit.span.start));
    let claim = |(at, sentence): (usize, &'r Sentence)| {
        let stated = !sentence.asks && reading.of(sentence).iter().any(|t| t.is_content());
        (stated && !is_act(at)).then_some(sentence)
    };
    reading.sentences.iter().enumerate().filter_map(claim).collect()
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
