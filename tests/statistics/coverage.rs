//! Intervals hold the truth and tests err as often as they say; `benches/coverage` is the long form, and says why what is claimed
//! of counts is a mean.

use regauge::diff::{Level, MetricFold, Unit, WeightedFold};
use regauge::stats::{
    Interval, Random, RatePair, Stratum, bca, clustered_mean, e_value, fisher, jeffreys, mcnemar_power,
    ppi_plus_plus, rate_difference, sign_flip, tango, wilson, wilson_clustered,
};

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

const CLAIMED: std::ops::RangeInclusive<f64> = 0.93..=0.97;

fn mean(shares: &[f64]) -> f64 {
    shares.iter().sum::<f64>() / shares.len() as f64
}

/// All outcomes, each with its chance: nothing is drawn. Over rates of 5 to 95 %.
#[test]
fn intervals_of_counts_hold_as_often_as_they_say() {
    for (name, of) in [("Wilson", wilson as fn(u64, u64) -> _), ("Jeffreys", jeffreys)] {
        for n in [20_u64, 50, 200, 1000] {
            let intervals: Vec<Interval> = (0..=n).map(|k| of(k, n).unwrap()).collect();
            let share = |p: f64| -> f64 {
                let chances = binomial(n, p).into_iter().zip(&intervals);
                chances.filter(|(_, interval)| holds(**interval, p) == 1).map(|(chance, _)| chance).sum()
            };
            let step = if n > 500 { 6 } else { 1 };
            let held: Vec<f64> = (5..=95).step_by(step).map(|i| share(f64::from(i) / 100.0)).collect();
            assert!(CLAIMED.contains(&mean(&held)), "{name}, {n}: {}", mean(&held));
            let least = held.iter().fold(1.0_f64, |least, share| least.min(*share));
            assert!(least > if name == "Wilson" { 0.92 } else { 0.88 }, "{name}, {n}: {least}");
        }
    }
}

/// From three to half of the pairs are expected to change; with fewer, score intervals are wider than they say.
#[test]
fn intervals_of_pairs_hold_as_often_as_they_say() {
    let mut random = Random::new(20);
    for n in [20_u64, 40] {
        let mut held = Vec::new();
        for _ in 0..8 {
            let moved = 3.0 * (n as f64 / 6.0).powf(random.fraction()) / n as f64;
            let broken = 0.1 + 0.8 * random.fraction();
            let truth = moved * (1.0 - 2.0 * broken);
            let mut share = 0.0;
            // What did not change is no part of the interval.
            for (changed, chance) in (0..).zip(binomial(n, moved)) {
                for (b, of_b) in (0..).zip(binomial(changed, broken)) {
                    let found = tango(n - changed, b, changed - b, 0).unwrap();
                    share += chance * of_b * f64::from(holds(found, truth));
                }
            }
            held.push(share);
        }
        assert!(CLAIMED.contains(&mean(&held)), "{n}: {held:?}");
        assert!(held.iter().all(|share| *share > 0.93), "{n}: {held:?}");
    }
}

/// Cases that broke, were fixed or are flaky, asked three times, alone or in clusters, all alike or with weights.
#[test]
fn intervals_of_repeats_clusters_and_weights_hold_as_often_as_they_say() {
    let mut shares = Vec::new();
    for (clusters, size, heavy, flaky) in
        [(60_u32, 1_u32, 1_u32, 0.0), (60, 1, 5, 0.0), (60, 1, 1, 0.2), (30, 4, 1, 0.0), (30, 4, 5, 0.2)]
    {
        let (mut random, mut held) = (Random::new(11), 0);
        for _ in 0..600 {
            let mut pairs = Vec::new();
            for cluster in 0..clusters {
                let draw = random.fraction();
                for member in 0..size {
                    let rate = 0.2 + 0.6 * random.fraction();
                    let (before, after) = match draw {
                        x if x < 0.1 => (1.0, 0.0),
                        x if x < 0.15 => (0.0, 1.0),
                        _ if random.fraction() < flaky => (rate, rate),
                        _ => (1.0, 1.0),
                    };
                    let mut passed = |rate: f64| {
                        f64::from((0..3).map(|_| u8::from(random.fraction() < rate)).sum::<u8>()) / 3.0
                    };
                    let (base, cand) = (passed(before), passed(after));
                    let weight = f64::from(1 + (cluster + member) % heavy);
                    pairs.push(RatePair { base, cand, trials: 3, weight, cluster });
                }
            }
            held += holds(rate_difference(&pairs).unwrap().interval.unwrap(), -0.05);
        }
        shares.push(f64::from(held) / 600.0);
    }
    assert!(CLAIMED.contains(&mean(&shares)), "{shares:?}");
    assert!(shares.iter().all(|share| *share > 0.92), "{shares:?}");
}

/// Trials of a cluster share its rate, which is even from .6 to 1, or are one answer.
#[test]
fn intervals_of_clustered_rates_hold_as_often_as_they_say() {
    let (mut shares, mut plain) = (Vec::new(), Vec::new());
    for (clusters, size, alike) in [(20_u32, 3_u64, false), (50, 5, false), (50, 3, true), (200, 5, true)] {
        let mut random = Random::new(6);
        let (mut held, mut of_plain) = (0, 0);
        let ids: Vec<u32> = (0..clusters).collect();
        for _ in 0..800 {
            let mut tally = |_| {
                let own = random.fraction();
                let rate = if alike { f64::from(u8::from(own < 0.8)) } else { 0.6 + 0.4 * own };
                ((0..size).filter(|_| random.fraction() < rate).count() as u64, size)
            };
            let tallies: Vec<(u64, u64)> = (0..clusters).map(&mut tally).collect();
            held += holds(wilson_clustered(&tallies, &ids).unwrap(), 0.8);
            of_plain +=
                holds(wilson(tallies.iter().map(|(k, _)| k).sum(), u64::from(clusters) * size).unwrap(), 0.8);
        }
        shares.push(part(held, 800));
        plain.push(part(of_plain, 800));
    }
    assert!(CLAIMED.contains(&mean(&shares)) && shares.iter().all(|s| *s > 0.92), "{shares:?}");
    assert!(mean(&plain) < 0.9, "trials that are alike are fewer: {plain:?}");
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
        [(20_u32, 1_u32, 1_u32, 2000_u32), (200, 1, 1, 1000), (20, 5, 3, 1200)]
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
                        let passed = |_| f64::from(u8::from(random.fraction() < rate));
                        Level::of((0..repeats).map(passed)).unwrap()
                    };
                    let (base, again, cand) = (level(rate), level(rate), level(rate - loss));
                    moved.add(base, cand, unit);
                    still.add(base, again, unit);
                }
            }
            let seed = u64::from(round);
            held += holds(moved.finish("", 0.02, seed).interval.unwrap(), -0.05);
            wrong += u32::from(still.finish("", 0.02, seed).p_value.is_some_and(|p| p <= 0.05));
        }
        let (held, wrong) = (part(held, rounds), part(wrong, rounds));
        assert!((0.93..=0.97).contains(&held), "{clusters} x {size} x {repeats}: {held}");
        assert!(wrong <= 0.055, "{clusters} x {size} x {repeats}: {wrong}");
    }
}

/// Weights of cases by their number, and what they are called.
type Weights = (&'static str, fn(u32) -> f64);

/// Weighted by traffic, where no case has more than a tenth of it: as often as it says; where one decides, at least as often.
#[test]
fn weighted_comparisons_hold_and_err_as_often_as_they_say() {
    let weights: [Weights; 4] = [
        ("one in five weighs ten", |i| if i % 5 == 0 { 10.0 } else { 1.0 }),
        ("by the root of the rank", |i| 1.0 / f64::from(i + 1).sqrt()),
        ("by rank", |i| 1.0 / f64::from(i + 1)),
        ("one weighs forty", |i| if i == 0 { 40.0 } else { 1.0 }),
    ];
    let (mut all_wrong, mut all_rounds, mut shares) = (0, 0, Vec::new());
    for (clusters, size, repeats, rounds) in
        [(50_u32, 1_u32, 1_u32, 400_u32), (200, 1, 1, 150), (40, 5, 3, 150)]
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
                            let passed = |_| f64::from(u8::from(random.fraction() < rate));
                            Level::of((0..repeats).map(passed)).unwrap()
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
            assert!(held >= 0.9, "{clusters} x {size} x {repeats}, {name}: {held}");
            let whole: f64 = (0..clusters * size).map(weight).sum();
            if (0..clusters * size).all(|case| weight(case) <= 0.1 * whole) {
                shares.push(held);
            }
            all_wrong += wrong;
            all_rounds += rounds;
        }
    }
    assert!(shares.len() == 6 && CLAIMED.contains(&mean(&shares)), "{shares:?}");
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

/// Labels drawn by the judge's verdict, half of each, as `regauge label` draws them.
#[test]
fn rates_corrected_by_labels_hold_as_often_as_they_say() {
    let mut shares = Vec::new();
    for (rate, good, bad) in [(0.85, 0.97, 0.5), (0.9, 0.9, 0.8), (0.6, 0.9, 0.8), (0.3, 0.95, 0.95)] {
        let mut random = Random::new(4);
        let rounds = 600;
        let held = (0..rounds).map(|_| {
            let mut strata: [Stratum; 2] = Default::default();
            for _ in 0..600 {
                let y = random.fraction() < rate;
                let f = if y { random.fraction() < good } else { random.fraction() >= bad };
                let stratum = &mut strata[usize::from(f)];
                if stratum.labelled.len() < 50 {
                    stratum.labelled.push((y, f));
                } else {
                    stratum.unlabelled.push(f);
                }
            }
            holds(ppi_plus_plus(&strata).unwrap().interval, rate)
        });
        shares.push(part(held.sum(), rounds));
    }
    assert!(CLAIMED.contains(&mean(&shares)) && shares.iter().all(|s| *s > 0.925), "{shares:?}");
}
