//! A greeting, a request and thanks around the question.

use super::{Perturber, Question, Tongue};
use crate::stats::Random;

/// Row of the table.
pub(super) const KIND: Perturber = Perturber {
    name: "politeness",
    summary: "a greeting, a request and thanks around the question",
    has_words: true,
    apply,
};

const BEFORE: ([&str; 4], [&str; 4]) = (
    [
        "Good morning, I hope you are well.",
        "Hello, and sorry to bother you.",
        "Dear team, if I may ask:",
        "Hi there, could you please help me?",
    ],
    [
        "Bună ziua, sper că sunteți bine.",
        "Bună ziua și iertați-mă că vă deranjez.",
        "Stimată echipă, dacă nu vă supărați:",
        "Bună, mă puteți ajuta, vă rog?",
    ],
);

const AFTER: ([&str; 4], [&str; 4]) = (
    [
        "Thank you so much in advance!",
        "Many thanks for your kind help.",
        "I really appreciate it, thank you.",
        "Thanks a lot and have a nice day!",
    ],
    [
        "Vă mulțumesc frumos anticipat!",
        "Mulțumesc mult pentru ajutor.",
        "Vă sunt recunoscător, mulțumesc.",
        "Mulțumesc și o zi frumoasă!",
    ],
);

fn apply(question: &Question<'_>, rng: &mut Random) -> Option<String> {
    let tongue: Tongue = question.tongue?;
    let before = rng.one(tongue.pick(&BEFORE.0, &BEFORE.1))?;
    let after = rng.one(tongue.pick(&AFTER.0, &AFTER.1))?;
    Some(format!("{before} {} {after}", question.pieces.text().trim()))
}
