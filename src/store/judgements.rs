//! Judgements ↔ rows. A reply is an answer like any other, so that the same request finds it again.

use rusqlite::{CachedStatement, Connection, params};

use crate::outcome::{JudgeUse, Judgement, ModelFacts};

use super::answers::{self, AFTER, completion_columns};
use super::error::Fault;
use super::intern::{Engine, Interner};
use super::json::{self, ToolCallRow};
use super::rows;

/// Where replies are found and put.
pub(super) struct Answers<'s, 'tx> {
    pub(super) find: &'s mut CachedStatement<'tx>,
    pub(super) add: &'s mut CachedStatement<'tx>,
}

/// Puts the judgements of a trial; `at` is when it finished, in nanoseconds.
pub(super) fn put(
    tx: &Connection,
    interner: &mut Interner<'_>,
    answers: &mut Answers<'_, '_>,
    (trial, at): (i64, i64),
    judgements: &[Judgement],
) -> Result<(), Fault> {
    for (position, judgement) in (0_i64..).zip(judgements) {
        let facts = &judgement.model;
        let identity = json::text_of(&facts.identity)?;
        let reported = judgement.reply.as_ref().and_then(|reply| reply.reported_model.as_deref());
        let engine = Engine { provider: &facts.provider, model: &facts.model, identity: &identity, reported };
        let engine = interner.engine(&engine)?;
        let answer = judgement.reply.is_some().then(|| reply(answers, judgement, engine, at)).transpose()?;
        let error = judgement.error.as_ref();
        tx.prepare_cached(
            "INSERT INTO judgements (trial, position, scorer, model, engine, request, answer, cached, cost, sent,
                error_kind, error_status, error_message)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
        )?
        .execute(params![
            trial,
            position,
            judgement.scorer,
            facts.name,
            engine,
            judgement.request.bytes(),
            answer,
            judgement.cached,
            judgement.cost,
            judgement.sent,
            error.map(|e| e.kind.name()),
            error.and_then(|e| e.status),
            error.map(|e| &e.message),
        ])?;
    }
    Ok(())
}

/// The row of a reply: where nothing was sent it is the one it was taken from.
fn reply(answers: &mut Answers<'_, '_>, judgement: &Judgement, engine: i64, at: i64) -> Result<i64, Fault> {
    let Some(completion) = &judgement.reply else { return Err(Fault::Damaged("no reply".to_owned())) };
    if let Some((id, stored)) = answers::newest(answers.find, judgement.request)?
        && stored == *completion
    {
        return Ok(id);
    }
    let mut calls = Vec::new();
    json::put_list::<_, ToolCallRow<'_>>(&mut calls, &completion.tool_calls)?;
    let calls = String::from_utf8(calls).map_err(|_| Fault::Damaged("JSON that is not UTF-8".to_owned()))?;
    answers::add(
        answers.add,
        &answers::Received {
            request: judgement.request,
            usable: judgement.error.is_none() && completion.is_usable(),
            engine,
            cost: judgement.cost,
            at,
            tool_calls: &calls,
            completion,
        },
    )
}

/// The judgements of a trial, in order.
pub(super) fn of_trial(db: &Connection, trial: i64) -> Result<Vec<Judgement>, Fault> {
    let mut statement = db.prepare_cached(concat!(
        "SELECT ",
        completion_columns!(),
        ", j.scorer, j.model, g.provider, g.model, g.identity, j.request, j.answer, j.cached, j.cost, j.sent,
            j.error_kind, j.error_status, j.error_message
         FROM judgements j JOIN engines g ON g.id = j.engine
         LEFT JOIN answers a ON a.id = j.answer LEFT JOIN engines e ON e.id = a.engine
         WHERE j.trial = ?1 ORDER BY j.position"
    ))?;
    let mut found = statement.query([trial])?;
    let mut judgements = Vec::new();
    while let Some(row) = found.next()? {
        let answer: Option<i64> = row.get(AFTER + 6)?;
        judgements.push(Judgement {
            reply: answer.map(|_| answers::completion(row, 0)).transpose()?,
            scorer: row.get(AFTER)?,
            model: ModelFacts {
                name: row.get(AFTER + 1)?,
                provider: row.get(AFTER + 2)?,
                model: row.get(AFTER + 3)?,
                identity: json::of_text("an engine identity", rows::text(row, AFTER + 4)?)?,
            },
            request: rows::fingerprint(row, AFTER + 5)?,
            cached: row.get(AFTER + 7)?,
            cost: row.get(AFTER + 8)?,
            sent: row.get(AFTER + 9)?,
            error: rows::error(row, AFTER + 10)?,
        });
    }
    Ok(judgements)
}

/// What the judgements of a trial took.
pub(super) fn used(db: &Connection, trial: i64) -> Result<Option<JudgeUse>, Fault> {
    let mut statement = db.prepare_cached(
        "SELECT a.id, a.input_tokens, a.output_tokens, j.cached, j.cost
         FROM judgements j LEFT JOIN answers a ON a.id = j.answer WHERE j.trial = ?1 ORDER BY j.position",
    )?;
    let mut found = statement.query([trial])?;
    let mut sum: Option<JudgeUse> = None;
    while let Some(row) = found.next()? {
        let tokens = |column: usize| row.get::<_, Option<i64>>(column).map(|n| n.map(i64::cast_unsigned));
        let answer: Option<i64> = row.get(0)?;
        let reply = if answer.is_some() { Some((tokens(1)?, tokens(2)?)) } else { None };
        sum.get_or_insert_default().add(reply, row.get(3)?, row.get(4)?);
    }
    Ok(sum)
}
