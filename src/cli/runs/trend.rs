//! `regauge runs trend`: how the pass rate went from run to run.

use std::fmt::Write as _;

use anyhow::Context as _;

use crate::cli::{Printer, Session};
use crate::diagnostic::did_you_mean;
use crate::outcome::{Recorded, RunInfo, VariantKey};
use crate::report::terminal::{Paint, Span, Tone, table};
use crate::report::{Trend, TrendRow, inert_line, moved_names, percent, percent_interval, usd};
use crate::store::{RunRow, Store, StoredRun};

/// Flags of `regauge runs trend`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Count this suite alone; default: the suites of the newest run.
    #[arg(long, value_name = "SUITE")]
    suite: Option<String>,
    /// Count this variant alone, written `prompt×model`.
    #[arg(long, value_name = "P×M", value_parser = variant)]
    variant: Option<VariantKey>,
    /// Print the history as JSON.
    #[arg(long)]
    json: bool,
}

fn variant(text: &str) -> Result<VariantKey, String> {
    let (prompt, model) = text.split_once('×').ok_or("write it as `prompt×model`")?;
    Ok(VariantKey { prompt: prompt.trim().to_owned(), model: model.trim().to_owned() })
}

/// Prints the history.
pub(super) fn run(session: &Session, args: &Args) -> anyhow::Result<()> {
    let store = session.store()?;
    let rows = store.history_of_runs()?;
    let newest = rows.first().context("there are no runs yet; `regauge run` makes one")?;
    let suites = match &args.suite {
        Some(suite) => vec![known(suite, &rows)?],
        None => newest.suites.clone(),
    };
    let trend = over(&store, &rows, &suites, args.variant.as_ref())?;
    let printer = &session.printer;
    if args.json {
        printer.json(&trend)?;
    } else if trend.rows.is_empty() {
        printer.talk("no run has a trial that is counted");
    } else {
        printer.out(&render(printer, &trend))?;
    }
    Ok(())
}

fn known(suite: &str, rows: &[RunRow]) -> anyhow::Result<String> {
    let all = || rows.iter().flat_map(|r| r.suites.iter().map(String::as_str));
    if all().any(|s| s == suite) {
        return Ok(suite.to_owned());
    }
    match did_you_mean(suite, all()) {
        Some(near) => anyhow::bail!("no run has the suite `{suite}`; did you mean `{near}`?"),
        None => anyhow::bail!("no run has the suite `{suite}`"),
    }
}

/// The history up to a run, over its suites.
pub(in crate::cli) fn until(
    store: &Store,
    info: &RunInfo,
    variant: Option<&VariantKey>,
) -> anyhow::Result<Trend> {
    let rows = store.history_of_runs()?;
    let at = rows.iter().position(|r| r.id == info.header.id).unwrap_or(0);
    over(store, &rows[at..], &info.header.suites, variant)
}

/// The history over runs given newest first.
fn over(
    store: &Store,
    rows: &[RunRow],
    suites: &[String],
    variant: Option<&VariantKey>,
) -> anyhow::Result<Trend> {
    let shares = |row: &&RunRow| row.suites.iter().any(|s| suites.contains(s));
    let has_trials = |r: &&RunRow| r.passed + r.failed + r.refused + r.errored + r.skipped > 0;
    let newest = rows.iter().filter(shares).filter(has_trials).take(Trend::MOST);
    let mut runs: Vec<StoredRun<'_>> = newest.map(|r| store.stored(&r.id)).collect::<Result<_, _>>()?;
    runs.reverse();
    let runs: Vec<&dyn Recorded> = runs.iter().map(|r| r as &dyn Recorded).collect();
    Ok(Trend::of(&runs, suites, variant)?)
}

/// Eighths of a full block.
const BLOCKS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

fn render(printer: &Printer, trend: &Trend) -> String {
    let paint = Paint::new(printer.color_out(), printer.width());
    let bar = |row: &TrendRow| {
        // A rate over other cases is no point of the same line.
        row.pass_rate
            .rate
            .filter(|_| row.part.is_none())
            .map_or('·', |rate| BLOCKS[((rate * 8.0) as usize).min(BLOCKS.len() - 1)])
    };
    let bars: String = trend.rows.iter().map(bar).collect();
    let mut out = String::new();
    let _ = writeln!(out, "pass rate {bars}  {}\n", inert_line(&trend.suites.join(", ")));
    let lines: Vec<Vec<Span>> = (0..).zip(&trend.rows).map(|(at, row)| line(at, row)).collect();
    let header = ["run", "started", "pass rate", "trials", "moved", "cost", "tags"];
    out.push_str(&table(paint, &header, &lines, false));
    if trend.rows.iter().any(|row| row.part.is_some()) {
        out.push_str(
            "  * not finished, or another selection of cases than the newest run: no point of the line\n",
        );
    }
    out
}

fn line(at: usize, row: &TrendRow) -> Vec<Span> {
    let rate = match (row.pass_rate.rate, row.pass_rate.interval) {
        (Some(rate), Some(interval)) => format!("{} ({})", percent(rate), percent_interval(interval)),
        _ => "–".to_owned(),
    };
    let trials = match row.unjudged {
        0 => row.pass_rate.judged.to_string(),
        n => format!("{} and {n} without a verdict", row.pass_rate.judged),
    };
    let trials = if row.part.is_some() { format!("{trials}*") } else { trials };
    let mut moved = moved_names(row.moved);
    moved.extend(row.other_cases.then_some("(other cases)"));
    let moved = moved.join(", ");
    vec![
        Span::new(Tone::Strong, &*row.run),
        row.started.strftime("%Y-%m-%d %H:%M").to_string().into(),
        rate.into(),
        trials.into(),
        if at == 0 || moved.is_empty() { "–".to_owned() } else { moved }.into(),
        row.cost.known.map_or_else(|| "unknown".to_owned(), usd).into(),
        Span::new(Tone::Good, inert_line(&row.tags.join(", "))),
    ]
}
