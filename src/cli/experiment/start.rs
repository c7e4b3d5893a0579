//! `regauge experiment start`: the plan, stated before anything is seen.

use std::collections::BTreeSet;

use super::{find, load, save, selection, shown_path};
use crate::cli::accept::git_name;
use crate::cli::against::Against;
use crate::cli::plan::resolution;
use crate::cli::prepare::asked;
use crate::cli::{CommandResult, ExitStatus, Session};
use crate::clock;
use crate::config::Config;
use crate::diff::{ALPHA, MARGIN, PASS_RATE};
use crate::experiment::{Experiment, Plan};
use crate::fingerprint::Fingerprint;
use crate::outcome::VariantKey;
use crate::plan::Plan as Trials;
use crate::project::Project;
use crate::report::plural;

/// Flags of `regauge experiment start`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Its name, e.g. `shorter-answers`.
    #[arg(value_name = "NAME", value_parser = name)]
    name: String,
    /// What is thought to be so.
    #[arg(long, value_name = "TEXT")]
    hypothesis: String,
    /// The arm that is tried, PROMPT or PROMPT@MODEL; may be repeated.
    #[arg(long = "candidate", value_name = "ARM", required = true)]
    candidates: Vec<String>,
    /// The arm that it is held against, asked beside it in the same run; `bare` is the customer's question alone.
    #[arg(long, value_name = "ARM")]
    base: String,
    /// Take the base arm from this baseline or earlier run instead of asking it again.
    #[arg(long, value_name = "RUN")]
    baseline: Option<String>,
    /// The suites; default: all.
    #[arg(long = "suite", value_name = "SUITE")]
    suites: Vec<String>,
    /// Trials per case, wording and arm; default: the suites' own.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1000))]
    repeats: Option<u32>,
    /// `pass rate`, `score`, or the label of a scorer.
    #[arg(long, value_name = "METRIC", default_value = PASS_RATE)]
    metric: String,
    /// The change that does not matter, as a share.
    #[arg(long, value_name = "SHARE", default_value_t = MARGIN)]
    margin: f64,
    /// Largest p-value, adjusted for all tries, of a difference that is called real; at most 0.05.
    #[arg(long, value_name = "P", default_value_t = ALPHA)]
    alpha: f64,
    /// Who states it; default: `user.name` of git.
    #[arg(long, value_name = "NAME")]
    author: Option<String>,
    /// In the place of a plan of this name that has no result yet.
    #[arg(long)]
    replace: bool,
}

fn name(text: &str) -> Result<String, String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    let good = text.chars().all(plain) && text.starts_with(|c: char| c.is_ascii_alphanumeric());
    if good { Ok(text.to_owned()) } else { Err("use letters, digits and - _ .".to_owned()) }
}

/// States an experiment.
pub(super) fn run(session: &Session, config: &Config, args: &Args) -> CommandResult {
    anyhow::ensure!(args.margin >= 0.0 && args.margin < 1.0, "--margin must be a share from 0 to 1");
    anyhow::ensure!(args.alpha > 0.0 && args.alpha <= ALPHA, "--alpha must be above 0 and at most {ALPHA}");
    let mut all = load(config)?;
    if let Some(old) = all.get(&args.name) {
        anyhow::ensure!(
            old.results.is_empty(),
            "experiment `{}` has a result, so that its plan stands; state another one: tries against the same base are counted",
            args.name
        );
        anyhow::ensure!(
            args.replace,
            "experiment `{}` is stated already; `--replace` states it anew, as it has no result yet",
            args.name
        );
    }
    let project = session.load()?;
    let plan = plan(session, &project, args)?;
    let experiment = Experiment {
        hypothesis: args.hypothesis.clone(),
        stated: clock::now(),
        author: args.author.clone().or_else(|| git_name(&session.root)),
        plan,
        results: Vec::new(),
        decisions: Vec::new(),
    };
    all.insert(&args.name, experiment);
    save(config, &all)?;
    let stated = &find(&all, &args.name)?.plan;
    session.printer.talk(&format!(
        "stated: {} × {} per arm, which {} ({})\ncommit {}, then: regauge run --experiment {}",
        plural(stated.cases, "case"),
        stated.repeats,
        stated.shows(),
        stated.basis,
        shown_path(config),
        args.name
    ));
    Ok(ExitStatus::Success)
}

fn plan(session: &Session, project: &Project, args: &Args) -> anyhow::Result<Plan> {
    let suites: Vec<&crate::suite::Suite> =
        project.suites.iter().filter(|s| args.suites.is_empty() || args.suites.contains(&s.id)).collect();
    let models: BTreeSet<&str> = suites.iter().flat_map(|s| s.models.iter().map(String::as_str)).collect();
    let arm = |text: &String| -> anyhow::Result<VariantKey> {
        if let Some((prompt, model)) = text.split_once('@') {
            return Ok(VariantKey { prompt: prompt.to_owned(), model: model.to_owned() });
        }
        let mut known = models.iter();
        match (known.next(), known.next()) {
            (Some(only), None) => Ok(VariantKey { prompt: text.clone(), model: (*only).to_owned() }),
            _ => anyhow::bail!("say on which model: `{text}@MODEL` (the suites name {})", listed(&models)),
        }
    };
    let mut plan = Plan {
        suites: args.suites.clone(),
        baseline: args.baseline.clone(),
        metric: args.metric.clone(),
        margin: args.margin,
        alpha: args.alpha,
        cases: 0,
        repeats: 1,
        resolves: None,
        basis: String::new(),
        case: Fingerprint::of(""),
        scorers: Fingerprint::of(""),
        base: arm(&args.base)?,
        candidates: args.candidates.iter().map(arm).collect::<Result<_, _>>()?,
    };
    if let Some(name) = &args.baseline {
        has_base(session, name, &plan.base)?;
    } else {
        anyhow::ensure!(
            !plan.candidates.contains(&plan.base),
            "an arm cannot be held against itself in one run"
        );
    }
    let mut chosen = selection(&plan);
    chosen.repeats = args.repeats;
    let trials = Trials::new(project, &chosen)?;
    let used = || (0..trials.suites.len()).filter(|at| trials.sizes[*at].trials > 0);
    let repeats: BTreeSet<u32> = used().map(|at| trials.repeats(at)).collect();
    anyhow::ensure!(repeats.len() == 1, "the suites differ in their repeats; say how many: --repeats N");
    plan.repeats = repeats.into_iter().next().unwrap_or(1);
    plan.cases = used().map(|at| trials.sizes[at].cases).sum();
    plan.suites = used().map(|at| trials.suites[at].id.clone()).collect();
    chosen.suites.clone_from(&plan.suites);
    (plan.case, plan.scorers) = asked(&Trials::new(project, &chosen)?);
    // A prompt that never ran is as noisy as the one it is to replace.
    let arms = plan.candidates.first().into_iter().chain([&plan.base]);
    let smallest = resolution::smallest(session, project, &trials, arms)?;
    (plan.resolves, plan.basis) = smallest;
    Ok(plan)
}

/// The baseline must be there and have the arm before anything rests on it.
fn has_base(session: &Session, name: &str, base: &VariantKey) -> anyhow::Result<()> {
    let (config, store) = (session.config()?, session.store()?);
    let against = Against::must(&store, &config, name)?;
    let stored = against.stored(&store)?;
    let held = against.held(stored.as_ref());
    let columns = held.map(|run| run.info().header.variants.clone()).unwrap_or_default();
    anyhow::ensure!(
        columns.contains(base),
        "`{name}` has no variant {base}; it has {}",
        columns.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
    );
    Ok(())
}

fn listed(names: &BTreeSet<&str>) -> String {
    names.iter().copied().collect::<Vec<_>>().join(", ")
}
