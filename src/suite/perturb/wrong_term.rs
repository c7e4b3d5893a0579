//! A wrong word for a thing, out of the user's own list: customers do not know the product's terms.

use super::pieces::words;
use super::{Perturber, Question};
use crate::stats::Random;

/// Row of the table.
pub(super) const KIND: Perturber = Perturber {
    name: "wrong-term",
    summary: "the product's terms replaced by the wrong ones of `perturbation.terms`",
    has_words: false,
    apply,
};

fn apply(question: &Question<'_>, _: &mut Random) -> Option<String> {
    let terms: Vec<(Vec<String>, &str)> = question
        .options
        .terms
        .iter()
        .map(|(right, wrong)| (term(right), wrong.as_str()))
        .filter(|(right, _)| !right.is_empty())
        .collect();
    (!terms.is_empty()).then(|| question.pieces.map(|text| replace(text, &terms)))
}

/// The words of a term, in small letters.
fn term(text: &str) -> Vec<String> {
    words(text).into_iter().filter(|(_, word)| *word).map(|(word, _)| word.to_lowercase()).collect()
}

fn replace(text: &str, terms: &[(Vec<String>, &str)]) -> String {
    let cut = words(text);
    let small: Vec<String> = cut.iter().map(|(text, _)| text.to_lowercase()).collect();
    let mut out = String::new();
    let mut at = 0;
    while at < cut.len() {
        // Words of a term stand at every second place, with one blank between.
        let found = terms
            .iter()
            .filter(|(right, _)| cut[at].1 && stands(right, &small[at..]))
            .max_by_key(|(r, _)| r.len());
        if let Some((right, wrong)) = found {
            out.push_str(&like(cut[at].0, wrong));
            at += right.len() * 2 - 1;
        } else {
            out.push_str(cut[at].0);
            at += 1;
        }
    }
    out
}

fn stands(right: &[String], small: &[String]) -> bool {
    right.iter().enumerate().all(|(n, word)| {
        let gap = n == 0 || small.get(2 * n - 1).is_some_and(|gap| gap == " ");
        gap && small.get(2 * n) == Some(word)
    })
}

/// The wrong term with a capital where the right one had one.
fn like(right: &str, wrong: &str) -> String {
    let mut letters = wrong.chars();
    match letters.next() {
        Some(first) if right.starts_with(char::is_uppercase) => first.to_uppercase().chain(letters).collect(),
        _ => wrong.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Options, find};

    #[test]
    fn whole_words_change_and_keep_their_capital() {
        let terms = [("battery", "accu"), ("battery pack", "power box"), ("roată", "cauciuc")];
        let terms = terms.map(|(a, b)| (a.to_owned(), b.to_owned())).to_vec();
        let options = Options { terms, ..Options::default() };
        let wording =
            |text: &str| find("wrong-term").unwrap().wording((text, &[]), "en", &options).map(|p| p.text);
        assert_eq!(
            wording("Battery empty? My battery pack, the \u{201c}Battery Plus\u{201d}.").as_deref(),
            Some("Accu empty? My power box, the \u{201c}Battery Plus\u{201d}.")
        );
        assert_eq!(wording("Ce roată?").as_deref(), Some("Ce cauciuc?"));
        assert_eq!(wording("My batteryless bike"), None);
    }
}
