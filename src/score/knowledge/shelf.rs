//! What scorers make of all articles, made once for every set of articles.

use std::sync::{Arc, Mutex, PoisonError};

use crate::knowledge::{Article, Knowledge};

/// Sets of articles of which the outcome is kept.
const KEPT: usize = 4;

/// Articles with what was made of them.
type Made<T> = (Vec<Arc<Article>>, Arc<T>);

/// The outcomes for the last sets of articles, newest last.
#[derive(Debug)]
pub(in crate::score) struct Shelf<T> {
    kept: Mutex<Vec<Made<T>>>,
}

impl<T> Shelf<T> {
    pub(in crate::score) const fn new() -> Self {
        Self { kept: Mutex::new(Vec::new()) }
    }

    /// What was made of these articles, or is made now. Two sets are the same when they hold the same
    /// articles in memory; what is kept holds on to them, so that no other can take their place.
    pub(in crate::score) fn of(&self, knowledge: &Knowledge, build: impl FnOnce(&Knowledge) -> T) -> Arc<T> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let same = |(articles, _): &&Made<T>| {
            let mut others = knowledge.articles();
            articles.iter().all(|a| others.next().is_some_and(|b| Arc::ptr_eq(a, b)))
                && others.next().is_none()
        };
        if let Some((_, made)) = kept.iter().rev().find(same) {
            return made.clone();
        }
        let made = Arc::new(build(knowledge));
        if kept.len() >= KEPT {
            kept.remove(0);
        }
        kept.push((knowledge.articles().cloned().collect(), made.clone()));
        made
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::knowledge::Visibility;
    use crate::score::testing::article;

    #[test]
    fn made_once_for_a_set_of_articles() {
        let shelf = Shelf::new();
        let one = article("a", "A", Visibility::Public, "text");
        let (small, large) = (
            Knowledge::new([one.clone()]),
            Knowledge::new([one, article("b", "B", Visibility::Public, "text")]),
        );
        let count = |k: &Knowledge| k.articles().count();
        assert_eq!((*shelf.of(&small, count), *shelf.of(&large, count)), (1, 2));
        assert_eq!(*shelf.of(&small, |_| 99), 1);
        assert_eq!(*shelf.of(&Knowledge::default(), count), 0);
        for n in 0..KEPT {
            shelf.of(&Knowledge::new([article(&format!("n{n}"), "N", Visibility::Public, "")]), count);
        }
        assert_eq!(*shelf.of(&small, |_| 99), 99);
    }
}
