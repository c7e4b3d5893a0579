//! One run, read by five roles: each report answers what its reader decides, from the values that every report has.
//!
//! A role is one file and its line in [`ROLES`]; it makes a page, and `report/page` shows pages in every format.

mod analyst;
mod conversation;
mod edits;
mod knowledge;
mod prompt;
mod strategy;

use crate::coverage::Coverage;
use crate::report::{Depth, Report, ReportOptions, RunFacts};

pub use edits::{PromptEdit, edits};

use crate::report::numbers::percent;
use crate::report::page::{Format, Page};

/// What the reports of roles are made from.
#[derive(Clone, Copy)]
pub struct Material<'a> {
    /// The report of the run, as deep as [`RoleKind::depth`] asks.
    pub report: &'a Report,
    /// The coverage of the project's articles, where [`RoleKind::needs`] asks for it.
    pub coverage: Option<&'a Coverage>,
    /// How prompts were edited since the earlier run, where [`RoleKind::needs`] asks for it.
    pub edits: &'a [PromptEdit],
    /// The pass rate that the gate asks of every column.
    pub target: Option<f64>,
}

/// What a role's report needs besides the run's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    /// Nothing.
    Nothing,
    /// The coverage, and with it a project that loads.
    Coverage,
    /// The edits of prompts since the earlier run.
    Edits,
}

/// One row of the table of roles.
pub struct RoleKind {
    /// Name used as `--for`.
    pub name: &'static str,
    /// One line for help texts.
    pub summary: &'static str,
    /// What it needs.
    pub needs: Needs,
    /// How much of the report it shows.
    pub depth: fn(&ReportOptions) -> Depth,
    /// Its page.
    page: fn(&Material<'_>, &ReportOptions) -> Page,
}

/// All roles.
pub const ROLES: &[RoleKind] =
    &[knowledge::KIND, conversation::KIND, analyst::KIND, prompt::KIND, strategy::KIND];

/// The role with this name.
pub fn find(name: &str) -> Option<&'static RoleKind> {
    ROLES.iter().find(|k| k.name == name)
}

/// A format that the reports of roles do not have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`--for` knows the formats terminal, markdown and html, not `{0}`; for programs: `regauge report` and `regauge coverage --format json` or `csv`"
)]
pub struct UnknownFormat(pub String);

/// A page about a run, under the names that a reader knows it by.
fn page_of(what: &str, run: &RunFacts) -> Page {
    let mut page = Page::new(format!("{what}: {}", run.called));
    page.note(format!("run {}", run.id));
    page
}

/// The format of a role's report with this name.
///
/// # Errors
/// There is none.
pub fn format(name: &str) -> Result<Format, UnknownFormat> {
    match name {
        "terminal" => Ok(Format::Terminal),
        "markdown" => Ok(Format::Markdown),
        "html" => Ok(Format::Html),
        other => Err(UnknownFormat(other.to_owned())),
    }
}

/// Shows a role's report.
///
/// # Errors
/// There is no such format of it.
pub fn render(
    role: &RoleKind,
    name: &str,
    material: &Material<'_>,
    options: &ReportOptions,
) -> Result<String, UnknownFormat> {
    let page = (role.page)(material, options);
    page.shown(format(name)?, options).ok_or_else(|| UnknownFormat(name.to_owned()))
}

/// A share, and nothing where there is none.
fn share(share: Option<f64>) -> String {
    share.map(percent).unwrap_or_default()
}
