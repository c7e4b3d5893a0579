//! One case → messages.

use std::sync::Arc;

use crate::case::Case;
use crate::diagnostic::Diagnostic;
use crate::knowledge::Passage;

/// What a template sees.
#[derive(Debug, Clone, Copy)]
pub struct RenderInput<'a> {
    /// The case: id, area, tags, tier, lang, vars, earlier turns.
    pub case: &'a Case,
    /// The customer's last turn in this wording.
    pub input: &'a str,
    /// Passages given.
    pub passages: &'a [Arc<Passage>],
}

/// A template that failed on a case.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{}", .0.message)]
pub struct RenderError(pub Box<Diagnostic>);
