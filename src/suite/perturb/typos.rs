//! Slips of the fingers: a neighbouring key, two letters changed over, one left out or struck twice.

use super::pieces::{is_mark, words};
use super::{Perturber, Question};
use crate::stats::Random;

/// Row of the table.
pub(super) const KIND: Perturber = Perturber {
    name: "typos",
    summary: "slips of the fingers: neighbouring keys, letters changed over, left out or struck twice",
    has_words: false,
    apply,
};

/// Shorter words are left alone: a slip could turn `not` into `now`.
const SHORTEST: usize = 5;

/// A slip in about every so many words, and at least one.
const EVERY: usize = 5;

/// Most slips of one question.
const MOST: usize = 6;

/// Rows of a QWERTY keyboard; neighbours stand beside each other.
const ROWS: [&str; 3] = ["qwertyuiop", "asdfghjkl", "zxcvbnm"];

fn apply(question: &Question<'_>, rng: &mut Random) -> Option<String> {
    let pieces: Vec<_> = question.pieces.iter().collect();
    let cut: Vec<Vec<(&str, bool)>> =
        pieces.iter().map(|p| if p.free { words(p.text) } else { vec![(p.text, false)] }).collect();
    let mut targets: Vec<(usize, usize)> = Vec::new();
    for (i, words) in cut.iter().enumerate() {
        let long = words.iter().enumerate().filter(|(_, (text, word))| *word && is_long(text));
        targets.extend(long.map(|(j, _)| (i, j)));
    }
    let slips = (targets.len() / EVERY).clamp(usize::from(!targets.is_empty()), MOST);
    // Of the words that could slip, some that lie apart.
    let mut chosen: Vec<(usize, usize)> = Vec::new();
    for n in 0..slips {
        let (from, to) = (targets.len() * n / slips, targets.len() * (n + 1) / slips);
        chosen.push(targets[from + rng.below(to - from)]);
    }
    let mut text = String::new();
    for (i, words) in cut.iter().enumerate() {
        for (j, (word, _)) in words.iter().enumerate() {
            if chosen.contains(&(i, j)) {
                text.push_str(&slip(word, rng));
            } else {
                text.push_str(word);
            }
        }
    }
    (slips > 0).then_some(text)
}

fn is_long(word: &str) -> bool {
    word.chars().filter(|c| c.is_alphabetic()).count() >= SHORTEST && !word.chars().any(is_mark)
}

/// One slip inside of a word: its first and last letter stay, so that it can still be read.
fn slip(word: &str, rng: &mut Random) -> String {
    let mut letters: Vec<char> = word.chars().collect();
    let inside: Vec<usize> = (1..letters.len() - 1).filter(|at| letters[*at].is_alphabetic()).collect();
    let Some(at) = rng.one(&inside).copied() else { return word.to_owned() };
    let before = at - 1;
    match rng.below(4) {
        0 if before > 0 && letters[before].is_alphabetic() && letters[before] != letters[at] => {
            letters.swap(before, at);
        }
        1 => _ = letters.remove(at),
        2 => letters.insert(at, letters[at]),
        _ => match neighbour(letters[at], rng) {
            Some(other) => letters[at] = other,
            None => letters.insert(at, letters[at]),
        },
    }
    letters.into_iter().collect()
}

/// A key beside this one, in the same case; `None` for a letter that the keyboard does not have.
fn neighbour(letter: char, rng: &mut Random) -> Option<char> {
    let small = letter.to_ascii_lowercase();
    let row: Vec<char> = ROWS.iter().find(|row| row.contains(small))?.chars().collect();
    let at = row.iter().position(|c| *c == small)?;
    let beside: Vec<char> =
        [at.checked_sub(1), Some(at + 1)].into_iter().flatten().filter_map(|i| row.get(i)).copied().collect();
    let other = *rng.one(&beside)?;
    Some(if letter.is_ascii_uppercase() { other.to_ascii_uppercase() } else { other })
}

#[cfg(test)]
mod tests {
    use super::super::{Options, find};
    use super::*;

    #[test]
    fn short_words_and_the_edges_of_words_stay() {
        let typos = find("typos").unwrap();
        assert_eq!(typos.wording(("May I not do it now?", &[]), "en", &Options::default()), None);
        for seed in 0..200 {
            let options = Options { seed, ..Options::default() };
            let found = typos.wording(("bicicleta", &[]), "ro", &options).unwrap().text;
            assert!(found.starts_with('b') && found.ends_with('a') && found != "bicicleta", "{found}");
        }
    }

    #[test]
    fn neighbours_lie_beside_each_other() {
        let mut rng = Random::new(1);
        let beside: Vec<char> = (0..50).filter_map(|_| neighbour('s', &mut rng)).collect();
        assert!(beside.iter().all(|c| "ad".contains(*c)) && beside.contains(&'a') && beside.contains(&'d'));
        assert_eq!(neighbour('ș', &mut rng), None);
        assert_eq!(neighbour('Q', &mut rng), Some('W'));
    }
}
