//! Measures the knowledge scorers on public human labels, beside plain baselines.
//!
//! ```text
//! cargo bench --bench quality -- FOLDER [SET ...] [--alarms] [--missed] [--rows]
//! ```
//!
//! FOLDER holds the sets, each in its own folder as JSON lines; one that is absent is left out:
//! `aeq_evouna/tq.*.jsonl` (question, references, candidate, label), `grounded_begin/dev.jsonl` (context,
//! question, answer, label_grounded), `abstention_clapnq/dev.jsonl` (question, title, context, goldens,
//! answerable), `kb_{mtrag_cloud_govt,contoso,logingov}/{questions,articles}.jsonl` and
//! `halueval/qa_sample_synthetic.jsonl`. The set `shipped` is this repository's own.
//! Every row goes through the shipped scorer; what it calls not applicable is counted and left out of
//! the figures, and of the baselines beside them.
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a bench prints and fails loudly"
)]

mod changes;
mod goldens;
mod trial;

use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::time::Instant;

use regauge::score::{Markers, Score, Scorer};
use serde_json::Value;

use trial::{Trial, embedder, number, passage, rows, scorer, text, texts};

/// Measures one set.
type Measure = fn(&Path, &Markers);

fn main() {
    let mut args = std::env::args().skip(1).filter(|arg| !arg.starts_with('-'));
    let Some(folder) = args.next().map(PathBuf::from).filter(|f| f.is_dir()) else {
        println!("quality: no folder of labelled sets given, nothing is measured");
        println!("usage: cargo bench --bench quality -- FOLDER [SET ...]");
        return;
    };
    let wanted: Vec<String> = args.collect();
    let markers = Markers::default();
    let sets: [(&str, Measure); 11] = [
        ("aeq_evouna", equivalence),
        ("grounded_begin", grounded),
        ("abstention_clapnq", clapnq),
        ("kb_mtrag_cloud_govt", mtrag),
        ("kb_contoso", changes::help_centre),
        ("kb_logingov", changes::help_centre),
        ("kb_mtrag_cloud_govt", changes::help_centre),
        ("kb_contoso", goldens::published),
        ("kb_logingov", goldens::published),
        ("kb_mtrag_cloud_govt", goldens::published),
        ("halueval", trap),
    ];
    if wanted.is_empty() || wanted.iter().any(|w| w == "shipped") {
        goldens::shipped();
    }
    for (name, measure) in sets {
        if !wanted.is_empty() && !wanted.iter().any(|w| w == name) {
            continue;
        }
        let set = folder.join(name);
        if set.is_dir() {
            measure(&set, &markers);
        } else {
            println!("\n{name}: not in {}", folder.display());
        }
    }
}

// ---- the sets

/// Human verdicts whether an answer equals the golden.
fn equivalence(set: &Path, markers: &Markers) {
    let mut rows = rows(&set.join("tq.00.jsonl"));
    rows.extend(self::rows(&set.join("tq.01.jsonl")));
    for last_only in [false, true] {
        let title =
            if last_only { "EVOUNA-TQ, one reference only (a proxy for thin goldens)" } else { "EVOUNA-TQ" };
        let mut table = Table::new(title, Figure::Labels);
        let scorer = scorer("golden", "");
        let mut halves = [Vec::new(), Vec::new()];
        for row in &rows {
            let mut references = texts(row, "references");
            if last_only {
                references = references.split_off(references.len().saturating_sub(1));
            }
            let answer = text(row, "candidate");
            let trial =
                Trial { question: text(row, "question"), goldens: references.clone(), ..Trial::default() };
            let label = number(row, "label");
            let value = table.run(&scorer, &trial, &answer, markers).value();
            let Some(value) = value else { continue };
            let at = text(row, "id").split('-').nth(1).map_or(0, |n| n.bytes().last().unwrap_or(0) % 2);
            halves[usize::from(at)].push((value, label));
            let tokens = words(&answer);
            let best =
                |f: &dyn Fn(&[String]) -> f64| references.iter().map(|r| f(&words(r))).fold(0.0, f64::max);
            table.row(
                label,
                &[
                    ("golden", value),
                    ("ROUGE-L recall", best(&|g| lcs(g, &tokens) / g.len().max(1) as f64)),
                    ("token F1", best(&|g| token_f1(g, &tokens))),
                ],
            );
        }
        table.print();
        for (name, half) in ["even questions", "odd questions"].iter().zip(&halves) {
            println!("  golden on {name}: AUROC {:.4}", auroc(half));
        }
    }
}

/// Human attribution labels of answers against a passage.
fn grounded(set: &Path, markers: &Markers) {
    let rows = rows(&set.join("dev.jsonl"));
    let sources: BTreeSet<String> = rows.iter().map(|r| text(r, "source")).collect();
    let parts = std::iter::once(None).chain(sources.into_iter().map(Some));
    for part in parts {
        let title = part.as_ref().map_or("BEGIN dev".to_owned(), |p| format!("BEGIN dev, {p}"));
        let mut table = Table::new(&title, Figure::Labels);
        let scorer = scorer("grounded", "");
        let meaning = embedder().ready().is_ok().then(|| self::scorer("grounded", "meaning = true"));
        for row in rows.iter().filter(|r| part.as_ref().is_none_or(|p| text(r, "source") == *p)) {
            let (context, answer) = (text(row, "context"), text(row, "answer"));
            let trial = Trial {
                question: text(row, "question"),
                passages: vec![passage("context", &context)],
                ..Trial::default()
            };
            let label = number(row, "label_grounded");
            let Some(value) = table.run(&scorer, &trial, &answer, markers).value() else { continue };
            let mut figures = baselines("grounded", value, &answer, &context).to_vec();
            let other_words = meaning.as_ref().and_then(|s| trial.judge(s, &answer, markers).value());
            figures.extend(other_words.map(|value| ("grounded, meaning", value)));
            table.row(label, &figures);
        }
        table.print();
    }
}

/// Goldens against their own passage and against another question's.
fn clapnq(set: &Path, markers: &Markers) {
    let rows = rows(&set.join("dev.jsonl"));
    let answered: Vec<&Value> = rows.iter().filter(|r| r["answerable"] == true).collect();
    let trials = answered.iter().filter_map(|row| {
        let golden = texts(row, "goldens").into_iter().next()?;
        Some((text(row, "question"), format!("{}. {}", text(row, "title"), text(row, "context")), golden))
    });
    against_strangers("CLAP NQ", &trials.collect::<Vec<_>>(), markers);
}

fn mtrag(set: &Path, markers: &Markers) {
    let articles: HashMap<String, String> =
        rows(&set.join("articles.jsonl")).iter().map(|a| (text(a, "id"), text(a, "body_md"))).collect();
    let questions = rows(&set.join("questions.jsonl"));
    let trials = questions.iter().filter(|q| q["answerability"] == "ANSWERABLE").map(|row| {
        let parts: Vec<&str> =
            texts(row, "article_ids").iter().filter_map(|id| articles.get(id).map(String::as_str)).collect();
        (text(row, "question"), parts.join("\n"), text(row, "golden"))
    });
    against_strangers("MTRAG cloud and government", &trials.collect::<Vec<_>>(), markers);
}

/// Each golden with its passage (1) and with the passage of another golden (0).
fn against_strangers(name: &str, trials: &[(String, String, String)], markers: &Markers) {
    let mut table = Table::new(&format!("{name}: own passage against another's"), Figure::Labels);
    let grounded = scorer("grounded", "");
    for (at, (question, context, golden)) in trials.iter().enumerate() {
        let stranger = &trials[(at + trials.len() / 2) % trials.len()].1;
        for (label, context) in [(1.0, context), (0.0, stranger)] {
            let trial = Trial {
                question: question.clone(),
                passages: vec![passage("context", context)],
                goldens: vec![golden.clone()],
                ..Trial::default()
            };
            if let Some(value) = table.run(&grounded, &trial, golden, markers).value() {
                table.row(label, &baselines("grounded", value, golden, context));
            }
        }
    }
    table.print();
    completeness(name, trials, markers);
}

/// Answers cut from the golden: the share of it that is left stands for completeness.
fn completeness(name: &str, trials: &[(String, String, String)], markers: &Markers) {
    for with_golden in [true, false] {
        let how = if with_golden { "with the golden" } else { "without a golden" };
        let mut table = Table::new(&format!("{name}: answers cut short, {how}"), Figure::Grades);
        let scorer = scorer("answers", "");
        for (at, (question, context, golden)) in trials.iter().enumerate() {
            let all: Vec<&str> = golden.split_whitespace().collect();
            let kept = (all.len() * (at % 4 + 1)).div_ceil(4);
            let answer = all[..kept].join(" ");
            let goldens = if with_golden { vec![golden.clone()] } else { Vec::new() };
            let trial = Trial {
                question: question.clone(),
                passages: vec![passage("context", context)],
                goldens,
                ..Trial::default()
            };
            let Some(value) = table.run(&scorer, &trial, &answer, markers).value() else { continue };
            let (q, a, c) = (words(question), words(&answer), words(context));
            table.row(
                kept as f64 / all.len().max(1) as f64,
                &[
                    ("answers", value),
                    ("question word recall", lcs_set(&q, &a)),
                    ("context word recall", lcs_set(&c, &a)),
                    ("length", a.len() as f64),
                ],
            );
        }
        table.print();
    }
}

/// The named trap: length alone does better here than any measure of groundedness.
fn trap(set: &Path, markers: &Markers) {
    let mut table = Table::new("HaluEval QA, synthetic (a trap: see the last row)", Figure::Labels);
    let scorer = scorer("grounded", "");
    for row in rows(&set.join("qa_sample_synthetic.jsonl")) {
        let (context, answer) = (text(&row, "context"), text(&row, "answer"));
        let trial = Trial {
            question: text(&row, "question"),
            passages: vec![passage("context", &context)],
            ..Trial::default()
        };
        let Some(value) = table.run(&scorer, &trial, &answer, markers).value() else { continue };
        let mut figures = baselines("grounded", value, &answer, &context).to_vec();
        figures.push(("shortness", -(words(&answer).len() as f64)));
        table.row(number(&row, "label_grounded"), &figures);
    }
    table.print();
}

// ---- baselines, over runs of a-z and 0-9 as the `rouge-score` package cuts them

fn words(text: &str) -> Vec<String> {
    let lower = text.to_lowercase();
    let parts = lower.split(|c: char| !c.is_ascii_alphanumeric()).filter(|w| !w.is_empty());
    parts.map(str::to_owned).collect()
}

fn baselines(name: &'static str, value: f64, answer: &str, context: &str) -> [(&'static str, f64); 4] {
    let (a, c) = (words(answer), words(context));
    [
        (name, value),
        ("ROUGE-L precision", lcs(&a, &c) / a.len().max(1) as f64),
        ("word precision", precision(&a, &c, 1)),
        ("bigram precision", precision(&a, &c, 2)),
    ]
}

fn precision(answer: &[String], context: &[String], n: usize) -> f64 {
    let known: HashSet<&[String]> = context.windows(n).collect();
    let grams: Vec<&[String]> = answer.windows(n).collect();
    grams.iter().filter(|g| known.contains(*g)).count() as f64 / grams.len().max(1) as f64
}

/// The share of some words that a text has.
fn lcs_set(asked: &[String], text: &[String]) -> f64 {
    let has: HashSet<&String> = text.iter().collect();
    asked.iter().filter(|w| has.contains(w)).count() as f64 / asked.len().max(1) as f64
}

fn lcs(a: &[String], b: &[String]) -> f64 {
    let mut last = vec![0_usize; b.len() + 1];
    for x in a {
        let mut diagonal = 0;
        for (j, y) in b.iter().enumerate() {
            let above = last[j + 1];
            last[j + 1] = if x == y { diagonal + 1 } else { above.max(last[j]) };
            diagonal = above;
        }
    }
    last[b.len()] as f64
}

fn token_f1(a: &[String], b: &[String]) -> f64 {
    let mut left: HashMap<&String, usize> = HashMap::new();
    for word in a {
        *left.entry(word).or_default() += 1;
    }
    let common = b
        .iter()
        .filter(|w| {
            left.get_mut(w).is_some_and(|n| {
                *n > 0 && {
                    *n -= 1;
                    true
                }
            })
        })
        .count();
    2.0 * common as f64 / (a.len() + b.len()).max(1) as f64
}

// ---- figures

enum Figure {
    /// The labels are 0 and 1.
    Labels,
    /// The labels are grades.
    Grades,
}

struct Table {
    title: String,
    figure: Figure,
    columns: Vec<(&'static str, Vec<(f64, f64)>)>,
    not_applicable: usize,
    micros: f64,
    judged: usize,
}

impl Table {
    fn new(title: &str, figure: Figure) -> Self {
        Self {
            title: title.to_owned(),
            figure,
            columns: Vec::new(),
            not_applicable: 0,
            micros: 0.0,
            judged: 0,
        }
    }

    fn run(&mut self, scorer: &Scorer, trial: &Trial, answer: &str, markers: &Markers) -> Score {
        let start = Instant::now();
        let score = trial.judge(scorer, answer, markers);
        self.micros += start.elapsed().as_secs_f64() * 1e6;
        self.judged += 1;
        self.not_applicable += usize::from(score.value().is_none());
        if std::env::args().any(|a| a == "--rows") {
            println!("row\t{}\t{:?}\t{}\t{answer:?}", self.title, score.value(), score.reason);
        }
        score
    }

    fn row(&mut self, label: f64, values: &[(&'static str, f64)]) {
        for (at, (name, value)) in values.iter().enumerate() {
            if self.columns.len() <= at {
                self.columns.push((name, Vec::new()));
            }
            self.columns[at].1.push((*value, label));
        }
    }

    fn print(&self) {
        let judged = self.columns.first().map_or(0, |c| c.1.len());
        let micros = self.micros / self.judged.max(1) as f64;
        println!(
            "\n{}: {judged} judged, {} not applicable, {micros:.0} µs each",
            self.title, self.not_applicable
        );
        for (name, pairs) in &self.columns {
            match self.figure {
                Figure::Labels => {
                    let (best, at) = best_accuracy(pairs);
                    println!("  {name:<22} AUROC {:.4}   best accuracy {best:.4} at {at:.2}", auroc(pairs));
                }
                Figure::Grades => println!("  {name:<22} Spearman {:.4}", spearman(pairs)),
            }
        }
    }
}

fn ranks(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let values: Vec<f64> = values.collect();
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|a, b| values[*a].total_cmp(&values[*b]));
    let mut ranks = vec![0.0; values.len()];
    let mut first = 0;
    while first < order.len() {
        let mut end = first;
        while end < order.len() && values[order[end]].total_cmp(&values[order[first]]).is_eq() {
            end += 1;
        }
        let rank = (first + end + 1) as f64 / 2.0;
        order[first..end].iter().for_each(|at| ranks[*at] = rank);
        first = end;
    }
    ranks
}

/// Area under the ROC curve; ties count half.
fn auroc(pairs: &[(f64, f64)]) -> f64 {
    let ranks = ranks(pairs.iter().map(|p| p.0));
    let positives = pairs.iter().filter(|p| p.1 > 0.5).count() as f64;
    let sum: f64 = pairs.iter().zip(&ranks).filter(|(p, _)| p.1 > 0.5).map(|(_, r)| r).sum();
    (sum - positives * (positives + 1.0) / 2.0) / (positives * (pairs.len() as f64 - positives)).max(1.0)
}

/// The best share of right verdicts over all thresholds, and the threshold.
fn best_accuracy(pairs: &[(f64, f64)]) -> (f64, f64) {
    let mut sorted = pairs.to_vec();
    sorted.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut right = sorted.iter().filter(|p| p.1 < 0.5).count();
    let mut best = (right as f64, f64::INFINITY);
    for (at, pair) in sorted.iter().enumerate() {
        right = if pair.1 > 0.5 { right + 1 } else { right - 1 };
        let last = sorted.get(at + 1).is_none_or(|next| next.0 < pair.0);
        if last && right as f64 > best.0 {
            best = (right as f64, pair.0);
        }
    }
    (best.0 / sorted.len().max(1) as f64, best.1)
}

fn spearman(pairs: &[(f64, f64)]) -> f64 {
    let (a, b) = (ranks(pairs.iter().map(|p| p.0)), ranks(pairs.iter().map(|p| p.1)));
    let mean = |v: &[f64]| v.iter().sum::<f64>() / v.len().max(1) as f64;
    let (ma, mb) = (mean(&a), mean(&b));
    let cov: f64 = a.iter().zip(&b).map(|(x, y)| (x - ma) * (y - mb)).sum();
    let var = |v: &[f64], m: f64| v.iter().map(|x| (x - m).powi(2)).sum::<f64>();
    cov / (var(&a, ma) * var(&b, mb)).sqrt().max(f64::MIN_POSITIVE)
}
