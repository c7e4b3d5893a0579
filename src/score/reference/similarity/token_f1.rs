//! Token F1: words in common, in any order, each counted as often as both texts have it.
//!
//! The measure of Rajpurkar et al., "SQuAD: 100,000+ Questions for Machine Comprehension of Text"
//! (EMNLP 2016). With [`Tokenizer::Parity`] texts are read as by SQuAD's official script: in lower
//! case, without ASCII punctuation and without the words a, an and the.

use crate::score::reference::similarity::tokens::{Pair, Tokenizer, blank_separated};
use crate::score::reference::similarity::{Overlap, ngrams};
use crate::score::words::Words;

/// Words in common of an answer and one reference.
pub fn words(answer: &str, reference: &str, tokenizer: Tokenizer) -> Overlap {
    let pair = match tokenizer {
        Tokenizer::Unicode => {
            let [answer, reference] = [answer, reference].map(Words::new);
            Pair::new(answer.iter(), reference.iter())
        }
        Tokenizer::Parity => {
            let [answer, reference] = [answer, reference].map(normalised);
            Pair::new(blank_separated(&answer), blank_separated(&reference))
        }
    };
    Overlap::of(ngrams::common_tokens(&pair), pair.answer.len(), pair.reference.len())
}

/// A text as SQuAD's script compares it.
fn normalised(text: &str) -> String {
    let plain: String = text.to_lowercase().chars().filter(|c| !c.is_ascii_punctuation()).collect();
    let mut out = String::with_capacity(plain.len());
    let mut rest = plain.as_str();
    while let Some(first) = rest.chars().next() {
        let inside = first.is_alphanumeric();
        let end = rest.find(|c: char| c.is_alphanumeric() != inside).unwrap_or(rest.len());
        let (run, after) = rest.split_at(end);
        out.push_str(if matches!(run, "a" | "an" | "the") { " " } else { run });
        rest = after;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn articles_and_marks_do_not_count_for_squad() {
        let found = words("The battery, an e-bike’s.", "battery ebike’s", Tokenizer::Parity);
        assert!((found.f - 1.0).abs() < 1e-12, "{found:?}");
        assert!((words("The battery", "a battery", Tokenizer::Unicode).f - 0.5).abs() < 1e-12);
        assert_eq!(normalised("\u{201c}the a\u{201d} and a_n"), "\u{201c}   \u{201d} and  ");
    }

    #[test]
    fn words_count_as_often_as_both_have_them() {
        let found = words("da da nu", "Da, nu nu nu", Tokenizer::Unicode);
        assert!((found.precision - 2.0 / 3.0).abs() < 1e-12 && (found.recall - 0.5).abs() < 1e-12);
    }
}
