//! How fast the similarity metrics are, on the pairs of `tests/reference`, one core.
//!
//! `cargo bench --bench metrics [-- ROUNDS]` prints for each metric the microseconds of one pair in the
//! quickest round. `benches/metrics.py` runs it in turn with the Python packages on the same pairs.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark prints, and fails by panicking")]

use std::hint::black_box;
use std::path::Path;
use std::time::Instant;

use regauge::score::similarity::rouge::{self, Reading};
use regauge::score::similarity::{Tokenizer, bleu, chrf, meteor};
use serde::Deserialize;

/// That of the program itself.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const PARITY: Reading = Reading { tokenizer: Tokenizer::Parity, stem: false };

#[derive(Deserialize)]
struct Stored {
    texts: Vec<String>,
    pairs: Vec<(usize, usize)>,
}

/// A metric by the name that `metrics.py` knows it by.
type Metric = (&'static str, fn(&str, &str) -> f64);

const METRICS: [Metric; 8] = [
    ("rouge-1", |answer, reference| rouge::words(answer, reference, PARITY).f),
    ("rouge-2", |answer, reference| rouge::word_pairs(answer, reference, PARITY).f),
    ("rouge-l", |answer, reference| rouge::longest(answer, reference, PARITY).f),
    ("rouge-lsum", |answer, reference| rouge::by_sentence(answer, reference, PARITY).f),
    ("bleu", |answer, reference| bleu::sentence(answer, &[reference], Tokenizer::Parity)),
    ("chrf", |answer, reference| chrf::characters(answer, reference, Tokenizer::Parity).f),
    ("chrf++", |answer, reference| chrf::characters_and_words(answer, reference, Tokenizer::Parity).f),
    ("meteor", |answer, reference| meteor::sentence(answer, reference, Tokenizer::Parity, true)),
];

fn main() {
    let rounds = std::env::args().skip(1).find_map(|arg| arg.parse().ok()).unwrap_or(10_u32);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference/texts.json");
    let stored: Stored = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    for (name, metric) in METRICS {
        let mut quickest = f64::MAX;
        for _ in 0..rounds {
            let start = Instant::now();
            for (answer, reference) in &stored.pairs {
                black_box(metric(black_box(&stored.texts[*answer]), black_box(&stored.texts[*reference])));
            }
            quickest = quickest.min(start.elapsed().as_secs_f64());
        }
        println!("{name} {:.3}", quickest / stored.pairs.len() as f64 * 1e6);
    }
}
