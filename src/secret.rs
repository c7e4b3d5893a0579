//! A key that `Debug` and `Display` never show.
//!
//! API keys come from the environment and live only in [`Secret`]. Text that came back from an
//! endpoint passes through a [`Redactor`] before it may be stored or shown.

mod literal;

use std::borrow::Cow;
use std::fmt;

use secrecy::{ExposeSecret, SecretString};

pub use literal::{LITERAL, is_variable_name, looks_literal};

/// What stands where a secret was.
pub const REDACTED: &str = "[redacted]";

/// Shorter values are redacted as they are, but not in other spellings: these would hit common text.
const LEAST_ENCODED: usize = 8;

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

    /// `text` with every occurrence of the secret, also in other spellings, replaced by [`REDACTED`].
    pub fn redact(&self, text: &str) -> String {
        Redactor::new([self]).redact(text).into_owned()
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

/// Finds secrets in text: as they are, escaped for an address or for JSON, or inside base64.
#[derive(Debug, Clone, Default)]
pub struct Redactor {
    /// Longest first, so that no part of a longer spelling is left behind.
    spellings: Vec<Secret>,
}

impl Redactor {
    /// A redactor of these secrets.
    pub fn new<'s>(secrets: impl IntoIterator<Item = &'s Secret>) -> Self {
        let mut spellings: Vec<Secret> = Vec::new();
        for secret in secrets.into_iter().filter(|s| !s.expose().is_empty()) {
            for spelling in spellings_of(secret.expose()) {
                if spellings.iter().all(|known| known.expose() != spelling.expose()) {
                    spellings.push(spelling);
                }
            }
        }
        spellings.sort_by_key(|s| std::cmp::Reverse(s.expose().len()));
        Self { spellings }
    }

    /// `text` with every secret replaced by [`REDACTED`]; borrowed where there is none.
    pub fn redact<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let mut clean = Cow::Borrowed(text);
        for spelling in &self.spellings {
            if clean.contains(spelling.expose()) {
                clean = Cow::Owned(clean.replace(spelling.expose(), REDACTED));
            }
        }
        clean
    }

    /// [`Redactor::redact`] of an owned text; not copied where there is no secret in it.
    pub fn scrub(&self, text: String) -> String {
        match self.redact(&text) {
            Cow::Borrowed(_) => text,
            Cow::Owned(clean) => clean,
        }
    }
}

fn spellings_of(value: &str) -> Vec<Secret> {
    let mut all = vec![Secret::new(value)];
    if value.len() >= LEAST_ENCODED {
        let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~".contains(&b);
        if value.contains('/') {
            // Some writers of JSON escape it.
            all.push(Secret::new(value.replace('/', "\\/")));
        }
        for upper in [true, false] {
            let escaped = value.bytes().map(|b| match (plain(b), upper) {
                (true, _) => char::from(b).to_string(),
                (false, true) => format!("%{b:02X}"),
                (false, false) => format!("%{b:02x}"),
            });
            all.push(Secret::new(escaped.collect::<String>()));
        }
        for alphabet in [b"+/", b"-_"] {
            all.extend((0..3).map(|shift| Secret::new(base64_core(value.as_bytes(), shift, *alphabet))));
        }
    }
    all
}

/// The part of a text's base64 that does not depend on what stands around it, when it starts `shift` bytes
/// into a group of three.
fn base64_core(value: &[u8], shift: usize, last_two: [u8; 2]) -> String {
    let digit = |index: usize| match index {
        0..26 => b'A' + index as u8,
        26..52 => b'a' + (index - 26) as u8,
        52..62 => b'0' + (index - 52) as u8,
        _ => last_two[index - 62],
    };
    let bit = |at: usize| usize::from(value[at / 8] >> (7 - at % 8) & 1);
    // A group starts at every sixth bit of the whole; the first whole one lies this far into the value.
    let first = (6 - shift * 8 % 6) % 6;
    let starts = (first..).step_by(6).take_while(|start| start + 6 <= value.len() * 8);
    starts.map(|start| char::from(digit((start..start + 6).fold(0, |sum, at| sum << 1 | bit(at))))).collect()
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
        assert!(!format!("{:?}", Redactor::new([&key])).contains("canary"));
    }

    #[test]
    fn escaped_spellings_are_found() {
        let key = Secret::new("sk/ca+na=ry");
        assert_eq!(key.redact("?key=sk%2Fca%2Bna%3Dry&x"), "?key=[redacted]&x");
        assert_eq!(key.redact(r#"{"key": "sk\/ca+na=ry"}"#), r#"{"key": "[redacted]"}"#);
        assert_eq!(key.redact("?key=sk%2fca%2bna%3dry"), "?key=[redacted]");
    }

    #[test]
    fn base64_is_found_wherever_the_key_starts_in_it() {
        // base64 of `canary-123`, `:canary-123`, `ab:canary-123` and `Bearer canary-123`.
        let key = Secret::new("canary-123");
        for encoded in
            ["Y2FuYXJ5LTEyMw==", "OmNhbmFyeS0xMjM=", "YWI6Y2FuYXJ5LTEyMw==", "QmVhcmVyIGNhbmFyeS0xMjM="]
        {
            let clean = key.redact(encoded);
            assert!(clean.contains(REDACTED) && clean.len() < REDACTED.len() + 13, "{encoded} {clean}");
        }
        let odd = Secret::new("\u{ff}\u{fe}?>~~~~");
        assert!(odd.redact("w7/Dvj8+fn5+fg==").contains(REDACTED));
        assert!(odd.redact("w7_Dvj8-fn5-fg==").contains(REDACTED));
    }

    #[test]
    fn the_longer_of_two_secrets_leaves_nothing_behind() {
        let (short, long) = (Secret::new("abc"), Secret::new("abcdef"));
        let redactor = Redactor::new([&short, &long]);
        assert_eq!(redactor.redact("abcdef abc"), "[redacted] [redacted]");
        assert!(matches!(redactor.redact("nothing"), Cow::Borrowed(_)));
    }
}
