//! The body of a request: a template whose values are written as JSON.

use std::ops::Range;

use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, Error, UndefinedBehavior, context};
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::prompt::{ChatRole, Message};
use crate::provider::{Lookup, Params};
use crate::shorten::{clip, one_line};

/// Work that one rendering may do; a body of a megabyte needs a tenth of it.
const FUEL: u64 = 1_000_000;

/// Name of the only template.
const NAME: &str = "body";

/// A turn of the customer that breaks a template with quotes of its own.
const DUMMY: &str = "a \"quoted\" \\ text\nin two lines";

/// A template that renders to JSON.
#[derive(Debug, Clone)]
pub struct Body {
    text: String,
    env: Environment<'static>,
}

/// A template that fails.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct BodyError {
    /// What is wrong.
    pub message: String,
    /// Bytes of the template where it is wrong, when that is known.
    pub range: Option<Range<usize>>,
    /// What to do, when that is known.
    pub help: Option<&'static str>,
}

/// One earlier turn.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(in crate::provider) struct Turn {
    role: &'static str,
    text: String,
}

/// A conversation in the words of the product.
#[derive(Debug, Clone, Default, PartialEq)]
pub(in crate::provider) struct Said {
    /// The last user message.
    pub(in crate::provider) input: String,
    /// What was said before it.
    pub(in crate::provider) history: Vec<Turn>,
}

impl Said {
    /// The last user message and what was said before it.
    pub(in crate::provider) fn of(messages: &[Message]) -> Self {
        let last = messages.iter().rposition(|m| m.role == ChatRole::User);
        let role = |role| match role {
            ChatRole::Assistant => "agent",
            ChatRole::User | ChatRole::System | ChatRole::Tool => "customer",
        };
        let before = messages.iter().take(last.unwrap_or(0)).filter(|m| spoken(m));
        Self {
            input: last.and_then(|at| messages.get(at)).map(|m| m.content.clone()).unwrap_or_default(),
            history: before.map(|m| Turn { role: role(m.role), text: m.content.clone() }).collect(),
        }
    }
}

/// Whether a message is part of what customer and agent said to each other.
fn spoken(message: &Message) -> bool {
    match message.role {
        ChatRole::System | ChatRole::Tool => false,
        ChatRole::User => true,
        ChatRole::Assistant => message.tool_calls.is_empty() || !message.content.trim().is_empty(),
    }
}

/// What a template sees.
pub(super) struct Sight<'a> {
    /// `input` and `history`.
    pub(super) said: &'a Said,
    /// The messages of this request.
    pub(super) messages: &'a [Message],
    /// `params`, and in their `extra` the `vars` of the settings.
    pub(super) params: &'a Params,
    /// The session id; null before the first reply.
    pub(super) session: &'a Value,
    /// The model's name.
    pub(super) model: &'a str,
    /// `k`, `lang` and `case` of a look-up.
    pub(super) lookup: Option<&'a Lookup>,
}

impl Body {
    /// Reads a template; it is not rendered yet.
    ///
    /// # Errors
    /// It is no template.
    pub fn new(text: &str) -> Result<Self, BodyError> {
        let mut env = Environment::new();
        env.set_auto_escape_callback(|_| AutoEscape::Json);
        env.set_undefined_behavior(UndefinedBehavior::Strict);
        env.set_debug(true);
        env.set_fuel(Some(FUEL));
        env.add_template_owned(NAME, text.to_owned()).map_err(|e| {
            let mut error_of = failed(&e, false);
            error_of.range = error_of.range.or_else(|| line_range(text, e.line()?));
            error_of
        })?;
        Ok(Self { text: text.to_owned(), env })
    }

    /// The template as written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Renders it for made-up conversations, to find out before a run that it gives JSON.
    ///
    /// # Errors
    /// It fails, or does not give JSON.
    pub fn try_out(&self, params: &Params, lookup: Option<&Lookup>) -> Result<(), BodyError> {
        let say = |role| Message::new(role, DUMMY);
        let one = vec![say(ChatRole::User)];
        let more =
            vec![say(ChatRole::System), say(ChatRole::User), say(ChatRole::Assistant), say(ChatRole::User)];
        for (messages, session) in [(one, Value::Null), (more, json!("session-1"))] {
            let said = Said::of(&messages);
            self.render(&Sight {
                said: &said,
                messages: &messages,
                params,
                session: &session,
                model: "model",
                lookup,
            })?;
        }
        Ok(())
    }

    /// The body of one request.
    pub(super) fn render(&self, sight: &Sight<'_>) -> Result<String, BodyError> {
        let params = sight.params;
        let vars = params.extra.get("vars").cloned().unwrap_or_else(|| Value::Object(Map::new()));
        let context = context! {
            input => sight.said.input.as_str(),
            history => Serde(&sight.said.history),
            messages => Serde(sight.messages),
            session => Serde(sight.session),
            model => sight.model,
            vars => Serde(vars),
            params => context! {
                temperature => params.temperature,
                top_p => params.top_p,
                max_tokens => params.max_tokens,
                seed => params.seed,
                stop => Serde(&params.stop),
            },
        };
        let context = match sight.lookup {
            Some(lookup) => context! { ..minijinja::Value::from(Serde(lookup)), ..context },
            None => context,
        };
        let template = self.env.get_template(NAME).map_err(|e| failed(&e, sight.lookup.is_some()))?;
        let body = template.render(context).map_err(|e| failed(&e, sight.lookup.is_some()))?;
        match serde_json::from_str::<serde::de::IgnoredAny>(&body) {
            Ok(_) => Ok(body),
            Err(error) => Err(BodyError {
                message: format!("it does not give JSON: {error} of {}", clip(&one_line(&body), 120)),
                range: None,
                help: Some(
                    "values are written as JSON: `{ \"question\": {{ input }} }`, without quotes of your own",
                ),
            }),
        }
    }
}

fn failed(error: &Error, is_lookup: bool) -> BodyError {
    let message = error
        .detail()
        .map_or_else(|| error.kind().to_string(), |detail| format!("{}: {detail}", error.kind()));
    BodyError {
        message,
        range: error.range(),
        help: (error.kind() == minijinja::ErrorKind::UndefinedError).then_some(if is_lookup {
            "a body sees: input, history, k, lang, case, vars"
        } else {
            "a body sees: input, history, messages, session, model, params, vars"
        }),
    }
}

/// Bytes of a line, one-based.
fn line_range(text: &str, line: usize) -> Option<Range<usize>> {
    let start = text.split_inclusive('\n').take(line.checked_sub(1)?).map(str::len).sum();
    let length = text.get(start..)?.lines().next()?.len();
    Some(start..start + length)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn render(text: &str, params: &Params, session: &Value) -> Result<Value, BodyError> {
        let messages = [
            Message::new(ChatRole::User, "hello"),
            Message::new(ChatRole::Assistant, "hi"),
            Message::new(ChatRole::User, "say \"}\" {{ x }}"),
        ];
        let said = Said::of(&messages);
        let sight = Sight { said: &said, messages: &messages, params, session, model: "m", lookup: None };
        Ok(serde_json::from_str(&Body::new(text)?.render(&sight)?).unwrap())
    }

    #[test]
    fn values_are_json_and_never_more() {
        let params = Params { max_tokens: Some(5), ..Params::default() };
        let text = r#"{"q": {{ input }}, "h": {{ history }}, "s": {{ session }}, "n": {{ params.max_tokens }},
            "t": {{ params.temperature | tojson }}, "m": {{ messages[0] }}, "x": {{ "Q: " ~ input }}}"#;
        assert_eq!(
            render(text, &params, &json!("s-1")).unwrap(),
            json!({"q": "say \"}\" {{ x }}", "h": [{"role": "customer", "text": "hello"}, {"role": "agent", "text": "hi"}],
                "s": "s-1", "n": 5, "t": null, "m": {"role": "user", "content": "hello"}, "x": "Q: say \"}\" {{ x }}"})
        );
    }

    #[test]
    fn vars_come_from_the_settings() {
        let mut params = Params::default();
        params.extra.insert("vars".into(), json!({"tenant": "a"}));
        assert_eq!(render("{\"t\": {{ vars.tenant }}}", &params, &Value::Null).unwrap(), json!({"t": "a"}));
        let error = render("{\"t\": {{ vars.tenat }}}", &params, &Value::Null).unwrap_err();
        assert!(error.message.contains("vars.tenat"), "{error:?}");
    }

    #[test]
    fn mistakes_are_found_before_anything_is_sent() {
        let try_out = |text: &str| Body::new(text).and_then(|body| body.try_out(&Params::default(), None));
        assert_eq!(
            try_out("{\"q\": {{ input }} {% if session %}, \"s\": {{ session }}{% endif %} }"),
            Ok(())
        );
        let quotes = try_out("{\"q\": \"{{ input }}\"}").unwrap_err();
        assert!(quotes.message.contains("does not give JSON") && quotes.help.is_some(), "{quotes:?}");
        let syntax = try_out("{\"q\": {{ input }").unwrap_err();
        assert!(syntax.message.contains("syntax error"), "{syntax:?}");
        let unknown = try_out("{\"q\": {{ inptu }}}").unwrap_err();
        assert_eq!(unknown.range, Some(9..14), "{unknown:?}");
        assert!(
            try_out("{% for a in range(10000) %}{% for b in range(10000) %}{% endfor %}{% endfor %}{}")
                .is_err()
        );
    }
}
