//! The error when no way of getting a model worked: every way, why it failed, and what to do.

use std::fmt;
use std::path::PathBuf;

/// Why a model cannot be had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unavailable {
    /// The model.
    pub model: String,
    /// Each way that was tried, with the reason it failed.
    pub attempts: Vec<(String, String)>,
    /// Where to put the file by hand.
    pub path: PathBuf,
    /// The SHA-256 it has to have, if that is known.
    pub sha256: Option<String>,
    /// A smaller model to try.
    pub smaller: Option<String>,
}

impl fmt::Display for Unavailable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the model `{}` could not be fetched", self.model)?;
        for (source, reason) in &self.attempts {
            write!(f, "\n  - {source}: {reason}")?;
        }
        write!(f, "\nput the file at {} yourself", self.path.display())?;
        if let Some(sha256) = &self.sha256 {
            write!(f, " (sha256 {sha256})")?;
        }
        if let Some(smaller) = &self.smaller {
            write!(f, ", or use the smaller model `{smaller}`")?;
        }
        Ok(())
    }
}
