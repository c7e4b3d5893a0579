//! METEOR: words in common, with a penalty for words in another order.
//!
//! Lavie and Agarwal, "METEOR: An Automatic Metric for MT Evaluation with High Levels of Correlation
//! with Human Judgments" (WMT 2007), aligned and weighted as in NLTK (α 0.9, β 3, γ 0.5). Words match
//! if they are equal, then if their English stems are; synonyms need WordNet, which is not built in,
//! so none match. A word that could match several takes the last one left, as in NLTK, which need not
//! give the fewest chunks.

use crate::score::reference::similarity::porter;
use crate::score::reference::similarity::tokens::{Numbering, Pair, Tokenizer, blank_separated};
use crate::score::words::Words;

const ALPHA: f64 = 0.9;
const BETA: i32 = 3;
const GAMMA: f64 = 0.5;

/// METEOR of an answer against one reference, from 0 to 1.
///
/// With [`Tokenizer::Parity`] words are what stands between blanks, in lower case.
pub fn sentence(answer: &str, reference: &str, tokenizer: Tokenizer, stem: bool) -> f64 {
    match tokenizer {
        Tokenizer::Parity => {
            let [answer, reference] = [answer, reference].map(str::to_lowercase);
            score(
                &blank_separated(&answer).collect::<Vec<_>>(),
                &blank_separated(&reference).collect::<Vec<_>>(),
                stem,
            )
        }
        Tokenizer::Unicode => {
            let [answer, reference] = [answer, reference].map(Words::new);
            score(&answer.iter().collect::<Vec<_>>(), &reference.iter().collect::<Vec<_>>(), stem)
        }
    }
}

fn score(answer: &[&str], reference: &[&str], stem: bool) -> f64 {
    let mut alignment = Alignment { to: vec![None; answer.len()], taken: vec![false; reference.len()] };
    let pair = Pair::new(answer.iter().copied(), reference.iter().copied());
    alignment.add(&pair);
    if stem {
        let open_answer: Vec<usize> = (0..answer.len()).filter(|at| alignment.to[*at].is_none()).collect();
        let open_reference: Vec<usize> = (0..reference.len()).filter(|at| !alignment.taken[*at]).collect();
        if !open_answer.is_empty() && !open_reference.is_empty() {
            alignment.add_stems((answer, &open_answer), (reference, &open_reference));
        }
    }
    let pairs = alignment.to.iter().flatten().count();
    if pairs == 0 {
        return 0.0;
    }
    let matches = pairs as f64;
    let (precision, recall) = (matches / answer.len() as f64, matches / reference.len() as f64);
    let mean = precision * recall / (ALPHA * precision + (1.0 - ALPHA) * recall);
    let penalty = GAMMA * (alignment.chunks() as f64 / matches).powi(BETA);
    (1.0 - penalty) * mean
}

/// Which word of the reference each word of the answer stands for.
struct Alignment {
    to: Vec<Option<usize>>,
    taken: Vec<bool>,
}

impl Alignment {
    /// From its end on, each word of the answer takes the last equal word of the reference that is left.
    fn add(&mut self, pair: &Pair) {
        let mut places = places(&pair.reference, pair.different);
        for (at, token) in pair.answer.iter().enumerate().rev() {
            if let Some(found) = places[*token as usize].pop() {
                self.to[at] = Some(found);
                self.taken[found] = true;
            }
        }
    }

    /// The same for the stems of the words that are left.
    fn add_stems(
        &mut self,
        (answer, open_answer): (&[&str], &[usize]),
        (reference, open_reference): (&[&str], &[usize]),
    ) {
        let stems = |words: &[&str], open: &[usize]| -> Vec<String> {
            open.iter().map(|at| porter::stem(words[*at])).collect()
        };
        let (answer, reference) = (stems(answer, open_answer), stems(reference, open_reference));
        let mut numbering = Numbering::with_capacity(answer.len() + reference.len());
        let answer = numbering.of(answer.iter().map(String::as_str));
        let reference = numbering.of(reference.iter().map(String::as_str));
        let mut places = places(&reference, numbering.different());
        for (at, token) in answer.iter().enumerate().rev() {
            if let Some(found) = places[*token as usize].pop() {
                self.to[open_answer[at]] = Some(open_reference[found]);
            }
        }
    }

    /// Runs of words that stand side by side in both texts.
    fn chunks(&self) -> usize {
        let goes_on = |pair: &[Option<usize>]| matches!(pair, [Some(one), Some(next)] if one + 1 == *next);
        self.to.iter().flatten().count() - self.to.windows(2).filter(|pair| goes_on(pair)).count()
    }
}

/// For each token where it stands, in order.
fn places(tokens: &[u32], different: usize) -> Vec<Vec<usize>> {
    let mut places = vec![Vec::new(); different];
    for (at, token) in tokens.iter().enumerate() {
        places[*token as usize].push(at);
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meteor(answer: &str, reference: &str) -> f64 {
        sentence(answer, reference, Tokenizer::Parity, true)
    }

    #[test]
    fn the_example_of_nltk_without_synonyms() {
        let answer =
            "It is a guide to action which ensures that the military always obeys the commands of the party";
        let reference =
            "It is a guide to action that ensures that the military will forever heed Party commands";
        assert!((meteor(answer, reference) - 0.694_4).abs() < 5e-5, "{}", meteor(answer, reference));
    }

    #[test]
    fn order_costs_and_stems_match() {
        assert!(meteor("a b c d", "a b c d") > meteor("d c b a", "a b c d"));
        assert!(meteor("orders", "ordered") > 0.4);
        assert_eq!(sentence("orders", "ordered", Tokenizer::Parity, false).to_bits(), 0);
        assert!(sentence("Știți.", "stiti", Tokenizer::Unicode, false) > 0.4);
    }

    #[test]
    fn nothing_in_common_with_nothing() {
        for (answer, reference) in [("", ""), ("a", ""), ("", "a"), ("a", "b")] {
            assert_eq!(meteor(answer, reference).to_bits(), 0);
        }
    }

    #[test]
    fn long_texts_end_soon() {
        let found = meteor(&"ab cd ".repeat(20_000), &"cd ab ".repeat(20_000));
        assert!(found > 0.4 && found <= 1.0);
    }
}
