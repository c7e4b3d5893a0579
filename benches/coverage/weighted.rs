//! The difference of two pass rates weighted by traffic.

use regauge::diff::{Level, Unit, WeightedFold};
use regauge::stats::Random;

use crate::chance::{hits, holds, normal};
use crate::table::{CLAIMED, Point, Table};

/// Rounds for so many cases: in each the signs of all are flipped, ten thousand times.
fn rounds(cases: usize) -> u32 {
    match cases {
        0..=100 => 1_000,
        101..=200 => 300,
        201..=500 => 200,
        _ => 100,
    }
}

/// Most cases with which the test is tried too; `flips` has more.
const MOST_TESTED: usize = 200;

/// The most of all traffic that one case has, up to which something is claimed.
const HEAVIEST: f64 = 0.1;
/// Cases of equal weight that would be as telling and are expected to change, from which on something is claimed.
const LEAST_CHANGES: f64 = 3.0;

/// Weights of so many cases, and what they are called.
fn weights(n: u32) -> [(&'static str, Vec<f64>); 6] {
    let of = |weight: fn(u32) -> f64| (0..n).map(weight).collect::<Vec<f64>>();
    let mut random = Random::new(99);
    [
        ("1 to 5", of(|i| f64::from(1 + i % 5))),
        ("one in five weighs ten", of(|i| if i % 5 == 0 { 10.0 } else { 1.0 })),
        ("lognormal", (0..n).map(|_| normal(&mut random).exp()).collect()),
        ("by the root of the rank", of(|i| 1.0 / f64::from(i + 1).sqrt())),
        ("by rank", of(|i| 1.0 / f64::from(i + 1))),
        ("one weighs forty", of(|i| if i == 0 { 40.0 } else { 1.0 })),
    ]
}

/// Shares that broke and were fixed.
const CHANGES: [(f64, f64); 4] = [(0.05, 0.05), (0.1, 0.02), (0.15, 0.05), (0.2, 0.2)];

pub(crate) fn by_traffic(table: &mut Table) {
    let about = "The difference weighted by traffic (simulated), over shares broken and fixed of 5 and 5, 10 and 2, 15 and 5, 20 and \
                 20 %, 80 % of the others pass. Claimed where no case has more than a tenth of the traffic, and at least three cases \
                 of equal weight would be as telling as those that change; elsewhere one case decides, and no interval can hold \
                 what one case does 95 times in a hundred.";
    if !table.begins("weighted", about) {
        return;
    }
    for (n, repeats) in [(20_u32, 1_u32), (50, 1), (100, 1), (200, 1), (500, 1), (1000, 1), (50, 3), (200, 3)]
    {
        let (mut realistic, mut other, mut wrong) = (Vec::new(), Vec::new(), Vec::new());
        for (name, weights) in weights(n) {
            let whole: f64 = weights.iter().sum();
            let effective = whole * whole / weights.iter().map(|w| w * w).sum::<f64>();
            let heaviest = weights.iter().fold(0.0, |most: f64, w| most.max(w / whole));
            for (broke, fixed) in CHANGES {
                let mut random = Random::new(u64::from(n) + (broke * 1000.0) as u64);
                let (held, erred) = rates(&mut random, &weights, repeats, (broke, fixed));
                let at = format!("{name}, {broke} broke, {fixed} fixed");
                wrong.push(Point { at: at.clone(), share: erred });
                let claimed = heaviest <= HEAVIEST && effective * (broke + fixed) >= LEAST_CHANGES;
                if claimed { &mut realistic } else { &mut other }.push(Point { at, share: held });
            }
        }
        let setting = format!("{n} cases, {repeats} repeats");
        if !realistic.is_empty() {
            table.over("interval", &setting, &realistic, CLAIMED);
        }
        if !other.is_empty() {
            table.over("the same, one case decides", &setting, &other, None);
        }
        if n as usize <= MOST_TESTED {
            table.over("its test", &setting, &wrong, Some((0.0, 0.055)));
        }
    }
}

fn rates(random: &mut Random, weights: &[f64], repeats: u32, (broke, fixed): (f64, f64)) -> (f64, f64) {
    let (mut held, mut wrong) = (0, 0);
    let (rounds, tested) = (rounds(weights.len()), weights.len() <= MOST_TESTED);
    for round in 0..rounds {
        let (mut moved, mut still) = (WeightedFold::default(), WeightedFold::default());
        for (case, weight) in (0..).zip(weights) {
            let draw = random.fraction();
            let same = f64::from(u8::from(random.fraction() < 0.8));
            let (before, after) = match draw {
                x if x < broke => (1.0, 0.0),
                x if x < broke + fixed => (0.0, 1.0),
                _ => (same, same),
            };
            let mut level = |rate: f64| {
                let passed = hits(random, u64::from(repeats), rate);
                Level { mean: passed as f64 / f64::from(repeats), trials: repeats }
            };
            let (base, cand) = (level(before), level(after));
            moved.add(base, cand, *weight, Unit::alone(case));
            if tested {
                let (base, cand) = if random.fraction() < 0.5 { (base, cand) } else { (cand, base) };
                still.add(base, cand, *weight, Unit::alone(case));
            }
        }
        let seed = u64::from(round);
        held += u32::from(moved.finish(0.02, seed).unwrap().interval.is_none_or(|i| holds(i, fixed - broke)));
        let p = still.finish(0.02, seed).and_then(|found| found.p_value);
        wrong += u32::from(p.is_some_and(|p| p <= 0.05));
    }
    (f64::from(held) / f64::from(rounds), f64::from(wrong) / f64::from(rounds))
}
