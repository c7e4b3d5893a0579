//! The names of runs: ids and their beginnings, tags, branches, `latest` and `latest~N`.

use rusqlite::{Connection, OptionalExtension};

use crate::diagnostic::did_you_mean;

use super::error::{Fault, StoreError};
use super::list::ORDINARY;
use super::read;

/// Fewest characters of an id that stand for the whole of it.
const LEAST_PREFIX: usize = 4;

const LATEST: &str = "latest";

/// The id behind a name: exact id, `latest`, tag, branch (its newest finished run), then beginning of an id.
pub(super) fn resolve(db: &Connection, path: &std::path::Path, name: &str) -> Result<String, Fault> {
    if read::exists(db, name)? {
        return Ok(name.to_owned());
    }
    if let Some(back) = steps_back(name) {
        return latest(db, path, name, back);
    }
    let tagged = db
        .prepare_cached(
            "SELECT r.id FROM run_tags g JOIN runs r ON r.id = g.run WHERE g.tag = ?1
             ORDER BY r.number DESC LIMIT 1",
        )?
        .query_row([name], |row| row.get(0))
        .optional()?;
    match tagged {
        Some(id) => Ok(id),
        None => on_branch(db, name)?.map_or_else(|| by_beginning(db, name), Ok),
    }
}

/// The newest finished run on a branch.
fn on_branch(db: &Connection, name: &str) -> Result<Option<String>, Fault> {
    let mut statement = db.prepare_cached(&format!(
        "SELECT id FROM runs r WHERE branch = ?1 AND status = 'finished' AND {ORDINARY}
         ORDER BY number DESC LIMIT 1"
    ))?;
    Ok(statement.query_row([name], |row| row.get(0)).optional()?)
}

/// How far back `latest` or `latest~N` reaches.
fn steps_back(name: &str) -> Option<u64> {
    let rest = name.strip_prefix(LATEST)?;
    if rest.is_empty() { Some(0) } else { rest.strip_prefix('~')?.parse().ok() }
}

fn latest(db: &Connection, path: &std::path::Path, name: &str, back: u64) -> Result<String, Fault> {
    let runs: i64 =
        db.query_row(&format!("SELECT count(*) FROM runs r WHERE {ORDINARY}"), [], |row| row.get(0))?;
    let runs = runs.cast_unsigned();
    if runs == 0 {
        return Err(StoreError::NoRuns { path: path.to_owned() }.into());
    }
    if back >= runs {
        return Err(StoreError::TooFarBack { name: name.to_owned(), runs }.into());
    }
    Ok(db
        .prepare_cached(&format!(
            "SELECT id FROM runs r WHERE {ORDINARY} ORDER BY number DESC LIMIT 1 OFFSET ?1"
        ))?
        .query_row([back.cast_signed()], |row| row.get(0))?)
}

fn by_beginning(db: &Connection, name: &str) -> Result<String, Fault> {
    let mut statement =
        db.prepare_cached("SELECT id FROM runs WHERE substr(id, 1, length(?1)) = ?1 ORDER BY number DESC")?;
    let ids = statement.query_map([name.to_lowercase()], |row| row.get(0))?;
    let mut candidates: Vec<String> = ids.collect::<Result<_, _>>()?;
    let short = name.chars().count() < LEAST_PREFIX;
    let name = name.to_owned();
    let error = match candidates.len() {
        0 => StoreError::UnknownRun { near: near(db, &name)?, name },
        _ if name.is_empty() => StoreError::UnknownRun { near: None, name },
        _ if short => StoreError::ShortPrefix { name, least: LEAST_PREFIX },
        1 => return Ok(candidates.remove(0)),
        _ => StoreError::Ambiguous { name, candidates },
    };
    Err(error.into())
}

fn near(db: &Connection, name: &str) -> Result<Option<String>, Fault> {
    let mut statement = db.prepare_cached(
        "SELECT tag FROM run_tags UNION SELECT branch FROM runs WHERE branch IS NOT NULL AND status = 'finished'
         ORDER BY 1",
    )?;
    let tags = statement.query_map([], |row| row.get(0))?;
    let tags: Vec<String> = tags.collect::<Result<_, _>>()?;
    Ok(did_you_mean(name, tags.iter().map(String::as_str).chain([LATEST])).map(str::to_owned))
}

/// Adds or removes a tag.
pub(super) fn tag(db: &Connection, run: &str, tag: &str, present: bool) -> Result<(), Fault> {
    read::number(db, run)?;
    if !present {
        db.execute("DELETE FROM run_tags WHERE run = ?1 AND tag = ?2", (run, tag))?;
        return Ok(());
    }
    if let Some(why) = why_no_tag(tag) {
        return Err(StoreError::BadTag { tag: tag.to_owned(), why }.into());
    }
    db.execute("INSERT OR IGNORE INTO run_tags (run, tag) VALUES (?1, ?2)", (run, tag))?;
    Ok(())
}

/// Why a text cannot be a tag, if it cannot: it must be one word on a command line and mean nothing else there.
pub fn why_no_tag(tag: &str) -> Option<&'static str> {
    if tag.is_empty() {
        Some("a tag has at least one character")
    } else if tag.chars().any(|c| c.is_whitespace() || c.is_control()) {
        Some("a tag has no white space")
    } else if tag.starts_with('-') {
        Some("it looks like an option")
    } else if steps_back(tag).is_some() || tag.starts_with("latest~") {
        Some("`latest` and `latest~N` always mean the newest runs")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Store;
    use crate::store::samples::{fresh, header};

    const IDS: [&str; 3] = ["019a-one", "019a-two", "77ff-three"];

    fn three() -> (tempfile::TempDir, Store) {
        let (folder, store) = fresh();
        for (n, id) in (0..).zip(IDS) {
            store.begin(&header(id, n)).unwrap();
        }
        for (id, tag) in [(IDS[0], "main"), (IDS[1], "main"), (IDS[0], "release/1.0"), (IDS[0], "77ff")] {
            store.tag(id, tag, true).unwrap();
        }
        (folder, store)
    }

    #[test]
    fn every_kind_of_name_is_understood() {
        let (_folder, store) = three();
        for (name, id) in [
            (IDS[0], IDS[0]),
            ("019a-t", IDS[1]),
            ("019A-T", IDS[1]),
            ("77ff-", IDS[2]),
            ("main", IDS[1]),
            ("release/1.0", IDS[0]),
            ("77ff", IDS[0]),
            ("latest", IDS[2]),
            ("latest~0", IDS[2]),
            ("latest~2", IDS[0]),
        ] {
            assert_eq!(store.resolve(name).unwrap(), id, "{name}");
        }
    }

    #[test]
    fn names_that_mean_nothing_say_why() {
        let (_folder, store) = three();
        let message = |name: &str| store.resolve(name).unwrap_err().to_string();
        assert_eq!(message("mian"), "no run has the id or tag `mian`; did you mean `main`?");
        assert_eq!(message("lastest"), "no run has the id or tag `lastest`; did you mean `latest`?");
        assert_eq!(message("%%%%"), "no run has the id or tag `%%%%`");
        assert_eq!(message(""), "no run has the id or tag ``");
        assert_eq!(message("019a"), "`019a` is the beginning of 2 run ids: 019a-two, 019a-one");
        assert_eq!(
            message("77f"),
            "`77f` is too short: the beginning of a run id needs at least 4 characters"
        );
        assert_eq!(message("latest~3"), "`latest~3` reaches back further than there are runs (3)");
        assert!(matches!(store.resolve("latest~x").unwrap_err(), StoreError::UnknownRun { .. }));
    }

    #[test]
    fn an_empty_store_has_no_latest() {
        let (_folder, store) = fresh();
        assert!(matches!(store.resolve("latest").unwrap_err(), StoreError::NoRuns { .. }));
    }

    #[test]
    fn a_branch_is_its_newest_finished_run() {
        let (_folder, store) = fresh();
        for (n, (id, branch)) in
            (0..).zip([("aaaa", "main"), ("bbbb", "fix/x"), ("cccc", "main"), ("dddd", "main")])
        {
            let mut header = header(id, n);
            header.git = Some(crate::outcome::GitState {
                revision: "abc".into(),
                branch: Some(branch.into()),
                dirty: false,
            });
            store.begin(&header).unwrap();
            if id != "dddd" {
                let at = "2026-10-02T09:12:41Z".parse().unwrap();
                store.end(id, crate::outcome::RunStatus::Finished, None, at).unwrap();
            }
        }
        assert_eq!(store.resolve("main").unwrap(), "cccc");
        assert_eq!(store.resolve("fix/x").unwrap(), "bbbb");
        let error = store.resolve("mian").unwrap_err().to_string();
        assert!(error.ends_with("did you mean `main`?"), "{error}");
        store.tag("aaaa", "main", true).unwrap();
        assert_eq!(store.resolve("main").unwrap(), "aaaa", "a tag comes first");
    }

    #[test]
    fn tags_come_and_go() {
        let (_folder, store) = three();
        store.tag(IDS[1], "main", true).unwrap();
        assert_eq!(store.run(IDS[1]).unwrap().tags, ["main"]);
        store.tag(IDS[1], "main", false).unwrap();
        store.tag(IDS[1], "main", false).unwrap();
        assert_eq!(store.resolve("main").unwrap(), IDS[0]);
        assert!(matches!(store.tag("none", "x", true).unwrap_err(), StoreError::UnknownRun { .. }));
        for bad in ["", "a b", "a\n", "-x", "latest", "latest~1", "latest~"] {
            assert!(matches!(store.tag(IDS[0], bad, true).unwrap_err(), StoreError::BadTag { .. }), "{bad}");
        }
    }
}
