//! What a sentence demands, leaves open or makes possible, and of which word it does.
//!
//! The classes are those of deontic and epistemic modality (Palmer 2001, Mood and Modality): what is necessary
//! (`must`, `trebuie`), what need not be (`optional`, `may`, `nu este nevoie`), and what can be (`can`, `puteți`). A
//! modal belongs to a head: the verb that it governs, or the thing that is `required`.

use crate::score::reading::{Reading, Sentence, Token};

/// Words between a modal and its head, at most.
const REACH: usize = 6;

/// How strongly a sentence holds a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::score) enum Force {
    /// It has to be.
    Demanded,
    /// It may be or not.
    Open,
    /// It need not be: a demand that is denied.
    Spared,
    /// It can be; in instructions that often says how it is done, and that it has to be.
    Possible,
}

/// One modal of a sentence with its head.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::score) struct Modal {
    pub(in crate::score) force: Force,
    /// `must not`, `may not`.
    pub(in crate::score) denied: bool,
    /// Which tokens of the reading they are.
    pub(in crate::score) at: usize,
    pub(in crate::score) head: usize,
    /// Whether a person is told (`you may not`), or what is done to a thing (`may not be returned`): then a denied `may`
    /// forbids.
    tells: bool,
}

/// Modal verbs; the verb follows.
const VERBS: &[(Force, &str)] = &[
    (Force::Demanded, "must shall trebuie"),
    (Force::Open, "may might"),
    (Force::Possible, "can could pot poti poate putem puteti"),
];

/// These demand where `to` follows; denied, they leave open.
const BEFORE_TO: &str = "have has had having need needed";

/// Words for what is said of a thing (`registration is required`) or of what is done (`required to register`).
const ADJECTIVES: &[(Force, &str)] = &[
    (
        Force::Demanded,
        "required mandatory obligatory compulsory necessary essential obligatoriu obligatorie obligat obligata \
         obligati necesar necesara nevoie",
    ),
    (Force::Open, "optional optionally voluntary voluntarily optionala facultativ facultativa"),
    (Force::Possible, "allowed permitted possible able permis permisa posibil posibila voie"),
];

const COPULAS: &str = "is are was were be been not este sunt e fi fie nu";
const PEOPLE: &str = "you we i he she who one nobody anyone everyone";

impl Modal {
    /// The modals of a sentence, each with the word that it is about.
    pub(in crate::score) fn of(reading: &Reading, sentence: &Sentence) -> Vec<Self> {
        let mut found: Vec<Self> = Vec::new();
        for at in sentence.tokens.clone() {
            // Of `may need to renew` the first modal counts, of the same head.
            let chained = found.last().is_some_and(|last| at <= last.head && last.at < at);
            if !chained && let Some(modal) = Self::at(reading, sentence, at) {
                found.push(modal);
            }
        }
        found
    }

    fn at(reading: &Reading, sentence: &Sentence, at: usize) -> Option<Self> {
        let token = &reading.tokens[at];
        let word = reading.stem(token);
        let next = |at: usize| Some(at + 1).filter(|next| sentence.tokens.contains(next));
        let is = |at: usize, words: &str| listed(words, reading.stem(&reading.tokens[at]));
        let before =
            (sentence.tokens.start..at).rev().take(2).take_while(|at| !reading.tokens[*at + 1].apart);
        let denied = before.clone().any(|at| reading.tokens[at].sense.denies());
        if let Some(force) = force(VERBS, word) {
            let after = next(at).is_some_and(|next| reading.tokens[next].sense.denies());
            // `nu trebuie` is both `must not` and `need not`.
            if denied && word == "trebuie" {
                return None;
            }
            let head = head_after(reading, sentence, at)?;
            let passive =
                (at..head).any(|at| is(at, "be")) && reading.stem(&reading.tokens[head]).ends_with("ed");
            let person = (at > sentence.tokens.start) && is(at - 1, PEOPLE);
            return Some(Self { force, denied: denied || after, at, head, tells: passive || person });
        }
        let to = |at: usize| next(at).filter(|next| is(*next, "to sa"));
        let spared = |force: Force| if denied && force == Force::Demanded { Force::Spared } else { force };
        let refused = |force: Force| denied && force != Force::Demanded;
        let modal = |force: Force, head: usize| Self {
            force: spared(force),
            denied: refused(force),
            at,
            head,
            tells: true,
        };
        if listed(BEFORE_TO, word) {
            let to = to(at)?;
            return head_after(reading, sentence, to).map(|head| modal(Force::Demanded, head));
        }
        let force = force(ADJECTIVES, word)?;
        if let Some(to) = to(at) {
            return head_after(reading, sentence, to).map(|head| modal(force, head));
        }
        // `registration is required`, or `the required documents`.
        let mut before = before;
        if before.any(|at| is(at, COPULAS)) {
            let back = (sentence.tokens.start..at).rev().take(REACH);
            let mut back = back.take_while(|at| !reading.tokens[*at + 1].apart);
            return back.find(|at| reading.tokens[*at].is_content()).map(|head| modal(force, head));
        }
        next(at).filter(|next| reading.tokens[*next].is_content()).map(|head| modal(force, head))
    }

    /// Whether a later word of its sentence is still under the modal, as the members of a list are.
    pub(in crate::score) fn governs(self, reading: &Reading, word: usize) -> bool {
        let between = reading.tokens.get(self.head..word).unwrap_or_default();
        self.at < self.head && !between.is_empty() && !between.iter().any(|t| t.opens || t.sense.parts())
    }

    /// Whether a sentence says of something that it need not be.
    pub(in crate::score) fn spares(reading: &Reading, sentence: &Sentence) -> bool {
        Self::of(reading, sentence).iter().any(|modal| modal.force == Force::Spared)
    }

    /// Whether two modals of one word say what cannot both be so. What can be done may be how it has to be done, so a claim
    /// that says `can` is held against nothing.
    pub(in crate::score) fn against(self, said: Self) -> bool {
        match (self.force, said.force) {
            // `may not` of a thing is no ban.
            (Force::Demanded, Force::Open) | (Force::Open, Force::Demanded) if self.denied && said.denied => {
                !self.tells && !said.tells
            }
            (Force::Demanded, Force::Open | Force::Spared | Force::Possible)
            | (Force::Open | Force::Spared, Force::Demanded) => !self.denied && !said.denied,
            _ => false,
        }
    }
}

/// The first word after a modal that it may be about, within its clause.
fn head_after(reading: &Reading, sentence: &Sentence, at: usize) -> Option<usize> {
    let tokens = (at + 1..sentence.tokens.end).take(REACH);
    let mut clause = tokens.take_while(|at| !reading.tokens[*at].apart && !reading.tokens[*at].sense.parts());
    let links = |at: usize| {
        let word = reading.stem(&reading.tokens[at]);
        let to = reading.tokens.get(at + 1).is_some_and(|next| listed("to sa", reading.stem(next)));
        to && (listed(BEFORE_TO, word) || force(ADJECTIVES, word).is_some())
    };
    clause.find(|at| Token::is_content(&reading.tokens[*at]) && !links(*at))
}

fn force(table: &[(Force, &str)], word: &str) -> Option<Force> {
    table.iter().find(|(_, words)| listed(words, word)).map(|(force, _)| *force)
}

fn listed(words: &str, word: &str) -> bool {
    words.split_ascii_whitespace().any(|own| own == word)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Vec<(Force, bool, String)> {
        let reading = Reading::new(text);
        let found = Modal::of(&reading, &reading.sentences[0]).into_iter();
        found.map(|m| (m.force, m.denied, reading.stem(&reading.tokens[m.head]).to_owned())).collect()
    }

    #[test]
    fn each_modal_has_its_head() {
        use Force::{Demanded, Open, Possible, Spared};
        for (text, force, denied, head) in [
            ("You must also register the bike.", Demanded, false, "register"),
            ("You have to register the bike.", Demanded, false, "register"),
            ("You do not need to register it.", Spared, false, "register"),
            ("Registration is required.", Demanded, false, "registration"),
            ("Registration is not mandatory.", Spared, false, "registration"),
            ("You are required to register.", Demanded, false, "register"),
            ("The optional insurance covers theft.", Open, false, "insurance"),
            ("The fabric may not be waterproof.", Open, true, "waterproof"),
            ("Prices can vary.", Possible, false, "vary"),
            ("You may need to renew it.", Open, false, "renew"),
            ("You must need help.", Demanded, false, "need"),
            ("Trebuie să înregistrați bicicleta.", Demanded, false, "inregistrati"),
            ("Nu este nevoie să înregistrați bicicleta.", Spared, false, "inregistrati"),
            ("Asigurarea este opțională.", Open, false, "asigurarea"),
            ("Puteți returna bicicleta.", Possible, false, "returna"),
        ] {
            assert_eq!(of(text), [(force, denied, head.to_owned())], "{text}");
        }
        for none in ["Nu trebuie să plătiți.", "We have two shops.", "It is blue.", "You must."] {
            assert_eq!(of(none), [], "{none}");
        }
    }
}
