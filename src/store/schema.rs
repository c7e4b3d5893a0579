//! The format of the file, and how an older file becomes one of today.
//!
//! **Who can read whom.** The format is one number, kept in SQLite's `user_version` and in `meta`. A
//! program reads every format up to its own: an older file is brought forward, one migration per
//! transaction, when it is opened. A newer file is refused, never half understood. A new column, a
//! new name in a column of names, and a new shape of a JSON column are each a new format; a migration
//! that was released is never edited. One dump per format lies in `tests/store/`.

use rusqlite::{Connection, TransactionBehavior};

use super::error::Fault;

/// Marks the file as a store of this program: `rgau` in ASCII.
pub(super) const APPLICATION_ID: i32 = 0x7267_6175;

/// Migration `n` makes format `n + 1` of format `n`.
const MIGRATIONS: &[&str] = &[
    include_str!("migrations/0001_runs.sql"),
    include_str!("migrations/0002_answers.sql"),
    include_str!("migrations/0003_judged.sql"),
    include_str!("migrations/0004_lookups.sql"),
];

/// The format that this program writes, and the newest one that it reads.
pub const FORMAT: u32 = MIGRATIONS.len() as u32;

/// Version of this program.
pub(super) const PROGRAM: &str = env!("CARGO_PKG_VERSION");

/// What a database file turns out to be.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Identity {
    /// Without any content.
    Empty,
    /// A store of this format.
    Store(u32),
    /// Something else.
    Foreign(String),
}

/// Looks at a file without changing it.
pub(super) fn identify(connection: &Connection) -> Result<Identity, Fault> {
    // One look: another process may be making the tables just now.
    let connection = connection.unchecked_transaction()?;
    let application: i32 = connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
    let format: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let objects: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    Ok(match (application, u32::try_from(format), objects) {
        (APPLICATION_ID, Ok(format), _) => Identity::Store(format),
        (0, Ok(0), 0) => Identity::Empty,
        (0, ..) => Identity::Foreign("it is the database of another program".to_owned()),
        (id, ..) => Identity::Foreign(format!("it is the database of another program, id {id:#010x}")),
    })
}

/// Version of the program that brought the file to its format, as far as it can be read.
pub(super) fn written_by(connection: &Connection) -> String {
    connection
        .query_row("SELECT value FROM meta WHERE key = 'program'", [], |row| row.get(0))
        .unwrap_or_else(|_| "of an unknown version".to_owned())
}

/// Applies the missing migrations, each in a transaction of its own.
pub(super) fn migrate(connection: &mut Connection) -> Result<(), Fault> {
    let present: u32 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    // A table that others refer to is replaced by a new one of its name; and nothing is checked per row later.
    connection.pragma_update(None, "foreign_keys", false)?;
    // An open store is up to date: it must not wait for whoever writes to it.
    for (migration, format) in MIGRATIONS.iter().zip(1_u32..).skip(present as usize) {
        let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        // Another process may have applied it while this one waited for the lock.
        let present: u32 = tx.pragma_query_value(None, "user_version", |row| row.get(0))?;
        if present >= format {
            continue;
        }
        tx.execute_batch(migration)?;
        tx.pragma_update(None, "application_id", APPLICATION_ID)?;
        tx.pragma_update(None, "user_version", format)?;
        for (key, value) in [("format", format.to_string().as_str()), ("program", PROGRAM)] {
            tx.execute("INSERT OR REPLACE INTO meta (key, value) VALUES (?1, ?2)", (key, value))?;
        }
        tx.commit()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn migrating_twice_changes_nothing() {
        let mut connection = Connection::open_in_memory().unwrap();
        assert_eq!(identify(&connection).unwrap(), Identity::Empty);
        migrate(&mut connection).unwrap();
        assert_eq!(identify(&connection).unwrap(), Identity::Store(FORMAT));
        let changes = connection.total_changes();
        migrate(&mut connection).unwrap();
        assert_eq!(connection.total_changes(), changes);
        assert_eq!(written_by(&connection), PROGRAM);
    }

    #[test]
    fn a_migration_that_fails_leaves_nothing_behind() {
        let mut connection = Connection::open_in_memory().unwrap();
        connection.execute_batch("CREATE TABLE scores (x)").unwrap();
        migrate(&mut connection).unwrap_err();
        let tables: i64 =
            connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0)).unwrap();
        assert_eq!(tables, 1);
        assert!(matches!(identify(&connection).unwrap(), Identity::Foreign(_)));
    }

    #[test]
    fn every_index_serves_its_query() {
        let mut connection = Connection::open_in_memory().unwrap();
        migrate(&mut connection).unwrap();
        let plan = |sql: &str| -> String {
            let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
            let found = statement.raw_query().mapped(|row| row.get::<_, String>(3));
            found.collect::<Result<Vec<_>, _>>().unwrap().join("; ")
        };
        for (sql, uses) in [
            (
                "SELECT id FROM answers WHERE request = ?1 ORDER BY usable DESC, id DESC LIMIT 1",
                "COVERING INDEX answers_by_request (request=?)",
            ),
            (
                "SELECT variant, outcome, count(*) FROM trials WHERE run = ?1 AND follow_up IS NULL GROUP BY variant, outcome",
                "COVERING INDEX trials_by_outcome (run=?)",
            ),
            (
                "SELECT run, outcome, sum(follow_up IS NULL), sum(cost) FROM trials GROUP BY run, variant, outcome",
                "SCAN trials USING COVERING INDEX trials_by_outcome",
            ),
            (
                "SELECT outcome FROM trials WHERE run = ?1 AND case_id = ?2 AND variant = ?3 AND repeat = ?4",
                "(run=? AND case_id=? AND variant=? AND repeat=?)",
            ),
            ("SELECT id FROM cases ORDER BY suite, name, phrasing", "SCAN cases USING COVERING INDEX"),
            ("SELECT id FROM texts WHERE scope = ?1 AND hash = ?2", "(scope=? AND hash=?)"),
            (
                "SELECT r.id FROM run_tags g JOIN runs r ON r.id = g.run WHERE g.tag = ?1",
                "run_tags_by_tag (tag=?)",
            ),
            ("SELECT 1 FROM rounds WHERE answer = ?1", "COVERING INDEX rounds_by_answer (answer=?)"),
            ("SELECT run FROM run_suites WHERE suite = ?1", "run_suites_by_suite (suite=?)"),
            (
                "SELECT 1 FROM run_models WHERE provider = ?1 AND model = ?2",
                "run_models_by_model (provider=? AND model=?)",
            ),
        ] {
            let plan = plan(sql);
            assert!(plan.contains(uses) && !plan.contains("TEMP B-TREE"), "{sql}\n{plan}");
        }
    }
}
