//! Rows that many trials share, each kept once: cases, variants, engines, and texts.

use rusqlite::{CachedStatement, Connection, OptionalExtension, Transaction};

use crate::fingerprint::Fingerprint;
use crate::outcome::TrialKey;

use super::error::Fault;
use super::known::{Key, Known};

/// The scope of texts that belong to no case.
pub(super) const ANY_CASE: i64 = 0;

/// After so many texts in a row that nobody shared, the rest of a batch is not expected to be shared.
const MOST_ALONE: u32 = 16;

// Tables in the keys of what is known; scopes of texts are never negative.
const CASES: i64 = -1;
const VARIANTS: i64 = -2;
const ENGINES: i64 = -3;

/// Who answered.
pub(super) struct Engine<'a> {
    /// Provider.
    pub(super) provider: &'a str,
    /// Its model.
    pub(super) model: &'a str,
    /// Its identity, as JSON.
    pub(super) identity: &'a str,
    /// Model name as the endpoint reported it.
    pub(super) reported: Option<&'a str>,
}

/// Finds shared rows and makes those that are new.
pub(super) struct Interner<'tx> {
    tx: &'tx Connection,
    known: &'tx mut Known,
    find_case: CachedStatement<'tx>,
    find_variant: CachedStatement<'tx>,
    find_engine: CachedStatement<'tx>,
    find_text: CachedStatement<'tx>,
    add_case: CachedStatement<'tx>,
    add_text: CachedStatement<'tx>,
    buffer: Vec<u8>,
    /// Texts in a row that were meant to be shared and were not there.
    alone: u32,
    added: u64,
}

impl<'tx> Interner<'tx> {
    /// For one transaction; what is remembered of earlier ones must be checked before.
    pub(super) fn new(tx: &'tx Transaction<'_>, known: &'tx mut Known) -> Result<Self, Fault> {
        Ok(Self {
            tx,
            known,
            find_case: tx.prepare_cached(FIND_CASE)?,
            find_variant: tx.prepare_cached("SELECT id FROM variants WHERE prompt = ?1 AND model = ?2")?,
            find_engine: tx.prepare_cached(
                "SELECT id FROM engines
                 WHERE provider = ?1 AND model = ?2 AND identity = ?3 AND reported IS ?4",
            )?,
            find_text: tx.prepare_cached("SELECT id FROM texts WHERE scope = ?1 AND hash = ?2")?,
            add_case: tx.prepare_cached("INSERT INTO cases (suite, name, phrasing) VALUES (?1, ?2, ?3)")?,
            add_text: tx.prepare_cached("INSERT INTO texts (scope, hash, text) VALUES (?1, ?2, ?3)")?,
            buffer: Vec::new(),
            alone: 0,
            added: 0,
        })
    }

    /// The row of a case in one wording, and whether it is new.
    pub(super) fn case(&mut self, key: &TrialKey) -> Result<(i64, bool), Fault> {
        let parts = (&key.suite, &key.case, &key.phrasing);
        let known = self.key(CASES, &[parts.0, parts.1, parts.2]);
        if let Some(id) = self.known.get(&known) {
            return Ok((id, false));
        }
        let found = self.find_case.query_row(parts, |row| row.get(0)).optional()?;
        let id = match found {
            Some(id) => id,
            None => self.add_case.insert(parts)?,
        };
        self.known.put(known, id);
        Ok((id, found.is_none()))
    }

    /// The row of a variant.
    pub(super) fn variant(&mut self, prompt: &str, model: &str) -> Result<i64, Fault> {
        let known = self.key(VARIANTS, &[prompt, model]);
        if let Some(id) = self.known.get(&known) {
            return Ok(id);
        }
        let found = self.find_variant.query_row([prompt, model], |row| row.get(0)).optional()?;
        let id = match found {
            Some(id) => id,
            None => self
                .tx
                .prepare_cached("INSERT INTO variants (prompt, model) VALUES (?1, ?2)")?
                .insert([prompt, model])?,
        };
        self.known.put(known, id);
        Ok(id)
    }

    /// The row of an engine.
    pub(super) fn engine(&mut self, engine: &Engine<'_>) -> Result<i64, Fault> {
        let Engine { provider, model, identity, reported } = *engine;
        let known = match reported {
            Some(reported) => self.key(ENGINES, &[provider, model, identity, reported]),
            None => self.key(ENGINES, &[provider, model, identity]),
        };
        if let Some(id) = self.known.get(&known) {
            return Ok(id);
        }
        let parts = (provider, model, identity, reported);
        let found = self.find_engine.query_row(parts, |row| row.get(0)).optional()?;
        let id = match found {
            Some(id) => id,
            None => self
                .tx
                .prepare_cached(
                    "INSERT INTO engines (provider, model, identity, reported) VALUES (?1, ?2, ?3, ?4)",
                )?
                .insert(parts)?,
        };
        self.known.put(known, id);
        Ok(id)
    }

    /// The row of a text in a scope; a scope that is new has none yet.
    pub(super) fn text(&mut self, scope: i64, new_scope: bool, text: &[u8]) -> Result<i64, Fault> {
        let hash = Fingerprint::of_bytes(text);
        let known = (scope, *hash.bytes());
        if let Some(id) = self.known.get(&known) {
            return Ok(id);
        }
        let found = if new_scope {
            None
        } else {
            self.find_text.query_row((scope, hash.bytes()), |row| row.get(0)).optional()?
        };
        let id = if let Some(id) = found {
            id
        } else {
            let text = std::str::from_utf8(text)
                .map_err(|_| Fault::Damaged("a text that is not UTF-8".to_owned()))?;
            self.added += 1;
            self.add_text.insert((scope, hash.bytes(), text))?
        };
        self.known.put(known, id);
        Ok(id)
    }

    /// The row of a text that other cases are likely to share, such as a system message. Where they turn out
    /// not to, it lies beside the other texts of its case.
    pub(super) fn shared_text(&mut self, case: i64, new_case: bool, text: &[u8]) -> Result<i64, Fault> {
        if self.alone >= MOST_ALONE {
            return self.text(case, new_case, text);
        }
        let before = self.added;
        let id = self.text(ANY_CASE, false, text)?;
        self.alone = if self.added == before { 0 } else { self.alone + 1 };
        Ok(id)
    }

    fn key(&mut self, table: i64, parts: &[&str]) -> Key {
        self.buffer.clear();
        for part in parts {
            self.buffer.extend_from_slice(&part.len().to_le_bytes());
            self.buffer.extend_from_slice(part.as_bytes());
        }
        (table, *Fingerprint::of_bytes(&self.buffer).bytes())
    }
}

/// Finds a case in one wording.
pub(super) const FIND_CASE: &str = "SELECT id FROM cases WHERE suite = ?1 AND name = ?2 AND phrasing = ?3";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::samples::fresh;

    #[test]
    fn every_shared_row_is_made_once() {
        let (_folder, store) = fresh();
        for _ in 0..2 {
            store
                .write(|tx, known| {
                    known.forget();
                    let mut rows = Interner::new(tx, known)?;
                    let key = crate::store::samples::trial("c", crate::outcome::Outcome::Passed).key;
                    let first = rows.case(&key)?;
                    assert_eq!(rows.case(&key)?, (first.0, false));
                    assert_eq!(rows.variant("ab", "c")?, rows.variant("ab", "c")?);
                    assert_ne!(rows.variant("ab", "c")?, rows.variant("a", "bc")?);
                    let engine = |reported| Engine { provider: "p", model: "m", identity: "null", reported };
                    assert_eq!(rows.engine(&engine(None))?, rows.engine(&engine(None))?);
                    assert_ne!(rows.engine(&engine(None))?, rows.engine(&engine(Some("")))?);
                    assert_eq!(rows.text(first.0, first.1, b"x")?, rows.text(first.0, false, b"x")?);
                    assert_ne!(rows.text(first.0, false, b"x")?, rows.text(ANY_CASE, false, b"x")?);
                    Ok(())
                })
                .unwrap();
        }
        store
            .write(|tx, known| {
                let mut rows = Interner::new(tx, known)?;
                for n in 0..100_u8 {
                    rows.shared_text(1, false, &[n])?;
                    rows.shared_text(1, false, b"the same")?;
                }
                for n in 100..200_u8 {
                    rows.shared_text(2, true, n.to_string().as_bytes())?;
                }
                Ok(())
            })
            .unwrap();
        let scoped = |scope: i64| -> i64 {
            let sql = "SELECT count(*) FROM texts WHERE scope = ?1";
            store.raw(|db| db.query_row(sql, [scope], |row| row.get(0)).unwrap())
        };
        assert_eq!(scoped(2), 100 - i64::from(MOST_ALONE));
        store.raw(|db| db.execute("DELETE FROM texts WHERE length(text) <> 1 OR text <> 'x'", []).unwrap());
        for (table, rows) in [("cases", 1), ("variants", 2), ("engines", 2), ("texts", 2)] {
            assert_eq!(crate::store::samples::count(&store, table), rows, "{table}");
        }
    }
}
