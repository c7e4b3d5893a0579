//! # What it checks
//! The answer keeps rules of style. Each key is one rule; the value is the share of rules kept.
//!
//! # Keys
//! - `banned`: phrases that must not be there. `wanted`: phrases that must all be there. Whole words,
//!   without regard to case, punctuation between them and Romanian diacritics.
//! - `max_sentence_words`: words of the longest sentence.
//! - `max_exclamation`: exclamation marks. `max_emoji`: emoji.
//! - `address` = "formal" or "informal": how the customer is addressed; broken by a mark of the other way:
//!   Romanian `tu`, `îți`, `poți` / `dumneavoastră`, `vă`, `puteți`; German `du`, `dein` / `Sie`, `Ihnen`
//!   inside a sentence; French `tu` / `vous`; Spanish `tú`, `te` / `usted`; Dutch `je` / `u`.
//! - `contractions` = false: no `don't`, `we'll`, `it's`.
//! - `capitals` = false: no words in capitals of six letters and more, and no two in a row; `allow` lists
//!   words that may be.
//! - `lang`: a language tag; absent: the case's `lang`.
//! - `min` = 1.0: the least share of rules that passes.
//!
//! # Example
//! ```toml
//! [[score]]
//! kind = "style"
//! banned = ["unfortunately", "as an AI"]
//! max_exclamation = 1
//! max_emoji = 0
//! address = "formal"
//! ```
//!
//! # Caveats
//! The rules see words, not tone: an answer can keep all of them and be rude. A verb form alone shows the
//! address only in Romanian, and only of frequent verbs. `address` is left out in a language without marks
//! such as English; if no other rule is set, the scorer is not applicable.

mod address;
mod emoji;
mod rules;

use crate::score::choice::{choice, share};
use crate::score::words::{Folding, Words, fold, sentences};
use crate::score::{Args, Built, Check, Finding, ScoreInput, ScorerError, ScorerKind};

use address::Address;
use rules::{Answer, Found, Phrase, Rule};

/// Row of the scorer table.
pub(in crate::score) const KIND: ScorerKind = ScorerKind {
    name: "style",
    summary: "the answer keeps rules of style: phrases, length, marks, address",
    keys: &[
        "banned",
        "wanted",
        "max_sentence_words",
        "max_exclamation",
        "max_emoji",
        "address",
        "contractions",
        "capitals",
        "allow",
        "lang",
        "min",
    ],
    docs: docs!("mod.rs"),
    build,
};

struct Style {
    rules: Vec<Rule>,
    lang: Option<String>,
    min: f64,
}

fn build(args: &Args<'_>) -> Built {
    let mut errors = Vec::new();
    let mut rules: Vec<Rule> = Vec::new();
    rules.extend(phrases(args, "banned", &mut errors).map(Rule::Banned));
    rules.extend(phrases(args, "wanted", &mut errors).map(Rule::Wanted));
    rules.extend(args.get("max_sentence_words", &mut errors).map(Rule::SentenceWords));
    rules.extend(args.get("max_exclamation", &mut errors).map(Rule::Exclamations));
    rules.extend(args.get("max_emoji", &mut errors).map(Rule::Emoji));
    rules.extend(
        choice(args, "address", &["formal", "informal"], &mut errors)
            .map(|name| Rule::Address(if name == "formal" { Address::Formal } else { Address::Informal })),
    );
    let allowed = args.strings("allow", &mut errors).unwrap_or_default();
    let allowed = allowed.iter().map(|word| fold(word.trim(), Folding::Marks)).collect();
    let contractions = forbids(args, "contractions", &mut errors);
    let capitals = forbids(args, "capitals", &mut errors);
    if args.value("allow").is_some() && !capitals {
        errors.push(args.error_at("allow", "`allow` means nothing without `capitals = false`"));
    }
    rules.extend(contractions.then_some(Rule::NoContractions));
    rules.extend(capitals.then_some(Rule::NoCapitals(allowed)));
    let lang = args.get::<String>("lang", &mut errors);
    let min = share(args, "min", &mut errors).unwrap_or(1.0);
    if rules.is_empty() && errors.is_empty() {
        let names = KIND.keys[..8].join(", ");
        errors.push(args.error("no rule is given").with_help(format!("add one of {names}")));
    }
    if errors.is_empty() { Ok(Box::new(Style { rules, lang, min })) } else { Err(errors) }
}

/// Whether something is forbidden; to allow it takes no key.
fn forbids(args: &Args<'_>, key: &str, errors: &mut Vec<ScorerError>) -> bool {
    let written = args.get::<bool>(key, errors);
    if written == Some(true) {
        let message = format!("`{key}` = true is no rule");
        errors.push(
            args.error_at(key, message).with_help(format!("drop `{key}` to allow them, or set it to false")),
        );
    }
    written == Some(false)
}

fn phrases(args: &Args<'_>, key: &str, errors: &mut Vec<ScorerError>) -> Option<Vec<Phrase>> {
    let phrases: Vec<Phrase> = args.strings(key, errors)?.iter().map(|text| Phrase::new(text)).collect();
    for phrase in phrases.iter().filter(|phrase| phrase.words.is_empty()) {
        let message = format!("`{}` has no word by which it could be found", phrase.written);
        errors.push(args.error_at(key, message).with_help("use `contains`, which compares every character"));
    }
    Some(phrases)
}

impl Check for Style {
    fn check(&self, input: &ScoreInput<'_>) -> Finding {
        let text = input.completion.text.as_str();
        let lang =
            self.lang.as_ref().unwrap_or(&input.case.lang).split(['-', '_']).next().unwrap_or_default();
        let words = Words::new(text);
        let answer = Answer {
            text,
            folded: words.iter().map(ToOwned::to_owned).collect(),
            spans: (0..words.len()).filter_map(|at| words.span(&(at..at + 1))).collect(),
            words,
            sentences: sentences(text),
            lang: &lang.to_lowercase(),
        };
        let looked: Vec<(&Rule, Found)> =
            self.rules.iter().filter_map(|rule| Some((rule, rule.look(&answer)?))).collect();
        if looked.is_empty() {
            return Finding::not_applicable(format!("`{lang}` has no marks of address"));
        }
        let broken: Vec<&str> = looked
            .iter()
            .filter(|(_, found)| !found.against.is_empty())
            .map(|(rule, _)| rule.name())
            .collect();
        let value = (looked.len() - broken.len()) as f64 / looked.len() as f64;
        let reason = match broken.as_slice() {
            [] if looked.len() == 1 => "keeps the rule".to_owned(),
            [] => format!("keeps all {} rules", looked.len()),
            broken => format!("breaks {} of {} rules: {}", broken.len(), looked.len(), broken.join(", ")),
        };
        let evidence =
            looked.into_iter().flat_map(|(_, found)| found.against.into_iter().chain(found.matched));
        Finding::scored(value, value >= self.min, reason).with(evidence.collect())
    }

    fn check_without_text(&self, _: &ScoreInput<'_>) -> Finding {
        Finding::not_applicable("the answer has no text to judge, only tool calls")
    }
}

#[cfg(test)]
mod tests {
    use crate::score::testing::{Setup, mistakes};
    use crate::score::{Score, ScoreState};

    fn shown(score: &Score) -> Vec<(&str, &str)> {
        score.evidence.iter().map(|e| (e.label.as_str(), e.quote.as_str())).collect()
    }

    #[test]
    fn every_rule_counts_once() {
        let toml = "banned = ['unfortunately', 'as an AI']\nwanted = ['return label']\nmax_exclamation = 1\nmax_emoji = 0";
        let score =
            Setup::of("style", toml).score("Unfortunately, as an ai — no!! 🚲 Print the Return-Label.");
        assert_eq!(score.value(), Some(0.25));
        assert_eq!(score.reason, "breaks 3 of 4 rules: banned phrases, exclamation marks, emoji");
        assert_eq!(
            shown(&score),
            [
                ("banned", "Unfortunately"),
                ("banned", "as an ai"),
                ("matched", "Return-Label"),
                ("exclamation mark", "!"),
                ("exclamation mark", "!"),
                ("emoji", "🚲"),
            ]
        );
        assert_eq!(score.evidence[1].span, Some(15..23));
        let kept = Setup::of("style", toml).score("Your return label is here!");
        assert_eq!((kept.pass(), kept.reason.as_str()), (Some(true), "keeps all 4 rules"));
    }

    #[test]
    fn banned_phrases_are_whole_words() {
        let setup = Setup::of("style", "banned = ['art', 'stiu']");
        assert_eq!(setup.score("We start the party.").pass(), Some(true));
        assert_eq!(shown(&setup.score("Nu ŞTIU.")), [("banned", "ŞTIU")]);
    }

    #[test]
    fn long_sentences_are_shown_with_their_length() {
        let score =
            Setup::of("style", "max_sentence_words = 3").score("Știm asta. Nu știm prea bine asta. Da.");
        assert_eq!(shown(&score), [("long sentence", "Nu știm prea bine asta.")]);
        assert_eq!(score.evidence[0].note.as_deref(), Some("5 words, at most 3"));
    }

    #[test]
    fn the_address_depends_on_the_language() {
        let address = |lang: &str, answer: &str| {
            Setup::of("style", &format!("address = 'formal'\nlang = '{lang}'")).score(answer).pass()
        };
        assert_eq!(address("ro", "Puteți anula oricând. Vă rugăm să ne scrieți."), Some(true));
        assert_eq!(address("ro", "Poți anula oricând."), Some(false));
        assert_eq!(address("de-AT", "Bitte öffnen Sie Ihre App."), Some(true));
        assert_eq!(address("de", "Öffne bitte deine App."), Some(false));
        let informal = Setup::of("style", "address = 'informal'\nlang = 'de'");
        assert_eq!(
            shown(&informal.score("Sie kommt. Bitte öffnen Sie Ihre App.")),
            [("address", "Sie"), ("address", "Ihre")]
        );
        assert_eq!(Setup::of("style", "address = 'formal'").score("Hi you").state, ScoreState::NotApplicable);
    }

    #[test]
    fn contractions_and_capitals() {
        let toml = "contractions = false\ncapitals = false\nallow = ['PAYPAL']";
        let score =
            Setup::of("style", toml).score("We don't ship it's IBAN by PAYPAL or GLS. NEVER EVER, URGENT!");
        assert_eq!(
            shown(&score),
            [
                ("contraction", "don't"),
                ("contraction", "it's"),
                ("capitals", "NEVER"),
                ("capitals", "EVER"),
                ("capitals", "URGENT"),
            ]
        );
    }

    #[test]
    fn long_answers_end_soon() {
        let toml =
            "banned = ['a a a b']\ncapitals = false\naddress = 'formal'\nlang = 'de'\nmax_exclamation = 3";
        let score = Setup::of("style", toml).score(&"a a! DU ".repeat(12_000));
        assert!(score.evidence.len() < 100 && score.pass() == Some(false));
    }

    #[test]
    fn all_mistakes_are_reported() {
        assert_eq!(mistakes("style", "").len(), 1);
        assert_eq!(
            mistakes(
                "style",
                "banned = ['!!']\naddress = 'polite'\nallow = 'X'\nmin = 2\ncontractions = true"
            )
            .len(),
            5
        );
    }
}
