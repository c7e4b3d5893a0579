//! The columns of the table of trials.

use super::column::{plain, text};
use super::{Cell, Column, Kind};
use crate::outcome::{AnswerDigest, TrialDigest};

/// After the key, one row per trial.
pub(super) const COLUMNS: &[Column] = &[
    plain("passed", Kind::Bool, "whether it passed; missing when it errored or nothing applied", |row| {
        row.trial.outcome.verdict().into()
    }),
    plain("score", Kind::Float, "mean of its scores, 0 to 1; missing when nothing was scored", |row| {
        row.trial.score().into()
    }),
    plain("expect", Kind::List, "the actions that the case accepts", |row| {
        Cell::List(row.trial.expect.iter().map(|action| action.name()).collect())
    }),
    plain("action", Kind::Text, "the action that the answer took", |row| {
        row.trial.action.map(crate::case::Action::name).into()
    }),
    plain("tier", Kind::Text, "how much the case matters", |row| row.trial.tier.name().into()),
    plain("weight", Kind::Float, "share of the traffic that the case stands for", |row| {
        row.trial.weight.into()
    }),
    plain("area", Kind::Text, "topic of the case", |row| row.trial.labels.area.as_deref().into()),
    plain("owner", Kind::Text, "who looks after the case", |row| row.trial.labels.owner.as_deref().into()),
    plain("lang", Kind::Text, "language of the case", |row| (&*row.trial.labels.lang).into()),
    plain("tags", Kind::List, "labels of the case", |row| list(&row.trial.labels.tags)),
    plain("articles", Kind::List, "articles that the case names as its sources", |row| {
        list(&row.trial.labels.articles)
    }),
    plain("golden", Kind::Bool, "whether the case had an accepted answer", |row| row.trial.golden.into()),
    plain("reported_model", Kind::Text, "the model, as the endpoint reported it", |row| {
        answer(row.trial, |answer| answer.reported_model.as_deref())
    }),
    plain("stop", Kind::Text, "why the model stopped", |row| answer(row.trial, |answer| answer.stop.name())),
    plain("cached", Kind::Bool, "whether the answer was there already and nothing was sent", |row| {
        row.trial.cached.into()
    }),
    plain("tokens_in", Kind::Int, "tokens of the prompt, cached ones included", |row| {
        answer(row.trial, |answer| answer.usage.input)
    }),
    plain("tokens_out", Kind::Int, "tokens of the answer, reasoning included", |row| {
        answer(row.trial, |answer| answer.usage.output)
    }),
    plain("tokens_in_cached", Kind::Int, "tokens of the prompt that came from the endpoint's cache", |row| {
        answer(row.trial, |answer| answer.usage.cached_input)
    }),
    plain("tokens_reasoning", Kind::Int, "hidden tokens of reasoning", |row| {
        answer(row.trial, |answer| answer.usage.reasoning)
    }),
    plain(
        "cost_usd",
        Kind::Float,
        "what the answer cost when it was asked for; missing when unknown",
        |row| row.trial.cost.into(),
    ),
    plain(
        "judge_cost_usd",
        Kind::Float,
        "what judging it cost, where that is known; missing without a judge",
        |row| row.trial.judging.map(|judging| judging.cost).into(),
    ),
    plain("latency_ms", Kind::Float, "time of the successful attempt", |row| {
        answer(row.trial, |answer| answer.latency_ms)
    }),
    plain(
        "first_token_ms",
        Kind::Float,
        "time to the first piece of text; only where it was streamed",
        |row| answer(row.trial, |answer| answer.first_token_ms),
    ),
    plain("error", Kind::Text, "kind of the error; missing when there is an answer", |row| {
        row.trial.error.as_ref().map(|error| error.kind.name()).into()
    }),
    plain("error_status", Kind::Int, "HTTP status of the error", |row| {
        row.trial.error.as_ref().and_then(|error| error.status).map(u32::from).into()
    }),
    plain("case_hash", Kind::Text, "content hash of the case", |row| {
        row.trial.fingerprints.case.to_string().into()
    }),
    plain("prompt_hash", Kind::Text, "content hash of what was sent", |row| {
        row.trial.fingerprints.prompt.to_string().into()
    }),
    plain("knowledge_hash", Kind::Text, "content hash of the passages", |row| {
        row.trial.fingerprints.knowledge.to_string().into()
    }),
    plain("scorers_hash", Kind::Text, "content hash of the rules", |row| {
        row.trial.fingerprints.scorers.to_string().into()
    }),
    plain("model_hash", Kind::Text, "content hash of the model and its parameters", |row| {
        row.trial.fingerprints.model.to_string().into()
    }),
    text("question", "what the customer said", |row| row.whole.map(|whole| &*whole.case.input).into()),
    text("answer", "what the model answered", |row| row.whole.and_then(|whole| whole.answer()).into()),
    text("error_message", "what went wrong", |row| {
        row.trial.error.as_ref().map(|error| &*error.message).into()
    }),
];

fn answer<'a, T: Into<Cell<'a>>>(
    trial: &'a TrialDigest,
    cell: impl FnOnce(&'a AnswerDigest) -> T,
) -> Cell<'a> {
    trial.answer.as_ref().map(cell).into()
}

fn list(texts: &[String]) -> Cell<'_> {
    Cell::List(texts.iter().map(String::as_str).collect())
}
