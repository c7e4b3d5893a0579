//! Rows → domain: a run and what belongs to it. Its trials are read in `trials.rs`.

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension, Row};

use crate::outcome::{
    GitState, LimitChange, ModelFacts, Outcome, RetrievalFacts, Run, RunHeader, RunInfo, VariantKey,
};
use crate::selection::Selection;

use super::error::Fault;
use super::{json, rows, trials};

/// A run's model, with its identity as JSON.
pub(super) struct EngineText {
    /// Name in `regauge.toml`.
    pub(super) name: String,
    /// Provider that answers.
    pub(super) provider: String,
    /// The provider's own name of the model.
    pub(super) model: String,
    /// Engine identity.
    pub(super) identity: String,
}

/// Whether there is a run with exactly this id.
pub(super) fn exists(db: &Connection, run: &str) -> Result<bool, Fault> {
    Ok(db.prepare_cached("SELECT 1 FROM runs WHERE id = ?1")?.exists([run])?)
}

/// The row of a run; fails unless there is one with exactly this id.
pub(super) fn number(db: &Connection, run: &str) -> Result<i64, Fault> {
    let mut statement = db.prepare_cached("SELECT number FROM runs WHERE id = ?1")?;
    let number = statement.query_row([run], |row| row.get(0)).optional()?;
    number.ok_or_else(|| Fault::NoRun(run.to_owned()))
}

/// A run with all its trials in key order.
pub(super) fn run(db: &Connection, id: &str) -> Result<Run, Fault> {
    let info = info(db, id)?;
    Ok(Run::new(info, trials::of_run(db, number(db, id)?)?))
}

/// A run without its trials.
pub(super) fn info(db: &Connection, id: &str) -> Result<RunInfo, Fault> {
    let header = header(db, id)?;
    let mut statement = db.prepare_cached("SELECT status, stop_reason, ended FROM runs WHERE id = ?1")?;
    let (status, stop_reason, ended) = statement.query_row([id], |row| {
        Ok((row.get::<_, String>(0)?, row.get(1)?, row.get::<_, Option<String>>(2)?))
    })?;
    Ok(RunInfo {
        header,
        status: rows::status(&status)?,
        stop_reason,
        tags: strings(db, "SELECT tag FROM run_tags WHERE run = ?1 ORDER BY tag", id)?,
        ended: ended.as_deref().map(rows::time).transpose()?,
    })
}

/// The newest run of a selection.
pub(super) fn newest_of(db: &Connection, selection: &Selection) -> Result<Option<RunInfo>, Fault> {
    let mut statement = db.prepare_cached("SELECT id, selection FROM runs ORDER BY number DESC")?;
    let mut found = statement.query([])?;
    while let Some(row) = found.next()? {
        let of: Selection = json::of_text("a selection", rows::text(row, 1)?)?;
        if of == *selection {
            return info(db, rows::text(row, 0)?).map(Some);
        }
    }
    Ok(None)
}

/// Planned trials of a run per variant and outcome, counted without a look at the trials.
pub(super) fn tally(db: &Connection, run: i64) -> Result<Vec<(VariantKey, Outcome, u64)>, Fault> {
    let mut statement = db.prepare_cached(
        "SELECT v.prompt, v.model, t.outcome, t.n
         FROM (SELECT variant, outcome, count(*) AS n FROM trials INDEXED BY trials_by_outcome
               WHERE run = ?1 AND follow_up IS NULL GROUP BY variant, outcome) t
         JOIN variants v ON v.id = t.variant ORDER BY v.prompt, v.model, t.outcome",
    )?;
    let mut found = statement.query([run])?;
    let mut tally = Vec::new();
    while let Some(row) = found.next()? {
        let variant = VariantKey { prompt: row.get(0)?, model: row.get(1)? };
        tally.push((variant, rows::outcome(rows::text(row, 2)?)?, row.get::<_, i64>(3)?.cast_unsigned()));
    }
    Ok(tally)
}

/// The history of a run's limits.
pub(super) fn limits(db: &Connection, run: &str) -> Result<Vec<LimitChange>, Fault> {
    let mut statement = db.prepare_cached(
        "SELECT at, endpoint, concurrency, pause_ms, reason FROM run_limits WHERE run = ?1 ORDER BY position",
    )?;
    let mut found = statement.query([number(db, run)?])?;
    let mut changes = Vec::new();
    while let Some(row) = found.next()? {
        changes.push(LimitChange {
            at: rows::time_of(row.get(0)?)?,
            endpoint: row.get(1)?,
            concurrency: row.get(2)?,
            pause_ms: row.get::<_, i64>(3)?.cast_unsigned(),
            reason: rows::limit_reason(rows::text(row, 4)?)?,
        });
    }
    Ok(changes)
}

/// What was known of a run before its first trial.
pub(super) fn header(db: &Connection, id: &str) -> Result<RunHeader, Fault> {
    let header = db
        .prepare_cached("SELECT case_hash, prompt_hash, knowledge_hash, scorers_hash, model_hash, * FROM runs WHERE id = ?1")?
        .query_row([id], |row| Ok(header_of(row)))
        .optional()?
        .ok_or_else(|| Fault::NoRun(id.to_owned()))??;
    Ok(RunHeader {
        suites: strings(db, "SELECT suite FROM run_suites WHERE run = ?1 ORDER BY position", id)?,
        variants: variants(db, id)?,
        models: models(db, id)?,
        retrievals: retrievals(db, id)?,
        ..header
    })
}

fn header_of(row: &Row<'_>) -> Result<RunHeader, Fault> {
    let revision: Option<String> = row.get("revision")?;
    let git = match revision {
        Some(revision) => Some(GitState { revision, branch: row.get("branch")?, dirty: row.get("dirty")? }),
        None => None,
    };
    Ok(RunHeader {
        id: row.get("id")?,
        started: rows::time(&row.get::<_, String>("started")?)?,
        version: row.get("program")?,
        git,
        suites: Vec::new(),
        variants: Vec::new(),
        models: Vec::new(),
        retrievals: Vec::new(),
        fingerprints: rows::fingerprints(row, 0)?,
        planned: row.get::<_, i64>("planned")?.cast_unsigned(),
        seed: row.get::<_, i64>("seed")?.cast_unsigned(),
        selection: json::of_text("a selection", &row.get::<_, String>("selection")?)?,
    })
}

fn variants(db: &Connection, run: &str) -> Result<Vec<VariantKey>, Fault> {
    let mut statement =
        db.prepare_cached("SELECT prompt, model FROM run_variants WHERE run = ?1 ORDER BY position")?;
    let variants =
        statement.query_map([run], |row| Ok(VariantKey { prompt: row.get(0)?, model: row.get(1)? }))?;
    Ok(variants.collect::<Result<_, _>>()?)
}

fn models(db: &Connection, run: &str) -> Result<Vec<ModelFacts>, Fault> {
    let facts = |engine: EngineText| {
        Ok(ModelFacts {
            identity: json::of_text("an engine identity", &engine.identity)?,
            name: engine.name,
            provider: engine.provider,
            model: engine.model,
        })
    };
    engines(db, run)?.into_iter().map(facts).collect()
}

fn retrievals(db: &Connection, run: &str) -> Result<Vec<RetrievalFacts>, Fault> {
    let mut statement = db.prepare_cached(
        "SELECT suite, prompt, model, name, kind FROM run_retrievals WHERE run = ?1 ORDER BY position",
    )?;
    let found = statement.query_map([run], |row| {
        let variant = VariantKey { prompt: row.get(1)?, model: row.get(2)? };
        Ok(RetrievalFacts { suite: row.get(0)?, variant, name: row.get(3)?, kind: row.get(4)? })
    })?;
    Ok(found.collect::<Result<_, _>>()?)
}

/// The models of a run.
pub(super) fn engines(db: &Connection, run: &str) -> Result<Vec<EngineText>, Fault> {
    let mut statement = db.prepare_cached(
        "SELECT name, provider, model, identity FROM run_models WHERE run = ?1 ORDER BY position",
    )?;
    let found = statement.query_map([run], |row| {
        Ok(EngineText { name: row.get(0)?, provider: row.get(1)?, model: row.get(2)?, identity: row.get(3)? })
    })?;
    Ok(found.collect::<Result<_, _>>()?)
}

fn strings(db: &Connection, sql: &str, run: &str) -> Result<Vec<String>, Fault> {
    let mut statement = db.prepare_cached(sql)?;
    let found = statement.query_map([run], |row| row.get(0))?;
    Ok(found.collect::<Result<_, _>>()?)
}

/// Lists of texts by run, for every run at once.
pub(super) fn strings_by_run(db: &Connection, sql: &str) -> Result<HashMap<String, Vec<String>>, Fault> {
    let mut statement = db.prepare_cached(sql)?;
    let mut found = statement.query([])?;
    let mut lists: HashMap<String, Vec<String>> = HashMap::new();
    while let Some(row) = found.next()? {
        lists.entry(row.get(0)?).or_default().push(row.get(1)?);
    }
    Ok(lists)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::{Outcome, RunStatus};
    use crate::score::ScoreState;
    use crate::store::samples::{any_run, day, fresh, header, trial};
    use crate::store::{Store, StoreError};
    use proptest::prelude::*;

    fn keep(store: &Store, run: &Run) -> Result<(), StoreError> {
        store.begin(&run.header)?;
        // Backwards: the order of recording does not matter.
        let mut trials: Vec<_> = run.all().collect();
        trials.reverse();
        store.record(&run.header.id, &trials)?;
        for tag in &run.tags {
            store.tag(&run.header.id, tag, true)?;
        }
        match run.ended {
            Some(ended) => store.end(&run.header.id, run.status, run.stop_reason.as_deref(), ended),
            None => Ok(()),
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn a_run_reads_back_equal(run in any_run()) {
            let (_folder, store) = fresh();
            keep(&store, &run).unwrap();
            prop_assert_eq!(&store.run(&run.header.id).unwrap(), &run);
            keep(&store, &run).unwrap();
            prop_assert_eq!(store.run(&run.header.id).unwrap(), run);
        }
    }

    #[test]
    fn the_newest_run_of_a_selection_may_be_unfinished() {
        let (_folder, store) = fresh();
        let selection = header("a", 0).selection;
        assert_eq!(store.newest_unfinished(&selection).unwrap(), None);
        store.begin(&header("a", 5)).unwrap();
        let id = || store.newest_unfinished(&selection).unwrap().map(|run| run.header.id);
        assert_eq!(id().as_deref(), Some("a"));
        // The clock went back, and yet it is the newer run.
        store.begin(&header("b", 1)).unwrap();
        store.end("b", RunStatus::Stopped, Some("interrupted"), day(1)).unwrap();
        assert_eq!(id().as_deref(), Some("b"));
        let mut other = header("c", 6);
        other.selection.cases.clear();
        store.begin(&other).unwrap();
        assert_eq!(id().as_deref(), Some("b"));
        store.end("b", RunStatus::Finished, None, day(2)).unwrap();
        assert_eq!(id(), None, "the older one was left behind on purpose");
    }

    #[test]
    fn the_history_of_limits_is_kept_in_order() {
        let (_folder, store) = fresh();
        store.begin(&header("a", 0)).unwrap();
        let changes: Vec<LimitChange> = crate::outcome::LimitReason::ALL
            .iter()
            .zip(1..)
            .map(|(reason, n)| LimitChange {
                at: day(n),
                endpoint: "https://x".into(),
                concurrency: n as u32,
                pause_ms: u64::MAX,
                reason: *reason,
            })
            .collect();
        store.limits("a", &changes[..1]).unwrap();
        store.limits("a", &changes[1..]).unwrap();
        assert_eq!(store.limit_history("a").unwrap(), changes);
        assert!(store.limits("none", &changes).is_err());
        store.delete(&["a".into()]).unwrap();
        assert_eq!(crate::store::samples::count(&store, "run_limits"), 0);
    }

    #[test]
    fn recording_again_replaces_the_whole_trial() {
        let (_folder, store) = fresh();
        store.begin(&header("a", 0)).unwrap();
        let first = trial("c", Outcome::Failed);
        let mut second = trial("c", Outcome::Errored);
        (second.completion, second.cost) = (None, None);
        second.scores.clear();
        second.attempts.clear();
        store.record("a", &[&first, &trial("d", Outcome::Passed)]).unwrap();
        store.record("a", &[&second]).unwrap();
        assert_eq!(store.run("a").unwrap().trials, [second, trial("d", Outcome::Passed)]);
    }

    #[test]
    fn a_run_that_goes_on_keeps_its_trials() {
        let (_folder, store) = fresh();
        store.begin(&header("a", 0)).unwrap();
        store.record("a", &[&trial("c", Outcome::Passed)]).unwrap();
        store.end("a", RunStatus::Stopped, Some("interrupted"), day(1)).unwrap();
        assert_eq!(store.run("a").unwrap().stop_reason.as_deref(), Some("interrupted"));
        store.begin(&header("a", 0)).unwrap();
        let run = store.run("a").unwrap();
        assert_eq!((run.status, run.info.stop_reason, run.info.ended), (RunStatus::Running, None, None));
        assert_eq!(run.trials.len(), 1);
        assert!(matches!(store.begin(&header("a", 1)).unwrap_err(), StoreError::RunExists { .. }));
    }

    #[test]
    fn a_run_that_was_not_begun_is_unknown() {
        let (_folder, store) = fresh();
        let unknown = |result: Result<(), StoreError>| {
            assert!(matches!(result.unwrap_err(), StoreError::UnknownRun { .. }));
        };
        unknown(store.record("a", &[&trial("c", Outcome::Passed)]));
        unknown(store.end("a", RunStatus::Finished, None, day(0)));
        unknown(store.run("a").map(drop));
    }

    #[test]
    fn a_batch_is_recorded_whole_or_not_at_all() {
        let (_folder, store) = fresh();
        store.begin(&header("a", 0)).unwrap();
        let mut broken = trial("d", Outcome::Passed);
        broken.scores[0].state = ScoreState::Scored { value: f64::NAN, pass: true };
        let error = store.record("a", &[&trial("c", Outcome::Passed), &broken]).unwrap_err();
        assert!(matches!(error, StoreError::NotANumber { .. }), "{error:?}");
        assert_eq!(store.run("a").unwrap().trials, []);
    }

    #[test]
    fn the_history_of_a_case_begins_with_the_newest_run() {
        let (_folder, store) = fresh();
        for (n, id) in (0..).zip(["b", "c", "a"]) {
            store.begin(&header(id, n)).unwrap();
            let mut second = trial("x", Outcome::Failed);
            second.key.index = 2;
            let trials = [second, trial("x", Outcome::Passed), trial("y", Outcome::Passed)];
            store.record(id, &trials.iter().collect::<Vec<_>>()).unwrap();
        }
        let history = store.history("faq", "x", 5).unwrap();
        let order: Vec<_> = history.iter().map(|(run, t)| (run.as_str(), t.key.index)).collect();
        assert_eq!(order, [("a", 1), ("a", 2), ("c", 1), ("c", 2), ("b", 1)]);
        assert_eq!(store.history("faq", "z", 5).unwrap(), []);
    }

    #[test]
    fn a_row_that_no_reader_understands_is_damage() {
        for (sql, found) in [
            ("UPDATE texts SET text = '{'", "case facts that cannot be read"),
            ("UPDATE trials SET action = 'dance'", "unknown action `dance`"),
            ("UPDATE trials SET scores = '[1]'", "scores that cannot be read"),
            ("UPDATE trials SET scores = '[]'", "scores without their findings"),
            ("UPDATE trials SET model_hash = x'00'", ""),
            ("UPDATE runs SET started = 'now'", "unknown time `now`"),
            ("UPDATE trials SET error_kind = 'x', error_message = ''", "unknown kind of error `x`"),
        ] {
            let (_folder, store) = fresh();
            store.begin(&header("a", 0)).unwrap();
            store.record("a", &[&trial("c", Outcome::Passed)]).unwrap();
            store.raw(|db| db.execute_batch(sql).unwrap());
            match store.run("a").unwrap_err() {
                StoreError::Corrupt { detail, .. } => assert!(detail.starts_with(found), "{detail}"),
                error => panic!("{error:?}"),
            }
        }
    }
}
