//! TODO
use crate::score::{Args, Check, ScorerError, ScorerKind};

/// Row of the scorer table.
pub const KIND: ScorerKind = ScorerKind { name: "action", summary: "", keys: &[], build };

fn build(_args: &Args<'_>) -> Result<Box<dyn Check>, Vec<ScorerError>> {
    todo!()
}

/// The action an answer took and the evidence for it; `None` for an empty answer.
pub fn detect(
    completion: &crate::provider::Completion,
    markers: &crate::score::Markers,
) -> Option<(crate::case::Action, crate::score::Evidence)> {
    let _ = (completion, markers);
    todo!()
}
