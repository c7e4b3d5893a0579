//! Edit ratio: 1 − Levenshtein distance / length of the longer text.
//!
//! With [`Tokenizer::Parity`] the characters are compared as they are (the normalised similarity of
//! `rapidfuzz`), otherwise as words in lower case, without Romanian diacritics, one blank apart.

use rapidfuzz::distance::levenshtein;

use crate::score::reference::similarity::tokens::{Pair, Tokenizer};
use crate::score::words::Words;

/// Character pairs above which words are counted instead of characters.
const MOST_PAIRS: usize = 1_000_000_000;

/// Edit ratio of an answer and one reference, from 0 to 1.
///
/// For texts whose lengths multiply to more than a billion the distance counts words.
pub fn ratio(answer: &str, reference: &str, tokenizer: Tokenizer) -> f64 {
    match tokenizer {
        Tokenizer::Parity if answer.len().saturating_mul(reference.len()) <= MOST_PAIRS => {
            characters(answer, reference)
        }
        _ => {
            let [answer, reference] = [answer, reference].map(Words::new);
            let [one, other] = [&answer, &reference].map(|words| words.iter().collect::<Vec<_>>().join(" "));
            if one.len().saturating_mul(other.len()) <= MOST_PAIRS {
                return characters(&one, &other);
            }
            let pair = Pair::new(answer.iter(), reference.iter());
            let longer = pair.answer.len().max(pair.reference.len());
            share(levenshtein::distance(pair.answer, pair.reference), longer)
        }
    }
}

fn characters(one: &str, other: &str) -> f64 {
    if one.is_ascii() && other.is_ascii() {
        return share(levenshtein::distance(one.bytes(), other.bytes()), one.len().max(other.len()));
    }
    let longer = one.chars().count().max(other.chars().count());
    share(levenshtein::distance(one.chars(), other.chars()), longer)
}

fn share(distance: usize, longer: usize) -> f64 {
    if longer == 0 { 1.0 } else { 1.0 - distance as f64 / longer as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_are_compared_as_asked() {
        assert!((ratio("kitten", "sitting", Tokenizer::Parity) - 4.0 / 7.0).abs() < 1e-12);
        assert!((ratio("Știți", "stiti", Tokenizer::Parity) - 0.6).abs() < 1e-12);
        assert!((ratio("Știți!", "stiti", Tokenizer::Unicode) - 1.0).abs() < 1e-12);
        assert!((ratio("", "", Tokenizer::Parity) - 1.0).abs() < 1e-12);
    }

    #[test]
    fn long_texts_end_soon() {
        let found = ratio(&"ab ".repeat(33_000), &"cd ".repeat(33_000), Tokenizer::Parity);
        assert!(found.abs() < 1e-12, "{found}");
    }
}
