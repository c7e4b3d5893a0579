//! Scorers of the reply's wording: what it contains, how long it is, in which language and style.

pub(super) mod contains;
pub(super) mod edge;
pub(super) mod ends_with;
pub(super) mod equals;
pub(super) mod language;
pub(super) mod length;
pub(super) mod number;
pub(super) mod readability;
pub(super) mod regex;
pub(super) mod starts_with;
pub(super) mod style;
