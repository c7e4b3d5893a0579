//! What a plan can show: the smallest change of the pass rate, and the cheapest plan for a wished one.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde::Serialize;

use super::VariantRow;
use crate::cli::Session;
use crate::diff::{ALPHA, Spread, spreads};
use crate::outcome::{Recorded, VariantKey};
use crate::plan::Plan;
use crate::project::Project;
use crate::report::usd;
use crate::stats::{Effort, VarianceSplit, cheapest, least_cases, least_share, smallest_change};
use crate::store::{RunRow, Store};

/// Chance to see the change.
const POWER: f64 = 0.8;
/// ω² and σ² where no stored run knows better: one case in ten comes out differently, half of that by chance.
const ASSUMED: VarianceSplit = VarianceSplit { between: 0.05, within_base: 0.025, within_cand: 0.025 };
/// Fewest cases that measure a variance.
const LEAST_MEASURED: u64 = 20;
/// Newest runs that are looked at.
const MOST_RUNS: usize = 5;
/// Most repeats that are proposed.
const MOST_REPEATS: u32 = 10;

/// Where the variance comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Basis {
    /// Two runs between which something moved, and repeats.
    Measured,
    /// The same without repeats: what they would buy is not known, and taken to be nothing.
    WithoutRepeats,
    /// The noise is measured, how a real change differs from case to case is assumed.
    NoiseOnly,
    /// Nothing is measured.
    Assumed,
    /// Suites of different standing.
    Mixed,
}

/// What a column can show.
#[derive(Serialize)]
pub(super) struct ResolutionRow {
    variant: VariantKey,
    /// Absent for all suites together.
    suite: Option<String>,
    cases: u64,
    repeats: Option<u32>,
    /// Difference of the pass rate; absent when there are too few cases for any.
    smallest_change: Option<f64>,
    basis: Basis,
    /// The runs that it is measured by.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    runs: BTreeSet<String>,
    variance: VarianceSplit,
    #[serde(skip_serializing_if = "Option::is_none")]
    wished: Option<Wished>,
}

/// What would show a wished change.
#[derive(Serialize)]
struct Wished {
    change: f64,
    /// With the cases that exist.
    cheapest: Option<Effort>,
    trials: Option<u64>,
    cost_usd: Option<f64>,
    /// Where the cases do not suffice: how many would, at one repeat and at the most.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    needed: Vec<Effort>,
}

/// One suite in one column.
struct Cell {
    suite: String,
    cases: u64,
    /// Cases and their further wordings.
    wordings: u64,
    repeats: u32,
    between: Option<f64>,
    within: Option<f64>,
    runs: BTreeSet<String>,
}

impl Cell {
    fn basis(&self) -> Basis {
        match (self.between, self.within) {
            (Some(_), Some(_)) => Basis::Measured,
            (Some(_), None) => Basis::WithoutRepeats,
            (None, Some(_)) => Basis::NoiseOnly,
            (None, None) => Basis::Assumed,
        }
    }

    fn split(&self) -> VarianceSplit {
        let within = match self.basis() {
            Basis::WithoutRepeats => 0.0,
            _ => self.within.unwrap_or(ASSUMED.within_base),
        };
        let between = self.between.unwrap_or(ASSUMED.between);
        VarianceSplit { between, within_base: within, within_cand: within }
    }
}

type Cells = BTreeMap<(VariantKey, String), Cell>;

/// What every column can show over all suites, and, where it has several, in each of them.
pub(super) fn rows(
    session: &Session,
    project: &Project,
    plan: &Plan,
    variants: &[VariantRow],
    wish: Option<f64>,
) -> anyhow::Result<Vec<ResolutionRow>> {
    let cells = cells(session, project, plan)?;
    let mut rows = Vec::new();
    for of in variants {
        let own: Vec<&Cell> =
            cells.iter().filter(|((v, _), _)| *v == of.variant).map(|(_, cell)| cell).collect();
        let price = of.cost_usd.map(|cost| cost / of.trials.max(1) as f64);
        rows.push(row(&of.variant, None, &own, wish, price));
        if own.len() > 1 {
            rows.extend(own.iter().map(|cell| row(&of.variant, Some(&cell.suite), &[cell], wish, price)));
        }
    }
    Ok(rows)
}

/// The smallest change of the pass rate that a plan can show over all its suites, and what that rests on: of the first of these
/// columns of which something is measured, else of the first.
pub(in crate::cli) fn smallest<'v>(
    session: &Session,
    project: &Project,
    plan: &Plan,
    variants: impl Iterator<Item = &'v VariantKey>,
) -> anyhow::Result<(Option<f64>, String)> {
    let cells = cells(session, project, plan)?;
    let mut found: Vec<ResolutionRow> = Vec::new();
    for variant in variants {
        let own: Vec<&Cell> = cells.iter().filter(|((v, _), _)| v == variant).map(|(_, cell)| cell).collect();
        if !own.is_empty() {
            found.push(row(variant, None, &own, None, None));
        }
    }
    let measured = found.iter().find(|row| row.basis != Basis::Assumed).or(found.first());
    Ok(measured.map_or((None, String::new()), |row| (row.smallest_change, because(row))))
}

/// What is known of every suite in every column of a plan.
fn cells(session: &Session, project: &Project, plan: &Plan) -> anyhow::Result<Cells> {
    let mut cells = Cells::new();
    for (at, (suite, size)) in
        plan.suites.iter().zip(&plan.sizes).enumerate().filter(|(_, (_, s))| s.trials > 0)
    {
        for (prompt, model) in plan.columns(at) {
            let cell = Cell {
                suite: suite.id.clone(),
                cases: size.cases,
                wordings: size.wordings,
                repeats: plan.repeats(at),
                between: None,
                within: None,
                runs: BTreeSet::new(),
            };
            cells.insert((VariantKey { prompt, model }, suite.id.clone()), cell);
        }
    }
    if let Some(store) = Store::open_existing(&session.root.join(&project.config.store))? {
        measure(&store, &mut cells)?;
    }
    Ok(cells)
}

/// Takes the variances from the newest runs that know them.
fn measure(store: &Store, cells: &mut Cells) -> anyhow::Result<()> {
    let wanted =
        |run: &RunRow| run.passed + run.failed > 0 && cells.keys().any(|(_, s)| run.suites.contains(s));
    let runs: Vec<RunRow> = store.history_of_runs()?.into_iter().filter(wanted).take(MOST_RUNS).collect();
    for (at, newer) in runs.iter().enumerate() {
        for older in &runs[at + 1..] {
            if cells.values().any(|cell| cell.between.is_none()) {
                let (base, cand) = (store.stored(&older.id)?, store.stored(&newer.id)?);
                take(spreads(Some(&base as &dyn Recorded), &cand)?, &[&older.id, &newer.id], cells);
            }
        }
    }
    for run in &runs {
        if cells.values().any(|cell| cell.within.is_none()) {
            take(spreads(None, &store.stored(&run.id)?)?, &[&run.id], cells);
        }
    }
    Ok(())
}

fn take(spreads: Vec<Spread>, runs: &[&String], cells: &mut Cells) {
    for spread in spreads.into_iter().filter(|spread| spread.cases >= LEAST_MEASURED) {
        let Some(cell) = cells.get_mut(&(spread.variant, spread.suite)) else { continue };
        let before = (cell.between, cell.within);
        cell.between = cell.between.or(spread.between);
        cell.within = cell.within.or(spread.within);
        if before != (cell.between, cell.within) {
            cell.runs.extend(runs.iter().map(|id| (*id).clone()));
        }
    }
}

fn row(
    variant: &VariantKey,
    suite: Option<&str>,
    cells: &[&Cell],
    wish: Option<f64>,
    price: Option<f64>,
) -> ResolutionRow {
    let cases: u64 = cells.iter().map(|cell| cell.cases).sum();
    let share = |cell: &Cell| cell.cases as f64 / cases.max(1) as f64;
    let pooled = |of: fn(&VarianceSplit) -> f64| cells.iter().map(|c| share(c) * of(&c.split())).sum::<f64>();
    let variance = VarianceSplit {
        between: pooled(|v| v.between),
        within_base: pooled(|v| v.within_base),
        within_cand: pooled(|v| v.within_cand),
    };
    // Suites may have their own number of repeats: what all of them together resolve is reckoned suite by suite.
    let spread = |cell: &Cell| {
        let k = f64::from(cell.repeats);
        share(cell) * cell.split().of_difference(k, k)
    };
    let together = cells.iter().copied().map(spread).sum();
    let together = VarianceSplit { between: together, within_base: 0.0, within_cand: 0.0 };
    let fewest = cells.iter().map(|cell| cell.repeats).min().unwrap_or(1);
    let least = least_share(cases, ALPHA, POWER);
    let change = smallest_change(&together, cases as f64, 1.0, 1.0, ALPHA, POWER).max(least);
    let mut bases = cells.iter().map(|cell| cell.basis());
    let first = bases.next().unwrap_or(Basis::Assumed);
    let wordings = cells.iter().map(|cell| cell.wordings).sum::<u64>() as f64 / cases.max(1) as f64;
    ResolutionRow {
        variant: variant.clone(),
        suite: suite.map(str::to_owned),
        cases,
        repeats: cells.iter().all(|cell| cell.repeats == fewest).then_some(fewest),
        smallest_change: (change <= 1.0).then_some(change),
        basis: if bases.all(|basis| basis == first) { first } else { Basis::Mixed },
        runs: cells.iter().flat_map(|cell| cell.runs.clone()).collect(),
        variance,
        wished: wish.map(|change| wished(&variance, change, cases, wordings, price)),
    }
}

fn wished(v: &VarianceSplit, change: f64, cases: u64, wordings: f64, price: Option<f64>) -> Wished {
    let found = cheapest(v, change, cases, MOST_REPEATS, ALPHA, POWER);
    let trials = found.map(|e| (e.cases as f64 * f64::from(e.repeats) * wordings).round() as u64);
    let mut needed: Vec<Effort> = Vec::new();
    if found.is_none() {
        for repeats in [1, 3, MOST_REPEATS] {
            let of = least_cases(v, change, repeats, ALPHA, POWER);
            // More repeats that save no case are no proposal.
            if let Some(cases) = of.filter(|n| needed.last().is_none_or(|last| n < &last.cases)) {
                needed.push(Effort { cases, repeats });
            }
        }
    }
    let cost_usd = trials.zip(price).map(|(trials, price)| trials as f64 * price);
    Wished { change, cheapest: found, trials, cost_usd, needed }
}

/// `5%` or `0.05`.
pub(super) fn change(text: &str) -> Result<f64, String> {
    let number = match text.trim().strip_suffix('%') {
        Some(percent) => percent.trim().parse::<f64>().map(|p| p / 100.0),
        None => text.trim().parse::<f64>(),
    };
    number
        .ok()
        .filter(|change| *change > 0.0 && *change < 1.0)
        .ok_or_else(|| "write a change of the pass rate between 0 and 1, as `5%` or `0.05`".to_owned())
}

/// The rows as text.
pub(super) fn text(rows: &[ResolutionRow]) -> String {
    let mut out = format!(
        "\nsmallest change of the pass rate that would show (paired, two-sided at {ALPHA}, {:.0} % power)\n",
        POWER * 100.0
    );
    for row in rows {
        let change = row.smallest_change.map_or_else(
            || "none: too few cases".to_owned(),
            |change| format!("{:.1} points", change * 100.0),
        );
        let repeats = row.repeats.map_or_else(|| "several".to_owned(), |k| k.to_string());
        let of = format!("{} cases × {repeats}", row.cases);
        let _ = writeln!(out, "  {:<44} {of:>16}  {change}, {}", name(row), because(row));
    }
    let wished: Vec<(&ResolutionRow, &Wished)> =
        rows.iter().filter_map(|row| Some((row, row.wished.as_ref()?))).collect();
    if let Some((_, first)) = wished.first() {
        let _ = writeln!(
            out,
            "\nthe fewest trials that would show a change of {:.1} points",
            first.change * 100.0
        );
    }
    for (row, wished) in wished {
        let _ = writeln!(out, "  {:<44} {}", name(row), proposal(row, wished));
    }
    out
}

fn name(row: &ResolutionRow) -> String {
    match &row.suite {
        Some(suite) => format!("  {suite}"),
        None => row.variant.to_string(),
    }
}

fn because(row: &ResolutionRow) -> String {
    let runs = row.runs.iter().map(String::as_str).collect::<Vec<&str>>().join(", ");
    match row.basis {
        Basis::Measured => format!("measured: runs {runs}"),
        Basis::WithoutRepeats => format!("measured: runs {runs}; without repeats, noise is not told apart"),
        Basis::NoiseOnly => format!("noise measured: runs {runs}; true changes assumed"),
        Basis::Assumed => "assumed: one case in ten differs, half of them by chance".to_owned(),
        Basis::Mixed => "partly assumed: see the suites".to_owned(),
    }
}

fn proposal(row: &ResolutionRow, wished: &Wished) -> String {
    let times = |effort: &Effort| {
        let repeats = if effort.repeats == 1 { "repeat" } else { "repeats" };
        format!("{} cases × {} {repeats}", effort.cases, effort.repeats)
    };
    if let Some(effort) = &wished.cheapest {
        let cost = wished.cost_usd.map_or_else(|| "cost unknown".to_owned(), usd);
        let trials = wished.trials.unwrap_or_default();
        return format!("{} of {} = {trials} trials, {cost}", times(effort), row.cases);
    }
    let needed: Vec<String> = wished.needed.iter().map(times).collect();
    if needed.is_empty() {
        return format!("no number of cases would do; there are {}", row.cases);
    }
    format!("needs more than the {} cases there are: {}", row.cases, needed.join(", or "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wished_change_is_a_share() {
        assert_eq!((change("5%"), change("0.05"), change(" 2.5 % ")), (Ok(0.05), Ok(0.05), Ok(0.025)));
        for wrong in ["", "5", "0", "-1%", "100%", "nan", "five", "%"] {
            assert!(change(wrong).unwrap_err().contains("`5%`"), "{wrong}");
        }
    }

    #[test]
    fn what_is_measured_replaces_what_is_assumed() {
        let cell = |between, within| Cell {
            suite: "s".into(),
            cases: 100,
            wordings: 100,
            repeats: 1,
            between,
            within,
            runs: BTreeSet::new(),
        };
        let of = |cell: &Cell| {
            row(&VariantKey { prompt: "p".into(), model: "m".into() }, None, &[cell], None, None)
        };
        let assumed = of(&cell(None, None));
        assert_eq!(assumed.basis, Basis::Assumed);
        assert!((assumed.smallest_change.unwrap() - 0.0886).abs() < 1e-4, "{:?}", assumed.smallest_change);
        let still = of(&cell(Some(0.0), None));
        assert_eq!(still.basis, Basis::WithoutRepeats);
        assert!(
            still.smallest_change.unwrap() > 0.05,
            "five cases are the least: {:?}",
            still.smallest_change
        );
        assert_eq!(of(&cell(None, Some(0.1))).basis, Basis::NoiseOnly);
        let mixed = row(
            &VariantKey { prompt: "p".into(), model: "m".into() },
            None,
            &[&cell(Some(0.1), Some(0.1)), &cell(None, None)],
            Some(0.05),
            Some(0.001),
        );
        assert_eq!((mixed.basis, mixed.cases), (Basis::Mixed, 200));
        let wished = mixed.wished.unwrap();
        assert!(wished.cheapest.is_none() && wished.needed[0].cases > 200);
    }
}
