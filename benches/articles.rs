//! What is said of articles without any model: conflicts among them, and questions put together.
//!
//! `cargo bench --bench articles -- FOLDER`. The folder holds `kb_contoso`, `kb_logingov`, `kb_mtrag_cloud_govt` and
//! `kb_tau_banking`, of which every conflict is printed for a person to judge, and `intent_banking77` and `oos_clinc150`,
//! whose intents are what questions put together are held against, by the embedding model where it is at hand: at several
//! distances, by the average and by the farthest pair of two groups (complete linkage). Distances are chosen on one half of
//! the intents and reported on the other. Measured (mean of both sets, 4 and 12 questions of an intent):
//!
//! | put together | chosen on half 0: adjusted Rand, V | half 1: adjusted Rand, V |
//! |---|---|---|
//! | by meaning, complete linkage, 0.60 | .638, .892 | .614, .886 |
//! | by meaning, average linkage, 0.45 | .615, .887 | .592, .886 |
//! | by words, average linkage, 0.80 | .470, .834 | .482, .841 |
//! | by words, complete linkage, 0.85 | .435, .829 | .440, .834 |
//!
//! By words with one near question enough (single linkage, as it was before) the adjusted Rand was .005 on BANKING77.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a benchmark prints, and fails by panicking"
)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use regauge::coverage::clusters::{self, Method, Question};
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
    let embedder = local(regauge::config::models_dir(&|name| std::env::var(name).ok()).as_deref());
    if let Err(error) = embedder.ready() {
        println!("{error}: questions are put together by their words alone");
    }
    for name in ["intent_banking77", "oos_clinc150"] {
        intents(&folder, name, embedder.as_ref());
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
        values: BTreeMap::new(),
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

/// Questions of an intent, and the intent.
type Asked = Vec<(usize, String)>;

/// Questions of some intents put together at several distances and held against their intents.
fn intents(folder: &Path, name: &str, embedder: &dyn Embedder) {
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
    for each in [4, 12] {
        for half in [0, 1] {
            let chosen = intents.values().skip(half).step_by(2).enumerate();
            let asked: Asked = chosen
                .flat_map(|(intent, texts)| texts.iter().take(each).map(move |text| (intent, text.clone())))
                .collect();
            println!("{name}, half {half}, {each} of each intent: {} questions", asked.len());
            distances(&asked, embedder);
        }
    }
}

/// Agreement with the intents at every distance.
fn distances(asked: &Asked, embedder: &dyn Embedder) {
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
    let texts: Vec<&str> = asked.iter().map(|(_, text)| text.as_str()).collect();
    let vectors = embedder.embed(&texts);
    let by_words = |one: usize, other: usize| clusters::words_apart(&questions[one], &questions[other]);
    for (method, said) in [(Method::Average, "average"), (Method::Complete, "complete")] {
        if let Ok(vectors) = &vectors {
            for limit in [0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7, 0.8] {
                let by_meaning = |one: usize, other: usize| 1.0 - vectors[one].cosine(&vectors[other]);
                agreement(
                    &format!("meaning {said} {limit:.2}"),
                    asked,
                    &clusters::joined(asked.len(), method, limit, by_meaning),
                );
            }
        }
        for limit in [0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95] {
            agreement(
                &format!("words {said} {limit:.2}"),
                asked,
                &clusters::joined(asked.len(), method, limit, by_words),
            );
        }
    }
}

/// Adjusted Rand index (Hubert and Arabie 1985) and V-measure (Rosenberg and Hirschberg 2007) of some groups.
fn agreement(what: &str, asked: &Asked, groups: &[Vec<usize>]) {
    let mut both: BTreeMap<(usize, usize), f64> = BTreeMap::new();
    let (mut of_group, mut of_intent) = (BTreeMap::new(), BTreeMap::new());
    for (group, members) in groups.iter().enumerate() {
        for at in members {
            let intent = asked[*at].0;
            *both.entry((group, intent)).or_default() += 1.0;
            *of_group.entry(group).or_default() += 1.0;
            *of_intent.entry(intent).or_default() += 1.0;
        }
    }
    let pairs = |counts: &mut dyn Iterator<Item = &f64>| counts.map(|c| c * (c - 1.0) / 2.0).sum::<f64>();
    let (right, grouped, meant) =
        (pairs(&mut both.values()), pairs(&mut of_group.values()), pairs(&mut of_intent.values()));
    let n = asked.len() as f64;
    let by_chance = grouped * meant / (n * (n - 1.0) / 2.0);
    let rand = (right - by_chance) / (f64::midpoint(grouped, meant) - by_chance);
    let entropy = |counts: &mut dyn Iterator<Item = &f64>| -counts.map(|c| c / n * (c / n).ln()).sum::<f64>();
    let (h, k, joint) =
        (entropy(&mut of_intent.values()), entropy(&mut of_group.values()), entropy(&mut both.values()));
    // Homogeneity and completeness are what of each is known from the other; V is their harmonic mean.
    let v = 2.0 * (h + k - joint) / (h + k);
    println!("  {what:22} {:4} groups  adjusted Rand {rand:.3}  V {v:.3}", groups.len());
}
