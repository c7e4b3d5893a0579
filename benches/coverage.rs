//! How often every interval holds the truth, and how often every test errs where nothing changed: long simulations with
//! fixed seeds, and exact enumeration where there are few outcomes.
//!
//! `cargo bench --bench coverage`. Each row names the bounds that are claimed of it; a row outside makes the bench fail.
//! `tests/statistics.rs` holds the short form. An interval of counts cannot hold the truth exactly 95 times in a hundred:
//! with few pairs its outcomes are few. There the rows give what is held, and by how much it is more than said.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark prints, and fails by panicking")]

use regauge::diff::{Level, MetricFold, Unit, WeightedFold};
use regauge::stats::{
    Confusion, Interval, Random, Stratum, bca, clustered_mean, e_value, fisher, holm, mcnemar_exact,
    mcnemar_mid_p, mcnemar_power, newcombe, newcombe_paired, ppi_plus_plus, rogan_gladen, sign_flip, tango,
    wilson,
};

/// Rounds of a simulation whose rounds are cheap: the standard error of a coverage of .95 is .0015.
const MANY: u32 = 20_000;
/// Rounds where each resamples.
const SOME: u32 = 2_000;
const SIZES: [u64; 6] = [20, 50, 100, 200, 500, 1000];

fn main() {
    let mut table = Table { outside: 0 };
    wilson_levels(&mut table);
    independent(&mut table);
    paired(&mut table);
    means(&mut table);
    verdicts(&mut table);
    weighted(&mut table);
    exact_sizes(&mut table);
    flip_sizes(&mut table);
    false_stops(&mut table);
    labels(&mut table);
    assert_eq!(table.outside, 0, "rows outside of what is claimed");
}

fn title(text: &str) {
    println!("\n{text}");
}

struct Table {
    outside: u32,
}

impl Table {
    fn row(&mut self, what: &str, setting: &str, found: f64, (low, high): (f64, f64)) {
        let inside = (low..=high).contains(&found);
        self.outside += u32::from(!inside);
        let mark = if inside { "" } else { "  OUTSIDE" };
        println!("  {what:<22} {setting:<44} {found:.4}  within {low:.3} to {high:.3}{mark}");
    }
}

fn holds(interval: Interval, truth: f64) -> bool {
    interval.low <= truth + 1e-12 && truth - 1e-12 <= interval.high
}

/// P(X = k) for all k of Bin(n, p), by the recurrence from the mode outwards.
fn binomial(n: u64, p: f64) -> Vec<f64> {
    let mode = (((n + 1) as f64 * p) as u64).min(n);
    let mut weights = vec![0.0; n as usize + 1];
    weights[mode as usize] = 1.0;
    for k in mode..n {
        weights[k as usize + 1] = weights[k as usize] * (n - k) as f64 / (k + 1) as f64 * p / (1.0 - p);
    }
    for k in (1..=mode).rev() {
        weights[k as usize - 1] = weights[k as usize] * k as f64 / (n - k + 1) as f64 * (1.0 - p) / p;
    }
    let all: f64 = weights.iter().sum();
    weights.iter().map(|w| w / all).collect()
}

/// Rates from 2 to 98 %.
fn rates() -> impl Iterator<Item = f64> {
    (1..50).map(|i| f64::from(i) * 0.02)
}

fn wilson_levels(table: &mut Table) {
    title("Wilson, one pass rate: mean over rates of 2 to 98 %, and the least and most at any (enumerated)");
    for n in SIZES {
        let intervals: Vec<Interval> = (0..=n).map(|k| wilson(k, n).unwrap()).collect();
        let at: Vec<f64> = rates()
            .map(|p| {
                binomial(n, p).iter().zip(&intervals).filter(|(_, i)| holds(**i, p)).map(|(w, _)| w).sum()
            })
            .collect();
        let mean = at.iter().sum::<f64>() / at.len() as f64;
        let (least, most) = at.iter().fold((1.0_f64, 0.0_f64), |(l, m), x| (l.min(*x), m.max(*x)));
        table.row("Wilson", &format!("n {n}, mean"), mean, (0.945, 0.955));
        table.row("", &format!("n {n}, least"), least, if n < 100 { (0.92, 0.95) } else { (0.93, 0.95) });
        table.row("", &format!("n {n}, most"), most, if n < 100 { (0.95, 0.98) } else { (0.95, 0.97) });
    }
}

fn independent(table: &mut Table) {
    title("Newcombe, two independent pass rates (enumerated)");
    for n in [20, 50, 100, 200] {
        for (p_a, p_b) in [(0.8, 0.8), (0.9, 0.8), (0.95, 0.9), (0.6, 0.4)] {
            let (of_a, of_b) = (binomial(n, p_a), binomial(n, p_b));
            let mut held = 0.0;
            for (a, wa) in (0..).zip(&of_a) {
                for (b, wb) in (0..).zip(&of_b) {
                    if holds(newcombe(a, n, b, n).unwrap(), p_b - p_a) {
                        held += wa * wb;
                    }
                }
            }
            // Less than two failures are expected in the arm of 20: the interval is wider than it says.
            let bounds = if n < 50 { (0.93, 0.99) } else { (0.93, 0.97) };
            table.row("Newcombe", &format!("n {n}, {p_a} and {p_b}"), held, bounds);
        }
    }
}

/// Pairs by who passed: both, only A, only B, neither.
fn pairs(random: &mut Random, n: u64, broke: f64, fixed: f64, passed: f64) -> [u64; 4] {
    let mut counts = [0; 4];
    for _ in 0..n {
        let x = random.fraction();
        let rest = 1.0 - broke - fixed;
        let place = if x < broke {
            1
        } else if x < broke + fixed {
            2
        } else if x < broke + fixed + rest * passed {
            0
        } else {
            3
        };
        counts[place] += 1;
    }
    counts
}

const CHANGES: [(f64, f64); 4] = [(0.05, 0.05), (0.1, 0.02), (0.15, 0.05), (0.2, 0.2)];

fn paired(table: &mut Table) {
    title("Paired pass rates, 80 % of the unmoved pass (simulated): broke and fixed shares");
    for n in SIZES {
        for (broke, fixed) in CHANGES {
            let mut random = Random::new(n * 1000 + (broke * 100.0) as u64);
            let mut found = [0_u32; 2];
            for _ in 0..MANY {
                let [both, a, b, neither] = pairs(&mut random, n, broke, fixed, 0.8);
                let newcombe = newcombe_paired(both, a, b, neither).unwrap();
                let tango = tango(both, a, b, neither).unwrap();
                for (found, interval) in found.iter_mut().zip([newcombe, tango]) {
                    *found += u32::from(holds(interval, fixed - broke));
                }
            }
            // Few pairs move at all below 50: score intervals are wider than they say.
            let bounds = match n {
                0..50 => (0.93, 0.999),
                50..100 => (0.93, 0.98),
                _ => (0.93, 0.97),
            };
            for (name, found) in ["Newcombe, paired", "Tango"].into_iter().zip(found) {
                let share = f64::from(found) / f64::from(MANY);
                table.row(name, &format!("n {n}, {broke} broke, {fixed} fixed"), share, bounds);
            }
        }
    }
}

/// Values of `clusters` clusters of `size`, half of each shared in its cluster.
fn values(random: &mut Random, clusters: u32, size: u32, of: fn(f64) -> f64) -> (Vec<f64>, Vec<u32>) {
    let (mut values, mut ids) = (Vec::new(), Vec::new());
    for cluster in 0..clusters {
        let shared = of(random.fraction());
        for _ in 0..size {
            values.push(f64::midpoint(shared, of(random.fraction())));
            ids.push(cluster);
        }
    }
    (values, ids)
}

/// A name, what becomes of an even draw, and the mean of that.
type Shape = (&'static str, fn(f64) -> f64, f64);

fn means(table: &mut Table) {
    title("Means of graded values: Student's t over clusters, and BCa (simulated)");
    // Each with its mean. The second has a skewness of about 1.
    let shapes: [Shape; 2] = [("even", |u| u, 0.5), ("skewed", |u| u.powi(4), 0.2)];
    for (clusters, size) in [(20, 1), (20, 5), (50, 1), (100, 1), (100, 5), (200, 5), (1000, 1)] {
        for (name, of, truth) in shapes {
            let mut random = Random::new(u64::from(clusters * size));
            let (mut level, mut boot) = (0, 0);
            let rounds = if clusters >= 1000 { 600 } else { SOME };
            for round in 0..MANY {
                let (values, ids) = values(&mut random, clusters, size, of);
                level += u32::from(holds(clustered_mean(&values, &ids).unwrap().interval, truth));
                if round < rounds {
                    boot += u32::from(holds(bca(&values, &ids, u64::from(round)).unwrap(), truth));
                }
            }
            let setting = format!("{clusters} clusters of {size}, {name}");
            table.row("t", &setting, f64::from(level) / f64::from(MANY), (0.93, 0.97));
            table.row("BCa", &setting, f64::from(boot) / f64::from(rounds), (0.93, 0.97));
        }
    }
}

/// What the comparison itself reports, whichever method it chose.
fn verdicts(table: &mut Table) {
    title(
        "The pass rate's interval in a comparison (simulated): -5 points, cases in clusters or not, repeats",
    );
    for (clusters, size) in [(20_u32, 1_u32), (50, 1), (200, 1), (1000, 1), (20, 5), (50, 4), (200, 5)] {
        for repeats in [1_u32, 3] {
            let mut random = Random::new(u64::from(clusters * 10 + repeats));
            // Where nothing is flipped a round is cheap.
            let rounds = if size * repeats == 1 { MANY } else { SOME };
            let (mut held, mut wrong) = (0, 0);
            for round in 0..rounds {
                let (mut moved, mut still) = (MetricFold::default(), MetricFold::default());
                for cluster in 0..clusters {
                    // How hard the cluster is, and how much it loses.
                    let (rate, loss) = (0.6 + 0.3 * random.fraction(), 0.1 * random.fraction());
                    for member in 0..size {
                        let unit = Unit { cluster, case: cluster * size + member };
                        let mut level = |rate: f64| {
                            let passed = (0..repeats).filter(|_| random.fraction() < rate).count();
                            Level { mean: passed as f64 / f64::from(repeats), trials: repeats }
                        };
                        let (base, again, cand) = (level(rate), level(rate), level(rate - loss));
                        moved.add(base, cand, unit);
                        still.add(base, again, unit);
                    }
                }
                let seed = u64::from(round);
                held += u32::from(holds(moved.finish("", true, 0.02, seed).interval.unwrap(), -0.05));
                let p = still.finish("", true, 0.02, seed).p_value;
                wrong += u32::from(p.is_some_and(|p| p <= 0.05));
            }
            let setting = format!("{clusters} clusters of {size}, {repeats} repeats");
            table.row("interval", &setting, f64::from(held) / f64::from(rounds), (0.93, 0.97));
            table.row("its test", &setting, f64::from(wrong) / f64::from(rounds), (0.0, 0.055));
        }
    }
}

/// Weights of cases by their number, and what they are called.
type Weights = (&'static str, fn(u32) -> f64);

/// The same weighted by traffic: single trials are judged at the effective number of cases, which errs on the safe side where
/// few cases have most of the weight.
fn weighted(table: &mut Table) {
    title("The difference weighted by traffic (simulated): -5 points, weights of several sorts");
    let weights: [Weights; 3] = [
        ("one in five weighs ten", |i| if i % 5 == 0 { 10.0 } else { 1.0 }),
        ("by rank", |i| 1.0 / f64::from(i + 1)),
        ("one has most", |i| if i == 0 { 40.0 } else { 1.0 }),
    ];
    for (clusters, size, repeats) in
        [(20_u32, 1_u32, 1_u32), (50, 1, 1), (200, 1, 1), (1000, 1, 1), (40, 5, 3)]
    {
        for (name, weight) in weights {
            let mut random = Random::new(u64::from(clusters * 10 + repeats));
            let (mut held, mut wrong) = (0, 0);
            for round in 0..SOME {
                let (mut moved, mut still) = (WeightedFold::default(), WeightedFold::default());
                for case in 0..clusters * size {
                    let unit = Unit { cluster: case / size, case };
                    let rate = 0.6 + 0.3 * random.fraction();
                    let mut level = |rate: f64| {
                        let passed = (0..repeats).filter(|_| random.fraction() < rate).count();
                        Level { mean: passed as f64 / f64::from(repeats), trials: repeats }
                    };
                    let (base, again, cand) = (level(rate), level(rate), level(rate - 0.05));
                    moved.add(base, cand, weight(case), unit);
                    still.add(base, again, weight(case), unit);
                }
                let seed = u64::from(round);
                held += u32::from(holds(moved.finish(0.02, seed).unwrap().interval.unwrap(), -0.05));
                let p = still.finish(0.02, seed).unwrap().p_value;
                wrong += u32::from(p.is_some_and(|p| p <= 0.05));
            }
            let setting = format!("{clusters} clusters of {size}, {repeats} repeats, {name}");
            table.row("weighted interval", &setting, f64::from(held) / f64::from(SOME), (0.93, 1.0));
            table.row("its test", &setting, f64::from(wrong) / f64::from(SOME), (0.0, 0.06));
        }
    }
}

fn exact_sizes(table: &mut Table) {
    title("Tests of counts where nothing changed: the most at any share of moved pairs or rate (enumerated)");
    let shares = || [0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5].into_iter();
    for n in SIZES {
        let two_sided = shares().map(|q| mcnemar_power(n, q / 2.0, q / 2.0, 0.05)).fold(0.0, f64::max);
        let one_sided = shares().map(|q| mcnemar_power(n, q / 2.0, q / 2.0, 0.1) / 2.0).fold(0.0, f64::max);
        table.row("McNemar, mid-p", &format!("n {n}"), two_sided, (0.0, 0.055));
        table.row("the same, one-sided", &format!("n {n}"), one_sided, (0.0, 0.055));
    }
    for n in [20, 100] {
        let of = |q: f64| -> f64 {
            let moved = binomial(n, q);
            let err = |d: u64| -> f64 {
                binomial(d, 0.5)
                    .iter()
                    .zip(0..)
                    .filter(|(_, b)| mcnemar_exact(*b, d - b) <= 0.05)
                    .map(|(w, _)| w)
                    .sum()
            };
            moved.iter().zip(0..).skip(1).map(|(w, d)| w * err(d)).sum()
        };
        table.row("McNemar, exact", &format!("n {n}"), shares().map(of).fold(0.0, f64::max), (0.0, 0.05));
        let of = |p: f64| -> f64 {
            let weights = binomial(n, p);
            let all = (0..).zip(&weights).flat_map(|a| (0..).zip(&weights).map(move |b| (a, b)));
            all.filter(|((a, _), (b, _))| fisher(*a, n, *b, n) <= 0.05).map(|((_, x), (_, y))| x * y).sum()
        };
        table.row("Fisher", &format!("{n} against {n}"), rates().map(of).fold(0.0, f64::max), (0.0, 0.05));
    }
}

fn flip_sizes(table: &mut Table) {
    title("Sign flips where nothing changed, and Holm over ten of them (simulated)");
    for (clusters, size, rounds) in
        [(20, 1, MANY), (20, 5, MANY), (100, 1, MANY / 2), (100, 5, MANY / 2), (1000, 1, SOME)]
    {
        let mut random = Random::new(u64::from(clusters + size));
        let mut found = Vec::new();
        for round in 0..rounds {
            let (mut values, ids) = values(&mut random, clusters, size, |u| u);
            for value in &mut values {
                *value -= 0.5;
            }
            found.push(sign_flip(&values, &ids, u64::from(round)).unwrap());
        }
        let wrong = found.iter().filter(|p| **p <= 0.05).count() as f64 / f64::from(rounds);
        let setting = format!("{clusters} clusters of {size}, {rounds} rounds");
        table.row("sign flip", &setting, wrong, (0.0, 0.055));
        let tens = found.chunks_exact(10);
        // Two standard errors of the simulation more than what is claimed.
        let (families, error) = (tens.len() as f64, 2.0 * (0.05 * 0.95 / tens.len() as f64).sqrt());
        let any = tens.filter(|ps| holm(ps).iter().any(|p| *p <= 0.05)).count() as f64 / families;
        table.row("Holm over ten", &setting, any, (0.0, 0.05 + error));
    }
    let found: Vec<bool> = {
        let mut random = Random::new(8);
        (0..MANY)
            .map(|_| pairs(&mut random, 200, 0.05, 0.05, 0.8))
            .map(|[_, b, f, _]| mcnemar_mid_p(b, f) <= 0.05)
            .collect()
    };
    let wrong = found.iter().filter(|wrong| **wrong).count() as f64 / f64::from(MANY);
    table.row("McNemar, mid-p", "n 200, simulated", wrong, (0.0, 0.055));
}

/// The chance that the e-value ever reaches 1/α, by going through all that can happen, case after case.
fn false_stops(table: &mut Table) {
    title("The e-value where nothing changed: chance to stop at any time (enumerated)");
    for alpha in [0.05, 0.01] {
        for most in [50_usize, 200, 1000] {
            // Chance to be at so many broken cases, not stopped.
            let (mut at, mut stopped) = (vec![1.0], 0.0);
            for moved in 1..=most {
                let mut next = vec![0.0; moved + 1];
                for (broke, chance) in at.iter().enumerate() {
                    next[broke] += chance / 2.0;
                    next[broke + 1] += chance / 2.0;
                }
                for (broke, chance) in next.iter_mut().enumerate() {
                    if e_value(broke as u64, (moved - broke) as u64) >= 1.0 / alpha {
                        stopped += *chance;
                        *chance = 0.0;
                    }
                }
                at = next;
            }
            table.row("e-value", &format!("alpha {alpha}, {most} moved cases"), stopped, (0.0, alpha));
        }
    }
}

fn labels(table: &mut Table) {
    title(
        "Rates corrected by labels, a judge of so much sensitivity and specificity (simulated, 300 verdicts)",
    );
    for (rate, good, bad) in [
        (0.6, 0.9, 0.8),
        (0.85, 0.95, 0.9),
        (0.85, 0.97, 0.5),
        (0.85, 0.5, 0.5),
        (0.95, 0.95, 0.9),
        (0.98, 0.95, 0.9),
    ] {
        for labelled in [30_usize, 60, 150] {
            let mut random = Random::new(labelled as u64);
            let (mut ppi, mut gladen, mut known) = (0, 0, 0);
            for _ in 0..MANY / 4 {
                let answers: Vec<(bool, bool)> = (0..300)
                    .map(|_| {
                        let y = random.fraction() < rate;
                        (y, if y { random.fraction() < good } else { random.fraction() >= bad })
                    })
                    .collect();
                let (labels, rest) = answers.split_at(labelled);
                let stratum =
                    Stratum { labelled: labels.to_vec(), unlabelled: rest.iter().map(|(_, f)| *f).collect() };
                ppi += u32::from(holds(ppi_plus_plus(&[stratum]).unwrap().interval, rate));
                let mut confusion = Confusion::default();
                for (y, f) in labels {
                    confusion.add(*f, *y);
                }
                let passed = answers.iter().filter(|(_, f)| *f).count() as u64;
                if let Some(found) = rogan_gladen(passed, 300, &confusion) {
                    known += 1;
                    gladen += u32::from(holds(found.interval, rate));
                }
            }
            let setting = format!("{labelled} labels, rate {rate}, judge {good}/{bad}");
            table.row(
                "PPI++",
                &setting,
                f64::from(ppi) / f64::from(MANY / 4),
                if labelled < 60 { (0.93, 0.985) } else { (0.93, 0.97) },
            );
            if known > 1000 {
                table.row("Rogan-Gladen", &setting, f64::from(gladen) / f64::from(known), (0.93, 1.0));
            }
        }
    }
}
