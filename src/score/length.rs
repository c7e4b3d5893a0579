//! TODO
use crate::score::{Args, Check, ScorerError, ScorerKind};

/// Row of the scorer table.
pub const KIND: ScorerKind = ScorerKind { name: "length", summary: "", keys: &[], build };

fn build(_args: &Args<'_>) -> Result<Box<dyn Check>, Vec<ScorerError>> {
    todo!()
}
