//! chrF: runs of one to six characters in common, blanks left out; chrF++ adds runs of one or two words.
//!
//! Popović, "chrF: character n-gram F-score for automatic MT evaluation" (WMT 2015) and "chrF++: words
//! helping character n-grams" (WMT 2017), for one answer as `sacrebleu` computes it: precision and
//! recall are means over the orders that both texts have, and recall weighs twice as much (β = 2).

use std::borrow::Cow;
use std::collections::HashMap;

use crate::score::reference::similarity::tokens::{Numbering, Seeded, Tokenizer, blank_separated, is_blank};
use crate::score::reference::similarity::{Overlap, ngrams};
use crate::score::words::{Folding, fold};

const CHARACTERS: usize = 6;
const WORDS: usize = 2;
/// β squared.
const WEIGHT: f64 = 4.0;

/// chrF of an answer against one reference, from 0 to 1; `f` weighs recall twice.
///
/// With [`Tokenizer::Unicode`] case, apostrophes and Romanian diacritics are ignored.
pub fn characters(answer: &str, reference: &str, tokenizer: Tokenizer) -> Overlap {
    let [answer, reference] = [answer, reference].map(|text| read(text, tokenizer));
    let mut means = Means::default();
    add_characters(&answer, &reference, &mut means);
    means.overlap()
}

/// chrF++ of an answer against one reference, from 0 to 1; `f` weighs recall twice.
///
/// With [`Tokenizer::Unicode`] case, apostrophes and Romanian diacritics are ignored.
pub fn characters_and_words(answer: &str, reference: &str, tokenizer: Tokenizer) -> Overlap {
    let [answer, reference] = [answer, reference].map(|text| read(text, tokenizer));
    let mut means = Means::default();
    add_characters(&answer, &reference, &mut means);
    let mut numbering = Numbering::with_capacity(128);
    let [one, other] = [&answer, &reference].map(|text| numbering.of(words(text)));
    means.add(&ngrams::common::<WORDS>(&one, &[&other], numbering.different()), one.len(), other.len());
    means.overlap()
}

fn read(text: &str, tokenizer: Tokenizer) -> Cow<'_, str> {
    match tokenizer {
        Tokenizer::Parity => Cow::Borrowed(text),
        Tokenizer::Unicode => Cow::Owned(fold(text, Folding::Marks)),
    }
}

fn add_characters(answer: &str, reference: &str, means: &mut Means) {
    let mut alphabet = Alphabet::default();
    let [one, other] = [answer, reference].map(|text| alphabet.numbers(text));
    means.add(
        &ngrams::common::<CHARACTERS>(&one, &[&other], alphabet.different as usize),
        one.len(),
        other.len(),
    );
}

/// Numbers for characters, in the order of their first appearance.
struct Alphabet {
    /// For the common ones their number plus one.
    low: [u32; 0x300],
    high: HashMap<char, u32, Seeded>,
    different: u32,
}

impl Default for Alphabet {
    fn default() -> Self {
        Self { low: [0; 0x300], high: HashMap::default(), different: 0 }
    }
}

impl Alphabet {
    fn numbers(&mut self, text: &str) -> Vec<u32> {
        let mut numbers = Vec::with_capacity(text.len());
        for c in text.chars().filter(|c| !is_blank(*c)) {
            let known = match self.low.get_mut(c as usize) {
                Some(low) => low,
                None => self.high.entry(c).or_insert(0),
            };
            if *known == 0 {
                self.different += 1;
                *known = self.different;
            }
            numbers.push(*known - 1);
        }
        numbers
    }
}

/// Words with one mark of punctuation at the end, or else at the start, cut off.
fn words(text: &str) -> impl Iterator<Item = &str> {
    blank_separated(text).flat_map(|word| {
        let mark = |c: &char| c.is_ascii_punctuation();
        let one = word.chars().nth(1).is_none();
        let at = if !one && word.chars().next_back().is_some_and(|c| mark(&c)) {
            word.len() - 1
        } else if !one && word.chars().next().is_some_and(|c| mark(&c)) {
            1
        } else {
            word.len()
        };
        let (head, tail) = word.split_at(at);
        [head, tail].into_iter().filter(|part| !part.is_empty())
    })
}

/// Sums over the orders that both texts have.
#[derive(Default)]
struct Means {
    precision: f64,
    recall: f64,
    orders: u32,
}

impl Means {
    fn add(&mut self, common: &[usize], answer: usize, reference: usize) {
        for (order, common) in common.iter().enumerate() {
            let [answer, reference] = [answer, reference].map(|tokens| ngrams::total(tokens, order + 1));
            if answer > 0 && reference > 0 {
                self.precision += *common as f64 / answer as f64;
                self.recall += *common as f64 / reference as f64;
                self.orders += 1;
            }
        }
    }

    fn overlap(&self) -> Overlap {
        let orders = f64::from(self.orders.max(1));
        let (precision, recall) = (self.precision / orders, self.recall / orders);
        let weighted = WEIGHT * precision + recall;
        let f = if weighted > 0.0 { (1.0 + WEIGHT) * precision * recall / weighted } else { 0.0 };
        Overlap { precision, recall, f: f.min(1.0) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_lose_one_mark() {
        assert_eq!(
            words("(hi) it's, \"a\" . .. „x” -5").collect::<Vec<_>>(),
            ["(hi", ")", "it's", ",", "\"a", "\"", ".", ".", ".", "„x”", "-", "5"]
        );
    }

    #[test]
    fn equal_texts_are_one_and_strangers_nothing() {
        for metric in [characters, characters_and_words] {
            for text in ["a", "a b", "You have 30 days.", "自行车🚲"] {
                assert!((metric(text, text, Tokenizer::Parity).f - 1.0).abs() < 1e-12, "{text}");
            }
            for (answer, reference) in [("", ""), ("a", "b"), ("", "a"), ("a", ""), (" ", "\n")] {
                assert_eq!(
                    metric(answer, reference, Tokenizer::Parity).f.to_bits(),
                    0,
                    "{answer} {reference}"
                );
            }
        }
    }

    #[test]
    fn recall_weighs_more() {
        let long = characters("30 days from delivery", "30 days", Tokenizer::Parity);
        let short = characters("30 days", "30 days from delivery", Tokenizer::Parity);
        assert!(long.f > short.f);
        assert!((long.recall - 1.0).abs() < 1e-12 && long.precision < 0.5);
        assert_eq!((long.precision, long.recall), (short.recall, short.precision));
    }

    #[test]
    fn the_project_s_own_reading_ignores_case_and_diacritics() {
        assert!((characters("știți", "STITI", Tokenizer::Unicode).f - 1.0).abs() < 1e-12);
        assert!(characters("știți", "STITI", Tokenizer::Parity).f < 0.1);
    }

    #[test]
    fn many_different_characters_fit() {
        let text: String = ('\u{4e00}'..'\u{9fff}').collect();
        assert!((characters(&text, &text, Tokenizer::Parity).f - 1.0).abs() < 1e-12);
    }
}
