//! From an answer to a judge's requests.

use std::fmt::Write as _;
use std::sync::Arc;

use crate::case::{Case, Speaker};
use crate::knowledge::Passage;
use crate::prompt::{Message, PromptSet, RenderError};
use crate::provider::{ModelSpec, Request, request_key};
use crate::score::ScoreInput;

use super::fence::Fence;
use super::verdict::Contract;

/// The texts that a rubric may show, not fenced yet.
pub(super) struct Texts {
    lang: String,
    parts: Vec<(&'static str, String)>,
}

impl Texts {
    /// The texts around one answer.
    pub(super) fn of(input: &ScoreInput<'_>) -> Self {
        let answer = ("answer", input.completion.text.clone());
        Self::around(input.case, input.question, passages_of(input), vec![answer])
    }

    /// The texts around some answers to the same question.
    pub(super) fn around(
        case: &Case,
        question: &str,
        passages: &[Arc<Passage>],
        answers: Vec<(&'static str, String)>,
    ) -> Self {
        let mut history = String::new();
        for turn in case.history() {
            let who = if turn.role == Speaker::Customer { "Customer" } else { "Assistant" };
            let _ = writeln!(history, "{who}: {}", turn.text);
        }
        let mut shown = String::new();
        for passage in passages {
            let _ = writeln!(
                shown,
                "[{}] {} \u{203a} {}\n{}\n",
                passage.id, passage.title, passage.heading, passage.text
            );
        }
        let goldens = case.goldens.join("\n\nor:\n\n");
        let mut parts = vec![
            ("question", question.to_owned()),
            ("history", history),
            ("passages", shown),
            ("goldens", goldens),
        ];
        parts.extend(answers);
        Self { lang: case.lang.clone(), parts }
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
        Request { messages: messages.to_vec(), params, key }
    };
    (1..=repeats).map(one).collect()
}
