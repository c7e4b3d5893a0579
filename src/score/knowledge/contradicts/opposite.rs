//! Words that say the opposite of each other: a list of pairs, and words that a prefix denies (`available`,
//! `unavailable`).

use std::sync::LazyLock;

use crate::score::reading::{Index, Reading, Sentence, Token, WordId, WordMap, WordSet, hash};

/// English, then Romanian, folded; each line has words of one side and of the other.
const PAIRS: &[(&str, &str)] = &[
    ("included includes include", "excluded excludes exclude"),
    ("free", "paid chargeable"),
    ("open opened opens", "closed closes close sealed"),
    ("allowed allows permitted allow", "forbidden forbids prohibited banned prohibits"),
    ("enabled enable enables", "disabled disable disables"),
    ("increase increases increased raise", "decrease decreases decreased reduce lower"),
    ("public", "private"),
    ("add adds added", "remove removes removed"),
    ("high higher highest", "low lower lowest"),
    ("inside indoor", "outside outdoor"),
    ("same identical", "different"),
    ("automatic automatically", "manual manually"),
    ("first", "last"),
    ("minimum", "maximum"),
    ("accept accepted accepts", "reject rejected refuse refused decline declined"),
    ("approve approved", "deny denied"),
    ("online", "offline"),
    ("temporary temporarily", "permanent permanently"),
    ("start starts begin begins", "end ends finish finishes stop stops"),
    ("early earlier", "late later"),
    ("large larger big", "small smaller"),
    ("cheap cheaper", "expensive"),
    ("fast faster quick", "slow slower"),
    ("success successful succeeds", "failure fails failed"),
    ("deschis deschisa deschise", "inchis inchisa inchise"),
    ("permis permisa permise", "interzis interzisa interzise"),
    ("inclus inclusa incluse", "exclus exclusa excluse"),
    ("gratuit gratuita gratuite", "platit platita taxabil"),
    ("activ activa", "inactiv inactiva dezactivat"),
    ("primul prima", "ultimul ultima"),
    ("maxim maxima", "minim minima"),
    ("accepta acceptat", "refuza refuzat respinge respins"),
];

/// Prefixes that deny the rest of a word, which has at least so many letters.
const PREFIXES: [&str; 7] = ["un", "in", "im", "non", "dis", "ne", "ir"];
const LEAST_LETTERS: usize = 5;

static OPPOSITES: LazyLock<WordMap<Vec<WordId>>> = LazyLock::new(|| {
    let ids = |words: &str| -> Vec<WordId> { Reading::new(words).tokens.iter().map(|t| t.id).collect() };
    let mut table: WordMap<Vec<WordId>> = WordMap::default();
    for (one, other) in PAIRS {
        let (one, other) = (ids(one), ids(other));
        for (own, against) in [(&one, &other), (&other, &one)] {
            own.iter().for_each(|id| table.entry(*id).or_default().extend(against));
        }
    }
    table
});

/// A word of a claim whose opposite a sentence has in its place: the claim has no such word, the sentence not the
/// claim's one.
pub(super) fn find<'t>(
    (reading, claim): (&'t Reading, &Sentence),
    (index, said): (&Index, &Sentence),
) -> Option<(&'t Token, String)> {
    let own: WordSet = reading.of(claim).iter().map(|t| t.id).collect();
    let theirs: WordSet = index.reading.of(said).iter().map(|t| t.id).collect();
    let there =
        |t: &Token| theirs.contains(&t.id) || index.find(reading, t).is_some_and(|id| theirs.contains(&id));
    for token in reading.of(claim).iter().filter(|t| t.is_content() && !there(t)) {
        let listed = OPPOSITES.get(&token.id).into_iter().flatten().copied();
        let bare = denied(reading.stem(token)).map(|rest| hash(rest.as_bytes()));
        for opposite in listed.chain(bare).filter(|id| !own.contains(id)) {
            if let Some(word) = index.reading.of(said).iter().find(|t| t.id == opposite) {
                return Some((token, index.reading.stem(word).to_owned()));
            }
        }
        let prefixed = |t: &&Token| denied(index.reading.stem(t)) == Some(reading.stem(token));
        if let Some(word) = index.reading.of(said).iter().filter(|t| !own.contains(&t.id)).find(prefixed) {
            return Some((token, index.reading.stem(word).to_owned()));
        }
    }
    None
}

/// What a prefix denies.
fn denied(stem: &str) -> Option<&str> {
    let rest = PREFIXES.iter().find_map(|prefix| stem.strip_prefix(prefix))?;
    (rest.chars().count() >= LEAST_LETTERS).then_some(rest)
}
