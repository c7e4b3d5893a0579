//! `regauge label`: people say which answers are good, so that judges can be held against them.

mod file;
mod review;
mod sample;

use std::path::PathBuf;

use anyhow::Context as _;

use super::{CommandResult, ExitStatus, Session};
use crate::clock;
use crate::golden::{Label, add_labels, labels_file, read_labels};
use crate::outcome::{Judged, Run, TrialResult};

use sample::sample;

/// Flags of `regauge label`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The run whose answers are labelled: its id, the beginning of it, a tag, `latest` or `latest~N`.
    #[arg(value_name = "RUN", default_value = "latest")]
    run: String,
    /// The scorer that the labels are for; default: the run's only judge.
    #[arg(long, value_name = "SCORER")]
    scorer: Option<String>,
    /// Answers in the sample. Half of them are ones that the judge failed, as far as there are so many.
    #[arg(long, short = 'n', value_name = "N", default_value_t = 50)]
    count: usize,
    /// Seed of the sample; the same seed draws the same answers.
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Write the sample to this file, to be labelled elsewhere: *.csv or *.jsonl.
    #[arg(long, value_name = "FILE", conflicts_with = "from")]
    out: Option<PathBuf>,
    /// Take in the labels of a file that `--out` wrote and people filled in.
    #[arg(long = "in", value_name = "FILE")]
    from: Option<PathBuf>,
    /// Who labels; default: `user.name` of git.
    #[arg(long, value_name = "NAME")]
    by: Option<String>,
}

/// An answer of the sample, as people see it: without the judge's verdict.
pub(super) struct Card<'r> {
    id: String,
    trial: &'r TrialResult,
    of: Judged<'r>,
}

impl Card<'_> {
    fn label(&self, said: crate::golden::Said, note: &str, by: Option<&str>) -> Label {
        Label {
            id: self.id.clone(),
            case: format!("{}/{}", self.trial.key.suite, self.trial.key.case),
            label: said,
            note: Some(note.trim().to_owned()).filter(|note| !note.is_empty()),
            by: by.map(str::to_owned),
            date: clock::now().to_zoned(jiff::tz::TimeZone::UTC).date(),
        }
    }
}

/// Collects labels.
pub fn run(session: &Session, args: &Args) -> CommandResult {
    let config = session.config()?;
    let store = session.store_of(&config)?;
    let run = store.run(&store.resolve(&args.run)?)?;
    let scorer = scorer(&run, args.scorer.as_deref())?;
    let file = session.root.join(labels_file(&config.golden, &scorer));
    let known = read_labels(&file).map_err(anyhow::Error::msg)?;
    let by = args.by.clone().or_else(|| super::accept::git_name(&session.root));
    if let Some(from) = &args.from {
        let all = sample(&run, &scorer, &std::collections::BTreeMap::new(), usize::MAX, args.seed);
        let labels = file::read(from, &all, by.as_deref())?;
        add_labels(&file, &labels).map_err(anyhow::Error::msg)?;
        session.printer.out(&format!("{} labels taken into {}", labels.len(), file.display()))?;
        return Ok(ExitStatus::Success);
    }
    let cards = sample(&run, &scorer, &known, args.count, args.seed);
    if cards.is_empty() {
        session.printer.talk(&format!("every answer that `{scorer}` judged has a label"));
        return Ok(ExitStatus::Success);
    }
    if let Some(out) = &args.out {
        file::write(out, &scorer, &cards)?;
        session.printer.out(&format!("{} answers written to {}", cards.len(), out.display()))?;
        return Ok(ExitStatus::Success);
    }
    let mut keep = |label: Label| add_labels(&file, &[label]).map_err(anyhow::Error::msg);
    let tally = review::review(&session.printer, &scorer, &cards, by.as_deref(), &mut keep)?;
    session.printer.talk(&tally.words);
    if tally.kept > 0 {
        session.printer.out(&format!("{} labels added to {}", tally.kept, file.display()))?;
    }
    Ok(if tally.interrupted { ExitStatus::Interrupted } else { ExitStatus::Success })
}

/// The scorer of that name, or the only judge.
fn scorer(run: &Run, named: Option<&str>) -> anyhow::Result<String> {
    let judged = || run.trials.iter().flat_map(TrialResult::judged);
    if let Some(name) = named {
        let known: std::collections::BTreeSet<&str> = judged().map(|of| of.scorer).collect();
        let near = crate::diagnostic::did_you_mean(name, known.iter().copied());
        let help = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
        anyhow::ensure!(known.contains(name), "run {} has no scorer `{name}`{help}", run.header.id);
        return Ok(name.to_owned());
    }
    let judges: std::collections::BTreeSet<&str> =
        judged().filter(|of| of.score.judge.is_some()).map(|of| of.scorer).collect();
    match judges.len() {
        1 => judges.first().map(|name| (*name).to_owned()).context("no judge"),
        0 => anyhow::bail!("run {} has no judge; name a scorer with --scorer", run.header.id),
        _ => {
            let list: Vec<&str> = judges.into_iter().collect();
            anyhow::bail!(
                "run {} has several judges: {}; choose one with --scorer",
                run.header.id,
                list.join(", ")
            )
        }
    }
}
