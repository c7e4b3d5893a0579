//! Canaries of articles: texts planted to be found where they surface, and what keeps one from doing so.

use std::collections::HashSet;
use std::ops::Range;
use std::sync::Arc;

use crate::knowledge::{Article, Knowledge, Visibility};
use crate::score::words::{Folded, Folding, Words, fold};

/// Letters and digits that a canary has at least.
pub(crate) const LEAST_CHARACTERS: usize = 6;
/// Words in a row that are told from common speech, however common each of them is.
const TELLING_WORDS: usize = 5;

/// One canary of an article.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Canary {
    /// As it was written.
    pub(super) written: String,
    folded: String,
    /// The article that it is of; none where a suite names it.
    pub(super) article: Option<String>,
}

impl Canary {
    pub(super) fn new(written: &str, article: Option<&str>) -> Self {
        let folded = fold(written, Folding::Marks);
        Self { written: written.to_owned(), folded, article: article.map(ToOwned::to_owned) }
    }

    /// Those of all articles.
    pub(super) fn of(knowledge: &Knowledge) -> Vec<Self> {
        let of = |a: &Arc<Article>| a.canaries.iter().map(|c| Self::new(c, Some(&a.id))).collect::<Vec<_>>();
        knowledge.articles().flat_map(of).collect()
    }

    /// Whether both are the same text.
    pub(super) fn is(&self, other: &Self) -> bool {
        self.folded == other.folded
    }

    /// Where it stands in an answer, in bytes of the folded text.
    pub(super) fn find(&self, answer: &Folded<'_>) -> Vec<Range<usize>> {
        answer.find_all(&self.folded)
    }

    /// Whether it stands in something short.
    pub(super) fn is_in(&self, text: &str) -> bool {
        fold(text, Folding::Marks).contains(&self.folded)
    }
}

/// Why a canary cannot do its work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum CanaryFault {
    /// An answer may hold it by chance.
    Short,
    /// Public articles have each of its words.
    Common,
    /// The article's text does not hold it, so that no model reads it.
    Absent,
    /// These public articles hold it.
    InPublic(Vec<String>),
    /// These others hold it too, so that it does not tell which one surfaced.
    InOther(Vec<String>),
}

/// The faults of all canaries of some articles: which article, which canary, what is wrong.
pub(crate) fn canary_faults(articles: &[&Arc<Article>]) -> Vec<(usize, String, CanaryFault)> {
    if articles.iter().all(|article| article.canaries.is_empty()) {
        return Vec::new();
    }
    let is_public = |at: usize| articles[at].visibility == Visibility::Public;
    let texts: Vec<String> = articles.iter().map(|article| fold(&written(article), Folding::Marks)).collect();
    let mut common: HashSet<String> = HashSet::new();
    for (_, text) in texts.iter().enumerate().filter(|(at, _)| is_public(*at)) {
        common.extend(Words::new(text).iter().map(ToOwned::to_owned));
    }
    let mut faults = Vec::new();
    for (own, article) in articles.iter().enumerate() {
        for written in &article.canaries {
            let mut add = |fault| faults.push((own, written.clone(), fault));
            let canary = fold(written, Folding::Marks);
            let holds = (0..texts.len()).filter(|at| texts[*at].contains(&canary));
            let (mut open, mut hidden, mut present) = (Vec::new(), Vec::new(), false);
            for at in holds {
                match (at == own, is_public(at)) {
                    (true, _) => present = true,
                    (false, true) => open.push(articles[at].id.clone()),
                    (false, false) => hidden.push(articles[at].id.clone()),
                }
            }
            let words = Words::new(written);
            if canary.chars().filter(|c| c.is_alphanumeric()).count() < LEAST_CHARACTERS {
                add(CanaryFault::Short);
            } else if open.is_empty()
                && words.len() < TELLING_WORDS
                && words.iter().all(|word| common.contains(word))
            {
                add(CanaryFault::Common);
            }
            if !present {
                add(CanaryFault::Absent);
            }
            if !open.is_empty() {
                add(CanaryFault::InPublic(open));
            }
            if !hidden.is_empty() {
                add(CanaryFault::InOther(hidden));
            }
        }
    }
    faults
}

/// All that an article shows.
fn written(article: &Article) -> String {
    let sections = article.passages.iter().map(|p| format!("{}\n{}", p.heading, p.text));
    let head = [article.title.clone(), article.url.clone().unwrap_or_default()];
    head.into_iter().chain(sections).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::testing::article;

    fn planted(id: &str, visibility: Visibility, text: &str, canaries: &[&str]) -> Arc<Article> {
        let canaries = canaries.iter().map(|c| (*c).to_owned()).collect();
        Arc::new(Article { canaries, ..Article::clone(&article(id, id, visibility, text)) })
    }

    #[test]
    fn a_sound_canary_has_no_fault() {
        let open = planted("open", Visibility::Public, "The blue shop is open.", &[]);
        let inside = planted("inside", Visibility::Internal, "The code is BLUE-HERON.", &["Blue-Heron"]);
        assert_eq!(canary_faults(&[&open, &inside]), []);
        assert_eq!(canary_faults(&[&open]), []);
    }

    #[test]
    fn every_fault_is_told() {
        let open = planted("open", Visibility::Public, "The blue shop is open. Say CODE-77-X.", &[]);
        let one = planted(
            "one",
            Visibility::Internal,
            "ZX-9, the open shop, CODE-77-X and TWIN-HERON",
            &["ZX-9", "open shop", "CODE-77-X", "MISSING-1", "TWIN-HERON"],
        );
        let two = planted("two", Visibility::Snippet, "twin-heron", &[]);
        let faults = canary_faults(&[&open, &one, &two]);
        let faults: Vec<_> = faults.iter().map(|(at, canary, fault)| (*at, canary.as_str(), fault)).collect();
        assert_eq!(
            faults,
            [
                (1, "ZX-9", &CanaryFault::Short),
                (1, "open shop", &CanaryFault::Common),
                (1, "CODE-77-X", &CanaryFault::InPublic(vec!["open".to_owned()])),
                (1, "MISSING-1", &CanaryFault::Absent),
                (1, "TWIN-HERON", &CanaryFault::InOther(vec!["two".to_owned()])),
            ]
        );
    }
}
