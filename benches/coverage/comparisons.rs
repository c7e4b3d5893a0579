//! What a comparison reports of a pass rate, whichever method it chose.

use regauge::diff::{MetricFold, Unit};
use regauge::stats::Random;

use crate::chance::{holds, repeated};
use crate::table::{CLAIMED, Point, Table};

/// Pass rates of a case under base and candidate, by what is drawn for its cluster and for itself.
type Case = fn([f64; 3], [f64; 3]) -> (f64, f64);

fn steady(draw: f64) -> f64 {
    f64::from(u8::from(draw < 0.8))
}

/// One in ten broke and one in fifty was fixed, by one draw; the others are as they were.
fn changed(draw: f64, still: f64) -> (f64, f64) {
    match draw {
        x if x < 0.1 => (1.0, 0.0),
        x if x < 0.12 => (0.0, 1.0),
        _ => (still, still),
    }
}

/// A name, the pass rates of a case, and the mean change.
const WORLDS: [(&str, Case, f64); 5] = [
    (
        "every answer is a draw",
        |[hard, lost, _], _| {
            let rate = 0.6 + 0.3 * hard;
            (rate, rate - 0.1 * lost)
        },
        -0.05,
    ),
    ("a few cases change for good", |_, [change, still, _]| changed(change, steady(still)), -0.08),
    ("whole clusters change for good", |[change, ..], [_, still, _]| changed(change, steady(still)), -0.08),
    (
        "as many break as are fixed",
        |_, [change, still, _]| {
            let still = steady(still);
            if change < 0.05 {
                (1.0, 0.0)
            } else if change < 0.1 {
                (0.0, 1.0)
            } else {
                (still, still)
            }
        },
        0.0,
    ),
    (
        "some are flaky and a few break",
        |_, [flaky, rate, still]| {
            let rate = 0.2 + 0.6 * rate;
            if flaky < 0.15 {
                (rate, rate)
            } else if flaky < 0.2 {
                (1.0, 0.0)
            } else {
                (steady(still), steady(still))
            }
        },
        -0.05,
    ),
];

/// Rounds where nothing is resampled, and where signs are flipped.
const MANY: u32 = 10_000;
const SOME: u32 = 1_000;
const FEW: u32 = 200;

pub(crate) fn reported(table: &mut Table) {
    let about = "The pass rate's interval in a comparison (simulated), cases in clusters or not, repeats or not: a mean over five \
                 worlds; and how often the test errs where the candidate is the base.";
    if !table.begins("comparisons", about) {
        return;
    }
    for (clusters, size) in [(20_u32, 1_u32), (50, 1), (200, 1), (1000, 1), (20, 5), (50, 4), (200, 5)] {
        for repeats in [1_u32, 3] {
            // Where nothing is flipped a round is cheap.
            let rounds = match clusters {
                _ if size * repeats == 1 => MANY,
                1000.. => FEW,
                _ => SOME,
            };
            let (mut held, mut wrong) = (Vec::new(), Vec::new());
            for (name, case, truth) in WORLDS {
                let mut random = Random::new(u64::from(clusters * 10 + repeats));
                let found = rates(&mut random, (clusters, size, repeats), rounds, case, truth);
                held.push(Point { at: name.to_owned(), share: found.0 });
                wrong.push(Point { at: name.to_owned(), share: found.1 });
            }
            let setting = format!("{clusters} clusters of {size}, {repeats} repeats");
            // Of twenty cases about two are expected to change, where no more is claimed of an interval (see `pairs`).
            table.over("interval", &setting, &held, CLAIMED.filter(|_| clusters * size > 20));
            table.over("its test", &setting, &wrong, Some((0.0, 0.055)));
        }
    }
}

fn rates(
    random: &mut Random,
    (clusters, size, repeats): (u32, u32, u32),
    rounds: u32,
    case: Case,
    truth: f64,
) -> (f64, f64) {
    let (mut held, mut wrong) = (0, 0);
    for round in 0..rounds {
        let (mut moved, mut still) = (MetricFold::default(), MetricFold::default());
        for cluster in 0..clusters {
            let own: [f64; 3] = std::array::from_fn(|_| random.fraction());
            let turned = random.fraction() < 0.5;
            for member in 0..size {
                let unit = Unit { cluster, case: cluster * size + member };
                let (base, cand) = case(own, std::array::from_fn(|_| random.fraction()));
                let mut level = |rate: f64| repeated(random, repeats, rate);
                let (before, after) = (level(base), level(cand));
                moved.add(before, after, unit);
                // Nothing changed: which of them is the candidate is a coin's choice.
                let (one, other) = if turned { (cand, base) } else { (base, cand) };
                let (one, other) = (level(one), level(other));
                still.add(one, other, unit);
            }
        }
        let seed = u64::from(round);
        held += u32::from(holds(moved.finish("", 0.02, seed).interval.unwrap(), truth));
        let p = still.finish("", 0.02, seed).p_value;
        wrong += u32::from(p.is_some_and(|p| p <= 0.05));
    }
    (f64::from(held) / f64::from(rounds), f64::from(wrong) / f64::from(rounds))
}
