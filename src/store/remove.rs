//! Deleting runs with all that hangs on them, and giving back the space that only they used.

use rusqlite::{Connection, Transaction};

use super::error::Fault;
use super::read;

/// Deletes runs, and what only they used; their answers stay, so that nothing is paid for twice. An unknown id
/// deletes nothing.
pub(super) fn delete(tx: &Transaction<'_>, runs: &[String]) -> Result<(), Fault> {
    let numbers = runs.iter().map(|run| read::number(tx, run)).collect::<Result<Vec<_>, _>>()?;
    for number in numbers {
        for sql in [
            "DELETE FROM rounds WHERE trial IN (SELECT id FROM trials WHERE run = ?1
                UNION ALL SELECT id FROM layer_trials WHERE run = ?1)",
            "DELETE FROM dialogues WHERE trial IN (SELECT id FROM trials WHERE run = ?1
                UNION ALL SELECT id FROM layer_trials WHERE run = ?1)",
            "DELETE FROM judgements WHERE trial IN (SELECT id FROM trials WHERE run = ?1
                UNION ALL SELECT id FROM layer_trials WHERE run = ?1)",
            "DELETE FROM attempts WHERE trial IN (SELECT id FROM trials WHERE run = ?1
                UNION ALL SELECT id FROM layer_trials WHERE run = ?1)",
            "DELETE FROM trials WHERE run = ?1",
            "DELETE FROM layer_trials WHERE run = ?1",
            "DELETE FROM layers WHERE run = ?1",
            "DELETE FROM run_limits WHERE run = ?1",
            "DELETE FROM lookups WHERE run = ?1",
        ] {
            tx.execute(sql, [number])?;
        }
    }
    for run in runs {
        for table in ["run_suites", "run_variants", "run_models", "run_retrievals", "run_tags"] {
            tx.execute(&format!("DELETE FROM {table} WHERE run = ?1"), [run])?;
        }
        tx.execute("DELETE FROM runs WHERE id = ?1", [run])?;
    }
    tx.execute_batch(
        "DELETE FROM texts WHERE id NOT IN (
            SELECT facts FROM trials
            UNION ALL SELECT m.value ->> 1 FROM trials, json_each(trials.messages) m
            UNION ALL SELECT passages FROM trials WHERE passages IS NOT NULL
            UNION ALL SELECT facts FROM layer_trials
            UNION ALL SELECT m.value ->> 1 FROM layer_trials, json_each(layer_trials.messages) m
            UNION ALL SELECT passages FROM layer_trials WHERE passages IS NOT NULL);
         DELETE FROM cases WHERE id NOT IN (SELECT case_id FROM trials);
         DELETE FROM variants WHERE id NOT IN (SELECT variant FROM trials);",
    )?;
    Ok(())
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
    use crate::store::samples::{count, fresh, header, trial};

    fn answered(case: &str, text: &str) -> TrialResult {
        let mut trial = trial(case, Outcome::Passed);
        trial.completion.as_mut().unwrap().text = text.into();
        trial
    }

    #[test]
    fn shared_rows_go_with_their_last_run_and_answers_stay() {
        let (_folder, store) = fresh();
        let trials = [answered("a", "same"), answered("b", "same"), answered("c", "own")];
        for (n, id, kept) in [(0, "one", 3), (1, "two", 2)] {
            store.begin(&header(id, n)).unwrap();
            store.record(id, &trials.iter().take(kept).collect::<Vec<_>>()).unwrap();
        }
        let texts = count(&store, "texts");
        assert_eq!(texts, 6, "facts and messages of three cases");
        store.delete(&["one".into()]).unwrap();
        assert_eq!(count(&store, "texts"), 4);
        assert_eq!(store.run("two").unwrap().trials, trials[..2]);
        assert!(store.raw(|db| !db.prepare("PRAGMA foreign_key_check").unwrap().exists([]).unwrap()));
        store.delete(&["two".into()]).unwrap();
        for table in [
            "runs",
            "run_suites",
            "run_variants",
            "run_models",
            "run_retrievals",
            "run_tags",
            "run_limits",
            "trials",
        ] {
            assert_eq!(count(&store, table), 0, "{table}");
        }
        for table in ["attempts", "texts", "cases", "variants"] {
            assert_eq!(count(&store, table), 0, "{table}");
        }
        assert_eq!(count(&store, "answers"), 5, "what was paid for stays");
        // What was remembered of the deleted rows is forgotten.
        store.begin(&header("three", 3)).unwrap();
        store.record("three", &[&trials[0]]).unwrap();
        assert_eq!(store.run("three").unwrap().trials, trials[..1]);
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
        let mut large: Vec<TrialResult> = (0..50).map(|n| answered(&n.to_string(), "x")).collect();
        for trial in &mut large {
            trial.messages[0].content = trial.key.case.repeat(20_000);
        }
        store.record("one", &large.iter().collect::<Vec<_>>()).unwrap();
        store.delete(&["one".into()]).unwrap();
        let left = std::fs::metadata(store.path()).unwrap().len();
        assert!(left < 300_000, "{left} bytes are left of more than a million");
    }
}
