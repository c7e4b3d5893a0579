//! # What it checks
//! The answer is as long as asked, counted in words, sentences or characters. The value is the
//! share of limits that hold.
//!
//! # Keys
//! - `min_words`, `max_words`: words by Unicode Standard Annex 29.
//! - `min_sentences`, `max_sentences`: sentences; a list item or a line is one.
//! - `min_chars`, `max_chars`: characters as a reader counts them, blanks around left out.
//!
//! # Example
//! ```toml
//! [[score]]
//! kind = "length"
//! max_sentences = 3
//! max_words = 60
//! ```
//!
//! # Caveats
//! Not applicable to an answer of tool calls only.

use unicode_segmentation::UnicodeSegmentation;

use crate::score::words::{char_span, sentences};
use crate::score::{Args, Built, Check, Evidence, Finding, ScoreInput, ScorerKind};

/// Row of the scorer table.
pub(in crate::score) const KIND: ScorerKind = ScorerKind {
    name: "length",
    summary: "the answer is as long as asked, in words, sentences or characters",
    docs: docs!("length.rs"),
    keys: &["min_words", "max_words", "min_chars", "max_chars", "min_sentences", "max_sentences"],
    build,
};

/// One thing that is counted: its name, the keys of its limits, how, and where the first one after so
/// many starts, in characters.
struct Measure {
    noun: &'static str,
    min: &'static str,
    max: &'static str,
    count: fn(&str) -> usize,
    after: fn(&str, usize) -> Option<usize>,
}

const MEASURES: [Measure; 3] = [
    Measure {
        noun: "words",
        min: "min_words",
        max: "max_words",
        count: |t| t.unicode_words().count(),
        after: |t, most| t.unicode_word_indices().nth(most).map(|(at, _)| characters(t, at)),
    },
    Measure {
        noun: "sentences",
        min: "min_sentences",
        max: "max_sentences",
        count: |t| sentences(t).len(),
        after: |t, most| sentences(t).get(most).map(|span| span.start),
    },
    Measure {
        noun: "characters",
        min: "min_chars",
        max: "max_chars",
        count: |t| t.trim().graphemes(true).count(),
        after: |t, most| {
            let blank = t.len() - t.trim_start().len();
            t.trim().grapheme_indices(true).nth(most).map(|(at, _)| characters(t, blank + at))
        },
    },
];

/// Characters before a byte.
fn characters(text: &str, byte: usize) -> usize {
    char_span(text, &(0..byte)).end
}

struct Length {
    limits: Vec<(&'static Measure, Option<usize>, Option<usize>)>,
}

fn build(args: &Args<'_>) -> Built {
    let mut errors = Vec::new();
    let mut limits = Vec::new();
    for measure in &MEASURES {
        let min = args.get::<usize>(measure.min, &mut errors);
        let max = args.get::<usize>(measure.max, &mut errors);
        if let (Some(least), Some(most)) = (min, max)
            && least > most
        {
            let message = format!("`{}` = {least} is more than `{}` = {most}", measure.min, measure.max);
            errors
                .push(args.error_at(measure.min, message).with_help("no answer can pass; swap or drop one"));
        }
        if max == Some(0) {
            errors.push(args.error_at(measure.max, format!("`{}` = 0: no answer can pass", measure.max)));
        }
        if min.is_some() || max.is_some() {
            limits.push((measure, min, max));
        }
    }
    if limits.is_empty() && errors.is_empty() {
        errors
            .push(args.error("no limit is given").with_help(format!("add one of {}", KIND.keys.join(", "))));
    }
    if errors.is_empty() { Ok(Box::new(Length { limits })) } else { Err(errors) }
}

impl Check for Length {
    fn check(&self, input: &ScoreInput<'_>) -> Finding {
        let (mut held, mut asked) = (0_usize, 0_usize);
        let mut words = Vec::new();
        let mut evidence = Vec::new();
        for (measure, min, max) in &self.limits {
            let count = (measure.count)(&input.completion.text);
            let noun = measure.noun;
            for (limit, holds, side) in [
                (min, min.is_none_or(|m| count >= m), "least"),
                (max, max.is_none_or(|m| count <= m), "most"),
            ] {
                let Some(limit) = limit else { continue };
                asked += 1;
                held += usize::from(holds);
                let verdict = if holds { "" } else { ", not" };
                words.push(format!("{count} {noun}{verdict} at {side} {limit}"));
                if !holds {
                    evidence.push(outside(&input.completion.text, measure, *limit, side));
                }
            }
        }
        Finding::scored(held as f64 / asked as f64, held == asked, words.join("; ")).with(evidence)
    }

    fn check_without_text(&self, _: &ScoreInput<'_>) -> Finding {
        Finding::not_applicable("the answer has no text to measure, only tool calls")
    }
}

/// What is beyond a limit: the rest of a text that is too long, all of one that is too short.
fn outside(text: &str, measure: &Measure, limit: usize, side: &str) -> Evidence {
    let trimmed = text.trim();
    let start = characters(text, text.len() - text.trim_start().len());
    let end = start + trimmed.chars().count();
    let (label, start) = match side {
        "most" => ("beyond", (measure.after)(text, limit).unwrap_or(start)),
        _ => ("short", start),
    };
    let quote = text.chars().take(end).skip(start).collect::<String>();
    let note = format!("at {side} {limit} {} asked", measure.noun);
    Evidence { span: Some(start..end), note: Some(note), ..Evidence::new(label, quote) }
}

#[cfg(test)]
mod tests {
    use crate::score::ScoreState;
    use crate::score::testing::{Setup, mistakes};

    #[test]
    fn each_limit_counts() {
        let score = Setup::of("length", "min_words = 2\nmax_words = 3\nmax_sentences = 1")
            .score("One two. Three four.");
        assert_eq!(score.state, ScoreState::Scored { value: 1.0 / 3.0, pass: false }, "{}", score.reason);
        assert_eq!(score.reason, "4 words at least 2; 4 words, not at most 3; 2 sentences, not at most 1");
    }

    #[test]
    fn what_is_beyond_a_limit_is_shown() {
        let toml = "min_words = 9\nmax_sentences = 1\nmax_chars = 9";
        let score = Setup::of("length", toml).score(" Știm asta. Și țara. \n");
        let shown: Vec<_> =
            score.evidence.iter().map(|e| (e.label.as_str(), e.quote.as_str(), e.span.clone())).collect();
        assert_eq!(
            shown,
            [
                ("short", "Știm asta. Și țara.", Some(1..20)),
                ("beyond", "Și țara.", Some(12..20)),
                ("beyond", ". Și țara.", Some(10..20)),
            ]
        );
        let words = Setup::of("length", "max_words = 3").score("Știm asta. Și țara.");
        assert_eq!(
            (words.evidence[0].quote.as_str(), words.evidence[0].span.clone()),
            ("țara.", Some(14..19))
        );
    }

    #[test]
    fn characters_are_what_a_reader_counts() {
        assert_eq!(Setup::of("length", "max_chars = 5").score(" s\u{326}tiu! ").pass(), Some(true));
        assert_eq!(Setup::of("length", "min_chars = 6").score(" știu! ").pass(), Some(false));
    }

    #[test]
    fn the_bounds_themselves_pass() {
        assert_eq!(Setup::of("length", "min_words = 2\nmax_words = 2").score("two words").pass(), Some(true));
    }

    #[test]
    fn an_answer_of_tool_calls_is_not_measured() {
        assert_eq!(
            Setup::of("length", "max_words = 2").tool("refund").score("").state,
            ScoreState::NotApplicable
        );
    }

    #[test]
    fn all_mistakes_are_reported() {
        assert_eq!(mistakes("length", "").len(), 1);
        assert_eq!(
            mistakes("length", "min_words = 5\nmax_words = 2\nmax_chars = 0\nmin_sentences = -1").len(),
            3
        );
    }
}
