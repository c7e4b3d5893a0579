//! Rows → domain: trials whole, with their texts, scores and attempts.

use rusqlite::{Connection, OptionalExtension, Params, Row};

use crate::outcome::{Attempt, Outcome, TrialKey, TrialResult, whole};
use crate::prompt::Message;
use crate::provider::Completion;

use super::answers::{self, AFTER, completion_columns};
use super::error::Fault;
use super::json::{self, FactsRow, MessageRow, PassageRow};
use super::list::ORDINARY;
use super::{dialogues, intern, judgements, rows};

/// Everything of a trial that is one row: the trial, its answer, and the texts of both.
macro_rules! trials {
    ($rest:expr) => {
        concat!(
            "SELECT ",
            completion_columns!(),
            ", t.case_hash, t.prompt_hash, t.knowledge_hash, t.scorers_hash, t.model_hash,
               t.error_kind, t.error_status, t.error_message, t.id, r.id AS run, c.suite, c.name AS case_id,
               c.phrasing, v.prompt, v.model, t.repeat, t.outcome, t.action, t.cached, t.cost,
               coalesce(t.request, a.request) AS request, a.id AS answer, t.finished, t.sent, t.waited_ms,
               t.scores, t.findings, t.messages, t.tier, t.weight, t.follow_up, f.text AS facts, p.text AS given, d.turns
             FROM ",
            $rest,
            " JOIN variants v ON v.id = t.variant
              JOIN texts f ON f.id = t.facts
              LEFT JOIN texts p ON p.id = t.passages
              LEFT JOIN answers a ON a.id = t.answer
              LEFT JOIN engines e ON e.id = a.engine
              LEFT JOIN dialogues d ON d.trial = t.id "
        )
    };
}

/// All trials of a run in key order.
pub(super) fn of_run(db: &Connection, run: i64) -> Result<Vec<TrialResult>, Fault> {
    const SQL: &str = concat!(
        trials!("trials t JOIN runs r ON r.number = t.run JOIN cases c ON c.id = t.case_id"),
        "WHERE t.run = ?1"
    );
    let mut trials: Vec<TrialResult> = read(db, SQL, [run])?.into_iter().map(|(_, trial)| trial).collect();
    trials.sort_by(|a, b| a.key.cmp(&b.key));
    Ok(trials)
}

/// All trials of a run as they were in one of its layers, in key order.
pub(super) fn of_layer(db: &Connection, run: i64, layer: u32) -> Result<Vec<TrialResult>, Fault> {
    // The row that stood in the layer: the first that was replaced after it, or today's.
    const SQL: &str = trials!(
        "(SELECT l.* FROM layer_trials l WHERE l.run = ?1 AND l.until =
              (SELECT min(o.until) FROM layer_trials o WHERE o.run = l.run AND o.case_id = l.case_id
                   AND o.variant = l.variant AND o.repeat = l.repeat AND o.until >= ?2)
          UNION ALL
          SELECT NULL, n.* FROM trials n WHERE n.run = ?1 AND NOT EXISTS
              (SELECT 1 FROM layer_trials o WHERE o.run = n.run AND o.case_id = n.case_id
                   AND o.variant = n.variant AND o.repeat = n.repeat AND o.until >= ?2)) t
         JOIN runs r ON r.number = t.run JOIN cases c ON c.id = t.case_id"
    );
    let mut trials: Vec<TrialResult> =
        read(db, SQL, (run, layer))?.into_iter().map(|(_, trial)| trial).collect();
    trials.sort_by(|a, b| a.key.cmp(&b.key));
    Ok(trials)
}

/// The trials of one case, newest run first and in key order inside a run.
pub(super) fn history(
    db: &Connection,
    suite: &str,
    case: &str,
    limit: u32,
) -> Result<Vec<(String, TrialResult)>, Fault> {
    const SQL: &str = trials!(
        "runs r CROSS JOIN cases c ON c.suite = ?1 AND c.name = ?2
         CROSS JOIN trials t ON t.run = r.number AND t.case_id = c.id"
    );
    let sql = format!(
        "{SQL} WHERE {ORDINARY} ORDER BY r.number DESC, c.phrasing, v.prompt, v.model, t.repeat LIMIT ?3"
    );
    read(db, &sql, (suite, case, limit))
}

/// One trial of a run.
pub(super) fn one(db: &Connection, run: i64, key: &TrialKey) -> Result<Option<TrialResult>, Fault> {
    const SQL: &str = concat!(
        trials!(
            "cases c JOIN trials t ON t.run = ?1 AND t.case_id = c.id AND t.repeat = ?7 JOIN runs r ON r.number = t.run"
        ),
        "WHERE c.suite = ?2 AND c.name = ?3 AND c.phrasing = ?4 AND v.prompt = ?5 AND v.model = ?6"
    );
    let params = (run, &key.suite, &key.case, &key.phrasing, &key.prompt, &key.model, key.index);
    Ok(read(db, SQL, params)?.pop().map(|(_, trial)| trial))
}

/// For each key, whether the run has a result there that is not an error.
pub(super) fn have_results(db: &Connection, run: i64, keys: &[TrialKey]) -> Result<Vec<bool>, Fault> {
    let mut case = db.prepare_cached(intern::FIND_CASE)?;
    let mut outcome = db.prepare_cached(
        "SELECT outcome FROM trials
         WHERE run = ?1 AND case_id = ?2 AND repeat = ?5
           AND variant = (SELECT id FROM variants WHERE prompt = ?3 AND model = ?4)",
    )?;
    let mut has = |key: &TrialKey| -> Result<bool, Fault> {
        let parts = (&key.suite, &key.case, &key.phrasing);
        let found: Option<i64> = case.query_row(parts, |row| row.get(0)).optional()?;
        let Some(case) = found else { return Ok(false) };
        let mut found = outcome.query((run, case, &key.prompt, &key.model, key.index))?;
        match found.next()? {
            Some(row) => Ok(rows::outcome(rows::text(row, 0)?)? != Outcome::Errored),
            None => Ok(false),
        }
    };
    keys.iter().map(&mut has).collect()
}

fn read<P: Params>(db: &Connection, sql: &str, params: P) -> Result<Vec<(String, TrialResult)>, Fault> {
    let mut statement = db.prepare_cached(sql)?;
    let mut found = statement.query(params)?;
    let mut trials = Vec::new();
    while let Some(row) = found.next()? {
        let mut trial = trial_of(row)?;
        trial.messages = messages(db, &row.get::<_, String>("messages")?)?;
        if let Some(turns) = row.get::<_, Option<String>>("turns")? {
            trial.turns = dialogues::turns(db, row.get("id")?, &turns)?;
            trial.completion = trial.completion.and_then(|_| whole(&trial.turns));
        }
        if trial.attempts.is_empty() {
            trial.attempts = attempts(db, row.get("id")?)?;
        }
        if trial.scores.iter().any(|score| score.judge.is_some()) {
            trial.judgements = judgements::of_trial(db, row.get("id")?)?;
        }
        trials.push((row.get("run")?, trial));
    }
    Ok(trials)
}

fn trial_of(row: &Row<'_>) -> Result<TrialResult, Fault> {
    let text = |column: &str| row.get::<_, String>(column);
    let answer: Option<i64> = row.get("answer")?;
    let completion = answer.map(|_| answers::completion(row, 0)).transpose()?;
    let passages: Option<String> = row.get("given")?;
    Ok(TrialResult {
        key: TrialKey {
            suite: text("suite")?,
            case: text("case_id")?,
            phrasing: text("phrasing")?,
            prompt: text("prompt")?,
            model: text("model")?,
            index: row.get("repeat")?,
        },
        follow_up: row.get::<_, Option<String>>("follow_up")?.as_deref().map(rows::follow_up).transpose()?,
        case: json::of_text::<FactsRow<'_>>("case facts", &text("facts")?)?
            .facts(rows::tier(&text("tier")?)?, row.get("weight")?)?,
        fingerprints: rows::fingerprints(row, AFTER)?,
        request: crate::fingerprint::Fingerprint::from_bytes(row.get("request")?),
        messages: Vec::new(),
        passages: match passages {
            Some(text) => json::list::<_, PassageRow<'_>>("passages", &text)?,
            None => Vec::new(),
        },
        cached: row.get("cached")?,
        cost: row.get("cost")?,
        attempts: single(row, completion.as_ref())?,
        completion,
        error: rows::error(row, AFTER + 5)?,
        scores: json::scores(&text("scores")?, &text("findings")?)?,
        turns: Vec::new(),
        judgements: Vec::new(),
        action: row.get::<_, Option<String>>("action")?.as_deref().map(rows::action).transpose()?,
        outcome: rows::outcome(&text("outcome")?)?,
        finished: rows::time_of(row.get("finished")?)?,
    })
}

fn messages(db: &Connection, text: &str) -> Result<Vec<Message>, Fault> {
    let parts: Vec<MessageRow<'_>> = json::of_text("messages", text)?;
    let mut find = db.prepare_cached("SELECT text FROM texts WHERE id = ?1")?;
    let mut message = |part: MessageRow<'_>| {
        let content = find.query_row([part.1], |row| row.get(0)).optional()?;
        part.message(content.ok_or_else(|| Fault::Damaged("a message without its text".to_owned()))?)
    };
    parts.into_iter().map(&mut message).collect()
}

/// The one request that was answered at once.
fn single(row: &Row<'_>, completion: Option<&Completion>) -> Result<Vec<Attempt>, Fault> {
    let sent: Option<i64> = row.get("sent")?;
    let (Some(sent), Some(completion)) = (sent, completion) else { return Ok(Vec::new()) };
    let started = rows::time_of(sent)?;
    let waited_ms = row.get("waited_ms")?;
    Ok(vec![Attempt { started, latency_ms: completion.latency_ms, waited_ms, error: None }])
}

fn attempts(db: &Connection, trial: i64) -> Result<Vec<Attempt>, Fault> {
    let mut statement = db.prepare_cached(
        "SELECT started, latency_ms, waited_ms, error_kind, error_status, error_message
         FROM attempts WHERE trial = ?1 ORDER BY position",
    )?;
    let mut found = statement.query([trial])?;
    let mut attempts = Vec::new();
    while let Some(row) = found.next()? {
        attempts.push(Attempt {
            started: rows::time_of(row.get(0)?)?,
            latency_ms: row.get(1)?,
            waited_ms: row.get(2)?,
            error: rows::error(row, 3)?,
        });
    }
    Ok(attempts)
}
