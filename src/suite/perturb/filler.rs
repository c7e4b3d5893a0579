//! Words that say nothing, before and after the question.

use super::{Perturber, Question, Tongue};
use crate::stats::Random;

/// Row of the table.
pub(super) const KIND: Perturber = Perturber {
    name: "filler",
    summary: "words that say nothing before and after the question",
    has_words: true,
    apply,
};

const BEFORE: ([&str; 4], [&str; 4]) = (
    [
        "So, um, I was just wondering,",
        "Ok so basically, you know,",
        "Right, well, the thing is,",
        "Hmm, let me see,",
    ],
    ["Deci, păi, mă gândeam,", "Ok, deci practic, știți,", "Bun, ideea e că,", "Ăă, stați să văd,"],
);

const AFTER: ([&str; 4], [&str; 4]) = (
    [
        "I guess that's it, anyway.",
        "Or something like that.",
        "Just asking, you know.",
        "That's all, I think.",
    ],
    ["Cam atât, oricum.", "Sau ceva de genul.", "Întreb și eu, așa.", "Asta-i tot, cred."],
);

fn apply(question: &Question<'_>, rng: &mut Random) -> Option<String> {
    let tongue: Tongue = question.tongue?;
    let before = rng.one(tongue.pick(&BEFORE.0, &BEFORE.1))?;
    let after = rng.one(tongue.pick(&AFTER.0, &AFTER.1))?;
    Some(format!("{before} {} {after}", question.pieces.text().trim()))
}
