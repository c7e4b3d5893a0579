//! Deleting runs, and giving back the space that only they used.

use rusqlite::{Connection, Transaction};

use super::error::Fault;
use super::{read, texts};

/// Deletes runs and the texts that no other run refers to; an unknown id deletes nothing.
pub(super) fn delete(tx: &Transaction<'_>, runs: &[String]) -> Result<(), Fault> {
    for run in runs {
        read::must_exist(tx, run)?;
    }
    for run in runs {
        tx.execute("DELETE FROM runs WHERE id = ?1", [run])?;
    }
    texts::collect_garbage(tx)
}

/// Returns free pages to the file system.
pub(super) fn shrink(connection: &Connection) -> Result<(), Fault> {
    // The pragma frees a page per row that is asked for.
    let mut statement = connection.prepare("PRAGMA incremental_vacuum")?;
    let mut pages = statement.query([])?;
    while pages.next()?.is_some() {}
    drop(pages);
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::outcome::{Outcome, TrialResult};
    use crate::store::Store;
    use crate::store::samples::{fresh, header, trial};

    fn count(store: &Store, table: &str) -> i64 {
        let connection = store.connection.lock().unwrap();
        connection.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap()
    }

    fn answered(case: &str, text: &str) -> TrialResult {
        let mut trial = trial(case, Outcome::Passed);
        trial.completion.as_mut().unwrap().text = text.into();
        trial
    }

    #[test]
    fn the_same_text_is_stored_once_and_goes_with_its_last_run() {
        let (_folder, store) = fresh();
        let trials = [answered("a", "same"), answered("b", "same"), answered("c", "own")];
        for (n, id, kept) in [(0, "one", 3), (1, "two", 2)] {
            store.begin(&header(id, n)).unwrap();
            store.record(id, &trials.iter().take(kept).collect::<Vec<_>>()).unwrap();
        }
        let texts = count(&store, "texts");
        let connection = store.connection.lock().unwrap();
        let same: i64 = connection
            .query_row("SELECT count(*) FROM texts WHERE text IN ('same', 'own')", [], |row| row.get(0))
            .unwrap();
        assert_eq!(same, 2);
        drop(connection);
        store.delete(&["one".into()]).unwrap();
        assert!(count(&store, "texts") < texts);
        assert_eq!(store.run("two").unwrap().trials, trials[..2]);
        store.delete(&["two".into()]).unwrap();
        for table in ["runs", "run_suites", "run_variants", "run_models", "run_tags", "trials"] {
            assert_eq!(count(&store, table), 0, "{table}");
        }
        for table in ["completions", "attempts", "scores", "texts"] {
            assert_eq!(count(&store, table), 0, "{table}");
        }
    }

    #[test]
    fn an_unknown_run_deletes_nothing() {
        let (_folder, store) = fresh();
        store.begin(&header("one", 0)).unwrap();
        let error = store.delete(&["one".into(), "none".into()]).unwrap_err();
        assert_eq!(error.to_string(), "no run has the id or tag `none`");
        assert!(store.run("one").is_ok());
    }

    #[test]
    fn a_large_run_gives_its_space_back() {
        let (_folder, store) = fresh();
        store.begin(&header("one", 0)).unwrap();
        let large: Vec<TrialResult> =
            (0..50).map(|n| answered(&n.to_string(), &n.to_string().repeat(20_000))).collect();
        store.record("one", &large.iter().collect::<Vec<_>>()).unwrap();
        store.delete(&["one".into()]).unwrap();
        let left = std::fs::metadata(store.path()).unwrap().len();
        assert!(left < 300_000, "{left} bytes are left of more than a million");
    }
}
