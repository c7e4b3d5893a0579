//! What must not surface, found in one pass over an answer: runs of words by their shingles (Broder 1997,
//! On the resemblance and containment of documents), titles by their first word, ids and addresses by name.

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::Range;

use crate::knowledge::{Article, Knowledge, Visibility};
use crate::score::facts::{FactKind, Value, address_key, extract};
use crate::score::knowledge::visibility::canary::Canary;
use crate::score::pattern::Pattern;
use crate::score::words::Words;

/// Words of a shingle, the shortest run that is found.
pub(super) const SHINGLE: usize = 5;

/// Where a shingle stands: passage and first word. Only its first place is kept.
type Place = (u32, u32);

/// What is known of a passage that is not public.
#[derive(Debug)]
struct Hidden {
    passage: String,
    visibility: Visibility,
}

/// All that must not surface.
#[derive(Debug, Default)]
pub(super) struct Index {
    passages: Vec<Hidden>,
    shingles: HashMap<u64, Place>,
    /// First word of a title → the words, and the article.
    titles: HashMap<String, Vec<(Vec<String>, String)>>,
    /// Ids and addresses → the article.
    names: HashMap<String, String>,
    /// Distinctive facts of internal articles → the passage.
    facts: HashMap<String, String>,
    /// Code words of internal articles (`GW-MAPLE`) → the passage.
    codes: HashMap<String, String>,
    canaries: Vec<Canary>,
}

/// A run of words that stands in a hidden passage.
#[derive(Debug)]
pub(super) struct Run<'i> {
    pub(super) words: Range<usize>,
    pub(super) passage: &'i str,
    pub(super) visibility: Visibility,
}

/// Ids, and addresses without their blanks.
static TOKEN: Pattern = Pattern::new(r"[a-z0-9][a-z0-9._/#:%?=&~+-]*[a-z0-9/]");

/// Code words in capitals, which are no facts elsewhere.
static CODE_WORD: Pattern = Pattern::new(r"\b[A-Z]{2,}(?:-[A-Z]{2,})+\b");

/// A fact that belongs to one article alone, as a key.
fn key(kind: FactKind, value: &Value) -> Option<String> {
    match (kind, value) {
        (FactKind::Url | FactKind::Email | FactKind::Code, Value::Text(text)) => Some(text.to_lowercase()),
        (FactKind::Phone, Value::Phone(digits)) => Some(digits.clone()),
        _ => None,
    }
}

fn hashes(words: &Words<'_>) -> Vec<u64> {
    let word = |word: &str| {
        let mut hasher = DefaultHasher::new();
        word.hash(&mut hasher);
        hasher.finish()
    };
    let words: Vec<u64> = words.iter().map(word).collect();
    let shingle = |part: &[u64]| {
        let mut hasher = DefaultHasher::new();
        part.hash(&mut hasher);
        hasher.finish()
    };
    words.windows(SHINGLE).map(shingle).collect()
}

impl Index {
    pub(super) fn new(knowledge: &Knowledge) -> Self {
        let mut index = Self { canaries: Canary::of(knowledge), ..Self::default() };
        if knowledge.articles().all(|a| a.visibility == Visibility::Public) {
            return index;
        }
        let (open, hidden): (Vec<_>, Vec<_>) =
            knowledge.articles().partition(|a| a.visibility == Visibility::Public);
        for article in &hidden {
            index.add(article);
        }
        let mut titles = HashSet::new();
        for article in open {
            titles.insert(words_of(&article.title));
            for passage in &article.passages {
                for shingle in hashes(&Words::new(&passage.text)) {
                    index.shingles.remove(&shingle);
                }
                for name in [&passage.heading, &passage.title] {
                    titles.insert(words_of(name));
                }
            }
        }
        for list in index.titles.values_mut() {
            list.retain(|(words, _)| !titles.contains(words));
        }
        // Facts that others may know as well.
        for article in knowledge.articles().filter(|a| a.visibility != Visibility::Internal) {
            for passage in &article.passages {
                for fact in extract(&passage.text) {
                    key(fact.kind, &fact.value).map(|key| index.facts.remove(&key));
                }
                for code in CODE_WORD.spans(&passage.text) {
                    index.codes.remove(&passage.text[code].to_lowercase());
                }
            }
        }
        index
    }

    fn add(&mut self, article: &Article) {
        let title = words_of(&article.title);
        // One word is too common to be a name.
        if title.len() > 1
            && let Some(first) = title.first().cloned()
        {
            self.titles.entry(first).or_default().push((title, article.id.clone()));
        }
        if article.id.contains(|c: char| !c.is_alphabetic()) {
            self.names.insert(article.id.to_lowercase(), article.id.clone());
        }
        if let Some(url) = &article.url {
            self.names.insert(address_key(&url.to_lowercase()), article.id.clone());
        }
        for passage in &article.passages {
            let number = self.passages.len() as u32;
            self.passages.push(Hidden { passage: passage.id.clone(), visibility: article.visibility });
            for (at, shingle) in hashes(&Words::new(&passage.text)).into_iter().enumerate() {
                let place = (number, at as u32);
                let known = self.shingles.entry(shingle).or_insert(place);
                // What is internal as well is internal.
                if article.visibility == Visibility::Internal
                    && self
                        .passages
                        .get(known.0 as usize)
                        .is_some_and(|p| p.visibility != Visibility::Internal)
                {
                    *known = place;
                }
            }
            if article.visibility == Visibility::Internal {
                for fact in extract(&passage.text) {
                    key(fact.kind, &fact.value).map(|key| self.facts.insert(key, passage.id.clone()));
                }
                for code in CODE_WORD.spans(&passage.text) {
                    self.codes.insert(passage.text[code].to_lowercase(), passage.id.clone());
                }
            }
        }
    }

    /// Whether nothing has to be hidden.
    pub(super) fn is_empty(&self) -> bool {
        self.passages.is_empty() && self.canaries.is_empty()
    }

    /// Canaries of articles.
    pub(super) fn canaries(&self) -> &[Canary] {
        &self.canaries
    }

    /// The longest runs of an answer's words that stand in a hidden passage.
    pub(super) fn runs(&self, answer: &Words<'_>) -> Vec<Run<'_>> {
        let mut runs: Vec<Run<'_>> = Vec::new();
        let mut open: Option<Place> = None;
        if self.shingles.is_empty() {
            return runs;
        }
        for (at, shingle) in hashes(answer).into_iter().enumerate() {
            let place = self.shingles.get(&shingle).copied();
            let goes_on = matches!((place, open), (Some(p), Some(o)) if p.0 == o.0 && p.1 == o.1 + 1);
            match (place.and_then(|p| self.passages.get(p.0 as usize)), runs.last_mut()) {
                (Some(_), Some(run)) if goes_on => run.words.end = at + SHINGLE,
                (Some(hidden), _) => runs.push(Run {
                    words: at..at + SHINGLE,
                    passage: &hidden.passage,
                    visibility: hidden.visibility,
                }),
                (None, _) => {}
            }
            open = place;
        }
        runs
    }

    /// Titles that are named: words of the answer, and the article.
    pub(super) fn titles(&self, answer: &Words<'_>) -> Vec<(Range<usize>, &str)> {
        if self.titles.is_empty() {
            return Vec::new();
        }
        let words: Vec<&str> = answer.iter().collect();
        let starts = words.iter().enumerate().filter_map(|(at, word)| Some((at, self.titles.get(*word)?)));
        starts
            .flat_map(|(at, list)| list.iter().map(move |title| (at, title)))
            .filter(|(at, (title, _))| {
                words.get(*at..at + title.len()).is_some_and(|part| part.iter().eq(title.iter()))
            })
            .map(|(at, (title, article))| (at..at + title.len(), article.as_str()))
            .collect()
    }

    /// Ids and addresses in a folded text: bytes, label and article.
    pub(super) fn tokens(&self, folded: &str) -> Vec<(Range<usize>, &'static str, &str)> {
        let code = |token: &str| self.codes.get(token).map(|p| ("internal-fact", p.as_str()));
        let found = |token: &str| self.named(token).map(|a| ("named", a)).or_else(|| code(token));
        let spans = TOKEN.spans(folded).into_iter();
        spans
            .filter_map(|span| {
                let (label, place) = found(&folded[span.clone()])?;
                Some((span, label, place))
            })
            .collect()
    }

    fn named(&self, token: &str) -> Option<&str> {
        let token = token.trim_end_matches(['.', '/', ':', '?', '#']);
        let found = |name: &str| self.names.get(name).map(String::as_str);
        found(token)
            .or_else(|| found(token.split('#').next()?))
            .or_else(|| found(&address_key(token)))
            .or_else(|| found(&address_key(token.split(['#', '?']).next()?)))
    }

    /// The hidden article that is cited.
    pub(super) fn cited(&self, citation: &str) -> Option<&str> {
        self.named(&citation.trim().to_lowercase())
    }

    /// Facts that only internal articles state: characters of the answer, and the passage.
    pub(super) fn facts(&self, answer: &str) -> Vec<(Range<usize>, &str)> {
        if self.facts.is_empty() {
            return Vec::new();
        }
        let known = |key: &str| self.facts.get(key).map(String::as_str);
        let facts = extract(answer).into_iter();
        facts.filter_map(|f| Some((f.span.clone(), known(&key(f.kind, &f.value)?)?))).collect()
    }
}

fn words_of(text: &str) -> Vec<String> {
    Words::new(text).iter().map(ToOwned::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::testing::article;

    fn index(text: &str) -> Index {
        Index::new(&Knowledge::new([article("in-1", "Rules of money", Visibility::Internal, text)]))
    }

    fn runs(index: &Index, answer: &str) -> Vec<Range<usize>> {
        index.runs(&Words::new(answer)).into_iter().map(|r| r.words).collect()
    }

    #[test]
    fn runs_are_as_long_as_they_are() {
        let index = index("one two three four five six seven, eight nine ten");
        assert_eq!(runs(&index, "x ONE two; three four five six y six seven eight nine ten"), [1..7, 8..13]);
        assert!(runs(&index, "one two three four").is_empty());
        assert_eq!(runs(&index, "six seven eight nine ten one two three four five"), [0..5, 5..10]);
        assert!(runs(&index, "").is_empty());
    }

    #[test]
    fn public_articles_hide_nothing() {
        let open =
            Index::new(&Knowledge::new([article("a", "A b", Visibility::Public, "one two three four five")]));
        assert!(open.is_empty() && runs(&open, "one two three four five").is_empty());
    }

    #[test]
    fn names_are_found_in_every_form() {
        let index = index("x");
        for name in [
            "in-1",
            "IN-1",
            "in-1#top",
            "https://help.example/in-1/",
            "help.example/in-1?x=1",
            "http://www.help.example/in-1#a",
        ] {
            assert_eq!(index.cited(name), Some("in-1"), "{name}");
        }
        for name in ["in-12", "in", "help.example", ""] {
            assert_eq!(index.cited(name), None, "{name}");
        }
    }
}
