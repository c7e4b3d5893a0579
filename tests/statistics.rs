//! The statistics agree with scipy and statsmodels (`tests/reference/stats.py`) to 1e-9, and are right as often as they say.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use regauge::diff::{Level, MetricFold, Unit, WeightedFold};
use regauge::stats::{
    Interval, Random, Stratum, bca, benjamini_hochberg, clustered_mean, e_value, fisher, holm, mcnemar_exact,
    mcnemar_mid_p, mcnemar_power, mixed_chance, newcombe, newcombe_paired, ppi_plus_plus, sign_flip, tango,
    wilson,
};
use serde_json::Value;

fn rows(method: &str) -> Vec<Vec<Value>> {
    let all: Value = serde_json::from_str(include_str!("reference/stats.json")).unwrap();
    let rows: Vec<Vec<Value>> = serde_json::from_value(all[method].clone()).unwrap();
    assert!(!rows.is_empty());
    rows
}

fn list(value: &Value) -> Vec<f64> {
    serde_json::from_value(value.clone()).unwrap()
}

fn near(found: f64, expected: &Value) {
    let expected = expected.as_f64().unwrap();
    assert!((found - expected).abs() <= 1e-9, "{found}, not {expected}");
}

fn own(values: &[f64]) -> Vec<u32> {
    (0..).take(values.len()).collect()
}

#[test]
fn counts_agree() {
    for row in rows("mcnemar") {
        let [b, f] = [0, 1].map(|at| row[at].as_u64().unwrap());
        near(mcnemar_exact(b, f), &row[2]);
        near(mcnemar_mid_p(b, f), &row[3]);
    }
    for row in rows("wilson") {
        let found = wilson(row[0].as_u64().unwrap(), row[1].as_u64().unwrap()).unwrap();
        near(found.low, &row[2]);
        near(found.high, &row[3]);
    }
    for (row, test) in rows("newcombe").iter().zip(rows("fisher")) {
        let [a, m, b, n] = [0, 1, 2, 3].map(|at| row[at].as_u64().unwrap());
        let found = newcombe(a, m, b, n).unwrap();
        near(found.low, &row[4]);
        near(found.high, &row[5]);
        near(fisher(a, m, b, n), &test[4]);
    }
}

#[test]
fn pairs_agree() {
    for (method, of) in
        [("newcombe_paired", newcombe_paired as fn(u64, u64, u64, u64) -> _), ("tango", tango)]
    {
        for row in rows(method) {
            let [both, a, b, neither] = [0, 1, 2, 3].map(|at| row[at].as_u64().unwrap());
            let found: Interval = of(both, a, b, neither).unwrap();
            near(found.low, &row[4]);
            near(found.high, &row[5]);
        }
    }
    for row in rows("power") {
        let [broke, fixed] = [1, 2].map(|at| row[at].as_f64().unwrap());
        near(mcnemar_power(row[0].as_u64().unwrap(), broke, fixed, 0.05), &row[3]);
    }
    for row in rows("beta") {
        let [passed, all] = [0, 1].map(|at| row[at].as_u64().unwrap());
        near(mixed_chance(passed, all - passed), &row[2]);
    }
}

#[test]
fn clusters_agree() {
    let ids = |row: &[Value]| -> Vec<u32> { serde_json::from_value(row[1].clone()).unwrap() };
    for row in rows("clustered") {
        let found = clustered_mean(&list(&row[0]), &ids(&row)).unwrap();
        near(found.mean, &row[2]);
        near(found.se, &row[3]);
        near(found.interval.low, &row[4]);
        near(found.interval.high, &row[5]);
    }
    for row in rows("bca") {
        let found = bca(&list(&row[0]), &ids(&row), row[2].as_u64().unwrap()).unwrap();
        near(found.low, &row[3]);
        near(found.high, &row[4]);
    }
}

#[test]
fn lists_agree() {
    for row in rows("adjust") {
        let p = list(&row[0]);
        for (found, expected) in [(holm(&p), &row[1]), (benjamini_hochberg(&p), &row[2])] {
            found.iter().zip(expected.as_array().unwrap()).for_each(|(x, y)| near(*x, y));
        }
    }
    for row in rows("level") {
        let values = list(&row[0]);
        let found = clustered_mean(&values, &own(&values)).unwrap();
        near(found.mean, &row[1]);
        near(found.interval.low, &row[2]);
        near(found.interval.high, &row[3]);
    }
    for row in rows("flip") {
        let values = list(&row[0]);
        near(sign_flip(&values, &own(&values), 1).unwrap(), &row[1]);
    }
}

fn holds(interval: Interval, truth: f64) -> u32 {
    u32::from(interval.low <= truth + 1e-12 && truth - 1e-12 <= interval.high)
}

fn part(n: u32, of: u32) -> f64 {
    f64::from(n) / f64::from(of)
}

/// Values around 0 of `clusters` clusters of `size`, half of the noise shared in a cluster.
fn clustered_noise(random: &mut Random, clusters: u32, size: u32) -> (Vec<f64>, Vec<u32>) {
    let (mut values, mut ids) = (Vec::new(), Vec::new());
    for cluster in 0..clusters {
        let shared = random.fraction() - 0.5;
        for _ in 0..size {
            values.push(shared + random.fraction() - 0.5);
            ids.push(cluster);
        }
    }
    (values, ids)
}

/// `benches/coverage.rs` is the long form of what follows.
#[test]
fn intervals_of_means_hold_as_often_as_they_say() {
    for (clusters, size, rounds, resampled) in
        [(20_u32, 1_u32, 2000_u32, 500_u32), (20, 5, 2000, 500), (100, 2, 1000, 60), (1000, 1, 400, 0)]
    {
        let mut random = Random::new(11);
        let (mut level, mut boot) = (0, 0);
        for round in 0..rounds {
            let (values, ids) = clustered_noise(&mut random, clusters, size);
            level += holds(clustered_mean(&values, &ids).unwrap().interval, 0.0);
            if round < resampled {
                boot += holds(bca(&values, &ids, u64::from(round)).unwrap(), 0.0);
            }
        }
        let (level, boot) = (part(level, rounds), part(boot, resampled));
        let shown = format!("{clusters} x {size}: t {level:.3} BCa {boot:.3}");
        assert!((0.93..=0.97).contains(&level), "{shown}");
        assert!(resampled == 0 || (0.93..=0.97).contains(&boot), "{shown}");
    }
}

#[test]
fn flipped_signs_err_as_often_as_they_say() {
    for (clusters, size, rounds) in [(12_u32, 1_u32, 3000_u32), (12, 4, 3000), (20, 2, 800)] {
        let mut random = Random::new(5);
        let wrong = (0..rounds)
            .filter(|round| {
                let (values, ids) = clustered_noise(&mut random, clusters, size);
                sign_flip(&values, &ids, u64::from(*round)).unwrap() <= 0.05
            })
            .count();
        let wrong = part(wrong as u32, rounds);
        assert!(wrong <= 0.055, "{clusters} x {size}: {wrong}");
    }
}

/// P(X = k) for all k of Bin(n, p).
fn binomial(n: u64, p: f64) -> Vec<f64> {
    let mut weights = vec![1.0];
    for _ in 0..n {
        let mut next = vec![0.0; weights.len() + 1];
        for (k, weight) in weights.iter().enumerate() {
            next[k] += weight * (1.0 - p);
            next[k + 1] += weight * p;
        }
        weights = next;
    }
    weights
}

/// All outcomes, each with its chance: nothing is drawn.
#[test]
fn intervals_of_counts_hold_as_often_as_they_say() {
    for (n, low, high) in [(20, 0.92, 0.98), (50, 0.92, 0.98), (200, 0.93, 0.97), (1000, 0.94, 0.96)] {
        let intervals: Vec<Interval> = (0..=n).map(|k| wilson(k, n).unwrap()).collect();
        let rates: Vec<f64> = (1..25).map(|i| f64::from(i) * 0.04).collect();
        let held: Vec<f64> = rates
            .iter()
            .map(|p| {
                binomial(n, *p)
                    .iter()
                    .zip(&intervals)
                    .filter(|(_, i)| holds(**i, *p) == 1)
                    .map(|(w, _)| w)
                    .sum()
            })
            .collect();
        assert!(held.iter().all(|held| (low..=high).contains(held)), "{n}: {held:?}");
        let mean = held.iter().sum::<f64>() / rates.len() as f64;
        assert!((0.94..=0.96).contains(&mean), "{n}: {mean}");
    }
    // Of twenty pairs one or two move: score intervals are wider than they say, and never narrower.
    for (n, broke, fixed, most) in [(20, 0.05, 0.05, 0.999), (20, 0.2, 0.2, 0.97), (40, 0.15, 0.05, 0.97)] {
        let (mut of_newcombe, mut of_tango) = (0.0, 0.0);
        for (moved, weight) in (0..).zip(binomial(n, broke + fixed)) {
            let still = binomial(n - moved, 0.8);
            for (b, of_b) in (0..).zip(binomial(moved, broke / (broke + fixed))) {
                for (both, of_both) in (0..).zip(&still) {
                    let weight = weight * of_b * of_both;
                    if weight < 1e-8 {
                        continue;
                    }
                    let counts = (both, b, moved - b, n - moved - both);
                    let of = |f: fn(u64, u64, u64, u64) -> Option<Interval>| {
                        f64::from(holds(f(counts.0, counts.1, counts.2, counts.3).unwrap(), fixed - broke))
                    };
                    of_newcombe += weight * of(newcombe_paired);
                    of_tango += weight * of(tango);
                }
            }
        }
        for held in [of_newcombe, of_tango] {
            assert!((0.94..=most).contains(&held), "{n}, {broke}, {fixed}: {of_newcombe} {of_tango}");
        }
    }
}

#[test]
fn tests_of_counts_err_as_often_as_they_say() {
    for n in [20, 50, 100, 200, 500] {
        for moved in [0.02, 0.05, 0.1, 0.2, 0.4] {
            let two_sided = mcnemar_power(n, moved / 2.0, moved / 2.0, 0.05);
            let one_sided = mcnemar_power(n, moved / 2.0, moved / 2.0, 0.1) / 2.0;
            assert!(two_sided <= 0.0505 && one_sided <= 0.0505, "{n} {moved}: {two_sided} {one_sided}");
        }
    }
    for p in [0.1, 0.3, 0.5] {
        let weights = binomial(20, p);
        let all = (0..).zip(&weights).flat_map(|a| (0..).zip(&weights).map(move |b| (a, b)));
        let wrong: f64 =
            all.filter(|((a, _), (b, _))| fisher(*a, 20, *b, 20) <= 0.05).map(|((_, x), (_, y))| x * y).sum();
        assert!(wrong <= 0.05, "{p}: {wrong}");
    }
}

/// What a comparison reports, whichever method it chose: five points lost, and nothing changed.
#[test]
fn comparisons_hold_and_err_as_often_as_they_say() {
    for (clusters, size, repeats, rounds) in
        [(20_u32, 1_u32, 1_u32, 2000_u32), (200, 1, 1, 1000), (20, 5, 3, 400)]
    {
        let mut random = Random::new(2);
        let (mut held, mut wrong) = (0, 0);
        for round in 0..rounds {
            let (mut moved, mut still) = (MetricFold::default(), MetricFold::default());
            for cluster in 0..clusters {
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
            held += holds(moved.finish("", true, 0.02, seed).interval.unwrap(), -0.05);
            wrong += u32::from(still.finish("", true, 0.02, seed).p_value.is_some_and(|p| p <= 0.05));
        }
        let (held, wrong) = (part(held, rounds), part(wrong, rounds));
        assert!((0.93..=0.97).contains(&held), "{clusters} x {size} x {repeats}: {held}");
        assert!(wrong <= 0.055, "{clusters} x {size} x {repeats}: {wrong}");
    }
}

/// Weights of cases by their number, and what they are called.
type Weights = (&'static str, fn(u32) -> f64);

/// Weighted by traffic: an interval holds the truth at least as often as it says, and the test errs no oftener, however
/// uneven the weights are.
#[test]
fn weighted_comparisons_hold_and_err_as_often_as_they_say() {
    let weights: [Weights; 3] = [
        ("one in five weighs ten", |i| if i % 5 == 0 { 10.0 } else { 1.0 }),
        ("by rank", |i| 1.0 / f64::from(i + 1)),
        ("one has half", |i| if i == 0 { 40.0 } else { 1.0 }),
    ];
    let (mut all_wrong, mut all_rounds) = (0, 0);
    for (clusters, size, repeats, rounds) in
        [(20_u32, 1_u32, 1_u32, 1500_u32), (200, 1, 1, 600), (40, 5, 3, 300)]
    {
        for (name, weight) in weights {
            let mut random = Random::new(3);
            let (mut held, mut wrong) = (0, 0);
            for round in 0..rounds {
                let (mut moved, mut still) = (WeightedFold::default(), WeightedFold::default());
                for cluster in 0..clusters {
                    let rate = 0.6 + 0.3 * random.fraction();
                    for member in 0..size {
                        let unit = Unit { cluster, case: cluster * size + member };
                        let mut level = |rate: f64| {
                            let passed = (0..repeats).filter(|_| random.fraction() < rate).count();
                            Level { mean: passed as f64 / f64::from(repeats), trials: repeats }
                        };
                        let (base, again, cand) = (level(rate), level(rate), level(rate - 0.05));
                        moved.add(base, cand, weight(unit.case), unit);
                        still.add(base, again, weight(unit.case), unit);
                    }
                }
                let seed = u64::from(round);
                held += holds(moved.finish(0.02, seed).unwrap().interval.unwrap(), -0.05);
                let p = still.finish(0.02, seed).unwrap().p_value;
                wrong += u32::from(p.is_some_and(|p| p <= 0.05));
            }
            let held = part(held, rounds);
            assert!(held >= 0.93, "{clusters} x {size} x {repeats}, {name}: {held}");
            all_wrong += wrong;
            all_rounds += rounds;
        }
    }
    let wrong = part(all_wrong, all_rounds);
    assert!(wrong <= 0.055, "{wrong} of {all_rounds}");
}

/// All courses that a run without a change can take, case after case: the chance to stop at any time.
#[test]
fn the_e_value_stops_a_run_without_a_change_at_most_as_often_as_it_says() {
    for alpha in [0.05, 0.01] {
        let (mut at, mut stopped) = (vec![1.0], 0.0);
        for moved in 1..=400 {
            let mut next = vec![0.0; moved + 1];
            for (broke, chance) in at.iter().enumerate() {
                next[broke] += chance / 2.0;
                next[broke + 1] += chance / 2.0;
            }
            for (broke, chance) in next.iter_mut().enumerate() {
                if *chance > 0.0 && e_value(broke as u64, (moved - broke) as u64) >= 1.0 / alpha {
                    stopped += *chance;
                    *chance = 0.0;
                }
            }
            at = next;
        }
        assert!(stopped <= alpha && stopped > alpha / 2.0, "{alpha}: {stopped}");
    }
}

#[test]
fn rates_corrected_by_labels_hold_as_often_as_they_say() {
    for (rate, good, bad) in [(0.85, 0.97, 0.5), (0.95, 0.95, 0.9), (0.6, 0.9, 0.8)] {
        let mut random = Random::new(4);
        let rounds = 1000;
        let held = (0..rounds).map(|_| {
            let mut stratum = Stratum::default();
            for at in 0..300 {
                let y = random.fraction() < rate;
                let f = if y { random.fraction() < good } else { random.fraction() >= bad };
                if at < 60 {
                    stratum.labelled.push((y, f));
                } else {
                    stratum.unlabelled.push(f);
                }
            }
            holds(ppi_plus_plus(&[stratum]).unwrap().interval, rate)
        });
        let held = part(held.sum(), rounds);
        assert!((0.93..=0.97).contains(&held), "{rate} {good} {bad}: {held}");
    }
}
