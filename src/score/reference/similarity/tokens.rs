//! Texts as sequences of numbers, equal for equal tokens: what the metrics count and compare.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::sync::LazyLock;

use crate::score::reference::similarity::porter;
use crate::score::words::Words;

/// How a metric cuts texts into tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tokenizer {
    /// The words of Unicode Standard Annex 29, without case, punctuation and Romanian diacritics.
    Unicode,
    /// What the metric's well-known implementation does, with its quirks.
    Parity,
}

/// Whether Python takes a character for a blank.
pub(super) fn is_blank(c: char) -> bool {
    c.is_whitespace() || ('\x1c'..='\x1f').contains(&c)
}

/// The parts of a text between blanks, as Python sees them.
pub(super) fn blank_separated(text: &str) -> impl Iterator<Item = &str> {
    text.split(is_blank).filter(|part| !part.is_empty())
}

/// A text as the `rouge-score` package reads it: in lower case, and all but `a-z` and `0-9` blank.
/// Line breaks stay what they are. Words of more than three letters are stemmed if asked.
pub(super) fn alphanumeric(text: &str, stem: bool) -> Vec<u8> {
    // The two characters besides A to Z whose lower case has an ASCII letter.
    let plain: Vec<u8> = if !text.is_ascii() && text.contains(['\u{130}', '\u{212a}']) {
        let text = text.replace('\u{130}', "i ").replace('\u{212a}', "k");
        text.bytes().map(alphanumeric_byte).collect()
    } else {
        text.bytes().map(alphanumeric_byte).collect()
    };
    if !stem {
        return plain;
    }
    let mut stemmed = Vec::with_capacity(plain.len());
    for part in plain.split_inclusive(|byte| is_gap(*byte)) {
        let word = part.strip_suffix(b" ").or(part.strip_suffix(b"\n")).unwrap_or(part);
        match str::from_utf8(word) {
            Ok(long) if long.len() > 3 => stemmed.extend(porter::stem(long).bytes()),
            _ => stemmed.extend(word),
        }
        stemmed.extend(&part[word.len()..]);
    }
    stemmed
}

fn alphanumeric_byte(byte: u8) -> u8 {
    match byte {
        b'a'..=b'z' | b'0'..=b'9' | b'\n' => byte,
        b'A'..=b'Z' => byte.to_ascii_lowercase(),
        _ => b' ',
    }
}

fn is_gap(byte: u8) -> bool {
    matches!(byte, b' ' | b'\n')
}

/// The tokens between blanks and line breaks.
pub(super) fn plain_tokens(plain: &[u8]) -> impl Iterator<Item = &[u8]> {
    plain.split(|byte| is_gap(*byte)).filter(|token| !token.is_empty())
}

/// The words of a text, stemmed if asked.
pub(super) fn unicode_tokens(words: &Words<'_>, stem: bool) -> Vec<String> {
    words.iter().map(|word| if stem { porter::stem(word) } else { word.to_owned() }).collect()
}

/// Gives equal tokens equal numbers, from 0 up in the order of their first appearance.
///
/// An open table of numbers beside a list of tokens: half the time of a map, and one text has few tokens.
pub(super) struct Numbering<'t> {
    /// A token's number plus one at the place its hash names, or at the next free one; a power of two.
    slots: Vec<u32>,
    known: Vec<(u64, &'t [u8])>,
}

impl<'t> Numbering<'t> {
    /// For about so many different tokens; more of them take longer.
    pub(super) fn with_capacity(tokens: usize) -> Self {
        Self { slots: vec![0; (tokens * 2).next_power_of_two()], known: Vec::with_capacity(tokens) }
    }

    /// The numbers of some tokens.
    pub(super) fn of<T: AsRef<[u8]> + ?Sized + 't>(
        &mut self,
        tokens: impl Iterator<Item = &'t T>,
    ) -> Vec<u32> {
        let mut numbers = Vec::with_capacity(64);
        numbers.extend(tokens.map(|token| self.number(token.as_ref())));
        numbers
    }

    fn number(&mut self, token: &'t [u8]) -> u32 {
        let mut hasher = Seeded.build_hasher();
        hasher.write_usize(token.len());
        hasher.write(token);
        let hash = hasher.finish();
        let last = self.slots.len() - 1;
        let mut at = hash as usize & last;
        loop {
            let slot = self.slots[at];
            let Some(number) = slot.checked_sub(1) else { break };
            if self.known[number as usize] == (hash, token) {
                return number;
            }
            at = (at + 1) & last;
        }
        self.known.push((hash, token));
        self.slots[at] = self.known.len() as u32;
        if self.known.len() * 2 > self.slots.len() {
            self.grow();
        }
        self.known.len() as u32 - 1
    }

    fn grow(&mut self) {
        let last = self.slots.len() * 4 - 1;
        self.slots = vec![0; last + 1];
        for (number, (hash, _)) in self.known.iter().enumerate() {
            let mut at = *hash as usize & last;
            while self.slots[at] != 0 {
                at = (at + 1) & last;
            }
            self.slots[at] = number as u32 + 1;
        }
    }

    /// How many different tokens there were.
    pub(super) fn different(&self) -> usize {
        self.known.len()
    }
}

/// Two texts as numbers.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Pair {
    pub(super) answer: Vec<u32>,
    pub(super) reference: Vec<u32>,
    /// How many different tokens both have together.
    pub(super) different: usize,
}

impl Pair {
    pub(super) fn new<'t, T: AsRef<[u8]> + ?Sized + 't>(
        answer: impl Iterator<Item = &'t T>,
        reference: impl Iterator<Item = &'t T>,
    ) -> Self {
        let mut numbering = Numbering::with_capacity(128);
        let answer = numbering.of(answer);
        let reference = numbering.of(reference);
        Self { answer, reference, different: numbering.different() }
    }
}

/// A quick hash for short tokens. No result depends on the seed, which keeps a hostile text from
/// choosing tokens that collide.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Seeded;

static SEED: LazyLock<u64> = LazyLock::new(|| RandomState::new().build_hasher().finish());

impl BuildHasher for Seeded {
    type Hasher = Folding;

    fn build_hasher(&self) -> Folding {
        Folding { state: *SEED }
    }
}

/// Multiplies to 128 bits and folds the halves, eight bytes at a time.
pub(super) struct Folding {
    state: u64,
}

impl Folding {
    fn mix(&mut self, block: u64) {
        let product = u128::from(self.state ^ block) * 0x9e37_79b9_7f4a_7c15;
        self.state = (product >> 64) as u64 ^ product as u64;
    }
}

impl Hasher for Folding {
    fn write(&mut self, bytes: &[u8]) {
        // Blocks at both ends may overlap; the length, which is written besides, tells them apart.
        let four = |bytes: &[u8; 4]| u64::from(u32::from_le_bytes(*bytes));
        if let (Some(first), Some(last)) = (bytes.first_chunk::<8>(), bytes.last_chunk::<8>()) {
            bytes.as_chunks::<8>().0.iter().skip(1).for_each(|block| self.mix(u64::from_le_bytes(*block)));
            self.mix(u64::from_le_bytes(*first));
            self.mix(u64::from_le_bytes(*last));
        } else if let (Some(first), Some(last)) = (bytes.first_chunk(), bytes.last_chunk()) {
            self.mix(four(first) | four(last) << 32);
        } else {
            self.mix(bytes.iter().fold(0, |block, byte| block << 8 | u64::from(*byte)));
        }
    }

    fn write_u32(&mut self, number: u32) {
        self.mix(u64::from(number));
    }

    fn write_usize(&mut self, length: usize) {
        self.state = self.state.rotate_left(23) ^ length as u64;
    }

    fn finish(&self) -> u64 {
        self.state
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn rouge_knows_only_latin_letters_and_digits() {
        let read = |text: &str, stem| {
            let plain = String::from_utf8(alphanumeric(text, stem)).unwrap();
            plain.split_ascii_whitespace().collect::<Vec<_>>().join(" ")
        };
        assert_eq!(read("Știți: 30 ZILE,\n\u{212a}g \u{130}s 漢字!", false), "ti i 30 zile kg i s");
        assert_eq!(read("Cancelled orders are ok", true), "cancel order are ok");
        assert_eq!(alphanumeric("a\n\nb", true), b"a\n\nb");
    }

    #[test]
    fn blanks_are_those_of_python() {
        assert_eq!(
            blank_separated(" a\u{a0}b\x1fc\u{3000}d\u{200b}").collect::<Vec<_>>(),
            ["a", "b", "c", "d\u{200b}"]
        );
        assert_eq!(blank_separated(" \n").count(), 0);
    }

    proptest! {
        #[test]
        fn equal_tokens_have_equal_numbers(tokens in prop::collection::vec("[ab\u{103}]{0,9}", 0..24)) {
            let pair = Pair::new(tokens.iter().map(String::as_str), tokens.iter().rev().map(String::as_str));
            for (token, number) in tokens.iter().zip(&pair.answer) {
                for (other, its) in tokens.iter().rev().zip(&pair.reference) {
                    prop_assert_eq!(token == other, number == its);
                }
            }
            prop_assert!(pair.answer.iter().all(|n| (*n as usize) < pair.different));
            let mut small = Numbering::with_capacity(1);
            prop_assert_eq!(small.of(tokens.iter()), pair.answer);
        }
    }
}
