//! The similarity metrics are those of `rouge-score`, `sacrebleu` and NLTK, on texts of this project.
//!
//! `tests/reference/make.py` says which versions computed the values and how.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

use std::path::Path;

use regauge::score::similarity::rouge::{self, Reading};
use regauge::score::similarity::{Overlap, Tokenizer, bleu, chrf, meteor};
use serde::Deserialize;

/// On a scale from 0 to 1; the files hold eleven decimal places.
const TOLERANCE: f64 = 1e-9;

#[derive(Deserialize)]
struct Texts {
    texts: Vec<String>,
}

#[derive(Deserialize)]
struct Several {
    answer: usize,
    references: String,
    bleu: f64,
}

fn folder() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference")
}

fn texts() -> Vec<String> {
    let file = std::fs::read_to_string(folder().join("texts.json")).unwrap();
    serde_json::from_str::<Texts>(&file).unwrap().texts
}

/// Precision, recall and F under the names of a column.
fn parts(name: &str, found: Overlap) -> Vec<(String, f64)> {
    [("p", found.precision), ("r", found.recall), ("f", found.f)]
        .map(|(part, value)| (format!("{name}_{part}"), value))
        .to_vec()
}

/// A metric of two texts with parts.
type Metric = fn(&str, &str, Reading) -> Overlap;

/// Every figure of one pair by the name of its column, from 0 to 1.
fn figures(answer: &str, reference: &str) -> Vec<(String, f64)> {
    let mut all = Vec::new();
    let metrics: [(&str, Metric); 4] = [
        ("rouge1", rouge::words),
        ("rouge2", rouge::word_pairs),
        ("rougeL", rouge::longest),
        ("rougeLsum", rouge::by_sentence),
    ];
    for (name, metric) in metrics {
        let reading = |stem| Reading { tokenizer: Tokenizer::Parity, stem };
        all.extend(parts(name, metric(answer, reference, reading(false))));
        all.push((format!("{name}_stem_f"), metric(answer, reference, reading(true)).f));
    }
    all.push(("bleu".to_owned(), bleu::sentence(answer, &[reference], Tokenizer::Parity)));
    all.push(("chrf".to_owned(), chrf::characters(answer, reference, Tokenizer::Parity).f));
    all.push(("chrfpp".to_owned(), chrf::characters_and_words(answer, reference, Tokenizer::Parity).f));
    all.push(("meteor".to_owned(), meteor::sentence(answer, reference, Tokenizer::Parity, true)));
    all
}

/// What `sacrebleu` gives as percent.
fn scale(column: &str) -> f64 {
    if ["bleu", "chrf", "chrfpp"].contains(&column) { 100.0 } else { 1.0 }
}

#[test]
fn every_figure_is_that_of_the_reference_implementation() {
    let texts = texts();
    let mut reader = csv::Reader::from_path(folder().join("pairs.csv")).unwrap();
    let columns: Vec<String> = reader.headers().unwrap().iter().map(ToOwned::to_owned).collect();
    let mut pairs = 0;
    let mut wrong = Vec::new();
    for row in reader.records() {
        let row = row.unwrap();
        let text = |at: usize| texts[row[at].parse::<usize>().unwrap()].as_str();
        let found = figures(text(0), text(1));
        assert_eq!(found.len(), columns.len() - 2);
        for (column, expected) in columns.iter().zip(&row).skip(2) {
            let expected = expected.parse::<f64>().unwrap() / scale(column);
            let (_, value) = found.iter().find(|(name, _)| name == column).expect("a figure for each column");
            if (value - expected).abs() > TOLERANCE {
                wrong.push(format!("{column} {value} instead of {expected}: {:?} {:?}", text(0), text(1)));
            }
        }
        pairs += 1;
    }
    assert!(pairs >= 2_000);
    assert!(wrong.is_empty(), "{} differ\n{}", wrong.len(), wrong[..wrong.len().min(20)].join("\n"));
}

#[test]
fn bleu_takes_its_words_from_several_references() {
    let texts = texts();
    let mut rows = 0;
    for row in csv::Reader::from_path(folder().join("several.csv")).unwrap().deserialize::<Several>() {
        let row = row.unwrap();
        let references: Vec<&str> =
            row.references.split(' ').map(|at| texts[at.parse::<usize>().unwrap()].as_str()).collect();
        let value = bleu::sentence(&texts[row.answer], &references, Tokenizer::Parity);
        assert!((value - row.bleu / 100.0).abs() < TOLERANCE, "{value} {references:?}");
        rows += 1;
    }
    assert!(rows >= 200);
}
