//! Texts that many trials share (answers, messages, passages, case facts), each kept once.

use rusqlite::{OptionalExtension, Transaction};

use crate::fingerprint::Fingerprint;

use super::error::Fault;

/// The row of a text, made when the text is new.
pub(super) fn intern(tx: &Transaction<'_>, text: &str) -> Result<i64, Fault> {
    let hash = Fingerprint::of_bytes(text.as_bytes()).to_string();
    let known = tx
        .prepare_cached("SELECT id FROM texts WHERE hash = ?1")?
        .query_row([&hash], |row| row.get(0))
        .optional()?;
    if let Some(id) = known {
        return Ok(id);
    }
    tx.prepare_cached("INSERT INTO texts (hash, text) VALUES (?1, ?2)")?.execute((&hash, text))?;
    Ok(tx.last_insert_rowid())
}

/// Deletes the texts that nothing refers to.
pub(super) fn collect_garbage(tx: &Transaction<'_>) -> Result<(), Fault> {
    tx.execute(
        "DELETE FROM texts
         WHERE NOT EXISTS (SELECT 1 FROM trials WHERE facts = texts.id)
           AND NOT EXISTS (SELECT 1 FROM trials WHERE messages = texts.id)
           AND NOT EXISTS (SELECT 1 FROM trials WHERE passages = texts.id)
           AND NOT EXISTS (SELECT 1 FROM completions WHERE text = texts.id)",
        [],
    )?;
    Ok(())
}
