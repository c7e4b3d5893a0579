//! Pass rates: of trials that are independent, and of trials in clusters.

use regauge::stats::{Interval, Random, clustered_mean, jeffreys, wilson, wilson_clustered};

use crate::chance::{binomial, hits, holds, rate_of_cluster};
use crate::table::{CLAIMED, Point, Table};

/// Clopper and Pearson's bounds by mid-p: the shares that the one-sided tests at 2.5 % with half of the chance of what was seen
/// do not reject.
fn mid_p(passed: u64, n: u64) -> Interval {
    let tail = |p: f64| {
        let weights = binomial(n, p);
        weights[passed as usize + 1..].iter().sum::<f64>() + weights[passed as usize] / 2.0
    };
    let search = |at: f64| {
        let (mut low, mut high) = (1e-9, 1.0 - 1e-9);
        for _ in 0..40 {
            let middle = f64::midpoint(low, high);
            if tail(middle) < at { low = middle } else { high = middle }
        }
        f64::midpoint(low, high)
    };
    Interval {
        low: if passed == 0 { 0.0 } else { search(0.025) },
        high: if passed == n { 1.0 } else { search(0.975) },
    }
}

/// Agresti and Coull 1998: two successes and two failures more (z²/2 of each), and the normal approximation.
fn agresti_coull(passed: u64, n: u64) -> Interval {
    let z2 = 1.959_963_984_540_054_f64.powi(2);
    let all = n as f64 + z2;
    let rate = (passed as f64 + z2 / 2.0) / all;
    let half = (z2 * rate * (1.0 - rate) / all).sqrt();
    Interval { low: rate - half, high: rate + half }
}

type Bounds = fn(u64, u64) -> Interval;

pub(crate) fn one_rate(table: &mut Table) {
    if !table.begins(
        "levels",
        "One pass rate of independent trials, over rates of 5 to 95 % in steps of one (enumerated).",
    ) {
        return;
    }
    let methods: [(&str, Bounds, bool); 4] = [
        ("Wilson", |k, n| wilson(k, n).unwrap(), true),
        ("Jeffreys", |k, n| jeffreys(k, n).unwrap(), true),
        ("Clopper-Pearson, mid-p", mid_p, false),
        ("Agresti-Coull", agresti_coull, false),
    ];
    for n in [20, 50, 100, 200, 500, 1000] {
        for (name, of, used) in methods {
            let intervals: Vec<Interval> = (0..=n).map(|k| of(k, n)).collect();
            let point = |p: f64| {
                let weights = binomial(n, p);
                let held = weights.iter().zip(&intervals).filter(|(_, interval)| holds(**interval, p));
                Point { at: format!("{p:.2}"), share: held.map(|(weight, _)| weight).sum() }
            };
            let points: Vec<Point> = (5..=95).map(|i| point(f64::from(i) / 100.0)).collect();
            table.over(name, &format!("n {n}"), &points, CLAIMED.filter(|_| used));
        }
    }
}

const ROUNDS: u32 = 2_000;

pub(crate) fn in_clusters(table: &mut Table) {
    let about = "A pass rate of trials in clusters (simulated: beta-binomial): correlations in a cluster of 0, .1, .3, .6 and 1, \
                 2, 3, 5, 10 or 1 to 9 trials each, rates of 30, 50, 70, 85, 90 and 95 %.";
    if !table.begins("clustered-levels", about) {
        return;
    }
    let names = ["Wilson, by cluster", "Wilson, all trials", "t over clusters"];
    for clusters in [20_u32, 50, 100, 200] {
        let mut all: [Vec<Point>; 3] = Default::default();
        for correlation in [0.0, 0.1, 0.3, 0.6, 1.0] {
            let mut held: [Vec<Point>; 3] = Default::default();
            for (least, most) in [(2_u64, 2_u64), (3, 3), (5, 5), (10, 10), (1, 9)] {
                for rate in [0.3, 0.5, 0.7, 0.85, 0.9, 0.95] {
                    let seed = u64::from(clusters) * 1000 + least * 10 + (rate * 100.0) as u64;
                    let shares = coverage(seed, (clusters, least, most), rate, correlation);
                    let at = format!("{rate}, {least} to {most} each");
                    for ((held, all), share) in held.iter_mut().zip(&mut all).zip(shares) {
                        held.push(Point { at: at.clone(), share });
                        all.push(Point { at: format!("correlation {correlation}, {at}"), share });
                    }
                }
            }
            table.over(names[0], &format!("{clusters} clusters, correlation {correlation}"), &held[0], None);
        }
        for (at, (name, points)) in names.into_iter().zip(&all).enumerate() {
            table.over(name, &format!("{clusters} clusters"), points, CLAIMED.filter(|_| at == 0));
        }
    }
}

fn coverage(seed: u64, (clusters, least, most): (u32, u64, u64), rate: f64, correlation: f64) -> [f64; 3] {
    let mut random = Random::new(seed);
    let mut held = [0_u32; 3];
    for _ in 0..ROUNDS {
        let tallies: Vec<(u64, u64)> = (0..u64::from(clusters))
            .map(|cluster| {
                let size = least + cluster % (most - least + 1);
                let own = rate_of_cluster(&mut random, rate, correlation);
                (hits(&mut random, size, own), size)
            })
            .collect();
        let ids: Vec<u32> = (0..clusters).collect();
        let (passed, n) = tallies.iter().fold((0, 0), |(k, n), (passed, of)| (k + passed, n + of));
        let values = tallies.iter().flat_map(|(k, n)| (0..*n).map(move |i| f64::from(u8::from(i < *k))));
        let of: Vec<u32> =
            tallies.iter().zip(&ids).flat_map(|((_, n), id)| (0..*n).map(move |_| *id)).collect();
        let plain = clustered_mean(&values.collect::<Vec<f64>>(), &of).unwrap().interval;
        let intervals = [wilson_clustered(&tallies, &ids).unwrap(), wilson(passed, n).unwrap(), plain];
        for (held, interval) in held.iter_mut().zip(intervals) {
            *held += u32::from(holds(interval, rate));
        }
    }
    held.map(|held| f64::from(held) / f64::from(ROUNDS))
}
