//! Which language a stretch of text is in, as far as its words and letters tell.

use std::collections::HashMap;
use std::ops::AddAssign;
use std::sync::LazyLock;

use crate::score::text::language::lists::{LANGUAGES, Language, SCRIPTS, Script};

/// Least evidence on which a language is named, about two words that only it has; one if it is expected.
const LEAST: f64 = 1.5;
const LEAST_EXPECTED: f64 = 1.0;
/// How much more evidence there must be for a language that is not expected than for any other.
const MARGIN: f64 = 1.6;
/// What an ending and a letter weigh beside a word.
const ENDING: f64 = 0.5;
const LETTER: f64 = 1.0;

/// For each listed word the languages that have it, a bit each.
static WORDS: LazyLock<HashMap<&'static str, u16>> = LazyLock::new(|| {
    let mut words = HashMap::new();
    for (at, language) in LANGUAGES.iter().enumerate() {
        for word in language.words.split_ascii_whitespace() {
            *words.entry(word).or_insert(0) |= 1 << at;
        }
    }
    words
});

/// What speaks for which language.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Signs {
    languages: [f64; LANGUAGES.len()],
    /// Letters of each script, and of none of them.
    scripts: [u32; SCRIPTS.len()],
    latin: u32,
}

impl AddAssign for Signs {
    fn add_assign(&mut self, other: Self) {
        self.languages.iter_mut().zip(other.languages).for_each(|(own, others)| *own += others);
        self.scripts.iter_mut().zip(other.scripts).for_each(|(own, others)| *own += others);
        self.latin += other.latin;
    }
}

/// What a text is in.
#[derive(Clone, Copy)]
pub(super) enum Guess {
    Language(&'static Language),
    Script(&'static Script),
}

impl Guess {
    /// Whether it may be the language with this code.
    pub(super) fn allows(&self, code: &str) -> bool {
        match self {
            Self::Language(language) => language.code == code,
            Self::Script(script) => script.codes.contains(&code),
        }
    }

    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Language(language) => language.name,
            Self::Script(script) => script.name,
        }
    }
}

/// The language with this code, as readers call it, if it can be recognised.
pub(super) fn name_of(code: &str) -> Option<&'static str> {
    let language = LANGUAGES.iter().find(|l| l.code == code).map(|l| l.name);
    language.or_else(|| SCRIPTS.iter().find(|s| s.codes.contains(&code)).map(|s| s.name))
}

impl Signs {
    /// Adds what one word tells, folded and as it was written.
    pub(super) fn add(&mut self, folded: &str, written: &str) {
        let mut languages = WORDS.get(folded).copied().unwrap_or(0);
        let mut weight = 1.0;
        // `l'application`, `dell'ordine`.
        if languages == 0
            && let Some(apostrophe) = folded.find('\'')
        {
            let (head, tail) = folded.split_at(apostrophe + 1);
            let tail = Some(tail).filter(|tail| tail.len() > 2).and_then(|tail| WORDS.get(tail));
            languages = WORDS.get(head).or(tail).copied().unwrap_or(0);
        }
        if languages == 0 && folded.len() >= 5 {
            weight = ENDING;
            for (at, language) in LANGUAGES.iter().enumerate() {
                languages |= u16::from(language.endings.iter().any(|e| folded.ends_with(e))) << at;
            }
        }
        self.share(languages, weight);
        if written.is_ascii() {
            self.latin += written.bytes().filter(u8::is_ascii_alphabetic).count() as u32;
            return;
        }
        let mut languages = 0;
        for c in written.chars().filter(|c| c.is_alphabetic()) {
            match SCRIPTS.iter().position(|script| (script.letters)(c)) {
                Some(at) => self.scripts[at] += 1,
                None => self.latin += 1,
            }
            if !c.is_ascii() {
                for (at, language) in LANGUAGES.iter().enumerate() {
                    languages |= u16::from(language.letters.contains(c)) << at;
                }
            }
        }
        self.share(languages, LETTER);
    }

    fn share(&mut self, languages: u16, weight: f64) {
        let each = weight / f64::from(languages.count_ones().max(1));
        for (at, sum) in self.languages.iter_mut().enumerate() {
            *sum += if languages >> at & 1 == 1 { each } else { 0.0 };
        }
    }

    /// The language, where it is clear; the one that is expected need only have the most signs.
    pub(super) fn guess(&self, expected: &str) -> Option<Guess> {
        let foreign: u32 = self.scripts.iter().sum();
        if foreign > self.latin {
            let most = (0..SCRIPTS.len()).max_by_key(|at| (self.scripts[*at], *at))?;
            // Japanese mixes its letters with Chinese characters.
            let japanese = SCRIPTS.iter().position(|s| s.codes == ["ja"]).filter(|at| self.scripts[*at] > 0);
            return Some(Guess::Script(&SCRIPTS[japanese.unwrap_or(most)]));
        }
        let best = (0..LANGUAGES.len()).max_by(|a, b| self.languages[*a].total_cmp(&self.languages[*b]))?;
        let others = self.languages.iter().enumerate().filter(|(at, _)| *at != best).map(|(_, sum)| *sum);
        let next = others.fold(0.0, f64::max);
        let (least, margin) =
            if LANGUAGES[best].code == expected { (LEAST_EXPECTED, 1.0) } else { (LEAST, MARGIN) };
        let clear = self.languages[best] >= least && self.languages[best] > margin * next;
        clear.then_some(Guess::Language(&LANGUAGES[best]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::words::{Words, words};

    fn of(text: &str) -> Option<&'static str> {
        let all = Words::new(text);
        let mut signs = Signs::default();
        for word in words(text) {
            signs.add(&word.folded, all.quote(&word.span));
        }
        signs.guess("").map(|guess| guess.name())
    }

    #[test]
    fn short_support_answers_are_recognised() {
        let answers = [
            ("You have 30 days to return it.", "English"),
            ("Please open the app.", "English"),
            ("Ai 30 de zile pentru retur.", "Romanian"),
            ("Puteti anula comanda din cont.", "Romanian"),
            ("Vă rugăm să așteptați.", "Romanian"),
            ("Sie haben 30 Tage Zeit.", "German"),
            ("Bitte öffnen Sie die App.", "German"),
            ("Vous avez 30 jours pour le retour.", "French"),
            ("Tiene 30 días para devolverlo.", "Spanish"),
            ("Hai 30 giorni per il reso.", "Italian"),
            ("Você tem 30 dias para devolver.", "Portuguese"),
            ("U heeft 30 dagen om het terug te sturen.", "Dutch"),
            ("Masz 30 dni na zwrot, proszę.", "Polish"),
            ("Önnek 30 napja van, hogy visszaküldje.", "Hungarian"),
            ("У вас есть 30 дней", "Cyrillic letters"),
            ("30日以内に返品できます", "Japanese letters"),
            ("您有30天的时间退货", "Chinese characters"),
        ];
        for (text, name) in answers {
            assert_eq!(of(text), Some(name), "{text}");
        }
    }

    #[test]
    fn too_little_evidence_names_no_language() {
        for text in
            ["", "30", "OK!", "Volta Ciclo", "https://help.example/returns", "GLS 4,95 EUR", "K7-2231"]
        {
            assert_eq!(of(text), None, "{text}");
        }
    }

    #[test]
    fn every_listed_language_has_words_of_its_own() {
        for (at, language) in LANGUAGES.iter().enumerate() {
            let own = WORDS.values().filter(|languages| **languages == 1 << at).count();
            assert!(own > 50, "{} has {own}", language.name);
            assert_eq!(name_of(language.code), Some(language.name));
        }
        assert_eq!((name_of("ru"), name_of("sv")), (Some("Cyrillic letters"), None));
    }
}
