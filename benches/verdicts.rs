//! What the comparison says of runs in which nothing changed: the repeats of a published benchmark of a support agent.
//!
//! `cargo bench --bench verdicts -- FOLDER`. The folder holds `runs_gpt4o_airline.jsonl`: one row per task and
//! trial with `task_id`, `trial` and `reward` (0 or 1). Every ordered pair of trials is compared as if it were
//! two runs; whatever is called a regression is a false alarm. All trials together give pass^k.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark prints, and fails by panicking")]

mod repeats;

use std::collections::BTreeSet;

use regauge::diff::{ChangeKind, Finding};
use regauge::report::{Depth, Report, Since};
use repeats::{Row, rows, run};

fn main() {
    if let Some(rows) = rows("verdicts") {
        pairs(&rows);
        curve(&rows);
    }
}

/// Every ordered pair of trials, held against each other as two runs of nothing new.
fn pairs(rows: &[Row]) {
    let numbers: BTreeSet<u64> = rows.iter().map(|r| r.trial).collect();
    let one = |n: u64| run(&format!("trial-{n}"), rows.iter().filter(|r| r.trial == n).map(|r| (r, 1)));
    let (mut naive, mut proven, mut worse, mut pairs) = (0, 0, 0, 0_u32);
    for base in &numbers {
        for cand in numbers.iter().filter(|n| *n != base) {
            let since = Since::between(&one(*base), &one(*cand), Depth::ALL).unwrap();
            let column = &since.columns[0];
            naive += column.versus.broke;
            proven += column.changes.iter().filter(|c| c.kind == ChangeKind::Regressed && c.proven).count();
            worse += u32::from(column.versus.finding == Finding::Worse);
            pairs += 1;
        }
    }
    println!("{pairs} ordered pairs of identical repeats:");
    println!("  a naive diff reports {:.1} regressed cases a pair", naive as f64 / f64::from(pairs));
    println!("  cases called proven regressions: {proven}");
    println!("  pairs called worse: {worse}");
}

/// All trials of a task as repeats of one run.
fn curve(rows: &[Row]) {
    let all = run("all", rows.iter().map(|r| (r, r.trial as u32 + 1)));
    let report = Report::build(&all, None, None, Depth::first(1)).unwrap();
    for row in &report.reliability {
        for point in &row.curve {
            let hat = point.pass_hat;
            let interval =
                hat.interval.map_or_else(String::new, |i| format!(" ({:.3}–{:.3})", i.low, i.high));
            println!(
                "pass^{} {:.3}{interval}, pass@{} {:.3}",
                point.k, hat.mean, point.k, point.pass_at.mean
            );
        }
        println!("two tries differ: {:.3}", row.flip_rate.mean);
    }
}
