//! Wire → checked settings.
use std::path::Path;

use crate::config::{Config, Env};
use crate::diagnostic::Diagnostics;

/// See [`crate::config::load`].
pub fn load(root: &Path, env: Env<'_>) -> (Option<Config>, Diagnostics) {
    let _ = (root, env);
    todo!()
}
