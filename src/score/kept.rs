//! What was made of texts that come back in many trials, kept until there is too much of it.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, OnceLock, RwLock};

/// Things kept; then all are forgotten, which costs time and changes nothing.
const MOST: usize = 4096;

/// Things by what they were made of.
#[derive(Debug)]
pub(super) struct Kept<K, T> {
    things: OnceLock<RwLock<HashMap<K, Arc<T>>>>,
}

impl<K: Eq + Hash, T> Kept<K, T> {
    pub(super) const fn new() -> Self {
        Self { things: OnceLock::new() }
    }

    /// What is kept under this key, or is made now.
    pub(super) fn of<Q>(&self, key: &Q, make: impl FnOnce() -> T) -> Arc<T>
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ToOwned<Owned = K> + ?Sized,
    {
        let things = self.things.get_or_init(RwLock::default);
        if let Some(known) = things.read().ok().and_then(|kept| kept.get(key).cloned()) {
            return known;
        }
        let thing = Arc::new(make());
        if let Ok(mut kept) = things.write() {
            if kept.len() >= MOST {
                kept.clear();
            }
            kept.insert(key.to_owned(), thing.clone());
        }
        thing
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thing_is_made_once_until_there_are_too_many() {
        let kept: Kept<String, usize> = Kept::new();
        assert_eq!((*kept.of("a", || 1), *kept.of("a", || 2)), (1, 1));
        for n in 0..MOST {
            kept.of(n.to_string().as_str(), || n);
        }
        assert_eq!(*kept.of("a", || 2), 2);
    }
}
