//! `regauge calibrate`: hold the judges of a run against people's labels, and certify those that agree.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use anyhow::Context as _;

use super::{CommandResult, ExitStatus, Session};
use crate::clock;
use crate::fingerprint::Fingerprint;
use crate::golden::{Certificate, Label, certificates_folder, labels_file, read_labels};
use crate::outcome::{Run, TrialResult};
use crate::report::{Calibration, calibrate, inert_line};
use crate::stats::{Corrected, Share};

/// Flags of `regauge calibrate`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The run whose judges are held against the labels: its id, the beginning of it, a tag, `latest` or `latest~N`.
    #[arg(value_name = "RUN", default_value = "latest")]
    run: String,
    /// Only the judge of this scorer.
    #[arg(long, value_name = "SCORER")]
    scorer: Option<String>,
    /// Fewest labels for a certificate.
    #[arg(long, value_name = "N", default_value_t = 30)]
    min_labels: u64,
    /// Least agreement beyond chance (Gwet's AC1) for a certificate.
    #[arg(long, value_name = "X", default_value_t = 0.6)]
    min_agreement: f64,
    /// Least share that the judge finds, of what people passed and of what they failed.
    #[arg(long, value_name = "X", default_value_t = 0.6)]
    min_recall: f64,
    /// Days for which a certificate holds.
    #[arg(long, value_name = "DAYS", default_value_t = 180, value_parser = clap::value_parser!(u16).range(1..=730))]
    valid_days: u16,
    /// Print the figures and give no certificate.
    #[arg(long)]
    dry_run: bool,
    /// Print the figures as JSON.
    #[arg(long)]
    json: bool,
}

/// What a judge is, besides its fingerprint.
struct Judge {
    rubric: String,
    model: String,
}

/// Calibrates.
pub fn run(session: &Session, args: &Args) -> CommandResult {
    let project = session.load()?;
    let store = session.store()?;
    let run = store.run(&store.resolve(&args.run)?)?;
    let labels = labels(session, &project.config.golden, &run)?;
    let mut found = calibrate(&run.trials, &|scorer| labels.get(scorer));
    found.retain(|judge| args.scorer.as_ref().is_none_or(|name| *name == judge.scorer));
    anyhow::ensure!(!found.is_empty(), "run {} has no verdicts of such a judge", run.header.id);
    if args.json {
        session.printer.json(&found)?;
    } else {
        session.printer.out(&found.iter().map(text).collect::<Vec<_>>().join("\n"))?;
    }
    let judges = judges(&project, &run);
    let mut all = true;
    for judge in &found {
        let lacks = lacks(args, judge);
        if !lacks.is_empty() {
            all = false;
            session.printer.talk(&format!(
                "no certificate for `{}`: {}",
                inert_line(&judge.scorer),
                lacks.join("; ")
            ));
        } else if !args.dry_run {
            let path = certify(session, args, &project, judge, judges.get(&judge.judge), &labels)?;
            session.printer.talk(&format!(
                "certificate for `{}`: {}",
                inert_line(&judge.scorer),
                path.display()
            ));
        }
    }
    Ok(if all { ExitStatus::Success } else { ExitStatus::CannotTell })
}

/// Labels by scorer.
fn labels(
    session: &Session,
    golden: &std::path::Path,
    run: &Run,
) -> anyhow::Result<BTreeMap<String, BTreeMap<String, Label>>> {
    let mut labels = BTreeMap::new();
    let judged = run.trials.iter().flat_map(TrialResult::judged).filter(|of| of.score.judge.is_some());
    for scorer in judged.map(|of| of.scorer) {
        if !labels.contains_key(scorer) {
            let file = session.root.join(labels_file(golden, scorer));
            labels.insert(scorer.to_owned(), read_labels(&file).map_err(anyhow::Error::msg)?);
        }
    }
    Ok(labels)
}

/// Rubric and model of judges: of today's project, and where they changed since, of the run.
fn judges(project: &crate::project::Project, run: &Run) -> BTreeMap<Fingerprint, Judge> {
    let mut judges = BTreeMap::new();
    for trial in &run.trials {
        for score in &trial.scores {
            let asked = trial.judgements.iter().find(|judgement| judgement.scorer == score.name);
            if let (Some(mark), Some(asked)) = (score.judge, asked) {
                judges
                    .entry(mark.fingerprint)
                    .or_insert_with(|| Judge { rubric: score.name.clone(), model: asked.model.name.clone() });
            }
        }
    }
    let scorers = project.suites.iter().flat_map(|suite| suite.cases.scorers());
    for asking in scorers.filter_map(|scorer| scorer.check.asking()) {
        let judge = Judge { rubric: asking.rubric().to_owned(), model: asking.model().to_owned() };
        judges.insert(asking.mark().fingerprint, judge);
    }
    judges
}

/// What a judge lacks for a certificate.
fn lacks(args: &Args, judge: &Calibration) -> Vec<String> {
    let mut lacks = Vec::new();
    if judge.labels < args.min_labels {
        lacks.push(format!("{} labels, {} are needed (`regauge label`)", judge.labels, args.min_labels));
    }
    let mut least = |what: &str, value: Option<f64>, least: f64| match value {
        Some(value) if value >= least => {}
        Some(value) => lacks.push(format!("{what} {value:.2}, at least {least:.2} is needed")),
        None => lacks.push(format!("{what} is unknown")),
    };
    least("agreement (AC1)", judge.ac1, args.min_agreement);
    least("recall of good answers", judge.recall_pass.share, args.min_recall);
    least("recall of bad answers", judge.recall_fail.share, args.min_recall);
    lacks
}

fn certify(
    session: &Session,
    args: &Args,
    project: &crate::project::Project,
    judge: &Calibration,
    facts: Option<&Judge>,
    labels: &BTreeMap<String, BTreeMap<String, Label>>,
) -> anyhow::Result<std::path::PathBuf> {
    let date = clock::now().to_zoned(jiff::tz::TimeZone::UTC).date();
    let expires = date.checked_add(jiff::Span::new().days(i64::from(args.valid_days)))?;
    let mut by: Vec<&str> = labels
        .get(&judge.scorer)
        .into_iter()
        .flatten()
        .filter_map(|(_, label)| label.by.as_deref())
        .collect();
    by.sort_unstable();
    by.dedup();
    let figures = [
        ("agreement", judge.agreement.share),
        ("kappa", judge.kappa),
        ("ac1", judge.ac1),
        ("recall_pass", judge.recall_pass.share),
        ("recall_fail", judge.recall_fail.share),
        ("pass_rate", judge.raw.share),
        ("corrected_pass_rate", judge.corrected.map(|c| c.rate)),
    ];
    let rounded = |value: f64| (value * 1e4).round() / 1e4;
    let certificate = Certificate {
        judge: judge.judge,
        rubric: facts.map_or(judge.scorer.as_str(), |facts| facts.rubric.as_str()).to_owned(),
        model: facts.map_or("unknown", |facts| facts.model.as_str()).to_owned(),
        scorer: judge.scorer.clone(),
        date,
        expires,
        labels: judge.labels,
        labelled_by: (!by.is_empty()).then(|| by.join(", ")),
        figures: figures.into_iter().filter_map(|(name, v)| Some((name.to_owned(), rounded(v?)))).collect(),
    };
    let path = certificates_folder(&project.config.golden).join(certificate.file_name());
    let full = session.root.join(&path);
    let shown = || format!("cannot write {}", path.display());
    std::fs::create_dir_all(full.parent().unwrap_or(&full)).with_context(shown)?;
    std::fs::write(&full, certificate.to_text()).with_context(shown)?;
    Ok(path)
}

/// The figures of one judge.
fn text(judge: &Calibration) -> String {
    let mut out = String::new();
    let c = &judge.confusion;
    let number = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), |v| format!("{v:.3}"));
    let _ = writeln!(out, "Judge `{}` · {}", inert_line(&judge.scorer), judge.judge);
    let unsure = if judge.unsure > 0 { format!(", {} unsure", judge.unsure) } else { String::new() };
    let _ = writeln!(out, "  {} answers judged, {} labelled{unsure}\n", judge.judged, judge.labels);
    let _ = writeln!(out, "  {:<14} {:>12} {:>12}", "", "person: pass", "person: fail");
    let _ = writeln!(out, "  {:<14} {:>12} {:>12}", "judge: pass", c.both_pass, c.judge_only);
    let _ = writeln!(out, "  {:<14} {:>12} {:>12}\n", "judge: fail", c.person_only, c.both_fail);
    let _ = writeln!(out, "  agreement              {}", share(&judge.agreement));
    let _ = writeln!(out, "  Cohen's kappa          {}", number(judge.kappa));
    let _ = writeln!(out, "  Gwet's AC1             {}", number(judge.ac1));
    let _ = writeln!(out, "  recall of good answers {}", share(&judge.recall_pass));
    let _ = writeln!(out, "  recall of bad answers  {}", share(&judge.recall_fail));
    let _ = writeln!(out, "  the judge's pass rate  {}", share(&judge.raw));
    let _ = writeln!(out, "  corrected (PPI++)      {}", corrected(judge.corrected.as_ref()));
    let _ = writeln!(out, "  beside it Rogan-Gladen {}", corrected(judge.rogan_gladen.as_ref()));
    out
}

fn share(share: &Share) -> String {
    match (share.share, share.interval) {
        (Some(value), Some(i)) => {
            format!("{value:.3} ({:.3} to {:.3}), {} of {}", i.low, i.high, share.hits, share.of)
        }
        _ => "–".to_owned(),
    }
}

fn corrected(rate: Option<&Corrected>) -> String {
    match rate {
        Some(c) => format!("{:.3} ({:.3} to {:.3})", c.rate, c.interval.low, c.interval.high),
        None => "– too few labels".to_owned(),
    }
}
