//! The columns of the table of scores.

use super::column::{plain, text};
use super::{Column, Kind};
use crate::outcome::ScoreDigest;
use crate::score::ScoreState;

/// After the key, one row per score; a trial that errored has none.
pub(super) const COLUMNS: &[Column] = &[
    plain("scorer", Kind::Text, "label of the scorer", |row| row.of_score(|score| &*score.name)),
    plain("kind", Kind::Text, "kind of the scorer", |row| row.of_score(|score| &*score.kind)),
    plain("required", Kind::Bool, "whether it decides the outcome", |row| {
        row.of_score(|score| score.required)
    }),
    plain("state", Kind::Text, "scored, not-applicable, unparsed or judge-error", |row| {
        row.of_score(|score| match score.state {
            ScoreState::Scored { .. } => "scored",
            ScoreState::NotApplicable => "not-applicable",
            ScoreState::Unparsed => "unparsed",
            ScoreState::JudgeError => "judge-error",
        })
    }),
    plain("value", Kind::Float, "0 to 1, higher is better; missing unless scored", |row| {
        row.of_score(ScoreDigest::value)
    }),
    plain("pass", Kind::Bool, "whether it was content; missing unless scored", |row| {
        row.of_score(ScoreDigest::pass)
    }),
    plain("evidence", Kind::Text, "label of what speaks against the answer", |row| {
        row.of_score(|score| Some(&*score.label).filter(|label| !label.is_empty()))
    }),
    plain("judge", Kind::Text, "standing of the judge; missing when a rule judged", |row| {
        row.of_score(|score| score.judge.map(|judge| judge.standing.name()))
    }),
    text("reason", "why, in words", |row| row.of_whole_score(|score| &*score.reason)),
];
