//! Stand-ins until the branch `stats` is merged.
#![allow(missing_docs, clippy::all, clippy::pedantic, reason = "goes away with the merge")]

use crate::stats::Interval;

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Level {
    pub mean: f64,
    pub se: f64,
    pub interval: Interval,
    pub n: usize,
    pub clusters: usize,
}

fn sums(values: &[f64], clusters: &[u32], centre: f64) -> Vec<f64> {
    let mut by = std::collections::BTreeMap::<u32, f64>::new();
    for (v, c) in values.iter().zip(clusters) {
        *by.entry(*c).or_default() += v - centre;
    }
    by.into_values().collect()
}
pub fn clustered_mean(values: &[f64], clusters: &[u32]) -> Option<Level> {
    let n = values.len();
    let mean = values.iter().sum::<f64>() / n as f64;
    let s = sums(values, clusters, mean);
    let g = s.len();
    if g < 2 {
        return None;
    }
    let se = (s.iter().map(|x| x * x).sum::<f64>() * g as f64 / (g - 1) as f64).sqrt() / n as f64;
    let (z, v) = (1.959_963_984_540_054_f64, (g - 1) as f64);
    let t = z + (z.powi(3) + z) / (4.0 * v) + (5.0 * z.powi(5) + 16.0 * z.powi(3) + 3.0 * z) / (96.0 * v * v);
    Some(Level { mean, se, interval: Interval { low: mean - t * se, high: mean + t * se }, n, clusters: g })
}
pub fn sign_flip(diffs: &[f64], clusters: &[u32], seed: u64) -> Option<f64> {
    let s = sums(diffs, clusters, 0.0);
    if s.is_empty() {
        return None;
    }
    let observed = s.iter().sum::<f64>().abs() - 1e-12;
    let s: Vec<f64> = s.into_iter().filter(|x| *x != 0.0).collect();
    if s.len() <= 16 {
        let all = 1_u32 << s.len();
        let hits = (0..all)
            .filter(|m| {
                s.iter().enumerate().map(|(i, x)| if m >> i & 1 == 1 { -x } else { *x }).sum::<f64>().abs()
                    >= observed
            })
            .count();
        return Some(hits as f64 / all as f64);
    }
    let mut state = seed | 1;
    let mut hits = 0;
    for _ in 0..9_999 {
        let mut t = 0.0;
        for x in &s {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            t += if state >> 63 == 1 { -x } else { *x };
        }
        if t.abs() >= observed {
            hits += 1;
        }
    }
    Some((1 + hits) as f64 / 10_000.0)
}
pub fn bca(_: &[f64], _: &[u32], _: u64) -> Option<Interval> {
    None
}
fn lf(n: u64) -> f64 {
    (1..=n).map(|i| (i as f64).ln()).sum()
}
fn lc(n: u64, k: u64) -> f64 {
    lf(n) - lf(k) - lf(n - k)
}
pub fn fisher(pass_a: u64, n_a: u64, pass_b: u64, n_b: u64) -> f64 {
    let k = pass_a + pass_b;
    let p = |x: u64| (lc(n_a, x) + lc(n_b, k - x) - lc(n_a + n_b, k)).exp();
    let at = p(pass_a);
    (k.saturating_sub(n_b)..=k.min(n_a)).map(p).filter(|q| *q <= at * (1.0 + 1e-7)).sum::<f64>().min(1.0)
}
pub fn holm(p: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|a, b| p[*a].total_cmp(&p[*b]));
    let (mut out, mut worst) = (vec![1.0; p.len()], 0.0_f64);
    for (i, at) in order.into_iter().enumerate() {
        worst = worst.max((p.len() - i) as f64 * p[at]).min(1.0);
        out[at] = worst;
    }
    out
}
pub fn benjamini_hochberg(p: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|a, b| p[*b].total_cmp(&p[*a]));
    let (mut out, mut least, m) = (vec![1.0; p.len()], 1.0_f64, p.len());
    for (i, at) in order.into_iter().enumerate() {
        least = least.min(m as f64 / (m - i) as f64 * p[at]);
        out[at] = least;
    }
    out
}
pub fn pass_at_k(n: u64, c: u64, k: u64) -> Option<f64> {
    if k == 0 || k > n || c > n {
        return None;
    }
    Some(if n - c < k { 1.0 } else { 1.0 - (lc(n - c, k) - lc(n, k)).exp() })
}
pub fn pass_hat_k(n: u64, c: u64, k: u64) -> Option<f64> {
    if k == 0 || k > n || c > n {
        return None;
    }
    Some(if c < k { 0.0 } else { (lc(c, k) - lc(n, k)).exp() })
}
pub struct VarianceSplit {
    pub between: f64,
    pub within_base: f64,
    pub within_cand: f64,
}
pub fn cases_needed(
    v: &VarianceSplit,
    change: f64,
    k_base: f64,
    k_cand: f64,
    _alpha: f64,
    _power: f64,
) -> f64 {
    7.848_879_734_342 * (v.between + v.within_base / k_base + v.within_cand / k_cand) / (change * change)
}
