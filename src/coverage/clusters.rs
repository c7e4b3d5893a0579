//! Questions about the same put together: by their meaning where the embedding model is at hand and reads their language,
//! else by their words.

use std::collections::BTreeMap;

use kodama::{Method, linkage};
use serde::Serialize;

use crate::embed::{self, Embedder};

/// Mean cosine of the meanings of two groups about the same.
const SAME_MEANING: f64 = 0.5;
/// Cosine of the words of two questions about the same.
const SAME_WORDS: f64 = 0.3;
/// Questions that are compared with each other; of more, each is its own gap.
const MOST: usize = 3000;

/// How questions were put together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GapsBy {
    /// `meaning`, `words`, or `meaning and words` where the model reads the language of some of them.
    pub by: &'static str,
    /// Why not all by their meaning.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// A question to be put beside others.
#[derive(Debug, Clone)]
pub struct Question<'a> {
    /// The customer's words.
    pub text: &'a str,
    /// Its language, as in a case.
    pub lang: &'a str,
    /// Its content words with how rare each is.
    pub words: BTreeMap<u64, f64>,
}

/// Groups of questions about the same, each with the places of its questions, in their order.
pub fn of(questions: &[Question<'_>], embedder: &dyn Embedder) -> (Vec<Vec<usize>>, GapsBy) {
    let all: Vec<usize> = (0..questions.len()).collect();
    if questions.len() > MOST {
        let why = format!("more than {MOST} questions are not compared with each other");
        return (all.into_iter().map(|at| vec![at]).collect(), GapsBy { by: "words", why: Some(why) });
    }
    if let Err(error) = embedder.ready() {
        return (by_words(questions, &all), GapsBy { by: "words", why: Some(error.to_string()) });
    }
    let (read, unread): (Vec<usize>, Vec<usize>) =
        all.iter().partition(|at| embedder.reads(questions[**at].lang));
    let texts: Vec<&str> = read.iter().map(|at| questions[*at].text).collect();
    let mut groups = match by_meaning(&texts, embedder) {
        Ok(groups) => groups,
        Err(error) => {
            return (by_words(questions, &all), GapsBy { by: "words", why: Some(error.to_string()) });
        }
    };
    groups.iter_mut().flatten().for_each(|place| *place = read[*place]);
    let by = match (read.is_empty(), unread.is_empty()) {
        (_, true) => GapsBy { by: "meaning", why: None },
        (empty, false) => GapsBy {
            by: if empty { "words" } else { "meaning and words" },
            why: Some(format!("{} does not read the language of {} of them", embed::MODEL, unread.len())),
        },
    };
    groups.extend(by_words(questions, &unread));
    groups.sort_unstable();
    (groups, by)
}

/// The two groups that are nearest on average are put together, until none are near enough (average linkage).
fn by_meaning(texts: &[&str], embedder: &dyn Embedder) -> Result<Vec<Vec<usize>>, embed::EmbedError> {
    let vectors = embedder.embed(texts)?;
    let mut apart = Vec::with_capacity(vectors.len() * vectors.len().saturating_sub(1) / 2);
    for (at, one) in vectors.iter().enumerate() {
        apart.extend(vectors[at + 1..].iter().map(|other| 1.0 - one.cosine(other)));
    }
    let mut members: BTreeMap<usize, Vec<usize>> = (0..vectors.len()).map(|at| (at, vec![at])).collect();
    if vectors.len() > 1 {
        let tree = linkage(&mut apart, vectors.len(), Method::Average);
        let near =
            tree.steps().iter().zip(vectors.len()..).filter(|(s, _)| s.dissimilarity <= 1.0 - SAME_MEANING);
        for (step, made) in near {
            let parts = [members.remove(&step.cluster1), members.remove(&step.cluster2)];
            let mut whole: Vec<usize> = parts.into_iter().flatten().flatten().collect();
            whole.sort_unstable();
            members.insert(made, whole);
        }
    }
    Ok(members.into_values().collect())
}

/// Of the questions at some places those that share enough of their rarer words with one of their group.
fn by_words(questions: &[Question<'_>], places: &[usize]) -> Vec<Vec<usize>> {
    let length = |at: usize| questions[at].words.values().map(|rarity| rarity.powi(2)).sum::<f64>().sqrt();
    let mut group: BTreeMap<usize, usize> = places.iter().map(|at| (*at, *at)).collect();
    for (nth, at) in places.iter().enumerate() {
        for earlier in &places[..nth] {
            let (a, b) = (&questions[*at].words, &questions[*earlier].words);
            let shared = a.iter().filter(|(word, _)| b.contains_key(word));
            let product: f64 = shared.map(|(_, rarity)| rarity.powi(2)).sum();
            if product > 0.0 && product >= SAME_WORDS * length(*at) * length(*earlier) {
                let (from, to) = (group[at], group[earlier]);
                group.values_mut().filter(|g| **g == from).for_each(|g| *g = to);
            }
        }
    }
    let mut members: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (at, group) in group {
        members.entry(group).or_default().push(at);
    }
    members.into_values().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::embed::{EmbedError, Embedding};

    /// Texts that begin alike mean the same; it reads English alone.
    struct Letters(bool);

    impl Embedder for Letters {
        fn embed(&self, texts: &[&str]) -> Result<Vec<Embedding>, EmbedError> {
            let vector = |text: &&str| {
                let first = text.bytes().next().unwrap_or_default();
                Embedding::new((0..128).map(|n| f32::from(u8::from(n == first))).collect())
            };
            Ok(texts.iter().map(vector).collect())
        }
        fn dimension(&self) -> usize {
            128
        }
        fn identity(&self) -> &serde_json::Value {
            &serde_json::Value::Null
        }
        fn reads(&self, lang: &str) -> bool {
            lang == "en"
        }
        fn ready(&self) -> Result<(), EmbedError> {
            if self.0 { Ok(()) } else { Err(EmbedError::NotBuilt) }
        }
    }

    fn grouped(questions: &[(&str, &str)], model: bool) -> (Vec<Vec<usize>>, GapsBy) {
        let words = |text: &str| text.split(' ').map(|w| (w.len() as u64, 1.0)).collect();
        let questions: Vec<Question<'_>> =
            questions.iter().map(|(lang, text)| Question { text, lang, words: words(text) }).collect();
        of(&questions, &Letters(model))
    }

    #[test]
    fn meanings_where_the_model_reads_and_words_elsewhere() {
        let asked = [
            ("en", "apple"),
            ("ro", "berry pie"),
            ("en", "avocado"),
            ("ro", "lemon is"),
            ("en", "berry"),
            ("en", "apes"),
        ];
        let (groups, by) = grouped(&asked, true);
        assert_eq!(groups, [vec![0, 2, 5], vec![1, 3], vec![4]]);
        assert_eq!(by.by, "meaning and words");
        assert!(by.why.unwrap().contains("does not read the language of 2 of them"));
        assert_eq!(grouped(&asked[..1], true).1, GapsBy { by: "meaning", why: None });
    }

    #[test]
    fn without_the_model_words_decide_and_it_is_said() {
        let (groups, by) = grouped(&[("en", "apple"), ("en", "apes"), ("en", "berry")], false);
        assert_eq!(groups, [vec![0, 2], vec![1]]);
        assert_eq!((by.by, by.why.is_some()), ("words", true));
        assert!(grouped(&[], true).0.is_empty());
    }
}
