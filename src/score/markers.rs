//! Marker phrases by which an answer's action is recognised.

use std::collections::BTreeMap;

use crate::case::Action;
use crate::fingerprint::Fingerprint;

/// Phrases per action: the shipped English and Romanian ones, then the suite's own.
#[derive(Debug, Clone, Default)]
pub struct Markers {}

impl Markers {
    /// The shipped phrases and a suite's further ones.
    pub fn with(extra: &BTreeMap<Action, Vec<String>>) -> Self {
        let _ = extra;
        todo!()
    }

    /// Content hash, part of the scorers fingerprint.
    pub fn fingerprint(&self) -> Fingerprint {
        todo!()
    }
}
