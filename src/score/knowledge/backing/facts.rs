//! The checkable facts of an answer, each with the source that says it or the closest one that does not.

use std::collections::BTreeSet;
use std::ops::Range;

use crate::knowledge::Passage;
use crate::score::Evidence;
use crate::score::facts::{Fact, Value, extract};
use crate::score::knowledge::backing::known::contexts;
use crate::score::knowledge::backing::{Answer, Source};
use crate::score::reading::Token;
use crate::score::words::{Folded, Folding, fold};

/// Occurrences of ignored texts looked at before a fact; more never overlap in earnest.
const MOST_OVERLAPPING: usize = 32;

/// Facts looked at before a word; more never lie in one quotation in earnest.
const MOST_NESTED: usize = 8;

/// Characters of an answer that the ignored texts cover, and what those texts state.
#[derive(Default)]
pub(in crate::score) struct Ignored {
    spans: Vec<Range<usize>>,
    values: Vec<Value>,
}

impl Ignored {
    pub(in crate::score) fn new(texts: &[String], answer: &str) -> Self {
        if texts.is_empty() {
            return Self::default();
        }
        let answer = Folded::new(answer, Folding::Marks);
        let spans = texts.iter().flat_map(|text| {
            let found = answer.find_all(&fold(text.trim(), Folding::Marks));
            found.into_iter().map(|bytes| answer.chars(&bytes))
        });
        let mut spans: Vec<_> = spans.collect();
        spans.sort_by_key(|s| (s.start, s.end));
        let values = texts.iter().filter_map(|text| match extract(text).as_slice() {
            [only] => Some(only.value.clone()),
            _ => None,
        });
        Self { spans, values: values.collect() }
    }

    /// Whether an ignored text covers or states a fact.
    pub(in crate::score) fn covers(&self, fact: &Fact) -> bool {
        self.covers_span(&fact.span) || self.values.iter().any(|v| v.supports(&fact.value))
    }

    /// Whether an ignored text covers some characters of the answer.
    pub(in crate::score) fn covers_span(&self, span: &Range<usize>) -> bool {
        let before = self.spans.partition_point(|s| s.start <= span.start);
        let near = self.spans[..before].iter().rev().take(MOST_OVERLAPPING);
        near.into_iter().any(|s| span.end <= s.end)
    }
}

/// Facts of an answer, held against sources.
#[derive(Debug, Default)]
pub(in crate::score) struct Checked {
    /// One piece for each fact: `supported` or `unsupported`.
    pub(in crate::score) evidence: Vec<Evidence>,
    /// What no source says.
    pub(in crate::score) unsupported: Vec<String>,
}

impl Checked {
    /// How many there are.
    pub(in crate::score) fn total(&self) -> usize {
        self.evidence.len()
    }

    /// Where the facts stand, in order.
    pub(in crate::score) fn spans(&self) -> Vec<Range<usize>> {
        self.evidence.iter().filter_map(|e| e.span.clone()).collect()
    }

    /// Whether every fact that begins within some characters is supported.
    pub(in crate::score) fn all_supported(&self, within: &Range<usize>) -> bool {
        let start = |e: &Evidence| e.span.as_ref().map_or(0, |s| s.start);
        let first = self.evidence.partition_point(|e| start(e) < within.start);
        let mut inside = self.evidence[first..].iter().take_while(|e| start(e) < within.end);
        inside.all(|e| e.label == "supported")
    }

    /// Whether a word is part of a fact, and whether that is supported.
    pub(in crate::score) fn settles(&self, token: &Token) -> Option<bool> {
        let start = token.span.start;
        let before = self.evidence.partition_point(|e| e.span.as_ref().is_none_or(|s| s.start <= start));
        // A quotation may hold other facts, which come after it.
        let mut near = self.evidence[..before].iter().rev().take(MOST_NESTED);
        let fact = near.find(|e| e.span.as_ref().is_some_and(|s| s.contains(&start)))?;
        // The words of a quotation that is not there may be there one by one.
        let quoted =
            fact.quote.contains(char::is_whitespace) && !fact.quote.contains(|c: char| c.is_ascii_digit());
        let supported = fact.label == "supported";
        (supported || !quoted).then_some(supported)
    }

    /// How many a source says.
    pub(in crate::score) fn supported(&self) -> usize {
        self.evidence.len() - self.unsupported.len()
    }
}

/// Holds every fact of an answer against the sources, in order.
pub(in crate::score) fn check_facts(answer: &Answer, ignored: &Ignored, sources: &[Source<'_>]) -> Checked {
    let facts: Vec<Fact> = answer.facts().iter().filter(|f| !ignored.covers(f)).cloned().collect();
    let mut checked = Checked::default();
    let mut around: Option<Vec<BTreeSet<String>>> = None;
    for (at, fact) in facts.iter().enumerate() {
        let mut found = Evidence::new("supported", fact.text.as_str());
        found.span = Some(fact.span.clone());
        if let Some(source) = sources.iter().find(|s| s.known.supports(fact, s.passage)) {
            found.passage = source.passage.map(|p| p.id.clone());
            found.note = source.passage.is_none().then(|| source.speaker.to_owned());
        } else {
            "unsupported".clone_into(&mut found.label);
            let around = around.get_or_insert_with(|| contexts(&answer.text, &facts));
            let (passage, note) = closest(sources, fact, &around[at]);
            found.passage = passage;
            found.note = Some(note);
            checked.unsupported.push(format!("`{}`", fact.text));
        }
        checked.evidence.push(found);
    }
    checked
}

/// The passage's fact of the same kind whose sentence shares most words with the fact's own.
fn closest(sources: &[Source<'_>], fact: &Fact, around: &BTreeSet<String>) -> (Option<String>, String) {
    let mut best: Option<(usize, &Passage, &Fact)> = None;
    for (passage, source) in sources.iter().filter_map(|s| Some((s.passage?, s))) {
        let stated = source.known.stated();
        for (other, words) in stated.facts.iter().zip(&stated.contexts) {
            let shared = words.intersection(around).count();
            if other.kind == fact.kind && best.is_none_or(|(most, ..)| shared > most) {
                best = Some((shared, passage, other));
            }
        }
    }
    match best {
        Some((_, passage, other)) => {
            (Some(passage.id.clone()), format!("the passage `{}` says {}", passage.id, other.text))
        }
        None if sources.iter().all(|s| s.passage.is_none()) => (None, "no passage was given".to_owned()),
        None => (None, format!("no passage states any {}", fact.kind.name())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fact_is_checked_in_its_place() {
        let sources: Vec<Source<'_>> =
            Source::said("from the customer", "order VC-1234").into_iter().collect();
        let checked = check_facts(&Answer::of("Order VC-1234 costs €5."), &Ignored::default(), &sources);
        assert_eq!((checked.total(), checked.supported()), (2, 1));
        assert_eq!(checked.unsupported, ["`€5`"]);
        assert_eq!(checked.evidence[1].span, Some(20..22));
        assert!(checked.all_supported(&(0..20)) && !checked.all_supported(&(14..30)));
    }

    #[test]
    fn ignored_texts_cover_their_places_and_values() {
        let ignored = Ignored::new(&["24/7".to_owned(), "€5".to_owned()], "We are here 24/7 for 5 EUR.");
        assert!(ignored.covers_span(&(12..16)) && !ignored.covers_span(&(0..2)));
        assert_eq!(check_facts(&Answer::of("We are here 24/7 for 5 EUR."), &ignored, &[]).total(), 0);
    }
}
