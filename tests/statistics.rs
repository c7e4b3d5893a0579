//! The statistics agree with scipy and statsmodels (`tests/reference/stats.py`) to 1e-9, and are right as often as they say.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use regauge::stats::{
    Interval, Random, bca, benjamini_hochberg, clustered_mean, e_value, fisher, holm, mcnemar_exact,
    mcnemar_mid_p, newcombe, sign_flip, wilson,
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

/// How often each method is right in seeded rounds: `clusters` clusters of `size` cases, half of the noise shared in a cluster.
#[test]
fn intervals_hold_and_tests_err_as_often_as_they_say() {
    for (clusters, size, rounds) in [(20_u32, 1_u32, 1200_u32), (20, 5, 1200), (100, 1, 600)] {
        let mut random = Random::new(11);
        let (mut level, mut boot, mut flips) = (0, 0, 0);
        for round in 0..rounds {
            let (mut values, mut ids) = (Vec::new(), Vec::new());
            for cluster in 0..clusters {
                let shared = random.fraction() - 0.5;
                for _ in 0..size {
                    values.push(shared + random.fraction() - 0.5);
                    ids.push(cluster);
                }
            }
            let holds = |i: Interval| u32::from(i.low <= 0.0 && 0.0 <= i.high);
            level += holds(clustered_mean(&values, &ids).unwrap().interval);
            flips += u32::from(sign_flip(&values, &ids, u64::from(round)).unwrap() <= 0.05);
            if round < 400 {
                boot += holds(bca(&values, &ids, u64::from(round)).unwrap());
            }
        }
        let part = |n: u32, of: u32| f64::from(n) / f64::from(of);
        let found = (part(level, rounds), part(boot, 400), part(flips, rounds));
        let shown = format!("{clusters} x {size}: t {:.3} BCa {:.3} flips {:.3}", found.0, found.1, found.2);
        assert!((0.93..=0.97).contains(&found.0), "{shown}");
        assert!((0.92..=0.98).contains(&found.1), "{shown}");
        assert!(found.2 <= 0.07, "{shown}");
    }
}

#[test]
fn the_e_value_rarely_stops_a_run_without_a_change() {
    let mut random = Random::new(3);
    let stopped = (0..4000)
        .filter(|_| {
            let (mut broke, mut fixed) = (0, 0);
            (0..60).any(|_| {
                if random.below(2) == 0 {
                    broke += 1;
                } else {
                    fixed += 1;
                }
                e_value(broke, fixed) >= 20.0
            })
        })
        .count();
    assert!(stopped <= 200, "{stopped} of 4000");
}
