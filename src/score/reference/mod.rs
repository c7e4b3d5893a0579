//! Scorers that hold the reply against accepted answers.

pub mod accepted;
pub(super) mod agreement;
pub(super) mod answers;
pub(super) mod case_text;
pub(super) mod differences;
pub(super) mod golden;
pub(super) mod meaning;
pub(super) mod one_of;
pub mod similarity;
