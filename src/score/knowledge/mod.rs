//! Scorers that hold the reply against passages and articles.

pub(super) mod backing;
pub(super) mod cites;
pub(super) mod clashes;
pub(super) mod contradicts;
pub(super) mod grounded;
pub(super) mod invents;
pub(super) mod links;
pub(super) mod shelf;
pub(super) mod visibility;
