//! The statistics agree with scipy and statsmodels (`tests/reference/stats.py`) to 1e-9, and are right as often as they say.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod coverage;

use regauge::stats::{
    Confusion, Interval, RatePair, bca, benjamini_hochberg, clustered_mean, fisher, holm, jeffreys,
    mcnemar_exact, mcnemar_mid_p, mcnemar_power, mixed_chance, newcombe, rate_difference, rogan_gladen,
    sign_flip, tango, wilson, wilson_clustered,
};
use serde_json::Value;

fn rows(method: &str) -> Vec<Vec<Value>> {
    let all: Value = serde_json::from_str(include_str!("../reference/stats.json")).unwrap();
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
    for (method, of) in [("wilson", wilson as fn(u64, u64) -> _), ("jeffreys", jeffreys)] {
        for row in rows(method) {
            let found: Interval = of(row[0].as_u64().unwrap(), row[1].as_u64().unwrap()).unwrap();
            near(found.low, &row[2]);
            near(found.high, &row[3]);
        }
    }
    for row in rows("wilson_clustered") {
        let tallies: Vec<(u64, u64)> = serde_json::from_value(row[0].clone()).unwrap();
        let own: Vec<u32> = (0..).take(tallies.len()).collect();
        let found = wilson_clustered(&tallies, &own).unwrap();
        near(found.low, &row[1]);
        near(found.high, &row[2]);
    }
    for row in rows("rogan_gladen") {
        let [passed, judged, both_pass, good, both_fail, bad] =
            [0, 1, 2, 3, 4, 5].map(|at| row[at].as_u64().unwrap());
        let labels =
            Confusion { both_pass, judge_only: bad - both_fail, person_only: good - both_pass, both_fail };
        let found = rogan_gladen(passed, judged, &labels).unwrap();
        near(found.rate, &row[6]);
        near(found.interval.low, &row[7]);
        near(found.interval.high, &row[8]);
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
    for row in rows("tango") {
        let [both, a, b, neither] = [0, 1, 2, 3].map(|at| row[at].as_u64().unwrap());
        let found = tango(both, a, b, neither).unwrap();
        near(found.low, &row[4]);
        near(found.high, &row[5]);
    }
    for row in rows("rates") {
        let pair = |of: &Value| {
            let [base, cand, trials, weight, cluster] = [0, 1, 2, 3, 4].map(|at| of[at].as_f64().unwrap());
            RatePair { base, cand, trials: trials as u32, weight, cluster: cluster as u32 }
        };
        let pairs: Vec<RatePair> = row[0].as_array().unwrap().iter().map(pair).collect();
        let found = rate_difference(&pairs).unwrap();
        near(found.effective, &row[1]);
        near(found.interval.unwrap().low, &row[2]);
        near(found.interval.unwrap().high, &row[3]);
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
