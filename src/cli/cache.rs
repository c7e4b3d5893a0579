//! `regauge cache`: what is stored of answers, letting them go, and moving them between machines.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};

use super::{CommandResult, ExitStatus, Session, cassette};
use crate::clock;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::provider::{CassetteError, CassetteLines, RecordedAnswer};
use crate::report::terminal::{Paint, Span, table};
use crate::report::{inert_line, plural};
use crate::store::{CacheRule, CacheStats, Store};

/// Answers kept in one transaction.
const BATCH: usize = 512;

/// Broken lines of a cassette that are shown.
const SHOWN: usize = 20;

/// Flags of `regauge cache`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Show how many answers are stored, and how many requests they answer.
    Stats {
        /// Print as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Let answers go; those of stored runs stay with their runs.
    #[command(group = clap::ArgGroup::new("rule").required(true).multiple(true).args(["older_than", "unused"]))]
    Prune {
        /// Answers that are older than this are asked for again: `30d`, `12h`, `4w`.
        #[arg(long, value_name = "AGE", value_parser = age)]
        older_than: Option<SignedDuration>,
        /// Only answers that no stored run refers to.
        #[arg(long)]
        unused: bool,
        /// Only say what would go.
        #[arg(long)]
        dry_run: bool,
    },
    /// Write all usable answers to a cassette, sorted, one line each.
    Export {
        /// The file.
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// Overwrite the file when it is there.
        #[arg(long)]
        force: bool,
    },
    /// Take the answers of cassettes into the store; what has an answer keeps it.
    Import {
        /// The files.
        #[arg(value_name = "FILE", required = true)]
        files: Vec<PathBuf>,
    },
}

/// An age as typed: a number with `h`, `d` or `w`.
fn age(text: &str) -> Result<SignedDuration, String> {
    let wrong = || "expected a number with h, d or w, such as 30d".to_owned();
    let (number, unit) = text.split_at_checked(text.len().saturating_sub(1)).ok_or_else(wrong)?;
    let number: u32 = number.parse().map_err(|_| wrong())?;
    let hours = match unit {
        "h" => 1,
        "d" => 24,
        "w" => 7 * 24,
        _ => return Err(wrong()),
    };
    Ok(SignedDuration::from_hours(i64::from(number) * hours))
}

/// Does what was asked with the stored answers.
pub fn run(session: &Session, args: &Args) -> CommandResult {
    match &args.action {
        Action::Stats { json } => stats(session, *json)?,
        Action::Prune { older_than, unused, dry_run } => prune(session, *older_than, *unused, *dry_run)?,
        Action::Export { file, force } => export(session, file, *force)?,
        Action::Import { files } => import(session, files)?,
    }
    Ok(ExitStatus::Success)
}

fn stats(session: &Session, json: bool) -> anyhow::Result<()> {
    let stats = session.store()?.cache_stats()?;
    if json {
        session.printer.json(&stats)?;
    } else {
        let paint = Paint::new(session.printer.color_out(), session.printer.width());
        session.printer.out(&shown(paint, &stats))?;
    }
    Ok(())
}

fn shown(paint: Paint, stats: &CacheStats) -> String {
    let day = |time: Option<Timestamp>| time.map_or_else(String::new, |t| t.strftime("%Y-%m-%d").to_string());
    let (from, to) = (day(stats.oldest), day(stats.newest));
    let age = if stats.answers == 0 { String::new() } else { format!(", received {from} to {to}") };
    let summary = format!(
        "{}, {} of text{age}\n{} can be answered without being sent; {} of no stored run\n",
        plural(stats.answers, "answer"),
        bytes(stats.bytes),
        plural(stats.requests, "request"),
        plural(stats.unused, "answer"),
    );
    let row = |m: &crate::store::ModelAnswers| -> Vec<Span> {
        vec![
            inert_line(&m.provider).into(),
            inert_line(&m.model).into(),
            m.answers.to_string().into(),
            m.usable.to_string().into(),
            bytes(m.bytes).into(),
        ]
    };
    let rows: Vec<Vec<Span>> = stats.models.iter().map(row).collect();
    if rows.is_empty() {
        return summary;
    }
    format!("{summary}\n{}", table(paint, &["provider", "model", "answers", "usable", "text"], &rows, false))
}

fn bytes(n: u64) -> String {
    const UNITS: [(&str, u64); 3] = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)];
    match UNITS.iter().find(|(_, size)| n >= *size) {
        Some((unit, size)) => format!("{:.1} {unit}", n as f64 / *size as f64),
        None => plural(n, "byte"),
    }
}

fn prune(
    session: &Session,
    older_than: Option<SignedDuration>,
    unused: bool,
    dry_run: bool,
) -> anyhow::Result<()> {
    let before = older_than.map(|age| clock::now().checked_sub(age)).transpose()?;
    let pruned = session.store()?.prune_answers(CacheRule { before, unused }, dry_run)?;
    let (deleted, retired) =
        if dry_run { ("would be deleted", "would be kept") } else { ("deleted", "kept") };
    let mut lines = vec![format!("{} {deleted} ({})", plural(pruned.deleted, "answer"), bytes(pruned.bytes))];
    if pruned.retired > 0 {
        lines.push(format!(
            "{} of stored runs {retired} with their runs and asked for again from now on",
            plural(pruned.retired, "answer")
        ));
    }
    session.printer.talk(&lines.join("\n"));
    Ok(())
}

fn export(session: &Session, file: &Path, force: bool) -> anyhow::Result<()> {
    let store = session.store()?;
    let answers = cassette::write(file, force, |each| Ok(store.export_answers(each)?))?;
    if answers == 0 {
        anyhow::bail!("there are no answers to export");
    }
    session.printer.talk(&format!("wrote {} to {}", plural(answers, "answer"), file.display()));
    Ok(())
}

/// Every line of every file is read before anything is kept.
fn import(session: &Session, files: &[PathBuf]) -> anyhow::Result<()> {
    let findings = check(files);
    if findings.has_errors() {
        return Err(super::Findings(findings).into());
    }
    let store = Store::open(&session.root.join(session.config()?.store))?;
    let now = clock::now();
    for file in files {
        let (mut all, mut new, mut useless) = (0, 0, 0);
        let mut batch: Vec<RecordedAnswer> = Vec::new();
        for answer in CassetteLines::open(file)? {
            let answer = answer?;
            all += 1;
            if answer.completion.is_usable() {
                batch.push(answer);
            } else {
                useless += 1;
            }
            if batch.len() >= BATCH {
                new += store.import_answers(&batch, now)?;
                batch.clear();
            }
        }
        new += store.import_answers(&batch, now)?;
        let mut text = format!("{}: {}, {new} of them new", file.display(), plural(all, "answer"));
        if useless > 0 {
            _ = write!(text, ", {useless} left out (refused, filtered, cut off or empty)");
        }
        session.printer.talk(&text);
    }
    Ok(())
}

/// What is wrong with the files.
fn check(files: &[PathBuf]) -> Diagnostics {
    let mut findings = Diagnostics::new();
    for file in files {
        let lines = match CassetteLines::open(file) {
            Ok(lines) => lines,
            Err(error) => {
                findings.push(Diagnostic::error(error.to_string()));
                continue;
            }
        };
        for error in lines.filter_map(Result::err).take(SHOWN) {
            let broken_line = matches!(error, CassetteError::Line { .. });
            let finding = Diagnostic::error(error.to_string()).help(
                "a cassette has one answer per line, as `regauge cache export` writes them; nothing was imported",
            );
            findings.push(finding);
            if !broken_line {
                break;
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_are_read() {
        assert_eq!(age("30d"), Ok(SignedDuration::from_hours(720)));
        assert_eq!(age("12h"), Ok(SignedDuration::from_hours(12)));
        assert_eq!(age("1w"), Ok(SignedDuration::from_hours(168)));
        for bad in ["", "d", "30", "-1d", "3é", "1.5d", "30 d", "99999999999d"] {
            assert!(age(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn sizes_are_rounded() {
        assert_eq!(bytes(1), "1 byte");
        assert_eq!(bytes(1536), "1.5 KiB");
        assert_eq!(bytes(5 << 30), "5.0 GiB");
    }

    #[test]
    fn statistics_of_nothing_are_said() {
        let stats = CacheStats {
            answers: 0,
            usable: 0,
            requests: 0,
            unused: 0,
            bytes: 0,
            oldest: None,
            newest: None,
            models: vec![],
        };
        let text = shown(Paint::new(false, 100), &stats);
        assert!(text.starts_with("0 answers, 0 bytes of text\n0 requests can be"), "{text}");
    }
}
