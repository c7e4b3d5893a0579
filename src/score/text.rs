//! Text as scorers compare it: folded with a way back to the answer's characters, words, sentences.
//!
//! Spans in evidence count characters of the answer; spans inside this module count bytes of the
//! text they name. [`Folded`] keeps the map between the two.

use std::ops::Range;

use unicode_normalization::UnicodeNormalization;
use unicode_segmentation::UnicodeSegmentation;

/// How much of a text's surface is ignored; each step includes the ones before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Folding {
    /// How it was typed: composed characters, curly apostrophes, cedillas for commas, odd blanks.
    Typing,
    /// Letter case.
    Case,
    /// Romanian diacritics, which customers and models leave out.
    Marks,
}

/// A folded text that knows which characters of the original each of its bytes came from.
#[derive(Debug, Clone)]
pub(super) struct Folded<'a> {
    /// The folded text.
    pub(super) text: String,
    /// For each of its bytes the characters of the original.
    origin: Vec<Range<usize>>,
    original: &'a str,
    /// Byte at which each character of the original starts.
    starts: Vec<usize>,
}

impl<'a> Folded<'a> {
    pub(super) fn new(original: &'a str, folding: Folding) -> Self {
        let mut text = String::with_capacity(original.len());
        let mut origin = Vec::with_capacity(original.len());
        let mut at = 0;
        for grapheme in original.graphemes(true) {
            let end = at + grapheme.chars().count();
            fold_grapheme(grapheme, folding, &mut text);
            origin.resize(text.len(), at..end);
            at = end;
        }
        let starts = original.char_indices().map(|(at, _)| at).collect();
        Self { text, origin, original, starts }
    }

    /// Characters of the original that a byte range of the folded text came from.
    pub(super) fn chars(&self, bytes: &Range<usize>) -> Range<usize> {
        let Some(touched) = self.origin.get(bytes.clone()) else { return 0..0 };
        match (touched.first(), touched.last()) {
            (Some(first), Some(last)) => first.start..last.end,
            _ => 0..0,
        }
    }

    /// Characters of the original.
    pub(super) fn quote(&self, chars: &Range<usize>) -> &'a str {
        let byte = |at: usize| self.starts.get(at).copied().unwrap_or(self.original.len());
        self.original.get(byte(chars.start)..byte(chars.end)).unwrap_or_default()
    }

    /// Bytes of the folded text that came from a character range of the original.
    pub(super) fn bytes(&self, chars: &Range<usize>) -> Range<usize> {
        let start = self.origin.partition_point(|o| o.end <= chars.start);
        let end = self.origin.partition_point(|o| o.start < chars.end);
        start..end.max(start)
    }

    /// Byte ranges of every occurrence of a folded needle; an empty needle occurs nowhere.
    pub(super) fn find_all(&self, needle: &str) -> Vec<Range<usize>> {
        if needle.is_empty() {
            return Vec::new();
        }
        self.text.match_indices(needle).map(|(at, found)| at..at + found.len()).collect()
    }
}

fn fold_grapheme(grapheme: &str, folding: Folding, out: &mut String) {
    for typed in grapheme.nfc() {
        let Some(plain) = typing(typed) else { continue };
        if folding < Folding::Case {
            out.push(plain);
        } else {
            out.extend(plain.to_lowercase().map(|c| if folding < Folding::Marks { c } else { unmarked(c) }));
        }
    }
}

fn typing(c: char) -> Option<char> {
    Some(match c {
        '\u{2019}' | '\u{2018}' | '\u{02bc}' | '\u{00b4}' => '\'',
        'ş' => 'ș',
        'Ş' => 'Ș',
        'ţ' => 'ț',
        'Ţ' => 'Ț',
        '\u{00a0}' | '\u{2007}' | '\u{2009}' | '\u{202f}' => ' ',
        '\u{2010}' | '\u{2011}' => '-',
        '\u{00ad}' | '\u{200b}' | '\u{2060}' | '\u{feff}' | '\r' => return None,
        other => other,
    })
}

fn unmarked(c: char) -> char {
    match c {
        'ă' | 'â' => 'a',
        'î' => 'i',
        'ș' => 's',
        'ț' => 't',
        other => other,
    }
}

/// Which bytes of a text are spoken for, so that each is read only once.
#[derive(Debug)]
pub(super) struct Claims {
    taken: Vec<bool>,
}

impl Claims {
    pub(super) fn over(text: &str) -> Self {
        Self { taken: vec![false; text.len()] }
    }

    /// Takes a byte range, unless a part of it is taken already.
    pub(super) fn take(&mut self, bytes: &Range<usize>) -> bool {
        match self.taken.get_mut(bytes.clone()) {
            Some(part) if !part.contains(&true) => {
                part.fill(true);
                true
            }
            _ => false,
        }
    }
}

/// The folded text alone.
pub(super) fn fold(text: &str, folding: Folding) -> String {
    Folded::new(text, folding).text
}

/// The characters `span` of `text`.
pub(super) fn quote(text: &str, span: &Range<usize>) -> String {
    text.chars().skip(span.start).take(span.len()).collect()
}

/// A byte range of `text` as characters.
pub(super) fn char_span(text: &str, bytes: &Range<usize>) -> Range<usize> {
    let count = |end: usize| text.get(..end).map_or(0, |head| head.chars().count());
    count(bytes.start)..count(bytes.end)
}

/// One word, compared without case and Romanian diacritics.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Word {
    /// What is compared.
    pub(super) folded: String,
    /// Characters of the text.
    pub(super) span: Range<usize>,
}

/// The words of a text (Unicode Standard Annex 29), punctuation left out.
pub(super) fn words(text: &str) -> Vec<Word> {
    let folded = Folded::new(text, Folding::Marks);
    folded
        .text
        .unicode_word_indices()
        .map(|(at, word)| Word { folded: word.to_owned(), span: folded.chars(&(at..at + word.len())) })
        .collect()
}

/// Abbreviations whose full stop ends no sentence.
const ABBREVIATIONS: &[&str] = &[
    "e.g.", "i.e.", "dr.", "mr.", "mrs.", "ms.", "st.", "no.", "nr.", "approx.", "vs.", "inc.", "ltd.",
    "str.", "art.", "alin.", "tel.", "ex.", "d.ex.", "max.", "min.",
];

/// Characters of each sentence of a text, trimmed; a line break ends a sentence, and so a list item
/// is one. Parts without any letter or digit are left out.
pub(super) fn sentences(original: &str) -> Vec<Range<usize>> {
    // Folded no further: where a sentence ends depends on the case of what follows.
    let folded = Folded::new(original, Folding::Typing);
    let text = &folded.text;
    let mut found = Vec::new();
    let mut line_start = 0;
    for line in text.split_inclusive('\n') {
        let mut open: Option<Range<usize>> = None;
        for (at, part) in line.split_sentence_bound_indices() {
            let start = open.take().map_or(line_start + at, |o| o.start);
            let whole = start..line_start + at + part.len();
            if goes_on(&text[whole.clone()]) {
                open = Some(whole);
            } else {
                push_trimmed(text, whole, &mut found);
            }
        }
        if let Some(rest) = open {
            push_trimmed(text, rest, &mut found);
        }
        line_start += line.len();
    }
    found.iter().map(|bytes| folded.chars(bytes)).collect()
}

fn goes_on(part: &str) -> bool {
    let trimmed = part.trim_end();
    let last = trimmed.rsplit(char::is_whitespace).next().unwrap_or_default();
    let last = last.trim_start_matches(['(', '[', '"', '„', '“']).to_lowercase();
    let list_marker = trimmed.trim_start().trim_end_matches(['.', ')']);
    ABBREVIATIONS.contains(&last.as_str())
        || (list_marker.len() < trimmed.trim_start().len() && list_marker.chars().all(|c| c.is_ascii_digit()))
}

fn push_trimmed(text: &str, span: Range<usize>, found: &mut Vec<Range<usize>>) {
    let part = &text[span.clone()];
    if !part.chars().any(char::is_alphanumeric) {
        return;
    }
    let start = span.start + (part.len() - part.trim_start().len());
    found.push(start..start + part.trim().len());
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn split(text: &str) -> Vec<String> {
        sentences(text).iter().map(|s| quote(text, s)).collect()
    }

    #[test]
    fn romanian_letters_are_equal_in_every_spelling() {
        for spelling in ["Știți", "ştiţi", "stiti", "S\u{326}tit\u{326}i"] {
            assert_eq!(fold(spelling, Folding::Marks), "stiti", "{spelling}");
        }
        assert_eq!(fold("Şi", Folding::Typing), "Și");
        assert_eq!(fold("schön café", Folding::Marks), "schön café");
    }

    #[test]
    fn spans_lead_back_to_the_original_characters() {
        let text = "Nu s\u{326}tiu — I don’t";
        let folded = Folded::new(text, Folding::Marks);
        let found = folded.find_all("stiu");
        assert_eq!(quote(text, &folded.chars(&found[0])), "s\u{326}tiu");
        let found = folded.find_all("don't");
        assert_eq!(folded.quote(&folded.chars(&found[0])), "don’t");
        assert_eq!((folded.quote(&(3..99)), folded.quote(&(50..60))), (quote(text, &(3..99)).as_str(), ""));
        assert_eq!(&folded.text[folded.bytes(&folded.chars(&found[0]))], "don't");
        assert_eq!(folded.bytes(&(5..5)).len(), 0);
        assert_eq!(folded.chars(&(0..0)), 0..0);
        assert_eq!(folded.chars(&(0..10_000)), 0..0);
    }

    #[test]
    fn words_have_no_punctuation() {
        let found = words("Ține 30 de zile, don't!");
        let folded: Vec<_> = found.iter().map(|w| w.folded.as_str()).collect();
        assert_eq!(folded, ["tine", "30", "de", "zile", "don't"]);
        assert_eq!(found[1].span, 5..7);
        assert!(words(" \n ").is_empty());
    }

    #[test]
    fn sentences_survive_abbreviations_decimals_and_lists() {
        assert_eq!(
            split("It costs 4.95 EUR. See e.g. Returns. Ok?"),
            ["It costs 4.95 EUR.", "See e.g. Returns.", "Ok?"]
        );
        assert_eq!(split("Do this:\n1. Open it.\n2. Close it."), ["Do this:", "1. Open it.", "2. Close it."]);
        assert_eq!(split("...\n \n!"), Vec::<String>::new());
        assert_eq!(split(""), Vec::<String>::new());
    }

    #[test]
    fn bytes_are_claimed_once() {
        let mut claims = Claims::over("abcdef");
        assert!(claims.take(&(1..3)) && claims.take(&(3..4)));
        assert!(!claims.take(&(0..2)) && !claims.take(&(5..9)));
        assert!(claims.take(&(0..1)));
    }

    #[test]
    fn byte_spans_become_character_spans() {
        assert_eq!(char_span("€29", &(3..5)), 1..3);
        assert_eq!(char_span("€29", &(0..0)), 0..0);
    }

    proptest! {
        #[test]
        fn every_byte_of_a_folded_text_has_an_origin(text in any::<String>()) {
            let folded = Folded::new(&text, Folding::Marks);
            let total = text.chars().count();
            prop_assert_eq!(folded.origin.len(), folded.text.len());
            prop_assert!(folded.origin.iter().all(|o| o.start < o.end && o.end <= total));
        }

        #[test]
        fn sentences_lie_in_order_inside_the_text(text in any::<String>()) {
            let mut last = 0;
            for span in sentences(&text) {
                prop_assert!(span.start >= last && span.start < span.end && span.end <= text.chars().count());
                last = span.end;
            }
        }
    }
}
