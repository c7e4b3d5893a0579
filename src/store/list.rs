//! Runs as a list: totals counted from rows, the run before another one, and what a retention rule drops.

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OptionalExtension};
use serde::Serialize;

use crate::outcome::RunStatus;
use crate::selection::{Selection, WhatIf};

use super::error::Fault;
use super::{json, read, rows};

/// One line of `regauge runs list`; counts are derived from rows.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RunRow {
    /// Id.
    pub id: String,
    /// When it began.
    pub started: Timestamp,
    /// How it ended.
    pub status: RunStatus,
    /// Suites.
    pub suites: Vec<String>,
    /// Tags, sorted.
    pub tags: Vec<String>,
    /// What is tried out, where the run is one side of a what-if.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub what_if: Option<WhatIf>,
    /// The rung, where the run is one of a ladder.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rung: Option<String>,
    /// Commit, when known.
    pub revision: Option<String>,
    /// Whether the commit was dirty.
    pub dirty: bool,
    /// Trials planned.
    pub planned: u64,
    /// Planned trials by outcome.
    pub passed: u64,
    /// See `passed`.
    pub failed: u64,
    /// See `passed`.
    pub errored: u64,
    /// See `passed`.
    pub refused: u64,
    /// See `passed`.
    pub skipped: u64,
    /// Sum of known costs in USD; `None` when no cost is known.
    pub cost: Option<f64>,
}

/// Which runs `prune` keeps. Tagged runs are always kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// Newest finished runs kept, and what is newer than the last of them.
    pub keep_last: Option<u32>,
    /// Runs younger than this many days are kept.
    pub keep_days: Option<u32>,
}

impl Retention {
    /// Whether a run stays; `newer` is the number of finished runs that are newer. Without any rule all stay.
    fn keeps(self, run: &RunRow, newer: usize, now: Timestamp) -> bool {
        let age = now.duration_since(run.started);
        let last = self.keep_last.is_some_and(|n| newer < n as usize);
        let young = self.keep_days.is_some_and(|days| age < SignedDuration::from_hours(24 * i64::from(days)));
        let no_rule = self.keep_last.is_none() && self.keep_days.is_none();
        no_rule || !run.tags.is_empty() || last || young
    }
}

/// Whether a run of `runs r` is no side of a what-if and no rung of a ladder, which stand before no other and are nobody's
/// newest.
pub(super) const ORDINARY: &str = "json_extract(r.selection, '$.what_if', '$.rung') = '[null,null]'";

impl RunRow {
    /// Whether it belongs to the history of the project, and is no side of a what-if and no rung of a ladder.
    pub fn is_ordinary(&self) -> bool {
        self.what_if.is_none() && self.rung.is_none()
    }
}

/// All runs, newest first.
pub(super) fn list(db: &Connection) -> Result<Vec<RunRow>, Fault> {
    let mut suites = read::strings_by_run(db, "SELECT run, suite FROM run_suites ORDER BY run, position")?;
    let mut tags = read::strings_by_run(db, "SELECT run, tag FROM run_tags ORDER BY run, tag")?;
    let mut statement = db.prepare_cached(
        "SELECT r.id, r.started, r.status, r.revision, r.dirty, r.planned, r.selection, t.cost,
            coalesce(t.passed, 0) AS passed, coalesce(t.failed, 0) AS failed,
            coalesce(t.errored, 0) AS errored, coalesce(t.refused, 0) AS refused,
            coalesce(t.skipped, 0) AS skipped
         FROM runs r LEFT JOIN (
            SELECT run, sum(cost) AS cost,
                sum(n) FILTER (WHERE outcome = 'passed') AS passed,
                sum(n) FILTER (WHERE outcome = 'failed') AS failed,
                sum(n) FILTER (WHERE outcome = 'errored') AS errored,
                sum(n) FILTER (WHERE outcome = 'refused') AS refused,
                sum(n) FILTER (WHERE outcome = 'skipped') AS skipped
            FROM (SELECT run, outcome, sum(follow_up IS NULL) AS n, sum(cost) AS cost
                  FROM trials INDEXED BY trials_by_outcome GROUP BY run, variant, outcome)
            GROUP BY run) t ON t.run = r.number
         ORDER BY r.number DESC",
    )?;
    let mut found = statement.query([])?;
    let mut runs = Vec::new();
    while let Some(row) = found.next()? {
        let count = |column: &str| row.get::<_, i64>(column).map(i64::cast_unsigned);
        let id: String = row.get("id")?;
        let selection: Selection = json::of_text("a selection", &row.get::<_, String>("selection")?)?;
        runs.push(RunRow {
            started: rows::time(&row.get::<_, String>("started")?)?,
            status: rows::status(&row.get::<_, String>("status")?)?,
            suites: suites.remove(&id).unwrap_or_default(),
            tags: tags.remove(&id).unwrap_or_default(),
            what_if: selection.what_if,
            rung: selection.rung,
            revision: row.get("revision")?,
            dirty: row.get::<_, Option<bool>>("dirty")?.unwrap_or(false),
            planned: count("planned")?,
            passed: count("passed")?,
            failed: count("failed")?,
            errored: count("errored")?,
            refused: count("refused")?,
            skipped: count("skipped")?,
            cost: row.get("cost")?,
            id,
        });
    }
    Ok(runs)
}

/// The newest run before `id` that shares a suite with it and has at least one trial.
pub(super) fn previous(db: &Connection, id: &str) -> Result<Option<String>, Fault> {
    let number = read::number(db, id)?;
    let found = db
        .prepare_cached(&format!(
            "SELECT r.id FROM runs r
             WHERE r.number < ?1 AND {ORDINARY}
               AND EXISTS (SELECT 1 FROM run_suites a JOIN run_suites b ON b.suite = a.suite
                           WHERE a.run = ?2 AND b.run = r.id)
               AND EXISTS (SELECT 1 FROM trials t WHERE t.run = r.number)
             ORDER BY r.number DESC LIMIT 1"
        ))?
        .query_row((number, id), |row| row.get(0))
        .optional()?;
    Ok(found)
}

/// The runs that a retention rule drops, oldest first.
pub(super) fn prunable(db: &Connection, rule: Retention, now: Timestamp) -> Result<Vec<RunRow>, Fault> {
    let (mut dropped, mut newer) = (list(db)?, 0);
    dropped.retain(|run| {
        let keeps = rule.keeps(run, newer, now);
        newer += usize::from(run.status == RunStatus::Finished);
        !keeps
    });
    dropped.reverse();
    Ok(dropped)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::samples::{day, fresh, header, trial};

    #[test]
    fn totals_are_counted_from_rows() {
        use crate::outcome::Outcome::{Errored, Failed, Passed, Refused, Skipped};
        let (_folder, store) = fresh();
        store.begin(&header("a", 0)).unwrap();
        store.begin(&header("b", 1)).unwrap();
        for (n, outcome) in [Passed, Passed, Failed, Errored, Refused, Skipped].into_iter().enumerate() {
            let mut trial = trial(&format!("case-{n}"), outcome);
            trial.cost = (n < 2).then_some(0.25);
            store.record("a", &[&trial]).unwrap();
        }
        store.tag("a", "z", true).unwrap();
        store.tag("a", "base", true).unwrap();
        let runs = store.list().unwrap();
        assert_eq!(runs.iter().map(|r| r.id.as_str()).collect::<Vec<_>>(), ["b", "a"]);
        let run = &runs[1];
        let counts = (run.passed, run.failed, run.errored, run.refused, run.skipped);
        assert_eq!(counts, (2, 1, 1, 1, 1));
        assert_eq!((run.cost, runs[0].cost), (Some(0.5), None));
        assert_eq!(run.tags, ["base", "z"]);
        assert_eq!(run.suites, ["faq"]);
        assert_eq!((run.revision.as_deref(), run.dirty, run.planned), (Some("abc"), true, 6));
    }

    #[test]
    fn the_previous_run_shares_a_suite_and_has_a_trial() {
        let (_folder, store) = fresh();
        let passed = trial("c", crate::outcome::Outcome::Passed);
        for (n, id) in (0..).zip(["old", "empty", "other", "new"]) {
            let mut header = header(id, n);
            if id == "other" {
                header.suites = vec!["refunds".into()];
            }
            store.begin(&header).unwrap();
            if id != "empty" {
                store.record(id, &[&passed]).unwrap();
            }
        }
        assert_eq!(store.previous("new").unwrap().as_deref(), Some("old"));
        assert_eq!(store.previous("other").unwrap(), None);
        assert_eq!(store.previous("old").unwrap(), None);
        assert!(store.previous("none").is_err());
    }

    #[test]
    fn a_clock_that_goes_back_does_not_change_the_order_of_runs() {
        let (_folder, store) = fresh();
        let passed = trial("c", crate::outcome::Outcome::Passed);
        for (id, n) in [("one", 9), ("two", 3), ("three", 3)] {
            store.begin(&header(id, n)).unwrap();
            store.record(id, &[&passed]).unwrap();
        }
        assert_eq!(store.previous("three").unwrap().as_deref(), Some("two"));
        assert_eq!(store.previous("two").unwrap().as_deref(), Some("one"));
        assert_eq!(store.previous("one").unwrap(), None);
        assert_eq!(store.resolve("latest").unwrap(), "three");
        assert_eq!(store.resolve("latest~2").unwrap(), "one");
        let listed: Vec<String> = store.list().unwrap().into_iter().map(|r| r.id).collect();
        assert_eq!(listed, ["three", "two", "one"]);
        let history = store.history("faq", "c", 2).unwrap();
        assert_eq!(history.iter().map(|(run, _)| run.as_str()).collect::<Vec<_>>(), ["three", "two"]);
    }

    #[test]
    fn pruning_spares_tagged_runs_and_those_that_go_on() {
        let (_folder, store) = fresh();
        for n in 0..20 {
            let id = format!("run-{n:02}");
            store.begin(&header(&id, n)).unwrap();
            if n != 2 && n != 15 {
                store.end(&id, RunStatus::Finished, None, day(n)).unwrap();
            }
        }
        store.tag("run-05", "base", true).unwrap();
        let claim = store.claim("run-15").unwrap();
        let dropped = |keep_last, keep_days| -> Vec<String> {
            let rule = Retention { keep_last, keep_days };
            store.prunable(rule, day(20)).unwrap().into_iter().map(|r| r.id).collect()
        };
        assert_eq!(dropped(None, None), [""; 0]);
        let by_count = dropped(Some(2), None);
        assert_eq!(by_count.len(), 20 - 2 - 2, "two newest, the tagged one and the one still running");
        assert!(by_count.contains(&"run-02".to_owned()), "a run that died 18 days ago");
        assert_eq!(by_count[0], "run-00");
        assert_eq!(dropped(None, Some(17)), ["run-00", "run-01", "run-02", "run-03"]);
        assert_eq!(dropped(Some(20), Some(1)), [""; 0]);
        assert_eq!(dropped(Some(0), None).len(), 18);
        drop(claim);
        assert_eq!(dropped(Some(0), None).len(), 19, "nobody works on it any more");
    }

    #[test]
    fn a_run_that_died_takes_the_place_of_no_finished_one() {
        let (_folder, store) = fresh();
        for (n, id) in (0..).zip(["old", "dead", "done", "newest"]) {
            store.begin(&header(id, n)).unwrap();
            if id != "dead" && id != "newest" {
                store.end(id, RunStatus::Finished, None, day(n)).unwrap();
            }
        }
        let rule = Retention { keep_last: Some(1), keep_days: None };
        let dropped: Vec<String> =
            store.prunable(rule, day(5)).unwrap().into_iter().map(|run| run.id).collect();
        assert_eq!(dropped, ["old", "dead"]);
    }
}
