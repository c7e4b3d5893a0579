//! What embeddings cost and how well they agree with people.
//!
//! `cargo bench --bench embed [-- PAIRS.jsonl…]`. Without a file: sentences per second on one thread. A file has lines
//! with `sentence1`, `sentence2` and `score`, as the STS benchmark does; its Spearman correlation is printed. The
//! weights are fetched when they are not there.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark prints, and fails by panicking")]

use std::sync::Arc;
use std::time::Instant;

use regauge::embed::{Embedder, FetchArgs, fetch, local};

const SENTENCES: usize = 256;

fn main() {
    let cache_dir = regauge::config::models_dir(&|_| None).unwrap();
    let args = FetchArgs { cache_dir: &cache_dir, hub: None, on_fetch: Arc::new(|_| ()) };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(fetch(args)).unwrap();
    let embedder = local(Some(&cache_dir));
    let started = Instant::now();
    embedder.embed(&["the first text loads the model"]).unwrap();
    println!("loaded in {:.2} s", started.elapsed().as_secs_f64());
    let files: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with('-')).collect();
    if files.is_empty() {
        speed(&*embedder);
    }
    for file in files {
        agreement(&*embedder, &file);
    }
}

/// Sentences of 35 tokens, the two that frame them included; each is new, so that none is remembered.
fn speed(embedder: &dyn Embedder) {
    let words = "return window bike order day box label lock helmet shop light wheel seat bell".split(' ');
    let words: Vec<&str> = words.collect();
    for round in 0..3 {
        let sentence = |n: usize| {
            let word = |place: usize| words[(n / words.len().pow(place as u32 % 3) + place) % words.len()];
            (0..33).map(word).collect::<Vec<_>>().join(" ")
        };
        let texts: Vec<String> = (0..SENTENCES).map(|n| sentence(n + round * SENTENCES)).collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let started = Instant::now();
        embedder.embed(&texts).unwrap();
        println!("{:.1} sentences/s", texts.len() as f64 / started.elapsed().as_secs_f64());
    }
}

fn agreement(embedder: &dyn Embedder, file: &str) {
    let (mut cosines, mut scores) = (Vec::new(), Vec::new());
    for line in std::fs::read_to_string(file).unwrap().lines() {
        let pair: serde_json::Value = serde_json::from_str(line).unwrap();
        let text = |key: &str| pair[key].as_str().unwrap().to_owned();
        let vectors = embedder.embed(&[&text("sentence1"), &text("sentence2")]).unwrap();
        cosines.push(vectors[0].cosine(&vectors[1]));
        scores.push(pair["score"].as_f64().unwrap());
    }
    println!("{file}: {} pairs, Spearman {:.4}", scores.len(), pearson(&ranks(&cosines), &ranks(&scores)));
}

/// Ranks; equal values share the mean of theirs.
fn ranks(values: &[f64]) -> Vec<f64> {
    let below = |x: f64| values.iter().filter(|y| **y < x).count() as f64;
    let equal = |x: f64| values.iter().filter(|y| y.total_cmp(&x).is_eq()).count() as f64;
    values.iter().map(|x| below(*x) + equal(*x) / 2.0).collect()
}

fn pearson(a: &[f64], b: &[f64]) -> f64 {
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let (mean_a, mean_b) = (mean(a), mean(b));
    let sum = |f: &dyn Fn(f64, f64) -> f64| -> f64 {
        a.iter().zip(b).map(|(x, y)| f(x - mean_a, y - mean_b)).sum()
    };
    sum(&|x, y| x * y) / (sum(&|x, _| x * x) * sum(&|_, y| y * y)).sqrt()
}
