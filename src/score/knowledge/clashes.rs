//! What two passages say of the same and cannot both be right about: amounts, dates, ways to reach somebody, and what one
//! denies and the other states.
//!
//! Sentences are held against each other as `contradicts` does with an answer. Articles are written in patterns, so two
//! sentences are about the same only where most of their words are, and where neither passage names or is headed by
//! something that the other does not speak of: prices of two products are no contradiction.

use std::sync::LazyLock;

use crate::knowledge::Passage;
use crate::score::facts::{Fact, FactKind, Value};
use crate::score::knowledge::backing::{Answer, Known, Source};
use crate::score::knowledge::contradicts::Compared;
use crate::score::reading::{Reading, Sentence, Token, WordSet};

/// Words that two sentences share at least.
const LEAST_SHARED: usize = 3;
/// Characters of a sentence that are shown.
const SHOWN: usize = 120;
/// Small words that say when or where a sentence holds: with other ones it speaks of another case.
const CONDITIONS: &str = "if unless until when while after before during without outside except only other otherwise than \
    within from between instead either dacă decât până când după înainte fără afara doar numai alt alte altă altfel";

/// Words for a part of many: what holds for some of them does not deny what holds for others.
const PARTS: &str = "some certain many most few unii unele anumiți anumite câțiva câteva mulți multe";

static PART_IDS: LazyLock<WordSet> = LazyLock::new(|| Reading::new(PARTS).ids());
static CONDITION_IDS: LazyLock<WordSet> = LazyLock::new(|| Reading::new(CONDITIONS).ids());

/// Something that one passage says and another one says otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clash {
    /// `amount`, `date`, `time`, `contact`, `negation` or `modality`.
    pub kind: &'static str,
    /// What the first passage says: a fact, or a sentence.
    pub own: String,
    /// What the other one says.
    pub other: String,
}

/// Where two passages cannot both be right.
pub fn clashes(one: &Passage, other: &Passage) -> Vec<Clash> {
    let read = Answer::of(&one.text);
    let (own, theirs) = (Known::of_passage(one), Known::of_passage(other));
    let (all_own, all_theirs) = (own.index.reading.ids(), theirs.index.reading.ids());
    // `City plan` and `Plus plan` are headed alike and about two things.
    let (head, their_head) = (about(one), about(other));
    let apart = !head.is_subset(&all_theirs) && !their_head.is_subset(&all_own);
    let parallel = one.heading == other.heading && head != their_head;
    let (own_names, their_names) = (all_names(one), all_names(other));
    let named = !own_names.is_subset(&all_theirs) && !their_names.is_subset(&all_own);
    if named || (apart || parallel) && !head.is_disjoint(&their_head) {
        return Vec::new();
    }
    let sources = [Source { passage: Some(other), speaker: "", known: theirs }];
    let (reading, their_text) = (read.reading(), sources[0].known.text());
    let their_reading = &sources[0].known.index.reading;
    let (letters, their_letters) = (letters(&one.text), letters(their_text));
    let mut found = Vec::new();
    for claim in reading.sentences.iter().filter(|s| !s.asks) {
        let Some(compared) = Compared::new(reading, claim, &sources) else { continue };
        let Some(said) = compared.closest() else { continue };
        let (a, b) = (words(reading, claim), words(their_reading, said));
        let (shared, most) = (a.intersection(&b).count(), a.len().max(b.len()));
        let alike = shared >= LEAST_SHARED && 3 * shared >= 2 * most;
        let twins = alike && 5 * shared >= 4 * most;
        let named = names(&letters, reading, claim).is_subset(&all_theirs)
            || names(&their_letters, their_reading, said).is_subset(&all_own);
        if !alike || !named {
            continue;
        }
        let facts = |kinds: &[FactKind]| -> Vec<Fact> {
            read.facts().iter().filter(|fact| kinds.contains(&fact.kind)).cloned().collect()
        };
        let measured: Vec<Fact> = read.facts().iter().filter(|fact| is_measured(fact)).cloned().collect();
        let mut kinds = vec![("amount", measured)];
        // Bare numbers count too many things to be compared, and dates and times are many in one article.
        if twins {
            kinds.extend([("date", facts(&[FactKind::Date])), ("time", facts(&[FactKind::TimeOfDay]))]);
        }
        let fact = kinds.iter().find_map(|(kind, facts)| {
            let (_, how) = compared.other_fact(reading, facts)?;
            let (own, other) = how.split_once(" against ")?;
            Some(Clash { kind, own: own.to_owned(), other: other.to_owned() })
        });
        let contact = || {
            let stated = &sources[0].known.stated().facts;
            twins.then(|| other_contact((read.facts(), claim), (stated, said))).flatten()
        };
        let flip = || {
            let same = conditions(reading, claim) == conditions(their_reading, said);
            let whole = !in_part(reading, claim) && !in_part(their_reading, said);
            let flip = compared.flip(reading).filter(|_| twins && same && whole)?;
            let quoted =
                |text: &str, sentence: &Sentence| format!("\u{201c}{}\u{201d}", quote(text, sentence));
            Some(Clash { kind: flip.name(), own: quoted(&one.text, claim), other: quoted(their_text, said) })
        };
        found.extend(fact.or_else(contact).or_else(flip));
    }
    found
}

/// Whether a fact is an amount of something: a price, a share, a time limit, a measure.
fn is_measured(fact: &Fact) -> bool {
    matches!(&fact.value, Value::Amount { unit: Some(_), .. })
}

/// The one address or number of a sentence by which somebody is reached, where the other sentence has another one.
fn other_contact((own, claim): (&[Fact], &Sentence), (theirs, said): (&[Fact], &Sentence)) -> Option<Clash> {
    let only = |facts: &[Fact], sentence: &Sentence, kind: FactKind| {
        let mut inside = facts.iter().filter(|f| f.kind == kind && sentence.span.contains(&f.span.start));
        let first = inside.next().cloned();
        first.filter(|_| inside.next().is_none())
    };
    [FactKind::Email, FactKind::Phone, FactKind::Url].into_iter().find_map(|kind| {
        let (own, other) = (only(own, claim, kind)?, only(theirs, said, kind)?);
        let same = own.value.supports(&other.value) || other.value.supports(&own.value);
        (!same).then(|| Clash { kind: "contact", own: own.text.clone(), other: other.text.clone() })
    })
}

/// The small words by which a sentence holds for some cases only.
fn conditions(reading: &Reading, sentence: &Sentence) -> WordSet {
    reading.of(sentence).iter().map(|t| t.id).filter(|id| CONDITION_IDS.contains(id)).collect()
}

/// Whether a sentence speaks of some only.
fn in_part(reading: &Reading, sentence: &Sentence) -> bool {
    reading.of(sentence).iter().any(|t| PART_IDS.contains(&t.id))
}

fn quote(text: &str, sentence: &Sentence) -> String {
    let shown = text.chars().skip(sentence.span.start).take(sentence.span.len().min(SHOWN));
    let shown: String = shown.collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ");
    if sentence.span.len() > SHOWN { format!("{shown}…") } else { shown }
}

/// What a passage names: words with a capital letter in its title and inside its sentences.
fn all_names(passage: &Passage) -> WordSet {
    let (title, text) = (Reading::new(&passage.title), Reading::new(&passage.text));
    let mut all = WordSet::default();
    for (text, reading) in [(&passage.title, &title), (&passage.text, &text)] {
        let letters = letters(text);
        all.extend(reading.sentences.iter().flat_map(|sentence| names(&letters, reading, sentence)));
    }
    all
}

/// The content words of a sentence, numbers left out.
fn words(reading: &Reading, sentence: &Sentence) -> WordSet {
    reading.of(sentence).iter().filter(|t| t.is_content() && !t.sense.is_number()).map(|t| t.id).collect()
}

/// What a passage is headed by.
fn about(passage: &Passage) -> WordSet {
    let head = Reading::new(&format!("{}\n{}", passage.title, passage.heading));
    head.tokens.iter().filter(|t| t.is_content()).map(|t| t.id).collect()
}

/// Places of words count characters; a text is taken apart once for all of its sentences.
fn letters(text: &str) -> Vec<char> {
    text.chars().collect()
}

/// Words of a sentence that are written with a capital letter inside it, given the letters of the whole text.
fn names(letters: &[char], reading: &Reading, sentence: &Sentence) -> WordSet {
    let capital = |t: &Token| letters.get(t.span.start).is_some_and(|c| c.is_uppercase());
    let inside = reading.of(sentence).iter().skip(1);
    inside.filter(|t| t.is_content() && !t.opens && capital(t)).map(|t| t.id).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fingerprint::Fingerprint;
    use crate::knowledge::Visibility;

    fn passage(id: &str, text: &str) -> Passage {
        Passage {
            id: format!("{id}#top"),
            article: id.to_owned(),
            title: "Returns".to_owned(),
            heading: String::new(),
            text: text.to_owned(),
            url: None,
            visibility: Visibility::Public,
            updated: None,
            hash: Fingerprint::of(text),
        }
    }

    fn of(a: &str, b: &str) -> Vec<String> {
        let (a, b) = (passage("a", a), passage("b", b));
        let shown = |c: Clash| format!("{}: {} / {}", c.kind, c.own, c.other);
        clashes(&a, &b).into_iter().map(shown).collect()
    }

    #[test]
    fn every_kind_is_seen() {
        for (a, b, kind) in [
            (
                "You can return the bike within 30 days of delivery.",
                "You can return the bike within 14 days of delivery.",
                "amount: 30 days / 14 days",
            ),
            (
                "Members pay 10 % less for every repair.",
                "Members pay 20% less for every repair.",
                "amount: 10 % / 20%",
            ),
            (
                "The winter pause begins on 1 December 2026 for all plans.",
                "The winter pause begins on 15 December 2026 for all plans.",
                "date: 1 December 2026 / 15 December 2026",
            ),
            (
                "The repair shop opens at 9:00 on weekdays.",
                "The repair shop opens at 10:00 on weekdays.",
                "time: 9:00 / 10:00",
            ),
            (
                "Write about damaged parcels to help@volta.example please.",
                "Write about damaged parcels to care@volta.example please.",
                "contact: help@volta.example / care@volta.example",
            ),
            (
                "Call the care team on +43 1 555 0100 about damaged parcels.",
                "Call the care team on +43 1 555 0199 about damaged parcels.",
                "contact: +43 1 555 0100 / +43 1 555 0199",
            ),
            (
                "Opened batteries can be returned to the shop.",
                "Opened batteries cannot be returned to the shop.",
                "negation: “Opened batteries can be returned to the shop.” / “Opened batteries cannot be returned to the shop.”",
            ),
            (
                "You must register the new bike online.",
                "You may register the new bike online.",
                "modality: “You must register the new bike online.” / “You may register the new bike online.”",
            ),
            (
                "Garanția acoperă bateria bicicletei.",
                "Garanția nu acoperă bateria bicicletei.",
                "negation: “Garanția acoperă bateria bicicletei.” / “Garanția nu acoperă bateria bicicletei.”",
            ),
        ] {
            assert_eq!(of(a, b), [kind], "{a} | {b}");
        }
    }

    #[test]
    fn what_agrees_or_speaks_of_another_case_is_none() {
        for (a, b) in [
            ("You can return the bike within 30 days.", "You can return the bike within thirty days."),
            ("You can return the bike within 30 days.", "You cannot return the bike after 30 days."),
            (
                "Opened batteries can be returned if they are faulty.",
                "Opened batteries cannot be returned to the shop.",
            ),
            ("Only opened batteries cannot be returned.", "Batteries can be returned when they are new."),
            ("Some shops do not take opened batteries back.", "Some shops take opened batteries back."),
            ("The shop is closed on 1 May.", "Parcels leave on 2 May."),
            ("See https://a.example/returns for returns.", "See https://a.example/repairs for repairs."),
            ("How long can you return it? 30 days.", "You can call us."),
        ] {
            assert_eq!(of(a, b), [""; 0], "{a} | {b}");
        }
    }
}
