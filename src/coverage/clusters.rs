//! Questions about the same put together: by their meaning where the embedding model is at hand and reads their language,
//! else by their words.

use std::collections::BTreeMap;

use kodama::linkage;
use serde::Serialize;

use crate::embed::{self, Embedder};

/// How near two groups are, from how near their members are.
pub use kodama::Method;

/// Most that any two questions of a group are apart by their meaning: one less their cosine.
///
/// Chosen on every second intent of BANKING77 and CLINC150, 4 and 12 questions of each (`benches/articles.rs`): adjusted Rand
/// .638, V .892. On the other intents it is .614 and .886; the groups' average distance of .5 was .602 and .883 there.
const MEANINGS_APART: f64 = 0.6;
/// Most that two groups are apart by their words on average; chosen alike: .470 and .834, on the other intents .482 and .841.
const WORDS_APART: f64 = 0.8;
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

fn by_meaning(texts: &[&str], embedder: &dyn Embedder) -> Result<Vec<Vec<usize>>, embed::EmbedError> {
    let vectors = embedder.embed(texts)?;
    let apart = |one: usize, other: usize| 1.0 - vectors[one].cosine(&vectors[other]);
    Ok(joined(texts.len(), Method::Complete, MEANINGS_APART, apart))
}

/// Of the questions at some places those that share enough of their rarer words.
fn by_words(questions: &[Question<'_>], places: &[usize]) -> Vec<Vec<usize>> {
    let apart = |one: usize, other: usize| words_apart(&questions[places[one]], &questions[places[other]]);
    let mut groups = joined(places.len(), Method::Average, WORDS_APART, apart);
    groups.iter_mut().flatten().for_each(|place| *place = places[*place]);
    groups
}

/// One less the cosine of the words of two questions, each by how rare it is.
pub fn words_apart(one: &Question<'_>, other: &Question<'_>) -> f64 {
    let length = |question: &Question<'_>| question.words.values().map(|r| r.powi(2)).sum::<f64>().sqrt();
    let shared = one.words.iter().filter(|(word, _)| other.words.contains_key(word));
    let product: f64 = shared.map(|(_, rarity)| rarity.powi(2)).sum();
    if product > 0.0 { 1.0 - product / (length(one) * length(other)) } else { 1.0 }
}

/// Places 0 to `n` in groups: the two groups that are nearest (by `method`: on average, or by their farthest members)
/// are put together, until none are as near as `limit`. Members and groups are in the order of their places.
pub fn joined(n: usize, method: Method, limit: f64, apart: impl Fn(usize, usize) -> f64) -> Vec<Vec<usize>> {
    let mut members: BTreeMap<usize, Vec<usize>> = (0..n).map(|at| (at, vec![at])).collect();
    let mut distances: Vec<f64> = (0..n)
        .flat_map(|one| (one + 1..n).map(move |other| (one, other)))
        .map(|(one, other)| apart(one, other))
        .collect();
    if n > 1 {
        let tree = linkage(&mut distances, n, method);
        for (step, made) in tree.steps().iter().zip(n..).filter(|(step, _)| step.dissimilarity <= limit) {
            let parts = [members.remove(&step.cluster1), members.remove(&step.cluster2)];
            let mut whole: Vec<usize> = parts.into_iter().flatten().flatten().collect();
            whole.sort_unstable();
            members.insert(made, whole);
        }
    }
    let mut groups: Vec<Vec<usize>> = members.into_values().collect();
    groups.sort_unstable();
    groups
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
