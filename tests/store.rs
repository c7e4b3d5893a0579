//! The store's files, format by format: today's program must read a dump of every format there was,
//! and must write the newest one byte for byte.
//!
//! `tests/store/v<N>.db.sql` is a dump of one store of format N, and `v<N>.run.json` the one run in it.
//! A dump of a released format is never changed. When the format moves, the second test leaves what
//! the program writes now in cargo's temporary folder and names the file, to be reviewed and moved.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on may panic anywhere")]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use regauge::outcome::{LimitChange, LimitReason, Recorded, Run, TrialDigest};
use regauge::provider::{AnswerSource, RecordedAnswer};
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
    store.record(&run.header.id, &run.all().collect::<Vec<_>>()).unwrap();
    let step = |concurrency, pause_ms, reason| LimitChange {
        at: run.header.started,
        endpoint: "https://api.example.com/v1".to_owned(),
        concurrency,
        pause_ms,
        reason,
    };
    let steps = [step(8, 0, LimitReason::Start), step(4, 2000, LimitReason::RateLimited)];
    store.limits(&run.header.id, &steps).unwrap();
    assert_eq!(store.limit_history(&run.header.id).unwrap(), steps);
    // The first answer is what a retriever said, as far as a store can tell.
    let found =
        run.trials.iter().find(|t| !t.cached && t.turns.is_empty() && t.completion.is_some()).unwrap();
    let answer = RecordedAnswer {
        request: found.request,
        provider: "http".to_owned(),
        model: "https://search.example.com".to_owned(),
        identity: serde_json::Value::Null,
        cost: None,
        completion: found.completion.clone().unwrap(),
    };
    store.looked_up(&run.header.id, &[answer], run.ended.unwrap()).unwrap();
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
        Value::Blob(bytes) => bytes.iter().fold("x'".to_owned(), |text, b| text + &format!("{b:02x}")) + "'",
    }
}

/// A store of an earlier format, made from its dump and `also`.
fn earlier(format: u32, also: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let db = Connection::open(folder.path().join("regauge.db")).unwrap();
    // Tables refer to each other in any order.
    db.pragma_update(None, "foreign_keys", false).unwrap();
    db.execute_batch(&text(&format!("v{format}.db.sql"))).unwrap();
    db.execute_batch(also).unwrap();
    folder
}

#[test]
fn every_format_there_was_is_read() {
    for format in 1..=FORMAT {
        let folder = earlier(format, "");
        let store = Store::open_existing(folder.path()).unwrap().unwrap();
        let id = store.resolve("latest").unwrap();
        let expected = expected(format);
        assert_eq!(store.run(&id).unwrap(), expected, "format {format}");
        let stored = store.stored(&id).unwrap();
        let digests: Vec<TrialDigest> = stored.digests().unwrap().map(Result::unwrap).collect();
        let whole: Vec<TrialDigest> = expected.trials.iter().map(TrialDigest::from).collect();
        assert_eq!(digests, whole, "format {format}");
        let follow_ups: Vec<TrialDigest> = stored.follow_ups().unwrap().map(Result::unwrap).collect();
        let whole: Vec<TrialDigest> = expected.follow_ups.iter().map(TrialDigest::from).collect();
        assert_eq!(follow_ups, whole, "format {format}");
        for trial in expected.all() {
            let answer = |request| store.answer(request).unwrap().map(|a| a.completion);
            if trial.turns.is_empty() {
                assert_eq!(answer(trial.request), trial.completion, "format {format}");
            }
            let replies = trial.turns.iter().filter_map(|t| Some(&t.reply.as_ref()?.round));
            for round in trial.turns.iter().flat_map(|t| &t.rounds).chain(replies) {
                assert_eq!(answer(round.request).as_ref(), Some(&round.completion), "format {format}");
            }
        }
        store.delete(&[id]).unwrap();
        assert_eq!(store.list().unwrap(), []);
    }
}

#[test]
fn an_earlier_format_becomes_exactly_the_newest() {
    let fresh = tempfile::tempdir().unwrap();
    drop(Store::open(fresh.path()).unwrap());
    let schema = |folder: &Path| -> Vec<String> {
        let db = Connection::open(folder.join("regauge.db")).unwrap();
        let mut statement =
            db.prepare("SELECT coalesce(sql, name) FROM sqlite_schema ORDER BY name").unwrap();
        let found = statement.query_map([], |row| row.get(0)).unwrap();
        found.collect::<Result<_, _>>().unwrap()
    };
    for format in 1..FORMAT {
        let folder = earlier(format, "");
        drop(Store::open(folder.path()).unwrap());
        assert_eq!(schema(folder.path()), schema(fresh.path()), "format {format}");
        let db = Connection::open(folder.path().join("regauge.db")).unwrap();
        let sound: String = db.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
        assert_eq!(sound, "ok", "format {format}");
        let broken = db.prepare("PRAGMA foreign_key_check").unwrap().exists([]).unwrap();
        assert!(!broken, "format {format}");
    }
}

#[test]
fn values_of_format_1_keep_every_bit() {
    // Fractions without a short decimal form, and the ends of the scale.
    let mut values: Vec<f64> = (1..2000_u32).map(|n| f64::from(n).sqrt().fract()).collect();
    values.extend([0.0, 1.0, 0.1 + 0.2, f64::MIN_POSITIVE, 1.0 - f64::EPSILON / 2.0, 1.0 / 3.0]);
    let mut rows = String::new();
    for (position, value) in values.iter().enumerate() {
        let position = position + 1;
        writeln!(
            rows,
            "INSERT INTO scores VALUES (2, {position}, 's', 'k', 0, 'scored', {value:?}, 1, 'é ''\"', '[]');"
        )
        .unwrap();
    }
    let folder = earlier(1, &rows);
    let run = Store::open(folder.path()).unwrap().run(&expected(1).header.id).unwrap();
    let scores = &run.trials.iter().find(|t| t.key.index == 2).unwrap().scores;
    let read: Vec<u64> = scores[1..].iter().map(|s| s.value().unwrap().to_bits()).collect();
    assert_eq!(read, values.iter().map(|v| v.to_bits()).collect::<Vec<_>>());
    assert_eq!(scores[1].reason, "é '\"");
}

#[test]
fn views_show_names_and_times() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    keep(&store, &expected(FORMAT));
    let db = Connection::open(store.path()).unwrap();
    let one = |sql: &str| -> String { db.query_row(sql, [], |row| row.get(0)).unwrap() };
    assert_eq!(
        one("SELECT suite || ' ' || case_id || ' ' || outcome || ' ' || finished FROM trial_rows
             WHERE phrasing <> ''"),
        "faq return-window errored 2026-10-02T10:00:05.500Z"
    );
    assert_eq!(
        one(
            "SELECT name || ' ' || state || ' ' || value || ' ' || reason FROM score_rows WHERE name = 'length'"
        ),
        "length scored 0.0 8 words, at most 5"
    );
    assert_eq!(one("SELECT count(*) || '' FROM answer_rows WHERE request LIKE 'b3:%'"), "11");
    assert_eq!(
        one("SELECT follow_up || ' ' || repeat FROM trial_rows WHERE follow_up IS NOT NULL"),
        "confirm 3"
    );
    assert_eq!(
        one("SELECT group_concat(coalesce(reply, error_message), ' | ') FROM judgement_rows"),
        "{\"mark\": \"ab12\", \"answers\": []} | no verdict 'at all' | no answer within 60 s"
    );
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
