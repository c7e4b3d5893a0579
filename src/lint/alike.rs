//! Cases that ask the same or nearly the same, for the rules that compare them.
//!
//! Questions are compared by their words (`Gist`). So that a large suite is not compared pair by pair, each is looked up
//! by its rarest words: two sets that share a given share of their words share one of those (prefix filtering, Bayardo
//! et al. 2007).

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::case::{Case, Phrasing};
use crate::fingerprint::Fingerprint;
use crate::lint::Lint;
use crate::score::accepted::Gist;

/// Share of their words that two questions have in common to ask nearly the same.
const ALIKE: f64 = 0.8;

/// Two cases that ask the same, the earlier one first, by their places among all cases.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Twins {
    pub(super) first: usize,
    pub(super) second: usize,
    /// Share of the words that both have.
    pub(super) likeness: f64,
}

/// A question, to hold others against.
pub(super) struct Asked(Gist);

impl Asked {
    pub(super) fn new(question: &str) -> Self {
        Self(Gist::of(question))
    }

    /// How much of their words two questions share; `None` when they ask something else.
    pub(super) fn likeness(&self, other: &Self) -> Option<f64> {
        let likeness = self.0.likeness(&other.0);
        (likeness >= ALIKE).then_some(likeness)
    }
}

/// One wording of a case.
struct Worded {
    case: usize,
    gist: Gist,
    /// Hash of what must be the same besides the question.
    around: Fingerprint,
}

impl Lint<'_> {
    /// All cases that ask nearly the same as an earlier one, each with the earlier one that is nearest.
    pub(super) fn twins(&self) -> &[Twins] {
        self.twins.get_or_init(|| {
            let mut asked = Vec::new();
            for (place, (_, scored)) in self.cases.iter().enumerate() {
                asked.extend(wordings(place, &scored.case));
            }
            find(&asked).into_iter().filter(|twins| self.share_knowledge(twins.first, twins.second)).collect()
        })
    }

    /// Whether the suites of two cases answer from the same articles, so that the same question has the same answer.
    fn share_knowledge(&self, a: usize, b: usize) -> bool {
        let (one, other) = (&self.cases[a].0.knowledge, &self.cases[b].0.knowledge);
        let empty = |k: &crate::knowledge::Knowledge| k.articles().next().is_none();
        (empty(one) && empty(other)) || one.articles().any(|article| other.article(&article.id).is_some())
    }
}

fn wordings(place: usize, case: &Case) -> Vec<Worded> {
    let around = Fingerprint::of(&(case.history(), &case.vars, &case.script, &case.customer, &case.lang));
    let written = case.phrasings.iter().filter(|p| Phrasing::origin_of(&p.key) == Some(Phrasing::WRITTEN));
    let texts = std::iter::once(case.input()).chain(written.map(|p| p.text.as_str()));
    texts.map(|text| Worded { case: place, gist: Gist::of(text), around }).collect()
}

fn find(asked: &[Worded]) -> Vec<Twins> {
    let mut frequency: HashMap<u64, u32> = HashMap::new();
    for word in asked.iter().flat_map(|a| a.gist.words()) {
        *frequency.entry(*word).or_default() += 1;
    }
    // By what must be the same, then by word: the wordings that have it among their rarest words.
    let mut index: HashMap<(Fingerprint, &[u64], u64), Vec<usize>> = HashMap::new();
    let mut nearest: BTreeMap<(usize, usize), f64> = BTreeMap::new();
    for (at, own) in asked.iter().enumerate() {
        let mut rare = own.gist.words().to_vec();
        rare.sort_by_key(|word| (frequency.get(word).copied(), *word));
        let needed = (ALIKE * rare.len() as f64).ceil() as usize;
        rare.truncate(rare.len().saturating_sub(needed) + 1);
        let mut seen = HashSet::new();
        let mut copy = false;
        for word in &rare {
            for other in index.get(&(own.around, own.gist.fixed(), *word)).into_iter().flatten() {
                let theirs = &asked[*other];
                if theirs.case == own.case || !seen.insert(*other) {
                    continue;
                }
                let likeness = own.gist.likeness(&theirs.gist);
                if likeness >= ALIKE {
                    let best = nearest.entry((own.case, theirs.case)).or_default();
                    *best = best.max(likeness);
                    copy |= own.gist == theirs.gist;
                }
            }
        }
        // What is a copy of an earlier wording is found by that one.
        if !copy {
            for word in rare {
                index.entry((own.around, own.gist.fixed(), word)).or_default().push(at);
            }
        }
    }
    let mut twins: BTreeMap<usize, Twins> = BTreeMap::new();
    for ((second, first), likeness) in nearest {
        let found = Twins { first, second, likeness };
        let best = twins.entry(second).or_insert(found);
        if likeness > best.likeness {
            *best = found;
        }
    }
    twins.into_values().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(texts: &[&str]) -> Vec<(usize, usize)> {
        let around = Fingerprint::of("");
        let asked = texts.iter().enumerate();
        let asked: Vec<Worded> =
            asked.map(|(case, text)| Worded { case, gist: Gist::of(text), around }).collect();
        find(&asked).iter().map(|twins| (twins.first, twins.second)).collect()
    }

    #[test]
    fn each_has_its_nearest_earlier_one() {
        let found = of(&[
            "How do I return my bike to the shop?",
            "When is the shop open?",
            "How do I return my bike to the shop",
            "Please tell me: how do I return the bike to a shop?",
            "How do I return my bike on day 3 to the shop?",
        ]);
        assert_eq!(found, [(0, 2)]);
        assert_eq!(of(&["Where is my parcel?"; 3]), [(0, 1), (0, 2)]);
    }

    #[test]
    fn many_questions_of_one_pattern_are_not_compared_pair_by_pair() {
        let texts: Vec<String> = (0..20_000).map(|n| format!("Where is my parcel number {n} now?")).collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        assert!(of(&texts).is_empty());
    }
}
