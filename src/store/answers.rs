//! Recorded answers, for replay: found by the key of the request, with who gave them.

use rusqlite::{Connection, OptionalExtension, Params, Row};
use serde_json::Value;

use crate::fingerprint::Fingerprint;
use crate::provider::RecordedAnswer;

use super::error::Fault;
use super::{read, rows};

const ANSWERS: &str = "
    SELECT t.request, t.cost, a.text AS answer_text, c.*,
           coalesce(m.provider, '') AS provider, coalesce(m.model, t.model) AS answering,
           coalesce(m.identity, 'null') AS identity
    FROM trials t
    JOIN completions c ON c.trial = t.id
    JOIN texts a ON a.id = c.text
    JOIN runs r ON r.id = t.run
    LEFT JOIN run_models m ON m.run = t.run AND m.name = t.model";

/// The newest usable answer to a request: a trial that errored or was refused is asked again.
pub(super) fn answer(db: &Connection, key: Fingerprint) -> Result<Option<RecordedAnswer>, Fault> {
    let sql = format!(
        "{ANSWERS} WHERE t.request = ?1 AND t.outcome <> 'errored'
            AND c.stop NOT IN ('refusal', 'content-filter')
         ORDER BY t.finished DESC, r.started DESC, t.id DESC LIMIT 1"
    );
    Ok(answers(db, &sql, [key.to_string()])?.pop())
}

/// All answers of a run in key order, refusals included, so that a replay of them is the same run.
pub(super) fn of_run(db: &Connection, run: &str) -> Result<Vec<RecordedAnswer>, Fault> {
    read::must_exist(db, run)?;
    let sql = format!(
        "{ANSWERS} WHERE t.run = ?1
         ORDER BY t.suite, t.case_id, t.phrasing, t.prompt, t.model, t.repeat"
    );
    answers(db, &sql, [run])
}

/// The engine identity in the newest run in which a model answered; one that says something before
/// one that is null, as a replay without an original has.
pub(super) fn identity(db: &Connection, provider: &str, model: &str) -> Result<Option<Value>, Fault> {
    let text: Option<String> = db
        .prepare_cached(
            "SELECT m.identity FROM run_models m JOIN runs r ON r.id = m.run
             WHERE m.provider = ?1 AND m.model = ?2
               AND EXISTS (SELECT 1 FROM trials t JOIN completions c ON c.trial = t.id
                           WHERE t.run = m.run AND t.model = m.name)
             ORDER BY m.identity = 'null', r.started DESC, r.id DESC LIMIT 1",
        )?
        .query_row([provider, model], |row| row.get(0))
        .optional()?;
    text.map(|text| rows::from_json("an engine identity", &text)).transpose()
}

fn answers<P: Params>(db: &Connection, sql: &str, params: P) -> Result<Vec<RecordedAnswer>, Fault> {
    let mut statement = db.prepare_cached(sql)?;
    let mut found = statement.query(params)?;
    let mut answers = Vec::new();
    while let Some(row) = found.next()? {
        answers.push(answer_of(row)?);
    }
    Ok(answers)
}

fn answer_of(row: &Row<'_>) -> Result<RecordedAnswer, Fault> {
    Ok(RecordedAnswer {
        request: rows::fingerprint(&row.get::<_, String>("request")?)?,
        provider: row.get("provider")?,
        model: row.get("answering")?,
        identity: rows::from_json("an engine identity", &row.get::<_, String>("identity")?)?,
        cost: row.get("cost")?,
        completion: read::completion_of(row)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::{Outcome, TrialResult};
    use crate::provider::{AnswerSource, StopReason};
    use crate::store::samples::{day, fresh, header, trial};
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
        let mut errored = answered("judge died", 3);
        errored.outcome = Outcome::Errored;
        let mut filtered = answered("filtered", 4);
        filtered.outcome = Outcome::Refused;
        filtered.completion.as_mut().unwrap().stop = StopReason::ContentFilter;
        let mut refused = answered("refused", 5);
        refused.completion.as_mut().unwrap().stop = StopReason::Refusal;
        let trials = [answered("old", 1), answered("new", 2), errored, filtered, refused];
        for (n, trial) in (-4_i64..).zip(trials.iter().rev()).map(|(n, trial)| (-n, trial)) {
            let id = format!("run-{n}");
            store.begin(&header(&id, n)).unwrap();
            store.record(&id, &[trial]).unwrap();
        }
        let key = trials[0].request;
        let found = store.answer(key).unwrap().unwrap();
        assert_eq!(found.completion, trials[1].completion.clone().unwrap());
        assert_eq!(
            (found.request, found.provider.as_str(), found.model.as_str()),
            (key, "openai", "gpt-5-mini")
        );
        assert_eq!((found.cost, found.identity), (trials[1].cost, json!({"engine": 2})));
        assert_eq!(store.answer(Fingerprint::of("else")).unwrap(), None);
        assert_eq!(store.answers("run-4").unwrap()[0].completion.text, "refused");
        assert!(store.answers("none").is_err());
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
    }

    #[test]
    fn a_source_is_named_by_its_file() {
        let (folder, store) = fresh();
        assert_eq!(store.name(), folder.path().join("regauge.db").display().to_string());
    }
}
