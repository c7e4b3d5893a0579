//! # What it checks
//! The answer is easy enough to read, by a formula that counts the length of words and sentences.
//!
//! # Keys
//! - `formula` = "lix": LIX (Björnsson, 1968): words per sentence + percent of words of more than six
//!   letters; below 30 very easy, above 60 very hard; for every language that parts words by blanks,
//!   Romanian too. `flesch`: reading ease (Flesch 1948; for German Amstad 1978, for Spanish Fernández
//!   Huerta 1959); 100 very easy, 0 very hard. `flesch-kincaid`: years of school in English (Kincaid and
//!   others, 1975).
//! - `min`, `max`: limits of the figure, at least one of them.
//! - `lang`: a language tag; absent: the case's `lang`.
//!
//! The value is the ease, from 0 to 1: reading ease / 100, 1 − LIX / 100, 1 − years / 20.
//!
//! # Example
//! ```toml
//! [[score]]
//! kind = "readability"
//! formula = "lix"
//! max = 45
//! ```
//!
//! # Caveats
//! The formulas know nothing of meaning, and syllables are counted by rule of thumb. They are made for
//! texts of a hundred words; an answer of less than ten is not applicable, and neither is a language that
//! the formula is not made for. A list item counts as a sentence.

mod syllables;

use std::ops::Range;

use crate::score::choice::choice;
use crate::score::words::{Words, sentences};
use crate::score::{Args, Built, Check, Evidence, Finding, ScoreInput, ScorerKind};

/// Row of the scorer table.
pub(in crate::score) const KIND: ScorerKind = ScorerKind {
    name: "readability",
    summary: "the answer is easy enough to read (LIX, Flesch, Flesch-Kincaid)",
    keys: &["formula", "min", "max", "lang"],
    docs: docs!("mod.rs"),
    build,
};

/// Words below which a formula says nothing.
const FEWEST_WORDS: usize = 10;
/// Letters above which a word is long to LIX.
const LONG: usize = 6;
/// Languages that do not part words by blanks.
const UNPARTED: [&str; 6] = ["zh", "ja", "th", "lo", "km", "my"];

/// What the formulas count.
#[derive(Debug, Clone, Copy, Default)]
struct Counts {
    sentences: usize,
    words: usize,
    long: usize,
    syllables: usize,
}

impl Counts {
    fn words_per_sentence(&self) -> f64 {
        self.words as f64 / self.sentences.max(1) as f64
    }

    fn syllables_per_word(&self) -> f64 {
        self.syllables as f64 / self.words.max(1) as f64
    }
}

/// A formula for one language.
#[derive(Clone, Copy)]
struct Formula {
    title: &'static str,
    figure: fn(&Counts) -> f64,
    ease: fn(f64) -> f64,
    syllables: fn(&str) -> usize,
}

const NAMES: [&str; 3] = ["lix", "flesch", "flesch-kincaid"];

/// The formula in this language, if it is made for it.
fn formula(name: &str, lang: &str) -> Option<Formula> {
    let flesch =
        |figure, syllables| Formula { title: "reading ease", figure, ease: |ease| ease / 100.0, syllables };
    Some(match (name, lang) {
        ("lix", lang) if !UNPARTED.contains(&lang) => Formula {
            title: "LIX",
            figure: |c| c.words_per_sentence() + 100.0 * c.long as f64 / c.words.max(1) as f64,
            ease: |lix| 1.0 - lix / 100.0,
            syllables: |_| 0,
        },
        ("flesch", "en") => flesch(
            |c| 206.835 - 1.015 * c.words_per_sentence() - 84.6 * c.syllables_per_word(),
            syllables::english,
        ),
        ("flesch", "de") => {
            flesch(|c| 180.0 - c.words_per_sentence() - 58.5 * c.syllables_per_word(), syllables::german)
        }
        ("flesch", "es") => flesch(
            |c| 206.84 - 1.02 * c.words_per_sentence() - 60.0 * c.syllables_per_word(),
            syllables::spanish,
        ),
        ("flesch-kincaid", "en") => Formula {
            title: "Flesch-Kincaid grade",
            figure: |c| 0.39 * c.words_per_sentence() + 11.8 * c.syllables_per_word() - 15.59,
            ease: |years| 1.0 - years / 20.0,
            syllables: syllables::english,
        },
        _ => return None,
    })
}

struct Readability {
    name: &'static str,
    min: Option<f64>,
    max: Option<f64>,
    lang: Option<String>,
}

fn build(args: &Args<'_>) -> Built {
    let mut errors = Vec::new();
    let name = choice(args, "formula", &NAMES, &mut errors).unwrap_or(NAMES[0]);
    let (min, max) = (args.number("min", &mut errors), args.number("max", &mut errors));
    if args.value("min").is_none() && args.value("max").is_none() {
        errors.push(args.error("no limit is given").with_help("add `min` or `max`"));
    }
    if let (Some(least), Some(most)) = (min, max)
        && least > most
    {
        let message = format!("`min` = {least} is more than `max` = {most}");
        errors.push(args.error_at("min", message).with_help("no answer can pass; swap or drop one"));
    }
    let lang = args.get::<String>("lang", &mut errors).map(|tag| primary(&tag));
    if let Some(lang) = &lang
        && formula(name, lang).is_none()
    {
        let message = format!("the formula {name} is not made for the language `{lang}`");
        errors.push(
            args.error_at("lang", message)
                .with_help("`lix` is for every language that parts words by blanks"),
        );
    }
    if errors.is_empty() { Ok(Box::new(Readability { name, min, max, lang })) } else { Err(errors) }
}

/// The language of a tag.
fn primary(tag: &str) -> String {
    tag.split(['-', '_']).next().unwrap_or_default().to_lowercase()
}

/// A sentence with what was counted in it.
type Counted = (Range<usize>, Counts);

impl Check for Readability {
    fn check(&self, input: &ScoreInput<'_>) -> Finding {
        let lang = self.lang.clone().unwrap_or_else(|| primary(&input.case.lang));
        let Some(formula) = formula(self.name, &lang) else {
            return Finding::not_applicable(format!("the formula {} is not made for `{lang}`", self.name));
        };
        let words = Words::new(&input.completion.text);
        let counted = count(&input.completion.text, &words, formula.syllables);
        let all = counted.iter().fold(Counts::default(), |sum, (_, counts)| Counts {
            sentences: sum.sentences + 1,
            words: sum.words + counts.words,
            long: sum.long + counts.long,
            syllables: sum.syllables + counts.syllables,
        });
        if all.words < FEWEST_WORDS {
            return Finding::not_applicable(format!("{} words are too few for a formula", all.words));
        }
        let figure = (formula.figure)(&all);
        let mut reason = format!("{} {figure:.1}", formula.title);
        let mut pass = true;
        for (limit, holds, side) in [
            (self.min, self.min.is_none_or(|min| figure >= min), "least"),
            (self.max, self.max.is_none_or(|max| figure <= max), "most"),
        ] {
            let Some(limit) = limit else { continue };
            pass &= holds;
            let not = if holds { "" } else { " not" };
            reason = format!("{reason},{not} at {side} {limit}");
        }
        let hardest = counted.iter().max_by(|(_, a), (_, b)| {
            let [a, b] = [a, b].map(|counts| (formula.ease)((formula.figure)(counts)));
            b.total_cmp(&a)
        });
        let evidence = hardest.map(|(span, counts)| Evidence {
            span: Some(span.clone()),
            note: Some(format!("{} words, {} of them long", counts.words, counts.long)),
            ..Evidence::new("hardest", words.quote(span))
        });
        let value = (formula.ease)(figure).clamp(0.0, 1.0);
        Finding::scored(value, pass, reason).with(evidence.into_iter().collect())
    }

    fn check_without_text(&self, _: &ScoreInput<'_>) -> Finding {
        Finding::not_applicable("the answer has no text to measure, only tool calls")
    }
}

fn count(text: &str, words: &Words<'_>, syllables: fn(&str) -> usize) -> Vec<Counted> {
    let empty = Counts { sentences: 1, ..Counts::default() };
    let mut counted: Vec<Counted> = sentences(text).into_iter().map(|span| (span, empty)).collect();
    let mut at = 0;
    for (index, word) in words.iter().enumerate() {
        let Some(span) = words.span(&(index..index + 1)) else { continue };
        while counted.get(at).is_some_and(|(sentence, _)| sentence.end <= span.start) {
            at += 1;
        }
        if let Some((_, counts)) = counted.get_mut(at).filter(|(sentence, _)| sentence.start <= span.start) {
            counts.words += 1;
            counts.long += usize::from(word.chars().filter(|c| c.is_alphabetic()).count() > LONG);
            counts.syllables += syllables(word);
        }
    }
    counted.retain(|(_, counts)| counts.words > 0);
    counted
}

#[cfg(test)]
mod tests {
    use crate::score::ScoreState;
    use crate::score::testing::{Setup, mistakes};

    const EASY: &str = "You have 30 days. Open the app. Tap the bike. Then tap return. We send you a box.";
    const HARD: &str = "Notwithstanding aforementioned considerations, international cancellation procedures necessitate comprehensive administrative documentation throughout.";

    fn value(toml: &str, answer: &str) -> f64 {
        Setup::of("readability", toml).score(answer).value().unwrap()
    }

    #[test]
    fn figures_are_those_of_the_formulas() {
        // 18 words, 5 sentences, no long word, 20 syllables.
        let score = Setup::of("readability", "max = 10").score(EASY);
        assert_eq!(score.reason, "LIX 3.6, at most 10");
        let score = Setup::of("readability", "formula = 'flesch'\nmin = 60").score(EASY);
        assert_eq!(score.reason, "reading ease 109.2, at least 60");
        let score = Setup::of("readability", "formula = 'flesch-kincaid'\nmin = 1").score(EASY);
        assert_eq!(
            (score.reason.as_str(), score.pass()),
            ("Flesch-Kincaid grade -1.1, not at least 1", Some(false))
        );
    }

    #[test]
    fn hard_texts_are_harder_by_every_formula() {
        for formula in ["lix", "flesch", "flesch-kincaid"] {
            let toml = format!("formula = '{formula}'\nmin = 0");
            assert!(value(&toml, EASY) > 0.9 && value(&toml, HARD) < 0.2, "{formula}");
        }
    }

    #[test]
    fn the_hardest_sentence_is_shown() {
        let score = Setup::of("readability", "max = 20").score(&format!("Știm. {EASY} {HARD}"));
        assert_eq!(score.pass(), Some(false));
        assert_eq!(score.evidence[0].quote, HARD);
        assert_eq!(score.evidence[0].note.as_deref(), Some("11 words, 11 of them long"));
    }

    #[test]
    fn a_formula_is_used_only_where_it_was_made_for() {
        let mut setup = Setup::of("readability", "formula = 'flesch'\nmin = 0");
        setup.case.lang = "ro".to_owned();
        let romanian =
            "Aveți la dispoziție treizeci de zile de la livrare pentru a returna bicicleta în magazin.";
        assert_eq!(setup.score(romanian).state, ScoreState::NotApplicable);
        assert!(value("lang = 'ro'\nmax = 60", romanian) > 0.3);
        assert!(
            value(
                "lang = 'de-AT'\nformula = 'flesch'\nmin = 0",
                "Sie haben Zeit und wir haben Zeit und alle sind froh."
            ) > 0.7
        );
        assert_eq!(Setup::of("readability", "max = 5").score("Too short.").state, ScoreState::NotApplicable);
    }

    #[test]
    fn all_mistakes_are_reported() {
        assert_eq!(mistakes("readability", "").len(), 1);
        assert_eq!(mistakes("readability", "formula = 'fog'\nmin = 5\nmax = 2").len(), 2);
        assert_eq!(mistakes("readability", "formula = 'flesch'\nmin = 5\nlang = 'ro'").len(), 1);
    }
}
