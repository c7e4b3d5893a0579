//! `regauge models ping`: one cheap call to every model, all at once: checks key, endpoint and model.

use std::fmt::Write as _;

use futures_util::future::join_all;
use serde::Serialize;

use crate::cli::{CommandResult, ExitStatus, Session};
use crate::fingerprint::Fingerprint;
use crate::prompt::{ChatRole, Message};
use crate::provider::{Completion, ErrorKind, ModelSpec, Params, ProviderError, Request};
use crate::report::terminal::{Paint, Span, Tone, table};
use crate::report::{inert_line, usd};
use crate::run::{OpenOptions, OpenedModel};

/// Most tokens of the answer: enough for every API to accept it.
const MAX_TOKENS: u32 = 16;
/// Longest wait for an endpoint, in seconds: one short answer takes no longer.
const MAX_WAIT_S: u64 = 60;

/// What one model said, for scripts.
#[derive(Debug, Serialize)]
struct Ping {
    name: String,
    ok: bool,
    provider: &'static str,
    model: String,
    reported_model: Option<String>,
    latency_ms: Option<f64>,
    first_token_ms: Option<f64>,
    input_tokens: Option<u64>,
    output_tokens: Option<u64>,
    cost_usd: Option<f64>,
    answer: Option<String>,
    stop: Option<String>,
    error_kind: Option<&'static str>,
    error: Option<String>,
    help: Option<String>,
}

/// Asks every model and prints what came back.
pub(super) async fn run(
    session: &Session,
    specs: &[&ModelSpec],
    options: &OpenOptions,
    json: bool,
) -> CommandResult {
    let rows = join_all(specs.iter().map(|spec| ping(spec, options))).await;
    if json {
        session.printer.json(&rows)?;
    } else {
        let paint = Paint::new(session.printer.color_out(), session.printer.width());
        session.printer.out(&text(paint, &rows))?;
    }
    Ok(if rows.iter().all(|r| r.ok) { ExitStatus::Success } else { ExitStatus::Incomplete })
}

async fn ping(spec: &ModelSpec, options: &OpenOptions) -> Ping {
    match ask(spec, options).await {
        Ok(answer) => Ping::of(spec, answer.as_ref()),
        Err(error) => Ping::failed(spec, &error),
    }
}

/// The answer of a model; `None` for one that only replays.
async fn ask(spec: &ModelSpec, options: &OpenOptions) -> Result<Option<Completion>, ProviderError> {
    let mut spec = spec.clone();
    if spec.base_url.is_some() {
        spec.timeout_s = spec.timeout_s.min(MAX_WAIT_S);
    }
    let opened = OpenedModel::open(&spec, options).await?;
    if spec.is_replay() {
        return Ok(None);
    }
    let messages = vec![Message::new(ChatRole::User, "Say OK.")];
    let request =
        Request { key: Fingerprint::of(&messages), messages, params: cheap(&spec.params), lookup: None };
    Ok(Some(opened.provider.complete(&request).await?.completion))
}

/// The model's own parameters with a short answer; further fields may depend on the limit that is set.
fn cheap(params: &Params) -> Params {
    let mut params = params.clone();
    if params.extra.is_empty() {
        params.max_tokens = Some(MAX_TOKENS.min(params.max_tokens.unwrap_or(MAX_TOKENS)));
    }
    params
}

impl Ping {
    fn new(spec: &ModelSpec, ok: bool) -> Self {
        Self {
            name: spec.name.clone(),
            ok,
            provider: spec.provider,
            model: spec.model.clone(),
            reported_model: None,
            latency_ms: None,
            first_token_ms: None,
            input_tokens: None,
            output_tokens: None,
            cost_usd: None,
            answer: None,
            stop: None,
            error_kind: None,
            error: None,
            help: None,
        }
    }

    fn of(spec: &ModelSpec, answer: Option<&Completion>) -> Self {
        let mut row = Self::new(spec, true);
        let Some(completion) = answer else {
            row.answer = Some("replays recorded answers".to_owned());
            return row;
        };
        row.reported_model.clone_from(&completion.reported_model);
        row.latency_ms = Some(completion.latency_ms);
        row.first_token_ms = completion.first_token_ms;
        row.input_tokens = completion.usage.input;
        row.output_tokens = completion.usage.output;
        row.cost_usd = spec.cost(&completion.usage);
        row.answer = Some(completion.text.trim().to_owned());
        row.stop = Some(completion.stop.name().to_owned());
        row
    }

    fn failed(spec: &ModelSpec, error: &ProviderError) -> Self {
        Self {
            error_kind: Some(error.kind.name()),
            error: Some(error.message.clone()),
            help: help(spec, error.kind),
            ..Self::new(spec, false)
        }
    }
}

/// What to do about a failure, beside what the message says.
fn help(spec: &ModelSpec, kind: ErrorKind) -> Option<String> {
    let table = format!("[models.{}]", spec.name);
    Some(match kind {
        ErrorKind::Auth => match (&spec.api_key_env, &spec.api_key) {
            (Some(variable), None) => format!("put the key into {variable}: `export {variable}=…`"),
            (Some(variable), Some(_)) => format!("put a key that may use this model into {variable}"),
            (None, _) if spec.signing.is_some() => {
                "the AWS credentials of the environment need the right bedrock:InvokeModel".to_owned()
            }
            (None, _) => format!("name the variable that holds the key in {table}: `api_key_env = \"…\"`"),
        },
        ErrorKind::UnknownModel => format!("check `model = \"{}\"` in {table}", spec.model),
        ErrorKind::RateLimited => {
            format!("key and endpoint work, but the limit is reached; set `rpm` in {table} or wait")
        }
        ErrorKind::Server => "the endpoint has a fault of its own; try again later".to_owned(),
        ErrorKind::BadRequest => format!("the endpoint does not accept a parameter of {table}"),
        ErrorKind::BadResponse => {
            format!("check `base_url` and `provider` of {table}: this is not how `{}` answers", spec.provider)
        }
        ErrorKind::Network
        | ErrorKind::Timeout
        | ErrorKind::TooLong
        | ErrorKind::Retrieval
        | ErrorKind::Missing
        | ErrorKind::Internal => {
            return None;
        }
    })
}

fn text(paint: Paint, rows: &[Ping]) -> String {
    let header = ["name", "state", "latency", "tokens", "cost", "reported model", "answer"];
    let lines: Vec<Vec<Span>> = rows.iter().map(line).collect();
    let mut out = table(paint, &header, &lines, false);
    for row in rows {
        let Some(error) = &row.error else { continue };
        let name = paint.tone(Tone::Strong, &inert_line(&row.name));
        let _ = writeln!(out, "\n  {name}: {}", inert_line(error));
        if let Some(help) = &row.help {
            let _ = writeln!(out, "    help: {}", inert_line(help));
        }
    }
    out
}

fn line(row: &Ping) -> Vec<Span> {
    let nothing = || "–".to_owned();
    let count = |n: Option<u64>| n.map_or_else(|| "?".to_owned(), |n| n.to_string());
    let asked = row.latency_ms.is_some();
    let tokens = format!("{} + {}", count(row.input_tokens), count(row.output_tokens));
    let cost = row.cost_usd.map_or_else(|| "unknown".to_owned(), usd);
    let answer: String = row.answer.as_deref().unwrap_or_default().chars().take(40).collect();
    vec![
        Span::new(Tone::Strong, inert_line(&row.name)),
        if row.ok { Span::new(Tone::Good, "ok") } else { Span::new(Tone::Bad, "failed") },
        row.latency_ms.map_or_else(nothing, |ms| format!("{ms:.0} ms")).into(),
        if asked { tokens } else { nothing() }.into(),
        if asked { cost } else { nothing() }.into(),
        row.reported_model.as_deref().map_or_else(nothing, inert_line).into(),
        inert_line(&answer).into(),
    ]
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::provider::{Price, Usage};
    use crate::secret::Secret;

    fn spec() -> ModelSpec {
        let mut spec = ModelSpec::new("claude", "anthropic", "claude-next");
        spec.api_key_env = Some("ANTHROPIC_API_KEY".into());
        spec
    }

    fn completion() -> Completion {
        Completion {
            usage: Usage { input: Some(1000), output: Some(100), ..Usage::default() },
            latency_ms: 412.3,
            reported_model: Some("claude-next-1".into()),
            ..Completion::of_text(" OK\u{1b}[2J ")
        }
    }

    #[test]
    fn a_line_says_what_it_took_and_shows_no_control_characters() {
        let mut spec = spec();
        let unknown = text(Paint::new(false, 200), &[Ping::of(&spec, Some(&completion()))]);
        assert!(unknown.contains("unknown") && unknown.contains("1000 + 100"), "{unknown}");
        spec.price = Some(Price { input: 1.0, output: 10.0, cached_input: None });
        let shown = text(Paint::new(false, 200), &[Ping::of(&spec, Some(&completion()))]);
        assert!(
            shown.contains("412 ms") && shown.contains("$0.0020") && shown.contains("claude-next-1"),
            "{shown}"
        );
        assert!(!shown.contains('\u{1b}'));
    }

    #[test]
    fn a_failure_says_what_to_do() {
        let mut spec = spec();
        let error = ProviderError::new(ErrorKind::Auth, "model `claude`: the variable is not set");
        let missing = Ping::failed(&spec, &error);
        assert_eq!(
            missing.help.as_deref(),
            Some("put the key into ANTHROPIC_API_KEY: `export ANTHROPIC_API_KEY=…`")
        );
        let shown = text(Paint::new(false, 120), &[missing]);
        assert!(shown.contains("failed") && shown.contains("help: put the key"), "{shown}");
        spec.api_key = Some(Secret::new("canary"));
        assert!(!help(&spec, ErrorKind::Auth).unwrap().contains("canary"));
        assert!(help(&spec, ErrorKind::UnknownModel).unwrap().contains("claude-next"));
        assert!(help(&spec, ErrorKind::Network).is_none());
    }

    #[test]
    fn the_question_is_cheap_unless_further_fields_need_room() {
        let mut params = Params { max_tokens: Some(4000), ..Params::default() };
        assert_eq!(cheap(&params).max_tokens, Some(MAX_TOKENS));
        assert_eq!(cheap(&Params { max_tokens: Some(3), ..Params::default() }).max_tokens, Some(3));
        params.extra.insert("thinking".into(), json!({"type": "enabled", "budget_tokens": 2000}));
        assert_eq!(cheap(&params).max_tokens, Some(4000));
    }
}
