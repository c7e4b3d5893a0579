//! `regauge baseline`: say which runs others are held against, in a file that is committed.

use std::fmt::Write as _;

use anyhow::Context as _;

use super::accept::git_name;
use super::against::baselines;
use super::{CommandResult, ExitStatus, Session, decides, file};
use crate::baseline::{self, Baseline, Baselines, Loss, Origin, RESERVED, Tally, losses};
use crate::config::Config;
use crate::diagnostic::did_you_mean;
use crate::outcome::{Recorded as _, RunStatus};
use crate::report::terminal::{Paint, Span, Tone, table};
use crate::report::{inert_line, plural};

/// Flags of `regauge baseline`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Make a run the baseline with this name; what held before must hold in it.
    Set {
        /// The name, e.g. `main`; `baseline` in [gate] and --baseline take it.
        #[arg(value_name = "NAME", value_parser = name)]
        name: String,
        /// The run: its id, the beginning of it, a tag, a git branch, `latest` or `latest~N`.
        #[arg(value_name = "RUN", default_value = "latest")]
        run: String,
        /// Why.
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
        /// Who sets it; default: `user.name` of git.
        #[arg(long, value_name = "NAME")]
        author: Option<String>,
        /// Also when cases that held in the old baseline do not hold in the run; each is named.
        #[arg(long, requires = "reason")]
        accept_losses: bool,
    },
    /// Show the cases of a baseline.
    Show {
        /// Its name.
        #[arg(value_name = "NAME")]
        name: String,
        /// Print it as JSON.
        #[arg(long)]
        json: bool,
    },
    /// List all baselines.
    List {
        /// Print the list as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Take a baseline out of the file.
    Remove {
        /// Its name.
        #[arg(value_name = "NAME")]
        name: String,
    },
}

fn name(text: &str) -> Result<String, String> {
    if RESERVED.contains(&text) || text.starts_with("latest~") {
        return Err(format!("`{text}` means something else"));
    }
    let plain = |c: char| c.is_alphanumeric() || "-_./".contains(c);
    if text.is_empty() || !text.chars().all(plain) {
        return Err("use letters, digits and - _ . /".to_owned());
    }
    Ok(text.to_owned())
}

/// Sets, shows, lists and removes baselines.
pub fn run(session: &Session, args: &Args) -> CommandResult {
    let config = session.config()?;
    let mut all = baselines(&config)?;
    match &args.action {
        Action::Set { name, run, reason, author, accept_losses } => {
            let origin = Origin {
                set: crate::clock::now().to_zoned(jiff::tz::TimeZone::UTC).date(),
                author: author.clone().or_else(|| git_name(&session.root)),
                reason: reason.clone(),
            };
            set(session, &config, &mut all, name, (run, origin), *accept_losses)
        }
        Action::Show { name, json } => show(session, find(&all, name)?, *json),
        Action::List { json } => list(session, &all, *json),
        Action::Remove { name } => {
            find(&all, name)?;
            all.remove(name);
            save(&config, &all)?;
            session.printer.talk(&format!("baseline `{name}` is removed"));
            Ok(ExitStatus::Success)
        }
    }
}

fn find<'a>(all: &'a Baselines, name: &str) -> anyhow::Result<&'a Baseline> {
    all.get(name).with_context(|| match did_you_mean(name, all.iter().map(|(name, _)| name)) {
        Some(near) => format!("no baseline is named `{name}`; did you mean `{near}`?"),
        None => format!("no baseline is named `{name}`; `regauge baseline list` shows them"),
    })
}

fn save(config: &Config, all: &Baselines) -> anyhow::Result<()> {
    let path = config.root.join(baseline::path(&config.golden));
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).with_context(|| format!("failed to create {}", folder.display()))?;
    }
    file::replace(&path, all.to_text().as_bytes())
}

fn set(
    session: &Session,
    config: &Config,
    all: &mut Baselines,
    name: &str,
    (run, origin): (&str, Origin),
    accept_losses: bool,
) -> CommandResult {
    let store = session.store()?;
    let id = store.resolve(run)?;
    let run = store.stored(&id)?;
    decides(&run.info().header)?;
    if run.info().status != RunStatus::Finished {
        anyhow::bail!(
            "run {id} is {}; a baseline must be whole (regauge run --resume {id})",
            run.info().status.name()
        );
    }
    let mut new = Baseline::of(&run, origin)?;
    let judged = |baseline: &Baseline| -> u64 {
        let tallies = baseline.lines().flat_map(|(_, line)| line.tallies.iter().flatten());
        tallies.map(|tally| u64::from(tally.judged)).sum()
    };
    if judged(&new) == 0 {
        anyhow::bail!("run {id} has no trial with a verdict that a gate would count");
    }
    if let Some(old) = all.get(name) {
        new.carry_over(old);
    }
    let lost = all.get(name).map(|old| losses(old, &new)).unwrap_or_default();
    if !lost.is_empty() && !accept_losses {
        session.printer.talk(&format!(
            "error: {} that held in baseline `{name}` would be let go; nothing was changed\n{}help: if that is \
             wanted, say so: --accept-losses --reason TEXT",
            plural(lost.len() as u64, "case"),
            listed(&lost)
        ));
        return Ok(ExitStatus::Usage);
    }
    let held = holding(&new);
    let count = new.lines().count();
    all.insert(name, new);
    save(config, all)?;
    if !lost.is_empty() {
        session.printer.talk(&format!("let go: {}\n{}", plural(lost.len() as u64, "case"), listed(&lost)));
    }
    session.printer.talk(&format!(
        "baseline `{name}` is run {id}: {held} of {count} wordings hold in every column; commit {}",
        baseline::path(&config.golden).display()
    ));
    Ok(ExitStatus::Success)
}

fn listed(lost: &[Loss]) -> String {
    lost.iter().fold(String::new(), |mut text, loss| {
        let _ = writeln!(text, "  {}", inert_line(&loss.to_string()));
        text
    })
}

/// Wordings that hold in every column that runs them.
fn holding(baseline: &Baseline) -> usize {
    let holds = |tallies: &[Option<Tally>]| {
        let mut ran = tallies.iter().flatten().peekable();
        ran.peek().is_some() && ran.all(|tally| tally.holds())
    };
    baseline.lines().filter(|(_, line)| holds(&line.tallies)).count()
}

fn show(session: &Session, baseline: &Baseline, json: bool) -> CommandResult {
    let header = &baseline.info().header;
    let printer = &session.printer;
    if json {
        let lines = baseline.lines().map(|((suite, case, phrasing), line)| {
            let tally = |t: &Option<Tally>| {
                t.map(
                    |t| serde_json::json!({ "passed": t.passed, "judged": t.judged, "unjudged": t.unjudged }),
                )
            };
            serde_json::json!({
                "suite": suite, "case": case, "phrasing": phrasing, "tier": line.tier.name(),
                "trials": line.tallies.iter().map(tally).collect::<Vec<_>>(),
            })
        });
        printer.json(&serde_json::json!({
            "run": header.id, "set": baseline.origin.set, "author": baseline.origin.author,
            "reason": baseline.origin.reason, "columns": header.variants, "cases": lines.collect::<Vec<_>>(),
        }))?;
        return Ok(ExitStatus::Success);
    }
    let paint = Paint::new(printer.color_out(), printer.width());
    let mut head = vec!["case".to_owned()];
    head.extend(header.variants.iter().map(|variant| inert_line(&variant.to_string())));
    let rows = baseline.lines().map(|((suite, case, phrasing), line)| {
        let wording = if phrasing.is_empty() { String::new() } else { format!(" [{phrasing}]") };
        let mut row: Vec<Span> = vec![inert_line(&format!("{suite}/{case}{wording}")).into()];
        row.extend(line.tallies.iter().map(|tally| match tally {
            None => "-".into(),
            Some(t) => {
                let tone = if t.holds() { Tone::Good } else { Tone::Bad };
                let unjudged = if t.unjudged > 0 { format!(" +{}", t.unjudged) } else { String::new() };
                Span::new(tone, format!("{} of {}{unjudged}", t.passed, t.judged))
            }
        }));
        row
    });
    let head: Vec<&str> = head.iter().map(String::as_str).collect();
    let rows: Vec<Vec<Span>> = rows.collect();
    printer.out(&format!("run {}\n{}", header.id, table(paint, &head, &rows, true)))?;
    Ok(ExitStatus::Success)
}

fn list(session: &Session, all: &Baselines, json: bool) -> CommandResult {
    let printer = &session.printer;
    if json {
        let rows = all.iter().map(|(name, baseline)| {
            serde_json::json!({
                "name": name, "run": baseline.info().header.id, "set": baseline.origin.set,
                "author": baseline.origin.author, "reason": baseline.origin.reason,
                "wordings": baseline.lines().count(), "holding": holding(baseline),
            })
        });
        printer.json(&rows.collect::<Vec<_>>())?;
        return Ok(ExitStatus::Success);
    }
    if all.iter().next().is_none() {
        printer.talk("there are no baselines yet; `regauge baseline set NAME` makes one of a run");
        return Ok(ExitStatus::Success);
    }
    let paint = Paint::new(printer.color_out(), printer.width());
    let head = ["name", "run", "set", "holding", "author", "reason"];
    let rows = all.iter().map(|(name, baseline)| {
        let text = |text: Option<&str>| inert_line(text.unwrap_or(""));
        [
            inert_line(name),
            baseline.info().header.id.clone(),
            baseline.origin.set.to_string(),
            format!("{} of {}", holding(baseline), baseline.lines().count()),
            text(baseline.origin.author.as_deref()),
            text(baseline.origin.reason.as_deref()),
        ]
        .map(Span::from)
        .to_vec()
    });
    let rows: Vec<Vec<Span>> = rows.collect();
    printer.out(&table(paint, &head, &rows, false))?;
    Ok(ExitStatus::Success)
}
