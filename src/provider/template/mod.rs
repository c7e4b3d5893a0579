//! `http`: any JSON endpoint, such as a team's own deployed bot.
//!
//! The request is a template that renders to JSON; the answer, tool calls, tokens and the session id are found by
//! JSONPath (RFC 9535). With a session path the bot is driven turn by turn: each customer turn of a case is sent in
//! order with the session id of the first reply, and only the last answer counts. What the agent said in the case
//! is then not sent, since the bot says its own. A conversation that goes on ([`Provider::conversation`]) keeps the
//! session: each further turn sends only what the customer says next.

mod body;
mod passages;
mod reply;
mod spec;

use std::sync::{Arc, Mutex, PoisonError};

use futures_util::future::BoxFuture;
use serde_json::Value;

use self::body::Sight;
pub use self::body::{Body, BodyError};
pub(super) use self::body::{Said, Turn};
pub use self::passages::PassagePaths;
pub use self::reply::{Paths, Place};
pub(super) use self::reply::{cited, stop_of, tool_call};
pub use self::spec::{BOT_KEY, BotSpec};
use crate::prompt::{ChatRole, Message};
use crate::provider::http::{Endpoint, Reply};
use crate::provider::{
    Answered, Completion, ErrorKind, OpenArgs, Opening, Provider, ProviderError, ProviderKind, Quota,
    Request, Usage,
};

/// Row of the provider table.
pub const KIND: ProviderKind = ProviderKind {
    name: "http",
    summary: "any JSON endpoint, such as your own deployed bot: a body template and JSONPaths",
    keys: &[&[
        "url",
        "method",
        "body",
        "vars",
        "answer",
        "tool_calls",
        "citations",
        "passages",
        "usage",
        "stop_reason",
        "reported_model",
        "session",
        "api_key_env",
        "auth",
        "headers",
        "concurrency",
        "rpm",
        "tpm",
        "ca_bundle",
        "max_body_mb",
    ]],
    open,
};

#[derive(Clone)]
struct Bot {
    endpoint: Arc<Endpoint>,
    spec: Arc<BotSpec>,
    model: String,
}

#[expect(clippy::needless_pass_by_value, reason = "the table's signature")]
fn open(args: OpenArgs<'_>) -> Opening<'_> {
    Box::pin(async move {
        let spec = args.spec.bot.clone().ok_or_else(|| {
            ProviderError::new(
                ErrorKind::BadRequest,
                format!("model `{}` has no `url` and `body`", args.spec.name),
            )
        })?;
        let endpoint = Arc::new(Endpoint::new(args.spec)?);
        let bot = Bot { endpoint, spec, model: args.spec.model.clone() };
        Ok(Arc::new(bot) as Arc<dyn Provider>)
    })
}

/// What several requests of one conversation used in all.
#[derive(Default)]
struct Sum {
    usage: Option<Usage>,
    latency_ms: f64,
    quota: Quota,
}

impl Sum {
    fn add(&mut self, usage: Usage, reply: &Reply<Value>) {
        let both = |a: Option<u64>, b: Option<u64>| Some(a?.saturating_add(b?));
        self.usage = Some(match self.usage {
            None => usage,
            Some(before) => Usage {
                input: both(before.input, usage.input),
                output: both(before.output, usage.output),
                cached_input: both(before.cached_input, usage.cached_input),
                reasoning: both(before.reasoning, usage.reasoning),
            },
        });
        self.latency_ms += reply.latency_ms;
        self.quota = reply.quota;
    }
}

impl Bot {
    async fn send(&self, sight: &Sight<'_>) -> Result<Reply<Value>, ProviderError> {
        let body = self.spec.body.render(sight).map_err(|error| {
            let message = format!("{}: the body template fails: {}", self.spec.url, error.message);
            ProviderError::new(ErrorKind::BadRequest, message)
        })?;
        Ok(self.endpoint.send(self.spec.method.clone(), &self.spec.url, &[], body.into_bytes()).await?)
    }

    /// Sends the turns that are to be sent, one request each; in a known session that is only the last one.
    async fn converse(&self, request: &Request, session: &mut Value) -> Result<Answered, ProviderError> {
        let mut sum = Sum::default();
        let goes_on = !session.is_null();
        let last_user = request.messages.iter().rposition(|m| m.role == ChatRole::User);
        let (turns, mut told) = match last_user {
            Some(last) if goes_on => {
                (vec![vec![request.messages[last].clone()]], request.messages[..last].to_vec())
            }
            _ => (self.turns(&request.messages), Vec::new()),
        };
        let last = turns.len().saturating_sub(1);
        for (number, turn) in turns.into_iter().enumerate() {
            told.extend(turn.iter().cloned());
            let said = Said::of(&told);
            let sight = Sight {
                said: &said,
                messages: if self.spec.paths.session.is_some() { &turn } else { &told },
                params: &request.params,
                session: &*session,
                model: &self.model,
                lookup: request.lookup.as_ref(),
            };
            let reply = self.send(&sight).await?;
            let paths = &self.spec.paths;
            sum.add(paths.usage(&reply.json), &reply);
            if session.is_null()
                && let Some(path) = &paths.session
            {
                *session = path.one(&reply.json).cloned().unwrap_or_default();
                if session.is_null() && number < last {
                    let what = reply::nothing("session", path, &reply.json);
                    return Err(self.endpoint.bad_response(&self.spec.url, &what));
                }
            }
            let found = paths.found(&reply.json);
            let found = found.map_err(|what| self.endpoint.bad_response(&self.spec.url, &what))?;
            if number < last {
                told.push(Message::new(ChatRole::Assistant, found.text));
                continue;
            }
            let completion = Completion {
                text: found.text,
                tool_calls: found.tool_calls,
                stop: found.stop,
                usage: sum.usage.unwrap_or_default(),
                latency_ms: sum.latency_ms,
                first_token_ms: None,
                reported_model: found.model,
                citations: found.citations,
                passages: found.passages,
            };
            return Ok(Answered { completion, quota: sum.quota });
        }
        let message = format!("{}: the prompt has no user message to send", self.spec.url);
        Err(ProviderError::new(ErrorKind::BadRequest, message))
    }

    /// The messages by request: all in one, or with a session one customer turn each.
    fn turns(&self, messages: &[Message]) -> Vec<Vec<Message>> {
        if self.spec.paths.session.is_none() {
            return if messages.is_empty() { Vec::new() } else { vec![messages.to_vec()] };
        }
        let system = messages.iter().filter(|m| m.role == ChatRole::System).cloned();
        let mut first: Vec<Message> = system.collect();
        let customer = messages.iter().filter(|m| m.role == ChatRole::User);
        customer.map(|turn| std::mem::take(&mut first).into_iter().chain([turn.clone()]).collect()).collect()
    }
}

impl Provider for Bot {
    fn complete<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, Result<Answered, ProviderError>> {
        Box::pin(async move { self.converse(request, &mut Value::Null).await })
    }

    fn conversation(&self) -> Option<Arc<dyn Provider>> {
        let session = Mutex::new(Value::Null);
        self.spec.paths.session.as_ref()?;
        Some(Arc::new(Conversation { bot: self.clone(), session }))
    }
}

/// One conversation with a bot that keeps sessions.
struct Conversation {
    bot: Bot,
    session: Mutex<Value>,
}

impl Provider for Conversation {
    fn complete<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, Result<Answered, ProviderError>> {
        Box::pin(async move {
            let mut session = self.session.lock().unwrap_or_else(PoisonError::into_inner).clone();
            let answered = self.bot.converse(request, &mut session).await?;
            *self.session.lock().unwrap_or_else(PoisonError::into_inner) = session;
            Ok(answered)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::ModelSpec;

    fn bot(session: Option<&str>) -> Bot {
        let mut paths = Paths::new("$.text").unwrap();
        paths.session = session.map(|path| path.parse().unwrap());
        let spec = BotSpec::new("http://h/", reqwest::Method::POST, Body::new("{}").unwrap(), paths);
        let model = ModelSpec::new("m", "http", "m");
        Bot { endpoint: Arc::new(Endpoint::new(&model).unwrap()), spec: Arc::new(spec), model: "m".into() }
    }

    fn message(role: ChatRole, content: &str) -> Message {
        Message::new(role, content)
    }

    #[test]
    fn with_a_session_each_customer_turn_is_a_request() {
        let messages = [
            message(ChatRole::System, "s"),
            message(ChatRole::User, "a"),
            message(ChatRole::Assistant, "golden"),
            message(ChatRole::User, "b"),
        ];
        let texts = |bot: Bot| {
            let turns = bot.turns(&messages);
            turns
                .iter()
                .map(|t| t.iter().map(|m| m.content.clone()).collect::<Vec<_>>().join(" "))
                .collect::<Vec<_>>()
        };
        assert_eq!(texts(bot(Some("$.id"))), ["s a", "b"]);
        assert_eq!(texts(bot(None)), ["s a golden b"]);
    }

    #[test]
    fn tokens_are_summed_only_where_all_are_known() {
        let reply = |latency_ms| Reply { json: Value::Null, quota: Quota::default(), latency_ms };
        let mut sum = Sum::default();
        sum.add(Usage { input: Some(3), output: Some(1), ..Usage::default() }, &reply(1.0));
        sum.add(Usage { input: Some(4), output: None, ..Usage::default() }, &reply(2.5));
        let usage = sum.usage.unwrap();
        assert_eq!((usage.input, usage.output), (Some(7), None));
        assert!((sum.latency_ms - 3.5).abs() < 1e-9);
    }
}
