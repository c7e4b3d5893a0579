//! Faces: one file per command. The only place that knows exit codes and reads the environment.

mod accept;
mod against;
mod asking;
mod baseline;
mod cache;
mod calibrate;
mod cassette;
mod check;
mod compare;
mod completions;
mod coverage;
mod diff;
mod experiment;
mod explain;
mod export;
mod file;
mod gate;
mod git;
mod impact;
mod init;
mod judge;
mod label;
mod ladder;
mod models;
mod outputs;
mod page;
mod places;
mod plan;
mod prepare;
mod printer;
mod promote;
mod report;
mod rescore;
mod roles;
mod run;
mod runs;
mod runtime;
mod schema;
mod select;
mod watch;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Parser, Subcommand};

use crate::baseline::Baselines;
use crate::config::{Config, GateRules};
use crate::diagnostic::Diagnostics;
use crate::experiment::Experiments;
use crate::gate::Verdict;
use crate::outcome::RunHeader;
use crate::project::{self, Project};
use crate::store::{Claim, Store};

pub use printer::Printer;

/// Evaluate and regression-test the prompts behind AI customer support.
#[derive(Debug, Parser)]
#[command(name = "regauge", version, about, max_term_width = 100, propagate_version = true)]
#[command(after_help = "Exit codes: 0 passed, 1 the gate failed, 2 usage or project error, 3 cannot tell, \
    4 not comparable, 5 the run is incomplete, 130 interrupted.")]
pub struct Cli {
    /// The project's folder; default: the nearest one at or above here with a regauge.toml.
    #[arg(long, short = 'C', global = true, value_name = "DIR")]
    project: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Scaffold a working project in an empty folder.
    Init(init::Args),
    /// Check everything without sending anything.
    Check(check::Args),
    /// Show what a run would send: counts, cost, time, exact messages.
    Plan(plan::Args),
    /// Run suites: ask, score, store, compare with the run before.
    Run(Box<run::Args>),
    /// List, show, tag, delete, prune and export stored runs.
    Runs(runs::Args),
    /// Show, prune, export and import stored answers.
    Cache(cache::Args),
    /// Show what changed between two runs.
    Diff(diff::Args),
    /// Hold a stored run against the gate's rules and a baseline.
    Gate(gate::Args),
    /// Show which cases an edit touches, and which changed passages nobody tests.
    Impact(impact::Args),
    /// Show which articles are tested, what is asked and not written, and what to do.
    Coverage(coverage::Args),
    /// Show what is at fault with each case: content, retrieval, or prompt and model.
    Ladder(ladder::Args),
    /// Say which runs others are held against, in a file that is committed.
    Baseline(baseline::Args),
    /// State what is to be shown, record what came out and was decided, and count the tries.
    Experiment(experiment::Args),
    /// Print a stored run's report.
    Report(report::Args),
    /// Write a run's trials or scores as a table: CSV, Parquet or JSON lines.
    Export(export::Args),
    /// Score a run's stored answers again by today's rules, without asking the bot.
    Rescore(rescore::Args),
    /// Show everything about one case: messages, passages, answer, scores, history.
    Explain(explain::Args),
    /// Review answers and accept them as goldens.
    Accept(accept::Args),
    /// Make a pending case of a conversation that failed or of a person's reply.
    Promote(promote::Args),
    /// Let a judge compare the answers of two runs.
    Judge(judge::Args),
    /// Say which answers are good, to hold a judge against.
    Label(label::Args),
    /// Hold judges against people's labels, and certify those that agree.
    Calibrate(calibrate::Args),
    /// List, pull and ping models.
    Models(models::Args),
    /// Print a shell's completion script.
    Completions(completions::Args),
    /// Print the JSON Schema of a file format.
    Schema(schema::Args),
}

/// How a command ended, for the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExitStatus {
    /// All is well.
    Success,
    /// A proven regression or a broken absolute rule.
    GateFailed,
    /// Usage, configuration or suite error.
    Usage,
    /// Nothing or too little to judge by.
    CannotTell,
    /// The two sides cannot be compared.
    NotComparable,
    /// Errors beyond the budget, or missing trials.
    Incomplete,
    /// Stopped by the user.
    Interrupted,
}

impl ExitStatus {
    /// How a command ends on what the gate says.
    pub(crate) fn of(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Pass => ExitStatus::Success,
            Verdict::Fail => ExitStatus::GateFailed,
            Verdict::Inconclusive | Verdict::CannotTell => ExitStatus::CannotTell,
            Verdict::NotComparable => ExitStatus::NotComparable,
            Verdict::Incomplete => ExitStatus::Incomplete,
        }
    }

    /// The process exit code; the one place that decides it.
    pub fn code(self) -> u8 {
        match self {
            ExitStatus::Success => 0,
            ExitStatus::GateFailed => 1,
            ExitStatus::Usage => 2,
            ExitStatus::CannotTell => 3,
            ExitStatus::NotComparable => 4,
            ExitStatus::Incomplete => 5,
            ExitStatus::Interrupted => 130,
        }
    }
}

/// What a command returns; an error is a usage or project error.
pub type CommandResult = Result<ExitStatus, anyhow::Error>;

/// Findings that stop a command, as an error.
#[derive(Debug, thiserror::Error)]
#[error("the project has {} errors", .0.errors())]
pub struct Findings(pub Diagnostics);

/// What every command works with.
pub struct Session {
    /// Where output goes.
    pub printer: Printer,
    /// The project's folder (where a command needs none, the current folder).
    pub root: PathBuf,
    /// The environment.
    pub env: fn(&str) -> Option<String>,
}

impl Session {
    /// Loads the project; warnings are shown, errors stop.
    pub(crate) fn load(&self) -> Result<Project, anyhow::Error> {
        self.load_with(|_| {})
    }

    /// [`Session::load`], with settings that are changed before they are used.
    pub(crate) fn load_with(&self, change: impl FnOnce(&mut Config)) -> Result<Project, anyhow::Error> {
        let (project, mut findings) = project::load_with(&self.root, &self.env, change);
        findings.extend(project.as_ref().map(|project| recorded(&project.config)).unwrap_or_default());
        match project {
            Some(project) if !findings.has_errors() => {
                self.printer.findings(&findings);
                Ok(project)
            }
            _ => Err(Findings(findings).into()),
        }
    }

    /// The settings alone; errors stop.
    pub(crate) fn config(&self) -> Result<Config, anyhow::Error> {
        match crate::config::load(&self.root, &self.env) {
            (Some(config), findings) if !findings.has_errors() => Ok(config),
            (_, findings) => Err(Findings(findings).into()),
        }
    }

    /// The project's store, which must be there.
    pub(crate) fn store(&self) -> Result<Store, anyhow::Error> {
        self.store_of(&self.config()?)
    }

    /// The store that the settings name, which must be there.
    pub(crate) fn store_of(&self, config: &Config) -> Result<Store, anyhow::Error> {
        let folder = self.root.join(&config.store);
        Store::open_existing(&folder)?.with_context(|| {
            format!("there are no runs yet in {}; `regauge run` makes one", folder.display())
        })
    }
}

/// The right to work on a stored run; refused while another process has it.
pub(crate) fn claimed(store: &Store, run: &str) -> anyhow::Result<Claim> {
    store.claim(run)?.with_context(|| format!("another process works on run {run}; wait for it or stop it"))
}

/// What is wrong with the files in which decisions are kept: found before anything is asked, and not when it is to be recorded.
pub(crate) fn recorded(config: &Config) -> Diagnostics {
    let (_, mut findings) = Baselines::load(&config.root, &config.golden);
    findings.extend(Experiments::load(&config.root, &config.golden).1);
    findings
}

/// Refuses to let a side of a what-if decide anything.
pub(crate) fn decides(run: &RunHeader) -> anyhow::Result<()> {
    match &run.selection.what_if {
        None => Ok(()),
        Some(what_if) => anyhow::bail!(
            "run {} is one side of a what-if over {}: no golden, baseline, gate or new score rests on it; publish the drafts \
             and run again",
            run.id,
            what_if.drafts
        ),
    }
}

/// The rules of the gate, those in suite files included.
pub(crate) fn gate_rules(config: &Config) -> GateRules {
    let (suites, unread) = crate::suite::gates(config);
    GateRules { suites, unread, ..config.gate.clone() }
}

/// Parses the command line, runs the command, and says how it ended.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let printer = Printer::new(read_env("COLUMNS").as_deref());
    match dispatch(cli, &printer) {
        Ok(status) => ExitCode::from(status.code()),
        Err(error) => {
            match error.downcast_ref::<Findings>() {
                Some(Findings(findings)) => printer.findings(findings),
                None => printer.talk(&format!("error: {}", in_words(&error))),
            }
            ExitCode::from(ExitStatus::Usage.code())
        }
    }
}

/// An error and its causes, each said once: some messages hold their cause already.
fn in_words(error: &anyhow::Error) -> String {
    let mut said = error.to_string();
    for cause in error.chain().skip(1).map(ToString::to_string) {
        if !said.contains(&cause) {
            said = format!("{said}: {cause}");
        }
    }
    said
}

fn dispatch(cli: Cli, printer: &Printer) -> CommandResult {
    let here = match cli.project {
        Some(folder) => {
            let shown = folder.display().to_string();
            folder.canonicalize().with_context(|| format!("there is no folder {shown}"))?
        }
        None => std::env::current_dir().context("the current folder cannot be read")?,
    };
    let root = project::find_root(&here);
    let session = |root| Session { printer: printer.clone(), root, env: read_env };
    let anywhere = || session(root.clone().unwrap_or_else(|| here.clone()));
    let inside = || match &root {
        Some(root) => Ok(session(root.clone())),
        None => Err(anyhow::anyhow!(
            "there is no regauge.toml in {} or above it; `regauge init` makes a project",
            here.display()
        )),
    };
    match cli.command {
        Command::Init(args) => init::run(&session(here.clone()), &args),
        Command::Check(args) => check::run(&inside()?, &args),
        Command::Plan(args) => plan::run(&inside()?, &args),
        Command::Run(args) => run::run(&inside()?, &args),
        Command::Runs(args) => runs::run(&inside()?, &args),
        Command::Cache(args) => cache::run(&inside()?, &args),
        Command::Diff(args) => diff::run(&inside()?, &args),
        Command::Gate(args) => gate::run(&inside()?, &args),
        Command::Impact(args) => impact::run(&inside()?, &args),
        Command::Coverage(args) => coverage::run(&inside()?, &args),
        Command::Ladder(args) => ladder::run(&inside()?, &args),
        Command::Baseline(args) => baseline::run(&inside()?, &args),
        Command::Experiment(args) => experiment::run(&inside()?, &args),
        Command::Report(args) => report::run(&inside()?, &args),
        Command::Export(args) if args.needs_no_run() => export::columns(&anywhere(), &args),
        Command::Export(args) => export::run(&inside()?, &args),
        Command::Explain(args) if args.is_general() => explain::run(&anywhere(), &args),
        Command::Rescore(args) => rescore::run(&inside()?, &args),
        Command::Explain(args) => explain::run(&inside()?, &args),
        Command::Accept(args) => accept::run(&inside()?, &args),
        Command::Promote(args) => promote::run(&inside()?, &args),
        Command::Judge(args) => judge::run(&inside()?, &args),
        Command::Label(args) => label::run(&inside()?, &args),
        Command::Calibrate(args) => calibrate::run(&inside()?, &args),
        Command::Models(args) => models::run(&inside()?, &args),
        Command::Completions(args) => completions::run(&anywhere(), &args),
        Command::Schema(args) => schema::run(&anywhere(), &args),
    }
}

/// The one place that reads the environment.
#[expect(clippy::disallowed_methods, reason = "everything else is handed what it needs")]
fn read_env(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }

    #[test]
    fn exit_codes_are_the_documented_ones() {
        use ExitStatus::*;
        let all = [Success, GateFailed, Usage, CannotTell, NotComparable, Incomplete, Interrupted];
        assert_eq!(all.map(ExitStatus::code), [0, 1, 2, 3, 4, 5, 130]);
    }
}
