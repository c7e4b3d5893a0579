//! Trials → rows, with everything that belongs to them.

use jiff::Timestamp;
use rusqlite::{CachedStatement, Connection, Transaction, params};

use crate::case::Action;
use crate::fingerprint::Fingerprint;
use crate::outcome::{Attempt, FollowUp, Round, TrialKey, TrialResult};
use crate::prompt::Message;
use crate::provider::Completion;

use super::answers;
use super::error::{Fault, StoreError};
use super::intern::{ANY_CASE, Engine, Interner};
use super::json::{self, FactsRow, FindingRow, MessageRow, PassageRow, ScoreRow, ToolCallRow};
use super::judgements::{self, Answers};
use super::known::Known;
use super::{dialogues, read, rows};

/// Puts trials, each in the place of the one with the same key.
pub(super) fn record(
    tx: &Transaction<'_>,
    known: &mut Known,
    run: &str,
    trials: &[&TrialResult],
) -> Result<(), Fault> {
    let mut writer = TrialWriter {
        tx,
        run: read::number(tx, run)?,
        models: read::engines(tx, run)?,
        rows: Interner::new(tx, known)?,
        find_answer: tx.prepare_cached(answers::FIND)?,
        add_answer: tx.prepare_cached(answers::ADD)?,
        add_trial: tx.prepare_cached(ADD_TRIAL)?,
        text: Vec::new(),
        findings: Vec::new(),
    };
    for trial in trials {
        writer.put(trial)?;
    }
    Ok(())
}

const ADD_TRIAL: &str = "
    INSERT INTO trials (run, case_id, variant, repeat, outcome, action, cached, cost, tier, weight, golden,
        case_hash, prompt_hash, knowledge_hash, scorers_hash, model_hash, request, answer, facts, messages,
        passages, finished, sent, waited_ms, error_kind, error_status, error_message, scores, findings,
        follow_up)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20,
        ?21, ?22, ?23, ?24, ?25, ?26, ?27, ?28, ?29, ?30)";

struct TrialWriter<'tx> {
    tx: &'tx Connection,
    run: i64,
    /// Provider, model and identity of the run's models, by their name.
    models: Vec<read::EngineText>,
    rows: Interner<'tx>,
    find_answer: CachedStatement<'tx>,
    add_answer: CachedStatement<'tx>,
    add_trial: CachedStatement<'tx>,
    text: Vec<u8>,
    findings: Vec<u8>,
}

/// The rows that a trial refers to.
struct Refers {
    case: i64,
    variant: i64,
    facts: i64,
    messages: String,
    passages: Option<i64>,
    answer: Option<i64>,
    /// Whether the answer was put for this trial.
    new_answer: bool,
}

impl TrialWriter<'_> {
    fn put(&mut self, trial: &TrialResult) -> Result<(), Fault> {
        let (case, new) = self.rows.case(&trial.key)?;
        json::put(&mut self.text, &FactsRow::from(&trial.case))?;
        let facts = self.rows.text(case, new, &self.text)?;
        let messages = self.messages(case, new, &trial.messages)?;
        let passages = if trial.passages.is_empty() {
            None
        } else {
            json::put_list::<_, PassageRow<'_>>(&mut self.text, &trial.passages)?;
            Some(self.rows.text(ANY_CASE, false, &self.text)?)
        };
        let variant = self.rows.variant(&trial.key.prompt, &trial.key.model)?;
        let (rounds, last) = self.rounds(trial)?;
        let answer = match &trial.completion {
            Some(_) if !trial.turns.is_empty() => last.map(|id| (id, false)),
            Some(completion) => Some(self.answer(trial, completion)?),
            None => None,
        };
        let (answer, new_answer) = answer.map_or((None, false), |(id, new)| (Some(id), new));
        let mut refers = Refers { case, variant, facts, messages, passages, answer, new_answer };
        let id = match self.insert(trial, &refers) {
            Ok(id) => id,
            Err(Fault::Sqlite(error)) if is_there(&error) => {
                self.remove_old(trial, &mut refers)?;
                self.insert(trial, &refers)?
            }
            Err(error) => return Err(error),
        };
        if !trial.turns.is_empty() {
            dialogues::put(self.tx, id, trial, &rounds)?;
        }
        if !trial.judgements.is_empty() {
            let mut answers = Answers { find: &mut self.find_answer, add: &mut self.add_answer };
            let at = (id, rows::nanos(trial.finished)?);
            judgements::put(self.tx, &mut self.rows, &mut answers, at, &trial.judgements)?;
        }
        if single(trial).is_none() {
            for (position, attempt) in (0_i64..).zip(&trial.attempts) {
                put_attempt(self.tx, id, position, attempt)?;
            }
        }
        Ok(())
    }

    fn insert(&mut self, trial: &TrialResult, refers: &Refers) -> Result<i64, Fault> {
        for score in &trial.scores {
            if score.value().is_some_and(|value| !value.is_finite()) {
                let case = trial.key.case.clone();
                return Err(StoreError::NotANumber { score: score.name.clone(), case }.into());
            }
        }
        json::put_list::<_, ScoreRow<'_>>(&mut self.text, &trial.scores)?;
        json::put_list::<_, FindingRow<'_>>(&mut self.findings, &trial.scores)?;
        let single = single(trial);
        let error = trial.error.as_ref();
        let prints = &trial.fingerprints;
        Ok(self.add_trial.insert(params![
            self.run,
            refers.case,
            refers.variant,
            trial.key.index,
            trial.outcome.name(),
            trial.action.map(Action::name),
            trial.cached,
            trial.cost,
            trial.case.tier.name(),
            trial.case.weight,
            !trial.case.goldens.is_empty(),
            prints.case.bytes(),
            prints.prompt.bytes(),
            prints.knowledge.bytes(),
            prints.scorers.bytes(),
            prints.model.bytes(),
            refers.answer.is_none().then(|| trial.request.bytes()),
            refers.answer,
            refers.facts,
            refers.messages,
            refers.passages,
            rows::nanos(trial.finished)?,
            single.map(|a| rows::nanos(a.started)).transpose()?,
            single.map(|a| a.waited_ms),
            error.map(|e| e.kind.name()),
            error.and_then(|e| e.status),
            error.map(|e| &e.message),
            json::utf8(&self.text)?,
            json::utf8(&self.findings)?,
            trial.follow_up.map(FollowUp::name),
        ])?)
    }

    /// Roles and texts, as JSON. What stands before the last message, cases are likely to share.
    fn messages(&mut self, case: i64, new: bool, messages: &[Message]) -> Result<String, Fault> {
        let mut parts: Vec<MessageRow<'_>> = Vec::with_capacity(messages.len());
        for (n, message) in messages.iter().enumerate() {
            let content = message.content.as_bytes();
            let id = if n + 1 < messages.len() {
                self.rows.shared_text(case, new, content)?
            } else {
                self.rows.text(case, new, content)?
            };
            parts.push(MessageRow(message.role.name().into(), id));
        }
        json::text_of(&parts)
    }

    /// The row of a trial's answer, and whether it is new: where nothing was sent it is the one it was taken from.
    fn answer(&mut self, trial: &TrialResult, completion: &Completion) -> Result<(i64, bool), Fault> {
        if trial.cached
            && let Some((id, stored)) = answers::newest(&mut self.find_answer, trial.request)?
            && stored == *completion
        {
            return Ok((id, false));
        }
        let usable = trial.error.is_none() && completion.is_usable();
        Ok((self.add(&trial.key, trial.finished, trial.request, usable, trial.cost, completion)?, true))
    }

    /// The rows of the answers of a conversation, and that of the bot's last one; most were put when they were heard.
    fn rounds(&mut self, trial: &TrialResult) -> Result<(Vec<i64>, Option<i64>), Fault> {
        let (mut rounds, mut last) = (Vec::new(), None);
        for turn in &trial.turns {
            for round in &turn.rounds {
                let id = self.round(trial, &trial.key.model, round)?;
                rounds.push(id);
                last = Some(id);
            }
            if let Some(reply) = &turn.reply {
                rounds.push(self.round(trial, &reply.model, &reply.round)?);
            }
        }
        Ok((rounds, last))
    }

    fn round(&mut self, trial: &TrialResult, model: &str, round: &Round) -> Result<i64, Fault> {
        let completion = &round.completion;
        match answers::newest(&mut self.find_answer, round.request)? {
            Some((id, stored)) if stored == *completion => Ok(id),
            _ => {
                let usable = completion.is_usable();
                let key = TrialKey { model: model.to_owned(), ..trial.key.clone() };
                self.add(&key, trial.finished, round.request, usable, round.cost, completion)
            }
        }
    }

    fn add(
        &mut self,
        key: &TrialKey,
        finished: Timestamp,
        request: Fingerprint,
        usable: bool,
        cost: Option<f64>,
        completion: &Completion,
    ) -> Result<i64, Fault> {
        let model = self.models.iter().find(|m| m.name == key.model);
        let reported = completion.reported_model.as_deref();
        let engine = match model {
            Some(m) => Engine { provider: &m.provider, model: &m.model, identity: &m.identity, reported },
            None => Engine { provider: "", model: &key.model, identity: "null", reported },
        };
        let engine = self.rows.engine(&engine)?;
        json::put_list::<_, ToolCallRow<'_>>(&mut self.text, &completion.tool_calls)?;
        answers::add(
            &mut self.add_answer,
            &answers::Received {
                request,
                usable,
                engine,
                cost,
                at: rows::nanos(finished)?,
                tool_calls: json::utf8(&self.text)?,
                completion,
            },
        )
    }

    /// Takes the trial with the same key away. Its answer stays, unless it is the one that was just put.
    fn remove_old(&mut self, trial: &TrialResult, refers: &mut Refers) -> Result<(), Fault> {
        let key = (self.run, refers.case, refers.variant, trial.key.index);
        let (old, answer): (i64, Option<i64>) = self
            .tx
            .prepare_cached(
                "SELECT id, answer FROM trials WHERE run = ?1 AND case_id = ?2 AND variant = ?3 AND repeat = ?4",
            )?
            .query_row(key, |row| Ok((row.get(0)?, row.get(1)?)))?;
        if let (Some(earlier), Some(now)) = (answer, refers.answer)
            && refers.new_answer
            && answers::same(self.tx, earlier, now)?
        {
            self.tx.prepare_cached("DELETE FROM answers WHERE id = ?1")?.execute([now])?;
            refers.answer = Some(earlier);
        }
        dialogues::remove(self.tx, old)?;
        self.tx.prepare_cached("DELETE FROM judgements WHERE trial = ?1")?.execute([old])?;
        self.tx.prepare_cached("DELETE FROM attempts WHERE trial = ?1")?.execute([old])?;
        self.tx.prepare_cached("DELETE FROM trials WHERE id = ?1")?.execute([old])?;
        Ok(())
    }
}

/// The one request of a trial that was answered at once; it needs no row of its own.
fn single(trial: &TrialResult) -> Option<&Attempt> {
    match (trial.attempts.as_slice(), &trial.completion) {
        ([attempt], Some(completion))
            if trial.turns.is_empty()
                && attempt.error.is_none()
                && attempt.latency_ms.to_bits() == completion.latency_ms.to_bits() =>
        {
            Some(attempt)
        }
        _ => None,
    }
}

fn put_attempt(tx: &Connection, trial: i64, position: i64, attempt: &Attempt) -> Result<(), Fault> {
    let error = attempt.error.as_ref();
    tx.prepare_cached(
        "INSERT INTO attempts (trial, position, started, latency_ms, waited_ms, error_kind, error_status,
            error_message)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?
    .execute(params![
        trial,
        position,
        rows::nanos(attempt.started)?,
        attempt.latency_ms,
        attempt.waited_ms,
        error.map(|e| e.kind.name()),
        error.and_then(|e| e.status),
        error.map(|e| &e.message),
    ])?;
    Ok(())
}

fn is_there(error: &rusqlite::Error) -> bool {
    let code = rusqlite::ffi::SQLITE_CONSTRAINT_UNIQUE;
    error.sqlite_error().is_some_and(|e| e.extended_code == code)
}
