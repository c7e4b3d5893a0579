//! The case's declared sources, cut to the budget by word overlap with the question.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::knowledge::Passage;
use crate::retrieve::terms::words;
use crate::retrieve::{Ask, Budget, Local, Needs, RetrieverKind};

/// Row of the table of retrievers.
pub(super) const KIND: RetrieverKind = RetrieverKind {
    name: "gold",
    summary: "the case's own sources",
    keys: &[],
    ranked: false,
    needs: Needs::Nothing,
    budget: Budget::USUAL,
    build: |_, _| Arc::new(Gold),
};

pub(super) struct Gold;

impl Local for Gold {
    fn find(&self, ask: &Ask<'_>) -> Result<Vec<Arc<Passage>>, String> {
        Ok(select(ask.knowledge.resolve_all(&ask.case.sources), ask.question, ask.budget))
    }
}

/// The passages that fit the budget; when not all do, those that share most of the question's rarer
/// words are kept. The order of `passages` is kept.
pub(super) fn select(passages: Vec<Arc<Passage>>, query: &str, budget: Budget) -> Vec<Arc<Passage>> {
    let chars: usize = passages.iter().map(|p| p.text.chars().count()).sum();
    if passages.len() <= budget.max_passages && chars <= budget.max_chars {
        return passages;
    }
    let scores = overlap(&passages, query);
    let mut ranked: Vec<usize> = (0..passages.len()).collect();
    ranked.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]).then(a.cmp(&b)));
    let mut kept = budget.fill(&passages, ranked);
    kept.sort_unstable();
    kept.into_iter().map(|at| budget.fitting(&passages[at])).collect()
}

/// Sum of the inverse document frequencies of the question's words that a passage has, the frequencies
/// taken over the candidates: `ln(1 + (n - df + 0.5) / (df + 0.5))` as in BM25 (Robertson and
/// Zaragoza 2009, with the smoothing that keeps it positive).
fn overlap(passages: &[Arc<Passage>], query: &str) -> Vec<f64> {
    let texts: Vec<HashSet<String>> = passages
        .iter()
        .map(|p| words(&p.title).chain(words(&p.heading)).chain(words(&p.text)).collect())
        .collect();
    let mut asked: Vec<String> = words(query).collect();
    asked.sort_unstable();
    asked.dedup();
    let n = passages.len() as f64;
    let weights: HashMap<&str, f64> = asked
        .iter()
        .map(|word| {
            let df = texts.iter().filter(|text| text.contains(word)).count() as f64;
            (word.as_str(), (1.0 + (n - df + 0.5) / (df + 0.5)).ln())
        })
        .collect();
    // Summed in the order of the sorted words: a hash map's own order would move the last digits.
    texts
        .iter()
        .map(|text| asked.iter().filter(|word| text.contains(*word)).map(|word| weights[word.as_str()]).sum())
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::knowledge::Visibility;

    fn passage(id: usize, heading: &str, text: &str) -> Arc<Passage> {
        Arc::new(Passage {
            id: format!("a#{id}"),
            article: "a".to_owned(),
            title: String::new(),
            heading: heading.to_owned(),
            text: text.to_owned(),
            url: None,
            visibility: Visibility::Public,
            updated: None,
            hash: Passage::hash_of(heading, text),
        })
    }

    fn kept(texts: &[&str], query: &str, max_passages: usize, max_chars: usize) -> Vec<String> {
        let passages = texts.iter().enumerate().map(|(i, text)| passage(i, "", text)).collect();
        let chosen = select(passages, query, Budget { max_passages, max_chars });
        chosen.iter().map(|p| p.text.clone()).collect()
    }

    #[test]
    fn all_stay_when_all_fit() {
        assert_eq!(kept(&["b", "a"], "a", 2, 2), ["b", "a"]);
        assert!(kept(&[], "a", 2, 2).is_empty());
        assert!(kept(&["a"], "a", 0, 9).is_empty());
        assert!(kept(&["a"], "a", 9, 0).is_empty());
    }

    #[test]
    fn rare_words_of_the_question_decide_and_order_stays() {
        let texts = ["the bike price", "the bike weight", "the battery range", "the bike lock"];
        assert_eq!(kept(&texts, "What is the battery price of the bike?", 2, 999), [texts[0], texts[2]]);
        assert_eq!(kept(&texts, "no match whatsoever", 2, 999), [texts[0], texts[1]]);
    }

    #[test]
    fn diacritics_and_headings_count() {
        let texts = ["Plata se face lunar.", "Costul LIVRARII este 9 RON."];
        assert_eq!(kept(&texts, "cât costă livrării?", 1, 999), [texts[1]]);
        let passages = vec![passage(0, "", "x"), passage(1, "Battery range", "y")];
        let chosen = select(passages, "battery", Budget { max_passages: 1, max_chars: 9 });
        assert_eq!(chosen[0].text, "y");
    }

    #[test]
    fn long_ones_are_skipped_but_the_best_is_cut() {
        assert_eq!(kept(&["lock is long, too long", "lock", "bike"], "lock battery", 3, 9), ["lock is"]);
        assert_eq!(
            kept(&["key lock", "lock and other words", "bike"], "key lock", 3, 12),
            ["key lock", "bike"]
        );
        assert_eq!(kept(&["Lock it. Then leave the key there."], "lock", 1, 20), ["Lock it."]);
        assert_eq!(kept(&["ăîșțâ"], "x", 1, 3), ["ăîș"]);
    }

    #[test]
    fn a_cut_passage_has_its_own_hash() {
        let whole = passage(0, "H", "One. Two and more.");
        let chosen = select(vec![Arc::clone(&whole)], "", Budget { max_passages: 1, max_chars: 8 });
        assert_eq!((chosen[0].id.as_str(), chosen[0].text.as_str()), ("a#0", "One."));
        assert_eq!(chosen[0].hash, Passage::hash_of("H", "One."));
    }

    proptest! {
        #[test]
        fn the_budget_holds(
            texts in proptest::collection::vec("\\PC{0,30}", 0..6),
            query in "\\PC{0,20}",
            max_passages in 0..5_usize,
            max_chars in 0..60_usize,
        ) {
            let passages: Vec<_> = texts.iter().enumerate().map(|(i, t)| passage(i, "", t)).collect();
            let budget = Budget { max_passages, max_chars };
            let chosen = select(passages.clone(), &query, budget);
            prop_assert!(chosen.len() <= max_passages);
            prop_assert!(chosen.iter().map(|p| p.text.chars().count()).sum::<usize>() <= max_chars);
            prop_assert!(chosen.windows(2).all(|pair| pair[0].id < pair[1].id));
            prop_assert_eq!(chosen, select(passages, &query, budget));
        }
    }
}
