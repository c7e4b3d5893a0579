//! How often the gate's must-hold set finds damage, and how often it raises a false alarm: on the repeats of a published
//! benchmark of a support agent, and on simulated agents.
//!
//! `cargo bench --bench must_hold -- FOLDER`; the folder is described in `repeats/mod.rs`. Repeats of one agent are
//! held against each other as they are, which is no regression, and with all ten tasks that it always solved broken.
//! Asking again is real too: the repeats that are on neither side answer it.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark prints, and fails by panicking")]

mod repeats;

use std::cell::RefCell;
use std::collections::BTreeSet;

use regauge::config::{GateRules, MustHold};
use regauge::gate::{Verdict, check, violations};
use regauge::outcome::{FollowUp, Run};
use regauge::stats::Random;
use repeats::{Row, rows, run};

/// The tasks that are broken on purpose: of those that passed in every repeat.
const BROKEN: usize = 10;

/// Pairs of simulated runs per line.
const SIMULATED: u32 = 2000;

fn main() {
    if let Some(rows) = rows("must_hold") {
        published(&rows);
    }
    simulated();
}

/// Fifty tasks of which a fifth always passes, more than a quarter never does, and the rest now and then.
fn chance(task: usize, broken: usize) -> f64 {
    match task {
        _ if task < broken => 0.0,
        0..10 => 1.0,
        10..24 => 0.0,
        _ => 0.15 + 0.6 * (task - 24) as f64 / 26.0,
    }
}

fn simulated() {
    println!(
        "how often the gate fails in {SIMULATED} pairs of simulated runs, before and after asking again twice:"
    );
    let mut random = Random::new(7);
    for repeats in [1, 2, 3] {
        for broken in [0, 3, 5, 10] {
            let mut failed = [0_u32; 2];
            for _ in 0..SIMULATED {
                let mut once = |task: usize, broken| random.fraction() < chance(task, broken);
                let mut rows = |broken| -> Vec<Row> {
                    let all = (0..50).flat_map(|task| (0..repeats).map(move |trial| (task, trial)));
                    all.map(|(task, trial)| Row { task: task.to_string(), trial, passed: once(task, broken) })
                        .collect()
                };
                let all: Vec<u64> = (0..repeats).collect();
                let (base, cand) = (side("base", &rows(0), &all), side("cand", &rows(broken), &all));
                failed[0] += u32::from(gate(0, &base, &cand, &|_| Vec::new()) == Verdict::Fail);
                let random = RefCell::new(&mut random);
                let again = |task: &str| -> Vec<Row> {
                    let chance = chance(task.parse().unwrap(), broken);
                    let passed = || random.borrow_mut().fraction() < chance;
                    (0..2).map(|trial| Row { task: task.to_owned(), trial, passed: passed() }).collect()
                };
                failed[1] += u32::from(gate(2, &base, &cand, &again) == Verdict::Fail);
            }
            let share = |n: u32| 100.0 * f64::from(n) / f64::from(SIMULATED);
            let (before, after) = (share(failed[0]), share(failed[1]));
            println!("  {repeats} repeats, {broken:>2} of 50 tasks broken: {before:5.1} %, {after:5.1} %");
        }
    }
}

fn published(rows: &[Row]) {
    let tasks: BTreeSet<&str> = rows.iter().map(|row| row.task.as_str()).collect();
    let solved = |task: &&str| rows.iter().filter(|row| row.task == *task).all(|row| row.passed);
    let always: Vec<&str> = tasks.iter().copied().filter(solved).take(BROKEN).collect();
    println!("{} tasks, {} of those that always passed are broken", tasks.len(), always.len());
    let damaged: Vec<Row> = rows
        .iter()
        .map(|row| Row { passed: row.passed && !always.contains(&&*row.task), ..row.clone() })
        .collect();
    let singles: Vec<(Vec<u64>, Vec<u64>)> =
        (0..4).flat_map(|a| (0..4).filter(move |b| *b != a).map(move |b| (vec![a], vec![b]))).collect();
    let doubles: Vec<(Vec<u64>, Vec<u64>)> = [[0, 1, 2, 3], [0, 2, 1, 3], [0, 3, 1, 2]]
        .into_iter()
        .flat_map(|[a, b, c, d]| [(vec![a, b], vec![c, d]), (vec![c, d], vec![a, b])])
        .collect();
    for (name, pairs) in [("one repeat", &singles), ("two repeats", &doubles)] {
        for confirm in [0, 2] {
            let failing = |now: &[Row]| {
                let of = |(base, cand): &&(Vec<u64>, Vec<u64>)| {
                    let spare: Vec<u64> = (0..4).filter(|n| !base.contains(n) && !cand.contains(n)).collect();
                    gate(confirm, &side("base", rows, base), &side("cand", now, cand), &|task| {
                        let of = |n: &u64| now.iter().find(|row| row.task == task && row.trial == *n);
                        spare.iter().filter_map(of).cloned().collect()
                    }) == Verdict::Fail
                };
                pairs.iter().filter(of).count()
            };
            let again = if confirm == 0 { "not asked again" } else { "asked again" };
            println!(
                "{name}, {again}: damage found in {} of {}, false alarms in {} of {}",
                failing(&damaged),
                pairs.len(),
                failing(rows),
                pairs.len()
            );
        }
    }
}

/// These repeats as one run.
fn side(id: &str, rows: &[Row], trials: &[u64]) -> Run {
    let place = |row: &Row| trials.iter().position(|trial| *trial == row.trial);
    run(id, rows.iter().filter_map(|row| Some((row, place(row)? as u32 + 1))))
}

/// What the gate says, violations asked again included.
fn gate(confirm: u32, base: &Run, cand: &Run, again: &dyn Fn(&str) -> Vec<Row>) -> Verdict {
    let rules = GateRules { must_hold: MustHold::Passed, confirm, ..GateRules::default() };
    let mut cand = cand.clone();
    for cell in violations(&rules, &cand, Some(base)).unwrap().into_iter().filter(|_| confirm > 0) {
        let answers = again(&cell.case);
        let mut asked = run("again", (100..).zip(&answers).map(|(index, row)| (row, index))).trials;
        for trial in &mut asked {
            trial.follow_up = Some(FollowUp::Confirm);
        }
        cand.follow_ups.extend(asked);
    }
    check(&rules, &cand, Some(base)).unwrap().verdict
}
