//! Scripted conversations: turns ↔ rows.

use std::borrow::Cow;

use rusqlite::{Connection, params};
use serde::{Deserialize, Serialize};

use crate::case::Action;
use crate::outcome::{CustomerReply, ResultSource, Round, ToolResult, TrialResult, TurnResult};
use crate::provider::Completion;

use super::answers::{self, recorded_columns};
use super::error::Fault;
use super::{json, rows};

/// Say, expect, action, outcome, number of scores, rounds, the simulated customer's reply.
#[derive(Serialize, Deserialize)]
struct TurnRow<'a>(
    #[serde(borrow)] Cow<'a, str>,
    Vec<Cow<'a, str>>,
    Option<Cow<'a, str>>,
    Cow<'a, str>,
    usize,
    Vec<RoundRow<'a>>,
    Option<ReplyRow<'a>>,
);

/// The name of the customer's model, and whether its answer was cached (1 is yes).
#[derive(Serialize, Deserialize)]
struct ReplyRow<'a>(#[serde(borrow)] Cow<'a, str>, u8);

/// Whether it was cached (1 is yes), and what its calls were answered with; its answer is a row of `rounds`.
#[derive(Serialize, Deserialize)]
struct RoundRow<'a>(u8, #[serde(borrow)] Vec<ResultRow<'a>>);

/// Text and source.
#[derive(Serialize, Deserialize)]
struct ResultRow<'a>(#[serde(borrow)] Cow<'a, str>, #[serde(borrow)] Cow<'a, str>);

impl<'a> From<&'a TurnResult> for TurnRow<'a> {
    fn from(turn: &'a TurnResult) -> Self {
        let result = |r: &'a ToolResult| ResultRow(r.text.as_str().into(), r.source.name().into());
        let round = |r: &'a Round| RoundRow(u8::from(r.cached), r.results.iter().map(result).collect());
        Self(
            turn.say.as_str().into(),
            turn.expect.iter().map(|a| a.name().into()).collect(),
            turn.action.map(|a| a.name().into()),
            turn.outcome.name().into(),
            turn.scores,
            turn.rounds.iter().map(round).collect(),
            turn.reply.as_ref().map(|r| ReplyRow(r.model.as_str().into(), u8::from(r.round.cached))),
        )
    }
}

/// Puts the turns of a trial; `answers` are the rows of its answers, round by round.
pub(super) fn put(tx: &Connection, id: i64, trial: &TrialResult, answers: &[i64]) -> Result<(), Fault> {
    let mut turns = Vec::new();
    json::put_list::<_, TurnRow<'_>>(&mut turns, &trial.turns)?;
    let tokens = |n: Option<u64>| n.map(u64::cast_signed);
    let usage = trial.completion.as_ref().map(|c| c.usage).unwrap_or_default();
    tx.prepare_cached(
        "INSERT INTO dialogues (trial, empty, input_tokens, output_tokens, cached_input_tokens, reasoning_tokens,
            latency_ms, first_token_ms, turns) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    )?
    .execute(params![
        id,
        trial.completion.as_ref().is_none_or(Completion::is_empty),
        tokens(usage.input),
        tokens(usage.output),
        tokens(usage.cached_input),
        tokens(usage.reasoning),
        trial.completion.as_ref().map_or(0.0, |c| c.latency_ms),
        trial.completion.as_ref().and_then(|c| c.first_token_ms),
        json::utf8(&turns)?,
    ])?;
    let mut add = tx.prepare_cached("INSERT INTO rounds (trial, position, answer) VALUES (?1, ?2, ?3)")?;
    for (position, answer) in (0_i64..).zip(answers) {
        add.execute((id, position, answer))?;
    }
    Ok(())
}

/// Takes away the turns of a trial; its answers stay.
pub(super) fn remove(tx: &Connection, trial: i64) -> Result<(), Fault> {
    tx.prepare_cached("DELETE FROM rounds WHERE trial = ?1")?.execute([trial])?;
    tx.prepare_cached("DELETE FROM dialogues WHERE trial = ?1")?.execute([trial])?;
    Ok(())
}

/// The turns of a trial from their JSON.
pub(super) fn turns(db: &Connection, trial: i64, text: &str) -> Result<Vec<TurnResult>, Fault> {
    let mut statement = db.prepare_cached(concat!(
        "SELECT ",
        recorded_columns!(),
        " FROM rounds r JOIN answers a ON a.id = r.answer JOIN engines e ON e.id = a.engine
         WHERE r.trial = ?1 ORDER BY r.position"
    ))?;
    let mut found = statement.query([trial])?;
    let mut round = |RoundRow(cached, results): RoundRow<'_>| {
        let row = found.next()?.ok_or_else(|| Fault::Damaged("a turn without its answer".to_owned()))?;
        let answer = answers::recorded(row)?;
        let result = |ResultRow(text, source): ResultRow<'_>| {
            let source = rows::named(&ResultSource::ALL, ResultSource::name, "source of a result", &source)?;
            Ok(ToolResult { text: text.into_owned(), source })
        };
        Ok(Round {
            request: answer.request,
            completion: answer.completion,
            cost: answer.cost,
            cached: cached != 0,
            results: results.into_iter().map(result).collect::<Result<_, Fault>>()?,
        })
    };
    let read: Vec<TurnRow<'_>> = json::of_text("turns", text)?;
    read.into_iter()
        .map(|TurnRow(say, expect, action, outcome, scores, rounds, reply)| {
            let rounds = rounds.into_iter().map(&mut round).collect::<Result<_, Fault>>()?;
            let reply = reply.map(|ReplyRow(model, cached)| {
                let round = round(RoundRow(cached, Vec::new()))?;
                Ok::<_, Fault>(CustomerReply { model: model.into_owned(), round })
            });
            Ok(TurnResult {
                say: say.into_owned(),
                expect: expect.iter().map(|a| rows::action(a)).collect::<Result<Vec<Action>, _>>()?,
                rounds,
                reply: reply.transpose()?,
                action: action.as_deref().map(rows::action).transpose()?,
                outcome: rows::outcome(&outcome)?,
                scores,
            })
        })
        .collect()
}

/// The usage of a digest: of one answer its own, of a conversation the sums; the SQL for a column.
macro_rules! of_talk {
    ($column:literal) => {
        concat!("iif(d.trial IS NULL, a.", $column, ", d.", $column, ")")
    };
}
pub(super) use of_talk;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fingerprint::Fingerprint;
    use crate::outcome::{Outcome, Recorded, TrialDigest, cost, whole};
    use crate::provider::{AnswerSource, StopReason, ToolCall, Usage};
    use crate::store::samples::{count, fresh, header, trial};

    fn round(text: &str, calls: &[&str]) -> Round {
        let call = |name: &&str| ToolCall {
            id: "c1".into(),
            name: (*name).to_owned(),
            arguments: serde_json::json!({"n": 1}),
        };
        Round {
            request: Fingerprint::of(text),
            completion: Completion {
                tool_calls: calls.iter().map(call).collect(),
                stop: if calls.is_empty() { StopReason::End } else { StopReason::ToolCalls },
                usage: Usage { input: Some(10), output: Some(3), ..Usage::default() },
                latency_ms: 4.5,
                ..Completion::of_text(text)
            },
            cost: Some(0.25),
            cached: false,
            results: calls
                .iter()
                .map(|_| ToolResult { text: "{\"at\":\"depot\"}".into(), source: ResultSource::Script })
                .collect(),
        }
    }

    pub(crate) fn talk(case: &str) -> TrialResult {
        let turn = |say: &str, rounds, outcome, scores| TurnResult {
            say: say.into(),
            expect: vec![Action::Answer],
            rounds,
            action: Some(Action::Answer),
            outcome,
            scores,
            reply: None,
        };
        let turns = vec![
            turn("Where is it?", vec![round("", &["find"]), round("At the depot.", &[])], Outcome::Failed, 1),
            turn("Thanks!", vec![round("Welcome.", &[])], Outcome::Skipped, 0),
        ];
        let mut turns = turns;
        turns[0].reply = Some(CustomerReply { model: "sim".into(), round: round("Thanks!", &[]) });
        let mut trial = trial(case, Outcome::Failed);
        trial.completion = whole(&turns);
        trial.cost = cost(&turns);
        trial.request = Fingerprint::of("Welcome.");
        trial.turns = turns;
        trial
    }

    #[test]
    fn a_conversation_reads_back_with_its_sums_and_its_answers() {
        let (_folder, store) = fresh();
        store.begin(&header("one", 0)).unwrap();
        let talk = talk("a");
        store.record("one", &[&talk]).unwrap();
        assert_eq!(store.run("one").unwrap().trials, std::slice::from_ref(&talk));
        assert_eq!((talk.failing_turn(), talk.scores_of(1).len(), talk.scores_of(0).len()), (Some(1), 1, 0));
        let stored = store.stored("one").unwrap();
        let digests: Vec<TrialDigest> = stored.digests().unwrap().map(Result::unwrap).collect();
        assert_eq!(digests, [TrialDigest::from(&talk)]);
        assert_eq!(digests[0].answer.as_ref().unwrap().usage.input, Some(30));
        // Each answer is found by its own request.
        for text in ["", "At the depot.", "Welcome."] {
            assert_eq!(store.answer(Fingerprint::of(text)).unwrap().unwrap().completion.text, text);
        }
        assert_eq!(count(&store, "answers"), 4);
        let mut exported = Vec::new();
        store
            .answers("one", &mut |a| {
                exported.push(a.request);
                Ok(())
            })
            .unwrap();
        assert_eq!(exported.len(), 4);
        assert_eq!(store.cache_stats().unwrap().unused, 0);
    }

    #[test]
    fn what_was_answered_before_an_error_is_kept_and_used_again() {
        let (_folder, store) = fresh();
        store.begin(&header("one", 0)).unwrap();
        let whole = talk("a");
        let mut broken = whole.clone();
        broken.turns.pop();
        broken.turns[0].outcome = Outcome::Errored;
        (broken.completion, broken.cost, broken.scores) = (None, None, Vec::new());
        broken.turns[0].scores = 0;
        broken.outcome = Outcome::Errored;
        broken.error = Some(crate::outcome::TrialError {
            kind: crate::provider::ErrorKind::Server,
            message: "503".into(),
            status: Some(503),
        });
        store.record("one", &[&broken]).unwrap();
        assert_eq!(store.run("one").unwrap().trials, [broken]);
        store.record("one", &[&whole]).unwrap();
        assert_eq!(store.run("one").unwrap().trials, [whole]);
        assert_eq!((count(&store, "answers"), count(&store, "rounds")), (4, 4));
        store.delete(&["one".into()]).unwrap();
        for table in ["dialogues", "rounds", "trials"] {
            assert_eq!(count(&store, table), 0, "{table}");
        }
        assert_eq!(count(&store, "answers"), 4);
        assert_eq!(store.cache_stats().unwrap().unused, 4);
    }
}
