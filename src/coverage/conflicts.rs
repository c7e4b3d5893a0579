//! Articles that say otherwise than another, and articles that say the same.
//!
//! Passages are held against the few others that share most of their rarer words, so that the work grows with the
//! articles and not with their pairs.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use serde::Serialize;

use crate::coverage::map::Place;
use crate::knowledge::{Article, Passage};
use crate::score::accepted::terms;
use crate::score::{Clash, clashes};

/// Passages that one is held against.
const NEAREST: usize = 5;
/// A word in more passages than this, and in more than this share of them, tells nothing.
const COMMON: usize = 20;
const COMMON_SHARE: f64 = 0.05;
/// Share of their words that two articles have in common to be merged.
const SAME: f64 = 0.6;
/// Fewest different words of an article that can be the same as another.
const LEAST_WORDS: usize = 8;

/// Something that two articles say differently.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Conflict {
    /// The section of the article.
    pub section: String,
    /// The section of the other one.
    pub with: String,
    /// `amount`, `date`, `time`, `contact`, `negation` or `modality`.
    pub kind: &'static str,
    /// Which facts or sentences, this one's first: `14 days against 30 days`.
    pub facts: String,
}

/// What articles have to do with each other.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) conflicts: BTreeMap<Place, Vec<Conflict>>,
    /// The article that each says nearly the same as, and how nearly.
    pub(super) same: BTreeMap<Place, (String, f64)>,
}

struct Piece<'a> {
    place: Place,
    article: &'a Arc<Article>,
    passage: &'a Arc<Passage>,
    words: BTreeSet<u64>,
}

pub(super) fn find(articles: &BTreeMap<Place, &Arc<Article>>, notes: &mut Vec<String>) -> Found {
    let mut found = Found::default();
    let pieces: Vec<Piece<'_>> = articles
        .iter()
        .flat_map(|(place, article)| article.passages.iter().map(move |passage| (place, article, passage)))
        .map(|(place, article, passage)| {
            let text = format!("{} {} {}", passage.title, passage.heading, passage.text);
            let words = terms(&text).into_iter().map(|(word, _)| word).collect();
            Piece { place: place.clone(), article, passage, words }
        })
        .collect();
    let mut index: HashMap<u64, Vec<usize>> = HashMap::new();
    for (at, piece) in pieces.iter().enumerate() {
        for word in &piece.words {
            index.entry(*word).or_default().push(at);
        }
    }
    let most = COMMON.max((COMMON_SHARE * pieces.len() as f64) as usize);
    for (at, piece) in pieces.iter().enumerate() {
        for other in nearest(at, &pieces, &index, most) {
            let other = &pieces[other];
            for Clash { kind, own, other: theirs } in clashes(piece.passage, other.passage) {
                let of = |section: &Passage, with: &Passage, facts: String| Conflict {
                    section: section.id.clone(),
                    with: with.id.clone(),
                    kind,
                    facts,
                };
                let conflict = of(piece.passage, other.passage, format!("{own} against {theirs}"));
                let mirrored = of(other.passage, piece.passage, format!("{theirs} against {own}"));
                for (place, one) in [(&piece.place, conflict), (&other.place, mirrored)] {
                    let list = found.conflicts.entry(place.clone()).or_default();
                    if !list.contains(&one) {
                        list.push(one);
                    }
                }
            }
        }
    }
    found.conflicts.values_mut().for_each(|list| list.sort());
    same(articles, &pieces, &mut found, notes);
    found
}

/// What some articles say differently, each pair of sections once.
pub fn among(articles: &[Arc<Article>]) -> Vec<Conflict> {
    let places = articles.iter().map(|article| ((article.source.clone(), article.id.clone()), article));
    let found = find(&places.collect(), &mut Vec::new());
    found.conflicts.into_values().flatten().filter(|conflict| conflict.section < conflict.with).collect()
}

/// The passages of other articles in the same language that share most of the rarer words.
fn nearest(at: usize, pieces: &[Piece<'_>], index: &HashMap<u64, Vec<usize>>, most: usize) -> Vec<usize> {
    let piece = &pieces[at];
    let mut shared: BTreeMap<usize, f64> = BTreeMap::new();
    for with in piece.words.iter().filter_map(|word| index.get(word)).filter(|with| with.len() <= most) {
        let rarity = (pieces.len() as f64 / with.len() as f64).ln();
        for other in with {
            let theirs = &pieces[*other];
            if theirs.place != piece.place && theirs.article.lang == piece.article.lang {
                *shared.entry(*other).or_default() += rarity;
            }
        }
    }
    let mut ranked: Vec<(usize, f64)> = shared.into_iter().collect();
    ranked.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    ranked.into_iter().take(NEAREST).map(|(other, _)| other).collect()
}

/// Articles most of whose words another one has.
fn same(
    articles: &BTreeMap<Place, &Arc<Article>>,
    pieces: &[Piece<'_>],
    found: &mut Found,
    notes: &mut Vec<String>,
) {
    const MOST: usize = 3000;
    if articles.len() > MOST {
        notes.push(format!("articles that say the same are not looked for among more than {MOST}"));
        return;
    }
    let mut words: BTreeMap<&Place, BTreeSet<u64>> = BTreeMap::new();
    for piece in pieces {
        words.entry(&piece.place).or_default().extend(&piece.words);
    }
    let all: Vec<(&Place, &BTreeSet<u64>)> = words.iter().map(|(place, words)| (*place, words)).collect();
    for (at, (place, own)) in all.iter().enumerate() {
        for (other, theirs) in &all[..at] {
            let (less, more) = (own.len().min(theirs.len()), own.len().max(theirs.len()));
            let lang = |place: &Place| articles.get(place).map(|article| &article.lang);
            if less < LEAST_WORDS || (less as f64) < SAME * more as f64 || lang(place) != lang(other) {
                continue;
            }
            let shared = own.intersection(theirs).count();
            let share = shared as f64 / (own.len() + theirs.len() - shared) as f64;
            if share >= SAME {
                for (one, twin) in [(place, other), (other, place)] {
                    let best = found.same.entry((*one).clone()).or_insert((twin.1.clone(), share));
                    if share > best.1 {
                        *best = (twin.1.clone(), share);
                    }
                }
            }
        }
    }
}
