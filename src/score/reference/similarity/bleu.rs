//! BLEU: runs of one to four words in common, with a penalty for short answers.
//!
//! Papineni et al., "BLEU: a Method for Automatic Evaluation of Machine Translation" (ACL 2002), for
//! one answer as `sacrebleu` computes it: orders for which the answer is too short are left out, and
//! an order without a hit counts half as much as the one before (smoothing 3 of Chen and Cherry, 2014).
//! With [`Tokenizer::Parity`] words are cut as by mteval-v13a, `sacrebleu`'s default.

use std::borrow::Cow;

use crate::score::reference::similarity::ngrams;
use crate::score::reference::similarity::tokens::{Numbering, Tokenizer, is_blank, plain_tokens};
use crate::score::words::Words;

const ORDERS: usize = 4;

/// BLEU of an answer against all of its references together, from 0 to 1.
pub fn sentence(answer: &str, references: &[&str], tokenizer: Tokenizer) -> f64 {
    let mut numbering = Numbering::with_capacity(128);
    match tokenizer {
        Tokenizer::Parity => {
            let texts: Vec<Vec<u8>> =
                std::iter::once(&answer).chain(references).map(|t| thirteen_a(t)).collect();
            let numbers: Vec<Vec<u32>> = texts.iter().map(|t| numbering.of(plain_tokens(t))).collect();
            score(&numbers, &numbering)
        }
        Tokenizer::Unicode => {
            let texts: Vec<Words<'_>> =
                std::iter::once(&answer).chain(references).map(|t| Words::new(t)).collect();
            let numbers: Vec<Vec<u32>> = texts.iter().map(|t| numbering.of(t.iter())).collect();
            score(&numbers, &numbering)
        }
    }
}

/// Of the answer's tokens, which come first, and those of each reference.
fn score(texts: &[Vec<u32>], numbering: &Numbering<'_>) -> f64 {
    let Some((answer, references)) = texts.split_first() else { return 0.0 };
    let references: Vec<&[u32]> = references.iter().map(Vec::as_slice).collect();
    let common = ngrams::common::<ORDERS>(answer, &references, numbering.different());
    // Without a common word there is no longer common run either.
    if common[0] == 0 {
        return 0.0;
    }
    let mut halving = 1.0;
    let logarithms: Vec<f64> = (1..=ORDERS)
        .map(|order| (common[order - 1], ngrams::total(answer.len(), order)))
        .take_while(|(_, total)| *total > 0)
        .map(|(hits, total)| {
            let hits = if hits > 0 {
                hits as f64
            } else {
                halving *= 2.0;
                1.0 / halving
            };
            (hits / total as f64).ln()
        })
        .collect();
    let mean = logarithms.iter().sum::<f64>() / logarithms.len() as f64;
    let closest =
        references.iter().map(|r| r.len()).min_by_key(|n| (n.abs_diff(answer.len()), *n)).unwrap_or(0);
    let brevity = (1.0 - closest as f64 / answer.len() as f64).min(0.0);
    (brevity + mean).exp().min(1.0)
}

/// A text with a blank between any two tokens, as `sacrebleu`'s `13a` tokenizer cuts them.
fn thirteen_a(text: &str) -> Vec<u8> {
    let text = joined(text.trim_end_matches(is_blank));
    let mut apart = Vec::with_capacity(text.len() * 3 / 2);
    apart.push(b' ');
    let mut rest = text.as_bytes();
    while let Some(at) = rest.iter().position(|byte| MARK[*byte as usize]) {
        apart.extend(&rest[..at]);
        apart.extend([b' ', rest[at], b' ']);
        rest = &rest[at + 1..];
    }
    apart.extend(rest);
    let mut cut = Cut { out: Vec::with_capacity(apart.len() + apart.len() / 4), ..Cut::default() };
    let mut rest = apart.as_slice();
    while let Some(at) = rest.iter().position(|byte| matches!(byte, b',' | b'-' | b'.')) {
        cut.plain(&rest[..at]);
        cut.second(rest[at]);
        rest = &rest[at + 1..];
    }
    cut.plain(rest);
    // One blank for each step that still holds a byte back, and one after the text.
    (0..4).for_each(|_| cut.second(b' '));
    cut.out
}

/// Bytes that are always tokens of their own.
const MARK: [bool; 256] = {
    let mut mark = [false; 256];
    let mut byte = 0_u8;
    while byte < 128 {
        mark[byte as usize] = byte.is_ascii_punctuation() && !matches!(byte, b'\'' | b',' | b'-' | b'.');
        byte += 1;
    }
    mark
};

/// The second to fourth step of mteval's tokenizer. Each rewrites certain pairs of neighbours, none of
/// them twice, and looks at what the step before has put out; so each holds one byte back.
#[derive(Default)]
struct Cut {
    second: Option<u8>,
    third: Option<u8>,
    fourth: Option<u8>,
    out: Vec<u8>,
}

impl Cut {
    /// A full stop or comma after anything but a digit.
    fn second(&mut self, byte: u8) {
        match self.second {
            Some(held) if !held.is_ascii_digit() && matches!(byte, b'.' | b',') => {
                self.second = None;
                for byte in [held, b' ', byte, b' '] {
                    self.third(byte);
                }
            }
            held => {
                self.second = Some(byte);
                if let Some(held) = held {
                    self.third(held);
                }
            }
        }
    }

    /// A full stop or comma before anything but a digit.
    fn third(&mut self, byte: u8) {
        match self.third {
            Some(held) if matches!(held, b'.' | b',') && !byte.is_ascii_digit() => {
                self.third = None;
                for byte in [b' ', held, b' ', byte] {
                    self.fourth(byte);
                }
            }
            held => {
                self.third = Some(byte);
                if let Some(held) = held {
                    self.fourth(held);
                }
            }
        }
    }

    /// A hyphen after a digit.
    fn fourth(&mut self, byte: u8) {
        match self.fourth {
            Some(held) if held.is_ascii_digit() && byte == b'-' => {
                self.fourth = None;
                self.out.extend([held, b' ', byte, b' ']);
            }
            held => {
                self.fourth = Some(byte);
                self.out.extend(held);
            }
        }
    }

    /// Bytes of which no two are rewritten.
    fn plain(&mut self, run: &[u8]) {
        // Three of them push out all that is held back.
        let (first, rest) = run.split_at(run.len().min(3));
        for byte in first {
            self.second(*byte);
        }
        if let [.., one, two, three] = run
            && !rest.is_empty()
        {
            self.out.extend(&run[..run.len() - 3]);
            (self.fourth, self.third, self.second) = (Some(*one), Some(*two), Some(*three));
        }
    }
}

/// One line with plain blanks, and with the entities that mteval knows read.
fn joined(text: &str) -> Cow<'_, str> {
    const REPLACED: [(&str, &str); 7] = [
        ("<skipped>", ""),
        ("-\n", ""),
        ("\n", " "),
        ("&quot;", "\""),
        ("&amp;", "&"),
        ("&lt;", "<"),
        ("&gt;", ">"),
    ];
    let mut text = Cow::Borrowed(text);
    // Most texts hold nothing of all this.
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~') && byte != b'&' && byte != b'<') {
        return text;
    }
    for (from, to) in REPLACED {
        if text.contains(from) {
            text = Cow::Owned(text.replace(from, to));
        }
    }
    let odd = |c: char| c != ' ' && is_blank(c);
    if text.contains(odd) { Cow::Owned(text.replace(odd, " ")) } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parity(answer: &str, reference: &str) -> f64 {
        sentence(answer, &[reference], Tokenizer::Parity)
    }

    #[test]
    fn tokens_are_those_of_mteval() {
        let cut = |text: &str| {
            let text = String::from_utf8(thirteen_a(text)).unwrap();
            text.split_ascii_whitespace().collect::<Vec<_>>().join(" ")
        };
        assert_eq!(
            cut("It costs $1,234.50 (incl. VAT), e.g. 2-3 a-b."),
            "It costs $ 1,234.50 ( incl . VAT ) , e . g . 2 - 3 a-b ."
        );
        assert_eq!(cut("don't&nbsp;&quot;x&quot; &amp;lt;"), "don't & nbsp ; \" x \" <");
        assert_eq!(cut("re-\nturn <skipped>now\nor never...  "), "return now or never . . .");
        assert_eq!(cut("știți,da.„Nu”.5 .5"), "știți , da . „Nu” . 5 . 5");
    }

    #[test]
    fn equal_texts_are_one_and_strangers_nothing() {
        for text in ["a", "a b", "You have 30 days.", "自行车"] {
            assert!((parity(text, text) - 1.0).abs() < 1e-12, "{text}");
        }
        for (answer, reference) in [("", ""), ("a", "b"), ("", "a"), ("a", "")] {
            assert_eq!(parity(answer, reference).to_bits(), 0, "{answer} {reference}");
        }
        assert_eq!(sentence("a", &[], Tokenizer::Unicode).to_bits(), 0);
    }

    #[test]
    fn of_several_references_each_may_give_its_words() {
        let references = ["the cat sat on a mat", "there is a cat on the mat"];
        let both = sentence("the cat sat on the mat", &references, Tokenizer::Parity);
        let one = references.iter().map(|r| parity("the cat sat on the mat", r)).fold(0.0, f64::max);
        assert!(both > one && both < 1.0 + 1e-12, "{both} {one}");
    }

    #[test]
    fn the_project_s_own_reading_ignores_case_and_diacritics() {
        assert!((sentence("știți", &["STITI!"], Tokenizer::Unicode) - 1.0).abs() < 1e-12);
    }
}
