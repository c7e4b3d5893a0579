//! A key that `Debug` and `Display` never show.
//!
//! API keys come from the environment and live only in [`Secret`]. Text that came back from an
//! endpoint passes through [`Secret::redact`] before it may be stored or shown.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};

/// What stands where a secret was.
pub const REDACTED: &str = "[redacted]";

/// A secret value; cloning keeps it secret, dropping wipes it.
#[derive(Clone)]
pub struct Secret(SecretString);

impl Secret {
    /// Takes a value in.
    pub fn new(value: impl Into<String>) -> Self {
        Self(SecretString::from(value.into()))
    }

    /// The value itself, for the one header it is sent in.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// `text` with every occurrence of the secret replaced by [`REDACTED`].
    pub fn redact(&self, text: &str) -> String {
        let value = self.expose();
        if value.is_empty() { text.to_owned() } else { text.replace(value, REDACTED) }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(REDACTED)
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(REDACTED)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn never_shown() {
        let key = Secret::new("sk-canary");
        assert_eq!(format!("{key} {key:?}"), "[redacted] [redacted]");
        assert_eq!(key.redact("bad key sk-canary!"), "bad key [redacted]!");
        assert_eq!(Secret::new("").redact("x"), "x");
    }
}
