//! What is said of articles without any model: conflicts among them, and questions put together.
//!
//! `cargo bench --bench articles -- FOLDER`. The folder holds `kb_contoso`, `kb_logingov`, `kb_mtrag_cloud_govt` and
//! `kb_tau_banking`, of which every conflict is printed for a person to judge, and `intent_banking77` and `oos_clinc150`,
//! whose intents are what questions put together are held against; the embedding model is used where it is at hand.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a benchmark prints, and fails by panicking"
)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use regauge::coverage::clusters::{self, Question};
use regauge::coverage::conflicts::among;
use regauge::diagnostic::SourceFile;
use regauge::embed::{Embedder, local};
use regauge::knowledge::{SourceSpec, load};
use regauge::score::accepted::terms;
use serde_json::Value;

fn main() {
    let Some(folder) = std::env::args().skip(1).find(|a| !a.starts_with("--")).map(PathBuf::from) else {
        println!("skipped: name the folder with the data, as in `cargo bench --bench articles -- ../data`");
        return;
    };
    for name in ["kb_contoso", "kb_logingov", "kb_mtrag_cloud_govt", "kb_tau_banking"] {
        conflicts(&folder, name);
    }
    let absent = local(None);
    let at_hand = local(regauge::config::models_dir(&|_| None).as_deref());
    for name in ["intent_banking77", "oos_clinc150"] {
        for (half, by) in [(0, &absent), (0, &at_hand), (1, &absent), (1, &at_hand)] {
            intents(&folder, name, half, by);
        }
    }
}

fn conflicts(folder: &Path, name: &str) {
    if !folder.join(name).is_dir() {
        println!("{name} is not there");
        return;
    }
    let spec = SourceSpec {
        kind: None,
        name: name.to_owned(),
        path: Path::new(name).join("articles.jsonl"),
        fields: BTreeMap::from([("text".to_owned(), "body_md".to_owned())]),
        file: SourceFile::new("", ""),
        span: 0..0,
    };
    let (articles, _) = load(folder, &spec);
    let passages: usize = articles.iter().map(|article| article.passages.len()).sum();
    let found = among(&articles);
    println!("{name}: {} articles, {passages} passages, {} conflicts", articles.len(), found.len());
    for conflict in found {
        println!("  {:9} {} | {} | {}", conflict.kind, conflict.section, conflict.with, conflict.facts);
    }
}

/// Four questions of every second intent, put together and held against their intents.
fn intents(folder: &Path, name: &str, half: usize, embedder: &Arc<dyn Embedder>) {
    let Ok(text) = std::fs::read_to_string(folder.join(name).join("test.jsonl")) else {
        println!("{name} is not there");
        return;
    };
    let mut intents: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for row in text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()) {
        if row.get("in_scope") != Some(&Value::Bool(false)) {
            let of = |key: &str| row[key].as_str().unwrap().to_owned();
            intents.entry(of("intent")).or_default().push(of("text"));
        }
    }
    let chosen = intents.into_values().skip(half).step_by(2).enumerate();
    let asked: Vec<(usize, String)> = chosen
        .flat_map(|(intent, texts)| texts.into_iter().take(4).map(move |text| (intent, text)))
        .collect();
    let mut frequency: BTreeMap<u64, f64> = BTreeMap::new();
    for (word, _) in asked.iter().flat_map(|(_, text)| terms(text)) {
        *frequency.entry(word).or_default() += 1.0;
    }
    let n = asked.len() as f64;
    let words = |text: &str| {
        terms(text).into_iter().map(|(word, _)| (word, (1.0 + n / (1.0 + frequency[&word])).ln())).collect()
    };
    let questions: Vec<Question<'_>> =
        asked.iter().map(|(_, text)| Question { text, lang: "en", words: words(text) }).collect();
    let (groups, by) = clusters::of(&questions, embedder.as_ref());
    let mut group = vec![0; asked.len()];
    for (at, members) in groups.iter().enumerate() {
        for place in members {
            group[*place] = at;
        }
    }
    let (mut right, mut wrong, mut missed, mut apart) = (0.0, 0.0, 0.0, 0.0);
    for a in 0..asked.len() {
        for b in 0..a {
            match (group[a] == group[b], asked[a].0 == asked[b].0) {
                (true, true) => right += 1.0,
                (true, false) => wrong += 1.0,
                (false, true) => missed += 1.0,
                (false, false) => apart += 1.0,
            }
        }
    }
    let (precision, recall) = (right / f64::max(right + wrong, 1.0), right / (right + missed));
    let rand = 2.0 * (right * apart - missed * wrong)
        / ((right + missed) * (missed + apart) + (right + wrong) * (wrong + apart));
    println!(
        "{name}, half {half}: {} questions by {}: {} groups, pairs right {precision:.2}, found {recall:.2}, adjusted Rand {rand:.3}",
        asked.len(),
        by.by,
        groups.len()
    );
}
