//! Answers: every completion that was received, found again by the key of its request.

use jiff::Timestamp;
use rusqlite::{CachedStatement, Connection, OptionalExtension, Row, params};
use serde_json::Value;

use crate::fingerprint::Fingerprint;
use crate::provider::{Completion, RecordedAnswer, Usage};

use super::error::Fault;
use super::json::{self, ToolCallRow};
use super::{read, rows};

/// Puts an answer.
pub(super) const ADD: &str = "
    INSERT INTO answers (request, usable, engine, hash, empty, stop, input_tokens, output_tokens,
        cached_input_tokens, reasoning_tokens, latency_ms, first_token_ms, cost, received, tool_calls, text, citations,
        passages)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18)";

/// The columns that [`completion`] reads, of the tables `a` and `e`.
macro_rules! completion_columns {
    () => {
        "a.stop, a.input_tokens, a.output_tokens, a.cached_input_tokens, a.reasoning_tokens, a.latency_ms,
         a.first_token_ms, e.reported, a.tool_calls, a.text, a.citations, a.passages"
    };
}

/// How many columns that are: the next one's index.
pub(super) const AFTER: usize = 12;

/// The columns that [`recorded`] reads.
macro_rules! recorded_columns {
    () => {
        concat!(
            $crate::store::answers::completion_columns!(),
            ", a.request, a.cost, e.provider, e.model, e.identity"
        )
    };
}

/// The newest usable answer to a request; without one the newest of any kind, which a replay wants.
macro_rules! newest {
    ($columns:expr) => {
        concat!(
            "SELECT ",
            $columns,
            " FROM answers a JOIN engines e ON e.id = a.engine WHERE a.id =
             (SELECT id FROM answers WHERE request = ?1 ORDER BY usable DESC, id DESC LIMIT 1)"
        )
    };
}

pub(super) use {completion_columns, recorded_columns};

/// An answer that is being put.
pub(super) struct Received<'a> {
    /// Key of the request.
    pub(super) request: Fingerprint,
    /// Whether it may answer the same request again.
    pub(super) usable: bool,
    /// Who answered.
    pub(super) engine: i64,
    /// USD.
    pub(super) cost: Option<f64>,
    /// When, in nanoseconds.
    pub(super) at: i64,
    /// Its tool calls, as JSON.
    pub(super) tool_calls: &'a str,
    /// The rest.
    pub(super) completion: &'a Completion,
}

/// Puts an answer and returns its row.
pub(super) fn add(statement: &mut CachedStatement<'_>, received: &Received<'_>) -> Result<i64, Fault> {
    let completion = received.completion;
    let tokens = |n: Option<u64>| n.map(u64::cast_signed);
    let usage = completion.usage;
    let citations = &completion.citations;
    let citations = (!citations.is_empty()).then(|| json::text_of(citations)).transpose()?;
    Ok(statement.insert(params![
        received.request.bytes(),
        received.usable,
        received.engine,
        Fingerprint::of_bytes(completion.text.as_bytes()).bytes(),
        completion.is_empty(),
        rows::stop_text(&completion.stop),
        tokens(usage.input),
        tokens(usage.output),
        tokens(usage.cached_input),
        tokens(usage.reasoning),
        completion.latency_ms,
        completion.first_token_ms,
        received.cost,
        received.at,
        (!completion.tool_calls.is_empty()).then_some(received.tool_calls),
        completion.text,
        citations,
        completion.passages.as_ref().map(json::text_of).transpose()?,
    ])?)
}

/// Whether two rows are the same answer to the same request.
pub(super) fn same(db: &Connection, one: i64, other: i64) -> Result<bool, Fault> {
    let sql = "SELECT count(*) = 1 FROM (
        SELECT DISTINCT request, usable, engine, hash, stop, input_tokens, output_tokens, cached_input_tokens,
            reasoning_tokens, latency_ms, first_token_ms, cost, tool_calls, citations, passages
        FROM answers WHERE id IN (?1, ?2))";
    Ok(db.prepare_cached(sql)?.query_row([one, other], |row| row.get(0))?)
}

/// Finds the newest answer to a request, for [`newest`].
pub(super) const FIND: &str = newest!(concat!(completion_columns!(), ", a.id"));

/// The row and content of the newest answer to a request.
pub(super) fn newest(
    statement: &mut CachedStatement<'_>,
    request: Fingerprint,
) -> Result<Option<(i64, Completion)>, Fault> {
    let mut found = statement.query([request.bytes()])?;
    found.next()?.map(|row| Ok((row.get(AFTER)?, completion(row, 0)?))).transpose()
}

/// The newest answer to a request, with who gave it.
pub(super) fn answer(db: &Connection, request: Fingerprint) -> Result<Option<RecordedAnswer>, Fault> {
    let mut statement = db.prepare_cached(newest!(recorded_columns!()))?;
    let mut found = statement.query([request.bytes()])?;
    found.next()?.map(recorded).transpose()
}

/// The newest usable answer to a request that was received since a moment.
pub(super) fn answer_since(
    db: &Connection,
    request: Fingerprint,
    at: Timestamp,
) -> Result<Option<RecordedAnswer>, Fault> {
    let mut statement = db.prepare_cached(concat!(
        "SELECT ",
        recorded_columns!(),
        " FROM answers a JOIN engines e ON e.id = a.engine
         WHERE a.request = ?1 AND a.usable AND a.received >= ?2 ORDER BY a.id DESC LIMIT 1"
    ))?;
    let mut found = statement.query((request.bytes(), rows::nanos(at)?))?;
    found.next()?.map(recorded).transpose()
}

/// The engine identity in the newest run in which a model answered, or in the newest imported answers; one
/// that says something before one that is null, as a replay without an original has.
pub(super) fn identity(db: &Connection, provider: &str, model: &str) -> Result<Option<Value>, Fault> {
    let of_runs: Option<String> = db
        .prepare_cached(
            "SELECT m.identity FROM run_models m JOIN runs r ON r.id = m.run
             WHERE m.provider = ?1 AND m.model = ?2
               AND EXISTS (SELECT 1 FROM variants v JOIN trials t ON t.run = r.number AND t.variant = v.id
                           WHERE v.model = m.name AND t.answer IS NOT NULL)
             ORDER BY m.identity = 'null', r.number DESC LIMIT 1",
        )?
        .query_row([provider, model], |row| row.get(0))
        .optional()?;
    let text = match of_runs {
        Some(identity) => Some(identity),
        None => db
            .prepare_cached(
                "SELECT identity FROM engines WHERE provider = ?1 AND model = ?2
                 ORDER BY identity = 'null', id DESC LIMIT 1",
            )?
            .query_row([provider, model], |row| row.get(0))
            .optional()?,
    };
    text.map(|text| json::of_text("an engine identity", &text)).transpose()
}

/// All answers of a run by request, refusals included, so that a replay of them is the same run; of several
/// answers to one request the newest.
pub(super) fn of_run(
    db: &Connection,
    run: &str,
    each: &mut dyn FnMut(RecordedAnswer) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let number = read::number(db, run)?;
    let mut statement = db.prepare_cached(concat!(
        "SELECT ",
        recorded_columns!(),
        " FROM (SELECT answer FROM trials WHERE run = ?1
               UNION SELECT r.answer FROM rounds r JOIN trials o ON o.id = r.trial WHERE o.run = ?1
               UNION SELECT j.answer FROM trials t JOIN judgements j ON j.trial = t.id WHERE t.run = ?1
               UNION SELECT l.answer FROM lookups l WHERE l.run = ?1) t
         JOIN answers a ON a.id = t.answer JOIN engines e ON e.id = a.engine ORDER BY a.request, a.id"
    ))?;
    last_of_each(statement.query([number])?, each)
}

/// Hands on the last of the answers to each request; the rows come in the order of requests.
pub(super) fn last_of_each(
    mut found: rusqlite::Rows<'_>,
    each: &mut dyn FnMut(RecordedAnswer) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let mut waiting: Option<RecordedAnswer> = None;
    while let Some(row) = found.next()? {
        let next = recorded(row)?;
        if let Some(last) = waiting.replace(next)
            && waiting.as_ref().is_some_and(|next| next.request != last.request)
        {
            each(last)?;
        }
    }
    waiting.map_or(Ok(()), each)
}

/// The answer in a row of `recorded_columns!`.
pub(super) fn recorded(row: &Row<'_>) -> Result<RecordedAnswer, Fault> {
    Ok(RecordedAnswer {
        completion: completion(row, 0)?,
        request: rows::fingerprint(row, AFTER)?,
        cost: row.get(AFTER + 1)?,
        provider: row.get(AFTER + 2)?,
        model: row.get(AFTER + 3)?,
        identity: match rows::text(row, AFTER + 4)? {
            "null" => Value::Null,
            text => json::of_text("an engine identity", text)?,
        },
    })
}

/// The completion in a row that has `completion_columns!` from `first` on.
pub(super) fn completion(row: &Row<'_>, first: usize) -> Result<Completion, Fault> {
    let tokens = |column: usize| row.get::<_, Option<i64>>(column).map(|n| n.map(i64::cast_unsigned));
    Ok(Completion {
        stop: rows::stop(rows::text(row, first)?)?,
        usage: Usage {
            input: tokens(first + 1)?,
            output: tokens(first + 2)?,
            cached_input: tokens(first + 3)?,
            reasoning: tokens(first + 4)?,
        },
        latency_ms: row.get(first + 5)?,
        first_token_ms: row.get(first + 6)?,
        reported_model: row.get(first + 7)?,
        tool_calls: match rows::text_or_null(row, first + 8)? {
            None => Vec::new(),
            Some(text) => json::list::<_, ToolCallRow<'_>>("tool calls", text)?,
        },
        text: row.get(first + 9)?,
        citations: match rows::text_or_null(row, first + 10)? {
            None => Vec::new(),
            Some(text) => json::of_text("citations", text)?,
        },
        passages: match rows::text_or_null(row, first + 11)? {
            None => None,
            Some(text) => Some(json::of_text("passages", text)?),
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::{Outcome, TrialResult};
    use crate::provider::{AnswerSource, StopReason};
    use crate::store::samples::{count, day, fresh, header, trial};
    use serde_json::json;

    fn answered(text: &str, at: i64) -> TrialResult {
        let mut trial = trial("c", Outcome::Passed);
        trial.finished = day(at);
        trial.completion.as_mut().unwrap().text = text.into();
        trial
    }

    #[test]
    fn the_newest_usable_answer_is_found() {
        let (_folder, store) = fresh();
        let stopped = |text: &str, stop| {
            let mut trial = answered(text, 9);
            trial.completion.as_mut().unwrap().stop = stop;
            trial
        };
        let trials = [
            stopped("cut", StopReason::Length),
            answered("old", 2),
            // The clock went back: what came in last is the newest.
            answered("new", 1),
            stopped("filtered", StopReason::ContentFilter),
            stopped("refused", StopReason::Refusal),
            stopped("odd", StopReason::Other("end".into())),
            answered(" ", 9),
        ];
        let key = trials[0].request;
        for (n, trial) in (0..).zip(&trials) {
            let id = format!("run-{n}");
            store.begin(&header(&id, n)).unwrap();
            store.record(&id, &[trial]).unwrap();
            if n == 0 {
                let found = store.answer(key).unwrap().unwrap();
                assert!(!found.completion.is_usable(), "a replay wants it, the cache does not");
            }
        }
        let found = store.answer(key).unwrap().unwrap();
        assert_eq!(found.completion, trials[2].completion.clone().unwrap());
        assert_eq!(
            (found.request, found.provider.as_str(), found.model.as_str()),
            (key, "openai", "gpt-5-mini")
        );
        assert_eq!((found.cost, found.identity), (trials[2].cost, json!({"engine": 3})));
        assert_eq!(store.answer(Fingerprint::of("else")).unwrap(), None);
        let mut of_run = Vec::new();
        let mut keep = |answer: RecordedAnswer| {
            of_run.push(answer.completion.text);
            Ok(())
        };
        store.answers("run-4", &mut keep).unwrap();
        assert!(store.answers("none", &mut keep).is_err());
        assert_eq!(of_run, ["refused"]);
    }

    #[test]
    fn an_answer_taken_from_the_cache_is_stored_once() {
        let (_folder, store) = fresh();
        let first = answered("x", 1);
        let mut again = first.clone();
        (again.cached, again.attempts) = (true, Vec::new());
        for (n, trial) in [(0, &first), (1, &again), (2, &again)] {
            let id = format!("run-{n}");
            store.begin(&header(&id, n)).unwrap();
            store.record(&id, &[trial]).unwrap();
            store.record(&id, &[trial]).unwrap();
            assert_eq!(store.run(&id).unwrap().trials, std::slice::from_ref(trial));
        }
        assert_eq!(count(&store, "answers"), 1);
        // A trial that is sent again and gets the same text has an answer of its own.
        let mut other = first.clone();
        other.completion.as_mut().unwrap().latency_ms = 99.0;
        store.record("run-0", &[&other]).unwrap();
        assert_eq!(count(&store, "answers"), 2);
        assert_eq!(store.run("run-1").unwrap().trials, [again]);
    }

    #[test]
    fn identities_come_from_runs_that_were_answered() {
        let (_folder, store) = fresh();
        for (n, identity, answers) in
            [(0, json!({"engine": 1}), true), (1, Value::Null, true), (2, json!({"engine": 3}), false)]
        {
            let id = format!("run-{n}");
            let mut header = header(&id, n);
            header.models[0].identity = identity;
            store.begin(&header).unwrap();
            if answers {
                store.record(&id, &[&answered("x", n)]).unwrap();
            }
        }
        assert_eq!(store.identity("openai", "gpt-5-mini"), Some(json!({"engine": 1})));
        assert_eq!(store.identity("openai", "other"), None);
        store.delete(&["run-0".into()]).unwrap();
        assert_eq!(store.identity("openai", "gpt-5-mini"), Some(Value::Null));
        store.delete(&["run-1".into()]).unwrap();
        assert_eq!(store.identity("openai", "gpt-5-mini"), Some(json!({"engine": 1})), "its answers stayed");
    }

    #[test]
    fn a_source_is_named_by_its_file() {
        let (folder, store) = fresh();
        assert_eq!(store.name(), folder.path().join("regauge.db").display().to_string());
    }
}
