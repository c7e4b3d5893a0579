//! `regauge report --for ROLE`: what one reader needs of a run.

use clap::builder::{PossibleValue, PossibleValuesParser};

use super::outputs::{Outputs, Subject, build};
use super::{Session, coverage, file};
use crate::report::ReportOptions;
use crate::report::page::Format;
use crate::report::roles::{self, Material, Needs, ROLES, RoleKind};

/// The names of the roles; clap says which was meant when one is misspelt.
pub(super) fn names() -> PossibleValuesParser {
    PossibleValuesParser::new(ROLES.iter().map(|role| PossibleValue::new(role.name).help(role.summary)))
}

/// The role with this name.
pub(super) fn wanted(name: &str) -> anyhow::Result<&'static RoleKind> {
    roles::find(name).ok_or_else(|| anyhow::anyhow!("no role is named `{name}`"))
}

/// Writes the files, then shows what is to be shown.
pub(super) fn write(
    session: &Session,
    outputs: &Outputs,
    subject: Subject<'_>,
    role: &RoleKind,
    limit: usize,
) -> anyhow::Result<()> {
    let printer = &session.printer;
    let coverage = match role.needs {
        Needs::Coverage => Some(coverage::of(session, &session.load()?, subject.run, None, None)?),
        Needs::Nothing | Needs::Edits => None,
    };
    let edits = match (role.needs, subject.previous) {
        (Needs::Edits, Some(previous)) => roles::edits(previous, subject.run)?,
        _ => Vec::new(),
    };
    let target = subject.rules.min_pass_rate;
    for (format, path) in outputs.all() {
        // A page for a browser holds everything.
        let limit = if roles::format(format)? == Format::Html { 0 } else { limit };
        let color = path.is_none() && printer.color_out();
        let options = ReportOptions { color, width: printer.width(), limit };
        let report = build(session, subject, (role.depth)(&options))?;
        let material = Material { report: &report, coverage: coverage.as_ref(), edits: &edits, target };
        let text = roles::render(role, format, &material, &options)?;
        match path {
            Some(path) => file::replace(path, text.as_bytes())?,
            None => printer.out(&text)?,
        }
    }
    Ok(())
}
