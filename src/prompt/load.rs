//! A folder of prompts, loaded and checked.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use minijinja::Environment;

use crate::diagnostic::{Diagnostic, Diagnostics, SourceFile, did_you_mean};
use crate::prompt::check::{Facts, check};
use crate::prompt::files::{EXTENSION, Files, read};
use crate::prompt::render::{Rendering, environment};
use crate::prompt::rubric::{self, Rubric};
use crate::prompt::{Message, RenderError, RenderInput};

/// Name of the prompt that asks the customer's question alone. It is there in every project, whether or not the project
/// has a file for it; one without a file is found by its name and not listed.
pub const BARE: &str = "bare";

/// The bare prompt of a project that has no own one.
const BARE_TEXT: &str = "{% block user %}{{ input }}{% endblock %}\n";

/// One prompt, checked.
#[derive(Debug, Clone)]
pub struct Prompt {
    /// File stem (with sub-folders: `judges/tone`).
    pub name: String,
    /// The template.
    pub file: SourceFile,
    /// Whether what it renders (of itself and of what it extends, includes or imports) names `passages`;
    /// a parent's block that it replaces does not count.
    pub uses_passages: bool,
    /// Whether what it renders names `history`, so that earlier turns are not sent as messages.
    pub uses_history: bool,
}

/// All prompts of a project.
#[derive(Debug)]
pub struct PromptSet {
    env: Environment<'static>,
    files: Files,
    prompts: BTreeMap<String, (Prompt, Facts)>,
    rubrics: BTreeMap<String, (Rubric, Facts)>,
    /// Whether the bare prompt is the built-in one.
    bare_built_in: bool,
}

impl PromptSet {
    /// Loads every `*.j2` below `root/folder`; findings carry the template's own lines.
    pub fn load(root: &Path, folder: &Path) -> (Self, Diagnostics) {
        let mut findings = Diagnostics::new();
        let mut files = read(root, folder, &mut findings);
        let bare = format!("{BARE}{EXTENSION}");
        let bare_built_in = !files.contains_key(&bare) && !root.join(folder).join(&bare).exists();
        if bare_built_in {
            files.insert(bare, SourceFile::new("the built-in prompt `bare`", BARE_TEXT));
        }
        let checked = check(&files, &mut findings);
        let env = environment(&files, &checked.templates, &mut findings);
        let mut prompts = BTreeMap::new();
        for (file_name, facts) in checked.prompts {
            let Some(file) = files.get(&file_name) else { continue };
            let name = file_name.strip_suffix(EXTENSION).unwrap_or(&file_name).to_owned();
            let prompt = Prompt {
                name: name.clone(),
                file: file.clone(),
                uses_passages: facts.uses.contains("passages"),
                uses_history: facts.uses.contains("history"),
            };
            prompts.insert(name, (prompt, facts));
        }
        let rubrics = rubric::read_all(&files, checked.rubrics, &mut findings);
        (Self { env, files, prompts, rubrics, bare_built_in }, findings)
    }

    /// Names of the project's own prompts (partials, whose file name starts with `_`, are none), sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.prompts.keys().map(String::as_str).filter(|name| !(self.bare_built_in && *name == BARE))
    }

    /// The prompt with this name.
    pub fn get(&self, name: &str) -> Option<&Prompt> {
        self.prompts.get(name).map(|(prompt, _)| prompt)
    }

    /// Names of the rubrics of judges, sorted: their files stand in the folder `judges`.
    pub fn rubrics(&self) -> impl Iterator<Item = &str> {
        self.rubrics.keys().map(String::as_str)
    }

    /// The rubric with this name.
    pub fn rubric(&self, name: &str) -> Option<&Rubric> {
        self.rubrics.get(name).map(|(rubric, _)| rubric)
    }

    /// Renders a rubric; `values` are the texts that it names, and what is left out is empty.
    ///
    /// # Errors
    /// There is no such rubric, or the template fails; with file and line.
    pub fn render_rubric(&self, name: &str, values: &[(&str, &str)]) -> Result<Vec<Message>, RenderError> {
        let Some((rubric, facts)) = self.rubrics.get(name) else {
            let finding = Diagnostic::error(format!("there is no rubric `{name}`"));
            return Err(RenderError(Box::new(finding.suggest(name, self.rubrics()))));
        };
        rubric::render(&self.env, &self.files, (rubric, facts), values)
    }

    /// Files that a prompt is made of (itself, what it extends, includes, imports), for `--watch`;
    /// relative to the project. Empty when there is no such prompt, or it is built in.
    pub fn files_of(&self, name: &str) -> Vec<PathBuf> {
        if self.bare_built_in && name == BARE {
            return Vec::new();
        }
        let parts = self.prompts.get(name).map(|(_, facts)| facts.parts.as_slice()).unwrap_or_default();
        parts.iter().filter_map(|part| self.files.get(part)).map(|file| file.path.clone()).collect()
    }

    /// Names below `vars` that every case of this prompt must have; those that the prompt tests with
    /// `is defined` or gives a `default` are left out.
    pub fn vars_of(&self, name: &str) -> BTreeSet<String> {
        self.prompts.get(name).map(|(_, facts)| facts.vars.clone()).unwrap_or_default()
    }

    /// Renders one prompt for one wording of a case.
    ///
    /// # Errors
    /// An undefined variable, a filter's error, or a template that ran too long; with file and line.
    pub fn render(&self, name: &str, input: &RenderInput<'_>) -> Result<Vec<Message>, RenderError> {
        self.render_after(&[], name, input)
    }

    /// Renders one prompt for a later turn of a conversation: `said` is what was said since the case began, after
    /// the earlier turns that the case itself has.
    ///
    /// # Errors
    /// An undefined variable, a filter's error, or a template that ran too long; with file and line.
    pub fn render_after(
        &self,
        said: &[Message],
        name: &str,
        input: &RenderInput<'_>,
    ) -> Result<Vec<Message>, RenderError> {
        let Some((prompt, facts)) = self.prompts.get(name) else {
            let mut finding = Diagnostic::error(format!("there is no prompt `{name}`"));
            if let Some(near) = did_you_mean(name, self.names()) {
                finding = finding.help(format!("did you mean `{near}`?"));
            }
            return Err(RenderError(Box::new(finding)));
        };
        Rendering { env: &self.env, files: &self.files, prompt, facts, input, said }.messages()
    }
}
