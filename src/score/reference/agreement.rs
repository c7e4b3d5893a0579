//! How far an answer says what an accepted answer says.

use std::rc::Rc;
use std::sync::Arc;

use crate::score::knowledge::backing::Answer;
use crate::score::reading::{Reading, Token, Trigrams, WordId, WordSet};
use crate::score::reference::case_text::CaseText;

/// What a word weighs that the question says already.
const ASKED: f64 = 0.25;
/// What the parts of an agreement weigh: words said, answer used, spelling.
const SAID: f64 = 0.7;
const USED: f64 = 0.1;
const SPELT: f64 = 0.2;
/// An answer that says only a part of the accepted one counts this much of what it says.
const PART: f64 = 0.8;
/// Words of an accepted answer that are looked for in other forms and spellings.
const MOST_TRIED: usize = 512;
/// Letters of an accepted answer that may be looked for without its blanks.
const SQUEEZED: usize = 5;
/// What `super man` counts for `superman`.
const SQUEEZED_SHARE: f64 = 0.95;

/// An answer and its question, ready to be held against accepted answers.
pub(in crate::score) struct Given {
    pub(in crate::score) answer: Rc<Answer>,
    pub(in crate::score) question: Arc<CaseText>,
    /// Its words in order.
    pub(in crate::score) ids: Vec<WordId>,
    trigrams: Trigrams,
    squeezed: Squeezed,
}

impl Given {
    pub(in crate::score) fn new(answer: &str, question: &str) -> Self {
        let answer = Answer::of(answer);
        Self {
            ids: answer.reading().tokens.iter().map(|token| token.id).collect(),
            trigrams: Trigrams::of(answer.reading()),
            squeezed: Squeezed::of(answer.reading()),
            question: CaseText::of(question),
            answer,
        }
    }

    /// Whether a word is news: content that the question did not say.
    fn is_news(&self, token: &Token) -> bool {
        token.is_content() && !self.question.words.contains(&token.id)
    }
}

/// All stems of a text without blanks.
struct Squeezed {
    line: String,
    /// Bytes at which a stem starts or ends, in order.
    bounds: Vec<usize>,
}

impl Squeezed {
    fn of(reading: &Reading) -> Self {
        let mut line = String::new();
        let mut bounds = vec![0];
        for token in &reading.tokens {
            line.push_str(reading.stem(token));
            bounds.push(line.len());
        }
        Self { line, bounds }
    }

    /// Whether some whole words, written together, are these: `super man` and `superman`.
    fn has(&self, other: &str) -> bool {
        let bound = |at: usize| self.bounds.binary_search(&at).is_ok();
        self.line.match_indices(other).any(|(at, found)| bound(at) && bound(at + found.len()))
    }
}

/// How far an answer agrees with one accepted answer; each figure 0..=1.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(in crate::score) struct Agreement {
    /// Share of the accepted answer that is said, words of the question and small words counting less.
    pub(in crate::score) said: f64,
    /// Share of the answer's news that the accepted answer has.
    pub(in crate::score) used: f64,
    /// Share of the accepted answer's letters in threes.
    pub(in crate::score) spelt: f64,
}

impl Agreement {
    /// The same words in the same order.
    pub(in crate::score) const FULL: Self = Self { said: 1.0, used: 1.0, spelt: 1.0 };

    pub(in crate::score) fn of(golden: &CaseText, given: &Given) -> Self {
        if golden.ids == given.ids {
            return Self::FULL;
        }
        let (said, matched) = said(&golden.reading, given);
        let used = used(given, &matched).unwrap_or(said);
        let spelt = given.trigrams.share(&golden.trigrams, &given.question.trigrams).unwrap_or(said);
        Self { said, used, spelt }
    }

    pub(in crate::score) fn value(self) -> f64 {
        (SAID * self.said.max(PART * self.used) + USED * self.used + SPELT * self.spelt).clamp(0.0, 1.0)
    }
}

/// The weighted share of the golden's words that the answer has, and which words of the answer they are.
fn said(golden: &Reading, given: &Given) -> (f64, WordSet) {
    let content = golden.tokens.iter().any(Token::is_content);
    let (mut total, mut got) = (0.0, 0.0);
    let mut matched = WordSet::default();
    let mut tried = 0;
    for token in &golden.tokens {
        let weight = match () {
            () if !content => 1.0,
            () if token.is_content() && given.question.words.contains(&token.id) => ASKED,
            () => token.weight(),
        };
        total += weight;
        if !given.answer.index.places(token.id).is_empty() {
            got += weight;
            matched.insert(token.id);
        } else if token.is_content() && tried < MOST_TRIED {
            tried += 1;
            if let Some((id, near)) = given.answer.index.vocabulary.nearest(golden.stem(token)) {
                got += weight * near;
                matched.insert(id);
            }
        }
    }
    let share = if total > 0.0 { (got / total).min(1.0) } else { 0.0 };
    if share < SQUEEZED_SHARE {
        let Squeezed { line, .. } = Squeezed::of(golden);
        if line.chars().count() >= SQUEEZED && given.squeezed.has(&line) {
            return (SQUEEZED_SHARE, matched);
        }
    }
    (share, matched)
}

/// The share of the answer's news that is matched; `None` where it has none.
fn used(given: &Given, matched: &WordSet) -> Option<f64> {
    let (mut news, mut found) = (0_usize, 0_usize);
    for token in given.answer.index.reading.tokens.iter().filter(|t| given.is_news(t)) {
        news += 1;
        found += usize::from(matched.contains(&token.id));
    }
    (news > 0).then(|| found as f64 / news as f64)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn value(question: &str, golden: &str, answer: &str) -> f64 {
        Agreement::of(&CaseText::of(golden), &Given::new(answer, question)).value()
    }

    #[test]
    fn more_of_the_golden_is_better() {
        let question = "How long can I return the bike?";
        let golden = "You can return it within 30 days of delivery.";
        let values = [
            "You can return it within 30 days of delivery.",
            "Within 30 days of delivery you can return it, and the box is needed.",
            "You have thirty days.",
            "You can return the bike.",
            "Batteries are covered.",
        ]
        .map(|answer| value(question, golden, answer));
        assert!(values.is_sorted_by(|a, b| a > b), "{values:?}");
        assert!((values[0] - 1.0).abs() < 1e-12 && values[1] > 0.8 && values[4] < 0.1, "{values:?}");
    }

    #[test]
    fn words_of_the_question_prove_little() {
        let wrong = value("Which river flows through London?", "the river Thames", "The river Severn.");
        let right = value("Which river flows through London?", "the river Thames", "The Thames.");
        assert!(wrong < 0.4 && right > 0.8, "{wrong} {right}");
    }

    #[test]
    fn spellings_are_forgiven() {
        assert!(value("Who?", "Fred Trueman", "It was Fred Truman.") > 0.7);
        assert!(value("Who?", "Super man", "It is Superman.") > 0.7);
        assert!(value("Where?", "Lome", "In Lomé.") > 0.9);
        assert!(value("Când?", "Returnați în două săptămâni", "In 2 saptamani returnati") > 0.9);
    }

    proptest! {
        #[test]
        fn a_value_is_a_share(q in any::<String>(), g in "[a-d 0-9]{0,12}", a in "[a-d 0-9]{0,12}", odd in any::<String>()) {
            for (golden, answer) in [(&g, &a), (&odd, &a), (&g, &odd), (&odd, &odd)] {
                prop_assert!((0.0..=1.0).contains(&value(&q, golden, answer)));
            }
            prop_assert!((value(&q, &odd, &odd) - 1.0).abs() < 1e-12);
        }
    }
}
