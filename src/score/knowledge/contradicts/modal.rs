//! What the answer demands and a passage leaves open, or the other way round.
//!
//! Two modals are about the same where they govern the same word among the same others, or different words (`submit`,
//! `file`) that the same others follow.

use std::collections::BTreeSet;
use std::ops::Range;

use crate::score::knowledge::backing::Source;
use crate::score::knowledge::contradicts::Contradiction;
use crate::score::reading::{Alignment, Force, Index, Modal, Reading, Sentence, Token, WordId, WordSet};

/// Words on each side of a head that tell what it is about.
const AROUND: usize = 10;
/// Content words among them that both have, and their least share of those of the claim.
const LEAST_SHARED: usize = 2;
const LEAST_SHARE: f64 = 0.5;
/// The same behind two heads that differ, as a share of the fewer words.
const MORE_SHARED: usize = 3;
const MORE_SHARE: f64 = 0.6;
/// Share of a claim's content words in a sentence that is looked at though it has another head.
const NEAR: f64 = 0.25;

/// A modal of the claim that passages turn round, where none says the same in as many of its words.
pub(super) fn turned<'a>(
    reading: &Reading,
    claim: &Sentence,
    sources: &'a [Source<'a>],
) -> Option<Contradiction<'a>> {
    let modals = Modal::of(reading, claim);
    modals.into_iter().filter(|modal| modal.force != Force::Possible).find_map(|modal| {
        let (mut against, mut agreed): (Option<(usize, Contradiction<'a>)>, usize) = (None, 0);
        for source in sources {
            let index = &source.known.index;
            let asked = Asked::new(reading, claim, modal, index);
            for said in asked.related() {
                match asked.held_against(said) {
                    Some((shared, false)) => agreed = agreed.max(shared),
                    Some((shared, true)) if against.as_ref().is_none_or(|(most, _)| shared > *most) => {
                        let (span, how) = (claim.span.clone(), "modality".to_owned());
                        against =
                            Some((shared, Contradiction { span, how, source, said: said.span.clone() }));
                    }
                    _ => {}
                }
            }
        }
        against.filter(|(shared, _)| *shared > agreed).map(|(_, found)| found)
    })
}

/// A modal of a claim, in the words of a text that is asked.
struct Asked<'r> {
    index: &'r Index,
    modal: Modal,
    head: Option<WordId>,
    around: WordSet,
    behind: WordSet,
    /// Sentences that have the head, or much of the claim.
    places: BTreeSet<usize>,
}

impl<'r> Asked<'r> {
    fn new(reading: &Reading, claim: &Sentence, modal: Modal, index: &'r Index) -> Self {
        let head = index.find(reading, &reading.tokens[modal.head]);
        let id = |t: &Token| index.find(reading, t).unwrap_or(t.id);
        let mut places: BTreeSet<usize> = BTreeSet::new();
        places.extend(head.iter().flat_map(|head| index.places(*head)).map(|place| *place as usize));
        places.extend(Alignment::of(index, reading, claim).at_least(NEAR));
        let around = words(reading, around(claim, modal.head), modal.head, id);
        let behind = words(reading, behind(claim, modal.head), modal.head, id);
        Self { index, modal, head, around, behind, places }
    }

    fn related(&self) -> impl Iterator<Item = &'r Sentence> {
        let sentences = &self.index.reading.sentences;
        self.places.iter().filter_map(|place| sentences.get(*place)).filter(|said| !said.asks)
    }

    /// How many words the modal shares with a sentence that is about the same, and whether that turns it round.
    fn held_against(&self, said: &Sentence) -> Option<(usize, bool)> {
        let reading = &self.index.reading;
        let modals = Modal::of(reading, said);
        let is_head = |at: &usize| Some(reading.tokens[*at].id) == self.head;
        if let Some(at) = said.tokens.clone().find(is_head) {
            let shared = self.around.intersection(&words(reading, around(said, at), at, |t| t.id)).count();
            let enough = shared >= LEAST_SHARED.min(self.around.len())
                && shared as f64 >= LEAST_SHARE * self.around.len() as f64;
            let mut own: Vec<&Modal> = modals.iter().filter(|other| is_head(&other.head)).collect();
            if own.is_empty() {
                own.extend(modals.iter().rfind(|other| other.governs(reading, at)));
            }
            // A plain statement agrees: much that must be done is told without a modal.
            let turns = !own.is_empty() && own.iter().all(|other| self.modal.against(**other));
            return enough.then_some((shared, turns));
        }
        let of_modal = |other: &Modal| {
            let theirs = words(reading, behind(said, other.head), other.head, |t| t.id);
            let shared = self.behind.intersection(&theirs).count();
            let fewer = theirs.len().min(self.behind.len());
            let enough = shared >= MORE_SHARED && shared as f64 >= MORE_SHARE * fewer as f64;
            enough.then(|| (shared, self.modal.against(*other)))
        };
        modals.iter().filter_map(of_modal).max_by_key(|(shared, turns)| (*shared, !turns))
    }
}

/// The words on both sides of a head in its sentence.
fn around(sentence: &Sentence, head: usize) -> Range<usize> {
    head.saturating_sub(AROUND).max(sentence.tokens.start)..behind(sentence, head).end
}

/// The words behind a head in its sentence.
fn behind(sentence: &Sentence, head: usize) -> Range<usize> {
    head..(head + AROUND + 1).min(sentence.tokens.end)
}

/// Content words but a head, numbers and what demands.
fn words(reading: &Reading, range: Range<usize>, head: usize, id: impl Fn(&Token) -> WordId) -> WordSet {
    let telling = |at: &usize| {
        let token = &reading.tokens[*at];
        *at != head && token.is_content() && !token.sense.is_number() && !token.sense.demands()
    };
    range.filter(telling).map(|at| id(&reading.tokens[at])).collect()
}

#[cfg(test)]
mod tests {
    use crate::score::testing::Setup;

    fn found(answer: &str) -> Vec<String> {
        let setup = Setup::of("contradicts", "")
            .given(
                "bike#top",
                "If you move, you must tell us your new address before the next delivery. Insurance is optional for riders \
                 of a city bike. The cover may not be waterproof in heavy rain. You may ask a colleague in the shop for help with the saddle.",
            )
            .source(
                "ro",
                "Pentru a returna bicicleta trebuie să completați formularul de retur online. Asigurarea bicicletei \
                 este facultativă pentru abonații noi. Nu este nevoie să păstrați ambalajul bicicletei după livrare.",
            );
        setup.score(answer).evidence.into_iter().filter_map(|e| e.note).collect()
    }

    #[test]
    fn a_demand_made_a_choice_is_seen_in_a_sentence_put_otherwise() {
        for answer in [
            "You may tell us about a new address before the next delivery reaches you.",
            "For riders of city bikes the insurance is required.",
            "In heavy rain the cover must not be waterproof.",
            "You must ask one of the colleagues in our shop when you need help with your saddle.",
            "Completarea formularului de retur online este opțională.",
            "Asigurarea bicicletei este obligatorie pentru noii abonați.",
            "Trebuie să păstrați ambalajul bicicletei după livrare.",
        ] {
            assert!(!found(answer).is_empty(), "{answer}");
        }
        assert!(found("For riders of city bikes the insurance is required.")[0].starts_with("modality"));
    }

    #[test]
    fn the_same_in_other_words_is_none() {
        for answer in [
            "You have to tell us the new address before your next delivery.",
            "Tell us your new address before the next delivery.",
            "You can tell us about another address by phone or in the app; do it before your next delivery.",
            "Riders of a city bike do not need insurance; it is voluntary.",
            "In heavy rain the cover might not be waterproof.",
            "Formularul de retur este obligatoriu pentru a returna bicicleta.",
            "Puteți completa formularul de retur online.",
            "Ambalajul bicicletei nu este necesar după livrare.",
        ] {
            assert_eq!(found(answer), [""; 0], "{answer}");
        }
    }
}
