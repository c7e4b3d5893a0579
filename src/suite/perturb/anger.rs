//! The same question of somebody who has had enough; no threat and no demand that would need another answer.

use super::{Perturber, Question, Tongue};
use crate::stats::Random;

/// Row of the table.
pub(super) const KIND: Perturber = Perturber {
    name: "anger",
    summary: "the same question of somebody who has had enough",
    has_words: true,
    apply,
};

const BEFORE: ([&str; 4], [&str; 4]) = (
    [
        "This is ridiculous!",
        "I am really fed up with this!",
        "Why is it so hard to find anything out?!",
        "Honestly, what a mess!",
    ],
    [
        "E inadmisibil!",
        "M-am săturat de tot!",
        "De ce e așa greu să aflu ceva?!",
        "Sincer, ce bătaie de joc!",
    ],
);

const AFTER: ([&str; 4], [&str; 4]) = (
    ["Answer me, finally!!!", "And no excuses, please!!", "Is that so hard?!", "Unbelievable!!!"],
    ["Răspundeți-mi odată!!!", "Și fără scuze, vă rog!!", "E așa de greu?!", "De necrezut!!!"],
);

fn apply(question: &Question<'_>, rng: &mut Random) -> Option<String> {
    let tongue: Tongue = question.tongue?;
    let before = rng.one(tongue.pick(&BEFORE.0, &BEFORE.1))?;
    let after = rng.one(tongue.pick(&AFTER.0, &AFTER.1))?;
    Some(format!("{before} {} {after}", question.pieces.text().trim()))
}
