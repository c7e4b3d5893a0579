//! `regauge check`: lint everything without sending anything.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{CommandResult, ExitStatus, Session};
use crate::case::Phrasing;
use crate::diagnostic::DiagnosticRow;
use crate::lint;
use crate::project::{self, Project};
use crate::report::{inert_line, plural};

/// Flags of `regauge check`.
#[derive(Debug, clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub struct Args {
    /// Treat warnings as errors.
    #[arg(long)]
    strict: bool,
    /// Also look for what the suites get wrong: unsupported and contradictory goldens, untested articles and more.
    #[arg(long)]
    deep: bool,
    /// List the rules of --deep.
    #[arg(long)]
    rules: bool,
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
    /// Pending cases, which are neither run nor judged.
    #[serde(skip_serializing_if = "is_zero")]
    pending: usize,
    /// Further wordings made by rule, by the perturber that makes them.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    perturbed: BTreeMap<String, u64>,
    findings: Vec<DiagnosticRow>,
    /// What `--deep` did not look at, and why.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    notes: Vec<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_zero(n: &usize) -> bool {
    *n == 0
}

/// Loads and checks the project, and renders every planned message once.
pub fn run(session: &Session, args: &Args) -> CommandResult {
    if args.rules {
        return rules(session);
    }
    let (project, mut findings) = project::load(&session.root, &session.env);
    let (mut notes, mut pending) = (Vec::new(), 0);
    if let Some(project) = &project {
        findings.extend(super::recorded(&project.config));
        findings.extend(super::prepare::render_all(project));
        findings.extend(super::prepare::missing_embedder(session, &project.suites));
        let (waiting, found) = lint::pending(project);
        pending = waiting;
        findings.extend(found);
        if args.deep {
            let deep = lint::check(project);
            findings.extend(deep.findings);
            notes = deep.notes;
        }
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
        pending,
        perturbed: project.as_ref().map(perturbed).unwrap_or_default(),
        findings: findings.iter().map(crate::diagnostic::Diagnostic::to_row).collect(),
        notes,
    };
    if args.json {
        session.printer.json(&outcome)?;
    } else {
        session.printer.findings(&lint::first_of_each(&findings));
        for note in &outcome.notes {
            session.printer.talk(&format!("note: {}", inert_line(note)));
        }
        if ok {
            let n = |n: usize, noun: &str| plural(n as u64, noun);
            session.printer.out(&format!(
                "ok: {} with {}, {}, {} with {}",
                n(outcome.suites, "suite"),
                plural(outcome.cases, "case"),
                n(outcome.prompts, "prompt"),
                n(outcome.articles, "article"),
                n(outcome.passages, "passage"),
            ))?;
            if pending > 0 {
                let cases = crate::report::plural(pending as u64, "case");
                session.printer.out(&format!("{cases} pending: regauge accept --pending"))?;
            }
            if !outcome.perturbed.is_empty() {
                let each = outcome.perturbed.iter().map(|(name, n)| format!("{name} {n}"));
                let each: Vec<String> = each.collect();
                session.printer.out(&format!("wordings made by rule: {}", each.join(", ")))?;
            }
        }
    }
    Ok(if ok { ExitStatus::Success } else { ExitStatus::Usage })
}

/// The rules of `--deep`, with what each looks for and whether it is on.
fn rules(session: &Session) -> CommandResult {
    let off = session.config()?.lint_off;
    let width = lint::RULES.iter().map(|rule| rule.name.len()).max().unwrap_or(0);
    for rule in lint::RULES {
        let state = if off.contains(rule.name) { " (off)" } else { "" };
        session.printer.out(&format!("{:width$}  {}{state}", rule.name, rule.doc))?;
    }
    Ok(ExitStatus::Success)
}

/// Further wordings that perturbers make, by their names; a file of cases that moved meanwhile is passed over.
fn perturbed(project: &Project) -> BTreeMap<String, u64> {
    let mut made = BTreeMap::new();
    let cases = project.suites.iter().flat_map(|suite| suite.cases.each()).flatten();
    for scored in cases {
        let origins = scored.case.phrasings.iter().filter_map(|p| Phrasing::origin_of(&p.key));
        for name in origins.filter(|name| *name != Phrasing::WRITTEN) {
            *made.entry(name.to_owned()).or_default() += 1;
        }
    }
    made
}
