//! Many patterns over one text: one pass finds which of them can match at all.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use regex::RegexSet;

use crate::case::Action;
use crate::score::pattern::Pattern;
use crate::score::support::literals::{Group, required};

/// The pattern of a phrase that marks an action.
#[derive(Debug)]
pub(super) struct Phrase {
    pub(super) action: Action,
    pub(super) pattern: Pattern,
}

/// Phrases that are looked for together. Nothing is compiled before the first text.
#[derive(Debug)]
pub(super) struct Phrases {
    list: Vec<Phrase>,
    sieve: OnceLock<Sieve>,
}

impl Phrases {
    pub(super) fn new(list: Vec<Phrase>) -> Self {
        Self { list, sieve: OnceLock::new() }
    }

    /// All of them.
    pub(super) fn list(&self) -> &[Phrase] {
        &self.list
    }

    /// Those that a text may contain, in their order: every one that it does contain, and few others.
    pub(super) fn possible<'p>(&'p self, text: &str) -> Vec<&'p Phrase> {
        if self.list.is_empty() {
            return Vec::new();
        }
        let sieve = self.sieve.get_or_init(|| Sieve::new(&self.list));
        let Some(set) = &sieve.set else { return self.list.iter().collect() };
        let found = set.matches(text);
        let may = |needs: &[usize]| needs.iter().all(|group| found.matched(*group));
        self.list.iter().zip(&sieve.needs).filter(|(_, needs)| may(needs)).map(|(phrase, _)| phrase).collect()
    }
}

/// The literals that the phrases cannot do without.
#[derive(Debug)]
struct Sieve {
    /// One pattern for each different group of literals; none where they do not fit into one.
    set: Option<RegexSet>,
    /// For each phrase the groups of which the text must have one literal each.
    needs: Vec<Vec<usize>>,
}

impl Sieve {
    fn new(phrases: &[Phrase]) -> Self {
        let mut groups: BTreeMap<Group, usize> = BTreeMap::new();
        let mut patterns = Vec::new();
        let mut needs = Vec::new();
        for phrase in phrases {
            let mut own = Vec::new();
            for group in required(phrase.pattern.source()) {
                let pattern = group.iter().map(|text| regex::escape(text)).collect::<Vec<_>>().join("|");
                own.push(*groups.entry(group).or_insert_with(|| {
                    patterns.push(pattern);
                    patterns.len() - 1
                }));
            }
            needs.push(own);
        }
        Self { set: RegexSet::new(patterns).ok(), needs }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn phrases(sources: &[&str]) -> Phrases {
        let phrase = |s: &&str| Phrase { action: Action::Abstain, pattern: Pattern::of((*s).to_owned()) };
        Phrases::new(sources.iter().map(phrase).collect())
    }

    fn possible<'p>(phrases: &'p Phrases, text: &str) -> Vec<&'p str> {
        phrases.possible(text).iter().map(|p| p.pattern.source()).collect()
    }

    #[test]
    fn a_phrase_is_possible_where_all_its_literals_are() {
        let all = phrases(&["(?:not|never) known", "no", "known.*never"]);
        assert_eq!(possible(&all, "it was never known"), ["(?:not|never) known", "no", "known.*never"]);
        assert_eq!(possible(&all, "a known thing"), ["no"]);
        assert_eq!(possible(&all, ""), ["no"]);
    }

    #[test]
    fn no_phrases_no_work() {
        let none = phrases(&[]);
        assert!(none.possible("anything").is_empty() && none.list().is_empty());
        assert!(none.sieve.get().is_none());
    }

    #[test]
    fn what_does_not_fit_into_one_pass_is_looked_for_one_by_one() {
        let long = "known ".repeat(150_000);
        let all = phrases(&["abc", &long]);
        assert_eq!(all.possible("x").len(), 2);
    }
}
