//! ROUGE: how much of a reference's words, word pairs or word order an answer holds.
//!
//! Lin, "ROUGE: A Package for Automatic Evaluation of Summaries" (ACL 2004). With
//! [`Tokenizer::Parity`] the figures are those of the `rouge-score` package, which knows only the
//! letters `a-z` and digits: of Chinese it sees nothing, and Romanian diacritics split words.

use std::ops::Range;

use crate::score::reference::similarity::lcs::Lcs;
use crate::score::reference::similarity::tokens::{
    Numbering, Pair, Tokenizer, alphanumeric, plain_tokens, unicode_tokens,
};
use crate::score::reference::similarity::{Overlap, ngrams};
use crate::score::words::{Words, sentences};

/// Sentence pairs, and table cells of one pair, above which ROUGE-Lsum compares whole texts.
const MOST_PAIRS: usize = 1_000_000;
const MOST_CELLS: usize = 64_000_000;

/// Possible word pairs that are counted in a table; more are sorted.
const MOST_NUMBERED: usize = 1 << 14;

/// How words are cut and compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reading {
    /// How a text is cut into words.
    pub tokenizer: Tokenizer,
    /// Whether English endings are ignored.
    pub stem: bool,
}

/// ROUGE-1: words in common, counted as often as both texts have them.
pub fn words(answer: &str, reference: &str, reading: Reading) -> Overlap {
    let pair = pair(answer, reference, reading);
    Overlap::of(ngrams::common_tokens(&pair), pair.answer.len(), pair.reference.len())
}

/// ROUGE-2: pairs of words that stand side by side, counted as often as both texts have them.
pub fn word_pairs(answer: &str, reference: &str, reading: Reading) -> Overlap {
    let pair = pair(answer, reference, reading);
    let different = pair.different * pair.different;
    let common = if different <= MOST_NUMBERED {
        let numbered = |tokens: &[u32]| {
            tokens.windows(2).map(|two| two[0] * pair.different as u32 + two[1]).collect::<Vec<_>>()
        };
        let (answer, reference) = (numbered(&pair.answer), numbered(&pair.reference));
        ngrams::common_tokens(&Pair { answer, reference, different })
    } else {
        ngrams::common::<2>(&pair.answer, &[&pair.reference], pair.different)[1]
    };
    Overlap::of(common, ngrams::total(pair.answer.len(), 2), ngrams::total(pair.reference.len(), 2))
}

/// ROUGE-L: words of the longest common subsequence of the whole texts.
pub fn longest(answer: &str, reference: &str, reading: Reading) -> Overlap {
    let pair = pair(answer, reference, reading);
    whole(&pair)
}

fn whole(pair: &Pair) -> Overlap {
    let length = Lcs::new(pair.different).length(&pair.reference, &pair.answer);
    Overlap::of(length, pair.answer.len(), pair.reference.len())
}

/// ROUGE-Lsum: for each sentence of the reference, its words in any longest common subsequence with
/// a sentence of the answer, each word counted as often as both texts have it.
///
/// Sentences are lines with [`Tokenizer::Parity`]. Texts of more than a million sentence pairs, or
/// with two sentences of more than 64 million word pairs, are compared like [`longest`].
pub fn by_sentence(answer: &str, reference: &str, reading: Reading) -> Overlap {
    let (answer, reference) = (Sentences::new(answer, reading), Sentences::new(reference, reading));
    let mut numbering = Numbering::with_capacity(128);
    let pair = Pair {
        answer: numbering.of(answer.tokens()),
        reference: numbering.of(reference.tokens()),
        different: numbering.different(),
    };
    let columns = answer.distinct(&pair.answer);
    let longest = |parts: &[&[u32]]| parts.iter().map(|p| p.len()).max().unwrap_or(0);
    let rows: Vec<&[u32]> = reference.parts.iter().map(|part| &pair.reference[part.clone()]).collect();
    if rows.len().saturating_mul(columns.len()) > MOST_PAIRS
        || longest(&rows).saturating_mul(longest(&columns)) > MOST_CELLS
        || (rows.len(), answer.parts.len()) == (1, 1)
    {
        return whole(&pair);
    }
    let count = |tokens: &[u32]| {
        let mut counts = vec![0_usize; pair.different];
        for token in tokens {
            counts[*token as usize] += 1;
        }
        counts
    };
    let (mut in_answer, mut in_reference) = (count(&pair.answer), count(&pair.reference));
    let mut lcs = Lcs::new(pair.different);
    let mut marks = Vec::new();
    let mut hits = 0;
    for row in rows {
        marks.clear();
        marks.resize(row.len(), false);
        for column in &columns {
            lcs.mark(row, column, &mut marks);
        }
        for (token, _) in row.iter().zip(&marks).filter(|(_, marked)| **marked) {
            let left = (&mut in_answer[*token as usize], &mut in_reference[*token as usize]);
            if *left.0 > 0 && *left.1 > 0 {
                hits += 1;
                *left.0 -= 1;
                *left.1 -= 1;
            }
        }
    }
    Overlap::of(hits, pair.answer.len(), pair.reference.len())
}

fn pair(answer: &str, reference: &str, reading: Reading) -> Pair {
    match reading.tokenizer {
        Tokenizer::Parity => {
            let [answer, reference] = [answer, reference].map(|text| alphanumeric(text, reading.stem));
            Pair::new(plain_tokens(&answer), plain_tokens(&reference))
        }
        Tokenizer::Unicode if !reading.stem => {
            let [answer, reference] = [answer, reference].map(Words::new);
            Pair::new(answer.iter(), reference.iter())
        }
        Tokenizer::Unicode => {
            let [answer, reference] = [answer, reference].map(|t| unicode_tokens(&Words::new(t), true));
            Pair::new(answer.iter().map(String::as_str), reference.iter().map(String::as_str))
        }
    }
}

/// The tokens of a text and the sentences they stand in.
struct Sentences {
    /// Tokens with a blank between them, and a line for each sentence.
    text: Vec<u8>,
    /// Tokens of each sentence that has any.
    parts: Vec<Range<usize>>,
}

impl Sentences {
    fn new(text: &str, reading: Reading) -> Self {
        let text = match reading.tokenizer {
            Tokenizer::Parity => alphanumeric(text, reading.stem),
            Tokenizer::Unicode => lines(text, reading.stem).into_bytes(),
        };
        let (mut parts, mut start) = (Vec::new(), 0);
        for length in
            text.split(|byte| *byte == b'\n').map(|line| plain_tokens(line).count()).filter(|n| *n > 0)
        {
            parts.push(start..start + length);
            start += length;
        }
        Self { text, parts }
    }

    fn tokens(&self) -> impl Iterator<Item = &[u8]> {
        plain_tokens(&self.text)
    }

    /// Sentences as numbers, each once: a second one like it adds nothing to the union.
    fn distinct<'n>(&self, numbers: &'n [u32]) -> Vec<&'n [u32]> {
        let mut parts: Vec<&[u32]> = self.parts.iter().map(|part| &numbers[part.clone()]).collect();
        parts.sort_unstable();
        parts.dedup();
        parts
    }
}

/// The words of a text, a line for each sentence.
fn lines(text: &str, stem: bool) -> String {
    let words = Words::new(text);
    let ends: Vec<usize> = sentences(text).iter().map(|sentence| sentence.end).collect();
    let mut lines = String::with_capacity(text.len());
    let mut sentence = 0;
    for (at, token) in unicode_tokens(&words, stem).iter().enumerate() {
        let start = words.span(&(at..at + 1)).map_or(0, |span| span.start);
        let own = ends.partition_point(|end| *end <= start);
        lines.push(if own == sentence { ' ' } else { '\n' });
        lines.push_str(token);
        sentence = own;
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    const PARITY: Reading = Reading { tokenizer: Tokenizer::Parity, stem: false };
    const UNICODE: Reading = Reading { tokenizer: Tokenizer::Unicode, stem: false };

    fn near(found: Overlap, precision: f64, recall: f64) {
        assert!(
            (found.precision - precision).abs() < 1e-12 && (found.recall - recall).abs() < 1e-12,
            "{found:?}"
        );
    }

    #[test]
    fn the_examples_of_the_paper() {
        let reference = "police killed the gunman";
        near(longest("police kill the gunman", reference, PARITY), 0.75, 0.75);
        near(longest("the gunman kill police", reference, PARITY), 0.5, 0.5);
        near(word_pairs("the gunman kill police", reference, PARITY), 1.0 / 3.0, 1.0 / 3.0);
        near(by_sentence("w1 w2 w6 w7 w8\nw1 w3 w8 w9 w5", "w1 w2 w3 w4 w5", PARITY), 0.4, 0.8);
    }

    #[test]
    fn stemming_ignores_endings() {
        let stemmed = Reading { stem: true, ..PARITY };
        near(words("cancelled orders", "cancel order", stemmed), 1.0, 1.0);
        near(words("cancelled orders", "cancel order", PARITY), 0.0, 0.0);
        near(words("cancelled orders", "cancel order", Reading { stem: true, ..UNICODE }), 1.0, 1.0);
    }

    #[test]
    fn diacritics_split_words_only_where_the_package_does_so() {
        near(words("Știți", "stiti", PARITY), 0.0, 0.0);
        near(words("Știți", "stiti", UNICODE), 1.0, 1.0);
        near(words("自行车", "自行车", PARITY), 0.0, 0.0);
        near(words("自行车", "自行车", UNICODE), 1.0, 1.0);
    }

    #[test]
    fn sentences_need_no_line_breaks_in_the_project_s_own_reading() {
        let (answer, reference) = ("Pay later. Open the app.", "Open the app. Pay later.");
        near(by_sentence(answer, reference, UNICODE), 1.0, 1.0);
        near(by_sentence(answer, reference, PARITY), 0.6, 0.6);
    }

    #[test]
    fn a_sentence_that_is_there_twice_is_still_two() {
        near(by_sentence("b a\nb a", "a b", PARITY), 0.25, 0.5);
        near(by_sentence("a b", "b a\nb a", PARITY), 0.5, 0.25);
    }

    #[test]
    fn nothing_in_common_with_nothing() {
        for (answer, reference) in [("", ""), ("a", ""), ("", "a"), ("!", "\n\n")] {
            for reading in [PARITY, UNICODE] {
                near(words(answer, reference, reading), 0.0, 0.0);
                near(longest(answer, reference, reading), 0.0, 0.0);
                near(by_sentence(answer, reference, reading), 0.0, 0.0);
            }
        }
    }

    #[test]
    fn long_texts_end_soon() {
        let lines = |word: &str| {
            let line = |n: i32| [word.to_owned(), " ".to_owned(), n.to_string(), "\n".to_owned()];
            (0..16_000).flat_map(line).collect::<String>()
        };
        let found = by_sentence(&lines("a"), &lines("a"), PARITY);
        near(found, 1.0, 1.0);
        near(by_sentence(&"ab ".repeat(33_000), &"cd ab ".repeat(16_000), PARITY), 16.0 / 33.0, 0.5);
    }
}
