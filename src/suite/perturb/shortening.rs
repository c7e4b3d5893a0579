//! The question as it is typed into a search field: without the words that carry nothing.
//!
//! Question words, negations and prepositions stay: `to`, `from`, `without` decide what is asked.

use super::pieces::words;
use super::{Perturber, Question};
use crate::stats::Random;

/// Row of the table.
pub(super) const KIND: Perturber = Perturber {
    name: "shortening",
    summary: "the question as a few keywords, as into a search field",
    has_words: true,
    apply,
};

/// Fewer words than these are no question any more.
const FEWEST: usize = 2;

const ENGLISH: &[&str] = &[
    "a", "an", "the", "i", "i'm", "i've", "i'd", "me", "my", "mine", "we", "us", "our", "you", "your", "it",
    "its", "this", "that", "these", "those", "is", "are", "am", "was", "were", "be", "been", "do", "does",
    "did", "have", "has", "had", "can", "could", "will", "would", "should", "may", "might", "please",
    "hello", "hi", "hey", "and", "so", "just", "there", "some", "any", "tell", "know", "want", "like", "of",
];

const ROMANIAN: &[&str] = &[
    "un",
    "o",
    "niște",
    "al",
    "a",
    "ai",
    "ale",
    "eu",
    "mie",
    "mi",
    "îmi",
    "imi",
    "mea",
    "meu",
    "mei",
    "mele",
    "noi",
    "ne",
    "nostru",
    "noastră",
    "noastra",
    "dumneavoastră",
    "dumneavoastra",
    "vă",
    "va",
    "îl",
    "il",
    "se",
    "este",
    "e",
    "sunt",
    "era",
    "am",
    "are",
    "aș",
    "as",
    "ar",
    "pot",
    "poate",
    "puteți",
    "puteti",
    "vreau",
    "doresc",
    "să",
    "sa",
    "că",
    "ca",
    "și",
    "si",
    "rog",
    "bună",
    "buna",
    "ziua",
    "salut",
    "acest",
    "această",
    "aceasta",
    "deci",
    "doar",
    "spuneți",
    "spuneti",
];

fn apply(question: &Question<'_>, _: &mut Random) -> Option<String> {
    let empty = question.tongue?.pick(ENGLISH, ROMANIAN);
    let mut said: Vec<String> = Vec::new();
    let mut left_out = 0;
    for piece in question.pieces.iter() {
        if !piece.free {
            said.push(piece.text.to_owned());
            continue;
        }
        for (word, _) in words(piece.text).into_iter().filter(|(_, word)| *word) {
            let plain = word.to_lowercase().replace('’', "'");
            let plain = plain.trim_matches(['-', '\'']);
            if plain.is_empty() || empty.contains(&plain) {
                left_out += 1;
            } else {
                said.push(word.to_lowercase());
            }
        }
    }
    (left_out > 0 && said.len() >= FEWEST).then(|| said.join(" "))
}

#[cfg(test)]
mod tests {
    use super::super::{Options, find};

    #[test]
    fn what_decides_the_question_stays() {
        let short = |text: &str, lang: &str| {
            find("shortening").unwrap().wording((text, &[]), lang, &Options::default()).map(|p| p.text)
        };
        assert_eq!(
            short("How long do I have to send it back without the box?", "en").as_deref(),
            Some("how long to send back without box")
        );
        assert_eq!(
            short("Nu pot să returnez bicicleta mea fără factură?", "ro").as_deref(),
            Some("nu returnez bicicleta fără factură")
        );
        assert_eq!(short("Return window", "en"), None);
        assert_eq!(short("Is it?", "en"), None);
    }
}
