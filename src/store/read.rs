//! Rows → domain: a run, its trials, and the trials of one case over all runs.

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension, Params, Row};

use crate::outcome::{
    Attempt, Fingerprints, GitState, ModelFacts, Run, RunHeader, RunInfo, TrialError, TrialKey, TrialResult,
    VariantKey,
};
use crate::provider::{Completion, Usage};
use crate::score::{Score, ScoreState};

use super::error::Fault;
use super::rows::{self, ErrorRow, EvidenceRow, FactsRow, MessageRow, PassageRow, StateRow, ToolCallRow};

/// Everything of a trial that is one row: the trial, its completion, and the texts of both.
const TRIALS: &str = "
    SELECT t.*, f.text AS facts_text, m.text AS messages_text, p.text AS passages_text,
           c.trial AS has_completion, a.text AS answer_text, c.tool_calls, c.stop, c.input_tokens,
           c.output_tokens, c.cached_input_tokens, c.reasoning_tokens, c.latency_ms, c.reported_model
    FROM trials t
    JOIN texts f ON f.id = t.facts
    JOIN texts m ON m.id = t.messages
    JOIN texts p ON p.id = t.passages
    LEFT JOIN completions c ON c.trial = t.id
    LEFT JOIN texts a ON a.id = c.text";

/// The order of [`TrialKey`].
const KEY_ORDER: &str = "t.suite, t.case_id, t.phrasing, t.prompt, t.model, t.repeat";

/// Whether there is a run with exactly this id.
pub(super) fn exists(db: &Connection, run: &str) -> Result<bool, Fault> {
    Ok(db.prepare_cached("SELECT 1 FROM runs WHERE id = ?1")?.exists([run])?)
}

/// Fails unless there is a run with exactly this id.
pub(super) fn must_exist(db: &Connection, run: &str) -> Result<(), Fault> {
    if exists(db, run)? { Ok(()) } else { Err(Fault::NoRun(run.to_owned())) }
}

/// A run with all its trials in key order.
pub(super) fn run(db: &Connection, id: &str) -> Result<Run, Fault> {
    let header = header(db, id)?;
    let (status, stop_reason, ended) =
        db.query_row("SELECT status, stop_reason, ended FROM runs WHERE id = ?1", [id], |row| {
            Ok((row.get::<_, String>(0)?, row.get(1)?, row.get::<_, Option<String>>(2)?))
        })?;
    let trials = trials(db, &format!("{TRIALS} WHERE t.run = ?1 ORDER BY {KEY_ORDER}"), [id])?;
    let info = RunInfo {
        header,
        status: rows::status(&status)?,
        stop_reason,
        tags: strings(db, "SELECT tag FROM run_tags WHERE run = ?1 ORDER BY tag", id)?,
        ended: ended.as_deref().map(rows::time).transpose()?,
    };
    Ok(Run { info, trials: trials.into_iter().map(|(_, trial)| trial).collect() })
}

/// The trials of one case, newest run first and in key order inside a run.
pub(super) fn history(
    db: &Connection,
    suite: &str,
    case: &str,
    limit: u32,
) -> Result<Vec<(String, TrialResult)>, Fault> {
    let sql = format!(
        "{TRIALS} JOIN runs r ON r.id = t.run WHERE t.suite = ?1 AND t.case_id = ?2
         ORDER BY r.started DESC, r.id DESC, {KEY_ORDER} LIMIT ?3"
    );
    trials(db, &sql, (suite, case, limit))
}

/// What was known of a run before its first trial.
pub(super) fn header(db: &Connection, id: &str) -> Result<RunHeader, Fault> {
    let header = db
        .prepare_cached("SELECT * FROM runs WHERE id = ?1")?
        .query_row([id], |row| Ok(header_of(row)))
        .optional()?
        .ok_or_else(|| Fault::NoRun(id.to_owned()))??;
    Ok(RunHeader {
        suites: strings(db, "SELECT suite FROM run_suites WHERE run = ?1 ORDER BY position", id)?,
        variants: variants(db, id)?,
        models: models(db, id)?,
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
        fingerprints: fingerprints(row)?,
        planned: row.get::<_, i64>("planned")?.cast_unsigned(),
        seed: row.get::<_, i64>("seed")?.cast_unsigned(),
        selection: rows::from_json("a selection", &row.get::<_, String>("selection")?)?,
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
    let mut statement = db.prepare_cached(
        "SELECT name, provider, model, identity FROM run_models WHERE run = ?1 ORDER BY position",
    )?;
    let mut found = statement.query([run])?;
    let mut models = Vec::new();
    while let Some(row) = found.next()? {
        models.push(ModelFacts {
            name: row.get(0)?,
            provider: row.get(1)?,
            model: row.get(2)?,
            identity: rows::from_json("an engine identity", &row.get::<_, String>(3)?)?,
        });
    }
    Ok(models)
}

fn trials<P: Params>(db: &Connection, sql: &str, params: P) -> Result<Vec<(String, TrialResult)>, Fault> {
    let mut statement = db.prepare_cached(sql)?;
    let mut found = statement.query(params)?;
    let mut trials = Vec::new();
    while let Some(row) = found.next()? {
        let id: i64 = row.get("id")?;
        let trial = TrialResult { attempts: attempts(db, id)?, scores: scores(db, id)?, ..trial_of(row)? };
        trials.push((row.get("run")?, trial));
    }
    Ok(trials)
}

fn trial_of(row: &Row<'_>) -> Result<TrialResult, Fault> {
    let text = |column: &str| row.get::<_, String>(column);
    let completion = row.get::<_, Option<i64>>("has_completion")?.map(|_| completion_of(row)).transpose()?;
    let facts: FactsRow = rows::from_json("case facts", &text("facts_text")?)?;
    Ok(TrialResult {
        key: TrialKey {
            suite: row.get("suite")?,
            case: row.get("case_id")?,
            phrasing: row.get("phrasing")?,
            prompt: row.get("prompt")?,
            model: row.get("model")?,
            index: row.get("repeat")?,
        },
        case: facts.try_into()?,
        fingerprints: fingerprints(row)?,
        request: rows::fingerprint(&text("request")?)?,
        messages: rows::list::<_, MessageRow>("messages", &text("messages_text")?)?,
        passages: rows::list::<_, PassageRow>("passages", &text("passages_text")?)?,
        cached: false,
        completion,
        cost: row.get("cost")?,
        attempts: Vec::new(),
        error: error_of(row)?,
        scores: Vec::new(),
        action: row.get::<_, Option<String>>("action")?.as_deref().map(rows::action).transpose()?,
        outcome: rows::outcome(&text("outcome")?)?,
        finished: rows::time(&text("finished")?)?,
    })
}

/// The completion in a row that has the columns of `completions` and `answer_text`.
pub(super) fn completion_of(row: &Row<'_>) -> Result<Completion, Fault> {
    let tokens = |column: &str| row.get::<_, Option<i64>>(column).map(|n| n.map(i64::cast_unsigned));
    Ok(Completion {
        text: row.get("answer_text")?,
        tool_calls: rows::list::<_, ToolCallRow>("tool calls", &row.get::<_, String>("tool_calls")?)?,
        stop: rows::stop(&row.get::<_, String>("stop")?)?,
        usage: Usage {
            input: tokens("input_tokens")?,
            output: tokens("output_tokens")?,
            cached_input: tokens("cached_input_tokens")?,
            reasoning: tokens("reasoning_tokens")?,
        },
        latency_ms: row.get("latency_ms")?,
        first_token_ms: None,
        reported_model: row.get("reported_model")?,
    })
}

fn attempts(db: &Connection, trial: i64) -> Result<Vec<Attempt>, Fault> {
    let mut statement = db.prepare_cached("SELECT * FROM attempts WHERE trial = ?1 ORDER BY position")?;
    let mut found = statement.query([trial])?;
    let mut attempts = Vec::new();
    while let Some(row) = found.next()? {
        attempts.push(Attempt {
            started: rows::time(&row.get::<_, String>("started")?)?,
            latency_ms: row.get("latency_ms")?,
            waited_ms: 0.0,
            error: error_of(row)?,
        });
    }
    Ok(attempts)
}

fn scores(db: &Connection, trial: i64) -> Result<Vec<Score>, Fault> {
    let mut statement = db.prepare_cached("SELECT * FROM scores WHERE trial = ?1 ORDER BY position")?;
    let mut found = statement.query([trial])?;
    let mut scores = Vec::new();
    while let Some(row) = found.next()? {
        let state = StateRow { state: row.get("state")?, value: row.get("value")?, pass: row.get("pass")? };
        scores.push(Score {
            name: row.get("name")?,
            kind: row.get("kind")?,
            required: row.get("required")?,
            state: ScoreState::try_from(state)?,
            reason: row.get("reason")?,
            evidence: rows::list::<_, EvidenceRow>("evidence", &row.get::<_, String>("evidence")?)?,
        });
    }
    Ok(scores)
}

fn fingerprints(row: &Row<'_>) -> Result<Fingerprints, Fault> {
    let hash = |column: &str| rows::fingerprint(&row.get::<_, String>(column)?);
    Ok(Fingerprints {
        case: hash("case_hash")?,
        prompt: hash("prompt_hash")?,
        knowledge: hash("knowledge_hash")?,
        scorers: hash("scorers_hash")?,
        model: hash("model_hash")?,
    })
}

fn error_of(row: &Row<'_>) -> Result<Option<TrialError>, Fault> {
    ErrorRow {
        kind: row.get("error_kind")?,
        message: row.get("error_message")?,
        status: row.get("error_status")?,
    }
    .try_into()
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
    use crate::store::samples::{any_run, day, fresh, header, trial};
    use crate::store::{Store, StoreError};
    use proptest::prelude::*;

    fn keep(store: &Store, run: &Run) -> Result<(), StoreError> {
        store.begin(&run.header)?;
        // Backwards: the order of recording does not matter.
        store.record(&run.header.id, &run.trials.iter().rev().collect::<Vec<_>>())?;
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
        assert!(matches!(error, StoreError::Database { .. }), "{error:?}");
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
            ("UPDATE trials SET request = 'x'", "unknown hash `x`"),
            ("UPDATE runs SET started = 'now'", "unknown time `now`"),
            ("UPDATE trials SET error_kind = 'x', error_message = ''", "unknown kind of error `x`"),
        ] {
            let (_folder, store) = fresh();
            store.begin(&header("a", 0)).unwrap();
            store.record("a", &[&trial("c", Outcome::Passed)]).unwrap();
            store.connection.lock().unwrap().execute_batch(sql).unwrap();
            match store.run("a").unwrap_err() {
                StoreError::Corrupt { detail, .. } => assert!(detail.starts_with(found), "{detail}"),
                error => panic!("{error:?}"),
            }
        }
    }
}
