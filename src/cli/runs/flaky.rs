//! `regauge runs flaky`: the cases that pass now and then under the same conditions.

use anyhow::Context as _;
use jiff::ToSpan as _;

use crate::case::Tier;
use crate::cli::Session;
use crate::diff::{Flake, Ledger};
use crate::golden::quarantine_path;
use crate::report::inert_line;
use crate::report::terminal::{Paint, Span, Tone, table};
use crate::store::{RunRow, Store};

/// Runs that are looked at.
pub(in crate::cli) const RUNS: usize = 20;
/// Days for which an entry that is shown holds.
const DAYS: i64 = 30;

/// Flags of `regauge runs flaky`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Look at so many runs, the newest first.
    #[arg(long, value_name = "N", default_value_t = RUNS)]
    runs: usize,
    /// Print the list as JSON.
    #[arg(long)]
    json: bool,
}

/// The ledger of the newest runs that share one of these suites; with a run, of those before it.
pub(in crate::cli) fn ledger(
    store: &Store,
    suites: &[String],
    before: Option<&str>,
    runs: usize,
) -> anyhow::Result<Ledger> {
    let mut ledger = Ledger::default();
    let rows = store.list()?;
    let from = rows.iter().position(|row| before == Some(&*row.id)).map_or(0, |run| run + 1);
    let shares = |row: &&RunRow| row.is_ordinary() && row.suites.iter().any(|suite| suites.contains(suite));
    for row in rows[from..].iter().filter(shares).take(runs.max(1)) {
        ledger.add(&store.stored(&row.id)?)?;
    }
    Ok(ledger)
}

/// Prints the ledger.
pub(super) fn run(session: &Session, args: &Args) -> anyhow::Result<()> {
    let store = session.store()?;
    let newest = store
        .history_of_runs()?
        .into_iter()
        .next()
        .context("there are no runs yet; `regauge run` makes one")?;
    let flakes = ledger(&store, &newest.suites, None, args.runs)?.finish();
    let printer = &session.printer;
    if args.json {
        return Ok(printer.json(&flakes)?);
    }
    if flakes.is_empty() {
        printer.talk(
            "no case passed and failed under the same conditions; repeats tell more (regauge run --repeats 5 --refresh)",
        );
        return Ok(());
    }
    let paint = Paint::new(printer.color_out(), printer.width());
    let header = ["case", "variant", "passed", "runs", "chance to be mixed"];
    let rows: Vec<Vec<Span>> = flakes.iter().map(line).collect();
    printer.out(&table(paint, &header, &rows, false))?;
    let expires = crate::clock::now().to_zoned(jiff::tz::TimeZone::UTC).date().checked_add(DAYS.days())?;
    if let Some(first) = flakes.iter().find(|flake| flake.flaky && flake.tier == Tier::Standard) {
        let path = quarantine_path(&session.config()?.golden);
        printer.talk(&format!(
            "to take a case out of the gate until a day, while it still runs and is reported, write to {}:\n\n\
             [[case]]\nsuite = {:?}\ncase = {:?}\nowner = \"who looks after it\"\nreason = \"passes {} of {} times \
             under the same conditions\"\nexpires = {expires}",
            path.display(),
            inert_line(&first.suite),
            inert_line(&first.case),
            first.passed,
            first.passed + first.failed
        ));
    }
    Ok(())
}

fn line(flake: &Flake) -> Vec<Span> {
    let wording = if flake.phrasing.is_empty() { String::new() } else { format!(" [{}]", flake.phrasing) };
    let tone = if flake.flaky { Tone::Warn } else { Tone::Plain };
    vec![
        Span::new(tone, inert_line(&format!("{}/{}{wording}", flake.suite, flake.case))),
        inert_line(&flake.variant.to_string()).into(),
        format!("{} of {}", flake.passed, flake.passed + flake.failed).into(),
        flake.runs.to_string().into(),
        format!("{:.0} %{}", flake.mixed * 100.0, if flake.flaky { ", flaky" } else { "" }).into(),
    ]
}
