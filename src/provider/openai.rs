//! TODO
use super::*;
/// Row of the provider table.
pub const KIND: ProviderKind = ProviderKind {
    name: "openai",
    summary: "any OpenAI-compatible endpoint",
    keys: &["base_url", "api_key_env", "extra"],
    open: |_| Box::pin(async { Err(ProviderError::new(ErrorKind::Internal, "todo")) }),
};
