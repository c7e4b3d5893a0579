//! One case → messages.
//!
//! Each role block is rendered on its own and becomes one message, so nothing that a customer or an
//! article says can start another message, and none of it is ever read as a template.

use std::collections::BTreeMap;
use std::error::Error as _;
use std::sync::Arc;

use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, Error, ErrorKind, UndefinedBehavior, Value, context};

use crate::case::{Case, Speaker};
use crate::diagnostic::{Diagnostic, Diagnostics, Location};
use crate::knowledge::Passage;
use crate::prompt::blocks::trim_blank_lines;
use crate::prompt::check::Facts;
use crate::prompt::files::Files;
use crate::prompt::shape::CONTEXT;
use crate::prompt::{ChatRole, Message, Prompt};

/// Work that one rendering may do. One unit is one instruction or 64 bytes: a prompt of a megabyte
/// with a thousand passages needs some 50,000, an endless loop is stopped within a second.
const FUEL: u64 = 1_000_000;

/// Depth of includes, macros and blocks in one another; a deeper one is a template that calls itself.
const MAX_DEPTH: usize = 120;

/// Name of the empty template that the roots of prompts with messages are made to extend. Rendering
/// such a root then runs what stands outside its blocks, but leaves the blocks for later.
const EMPTY_ROOT: &str = "<messages>";

/// What a template sees.
#[derive(Debug, Clone, Copy)]
pub struct RenderInput<'a> {
    /// The case: id, area, tags, tier, lang, vars, earlier turns.
    pub case: &'a Case,
    /// The customer's last turn in this wording.
    pub input: &'a str,
    /// Passages given.
    pub passages: &'a [Arc<Passage>],
}

/// A template that failed on a case.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{}", .0.message)]
pub struct RenderError(pub Box<Diagnostic>);

/// What is put before the text of a root with messages.
fn prefix() -> String {
    format!("{{% extends \"{EMPTY_ROOT}\" %}}")
}

/// The engine with all templates that parsed; `true` marks a root with messages.
pub(super) fn environment(
    files: &Files,
    templates: &BTreeMap<String, bool>,
    findings: &mut Diagnostics,
) -> Environment<'static> {
    let mut env = Environment::new();
    env.set_auto_escape_callback(|_| AutoEscape::None);
    env.set_undefined_behavior(UndefinedBehavior::Strict);
    env.set_debug(true);
    env.set_fuel(Some(FUEL));
    env.set_recursion_limit(MAX_DEPTH);
    let parsed = templates.iter().filter_map(|(name, root)| Some((name, root, files.get(name)?)));
    for (name, root, file) in parsed {
        let before = if *root { prefix() } else { String::new() };
        if let Err(error) = env.add_template_owned(name.clone(), format!("{before}{}", file.text)) {
            let message = format!("the template cannot be used: {}", reason(&error));
            findings.push(Diagnostic::error(message).at(file.start()));
        }
    }
    if let Err(error) = env.add_template(EMPTY_ROOT, "") {
        findings.push(Diagnostic::error(format!("the templates cannot be used: {}", reason(&error))));
    }
    env
}

/// One prompt about to be rendered for one case.
pub(super) struct Rendering<'a> {
    pub(super) env: &'a Environment<'static>,
    pub(super) files: &'a Files,
    pub(super) prompt: &'a Prompt,
    pub(super) facts: &'a Facts,
    pub(super) input: &'a RenderInput<'a>,
}

impl Rendering<'_> {
    /// The messages in order: role blocks, with the earlier turns before the last user block.
    pub(super) fn messages(&self) -> Result<Vec<Message>, RenderError> {
        let file = self.facts.parts.first().map(String::as_str).unwrap_or_default();
        let template = self.env.get_template(file).map_err(|error| self.failed(&error))?;
        if self.facts.messages.is_empty() {
            let text = template.render(self.context()).map_err(|error| self.failed(&error))?;
            let mut messages = self.history();
            messages.push(self.last(ChatRole::User, &text, self.prompt.file.start())?);
            return Ok(messages);
        }
        let mut state = template.render_captured(self.context()).map_err(|error| self.failed(&error))?;
        let last_user = self.facts.messages.iter().rposition(|block| block.role == ChatRole::User);
        let mut messages = Vec::new();
        for (index, block) in self.facts.messages.iter().enumerate() {
            let text = state.with_state_mut(|state| state.render_block(&block.name));
            let text = text.map_err(|error| self.failed(&error))?;
            if Some(index) == last_user {
                messages.extend(self.history());
                messages.push(self.last(block.role, &text, block.at.clone())?);
            } else if !text.trim().is_empty() {
                messages.push(Message { role: block.role, content: trim_blank_lines(&text).to_owned() });
            }
        }
        Ok(messages)
    }

    /// The message that holds the customer's turn; it may not be empty.
    fn last(&self, role: ChatRole, text: &str, at: Location) -> Result<Message, RenderError> {
        let content = trim_blank_lines(text).to_owned();
        if content.is_empty() {
            let message = format!("the prompt `{}` gives an empty user message", self.prompt.name);
            let finding = Diagnostic::error(message).at(at).help(self.about_case());
            return Err(RenderError(Box::new(finding)));
        }
        Ok(Message { role, content })
    }

    fn history(&self) -> Vec<Message> {
        if self.prompt.uses_history {
            return Vec::new();
        }
        let turns = self.input.case.history().iter().map(|turn| {
            let role = match turn.role {
                Speaker::Customer => ChatRole::User,
                Speaker::Agent => ChatRole::Assistant,
            };
            Message { role, content: turn.text.clone() }
        });
        turns.collect()
    }

    fn context(&self) -> Value {
        let case = self.input.case;
        let passages = self.input.passages.iter().map(|passage| {
            context! {
                id => passage.id.as_str(),
                article => passage.article.as_str(),
                title => passage.title.as_str(),
                heading => passage.heading.as_str(),
                text => passage.text.as_str(),
                url => passage.url.as_deref(),
                visibility => passage.visibility.name(),
                updated => passage.updated.map(|date| date.to_string()),
            }
        });
        context! {
            input => self.input.input,
            history => Serde(case.history()),
            passages => passages.collect::<Vec<Value>>(),
            lang => case.lang.as_str(),
            case => context! {
                id => case.id.as_str(),
                area => case.area.as_deref(),
                tags => case.tags.iter().cloned().collect::<Vec<_>>(),
                tier => case.tier.name(),
            },
            vars => Serde(&case.vars),
        }
    }

    fn about_case(&self) -> String {
        format!("it was rendered for the case `{}` of the suite `{}`", self.input.case.id, self.input.case.suite)
    }

    /// The engine's error at the place in the user's own file.
    fn failed(&self, error: &Error) -> RenderError {
        let error = innermost(error);
        let mut finding = match error.kind() {
            ErrorKind::UndefinedError => self.undefined(error),
            ErrorKind::OutOfFuel => Diagnostic::error("the template runs too long")
                .help("a loop over many items or a macro that calls itself makes too much of it"),
            _ => Diagnostic::error(format!("the template fails: {}", reason(error))),
        };
        finding = finding.at(self.place(error)).help(self.about_case());
        RenderError(Box::new(finding))
    }

    fn undefined(&self, error: &Error) -> Diagnostic {
        // The engine names the expression between backticks, and where its value comes from behind them.
        let named = error.detail().and_then(|detail| detail.split('`').nth(1));
        let Some(name) = named else {
            return Diagnostic::error("the template uses a value that is not there");
        };
        let finding = Diagnostic::error(format!("nothing gives `{name}` a value"));
        match name.strip_prefix("vars.") {
            Some(var) => {
                let known = self.input.case.vars.keys().map(String::as_str);
                let near: Option<&str> = crate::diagnostic::did_you_mean(var, known);
                let finding = match near {
                    Some(near) => finding.help(format!("did you mean `vars.{near}`?")),
                    None => finding,
                };
                finding.help(format!(
                    "give `{var}` a value in `vars` of the suite or the case, or write `{name} | default(\"\")`"
                ))
            }
            None => finding.suggest(name, CONTEXT),
        }
    }

    fn place(&self, error: &Error) -> Location {
        let name = error.name().unwrap_or_default();
        let Some(file) = self.files.get(name) else { return self.prompt.file.start() };
        let range = error.range().unwrap_or(0..0);
        let source = self.env.get_template(name).map_or(0, |template| template.source().len());
        let shift = source.saturating_sub(file.text.len());
        file.at(range.start.saturating_sub(shift)..range.end.saturating_sub(shift))
    }
}

/// The error at the bottom, which names the file where it happened: an include wraps its part's error.
fn innermost(error: &Error) -> &Error {
    let mut inner = error;
    let mut next = error.source();
    while let Some(source) = next {
        if let Some(error) = source.downcast_ref::<Error>().filter(|error| error.name().is_some()) {
            inner = error;
        }
        next = source.source();
    }
    inner
}

fn reason(error: &Error) -> String {
    error.detail().map_or_else(|| error.kind().to_string(), |detail| format!("{}: {detail}", error.kind()))
}
