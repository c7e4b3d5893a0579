//! Opening the file: is it ours, can we read it, and is a recorded trial safe on the disk.
//!
//! A file that is not a store, or is newer, is refused before anything is written to it.

use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use super::error::{Fault, StoreError};
use super::schema::{self, Identity};

/// The database in the store's folder.
pub(super) const FILE: &str = "regauge.db";

/// How long a writer waits for another one: trials are recorded in milliseconds, a large prune in seconds.
pub(super) const WAIT: Duration = Duration::from_secs(30);

/// Pause between attempts to switch the journal mode.
const PAUSE: Duration = Duration::from_millis(10);

/// Memory for pages that are being written, in KiB: the pages that a batch of a large run touches.
const WRITER_CACHE_KIB: i64 = 24 * 1024;

/// Memory for pages that are read, in KiB.
const READER_CACHE_KIB: i64 = 8 * 1024;

/// Pages in the log before they are moved into the file (32 MiB): a page that many batches touch is moved once.
const CHECKPOINT_PAGES: i64 = 8192;

/// What the log may keep on the disk once it was moved, in bytes.
const LOG_BYTES: i64 = 64 * 1024 * 1024;

/// Prepared statements that a connection keeps.
const STATEMENTS: usize = 64;

/// Makes the folder and keeps it out of the user's repository.
pub(super) fn create_folder(folder: &Path) -> Result<(), StoreError> {
    let fail = |source| StoreError::Folder { path: folder.to_owned(), source };
    std::fs::create_dir_all(folder).map_err(fail)?;
    // A user who keeps the store in the repository may have removed it: it is made with the store only.
    if !folder.join(FILE).exists() {
        match std::fs::File::create_new(folder.join(".gitignore")) {
            Ok(mut file) => io::Write::write_all(&mut file, b"*\n").map_err(fail)?,
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(fail(error)),
        }
    }
    Ok(())
}

/// Opens the database file and brings it to today's format.
pub(super) fn open_file(path: &Path, wait: Duration) -> Result<Connection, StoreError> {
    let at = |fault: Fault| fault.at(path, wait.as_secs());
    let flags =
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(path, flags).map_err(|e| at(e.into()))?;
    connection.busy_timeout(wait).map_err(|e| at(e.into()))?;
    let identity = schema::identify(&connection).map_err(at)?;
    match identity {
        Identity::Foreign(why) => return Err(StoreError::NotAStore { path: path.to_owned(), why }),
        Identity::Store(found) if found > schema::FORMAT => {
            return Err(StoreError::Newer {
                path: path.to_owned(),
                found,
                known: schema::FORMAT,
                program: schema::written_by(&connection),
                this: schema::PROGRAM,
            });
        }
        Identity::Store(_) | Identity::Empty => {}
    }
    prepare(&mut connection, identity == Identity::Empty, wait).map_err(at)?;
    Ok(connection)
}

fn prepare(connection: &mut Connection, empty: bool, wait: Duration) -> Result<(), Fault> {
    if empty {
        // Only takes effect before the first table; lets a prune give space back.
        connection.pragma_update(None, "auto_vacuum", "INCREMENTAL")?;
    }
    use_wal(connection, wait)?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    // Only macOS knows it: its plain fsync leaves data in the drive's cache.
    connection.pragma_update(None, "fullfsync", true)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    connection.pragma_update(None, "cache_size", -WRITER_CACHE_KIB)?;
    connection.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES)?;
    connection.pragma_update(None, "journal_size_limit", LOG_BYTES)?;
    keep_statements(connection)?;
    schema::migrate(connection)?;
    Ok(())
}

/// Prepares a statement once and not again for every value that is bound to it: plans do not depend on values.
fn keep_statements(connection: &Connection) -> rusqlite::Result<()> {
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).map(drop)
}

/// Opens a second connection, for reading only: readers do not wait for who writes.
pub(super) fn open_reader(path: &Path, wait: Duration) -> Result<Connection, StoreError> {
    let at = |error: rusqlite::Error| Fault::from(error).at(path, wait.as_secs());
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(at)?;
    let prepare = || {
        connection.busy_timeout(wait)?;
        connection.pragma_update(None, "trusted_schema", false)?;
        connection.pragma_update(None, "cache_size", -READER_CACHE_KIB)?;
        connection.pragma_update(None, "query_only", true)?;
        keep_statements(&connection)
    };
    prepare().map_err(at)?;
    Ok(connection)
}

fn use_wal(connection: &Connection, wait: Duration) -> Result<(), Fault> {
    let until = Instant::now() + wait;
    loop {
        let mode = connection.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get(0));
        match mode.map_err(Fault::from) {
            // A file system without shared memory keeps its old mode, which is as durable, only slower.
            Ok::<String, _>(_) => return Ok(()),
            // SQLite does not wait for locks when it changes the journal mode.
            Err(fault) if fault.is_locked() && Instant::now() < until => std::thread::sleep(PAUSE),
            Err(fault) => return Err(fault),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Store;

    const SOON: Duration = Duration::from_millis(50);

    fn folder_with(bytes: &[u8]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(FILE), bytes).unwrap();
        folder
    }

    fn raw(folder: &Path) -> Connection {
        Connection::open(folder.join(FILE)).unwrap()
    }

    fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
        let mut files: Vec<_> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| {
                let entry = entry.unwrap();
                (entry.file_name().into_string().unwrap(), std::fs::read(entry.path()).unwrap())
            })
            .collect();
        files.sort();
        files
    }

    #[test]
    fn a_new_store_is_durable_and_ignored_by_git() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().join("a/.regauge");
        assert!(Store::open_existing(&folder).unwrap().is_none());
        assert!(!folder.exists());
        let store = Store::open(&folder).unwrap();
        assert_eq!(std::fs::read_to_string(folder.join(".gitignore")).unwrap(), "*\n");
        assert_eq!(store.path(), folder.join("regauge.db"));
        let pragma = |name: &str| -> String {
            let sql = format!("SELECT CAST({name} AS TEXT) FROM pragma_{name}");
            store.raw(|db| db.query_row(&sql, [], |r| r.get(0)).unwrap())
        };
        assert_eq!(pragma("journal_mode"), "wal");
        assert_eq!(pragma("synchronous"), "2");
        assert_eq!(pragma("auto_vacuum"), "2");
        assert_eq!(pragma("user_version"), schema::FORMAT.to_string());
    }

    #[test]
    fn a_gitignore_that_the_user_removed_stays_removed() {
        let folder = tempfile::tempdir().unwrap();
        Store::open(folder.path()).unwrap();
        std::fs::remove_file(folder.path().join(".gitignore")).unwrap();
        Store::open(folder.path()).unwrap();
        assert!(!folder.path().join(".gitignore").exists());
        assert!(Store::open_existing(folder.path()).unwrap().is_some());
    }

    #[test]
    fn other_files_are_refused_and_left_alone() {
        for bytes in [&b"hello"[..], &[0_u8; 5000], "é".repeat(9000).as_bytes()] {
            let folder = folder_with(bytes);
            let before = files(folder.path());
            let error = Store::open(folder.path()).unwrap_err();
            assert!(matches!(error, StoreError::NotAStore { .. }), "{error:?}");
            assert_eq!(files(folder.path()), before);
        }
    }

    #[test]
    fn the_database_of_another_program_is_refused_and_left_alone() {
        for setup in ["CREATE TABLE t (x)", "PRAGMA application_id = 7", "PRAGMA user_version = 3"] {
            let folder = tempfile::tempdir().unwrap();
            raw(folder.path()).execute_batch(setup).unwrap();
            let before = files(folder.path());
            let error = Store::open_existing(folder.path()).unwrap_err();
            assert!(matches!(error, StoreError::NotAStore { .. }), "{error:?}");
            assert_eq!(files(folder.path()), before);
        }
    }

    #[test]
    fn a_newer_store_is_refused_with_both_versions() {
        let folder = tempfile::tempdir().unwrap();
        drop(Store::open(folder.path()).unwrap());
        raw(folder.path())
            .execute_batch(
                "PRAGMA user_version = 7; UPDATE meta SET value = '9.1.0' WHERE key = 'program'; \
                 PRAGMA journal_mode = DELETE",
            )
            .unwrap();
        let before = files(folder.path());
        let error = Store::open(folder.path()).unwrap_err();
        assert!(matches!(error, StoreError::Newer { found: 7, known: schema::FORMAT, .. }), "{error:?}");
        let text = error.to_string();
        for part in [
            "format 7",
            "regauge 9.1.0",
            &format!("formats up to {}", schema::FORMAT),
            schema::PROGRAM,
            "update regauge",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
        assert_eq!(files(folder.path()), before);
    }

    #[test]
    fn a_damaged_store_is_refused_and_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        drop(Store::open(folder.path()).unwrap());
        let mut bytes = std::fs::read(folder.path().join(FILE)).unwrap();
        bytes[100..3000].fill(0xee);
        std::fs::write(folder.path().join(FILE), &bytes).unwrap();
        let error = Store::open(folder.path()).unwrap_err();
        assert!(matches!(error, StoreError::Corrupt { .. }), "{error:?}");
        assert_eq!(std::fs::read(folder.path().join(FILE)).unwrap(), bytes);
    }

    #[test]
    fn an_empty_file_becomes_a_store() {
        let folder = folder_with(b"");
        assert_eq!(Store::open(folder.path()).unwrap().list().unwrap(), []);
    }

    #[test]
    fn a_file_in_the_place_of_the_folder_is_an_error() {
        let folder = folder_with(b"");
        let error = Store::open(&folder.path().join(FILE)).unwrap_err();
        assert!(matches!(error, StoreError::Folder { .. }), "{error:?}");
    }

    #[test]
    fn a_folder_in_the_place_of_the_file_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join(FILE)).unwrap();
        let error = Store::open(folder.path()).unwrap_err();
        assert!(matches!(error, StoreError::CannotOpen { .. }), "{error:?}");
    }

    #[test]
    fn a_lock_that_does_not_go_away_is_named() {
        let folder = tempfile::tempdir().unwrap();
        drop(Store::open(folder.path()).unwrap());
        let other = raw(folder.path());
        other.execute_batch("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE").unwrap();
        let error = Store::open_waiting(folder.path(), SOON).unwrap_err();
        assert!(matches!(error, StoreError::Locked { .. }), "{error:?}");
        other.execute_batch("ROLLBACK").unwrap();
        drop(other);
        Store::open_waiting(folder.path(), SOON).unwrap();
    }

    #[test]
    fn many_may_open_a_new_store_at_once() {
        let folder = tempfile::tempdir().unwrap();
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| Store::open(folder.path()).unwrap());
            }
        });
        assert_eq!(Store::open(folder.path()).unwrap().list().unwrap(), []);
    }
}
