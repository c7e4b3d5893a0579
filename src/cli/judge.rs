//! `regauge judge`: what a judge says of runs, without making one.

mod pairs;

use std::fmt::Write as _;
use std::sync::Arc;

use serde::Serialize;

use super::asking::{self, How, Wanted};
use super::{CommandResult, ExitStatus, Session, prepare};
use crate::fingerprint::Fingerprint;
use crate::golden::Standing;
use crate::report::usd;
use crate::score::judge::{Comparison, Preference};
use crate::stats::{Share, mcnemar_mid_p};

use pairs::{Met, pairs};

/// Flags of `regauge judge`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Compare the answers of two runs, each pair in both orders.
    Pairwise(Pairwise),
}

#[derive(Debug, clap::Args)]
struct Pairwise {
    /// The earlier run: its id, the beginning of it, a tag, `latest` or `latest~N`.
    #[arg(value_name = "BASE")]
    base: String,
    /// The later run.
    #[arg(value_name = "CAND", default_value = "latest")]
    cand: String,
    /// The rubric, in `judges/` below the folder of prompts.
    #[arg(long, value_name = "NAME", default_value = "pairwise")]
    rubric: String,
    /// The model that judges; default: `[judge] model`.
    #[arg(long, value_name = "NAME")]
    model: Option<String>,
    /// Stop before the next request once this many USD are spent.
    #[arg(long, value_name = "USD", value_parser = super::run::usd)]
    max_cost: Option<f64>,
    /// Requests in flight at once.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=4096))]
    concurrency: Option<u32>,
    /// Send nothing: a reply that is not stored is an error.
    #[arg(long)]
    offline: bool,
    /// Print the figures as JSON.
    #[arg(long)]
    json: bool,
}

/// What came of all pairs.
#[derive(Debug, Default, PartialEq, Serialize)]
struct Tally {
    /// Pairs of different answers.
    pairs: u64,
    /// Pairs of equal answers; nobody is asked about them.
    same: u64,
    /// The later answer is better in both orders.
    wins: u64,
    /// The earlier answer is better in both orders.
    losses: u64,
    /// Neither, flips included.
    ties: u64,
    /// The judge chose the same place in both orders.
    flips: u64,
    /// Replies that were no verdict.
    unparsed: u64,
    /// Requests without a reply.
    failed: u64,
}

impl Tally {
    fn add(&mut self, preference: &Preference) {
        self.pairs += 1;
        match preference {
            Preference::Base => self.losses += 1,
            Preference::Cand => self.wins += 1,
            Preference::Tie => self.ties += 1,
            Preference::Flip => {
                self.ties += 1;
                self.flips += 1;
            }
            Preference::Unparsed(_) => self.unparsed += 1,
            Preference::Failed(_) => self.failed += 1,
        }
    }

    /// Pairs with a verdict in both orders.
    fn read(&self) -> u64 {
        self.wins + self.losses + self.ties
    }
}

#[derive(Serialize)]
struct Row<'a> {
    suite: &'a str,
    case: &'a str,
    phrasing: &'a str,
    better: &'static str,
    why: Option<&'a str>,
}

#[derive(Serialize)]
struct View<'a> {
    base: &'a str,
    cand: &'a str,
    judge: String,
    standing: Standing,
    tally: &'a Tally,
    flip_rate: Share,
    /// Two-sided mid-p of wins against losses.
    p: Option<f64>,
    cost_usd: Option<f64>,
    stopped: Option<String>,
    cases: Vec<Row<'a>>,
}

/// Runs a judge.
pub fn run(session: &Session, args: &Args) -> CommandResult {
    let Action::Pairwise(args) = &args.action;
    pairwise(session, args)
}

fn pairwise(session: &Session, args: &Pairwise) -> CommandResult {
    let mut project = session.load()?;
    let comparison =
        Comparison::new(&project.bench, &args.rubric, args.model.as_deref()).map_err(anyhow::Error::msg)?;
    if args.offline {
        prepare::replay_all(&mut project);
    }
    let store = Arc::new(session.store()?);
    let (base, cand) = (store.resolve(&args.base)?, store.resolve(&args.cand)?);
    let (earlier, later) = (store.run(&base)?, store.run(&cand)?);
    let met = pairs(&earlier, &later)?;
    let different: Vec<&Met<'_>> = met.iter().filter(|met| !met.same()).collect();
    let mut requests = Vec::new();
    for pair in &different {
        let both = comparison.requests(&pair.pair()).map_err(|error| super::Findings((*error.0).into()))?;
        requests.extend(both);
    }
    let keys: Vec<Fingerprint> = requests.iter().map(|request| request.key).collect();
    let wanted = requests.into_iter().map(|request| (request.key, request)).collect();
    let wanted = Wanted::from([(comparison.model().name.clone(), wanted)]);
    let how = How {
        offline: args.offline,
        concurrency: args.concurrency.map_or(project.config.concurrency, |n| n as usize),
        max_cost: args.max_cost,
    };
    let (heard, stopped) = asking::ask(session, &project, &store, &wanted, &how)?;
    let reply = |key: &Fingerprint| heard.of(*key).0.map(|answer| answer.completion);
    let replies: Vec<Result<_, String>> = keys.iter().map(reply).collect();
    let mut tally = Tally { same: (met.len() - different.len()) as u64, ..Tally::default() };
    let preferences: Vec<Preference> = different
        .iter()
        .zip(replies.chunks(2))
        .map(|(pair, both)| comparison.read(&pair.pair(), [&both[0], &both[1]]))
        .collect();
    for preference in &preferences {
        tally.add(preference);
    }
    let decided = tally.wins + tally.losses;
    let view = View {
        base: &base,
        cand: &cand,
        judge: comparison.mark().fingerprint.to_string(),
        standing: comparison.mark().standing,
        flip_rate: Share::of(tally.flips, tally.read()),
        p: (decided > 0).then(|| mcnemar_mid_p(tally.losses, tally.wins)),
        cost_usd: heard.cost(),
        stopped: stopped.as_ref().map(ToString::to_string),
        cases: different.iter().zip(&preferences).map(|(met, preference)| row(met, preference)).collect(),
        tally: &tally,
    };
    if args.json {
        session.printer.json(&view)?;
    } else {
        session.printer.out(&text(&view))?;
    }
    Ok(match &stopped {
        Some(stopped) => stopped.into(),
        None if tally.failed + tally.unparsed > 0 => ExitStatus::Incomplete,
        None => ExitStatus::Success,
    })
}

fn row<'a>(met: &Met<'a>, preference: &'a Preference) -> Row<'a> {
    let (better, why) = match preference {
        Preference::Base => ("base", None),
        Preference::Cand => ("cand", None),
        Preference::Tie => ("tie", None),
        Preference::Flip => ("flip", None),
        Preference::Unparsed(why) => ("unparsed", Some(why.as_str())),
        Preference::Failed(why) => ("failed", Some(why.as_str())),
    };
    Row {
        suite: &met.cand.key.suite,
        case: &met.cand.key.case,
        phrasing: &met.cand.key.phrasing,
        better,
        why,
    }
}

/// Flips beyond this share say that the judge is not fit to compare these answers.
const MOST_FLIPS: f64 = 0.2;

fn text(view: &View<'_>) -> String {
    let mut out = String::new();
    let tally = view.tally;
    let _ = writeln!(
        out,
        "{} against {}: {} pairs of different answers, {} equal",
        view.cand, view.base, tally.pairs, tally.same
    );
    let _ = writeln!(out, "  the later answer wins   {:>5}", tally.wins);
    let _ = writeln!(out, "  the earlier answer wins {:>5}", tally.losses);
    let _ = writeln!(out, "  ties                    {:>5}", tally.ties);
    if tally.failed + tally.unparsed > 0 {
        let _ = writeln!(
            out,
            "  without a verdict       {:>5}  ({} failed, {} unreadable)",
            tally.failed + tally.unparsed,
            tally.failed,
            tally.unparsed
        );
    }
    if let Some(p) = view.p {
        let _ = writeln!(out, "  wins against losses: mid-p {p:.3}");
    }
    if let (Some(rate), Some(i)) = (view.flip_rate.share, view.flip_rate.interval) {
        let _ = writeln!(
            out,
            "  position flips: {} of {} = {:.0} % ({:.0} to {:.0} %)",
            view.flip_rate.hits,
            view.flip_rate.of,
            rate * 100.0,
            i.low * 100.0,
            i.high * 100.0
        );
        if rate > MOST_FLIPS {
            out.push_str("  this judge follows the order of the answers: do not go by it\n");
        }
    }
    if view.standing != Standing::Certified {
        out.push_str("  nobody held this judge against people: take it as a hint, not as a proof\n");
    }
    let cost = view.cost_usd.map_or_else(|| "unknown".to_owned(), usd);
    let _ = writeln!(out, "  cost: {cost}");
    if let Some(why) = &view.stopped {
        let _ = writeln!(out, "  stopped: {why}");
    }
    out
}
