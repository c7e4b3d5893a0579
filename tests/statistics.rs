//! The statistics agree with scipy and statsmodels (`tests/reference/stats.py`) to 1e-9.

use regauge::stats::{
    benjamini_hochberg, clustered_mean, fisher, holm, mcnemar_exact, mcnemar_mid_p, newcombe, sign_flip,
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
