//! `regauge diff`: what changed between two stored runs.

use serde::Serialize;

use super::compare::Compare;
use super::{CommandResult, ExitStatus, Session};
use crate::diff::ChangeKind;
use crate::outcome::Recorded as _;
use crate::report::terminal::{Paint, asked_again, render_diff};
use crate::report::{AskedAgain, Depth, FORMAT, Finding, ReportOptions, Since};

/// Flags of `regauge diff`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The earlier run: its id, the beginning of it, a tag, a git branch (its newest finished run),
    /// `latest` or `latest~N`.
    #[arg(value_name = "BASE")]
    base: String,
    /// The later run.
    #[arg(value_name = "CAND", default_value = "latest")]
    cand: String,
    /// Show every changed case whole, not only the first of each kind.
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    compare: Compare,
    /// Print the comparison as JSON.
    #[arg(long)]
    json: bool,
}

/// The comparison as data.
#[derive(Debug, Serialize)]
struct Document<'a> {
    /// Version, the one of reports.
    format: u32,
    /// The comparison.
    diff: &'a Since,
    /// What was asked again beside the planned trials of either run, and is in no number of the comparison.
    #[serde(skip_serializing_if = "Again::is_empty")]
    again: Again,
}

/// The follow-ups of either run.
#[derive(Debug, Serialize)]
struct Again {
    #[serde(skip_serializing_if = "Option::is_none")]
    base: Option<AskedAgain>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cand: Option<AskedAgain>,
}

impl Again {
    fn is_empty(&self) -> bool {
        self.base.is_none() && self.cand.is_none()
    }
}

/// Prints what changed.
pub fn run(session: &Session, args: &Args) -> CommandResult {
    let store = session.store()?;
    let (base, cand) = (store.resolve(&args.base)?, store.resolve(&args.cand)?);
    let limit = if args.all { 0 } else { ReportOptions::DEFAULT_LIMIT };
    let depth = if args.json { Depth::ALL } else { Depth::first(limit) };
    let (before, now) = (store.stored(&base)?, store.stored(&cand)?);
    let columns = &before.info().header.variants;
    let since = Since::by(&before, &now, depth, &args.compare.asked(columns)?)?;
    let again = Again { base: AskedAgain::of(&before)?, cand: AskedAgain::of(&now)? };
    let printer = &session.printer;
    if args.json {
        printer.json(&Document { format: FORMAT, diff: &since, again })?;
    } else {
        let paint = Paint::new(printer.color_out(), printer.width());
        let mut text = render_diff(paint, &since, limit);
        for (run, again) in [(&base, &again.base), (&cand, &again.cand)] {
            text.push_str(&asked_again(paint, &format!("Asked again in {run}"), again.as_ref(), limit));
        }
        printer.out(&text)?;
    }
    Ok(status(&since))
}

/// Not comparable when no case could be paired because variants, cases or scorers are others.
fn status(since: &Since) -> ExitStatus {
    let paired = since
        .columns
        .iter()
        .any(|c| !matches!(c.versus.finding, Finding::NothingToCompare | Finding::NotComparable));
    let moved = since.columns.is_empty()
        || [ChangeKind::NotComparable, ChangeKind::Added, ChangeKind::Removed]
            .iter()
            .any(|k| since.count(*k) > 0);
    if !paired && moved { ExitStatus::NotComparable } else { ExitStatus::Success }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fingerprint::Fingerprint;
    use crate::outcome::Run;
    use crate::report::sample::{RunBuilder, TrialBuilder, trial};

    fn run(trial: TrialBuilder) -> Run {
        RunBuilder::new("r").trial(trial).build()
    }

    #[test]
    fn runs_that_share_nothing_are_not_comparable() {
        let base = run(trial("a", "bare").passed());
        let status = |cand: Run| status(&Since::between(&base, &cand, Depth::ALL).unwrap());
        assert_eq!(status(run(trial("a", "bare").failed("number", "differs"))), ExitStatus::Success);
        assert_eq!(status(run(trial("a", "grounded").passed())), ExitStatus::NotComparable);
        assert_eq!(status(run(trial("b", "bare").passed())), ExitStatus::NotComparable);
        let moved = trial("a", "bare").passed().with(|t| t.fingerprints.scorers = Fingerprint::of("new"));
        assert_eq!(status(run(moved)), ExitStatus::NotComparable);
        let errored = trial("a", "bare").errored(crate::provider::ErrorKind::Server, "502");
        assert_eq!(status(run(errored)), ExitStatus::Success);
    }
}
