//! What a sentence denies and what it demands, clause by clause.
//!
//! A denial reaches over the next words of its clause. Two sentences about the same thing differ
//! where one denies words that the other states plainly.

use crate::score::reading::{Reading, Sentence, WordId, WordMap};

/// Content words after a denial that it denies, and after the denial of a thing.
const REACH: usize = 4;
const THING_REACH: usize = 2;
/// Content words that two sentences share before they are held against each other.
const LEAST_SHARED: usize = 2;

/// How far a word is denied in a sentence that may have it more than once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stated {
    Plainly,
    Denied,
    /// Both, in different places.
    Either,
}

/// One way in which two sentences speak against each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::score) enum Flip {
    /// One denies what the other states.
    Negation,
    /// One demands what the other leaves open.
    Modality,
}

impl Flip {
    /// The name used in notes.
    pub(in crate::score) fn name(self) -> &'static str {
        match self {
            Flip::Negation => "negation",
            Flip::Modality => "modality",
        }
    }
}

/// A sentence by its content words.
#[derive(Debug, Clone, Default)]
pub(in crate::score) struct Clauses {
    stated: WordMap<Stated>,
    demands: bool,
    allows: bool,
}

impl Clauses {
    /// Reads a sentence; `same` gives each word the name it has in the other text.
    pub(in crate::score) fn of(
        reading: &Reading,
        sentence: &Sentence,
        same: impl Fn(&super::Token) -> WordId,
    ) -> Self {
        let mut read = Self::default();
        let tokens = reading.of(sentence);
        let mut left = 0;
        for (at, token) in tokens.iter().enumerate() {
            if token.apart || token.opens || token.sense.parts() {
                left = 0;
            }
            if token.sense.denies() {
                let spared = tokens.get(at + 1).is_some_and(|next| next.sense.is_spared() && !next.apart);
                // Two denials of one thing (`nu ... niciodată`) are one in Romanian, and rare in English.
                left = match (spared, token.sense.denies_a_thing()) {
                    (true, _) => 0,
                    (false, true) => THING_REACH,
                    (false, false) => REACH,
                };
                continue;
            }
            read.demands |= token.sense.demands() && left == 0;
            read.allows |= token.sense.allows() && left == 0;
            if !token.is_content() || token.sense.demands() {
                continue;
            }
            let now = if left > 0 { Stated::Denied } else { Stated::Plainly };
            left = left.saturating_sub(1);
            let known = read.stated.entry(same(token)).or_insert(now);
            if *known != now {
                *known = Stated::Either;
            }
        }
        read
    }

    /// Content words that both have.
    fn shared<'a>(&'a self, other: &'a Self) -> impl Iterator<Item = (Stated, Stated)> + 'a {
        self.stated.iter().filter_map(|(id, own)| Some((*own, *other.stated.get(id)?)))
    }

    /// How two sentences about the same thing speak against each other.
    pub(in crate::score) fn against(&self, other: &Self) -> Option<Flip> {
        let shared: Vec<_> = self.shared(other).collect();
        if shared.len() < LEAST_SHARED {
            return None;
        }
        let count = |a, b| shared.iter().filter(|pair| **pair == (a, b)).count();
        let both = count(Stated::Denied, Stated::Denied)
            + count(Stated::Denied, Stated::Either)
            + count(Stated::Either, Stated::Denied);
        // A denial counts where most of what it denies is what the other states.
        let denied = |side: &Self| side.stated.values().filter(|s| **s == Stated::Denied).count();
        let mine = count(Stated::Denied, Stated::Plainly);
        let theirs = count(Stated::Plainly, Stated::Denied);
        if both == 0 && (mine * 2 > denied(self) || theirs * 2 > denied(other)) {
            return Some(Flip::Negation);
        }
        // `can` and `must` often say the same in instructions, so only near twins are compared.
        let longer = self.stated.len().max(other.stated.len());
        let twins =
            both + mine + theirs == 0 && shared.len() * 4 >= longer * 3 && shared.len() > LEAST_SHARED;
        let demanded = |a: &Self, b: &Self| a.demands && !a.allows && b.allows && !b.demands;
        (twins && (demanded(self, other) || demanded(other, self))).then_some(Flip::Modality)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flip(a: &str, b: &str) -> Option<Flip> {
        let (a, b) = (Reading::new(a), Reading::new(b));
        let clauses = |r: &Reading| Clauses::of(r, &r.sentences[0], |t| t.id);
        let found = clauses(&a).against(&clauses(&b));
        assert_eq!(found, clauses(&b).against(&clauses(&a)));
        found
    }

    #[test]
    fn a_denial_against_a_statement_is_seen() {
        for (a, b) in [
            ("You can return opened batteries.", "You cannot return opened batteries."),
            ("The battery is covered by the warranty.", "The battery isn't covered by the warranty."),
            ("Bateria este acoperită de garanție.", "Bateria nu este acoperită de garanție."),
            ("You can return it without a receipt for the bike.", "Return the bike with a receipt."),
            ("The bank pays refunds quickly.", "The bank does not pay refunds quickly."),
        ] {
            assert_eq!(flip(a, b), Some(Flip::Negation), "{a} | {b}");
        }
    }

    #[test]
    fn agreement_is_no_flip() {
        for (a, b) in [
            (
                "You cannot return opened batteries.",
                "Opened batteries are not accepted when you return them, never.",
            ),
            ("Not only bikes but also batteries are covered.", "Bikes and batteries are covered."),
            (
                "Return the bike within 30 days, but not the battery.",
                "You can return the bike within 30 days.",
            ),
            ("You can no longer return batteries.", "You cannot return batteries anymore."),
            ("No. You can return the bike.", "You can return the bike."),
            (
                "Having no fear of rain and a strong battery, the bike rides on.",
                "The strong battery makes the bike ride on.",
            ),
            ("The service reads the word.", "Adding a word does not guarantee that the service is quick."),
            ("Don't hesitate to return the bike.", "You can return the bike."),
            ("No.", "Yes."),
        ] {
            assert_eq!(flip(a, b), None, "{a} | {b}");
        }
    }

    #[test]
    fn must_against_may_is_seen_between_twins_only() {
        assert_eq!(
            flip("You must register the bike online.", "You may register the bike online."),
            Some(Flip::Modality)
        );
        assert_eq!(
            flip(
                "To start a return, you must open the app and tap Orders.",
                "You can return the bike in the app."
            ),
            None
        );
    }
}
