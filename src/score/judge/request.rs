//! From an answer to a judge's requests.

use std::fmt::Write as _;
use std::sync::Arc;

use crate::case::{Speaker, Turn};
use crate::knowledge::Passage;
use crate::prompt::{ChatRole, Message, PromptSet, RenderError};
use crate::provider::{ModelSpec, Request, request_key};
use crate::score::ScoreInput;

use super::fence::Fence;
use super::verdict::Contract;

/// What is known around an answer.
pub(super) struct Around<'a> {
    pub(super) lang: &'a str,
    pub(super) question: &'a str,
    /// What was said before, as [`turns`] or [`dialogue`] show it.
    pub(super) history: &'a str,
    pub(super) goldens: &'a [String],
    /// As [`listed`] shows them.
    pub(super) passages: &'a str,
}

/// Passages as a judge sees them, from id, heading and text.
pub fn listed<'a>(passages: impl Iterator<Item = (&'a str, &'a str, &'a str)>) -> String {
    let mut shown = String::new();
    for (id, heading, text) in passages {
        let _ = writeln!(shown, "[{id}] {heading}\n{text}\n");
    }
    shown
}

/// What was said before the question of a case.
pub(super) fn turns(history: &[Turn]) -> String {
    let mut shown = String::new();
    for turn in history {
        let who = if turn.role == Speaker::Customer { "Customer" } else { "Assistant" };
        let _ = writeln!(shown, "{who}: {}", turn.text);
    }
    shown
}

/// What was said in a conversation before its last question; where tools were called on that one, up to its answer.
fn dialogue(messages: &[Message]) -> String {
    let asked = messages.iter().rposition(|message| message.role == ChatRole::User).unwrap_or_default();
    let called = messages[asked..].iter().rposition(|message| message.role == ChatRole::Tool);
    let mut shown = String::new();
    for message in &messages[..called.map_or(asked, |last| asked + last + 1)] {
        let who = match (message.role, &message.answers) {
            (ChatRole::Tool, Some(call)) => format!("`{}` returned", call.name),
            (ChatRole::User, _) => "Customer".to_owned(),
            _ => "Assistant".to_owned(),
        };
        if !message.content.trim().is_empty() {
            let _ = writeln!(shown, "{who}: {}", message.content);
        }
        for call in &message.tool_calls {
            let _ = writeln!(shown, "Assistant called `{}`: {}", call.name, call.arguments);
        }
    }
    shown
}

/// The texts that a rubric may show, not fenced yet.
pub(super) struct Texts {
    lang: String,
    parts: Vec<(&'static str, String)>,
}

impl Texts {
    /// The texts around one answer.
    pub(super) fn of(input: &ScoreInput<'_>) -> Self {
        let passages = passages_of(input).iter();
        let headings: Vec<String> =
            passages.clone().map(|p| format!("{} \u{203a} {}", p.title, p.heading)).collect();
        let shown = listed(
            passages.zip(&headings).map(|(p, heading)| (p.id.as_str(), heading.as_str(), p.text.as_str())),
        );
        let case = input.case;
        let history =
            if input.dialogue.is_empty() { turns(case.history()) } else { dialogue(input.dialogue) };
        let around = Around {
            lang: &case.lang,
            question: input.question,
            history: &history,
            goldens: &case.goldens,
            passages: &shown,
        };
        Self::around(&around, vec![("answer", input.completion.text.clone())])
    }

    /// The texts around some answers to the same question.
    pub(super) fn around(around: &Around<'_>, answers: Vec<(&'static str, String)>) -> Self {
        let goldens = around.goldens.join("\n\nor:\n\n");
        let mut parts = vec![
            ("question", around.question.to_owned()),
            ("history", around.history.to_owned()),
            ("passages", around.passages.to_owned()),
            ("goldens", goldens),
        ];
        parts.extend(answers);
        Self { lang: around.lang.to_owned(), parts }
    }

    /// The text of a variable; empty when there is none.
    pub(super) fn get(&self, name: &str) -> &str {
        self.parts.iter().find(|(known, _)| *known == name).map_or("", |(_, text)| text)
    }

    /// The variables of a rubric, with texts of others fenced, and the fence.
    pub(super) fn fenced(&self, questions: &[String]) -> (Vec<(&'static str, String)>, Fence) {
        let numbered: Vec<String> = (1..).zip(questions).map(|(n, q)| format!("{n}. {q}")).collect();
        let mut inside: Vec<&str> = self.parts.iter().map(|(_, text)| text.as_str()).collect();
        inside.extend(questions.iter().map(String::as_str));
        let fence = Fence::around(&inside);
        let mut values: Vec<(&'static str, String)> =
            self.parts.iter().map(|(name, text)| (*name, fence.wrap(name, text))).collect();
        values.push(("questions", numbered.join("\n")));
        values.push(("lang", self.lang.clone()));
        (values, fence)
    }
}

/// The passages that an answer is held against: those it was given, or the case's sources where it was given none.
fn passages_of<'a>(input: &ScoreInput<'a>) -> &'a [Arc<Passage>] {
    if input.given.is_empty() { input.sources } else { input.given }
}

/// Their ids.
pub(super) fn passages<'a>(input: &ScoreInput<'a>) -> Vec<&'a str> {
    passages_of(input).iter().map(|passage| passage.id.as_str()).collect()
}

/// The messages of a request: the rubric, and the words that say what the reply must look like.
pub(super) fn messages(
    prompts: &PromptSet,
    rubric: &str,
    values: &[(&'static str, String)],
    contract: &Contract<'_>,
) -> Result<Vec<Message>, RenderError> {
    let values: Vec<(&str, &str)> = values.iter().map(|(name, text)| (*name, text.as_str())).collect();
    let mut messages = prompts.render_rubric(rubric, &values)?;
    if let Some(last) = messages.last_mut() {
        last.content = format!("{}\n\n{}", last.content, contract.words());
    }
    Ok(messages)
}

/// The same messages, each time with a seed and a key of its own.
pub(super) fn repeated(model: &ModelSpec, messages: &[Message], repeats: u32) -> Vec<Request> {
    let answering = model.answering();
    let one = |index: u32| {
        let mut params = answering.params.clone();
        params.seed = params.seed.map(|seed| seed.wrapping_add(u64::from(index - 1)));
        let key = request_key(answering.provider, &answering.model, &params, messages, index);
        Request { messages: messages.to_vec(), params, key, lookup: None }
    };
    (1..=repeats).map(one).collect()
}
