//! How far the words of a sentence are said by sources, in their setting.
//!
//! A word counts in full where a neighbour stands by it in a source too, and two thirds where a
//! source has it alone: between word precision, which every long passage satisfies, and bigram precision,
//! which every rewording breaks.

use crate::score::knowledge::backing::Source;
use crate::score::reading::{NEIGHBOURS, Reading, Sentence, Token, WordId};

/// What a word counts that a source has, but not beside any of its neighbours.
const ALONE: f64 = 2.0 / 3.0;

/// How far a sentence is supported.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::score) struct Support {
    /// 0..=1: the weighted share of its words.
    pub(in crate::score) share: f64,
    /// What its words weigh together.
    pub(in crate::score) weight: f64,
    /// Whether it has a number that no source has, in figures or in words.
    pub(in crate::score) strange_number: bool,
    /// The source that supports most of it.
    pub(in crate::score) source: Option<usize>,
}

/// How far a sentence is supported by sources together, each word by the source that supports it most.
///
/// `settled` says of some words whether they are supported, whatever the sources' words are.
pub(in crate::score) fn support(
    reading: &Reading,
    sentence: &Sentence,
    sources: &[Source<'_>],
    settled: impl Fn(&Token) -> Option<bool>,
) -> Support {
    let tokens = reading.of(sentence);
    let weights: Vec<f64> = tokens.iter().map(Token::weight).collect();
    let mut credits = vec![0.0_f64; tokens.len()];
    let mut most: Option<(f64, usize)> = None;
    for (at, source) in sources.iter().enumerate() {
        let index = &source.known.index;
        let found: Vec<Option<WordId>> = tokens.iter().map(|t| index.find(reading, t)).collect();
        let mut own = 0.0;
        for (i, word) in found.iter().enumerate() {
            let Some(word) = word else { continue };
            let near = |j: usize| found.get(j).copied().flatten();
            let beside = (1..=NEIGHBOURS).any(|d| {
                i.checked_sub(d).and_then(near).is_some_and(|before| index.stand_together(before, *word))
                    || near(i + d).is_some_and(|after| index.stand_together(*word, after))
            });
            let credit = if beside { 1.0 } else { ALONE };
            own += credit * weights[i];
            credits[i] = credits[i].max(credit);
        }
        if own > most.map_or(0.0, |(share, _)| share) {
            most = Some((own, at));
        }
    }
    let mut strange_number = false;
    for (at, (credit, token)) in credits.iter_mut().zip(tokens).enumerate() {
        // A number that opens a sentence may only count it.
        strange_number |= at > 0 && token.sense.is_number() && *credit <= 0.0 && settled(token) != Some(true);
        *credit = settled(token).map_or(*credit, |supported| f64::from(u8::from(supported)));
    }
    let weight: f64 = weights.iter().sum();
    let got: f64 = weights.iter().zip(&credits).map(|(w, c)| w * c).sum();
    let share = if weight > 0.0 { (got / weight).min(1.0) } else { 0.0 };
    Support { share, weight, strange_number, source: most.map(|(_, at)| at) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn share(answer: &str, source: &str) -> f64 {
        let sources: Vec<Source<'_>> = Source::said("somebody", source).into_iter().collect();
        let reading = Reading::new(answer);
        support(&reading, &reading.sentences[0], &sources, |_| None).share
    }

    #[test]
    fn a_copy_is_supported_in_full_and_a_stranger_not() {
        let text = "You can return the bike within 30 days.";
        assert!((share(text, text) - 1.0).abs() < 1e-9);
        assert!(share("Batteries explode.", text) < 1e-9);
        assert!(share("Batteries explode.", "") < 1e-9);
    }

    #[test]
    fn words_in_their_setting_count_more_than_words_alone() {
        let source = "The return label costs five euro. The bike has a battery and a bell.";
        let (setting, scattered) =
            (share("A return label costs five euro.", source), share("Battery costs label bell.", source));
        assert!(setting > 0.9, "{setting}");
        assert!((0.4..0.7).contains(&scattered), "{scattered}");
    }

    #[test]
    fn numbers_that_no_source_has_are_strange() {
        let strange = |answer: &str| {
            let sources: Vec<Source<'_>> =
                Source::said("somebody", "It has two stops.").into_iter().collect();
            let reading = Reading::new(answer);
            support(&reading, &reading.sentences[0], &sources, |_| None).strange_number
        };
        assert!(strange("It has three stops.") && strange("It has 4 stops."));
        assert!(!strange("It has 2 stops.") && !strange("3. Tap stop.") && !strange("It has one."));
    }

    #[test]
    fn what_is_settled_stays_settled() {
        let reading = Reading::new("alpha beta");
        let settled = |t: &Token| Some(t.span.start == 0);
        assert!((support(&reading, &reading.sentences[0], &[], settled).share - 0.5).abs() < 1e-9);
    }

    #[test]
    fn forms_of_a_word_support_it() {
        assert!(share("Returnați bicicletele.", "Returnarea bicicletei durează.") > 0.9);
    }
}
