//! Words and their inflected forms, English and Romanian, without a dictionary.
//!
//! Words are folded: lower case, without Romanian diacritics. An inflected form shares the beginning and
//! ends in one of a closed list of endings, so that `abonamentului` is `abonament` and `platforma` is not
//! `plata`. A change inside the word (`comandă`, `comenzi`; `buy`, `bought`) is not seen.

/// Endings of nouns, adjectives and regular verbs.
const ENDINGS: &[&str] = &[
    "s", "es", "'s", "ed", "d", "ing", "er", "ers", "ul", "ului", "uri", "urile", "urilor", "a", "ei", "e",
    "ele", "elor", "i", "ii", "iile", "iilor", "ilor", "ile", "le", "lor", "lui", "ea", "ia", "iei", "ie",
    "u",
];
/// Endings that a short word may take and still be itself.
const SAFE: &[&str] = &["s", "es", "'s", "ul", "ului", "uri", "urile", "urilor", "ilor", "lor"];
/// Letters from which a word is long enough for every ending.
const LONG: usize = 5;
/// Letters that must be left of a word.
const STEM: usize = 4;

/// Whether a word is a form of a term's word.
pub(super) fn inflected(term: &str, word: &str) -> bool {
    if term == word {
        return true;
    }
    if let Some(ending) = word.strip_prefix(term)
        && (SAFE.contains(&ending) || (term.len() >= LONG && ENDINGS.contains(&ending)))
    {
        return true;
    }
    term.len() >= LONG
        && ENDINGS.iter().any(|ending| {
            let stem = term.strip_suffix(ending).filter(|s| s.len() >= STEM);
            let rest = stem.and_then(|s| word.strip_prefix(s));
            rest.is_some_and(|rest| rest.is_empty() || ENDINGS.contains(&rest))
        })
}

/// A word without its longest ending.
pub(super) fn stem(word: &str) -> &str {
    let stems = ENDINGS.iter().filter_map(|ending| word.strip_suffix(ending));
    stems.filter(|s| s.len() >= STEM).min_by_key(|s| s.len()).unwrap_or(word)
}

/// Words that say nothing about the matter, folded, in order.
const EMPTY: &[&str] = &[
    "about",
    "acea",
    "aceasta",
    "acest",
    "acesta",
    "aceste",
    "after",
    "again",
    "all",
    "also",
    "am",
    "and",
    "any",
    "are",
    "avem",
    "aveti",
    "because",
    "been",
    "before",
    "being",
    "but",
    "call",
    "can",
    "can't",
    "cand",
    "cannot",
    "care",
    "catre",
    "could",
    "cum",
    "daca",
    "dar",
    "dear",
    "despre",
    "din",
    "doar",
    "does",
    "doesn't",
    "doing",
    "don't",
    "done",
    "dumneavoastra",
    "este",
    "even",
    "fara",
    "fi",
    "for",
    "fost",
    "from",
    "get",
    "going",
    "had",
    "has",
    "have",
    "haven't",
    "help",
    "here",
    "how",
    "however",
    "iar",
    "in",
    "instead",
    "into",
    "it",
    "it's",
    "just",
    "let",
    "like",
    "mai",
    "may",
    "mea",
    "meu",
    "more",
    "much",
    "need",
    "not",
    "now",
    "numai",
    "of",
    "one",
    "only",
    "or",
    "other",
    "our",
    "pana",
    "pentru",
    "please",
    "poate",
    "pot",
    "poti",
    "prin",
    "putem",
    "puteti",
    "rog",
    "sau",
    "schimb",
    "should",
    "some",
    "sorry",
    "still",
    "sunt",
    "than",
    "thank",
    "thanks",
    "that",
    "the",
    "their",
    "them",
    "then",
    "there",
    "these",
    "they",
    "this",
    "those",
    "through",
    "time",
    "to",
    "toate",
    "try",
    "una",
    "unei",
    "unfortunately",
    "unor",
    "unui",
    "very",
    "want",
    "was",
    "were",
    "what",
    "when",
    "where",
    "which",
    "while",
    "who",
    "why",
    "will",
    "with",
    "without",
    "would",
    "you",
    "you're",
    "your",
];

/// Whether a folded word may say what a text is about.
pub(super) fn is_content(word: &str) -> bool {
    word.chars().nth(2).is_some() && EMPTY.binary_search(&word).is_err()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_of_a_word() {
        for (term, word) in [
            ("label", "labels"),
            ("return", "returned"),
            ("bike", "bikes"),
            ("abonament", "abonamentului"),
            ("abonamentul", "abonamentele"),
            ("bicicleta", "bicicletelor"),
            ("plata", "platile"),
            ("pas", "pasului"),
            ("customer", "customer's"),
        ] {
            assert!(inflected(term, word), "{term} {word}");
        }
        for (term, word) in [
            ("plata", "platforma"),
            ("car", "care"),
            ("care", "car"),
            ("bus", "business"),
            ("cost", "costume"),
            ("", "s"),
            ("return", "re"),
        ] {
            assert!(!inflected(term, word) || term.is_empty(), "{term} {word}");
        }
    }

    #[test]
    fn stems_of_forms_are_one() {
        for forms in [["charger", "chargers"], ["abonamentul", "abonamentelor"], ["cancel", "cancels"]] {
            assert_eq!(stem(forms[0]), stem(forms[1]), "{forms:?}");
        }
        assert_eq!(stem("bus"), "bus");
    }

    #[test]
    fn empty_words_are_in_order() {
        assert!(EMPTY.is_sorted(), "{:?}", EMPTY.windows(2).find(|w| w[0] > w[1]));
        assert!(is_content("battery") && !is_content("the") && !is_content("ro") && !is_content("daca"));
    }
}
