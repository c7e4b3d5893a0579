//! Runs of three letters: what two spellings of a name share when no whole word does.

use crate::score::reading::{Reading, Token, WordSet};

/// The different trigrams of a text's stems, one blank between words.
#[derive(Debug, Clone, Default)]
pub(in crate::score) struct Trigrams(WordSet);

impl Trigrams {
    pub(in crate::score) fn of(reading: &Reading) -> Self {
        Self(each(reading, &reading.tokens).collect())
    }

    /// The share of a text's trigrams that are among these, those of `known` left aside; `None` where
    /// nothing is left.
    pub(in crate::score) fn share(&self, of: &Self, known: &Self) -> Option<f64> {
        let (mut asked, mut found) = (0_usize, 0_usize);
        for three in of.0.iter().filter(|three| !known.0.contains(three)) {
            asked += 1;
            found += usize::from(self.0.contains(three));
        }
        (asked > 0).then(|| found as f64 / asked as f64)
    }
}

/// Bytes in threes, each as a number that is spread over all bits.
fn each<'a>(reading: &'a Reading, tokens: &'a [Token]) -> impl Iterator<Item = u64> + 'a {
    let blank = std::iter::once(b' ');
    let line =
        blank.clone().chain(tokens.iter().flat_map(move |t| reading.stem(t).bytes().chain(blank.clone())));
    let mut window = 0_u64;
    let rolled = line.map(move |byte| {
        window = (window << 8 | u64::from(byte)) & 0xff_ffff;
        window
    });
    rolled.skip(2).map(|three| three.wrapping_mul(0x9e37_79b9_7f4a_7c15))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn share(golden: &str, answer: &str, question: &str) -> Option<f64> {
        let of = |text| Trigrams::of(&Reading::new(text));
        of(answer).share(&of(golden), &of(question))
    }

    #[test]
    fn names_that_are_spelt_alike_share_trigrams() {
        assert_eq!(share("ab", "ab", ""), Some(1.0));
        assert!(share("Shostakovitch", "Shostakovich", "").unwrap() > 0.6);
        assert!(share("Uruguay", "France", "").unwrap() < 0.1);
    }

    #[test]
    fn what_the_question_says_is_left_aside() {
        assert_eq!(
            share("the river Thames", "the river Severn", "Which river?").map(|s| s < 0.6),
            Some(true)
        );
        assert_eq!(share("river", "river", "river"), None);
        assert_eq!(share("", "", ""), None);
    }
}
