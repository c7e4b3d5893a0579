//! Domain → rows: runs, and trials with everything that belongs to them.

use jiff::Timestamp;
use rusqlite::{Transaction, named_params};

use crate::outcome::{Attempt, LimitChange, RunHeader, RunStatus, TrialResult};
use crate::provider::Completion;
use crate::score::Score;

use super::error::{Fault, StoreError};
use super::rows::{ErrorRow, EvidenceRow, FactsRow, MessageRow, PassageRow, StateRow, ToolCallRow};
use super::{read, rows, texts};

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
            rows::json(&model.identity)?,
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
            ":selection": rows::json(&header.selection)?,
            ":planned": header.planned.cast_signed(),
            ":seed": header.seed.cast_signed(),
            ":revision": header.git.as_ref().map(|g| &g.revision),
            ":branch": header.git.as_ref().and_then(|g| g.branch.as_ref()),
            ":dirty": header.git.as_ref().map(|g| g.dirty),
            ":case_hash": header.fingerprints.case.to_string(),
            ":prompt_hash": header.fingerprints.prompt.to_string(),
            ":knowledge_hash": header.fingerprints.knowledge.to_string(),
            ":scorers_hash": header.fingerprints.scorers.to_string(),
            ":model_hash": header.fingerprints.model.to_string(),
        },
    )?;
    Ok(())
}

/// Keeps steps in the history of limits, after those that are there.
pub(super) fn limits(tx: &Transaction<'_>, run: &str, changes: &[LimitChange]) -> Result<(), Fault> {
    for change in changes {
        tx.prepare_cached(
            "INSERT INTO run_limits (run, position, at, endpoint, concurrency, pause_ms, reason)
             SELECT ?1, (SELECT count(*) FROM run_limits WHERE run = ?1), ?2, ?3, ?4, ?5, ?6",
        )?
        .execute((
            run,
            rows::time_text(change.at),
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
    read::must_exist(tx, run)?;
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

/// Puts trials, each in the place of the one with the same key.
pub(super) fn record(tx: &Transaction<'_>, run: &str, trials: &[&TrialResult]) -> Result<(), Fault> {
    read::must_exist(tx, run)?;
    for trial in trials {
        let id = put_trial(tx, run, trial)?;
        if let Some(completion) = &trial.completion {
            put_completion(tx, id, completion)?;
        }
        for (position, attempt) in (0_i64..).zip(&trial.attempts) {
            put_attempt(tx, id, position, attempt)?;
        }
        for (position, score) in (0_i64..).zip(&trial.scores) {
            put_score(tx, id, position, score)?;
        }
    }
    Ok(())
}

fn put_trial(tx: &Transaction<'_>, run: &str, trial: &TrialResult) -> Result<i64, Fault> {
    let key = &trial.key;
    tx.prepare_cached(
        "DELETE FROM trials WHERE run = ?1 AND suite = ?2 AND case_id = ?3 AND phrasing = ?4
            AND prompt = ?5 AND model = ?6 AND repeat = ?7",
    )?
    .execute((run, &key.suite, &key.case, &key.phrasing, &key.prompt, &key.model, key.index))?;
    let error = ErrorRow::from(trial.error.as_ref());
    tx.prepare_cached(
        "INSERT INTO trials (run, suite, case_id, phrasing, prompt, model, repeat, outcome, action, cost,
            case_hash, prompt_hash, knowledge_hash, scorers_hash, model_hash, request, facts, messages,
            passages, error_kind, error_message, error_status, finished)
         VALUES (:run, :suite, :case_id, :phrasing, :prompt, :model, :repeat, :outcome, :action, :cost,
            :case_hash, :prompt_hash, :knowledge_hash, :scorers_hash, :model_hash, :request, :facts, :messages,
            :passages, :error_kind, :error_message, :error_status, :finished)",
    )?
    .execute(named_params! {
        ":run": run,
        ":suite": key.suite,
        ":case_id": key.case,
        ":phrasing": key.phrasing,
        ":prompt": key.prompt,
        ":model": key.model,
        ":repeat": key.index,
        ":outcome": trial.outcome.name(),
        ":action": trial.action.map(crate::case::Action::name),
        ":cost": trial.cost,
        ":case_hash": trial.fingerprints.case.to_string(),
        ":prompt_hash": trial.fingerprints.prompt.to_string(),
        ":knowledge_hash": trial.fingerprints.knowledge.to_string(),
        ":scorers_hash": trial.fingerprints.scorers.to_string(),
        ":model_hash": trial.fingerprints.model.to_string(),
        ":request": trial.request.to_string(),
        ":facts": texts::intern(tx, &rows::json(&FactsRow::from(&trial.case))?)?,
        ":messages": texts::intern(tx, &rows::list_json::<_, MessageRow>(&trial.messages)?)?,
        ":passages": texts::intern(tx, &rows::list_json::<_, PassageRow>(&trial.passages)?)?,
        ":error_kind": error.kind,
        ":error_message": error.message,
        ":error_status": error.status,
        ":finished": rows::time_text(trial.finished),
    })?;
    Ok(tx.last_insert_rowid())
}

fn put_completion(tx: &Transaction<'_>, trial: i64, completion: &Completion) -> Result<(), Fault> {
    let usage = completion.usage;
    tx.prepare_cached(
        "INSERT INTO completions (trial, text, tool_calls, stop, input_tokens, output_tokens,
            cached_input_tokens, reasoning_tokens, latency_ms, reported_model)
         VALUES (:trial, :text, :tool_calls, :stop, :input_tokens, :output_tokens,
            :cached_input_tokens, :reasoning_tokens, :latency_ms, :reported_model)",
    )?
    .execute(named_params! {
        ":trial": trial,
        ":text": texts::intern(tx, &completion.text)?,
        ":tool_calls": rows::list_json::<_, ToolCallRow>(&completion.tool_calls)?,
        ":stop": rows::stop_text(&completion.stop),
        ":input_tokens": usage.input.map(u64::cast_signed),
        ":output_tokens": usage.output.map(u64::cast_signed),
        ":cached_input_tokens": usage.cached_input.map(u64::cast_signed),
        ":reasoning_tokens": usage.reasoning.map(u64::cast_signed),
        ":latency_ms": completion.latency_ms,
        ":reported_model": completion.reported_model,
    })?;
    Ok(())
}

fn put_attempt(tx: &Transaction<'_>, trial: i64, position: i64, attempt: &Attempt) -> Result<(), Fault> {
    let error = ErrorRow::from(attempt.error.as_ref());
    tx.prepare_cached(
        "INSERT INTO attempts (trial, position, started, latency_ms, error_kind, error_message, error_status)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?
    .execute((
        trial,
        position,
        rows::time_text(attempt.started),
        attempt.latency_ms,
        error.kind,
        error.message,
        error.status,
    ))?;
    Ok(())
}

fn put_score(tx: &Transaction<'_>, trial: i64, position: i64, score: &Score) -> Result<(), Fault> {
    let state = StateRow::from(score.state);
    tx.prepare_cached(
        "INSERT INTO scores (trial, position, name, kind, required, state, value, pass, reason, evidence)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
    )?
    .execute((
        trial,
        position,
        &score.name,
        &score.kind,
        score.required,
        state.state,
        state.value,
        state.pass,
        &score.reason,
        rows::list_json::<_, EvidenceRow>(&score.evidence)?,
    ))?;
    Ok(())
}
