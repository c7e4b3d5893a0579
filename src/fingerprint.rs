//! Canonical content hash: equal content gives equal bytes, whatever the order of its keys.
//!
//! A [`Fingerprint`] is the first 128 bits of BLAKE3 over canonical JSON (keys sorted, no white
//! space, numbers as serde_json prints them).

mod canonical;

use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A 128-bit content hash, shown as `b3:` and 32 hex digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Fingerprint([u8; 16]);

impl Fingerprint {
    /// Hash of a value's canonical JSON.
    ///
    /// A value that JSON cannot hold (a map with non-string keys) hashes as its error text, so the
    /// function is total; such values do not occur in this crate's types.
    pub fn of<T: Serialize + ?Sized>(value: &T) -> Self {
        match canonical::to_vec(value) {
            Ok(text) => Self::of_bytes(&text),
            Err(error) => Self::of_bytes(error.to_string().as_bytes()),
        }
    }

    /// Hash of raw bytes.
    pub fn of_bytes(bytes: &[u8]) -> Self {
        let mut short = [0; 16];
        short.copy_from_slice(&blake3::hash(bytes).as_bytes()[..16]);
        Self(short)
    }

    /// The hash of these bytes, as [`Fingerprint::bytes`] gave them.
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The first eight bytes, to look for equal ones among many.
    pub fn short(&self) -> u64 {
        (u128::from_be_bytes(self.0) >> 64) as u64
    }

    /// Its bytes.
    pub fn bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// The first `n` hex digits (at most 32), for ids that people read.
    pub fn hex(&self, n: usize) -> String {
        let mut hex = format!("{:032x}", u128::from_be_bytes(self.0));
        hex.truncate(n);
        hex
    }
}

/// A hash over parts that come one at a time; where one part ends matters.
#[derive(Default)]
pub struct Hasher(blake3::Hasher);

impl Hasher {
    /// Takes one part.
    pub fn add(&mut self, part: &[u8]) {
        self.0.update(&(part.len() as u64).to_le_bytes()).update(part);
    }

    /// Hash of the parts so far.
    pub fn finish(&self) -> Fingerprint {
        let mut short = [0; 16];
        short.copy_from_slice(&self.0.finalize().as_bytes()[..16]);
        Fingerprint(short)
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "b3:{}", self.hex(32))
    }
}

/// A text that is not a fingerprint.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a fingerprint: `{0}` (expected `b3:` and 32 hex digits)")]
pub struct ParseFingerprintError(String);

impl FromStr for Fingerprint {
    type Err = ParseFingerprintError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bad = || ParseFingerprintError(text.to_owned());
        let hex = text.strip_prefix("b3:").filter(|h| h.len() == 32 && h.is_ascii()).ok_or_else(bad)?;
        let mut bytes = [0; 16];
        for (byte, pair) in bytes.iter_mut().zip(hex.as_bytes().chunks(2)) {
            let pair = std::str::from_utf8(pair).map_err(|_| bad())?;
            *byte = u8::from_str_radix(pair, 16).map_err(|_| bad())?;
        }
        Ok(Self(bytes))
    }
}

impl JsonSchema for Fingerprint {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Fingerprint".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A content hash.",
            "type": "string",
            "pattern": "^b3:[0-9a-f]{32}$",
        })
    }
}

impl Serialize for Fingerprint {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Fingerprint {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn key_order_does_not_matter() {
        let a = Fingerprint::of(&json!({"a": 1, "b": [1, {"x": null, "y": "é"}]}));
        let b = Fingerprint::of(&json!({"b": [1, {"y": "é", "x": null}], "a": 1}));
        assert_eq!(a, b);
        assert_ne!(a, Fingerprint::of(&json!({"a": 1, "b": [1]})));
    }

    #[test]
    fn text_round_trips() {
        let f = Fingerprint::of("x");
        assert_eq!(f.to_string().parse(), Ok(f));
        assert!("b3:12".parse::<Fingerprint>().is_err());
        assert!("b3:zz345678901234567890123456789012".parse::<Fingerprint>().is_err());
    }
}
