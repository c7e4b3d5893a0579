//! `regauge experiment`: what is to be shown, stated before the result is seen; what came out; what was decided.

mod finish;
mod show;
mod start;

use anyhow::Context as _;

use super::accept::git_name;
use super::{CommandResult, ExitStatus, Findings, Session, file};
use crate::clock;
use crate::config::Config;
use crate::diagnostic::did_you_mean;
use crate::experiment::{self, Decision, Experiment, Experiments, Plan, Verdict};
use crate::prompt::BARE;
use crate::report::{ExperimentView, RunFacts};
use crate::selection::Selection;

pub(super) use crate::report::experiments::tag_of as tag;
pub(super) use finish::record;

/// Flags of `regauge experiment`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// State a hypothesis and how it is to be shown, before anything is seen.
    Start(Box<start::Args>),
    /// Record what a stored run says; `run --experiment NAME` does it by itself.
    Finish {
        /// The experiment.
        #[arg(value_name = "NAME")]
        name: String,
        /// The run: its id, the beginning of it, a tag, a git branch, `latest` or `latest~N`.
        #[arg(value_name = "RUN", default_value = "latest")]
        run: String,
    },
    /// Write down what was decided.
    Decide {
        /// The experiment.
        #[arg(value_name = "NAME")]
        name: String,
        /// What: the candidate takes the base's place, it does not, or it is to be tried again.
        #[arg(value_name = "DECISION")]
        what: What,
        /// Why.
        #[arg(long, value_name = "TEXT")]
        why: String,
        /// Who decides; default: `user.name` of git.
        #[arg(long, value_name = "NAME")]
        by: Option<String>,
    },
    /// Show an experiment: plan, results, tries, decisions.
    Show {
        /// The experiment.
        #[arg(value_name = "NAME")]
        name: String,
        /// Print it as JSON.
        #[arg(long)]
        json: bool,
    },
    /// List all experiments.
    List {
        /// Print the list as JSON.
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum What {
    Ship,
    Drop,
    Repeat,
}

impl From<What> for Verdict {
    fn from(what: What) -> Self {
        match what {
            What::Ship => Self::Ship,
            What::Drop => Self::Drop,
            What::Repeat => Self::Repeat,
        }
    }
}

/// States, records, decides, shows and lists experiments.
pub fn run(session: &Session, args: &Args) -> CommandResult {
    let config = session.config()?;
    match &args.action {
        Action::Start(args) => start::run(session, &config, args),
        Action::Finish { name, run } => {
            let store = session.store()?;
            let id = store.resolve(run)?;
            record(session, &config, &store, name, &id)?;
            Ok(ExitStatus::Success)
        }
        Action::Decide { name, what, why, by } => {
            decide(session, &config, name, (*what).into(), why, by.as_deref())
        }
        Action::Show { name, json } => show::one(session, &load(&config)?, name, *json),
        Action::List { json } => show::list(session, &load(&config)?, *json),
    }
}

fn decide(
    session: &Session,
    config: &Config,
    name: &str,
    what: Verdict,
    why: &str,
    by: Option<&str>,
) -> CommandResult {
    let mut all = load(config)?;
    let experiment = find(&all, name)?;
    let Some(last) = experiment.results.last() else {
        anyhow::bail!(
            "experiment `{name}` has no result to decide by; `regauge run --experiment {name}` makes one"
        );
    };
    let decision = Decision {
        what,
        by: by.map(str::to_owned).or_else(|| git_name(&session.root)),
        why: why.to_owned(),
        on: clock::now().to_zoned(jiff::tz::TimeZone::UTC).date(),
        run: last.run.clone(),
    };
    if let Some(experiment) = all.get_mut(name) {
        experiment.decisions.push(decision);
    }
    save(config, &all)?;
    session.printer.talk(&format!("decided: {}; commit {}", what.name(), shown_path(config)));
    Ok(ExitStatus::Success)
}

/// The project's file of experiments.
fn load(config: &Config) -> anyhow::Result<Experiments> {
    match Experiments::load(&config.root, &config.golden) {
        (_, findings) if findings.has_errors() => Err(Findings(findings).into()),
        (all, _) => Ok(all),
    }
}

fn save(config: &Config, all: &Experiments) -> anyhow::Result<()> {
    let path = config.root.join(experiment::path(&config.golden));
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).with_context(|| format!("failed to create {}", folder.display()))?;
    }
    file::replace(&path, all.to_text().as_bytes())
}

fn shown_path(config: &Config) -> String {
    experiment::path(&config.golden).display().to_string()
}

fn find<'a>(all: &'a Experiments, name: &str) -> anyhow::Result<&'a Experiment> {
    all.get(name).with_context(|| match did_you_mean(name, all.iter().map(|(name, _)| name)) {
        Some(near) => format!("no experiment is named `{name}`; did you mean `{near}`?"),
        None => format!("no experiment is named `{name}`; `regauge experiment list` shows them"),
    })
}

/// What `run --experiment NAME` runs: the arms and cases of the plan.
pub(super) fn planned(config: &Config, name: &str) -> anyhow::Result<Selection> {
    Ok(selection(&find(&load(config)?, name)?.plan))
}

/// The experiments that a run belongs to.
pub(super) fn of_run(session: &Session, run: &RunFacts) -> anyhow::Result<Vec<ExperimentView>> {
    Ok(ExperimentView::of_run(&load(&session.config()?)?, run))
}

fn selection(plan: &Plan) -> Selection {
    let arms = || plan.candidates.iter().chain(plan.baseline.is_none().then_some(&plan.base));
    let mut selection =
        Selection { suites: plan.suites.clone(), repeats: Some(plan.repeats), ..Selection::default() };
    for arm in arms() {
        for (list, name) in [(&mut selection.prompts, &arm.prompt), (&mut selection.models, &arm.model)] {
            if !list.contains(name) {
                list.push(name.clone());
            }
        }
    }
    selection.bare = selection.prompts.iter().any(|prompt| prompt == BARE);
    selection
}
