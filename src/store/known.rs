//! What a connection remembers of rows it has found or made, so that the same name is not looked up for every trial.
//!
//! Bounded: of two generations the older one is dropped when the younger one is full. Row ids that another
//! connection may have deleted meanwhile are forgotten as soon as it has written anything.

use std::collections::HashMap;

use rusqlite::Connection;

use super::error::Fault;

/// Rows of one generation, about 40 bytes each.
const GENERATION: usize = 16_384;

/// A row's table (or the scope of a text) and the hash of what it holds.
pub(super) type Key = (i64, [u8; 16]);

/// Ids of rows, by what they hold.
#[derive(Debug, Default)]
pub(super) struct Known {
    young: HashMap<Key, i64>,
    old: HashMap<Key, i64>,
    version: Option<i64>,
}

impl Known {
    /// Forgets everything unless nobody else has written since the last call.
    pub(super) fn check(&mut self, db: &Connection) -> Result<(), Fault> {
        let version = db.prepare_cached("PRAGMA data_version")?.query_row([], |row| row.get(0))?;
        if self.version != Some(version) {
            self.forget();
            self.version = Some(version);
        }
        Ok(())
    }

    /// The id of a row.
    pub(super) fn get(&mut self, key: &Key) -> Option<i64> {
        if let Some(id) = self.young.get(key) {
            return Some(*id);
        }
        let id = self.old.remove(key)?;
        self.put(*key, id);
        Some(id)
    }

    /// Remembers a row.
    pub(super) fn put(&mut self, key: Key, id: i64) {
        if self.young.len() >= GENERATION {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(key, id);
    }

    /// Forgets everything: rows were deleted, or never became durable.
    pub(super) fn forget(&mut self) {
        self.young.clear();
        self.old.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_used_lately_is_kept_and_memory_is_bounded() {
        let key = |n: usize| {
            let mut hash = [0; 16];
            hash[..8].copy_from_slice(&n.to_le_bytes());
            (1, hash)
        };
        let mut known = Known::default();
        known.put(key(0), 0);
        for n in 1..GENERATION * 5 {
            known.put(key(n), i64::try_from(n).unwrap());
            assert_eq!(known.get(&key(0)), Some(0));
        }
        assert_eq!(known.get(&key(1)), None);
        assert!(known.young.len() + known.old.len() <= 2 * GENERATION);
        known.forget();
        assert_eq!(known.get(&key(0)), None);
    }
}
