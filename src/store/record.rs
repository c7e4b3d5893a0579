//! Runs → rows: headers, how they ended, and the history of their limits.

use jiff::Timestamp;
use rusqlite::{Transaction, named_params};

use crate::outcome::{LimitChange, RunHeader, RunStatus};

use super::error::{Fault, StoreError};
use super::{json, read, rows};

/// Puts a run's header; a run of the same header that is there already goes on.
pub(super) fn begin(tx: &Transaction<'_>, header: &RunHeader) -> Result<(), Fault> {
    if read::exists(tx, &header.id)? {
        if read::header(tx, &header.id)? != *header {
            return Err(StoreError::RunExists { id: header.id.clone() }.into());
        }
        return set_end(tx, &header.id, RunStatus::Running, None, None);
    }
    put_header(tx, header)?;
    let run = &header.id;
    for (position, suite) in (0_i64..).zip(&header.suites) {
        tx.prepare_cached("INSERT INTO run_suites (run, position, suite) VALUES (?1, ?2, ?3)")?
            .execute((run, position, suite))?;
    }
    for (position, variant) in (0_i64..).zip(&header.variants) {
        tx.prepare_cached("INSERT INTO run_variants (run, position, prompt, model) VALUES (?1, ?2, ?3, ?4)")?
            .execute((run, position, &variant.prompt, &variant.model))?;
    }
    for (position, model) in (0_i64..).zip(&header.models) {
        tx.prepare_cached(
            "INSERT INTO run_models (run, position, name, provider, model, identity)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute((
            run,
            position,
            &model.name,
            &model.provider,
            &model.model,
            json::text_of(&model.identity)?,
        ))?;
    }
    for (position, way) in (0_i64..).zip(&header.retrievals) {
        let variant = &way.variant;
        tx.prepare_cached(
            "INSERT INTO run_retrievals (run, position, suite, prompt, model, name, kind)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?
        .execute((
            run,
            position,
            &way.suite,
            &variant.prompt,
            &variant.model,
            &way.name,
            &way.kind,
        ))?;
    }
    Ok(())
}

fn put_header(tx: &Transaction<'_>, header: &RunHeader) -> Result<(), Fault> {
    tx.execute(
        "INSERT INTO runs (id, started, status, program, selection, planned, seed, revision, branch, dirty,
            case_hash, prompt_hash, knowledge_hash, scorers_hash, model_hash)
         VALUES (:id, :started, :status, :program, :selection, :planned, :seed, :revision, :branch, :dirty,
            :case_hash, :prompt_hash, :knowledge_hash, :scorers_hash, :model_hash)",
        named_params! {
            ":id": header.id,
            ":started": rows::time_text(header.started),
            ":status": RunStatus::Running.name(),
            ":program": header.version,
            ":selection": json::text_of(&header.selection)?,
            ":planned": header.planned.cast_signed(),
            ":seed": header.seed.cast_signed(),
            ":revision": header.git.as_ref().map(|g| &g.revision),
            ":branch": header.git.as_ref().and_then(|g| g.branch.as_ref()),
            ":dirty": header.git.as_ref().map(|g| g.dirty),
            ":case_hash": header.fingerprints.case.bytes(),
            ":prompt_hash": header.fingerprints.prompt.bytes(),
            ":knowledge_hash": header.fingerprints.knowledge.bytes(),
            ":scorers_hash": header.fingerprints.scorers.bytes(),
            ":model_hash": header.fingerprints.model.bytes(),
        },
    )?;
    Ok(())
}

/// Keeps steps in the history of limits, after those that are there.
pub(super) fn limits(tx: &Transaction<'_>, run: &str, changes: &[LimitChange]) -> Result<(), Fault> {
    let run = read::number(tx, run)?;
    for change in changes {
        tx.prepare_cached(
            "INSERT INTO run_limits (run, position, at, endpoint, concurrency, pause_ms, reason)
             SELECT ?1, coalesce(max(position), -1) + 1, ?2, ?3, ?4, ?5, ?6 FROM run_limits WHERE run = ?1",
        )?
        .execute((
            run,
            rows::nanos(change.at)?,
            &change.endpoint,
            change.concurrency,
            change.pause_ms.cast_signed(),
            change.reason.name(),
        ))?;
    }
    Ok(())
}

/// Puts how a run ended.
pub(super) fn end(
    tx: &Transaction<'_>,
    run: &str,
    status: RunStatus,
    reason: Option<&str>,
    ended: Timestamp,
) -> Result<(), Fault> {
    read::number(tx, run)?;
    set_end(tx, run, status, reason, Some(ended))
}

fn set_end(
    tx: &Transaction<'_>,
    run: &str,
    status: RunStatus,
    reason: Option<&str>,
    ended: Option<Timestamp>,
) -> Result<(), Fault> {
    tx.execute(
        "UPDATE runs SET status = ?2, stop_reason = ?3, ended = ?4 WHERE id = ?1",
        (run, status.name(), reason, ended.map(rows::time_text)),
    )?;
    Ok(())
}
