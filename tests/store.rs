//! The store's files, format by format: today's program must read a dump of every format there was,
//! and must write the newest one byte for byte.
//!
//! `tests/store/v<N>.db.sql` is a dump of one store of format N, and `v<N>.run.json` the one run in it.
//! A dump of a released format is never changed. When the format moves, the second test leaves what
//! the program writes now in cargo's temporary folder and names the file, to be reviewed and moved.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on may panic anywhere")]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use regauge::outcome::Run;
use regauge::store::{FORMAT, Store};
use rusqlite::Connection;
use rusqlite::types::Value;

fn dumps() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/store")
}

/// Text of one of the files, with the line ends of every platform made the same.
fn text(name: &str) -> String {
    std::fs::read_to_string(dumps().join(name)).unwrap().replace("\r\n", "\n")
}

fn expected(format: u32) -> Run {
    serde_json::from_str(&text(&format!("v{format}.run.json"))).unwrap()
}

fn keep(store: &Store, run: &Run) {
    store.begin(&run.header).unwrap();
    store.record(&run.header.id, &run.trials.iter().collect::<Vec<_>>()).unwrap();
    for tag in &run.tags {
        store.tag(&run.header.id, tag, true).unwrap();
    }
    store.end(&run.header.id, run.status, run.stop_reason.as_deref(), run.ended.unwrap()).unwrap();
}

/// The file as SQL: its numbers in the header, its schema by name, its rows by key.
fn dump(file: &Path) -> String {
    let db = Connection::open(file).unwrap();
    let mut out = String::new();
    for pragma in ["application_id", "user_version"] {
        let value: i64 = db.pragma_query_value(None, pragma, |row| row.get(0)).unwrap();
        writeln!(out, "PRAGMA {pragma} = {value};").unwrap();
    }
    let schema = "SELECT name, type, sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY type DESC, name";
    let mut statement = db.prepare(schema).unwrap();
    let objects = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).unwrap();
    let objects: Vec<(String, String, String)> = objects.collect::<Result<_, _>>().unwrap();
    for (_, _, sql) in &objects {
        writeln!(out, "{sql};").unwrap();
    }
    for (table, _, _) in objects.iter().filter(|(_, kind, _)| kind == "table") {
        let mut statement = db.prepare(&format!("SELECT * FROM {table} ORDER BY 1, 2")).unwrap();
        let columns = statement.column_count();
        let mut rows = statement.query([]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            let values: Vec<String> = (0..columns).map(|n| literal(row.get(n).unwrap())).collect();
            writeln!(out, "INSERT INTO {table} VALUES ({});", values.join(", ")).unwrap();
        }
    }
    out
}

fn literal(value: Value) -> String {
    match value {
        Value::Null => "NULL".to_owned(),
        Value::Integer(number) => number.to_string(),
        Value::Real(number) => format!("{number:?}"),
        Value::Text(text) => format!("'{}'", text.replace('\'', "''")),
        Value::Blob(_) => panic!("no column holds bytes"),
    }
}

#[test]
fn every_format_there_was_is_read() {
    for format in 1..=FORMAT {
        let folder = tempfile::tempdir().unwrap();
        let db = Connection::open(folder.path().join("regauge.db")).unwrap();
        // Tables refer to each other in any order.
        db.pragma_update(None, "foreign_keys", false).unwrap();
        db.execute_batch(&text(&format!("v{format}.db.sql"))).unwrap();
        drop(db);
        let store = Store::open_existing(folder.path()).unwrap().unwrap();
        let id = store.resolve("latest").unwrap();
        assert_eq!(store.run(&id).unwrap(), expected(format), "format {format}");
        store.delete(&[id]).unwrap();
        assert_eq!(store.list().unwrap(), []);
    }
}

#[test]
fn the_newest_format_is_written_byte_for_byte() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    keep(&store, &expected(FORMAT));
    let program = format!("('program', '{}')", env!("CARGO_PKG_VERSION"));
    let written = dump(store.path()).replace(&program, "('program', 'any')").replace("\r\n", "\n");
    let name = format!("v{FORMAT}.db.sql");
    if !dumps().join(&name).exists() || text(&name) != written {
        let review = Path::new(env!("CARGO_TARGET_TMPDIR")).join(&name);
        std::fs::write(&review, &written).unwrap();
        panic!("the store is written differently now: compare tests/store/{name} with {}", review.display());
    }
}
