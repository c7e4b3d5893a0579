//! `regauge run --overlay`: the cases that fail or that drafts touch, with the drafts over the articles and without them.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;

use super::finished::Finished;
use super::{Args, Work, as_replayed};
use crate::cli::{CommandResult, ExitStatus, Findings, Session, file, prepare};
use crate::impact::{CaseId, Impact, State, Touch, impact, passages};
use crate::knowledge::Overlay;
use crate::outcome::{Recorded as _, RunStatus, TrialKey, VariantKey};
use crate::plan::Plan;
use crate::project::{self, Project};
use crate::report::page::Format;
use crate::report::roles::format as page_format;
use crate::report::what_if::render;
use crate::report::{ReportOptions, plural};
use crate::retrieve::{Needs, Recorded, Retrieval};
use crate::run::{Models, Stop, Taken};
use crate::selection::{Selection, WhatIf};
use crate::store::Store;
use crate::what_if::{Known, Outlook, answered, suspects};

/// Newest runs that are looked at for the last result of a case.
const MOST_RUNS: usize = 50;

pub(super) async fn run(session: &Session, args: &Args, stop: &Stop) -> CommandResult {
    args.outputs.formats().try_for_each(|name| format(name).map(drop))?;
    let folder = args.overlay.as_deref().unwrap_or(Path::new("."));
    let (without, with) = (load(session, args, None)?, load(session, args, Some(folder))?);
    let overlay = with.overlay.clone().unwrap_or_default();
    let store = Arc::new(Store::open(&session.root.join(&without.config.store))?);
    let mut selection = args.select.selection(&without.config);
    // To the bare prompt drafts make no difference.
    selection.bare = false;
    if selection.prompts.is_empty() {
        selection.prompts = readers(&without, &selection);
    }
    let whole = Plan::new(&with, &selection)?;
    let work = Work { session, args, store, stop, follows: false };
    // Opened first, for a retrieval that needs the embedding model.
    let Some(models) = work.open_models(&with, &whole, &work.sinks()).await? else {
        return Ok(ExitStatus::Interrupted);
    };
    let recorded = Recorded::of(Some(work.store.clone()));
    let touched = touched(&without, &with, &selection, &recorded)?;
    let failing = failing(&without, &work.store, &Plan::new(&without, &selection)?)?;
    let failed = failing.len() as u64;
    let answered = answered(&with, &overlay, &cases_of(&whole)?);
    let chosen = touched.cases.keys().chain(answered.keys()).cloned().chain(failing);
    let chosen: BTreeSet<CaseId> = chosen.collect();
    let gaps = match answered.len() as u64 {
        0 => String::new(),
        n => format!("{} that a new article answers, ", plural(n, "gap")),
    };
    session.printer.talk(&format!(
        "{}: {} touched, {gaps}{} failing in the last runs; {} to run",
        plural(overlay.laid.len() as u64, "draft"),
        plural(touched.cases.len() as u64, "case"),
        failed,
        plural(chosen.len() as u64, "case"),
    ));
    anyhow::ensure!(
        !chosen.is_empty(),
        "no case fails and the drafts touch none: nothing to run{}",
        nobody(&touched)
    );
    selection.touched = chosen.into_iter().map(|(suite, case)| format!("{suite}/{case}")).collect();
    let suspect = suspects(&drifted(&without)?, drifted(&with)?);
    let (base, taken) = match without_drafts(&work, &without, &models, &selection, &overlay).await? {
        Arm::Run(id, taken) => (id, taken),
        Arm::Broken(status) => return Ok(status),
    };
    let mark = WhatIf { drafts: overlay.folder.display().to_string(), laid: overlay.laid.clone() };
    let over = Selection { what_if: Some(mark), ..selection };
    let cand = match arm(&work, &with, &models, over, taken).await? {
        Arm::Run(id, _) => id,
        Arm::Broken(status) => return Ok(status),
    };
    let own = whole.all_retrievals(&with).find(|way| way.kind().needs == Needs::Endpoint);
    let unaware = own.map(|way| {
        format!("retrieval `{}` is your own and knows no draft; --retrieval bm25 finds them", way.name())
    });
    let unreached =
        unreached(&touched, &overlay, &answered, whole.all_retrievals(&with).map(Retrieval::name));
    let notes = unaware.into_iter().chain(unreached).collect();
    let passages = [passages(&without).0, passages(&with).0];
    let known = Known { overlay: &overlay, impact: &touched, suspect, answered, passages };
    show(&work, &with, (&base, &cand), known, notes)
}

/// The project, with drafts over its knowledge or without; what is found is shown once, with the drafts.
fn load(session: &Session, args: &Args, drafts: Option<&Path>) -> anyhow::Result<Project> {
    let drafts = drafts
        .map(|folder| {
            let found = folder.canonicalize().ok().filter(|found| found.is_dir());
            let found =
                found.with_context(|| format!("--overlay {}: there is no such folder", folder.display()))?;
            // Shown as seen from the project, where it is inside.
            let root = session.root.canonicalize().unwrap_or_else(|_| session.root.clone());
            anyhow::Ok(
                found.strip_prefix(&root).map(|below| session.root.join(below)).unwrap_or(found.clone()),
            )
        })
        .transpose()?;
    let quiet = drafts.is_none();
    let (project, findings) = project::load_with(&session.root, &session.env, |config| {
        config.forced_judge_repeats = args.judge_repeats;
        config.overlay = drafts;
    });
    let Some(project) = project else { return Err(Findings(findings).into()) };
    if !quiet {
        session.printer.findings(&findings);
    }
    Ok(as_replayed(project, args))
}

/// The prompts that take passages, where all suites of the selection run just those beside others: to the others drafts
/// make no difference. None where the suites differ.
fn readers(project: &Project, selection: &Selection) -> Vec<String> {
    let suites =
        project.suites.iter().filter(|s| selection.suites.is_empty() || selection.suites.contains(&s.id));
    let takes = |name: &&String| project.prompts.get(name).is_some_and(|prompt| prompt.uses_passages);
    let mut of_suites = suites.map(|suite| suite.prompts.iter().filter(takes).cloned().collect::<Vec<_>>());
    let first = of_suites.next().unwrap_or_default();
    if of_suites.all(|prompts| prompts == first) { first } else { Vec::new() }
}

/// The cases that the drafts touch: what a trial is given, declares or was accepted upon is otherwise with them.
fn touched(
    without: &Project,
    with: &Project,
    selection: &Selection,
    recorded: &Recorded,
) -> anyhow::Result<Impact> {
    let once = Selection { repeats: Some(1), ..selection.clone() };
    let state = |project: &Project| -> anyhow::Result<State> {
        let plan = Plan::new(project, &once)?;
        State::of_project(project, &plan, recorded).map_err(|found| Findings((*found).into()).into())
    };
    Ok(impact(&state(without)?, &state(with)?))
}

/// The cases that failed when they were last run as they are now.
fn failing(project: &Project, store: &Store, plan: &Plan) -> anyhow::Result<BTreeSet<CaseId>> {
    let mut open: HashMap<TrialKey, _> = HashMap::new();
    for trial in plan.trials() {
        let trial = trial?;
        if takes_passages(project, &trial.key.variant()) {
            open.insert(trial.key, (trial.wording.fingerprint, trial.scored.rules));
        }
    }
    let mut failing = BTreeSet::new();
    for row in store.history_of_runs()?.iter().take(MOST_RUNS) {
        for digest in store.stored(&row.id)?.digests()? {
            let digest = digest?;
            let prints = (digest.fingerprints.case, digest.fingerprints.scorers);
            let Some(passed) = digest.outcome.verdict() else { continue };
            if open.get(&digest.key) == Some(&prints) {
                open.remove(&digest.key);
                if !passed {
                    failing.insert((digest.key.suite, digest.key.case));
                }
            }
        }
        if open.is_empty() {
            break;
        }
    }
    Ok(failing)
}

fn takes_passages(project: &Project, variant: &VariantKey) -> bool {
    project.prompts.get(&variant.prompt).is_some_and(|prompt| prompt.uses_passages)
}

/// Why each golden is suspect that is.
fn drifted(project: &Project) -> anyhow::Result<BTreeMap<CaseId, Vec<String>>> {
    let mut found = BTreeMap::new();
    for suite in &project.suites {
        for scored in suite.cases.each() {
            let scored = scored?;
            let drifted = scored.golden.iter().flat_map(|golden| golden.drifted(&suite.knowledge));
            let drifted: Vec<String> = drifted.map(|drift| drift.to_string()).collect();
            if !drifted.is_empty() {
                found.insert((suite.id.clone(), scored.case.id.clone()), drifted);
            }
        }
    }
    Ok(found)
}

/// The cases of a plan.
fn cases_of(plan: &Plan) -> anyhow::Result<BTreeSet<CaseId>> {
    let id = |key: TrialKey| (key.suite, key.case);
    plan.trials().map(|trial| Ok(trial.map(|trial| id(trial.key))?)).collect()
}

/// Words on gaps that a new article answers and that are not given it, and how they would be.
fn unreached<'n>(
    touched: &Impact,
    overlay: &Overlay,
    answered: &BTreeMap<CaseId, String>,
    retrievals: impl Iterator<Item = &'n str>,
) -> Option<String> {
    let is_draft = |touch: &Touch| match touch {
        Touch::Passage(id, _) => overlay.of_passage(id).is_some(),
        _ => false,
    };
    let reached = |case: &CaseId| touched.cases.get(case).is_some_and(|why| why.iter().any(is_draft));
    let missed: Vec<(&CaseId, &String)> = answered.iter().filter(|(case, _)| !reached(case)).collect();
    let (_, passage) = missed.first()?;
    let cases: Vec<String> = missed.iter().map(|((suite, case), _)| format!("{suite}/{case}")).collect();
    let ways: BTreeSet<&str> = retrievals.collect();
    let why = if ways.contains("gold") || ways.is_empty() {
        "retrieval `gold` gives a case the sources that it names; --retrieval bm25 finds new articles, or name it in `sources`"
    } else {
        "retrieval does not find it"
    };
    Some(format!("{passage} answers {} by its words and is not given to it: {why}", cases.join(", ")))
}

/// Words on changed passages that no case rests on.
fn nobody(touched: &Impact) -> String {
    let untested: Vec<&str> = touched.untested.iter().flatten().map(|u| u.passage.as_str()).collect();
    if untested.is_empty() { String::new() } else { format!("; nobody tests {}", untested.join(", ")) }
}

/// One side of the comparison: its run and what was taken of the limits, or how the command ends without one.
enum Arm {
    Run(String, Taken),
    Broken(ExitStatus),
}

/// The newest run of the project where it has all of these trials as they are now, else a run of them.
async fn without_drafts(
    work: &Work<'_>,
    project: &Project,
    models: &Arc<Models>,
    selection: &Selection,
    overlay: &Overlay,
) -> anyhow::Result<Arm> {
    let plan = Plan::new(project, selection)?;
    let newest = work.store.history_of_runs()?.into_iter().next().filter(|_| !work.args.refresh);
    if let Some(row) = newest {
        let stored = work.store.run(&row.id)?;
        let recorded = Recorded::of(Some(work.store.clone()));
        let there = prepare::unchanged(project, &plan, models, &recorded, &stored.trials)?;
        if there.len() as u64 == plan.len() {
            work.session.printer.talk(&format!("without the drafts: run {} has it all", row.id));
            return Ok(Arm::Run(row.id, Taken::default()));
        }
    }
    work.session.printer.talk("without the drafts");
    let mark = WhatIf { drafts: overlay.folder.display().to_string(), laid: Vec::new() };
    let bare = Selection { what_if: Some(mark), ..selection.clone() };
    let ended = arm(work, project, models, bare, Taken::default()).await?;
    work.session.printer.talk("with the drafts");
    Ok(ended)
}

async fn arm(
    work: &Work<'_>,
    project: &Project,
    models: &Arc<Models>,
    selection: Selection,
    taken: Taken,
) -> anyhow::Result<Arm> {
    let plan = Plan::new(project, &selection)?;
    let begun = match work.unfinished(project, &plan, models, &selection)? {
        Some(begun) => begun,
        None => work.begin(project, &plan, models, &selection, 0)?,
    };
    let finished = work.execute(project.clone(), plan, models.clone(), begun, work.sinks(), taken).await?;
    Ok(match ended(work.session, &finished) {
        None => Arm::Run(finished.id, finished.ending.taken),
        Some(status) => Arm::Broken(status),
    })
}

/// How the command ends where a run was stopped.
fn ended(session: &Session, finished: &Finished) -> Option<ExitStatus> {
    if finished.ending.status == RunStatus::Finished {
        return None;
    }
    let reason = finished.ending.reason.as_deref().unwrap_or("it was stopped");
    session.printer.talk(&format!("stopped: {reason}\nthe same command goes on, and asks nothing twice"));
    Some(if finished.ending.interrupted { ExitStatus::Interrupted } else { ExitStatus::Incomplete })
}

fn show(
    work: &Work<'_>,
    project: &Project,
    (base, cand): (&str, &str),
    known: Known<'_>,
    notes: Vec<String>,
) -> CommandResult {
    let (without, with) = (work.store.stored(base)?, work.store.stored(cand)?);
    let counts = |variant: &VariantKey| takes_passages(project, variant);
    let mut outlook = Outlook::of(known, &without, &with, &counts)?;
    let left_out = with.info().header.variants.iter().filter(|variant| !counts(variant));
    outlook.notes.extend(notes);
    outlook.notes.extend(left_out.map(|v| format!("{v} is left out: the prompt takes no passages")));
    let printer = &work.session.printer;
    for (name, path) in work.args.outputs.all() {
        let color = path.is_none() && printer.color_out();
        let options = ReportOptions { color, width: printer.width(), limit: work.args.limit };
        let text = render(&outlook, format(name)?, &options);
        match path {
            Some(path) => file::replace(path, text.as_bytes())?,
            None => printer.out(&text)?,
        }
    }
    Ok(ExitStatus::Success)
}

/// A format of a page, or JSON.
fn format(name: &str) -> anyhow::Result<Format> {
    match name {
        "json" => Ok(Format::Json),
        name => page_format(name).map_err(|_| {
            anyhow::anyhow!(
                "`run --overlay` has no format `{name}` (there are: terminal, markdown, html, json); `regauge report RUN` has \
                 more of either run"
            )
        }),
    }
}
