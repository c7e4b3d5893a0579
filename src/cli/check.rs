//! `regauge check`: lint everything without sending anything.

use serde::Serialize;

use super::{CommandResult, ExitStatus, Session};
use crate::diagnostic::DiagnosticRow;
use crate::project::{self, Project};

/// Flags of `regauge check`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Treat warnings as errors.
    #[arg(long)]
    strict: bool,
    /// Print the findings as JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Outcome {
    ok: bool,
    suites: usize,
    cases: u64,
    prompts: usize,
    articles: usize,
    passages: usize,
    findings: Vec<DiagnosticRow>,
}

/// Loads and checks the project, and renders every planned message once.
pub fn run(session: &Session, args: &Args) -> CommandResult {
    let (project, mut findings) = project::load(&session.root, &session.env);
    if let Some(project) = &project {
        findings.extend(super::prepare::render_all(project));
        findings.extend(super::prepare::missing_embedder(session, &project.suites));
    }
    let stopping = findings.errors() + if args.strict { findings.warnings() } else { 0 };
    let ok = stopping == 0;
    let count = |f: &dyn Fn(&Project) -> usize| project.as_ref().map_or(0, f);
    let outcome = Outcome {
        ok,
        suites: count(&|p| p.suites.len()),
        cases: project.iter().flat_map(|p| &p.suites).map(|s| s.cases.count()).sum(),
        prompts: count(&|p| p.prompts.names().count()),
        articles: count(&|p| p.sources.values().map(Vec::len).sum()),
        passages: count(&|p| p.sources.values().flatten().map(|a| a.passages.len()).sum()),
        findings: findings.iter().map(crate::diagnostic::Diagnostic::to_row).collect(),
    };
    if args.json {
        session.printer.json(&outcome)?;
    } else {
        session.printer.findings(&findings);
        if ok {
            session.printer.out(&format!(
                "ok: {} suites with {} cases, {} prompts, {} articles with {} passages",
                outcome.suites, outcome.cases, outcome.prompts, outcome.articles, outcome.passages
            ))?;
        }
    }
    Ok(if ok { ExitStatus::Success } else { ExitStatus::Usage })
}
