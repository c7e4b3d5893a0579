//! A folder of prompts, loaded and checked.

use std::path::{Path, PathBuf};

use crate::diagnostic::{Diagnostics, SourceFile};
use crate::prompt::{Message, RenderError, RenderInput};

/// One prompt, checked.
#[derive(Debug, Clone)]
pub struct Prompt {
    /// File stem (with sub-folders: `judges/tone`).
    pub name: String,
    /// The template.
    pub file: SourceFile,
    /// Whether it (or what it extends, includes or imports) names `passages`.
    pub uses_passages: bool,
    /// Whether it names `history`, so that earlier turns are not sent as messages.
    pub uses_history: bool,
}

/// All prompts of a project.
#[derive(Debug)]
pub struct PromptSet {}

impl PromptSet {
    /// Loads every `*.j2` below `root/folder`; findings carry the template's own lines.
    pub fn load(root: &Path, folder: &Path) -> (Self, Diagnostics) {
        let _ = (root, folder, PathBuf::new());
        todo!()
    }

    /// Names of prompts (partials, whose file name starts with `_`, are none), sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        std::iter::empty()
    }

    /// The prompt with this name.
    pub fn get(&self, name: &str) -> Option<&Prompt> {
        let _ = name;
        todo!()
    }

    /// Names that a prompt takes from `vars`.
    pub fn vars_of(&self, name: &str) -> std::collections::BTreeSet<String> {
        let _ = name;
        todo!()
    }

    /// Files that a prompt is made of (itself, what it extends, includes, imports), for `--watch`.
    pub fn files_of(&self, name: &str) -> Vec<PathBuf> {
        let _ = name;
        todo!()
    }

    /// Renders one prompt for one wording of a case.
    ///
    /// # Errors
    /// An undefined variable, a filter's error, or a template that ran too long; with file and line.
    pub fn render(&self, name: &str, input: &RenderInput<'_>) -> Result<Vec<Message>, RenderError> {
        let _ = (name, input);
        todo!()
    }
}
