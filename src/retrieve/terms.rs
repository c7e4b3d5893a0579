//! Words as they are looked up: folded to lower case without marks, and without their endings.
//!
//! Marks go before the endings do, so that `livrării`, `livrarii` and `livrările` are one: customers seldom type
//! diacritics, and the Romanian rules keep what carries no mark.

use std::collections::HashMap;

use snowball_stemmers_rs::{Algorithm, Stemmer};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;
use unicode_segmentation::UnicodeSegmentation;

/// What endings the words of a language have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Endings(Option<u8>);

/// Languages with known endings, by their code.
const KNOWN: &[(&str, Algorithm)] = &[
    ("ca", Algorithm::Catalan),
    ("cs", Algorithm::Czech),
    ("da", Algorithm::Danish),
    ("de", Algorithm::German),
    ("en", Algorithm::English),
    ("es", Algorithm::Spanish),
    ("fi", Algorithm::Finnish),
    ("fr", Algorithm::French),
    ("hu", Algorithm::Hungarian),
    ("it", Algorithm::Italian),
    ("nb", Algorithm::Norwegian),
    ("nl", Algorithm::Dutch),
    ("no", Algorithm::Norwegian),
    ("pl", Algorithm::Polish),
    ("pt", Algorithm::Portuguese),
    ("ro", Algorithm::Romanian),
    ("ru", Algorithm::Russian),
    ("sv", Algorithm::Swedish),
    ("tr", Algorithm::Turkish),
    ("uk", Algorithm::Ukrainian),
];

impl Endings {
    /// Those of the language of a BCP 47 tag; of another language none.
    pub(super) fn of(lang: &str) -> Self {
        let code = lang.split(['-', '_']).next().unwrap_or_default().to_ascii_lowercase();
        Self(KNOWN.iter().position(|(known, _)| *known == code).map(|at| at as u8))
    }

    /// A folded word without its ending.
    fn strip(self, word: &str) -> String {
        match self.0.and_then(|at| KNOWN.get(usize::from(at))) {
            Some((_, algorithm)) => Stemmer::create(*algorithm).stem(word).into_owned(),
            None => word.to_owned(),
        }
    }
}

/// Lower case and without marks.
pub(super) fn fold(word: &str) -> String {
    if word.is_ascii() {
        return word.to_ascii_lowercase();
    }
    word.to_lowercase().nfd().filter(|c| !is_combining_mark(*c)).collect()
}

/// The words of a text, folded.
pub(super) fn words(text: &str) -> impl Iterator<Item = String> {
    text.unicode_words().map(fold)
}

/// Finds the terms of texts, remembering the words that it has seen.
#[derive(Default)]
pub(super) struct Terms(HashMap<Endings, HashMap<String, String>>);

impl Terms {
    /// The terms of a text in their order.
    pub(super) fn of(&mut self, text: &str, endings: Endings) -> Vec<String> {
        words(text).map(|word| self.term(&word, endings)).collect()
    }

    /// The term of a folded word.
    pub(super) fn term(&mut self, word: &str, endings: Endings) -> String {
        let known = self.0.entry(endings).or_default();
        if let Some(term) = known.get(word) {
            return term.clone();
        }
        let term = endings.strip(word);
        known.insert(word.to_owned(), term.clone());
        term
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terms(lang: &str, text: &str) -> Vec<String> {
        Terms::default().of(text, Endings::of(lang))
    }

    #[test]
    fn forms_of_a_word_are_one_term() {
        for (lang, forms) in [
            ("en", "return returned Returning RETURNS"),
            ("en-GB", "delivery deliveries"),
            ("ro", "livrării livrarii livrările LIVRARILE"),
            ("ro", "plată plăți plata plăților platilor"),
            ("ro-RO", "factura facturii facturile"),
            ("de", "Rückgabe Rückgaben ruckgabe"),
        ] {
            let found = terms(lang, forms);
            assert!(found.windows(2).all(|pair| pair[0] == pair[1]), "{lang}: {found:?}");
        }
    }

    #[test]
    fn other_languages_keep_their_endings_and_lose_their_marks() {
        assert_eq!(
            terms("und", "Returns ȘI livrării 2.5 E-104"),
            ["returns", "si", "livrarii", "2.5", "e", "104"]
        );
        assert_eq!(terms("zz", "Returns"), ["returns"]);
        assert!(terms("en", " …! ").is_empty());
    }
}
