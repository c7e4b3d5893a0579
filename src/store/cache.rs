//! The answers as a cache: what is there, what may go, and answers that come from elsewhere.

use jiff::Timestamp;
use rusqlite::{CachedStatement, Connection, Transaction};
use serde::Serialize;

use crate::provider::RecordedAnswer;

use super::answers::{self, recorded_columns};
use super::error::Fault;
use super::intern::{Engine, Interner};
use super::json::{self, ToolCallRow};
use super::known::Known;
use super::rows;

/// What the store holds of answers.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CacheStats {
    /// Answers that were received.
    pub answers: u64,
    /// Those that may answer the same request again: not refused, filtered, cut off or empty.
    pub usable: u64,
    /// Different requests that would be answered without being sent.
    pub requests: u64,
    /// Answers that no run refers to.
    pub unused: u64,
    /// Bytes of their texts and tool calls.
    pub bytes: u64,
    /// When the oldest was received.
    pub oldest: Option<Timestamp>,
    /// When the newest was received.
    pub newest: Option<Timestamp>,
    /// The same per provider and model.
    pub models: Vec<ModelAnswers>,
}

/// What the store holds of one model's answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ModelAnswers {
    /// Provider.
    pub provider: String,
    /// Its model.
    pub model: String,
    /// Answers that were received.
    pub answers: u64,
    /// Those that may answer the same request again.
    pub usable: u64,
    /// Bytes of their texts and tool calls.
    pub bytes: u64,
}

/// Which answers are to go.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CacheRule {
    /// Answers received before this are no longer taken for an answer; those that no run refers to are deleted.
    pub before: Option<Timestamp>,
    /// Only answers that no run refers to; they are deleted, of any age unless `before` is given too.
    pub unused: bool,
}

/// What a rule made of the answers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Pruned {
    /// Answers deleted.
    pub deleted: u64,
    /// Bytes of their texts and tool calls.
    pub bytes: u64,
    /// Answers that stay with their runs and are no longer taken for an answer.
    pub retired: u64,
}

const BYTES: &str = "octet_length(text) + coalesce(octet_length(tool_calls), 0)";

const UNUSED: &str = "id NOT IN (SELECT answer FROM trials WHERE answer IS NOT NULL
    UNION ALL SELECT answer FROM rounds
    UNION ALL SELECT answer FROM judgements WHERE answer IS NOT NULL
    UNION ALL SELECT answer FROM lookups
    UNION ALL SELECT answer FROM layer_trials WHERE answer IS NOT NULL)";

/// What is there, from one pass over the answers.
pub(super) fn stats(db: &Connection) -> Result<CacheStats, Fault> {
    let mut statement = db.prepare_cached(
        "SELECT e.provider, e.model, sum(a.n), sum(a.usable), sum(a.bytes), min(a.oldest), max(a.newest)
         FROM (SELECT engine, count(*) AS n, sum(usable) AS usable, min(received) AS oldest,
                   max(received) AS newest, sum(octet_length(text) + coalesce(octet_length(tool_calls), 0)) AS bytes
               FROM answers GROUP BY engine) a
         JOIN engines e ON e.id = a.engine
         GROUP BY e.provider, e.model ORDER BY e.provider, e.model",
    )?;
    let mut found = statement.query([])?;
    let mut models = Vec::new();
    let mut times: Vec<i64> = Vec::new();
    while let Some(row) = found.next()? {
        let number = |column: usize| row.get::<_, i64>(column).map(i64::cast_unsigned);
        models.push(ModelAnswers {
            provider: row.get(0)?,
            model: row.get(1)?,
            answers: number(2)?,
            usable: number(3)?,
            bytes: number(4)?,
        });
        times.extend([row.get::<_, i64>(5)?, row.get::<_, i64>(6)?]);
    }
    let sum = |of: fn(&ModelAnswers) -> u64| models.iter().map(of).sum();
    Ok(CacheStats {
        answers: sum(|m| m.answers),
        usable: sum(|m| m.usable),
        bytes: sum(|m| m.bytes),
        requests: number(
            db,
            "SELECT count(DISTINCT request) FROM answers INDEXED BY answers_by_request WHERE usable",
        )?,
        unused: number(db, &format!("SELECT count(*) FROM answers WHERE {UNUSED}"))?,
        oldest: times.iter().min().map(|n| rows::time_of(*n)).transpose()?,
        newest: times.iter().max().map(|n| rows::time_of(*n)).transpose()?,
        models,
    })
}

fn number(db: &Connection, sql: &str) -> Result<u64, Fault> {
    Ok(db.query_row(sql, [], |row| row.get::<_, i64>(0))?.cast_unsigned())
}

/// Applies a rule, or only says what it would do.
pub(super) fn prune(tx: &Transaction<'_>, rule: CacheRule, only_say: bool) -> Result<Pruned, Fault> {
    if rule == CacheRule::default() {
        return Ok(Pruned::default());
    }
    let before = rule.before.map_or(Ok(i64::MAX), rows::nanos)?;
    let (deleted, bytes) = tx.query_row(
        &format!("SELECT count(*), coalesce(sum({BYTES}), 0) FROM answers WHERE received < ?1 AND {UNUSED}"),
        [before],
        |row| Ok((row.get::<_, i64>(0)?.cast_unsigned(), row.get::<_, i64>(1)?.cast_unsigned())),
    )?;
    let used = format!("usable AND received < ?1 AND NOT ({UNUSED})");
    let retired = if rule.unused {
        0
    } else {
        let sql = format!("SELECT count(*) FROM answers WHERE {used}");
        tx.query_row(&sql, [before], |row| row.get::<_, i64>(0))?.cast_unsigned()
    };
    if !only_say {
        if retired > 0 {
            tx.execute(&format!("UPDATE answers SET usable = 0 WHERE {used}"), [before])?;
        }
        tx.execute(&format!("DELETE FROM answers WHERE received < ?1 AND {UNUSED}"), [before])?;
    }
    Ok(Pruned { deleted, bytes, retired })
}

/// All usable answers by request; of several answers to one request the newest.
pub(super) fn export(
    db: &Connection,
    each: &mut dyn FnMut(RecordedAnswer) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let mut statement = db.prepare_cached(concat!(
        "SELECT ",
        recorded_columns!(),
        " FROM answers a INDEXED BY answers_by_request CROSS JOIN engines e ON e.id = a.engine
         WHERE a.usable ORDER BY a.request, a.usable, a.id"
    ))?;
    answers::last_of_each(statement.query([])?, each)
}

/// Puts usable answers to requests that have none yet, and says how many that were.
pub(super) fn import(
    tx: &Transaction<'_>,
    known: &mut Known,
    imported: &[RecordedAnswer],
    at: Timestamp,
) -> Result<u64, Fault> {
    let mut rows = Interner::new(tx, known)?;
    let mut find = tx.prepare_cached("SELECT 1 FROM answers WHERE request = ?1 AND usable = 1")?;
    let mut add = tx.prepare_cached(answers::ADD)?;
    let received = super::rows::nanos(at)?;
    let mut new = 0;
    for answer in imported {
        if !answer.completion.is_usable() || find.exists([answer.request.bytes()])? {
            continue;
        }
        put(&mut rows, &mut add, answer, received)?;
        new += 1;
    }
    Ok(new)
}

/// Puts an answer that no trial has, and returns its row.
fn put(
    rows: &mut Interner<'_>,
    add: &mut CachedStatement<'_>,
    answer: &RecordedAnswer,
    at: i64,
) -> Result<i64, Fault> {
    let identity = json::text_of(&answer.identity)?;
    let engine = rows.engine(&Engine {
        provider: &answer.provider,
        model: &answer.model,
        identity: &identity,
        reported: answer.completion.reported_model.as_deref(),
    })?;
    let calls: Vec<ToolCallRow<'_>> = answer.completion.tool_calls.iter().map(Into::into).collect();
    let received = answers::Received {
        request: answer.request,
        usable: answer.completion.is_usable(),
        engine,
        cost: answer.cost,
        at,
        tool_calls: &json::text_of(&calls)?,
        completion: &answer.completion,
    };
    answers::add(add, &received)
}

/// Puts what a run was answered by retrievers, each where it is not the newest answer already, and ties it to the run.
pub(super) fn looked_up(
    tx: &Transaction<'_>,
    known: &mut Known,
    run: &str,
    found: &[RecordedAnswer],
    at: Timestamp,
) -> Result<(), Fault> {
    let number = super::read::number(tx, run)?;
    let mut rows = Interner::new(tx, known)?;
    let mut find = tx.prepare_cached(answers::FIND)?;
    let mut add = tx.prepare_cached(answers::ADD)?;
    let mut tie = tx.prepare_cached("INSERT OR IGNORE INTO lookups (run, answer) VALUES (?1, ?2)")?;
    for answer in found {
        let id = match answers::newest(&mut find, answer.request)? {
            Some((id, stored)) if stored == answer.completion => id,
            _ => put(&mut rows, &mut add, answer, super::rows::nanos(at)?)?,
        };
        tie.execute([number, id])?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::{Outcome, TrialResult};
    use crate::provider::{AnswerSource, StopReason};
    use crate::store::Store;
    use crate::store::samples::{day, fresh, header, trial};

    fn answered(case: &str, at: i64, stop: StopReason) -> TrialResult {
        let mut trial = trial(case, Outcome::Passed);
        trial.finished = day(at);
        trial.completion.as_mut().unwrap().stop = stop;
        trial
    }

    /// A run with a kept answer and a deleted one with another two.
    fn filled() -> (tempfile::TempDir, Store) {
        let (folder, store) = fresh();
        let kept = answered("a", 1, StopReason::End);
        let gone = [answered("b", 2, StopReason::End), answered("cut", 3, StopReason::Length)];
        store.begin(&header("kept", 0)).unwrap();
        store.record("kept", &[&kept]).unwrap();
        store.begin(&header("gone", 1)).unwrap();
        store.record("gone", &gone.iter().collect::<Vec<_>>()).unwrap();
        store.delete(&["gone".into()]).unwrap();
        (folder, store)
    }

    fn exported(store: &Store) -> Vec<RecordedAnswer> {
        let mut all = Vec::new();
        store
            .export_answers(&mut |answer| {
                all.push(answer);
                Ok(())
            })
            .unwrap();
        all
    }

    #[test]
    fn an_empty_store_has_no_answers() {
        let (_folder, store) = fresh();
        let stats = store.cache_stats().unwrap();
        assert_eq!((stats.answers, stats.requests, stats.oldest, stats.models.len()), (0, 0, None, 0));
        assert!(exported(&store).is_empty());
    }

    #[test]
    fn answers_are_counted() {
        let (_folder, store) = filled();
        let stats = store.cache_stats().unwrap();
        assert_eq!((stats.answers, stats.usable, stats.requests, stats.unused), (3, 2, 2, 2));
        assert_eq!((stats.oldest, stats.newest), (Some(day(1)), Some(day(3))));
        let bytes = "answer to a".len() + "answer to b".len() + "answer to cut".len();
        assert_eq!(stats.bytes, bytes as u64);
        assert_eq!(
            stats.models.iter().map(|m| (m.model.as_str(), m.answers)).collect::<Vec<_>>(),
            [("gpt-5-mini", 3)]
        );
    }

    #[test]
    fn a_rule_says_what_it_would_do_and_does_it() {
        let rule = |before: Option<i64>, unused| CacheRule { before: before.map(day), unused };
        let counts = |p: Pruned| (p.deleted, p.retired);
        for (rule, expected, left) in [
            (rule(None, false), (0, 0), 3),
            (rule(None, true), (2, 0), 1),
            (rule(Some(3), true), (1, 0), 2),
            (rule(Some(3), false), (1, 1), 2),
            (rule(Some(1), false), (0, 0), 3),
            (rule(Some(9), false), (2, 1), 1),
        ] {
            let (_folder, store) = filled();
            assert_eq!(counts(store.prune_answers(rule, true).unwrap()), expected, "{rule:?}");
            assert_eq!(store.cache_stats().unwrap().answers, 3);
            assert_eq!(counts(store.prune_answers(rule, false).unwrap()), expected, "{rule:?}");
            assert_eq!(store.cache_stats().unwrap().answers, left, "{rule:?}");
            assert_eq!(store.run("kept").unwrap().trials.len(), 1);
            let retired = expected.1 == 1;
            assert_eq!(exported(&store).iter().any(|a| a.completion.text == "answer to a"), !retired);
        }
    }

    #[test]
    fn what_was_exported_is_imported_once() {
        let (_folder, store) = filled();
        let all = exported(&store);
        assert_eq!(all.len(), 2);
        assert!(all.is_sorted_by_key(|a| a.request));
        let (_other, other) = fresh();
        assert_eq!(other.import_answers(&all, day(9)).unwrap(), 2);
        assert_eq!(other.import_answers(&all, day(10)).unwrap(), 0);
        assert_eq!(exported(&other), all);
        assert_eq!(other.answer(all[0].request).unwrap().as_ref(), Some(&all[0]));
        assert_eq!(other.identity("openai", "gpt-5-mini"), Some(all[1].identity.clone()));
        let mut cut = all[0].clone();
        cut.request = crate::fingerprint::Fingerprint::of("cut");
        cut.completion.stop = StopReason::Length;
        assert_eq!(other.import_answers(&[cut], day(9)).unwrap(), 0, "no answer to import");
    }

    #[test]
    fn of_several_answers_to_a_request_the_newest_is_exported() {
        let (_folder, store) = filled();
        store.begin(&header("again", 5)).unwrap();
        let mut again = answered("a", 6, StopReason::End);
        again.completion.as_mut().unwrap().text = "newer".into();
        store.record("again", &[&again]).unwrap();
        let all = exported(&store);
        assert_eq!(all.len(), 2);
        assert!(all.iter().any(|a| a.completion.text == "newer"));
    }

    #[test]
    fn a_reader_that_fails_stops_the_export() {
        let (_folder, store) = filled();
        let error =
            store.export_answers(&mut |_| Err(std::io::Error::other("the pipe is closed"))).unwrap_err();
        assert!(error.to_string().contains("the pipe is closed"), "{error}");
    }
}
