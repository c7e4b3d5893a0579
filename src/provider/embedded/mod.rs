//! TODO
use super::{ErrorKind, ProviderError, ProviderKind};
/// Row of the provider table.
pub const KIND: ProviderKind = ProviderKind {
    name: "embedded",
    summary: "an instruct model in this process",
    keys: &["file", "repo", "repo_file"],
    open: |_| Box::pin(async { Err(ProviderError::new(ErrorKind::Internal, "todo")) }),
};
