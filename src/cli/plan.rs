//! `regauge plan`: what would be sent, before anything is.

mod again;
mod judges;
pub(in crate::cli) mod resolution;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde::Serialize;

use super::select::Select;
use super::{CommandResult, ExitStatus, Session};
use crate::outcome::{TrialResult, VariantKey};
use crate::plan::Plan;
use crate::project::Project;
use crate::prompt::Message;
use crate::report::{duration, inert, usd};
use crate::retrieve::{Recorded, Retrieval};
use crate::stats;

/// Rough characters per token of English and Romanian text, used where no stored run knows better.
const CHARS_PER_TOKEN: f64 = 3.8;

/// Flags of `regauge plan`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    select: Select,
    /// Print the exact rendered messages of one case.
    #[arg(long, value_name = "CASE")]
    show: Option<String>,
    /// Say with how many cases and repeats a change of the pass rate would show, e.g. `5%` or `0.05`.
    #[arg(long, value_name = "CHANGE", conflicts_with = "show", value_parser = resolution::change)]
    resolve: Option<f64>,
    /// Count what may be asked again with this `--adaptive` of `regauge run`.
    #[arg(long, value_name = "N", conflicts_with = "show", value_parser = clap::value_parser!(u32).range(1..=100))]
    adaptive: Option<u32>,
    /// Print the plan as JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct PlanView {
    trials: u64,
    cases: u64,
    suites: Vec<SuiteRow>,
    /// Further wordings by where they come from: `written`, or the perturber that makes them.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    wordings: BTreeMap<String, u64>,
    variants: Vec<VariantRow>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    judges: Vec<judges::JudgeRow>,
    /// What may be asked again beside it.
    #[serde(skip_serializing_if = "Option::is_none")]
    again: Option<again::AgainView>,
    resolution: Vec<resolution::ResolutionRow>,
}

#[derive(Serialize)]
struct SuiteRow {
    suite: String,
    cases: u64,
    trials: u64,
}

#[derive(Serialize)]
struct VariantRow {
    variant: VariantKey,
    trials: u64,
    prompt_tokens: u64,
    answer_tokens: u64,
    /// `stored runs` or `estimate`.
    tokens_from: &'static str,
    cost_usd: Option<f64>,
    seconds: Option<f64>,
}

#[derive(Serialize)]
struct Shown {
    suite: String,
    case: String,
    phrasing: String,
    variant: VariantKey,
    request: String,
    passages: Vec<String>,
    messages: Vec<Message>,
    /// What the customer says in the later turns of a script.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    then: Vec<String>,
}

/// Prints the plan.
pub fn run(session: &Session, args: &Args) -> CommandResult {
    let project = session.load()?;
    let mut selection = args.select.selection(&project.config);
    if let Some(case) = &args.show {
        selection.cases = vec![case.clone()];
        selection.repeats = Some(1);
    }
    let mut plan = Plan::new(&project, &selection)?;
    if args.show.is_some() {
        return show(session, &project, &plan, args.json);
    }
    session.printer.findings(&super::prepare::missing_embedder(session, &plan.suites));
    for name in unasked(&project, &plan) {
        session.printer.talk(&format!(
            "retrieval `{name}` is not asked: prompts are counted with the cases' own sources"
        ));
    }
    plan.stand_in = true;
    let view = view(session, &project, &plan, args)?;
    if args.json {
        session.printer.json(&view)?;
    } else {
        session.printer.out(&text(&view))?;
    }
    Ok(ExitStatus::Success)
}

/// The user's own retrievers in a plan.
fn unasked<'p>(project: &'p Project, plan: &'p Plan) -> BTreeSet<&'p str> {
    let all = plan.all_retrievals(project);
    all.filter(|retrieval| retrieval.endpoint().is_some()).map(Retrieval::name).collect()
}

fn show(session: &Session, project: &Project, plan: &Plan, json: bool) -> CommandResult {
    let mut shown = Vec::new();
    let recorded = super::prepare::recorded(session, project)?;
    for trial in plan.trials() {
        let trial = trial?;
        let ready = plan.ready_now(project, &trial, &recorded);
        let ready = ready.map_err(|e| super::Findings(e.into_diagnostic().into()))?;
        shown.push(Shown {
            suite: trial.key.suite.clone(),
            case: trial.key.case.clone(),
            phrasing: trial.key.phrasing.clone(),
            variant: trial.key.variant(),
            request: ready.request.to_string(),
            passages: ready.given.iter().map(|p| p.id.clone()).collect(),
            messages: ready.messages,
            then: trial.scored.case.script.iter().skip(1).map(|turn| turn.say.clone()).collect(),
        });
    }
    if json {
        session.printer.json(&shown)?;
        return Ok(ExitStatus::Success);
    }
    let mut out = String::new();
    for s in &shown {
        let phrasing = if s.phrasing.is_empty() { String::new() } else { format!(" ~{}", s.phrasing) };
        let _ = writeln!(
            out,
            "── {} / {}{phrasing} · {} · passages: {}",
            s.suite,
            s.case,
            s.variant,
            s.passages.join(", ")
        );
        for message in &s.messages {
            let _ = writeln!(out, "[{}]\n{}\n", message.role.name(), inert(&message.content));
        }
        for say in &s.then {
            let _ = writeln!(out, "then: {}\n", inert(say));
        }
    }
    session.printer.out(&out)?;
    Ok(ExitStatus::Success)
}

fn view(session: &Session, project: &Project, plan: &Plan, args: &Args) -> anyhow::Result<PlanView> {
    let history = history(session, project)?;
    let mut tokens: BTreeMap<VariantKey, f64> = BTreeMap::new();
    let mut wordings: BTreeMap<String, u64> = BTreeMap::new();
    let mut counted = (String::new(), String::new(), String::new());
    let mut judges = judges::Judges::new(&history);
    let mut again = again::Again::new(session, project, plan, args.adaptive)?;
    for trial in plan.trials() {
        let trial = trial?;
        let key = &trial.key;
        let wording = (key.suite.clone(), key.case.clone(), key.phrasing.clone());
        // The trials of a wording stand together.
        if counted != wording {
            if let Some(origin) = crate::case::Phrasing::origin_of(&key.phrasing) {
                *wordings.entry(origin.to_owned()).or_default() += 1;
            }
            counted = wording;
        }
        let ready = plan.ready_now(project, &trial, &Recorded::default());
        let ready = ready.map_err(|e| super::Findings(e.into_diagnostic().into()))?;
        let chars: usize = ready.messages.iter().map(|m| m.content.chars().count()).sum();
        // Each turn of a conversation sends everything that was said before it.
        let chars = chars * trial.scored.case.most_turns();
        *tokens.entry(trial.key.variant()).or_default() += chars as f64 / CHARS_PER_TOKEN;
        judges.add(plan, &trial, &ready);
        again.add(plan, &trial);
    }
    let rows = plan.variants.iter().map(|(variant, trials)| {
        let prompt_tokens = tokens.get(variant).copied().unwrap_or_default();
        variant_row(project, variant, *trials, prompt_tokens, &history)
    });
    let rows: Vec<VariantRow> = rows.collect();
    let sized = plan.suites.iter().zip(&plan.sizes).filter(|(_, size)| size.trials > 0);
    let suites: Vec<SuiteRow> = sized
        .map(|(suite, size)| SuiteRow { suite: suite.id.clone(), cases: size.cases, trials: size.trials })
        .collect();
    Ok(PlanView {
        trials: plan.len(),
        cases: suites.iter().map(|s| s.cases).sum(),
        resolution: resolution::rows(session, project, plan, &rows, args.resolve)?,
        again: again.view(),
        variants: rows,
        wordings,
        judges: judges.rows(project),
        suites,
    })
}

fn history(session: &Session, project: &Project) -> anyhow::Result<Vec<TrialResult>> {
    let folder = session.root.join(&project.config.store);
    let Some(store) = crate::store::Store::open_existing(&folder)? else { return Ok(Vec::new()) };
    match store.history_of_runs()?.first() {
        Some(newest) => Ok(store.run(&newest.id)?.trials),
        None => Ok(Vec::new()),
    }
}

fn variant_row(
    project: &Project,
    variant: &VariantKey,
    trials: u64,
    estimate: f64,
    history: &[TrialResult],
) -> VariantRow {
    let earlier: Vec<_> = history
        .iter()
        .filter(|t| t.key.variant() == *variant)
        .filter_map(|t| t.completion.as_ref())
        .collect();
    let known = |f: &dyn Fn(&crate::provider::Completion) -> Option<f64>| -> Option<f64> {
        stats::mean(&earlier.iter().filter_map(|c| f(c)).collect::<Vec<_>>())
    };
    let n = trials as f64;
    let spec = project.config.models.get(&variant.model);
    let longest = spec.and_then(|s| s.answering().params.max_tokens).map_or(256.0, f64::from);
    let (input, output) =
        (known(&|c| c.usage.input.map(|t| t as f64)), known(&|c| c.usage.output.map(|t| t as f64)));
    let prompt_tokens = input.map_or(estimate, |t| t * n);
    let answer_tokens = output.map_or(longest * n, |t| t * n);
    let price = spec.and_then(|s| s.answering().known_price()).map(|known| known.price);
    let free = spec.is_some_and(|s| s.answering().is_embedded());
    let cost =
        price.map(|p| (prompt_tokens * p.input + answer_tokens * p.output) / 1e6).or(free.then_some(0.0));
    let parallel = if free {
        std::thread::available_parallelism().map_or(1, usize::from)
    } else {
        project.config.concurrency
    };
    VariantRow {
        variant: variant.clone(),
        trials,
        prompt_tokens: prompt_tokens.round() as u64,
        answer_tokens: answer_tokens.round() as u64,
        tokens_from: if input.is_some() && output.is_some() { "stored runs" } else { "estimate" },
        cost_usd: cost,
        seconds: known(&|c| Some(c.latency_ms)).map(|ms| ms * n / 1000.0 / parallel as f64),
    }
}

fn text(view: &PlanView) -> String {
    let mut out = format!("{} trials over {} cases\n\n", view.trials, view.cases);
    for s in &view.suites {
        let _ = writeln!(out, "  {:<24} {:>5} cases  {:>6} trials", s.suite, s.cases, s.trials);
    }
    for (kind, wordings) in &view.wordings {
        let noun = if *wordings == 1 { "wording" } else { "wordings" };
        let _ = writeln!(out, "  {kind:<24} {wordings:>5} further {noun}");
    }
    out.push('\n');
    for v in &view.variants {
        let cost = v.cost_usd.map_or_else(|| "cost unknown".to_owned(), usd);
        let time = v
            .seconds
            .map_or_else(|| "time unknown".to_owned(), |s| format!("about {}", duration(s * 1000.0)));
        let _ = writeln!(
            out,
            "  {:<24} {:>5} trials  {:>8} prompt + {:>7} answer tokens ({})  {cost}  {time}",
            v.variant.to_string(),
            v.trials,
            v.prompt_tokens,
            v.answer_tokens,
            v.tokens_from,
        );
    }
    out.push_str(&judges::text(&view.judges));
    out.push_str(&again::text(view.again.as_ref()));
    out.push_str(&resolution::text(&view.resolution));
    out.push_str(
        "\nNothing was sent. `regauge plan --show CASE` prints exact messages; `regauge run` sends them.\n",
    );
    out
}
