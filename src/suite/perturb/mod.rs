//! Perturbers: further wordings of a question, made by rule: the way customers type, not the way testers do.
//!
//! One table, one file per member. A perturber sees the question in [`Pieces`] and may change only what is free:
//! numbers, ids, addresses and quoted names stay as they are, so that the answer must stay the same as well. What
//! it does is decided by the seed and the question alone: the same bytes on every machine.

mod anger;
mod case;
mod diacritics;
mod filler;
mod pieces;
mod politeness;
mod shortening;
mod typos;
mod wrong_term;

use serde::Serialize;

use self::pieces::Pieces;
use crate::case::Phrasing;
use crate::fingerprint::Fingerprint;
use crate::stats::Random;

/// What perturbers go by, besides the question.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Options {
    /// Decides between equally good changes.
    pub(super) seed: u64,
    /// Right term → the wrong one that customers use.
    pub(super) terms: Vec<(String, String)>,
    /// Words that stay as they are.
    pub(super) keep: Vec<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self { seed: 1, terms: Vec::new(), keep: Vec::new() }
    }
}

/// Languages that words are known in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tongue {
    English,
    Romanian,
}

impl Tongue {
    /// The language of a BCP 47 tag.
    fn of(lang: &str) -> Option<Self> {
        match lang.split('-').next().unwrap_or_default().to_ascii_lowercase().as_str() {
            "en" => Some(Self::English),
            "ro" => Some(Self::Romanian),
            _ => None,
        }
    }

    /// The words of this language.
    fn pick<T>(self, english: T, romanian: T) -> T {
        match self {
            Self::English => english,
            Self::Romanian => romanian,
        }
    }
}

/// A question about to be perturbed.
struct Question<'q> {
    pieces: Pieces<'q>,
    tongue: Option<Tongue>,
    options: &'q Options,
}

/// One row of the table.
pub(super) struct Perturber {
    /// Name used in `perturb`, and in the keys of its wordings.
    pub(super) name: &'static str,
    /// One line for help texts.
    pub(super) summary: &'static str,
    /// Whether it has words of its own, which there are in English and Romanian.
    has_words: bool,
    /// The question in other words; `None` when it finds nothing to change.
    apply: fn(&Question<'_>, &mut Random) -> Option<String>,
}

/// All perturbers.
pub(super) const PERTURBERS: &[Perturber] = &[
    typos::KIND,
    case::KIND,
    diacritics::KIND,
    filler::KIND,
    politeness::KIND,
    anger::KIND,
    shortening::KIND,
    wrong_term::KIND,
];

/// The perturber with this name.
pub(super) fn find(name: &str) -> Option<&'static Perturber> {
    PERTURBERS.iter().find(|p| p.name == name)
}

impl Perturber {
    /// Whether it can do anything in a language at all.
    pub(super) fn speaks(&self, lang: &str) -> bool {
        !self.has_words || Tongue::of(lang).is_some()
    }

    /// One more wording of a question and of what the customer says in the further turns of a script; `None` when it
    /// finds nothing to change in any of them.
    pub(super) fn wording(
        &self,
        (question, then): (&str, &[&str]),
        lang: &str,
        options: &Options,
    ) -> Option<Phrasing> {
        let first = self.in_other_words(question, lang, options);
        let further: Vec<_> = then.iter().map(|say| self.in_other_words(say, lang, options)).collect();
        if further.iter().all(Option::is_none) {
            return Some(Phrasing::made(self.name, first?));
        }
        let own = |say: &str| say.to_owned();
        let further = further.into_iter().zip(then).map(|(other, say)| other.unwrap_or_else(|| own(say)));
        let first = first.unwrap_or_else(|| own(question));
        Some(Phrasing::made_of_script(self.name, first, further.collect()))
    }

    fn in_other_words(&self, said: &str, lang: &str, options: &Options) -> Option<String> {
        let tongue = Tongue::of(lang);
        if self.has_words && tongue.is_none() {
            return None;
        }
        let seed = Fingerprint::of(&(options.seed, self.name, said)).short();
        let pieces = Pieces::of(said, &options.keep);
        let text = (self.apply)(&Question { pieces, tongue, options }, &mut Random::new(seed))?;
        (text != said && !text.trim().is_empty()).then_some(text)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::pieces::Pieces;
    use super::*;

    const ASKED: &str = "How long do I have to send my “Volta One” back, order RX-4471, paid €1,299.00? \
        Write to ana.pop@voltaciclo.example or see https://help.example/retur?id=7.";

    fn all(question: &str, lang: &str, options: &Options) -> Vec<Phrasing> {
        PERTURBERS.iter().filter_map(|p| p.wording((question, &[]), lang, options)).collect()
    }

    fn options() -> Options {
        Options { terms: vec![("order".into(), "ticket".into())], ..Options::default() }
    }

    #[test]
    fn the_same_bytes_for_a_seed_and_others_for_another() {
        let one = all(ASKED, "en", &options());
        let names: Vec<_> = one.iter().map(|p| p.key.rsplit_once('-').unwrap().0).collect();
        assert_eq!(
            names,
            ["typos", "case", "filler", "politeness", "anger", "shortening", "wrong-term"],
            "{one:#?}"
        );
        assert_eq!(one, all(ASKED, "en", &options()));
        let shown: Vec<&str> = one.iter().map(|p| p.text.as_str()).collect();
        insta::assert_snapshot!(shown.join("\n"));
        let differs = (2..9).any(|seed| all(ASKED, "en", &Options { seed, ..options() })[0] != one[0]);
        assert!(differs);
    }

    #[test]
    fn romanian_has_its_own_words() {
        let asked = "Cât timp am la dispoziție să returnez bicicleta „Volta Oraș” cu numărul 4471?";
        let found = all(asked, "ro-RO", &Options::default());
        let shown: Vec<&str> = found.iter().map(|p| p.text.as_str()).collect();
        assert!(shown.iter().all(|text| text.contains("„Volta Oraș”") && text.contains("4471")));
        insta::assert_snapshot!(shown.join("\n"));
    }

    #[test]
    fn other_languages_have_no_words_and_that_is_known_before() {
        let found = all("Wie lange habe ich Zeit für die Rückgabe?", "de", &options());
        let keys: Vec<_> = found.iter().map(|p| p.key.rsplit_once('-').unwrap().0).collect();
        assert_eq!(keys, ["typos", "case", "no-diacritics"]);
        assert!(!find("anger").unwrap().speaks("de") && find("typos").unwrap().speaks("de"));
    }

    #[test]
    fn every_turn_of_a_script_is_said_otherwise() {
        let then = ["It is order RX-4471, please hurry.", "7", "Thank you for looking at it."];
        let made = find("case").unwrap().wording((ASKED, &then), "en", &options()).unwrap();
        let first = find("case").unwrap().wording((ASKED, &[]), "en", &options()).unwrap();
        assert_eq!((made.text, made.then.len(), made.then[1].as_str()), (first.text, 3, "7"));
        assert_ne!(made.key, first.key);
        assert!(made.then[0] != then[0] && made.then[0].contains("RX-4471"), "{:?}", made.then);
        assert!(find("case").unwrap().wording(("7", &["8"]), "en", &options()).is_none());
    }

    #[test]
    fn names_are_unique_and_summed_up() {
        for perturber in PERTURBERS {
            assert_eq!(PERTURBERS.iter().filter(|p| p.name == perturber.name).count(), 1);
            assert!(!perturber.summary.is_empty());
        }
    }

    #[test]
    fn a_very_long_question_takes_no_longer_than_its_length() {
        let long = "Unde este comanda mea 4471, „Volta” și ce fac? ".repeat(2_000);
        for found in all(&long, "ro", &options()) {
            assert_eq!(found.text.matches("4471").count(), 2_000, "{}", found.key);
        }
    }

    proptest! {
        #[test]
        fn what_must_stay_stays(text in ".{0,80}", seed in 0_u64..50, ro in any::<bool>()) {
            let options = Options { seed, ..options() };
            for found in all(&text, if ro { "ro" } else { "en" }, &options) {
                let mut rest = found.text.as_str();
                for kept in Pieces::of(&text, &[]).kept() {
                    let at = rest.find(kept);
                    prop_assert!(at.is_some(), "{kept:?} of {text:?} is not in {}: {:?}", found.key, found.text);
                    rest = &rest[at.unwrap_or(0) + kept.len()..];
                }
            }
        }
    }
}
