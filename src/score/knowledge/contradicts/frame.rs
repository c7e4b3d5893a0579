//! Facts by the words around them: another number in the same words, and the same number with its bound turned round.

use crate::score::facts::{Fact, FactKind, Value};
use crate::score::knowledge::backing::{Source, comparable};
use crate::score::pattern::Pattern;
use crate::score::reading::{Index, Reading, WordId, WordSet};
use crate::score::words::{Folding, fold};

/// Words on each side of a fact that tell what it is about.
const AROUND: usize = 6;
/// Content words among them that both texts have, and their least share of the claim's.
const LEAST_SHARED: usize = 2;
const LEAST_SHARE: f64 = 0.5;
/// Characters before and after a number in which its bound is looked for.
const REACH: usize = 24;

static LEAST: Pattern = Pattern::latin(
    r"(?:at least|(?:no|not) (?:less|fewer|earlier) than|more than|over|above|longer than|after|minimum(?: of)?|cel putin|peste|mai mult de|minim(?:um)?(?: de)?|dupa)\s*[^\w\s]*$",
);
static MOST: Pattern = Pattern::latin(
    r"(?:at most|(?:no|not) (?:more|later) than|less than|fewer than|under|below|up to|before|maximum(?: of)?|cel mult|pana la|sub|mai putin de|maxim(?:um)?(?: de)?|inainte de)\s*[^\w\s]*$",
);

/// How the fact of a passage stands against that of a claim.
pub(super) struct Against<'a> {
    pub(super) source: &'a Source<'a>,
    /// The passage's fact.
    pub(super) fact: &'a Fact,
    /// How they differ, for a reader.
    pub(super) how: String,
}

/// A fact that no source states, where a source states another one in the same words and the answer (all of whose
/// facts are `said`) does not.
pub(super) fn other<'a>(
    claim: &Fact,
    reading: &Reading,
    said: &[Fact],
    sources: &'a [Source<'a>],
) -> Option<Against<'a>> {
    let telling =
        !matches!(claim.kind, FactKind::Url | FactKind::Email | FactKind::Article | FactKind::Quotation);
    if !telling || sources.iter().any(|source| source.known.supports(claim, source.passage)) {
        return None;
    }
    let mut best: Option<(usize, Against<'a>)> = None;
    for (source, fact, shared) in framed(claim, reading, sources) {
        let rival = comparable(claim, fact) && !said.iter().any(|own| fact.value.supports(&own.value));
        if rival && best.as_ref().is_none_or(|(most, _)| shared > *most) {
            let how = format!("{} against {}", claim.text, fact.text);
            best = Some((shared, Against { source, fact, how }));
        }
    }
    best.map(|(_, against)| against)
}

/// A number whose bound a source turns round (`at least 30 days`, `at most 30 days`), and none states as the claim does.
pub(super) fn turned<'a>(
    claim: &Fact,
    text: &str,
    reading: &Reading,
    sources: &'a [Source<'a>],
) -> Option<Against<'a>> {
    let own = Bound::of(text, claim)?;
    let mut found = None;
    for (source, fact, _) in framed(claim, reading, sources) {
        if !fact.value.supports(&claim.value) {
            continue;
        }
        match Bound::of(source.known.text(), fact) {
            Some(theirs) if theirs != own => {
                let how = format!("{} {} against {} {}", own.name(), claim.text, theirs.name(), fact.text);
                found.get_or_insert(Against { source, fact, how });
            }
            _ => return None,
        }
    }
    found
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Bound {
    Least,
    Most,
}

impl Bound {
    /// The bound that stands before an amount, a date or a time.
    fn of(text: &str, fact: &Fact) -> Option<Self> {
        if !matches!(fact.value, Value::Amount { .. } | Value::Date(_) | Value::TimeOfDay(_)) {
            return None;
        }
        let from = fact.span.start.saturating_sub(REACH);
        let before: String = text.chars().skip(from).take(fact.span.start - from).collect();
        let before = fold(&before, Folding::Marks);
        match (LEAST.is_match(&before), MOST.is_match(&before)) {
            (true, false) => Some(Self::Least),
            (false, true) => Some(Self::Most),
            _ => None,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Least => "at least",
            Self::Most => "at most",
        }
    }
}

/// The facts of sources that stand in the words in which a claim stands, and how many content words both have.
fn framed<'a>(
    claim: &Fact,
    reading: &Reading,
    sources: &'a [Source<'a>],
) -> Vec<(&'a Source<'a>, &'a Fact, usize)> {
    let mut found = Vec::new();
    for source in sources {
        let index = &source.known.index;
        let own = around(claim, reading, |at| index_id(index, reading, at));
        if own.len() < LEAST_SHARED {
            continue;
        }
        for fact in &source.known.stated().facts {
            let theirs = around(fact, &index.reading, |at| index.reading.tokens[at].id);
            let shared = own.intersection(&theirs).count();
            if shared >= LEAST_SHARED && shared as f64 >= LEAST_SHARE * own.len() as f64 {
                found.push((source, fact, shared));
            }
        }
    }
    found
}

/// A word of the answer by the name that it has in a source.
fn index_id(index: &Index, reading: &Reading, at: usize) -> WordId {
    let token = &reading.tokens[at];
    index.find(reading, token).unwrap_or(token.id)
}

/// The content words around a fact in its sentence, numbers left out.
fn around(fact: &Fact, reading: &Reading, id: impl Fn(usize) -> WordId) -> WordSet {
    let at = reading.sentences.partition_point(|s| s.span.end <= fact.span.start);
    let Some(sentence) = reading.sentences.get(at) else { return WordSet::default() };
    let first = reading.tokens.partition_point(|t| t.span.start < fact.span.start);
    let after = reading.tokens.partition_point(|t| t.span.start < fact.span.end);
    let before = first.saturating_sub(AROUND).max(sentence.tokens.start)..first;
    let behind = after..(after + AROUND).min(sentence.tokens.end);
    let telling = |at: &usize| {
        let token = &reading.tokens[*at];
        token.is_content() && !token.sense.is_number()
    };
    before.chain(behind).filter(telling).map(id).collect()
}
