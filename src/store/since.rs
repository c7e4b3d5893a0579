//! The answers of a store that came since a moment: what counts as asked afresh.

use std::sync::Arc;

use jiff::Timestamp;

use super::{Store, answers};
use crate::fingerprint::Fingerprint;
use crate::provider::{AnswerSource, RecordedAnswer};

/// A store in which older answers are not found.
#[derive(Debug)]
pub struct Since {
    store: Arc<Store>,
    at: Timestamp,
}

impl Store {
    /// The answers that this store received since a moment, such as the begin of a run.
    pub fn since(store: Arc<Self>, at: Timestamp) -> Since {
        Since { store, at }
    }
}

impl AnswerSource for Since {
    fn answer(&self, key: Fingerprint) -> Result<Option<RecordedAnswer>, String> {
        let found = self.store.with_reader(|connection| answers::answer_since(connection, key, self.at));
        found.map_err(|error| error.to_string())
    }

    fn identity(&self, provider: &str, model: &str) -> Option<serde_json::Value> {
        self.store.identity(provider, model)
    }

    fn name(&self) -> String {
        self.store.name()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::Outcome;
    use crate::store::samples::{day, fresh, header, trial};

    #[test]
    fn an_older_answer_is_not_found() {
        let (_folder, store) = fresh();
        store.begin(&header("a", 0)).unwrap();
        let mut old = trial("c", Outcome::Passed);
        (old.request, old.finished) = (Fingerprint::of("request"), day(3));
        store.record("a", &[&old]).unwrap();
        let store = Arc::new(store);
        let found = |n| Store::since(store.clone(), day(n)).answer(old.request).unwrap();
        assert_eq!(found(3).map(|answer| answer.completion), old.completion);
        assert_eq!(found(4), None);
    }
}
