//! # What it checks
//! The answer is in the customer's language, sentence by sentence. The value is the share of words,
//! among sentences whose language is clear, that stand in sentences of the language asked for.
//!
//! # Keys
//! - `lang`: a language tag such as `ro`; absent: the case's `lang`. A region (`en-GB`) is ignored.
//! - `min` = 0.8: the least value that passes.
//!
//! # Example
//! ```toml
//! [[score]]
//! kind = "language"
//! ```
//!
//! # Caveats
//! Recognised by frequent words, endings and letters are English, Romanian (also without diacritics),
//! German, French, Spanish, Italian, Portuguese, Dutch, Polish and Hungarian; languages in Cyrillic,
//! Greek, Hebrew, Arabic, Devanagari, Thai, Korean, Japanese and Chinese writing by their letters alone,
//! so Russian and Ukrainian are the same here. Any other language is not applicable, and so is an
//! answer that says too little to tell (`OK, 30 EUR.`). Of a mixed sentence the language with clearly more signs
//! counts. A quoted button or product name in another language does no harm.

mod guess;
mod lists;

use std::ops::Range;

use crate::score::choice::share;
use crate::score::words::{Words, sentences};
use crate::score::{Args, Built, Check, Evidence, Finding, ScoreInput, ScorerKind};

use guess::{Guess, Signs, name_of};

/// Row of the scorer table.
pub(in crate::score) const KIND: ScorerKind = ScorerKind {
    name: "language",
    summary: "the answer is in the customer's language",
    keys: &["lang", "min"],
    docs: docs!("mod.rs"),
    build,
};

const DEFAULT_MIN: f64 = 0.8;

struct InLanguage {
    /// Code without region.
    lang: Option<String>,
    min: f64,
}

fn build(args: &Args<'_>) -> Built {
    let mut errors = Vec::new();
    let lang = args.get::<String>("lang", &mut errors).map(|tag| primary(&tag));
    if let Some(lang) = &lang
        && name_of(lang).is_none()
    {
        let message = format!("`lang` = \"{lang}\" is not a language that can be recognised");
        let help = "use one of en, ro, de, fr, es, it, pt, nl, pl, hu, or of a script of its own (ru, el, ar, zh, …)";
        errors.push(args.error_at("lang", message).with_help(help));
    }
    let min = share(args, "min", &mut errors).unwrap_or(DEFAULT_MIN);
    if errors.is_empty() { Ok(Box::new(InLanguage { lang, min })) } else { Err(errors) }
}

/// The language of a tag.
fn primary(tag: &str) -> String {
    tag.split(['-', '_']).next().unwrap_or_default().to_lowercase()
}

/// The language that a text is clearly in, as its code; not of a language that is known by its letters alone.
pub(crate) fn told(text: &str) -> Option<&'static str> {
    let words = Words::new(text);
    let mut signs = Signs::default();
    for stretch in stretches(text, &words) {
        signs += stretch.signs;
    }
    match signs.guess("")? {
        Guess::Language(language) => Some(language.code),
        Guess::Script(_) => None,
    }
}

/// A stretch of the answer with what it tells.
struct Stretch {
    span: Range<usize>,
    words: usize,
    signs: Signs,
}

impl Check for InLanguage {
    fn check(&self, input: &ScoreInput<'_>) -> Finding {
        let code = self.lang.clone().unwrap_or_else(|| primary(&input.case.lang));
        let Some(wanted) = name_of(&code) else {
            return Finding::not_applicable(format!("the language `{code}` cannot be recognised"));
        };
        let words = Words::new(&input.completion.text);
        let stretches = stretches(&input.completion.text, &words);
        let mut clear: Vec<(&Stretch, Guess)> =
            stretches.iter().filter_map(|s| Some((s, s.signs.guess(&code)?))).collect();
        let whole = stretches.iter().fold(None, |sum: Option<Stretch>, next| {
            let mut sum =
                sum.unwrap_or(Stretch { span: next.span.clone(), words: 0, signs: Signs::default() });
            sum.span.end = next.span.end;
            sum.words += next.words;
            sum.signs += next.signs;
            Some(sum)
        });
        // Sentences that are too short alone may tell enough together.
        if clear.is_empty()
            && let Some(whole) = &whole
        {
            clear.extend(whole.signs.guess(&code).map(|guess| (whole, guess)));
        }
        if clear.is_empty() {
            return Finding::not_applicable("the answer says too little to tell its language");
        }
        let all: usize = clear.iter().map(|(stretch, _)| stretch.words.max(1)).sum();
        let (right, wrong): (Vec<_>, Vec<_>) = clear.into_iter().partition(|(_, guess)| guess.allows(&code));
        let value = right.iter().map(|(stretch, _)| stretch.words.max(1)).sum::<usize>() as f64 / all as f64;
        let evidence = |label: &str, (stretch, guess): &(&Stretch, Guess)| Evidence {
            span: Some(stretch.span.clone()),
            note: Some(guess.name().to_owned()),
            ..Evidence::new(label, words.quote(&stretch.span))
        };
        let mut found: Vec<Evidence> = wrong.iter().map(|w| evidence("differs", w)).collect();
        if found.is_empty() {
            found.extend(right.first().map(|r| evidence("matched", r)));
        }
        Finding::scored(value, value >= self.min, reason(wanted, &wrong, right.is_empty())).with(found)
    }

    fn check_without_text(&self, _: &ScoreInput<'_>) -> Finding {
        Finding::not_applicable("the answer has no text to tell the language of, only tool calls")
    }
}

fn reason(wanted: &str, wrong: &[(&Stretch, Guess)], all_wrong: bool) -> String {
    let mut names: Vec<&str> = wrong.iter().map(|(_, guess)| guess.name()).collect();
    names.sort_unstable();
    names.dedup();
    match (names.as_slice(), all_wrong) {
        ([], _) => format!("in {wanted}"),
        (names, true) => format!("in {}, not {wanted}", names.join(" and ")),
        (names, false) => format!("partly in {}, not {wanted}", names.join(" and ")),
    }
}

/// The sentences with the signs of their words.
fn stretches(text: &str, words: &Words<'_>) -> Vec<Stretch> {
    let empty = |span| Stretch { span, words: 0, signs: Signs::default() };
    let mut stretches: Vec<Stretch> = sentences(text).into_iter().map(empty).collect();
    let mut at = 0;
    for (index, folded) in words.iter().enumerate() {
        let Some(span) = words.span(&(index..index + 1)) else { continue };
        while stretches.get(at).is_some_and(|s| s.span.end <= span.start) {
            at += 1;
        }
        if let Some(stretch) = stretches.get_mut(at).filter(|s| s.span.start <= span.start) {
            // Part of an address, which is in no language.
            let around = words.quote(&(span.start.saturating_sub(1)..span.end + 1));
            if around.contains(['/', '@', '=']) {
                continue;
            }
            stretch.words += 1;
            stretch.signs.add(folded, words.quote(&span));
        }
    }
    stretches
}

#[cfg(test)]
mod tests {
    use super::primary;
    use crate::score::ScoreState;
    use crate::score::testing::{Setup, mistakes};

    fn in_lang(lang: &str) -> Setup {
        let mut setup = Setup::of("language", "");
        setup.case.lang = lang.to_owned();
        setup
    }

    #[test]
    fn the_case_s_language_is_asked_for() {
        assert_eq!(in_lang("ro-RO").score("Aveți 30 de zile pentru retur.").pass(), Some(true));
        let score = in_lang("ro").score("You have 30 days to return it.");
        assert_eq!(score.state, ScoreState::Scored { value: 0.0, pass: false });
        assert_eq!(score.reason, "in English, not Romanian");
        assert_eq!(score.evidence[0].span, Some(0..30));
    }

    #[test]
    fn a_sentence_in_another_language_is_shown() {
        let score = in_lang("ro").score("Aveți 30 de zile pentru retur. We will send you the label by mail.");
        assert_eq!(score.reason, "partly in English, not Romanian");
        assert_eq!(score.pass(), Some(false));
        assert_eq!(score.evidence[0].quote, "We will send you the label by mail.");
        assert_eq!(
            (score.evidence[0].span.clone(), score.evidence[0].note.as_deref()),
            (Some(31..66), Some("English"))
        );
        let lenient = Setup::of("language", "lang = 'ro'\nmin = 0.4");
        assert_eq!(
            lenient.score("Aveți 30 de zile pentru retur. We will send it by mail.").pass(),
            Some(true)
        );
    }

    #[test]
    fn too_little_is_not_judged() {
        for answer in ["30 EUR", "OK.", "🚲🚲", "Volta K7-2231"] {
            assert_eq!(in_lang("en").score(answer).state, ScoreState::NotApplicable, "{answer}");
        }
        assert_eq!(
            in_lang("sv").score("Du har 30 dagar att lämna tillbaka den.").state,
            ScoreState::NotApplicable
        );
    }

    #[test]
    fn names_of_products_and_buttons_do_no_harm() {
        let address =
            "Vezi https://help.voltaciclo.example/en/help/what/you/need/to/know?the=and pentru retur.";
        assert_eq!(in_lang("ro").score(address).value(), Some(1.0));
        let answer = "Deschide aplicația Volta Ride și apasă „Pause subscription” în meniul contului tău.";
        assert_eq!(in_lang("ro").score(answer).value(), Some(1.0));
    }

    #[test]
    fn other_scripts_are_told_by_their_letters() {
        assert_eq!(in_lang("en").score("У вас есть 30 дней на возврат.").pass(), Some(false));
        assert_eq!(in_lang("uk").score("У вас є 30 днів.").pass(), Some(true));
        assert_eq!(in_lang("zh").score("您有30天的时间退货。").pass(), Some(true));
    }

    #[test]
    fn long_answers_end_soon() {
        let answer = "Aveți 30 de zile. You have 30 days. ".repeat(3_000);
        let value = in_lang("ro").score(&answer).value().unwrap();
        assert!((value - 0.5).abs() < 1e-9);
    }

    #[test]
    fn all_mistakes_are_reported() {
        assert_eq!(mistakes("language", "lang = 'klingon'\nmin = 3").len(), 2);
        assert!(mistakes("language", "lang = 'en-GB'").is_empty());
        assert_eq!(primary("pt_BR"), "pt");
    }
}
