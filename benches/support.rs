//! How well actions and tool calls are recognised, on public data with labels.
//!
//! `cargo bench --bench support -- FOLDER [--misses]`. The folder holds `kb_mtrag_cloud_govt`,
//! `abstention_clapnq`, `tools_bfcl` and `tau_bench_retail_airline`; what is not there is left out and said so.
//! `--misses` prints what was recognised wrongly. `-- --texts FILE` prints the action of each line of a
//! file of JSON strings.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark prints, and fails by panicking")]

use std::path::{Path, PathBuf};
use std::time::Instant;

use regauge::case::Action;
use regauge::provider::{Completion, StopReason, Usage};
use regauge::score::{Markers, detect_action};
use serde_json::Value;

fn main() {
    let mut folder = None;
    let mut misses = false;
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--misses" => misses = true,
            "--texts" => return actions_of(&arguments.next().unwrap()),
            other if other.starts_with("--") => {}
            path => folder = Some(PathBuf::from(path)),
        }
    }
    let Some(folder) = folder else {
        println!("skipped: name the folder with the data, as in `cargo bench --bench support -- ../data`");
        return;
    };
    mtrag(&folder, misses);
    clapnq(&folder, misses);
}

/// The action of every string of a file with one JSON string per line.
fn actions_of(file: &str) {
    let markers = Markers::default();
    for line in std::fs::read_to_string(file).unwrap().lines() {
        let text: String = serde_json::from_str(line).unwrap();
        let (action, quote) = detect_action(&completion(&text), &markers)
            .map_or(("empty", String::new()), |(action, evidence)| (action.name(), evidence.quote));
        println!("{action}\t{quote}\t{}", text.replace('\n', " / "));
    }
}

fn rows(folder: &Path, file: &str) -> Option<Vec<Value>> {
    let path = folder.join(file);
    let Ok(text) = std::fs::read_to_string(&path) else {
        println!("skipped: {file} is not there");
        return None;
    };
    Some(text.lines().filter(|l| !l.trim().is_empty()).map(|l| serde_json::from_str(l).unwrap()).collect())
}

fn completion(text: &str) -> Completion {
    Completion {
        text: text.to_owned(),
        tool_calls: Vec::new(),
        stop: StopReason::End,
        usage: Usage::default(),
        latency_ms: 1.0,
        first_token_ms: None,
        reported_model: None,
        citations: Vec::new(),
    }
}

/// The share of texts that are recognised as an action, and the others with what they are taken for.
fn share(texts: &[&str], action: Action, markers: &Markers) -> (usize, Vec<(String, String)>) {
    let mut found = 0;
    let mut others = Vec::new();
    for text in texts {
        match detect_action(&completion(text), markers) {
            Some((seen, evidence)) if seen == action => {
                found += 1;
                others.push((format!("+{seen}: {}", evidence.quote), (*text).to_owned()));
            }
            Some((seen, evidence)) => {
                others.push((format!("{seen}: {}", evidence.quote), (*text).to_owned()))
            }
            None => others.push(("empty".to_owned(), (*text).to_owned())),
        }
    }
    (found, others)
}

fn show(title: &str, of: &[(String, String)], flagged: bool) {
    println!("  -- {title}");
    for (seen, text) in of.iter().filter(|(seen, _)| seen.starts_with('+') == flagged) {
        println!("  [{seen}] {}", text.replace('\n', " / "));
    }
}

fn line(name: &str, found: usize, of: usize, baseline: &str) {
    println!("{name:<58} {found:>4} of {of:<4} {:>6.3}   {baseline}", found as f64 / of.max(1) as f64);
}

fn mtrag(folder: &Path, misses: bool) {
    let Some(rows) = rows(folder, "kb_mtrag_cloud_govt/questions.jsonl") else { return };
    let markers = Markers::default();
    let of = |label: &str| -> Vec<&str> {
        let here = |r: &&Value| r["answerability"] == label;
        rows.iter().filter(here).filter_map(|r| r["golden"].as_str()).collect()
    };
    let started = Instant::now();
    let (unanswerable, answerable) = (of("UNANSWERABLE"), of("ANSWERABLE"));
    let (partial, open) = (of("PARTIAL"), of("UNDERSPECIFIED"));
    let (recall, missed) = share(&unanswerable, Action::Abstain, &markers);
    line(
        "mtrag, unanswerable: abstain",
        recall,
        unanswerable.len(),
        "a short pattern 0.876, is-refusal 0.464",
    );
    let (alarms, wrong) = share(&answerable, Action::Abstain, &markers);
    line(
        "mtrag, answerable: false abstentions",
        alarms,
        answerable.len(),
        "a short pattern 12 of 285 (0.042)",
    );
    let (part, parts) = share(&partial, Action::Abstain, &markers);
    line("mtrag, partly answerable: taken for abstentions", part, partial.len(), "");
    let (asked, unasked) = share(&open, Action::Clarify, &markers);
    line("mtrag, underspecified: clarify", asked, open.len(), "");
    let (asked_wrongly, questions) = share(&answerable, Action::Clarify, &markers);
    line("mtrag, answerable: false questions back", asked_wrongly, answerable.len(), "");
    let (handed, handovers) = share(&answerable, Action::Escalate, &markers);
    line("mtrag, answerable: false handovers", handed, answerable.len(), "");
    let (refused, refusals) = share(&answerable, Action::RefuseScope, &markers);
    line("mtrag, answerable: false refusals of scope", refused, answerable.len(), "");
    println!(
        "  {} answers in {:.1} ms",
        rows.len() + 3 * answerable.len(),
        started.elapsed().as_secs_f64() * 1e3
    );
    if misses {
        show("unanswerable, not abstain", &missed, false);
        show("answerable, abstain", &wrong, true);
        show("partial, abstain", &parts, true);
        show("underspecified, not clarify", &unasked, false);
        show("answerable, clarify", &questions, true);
        show("answerable, escalate", &handovers, true);
        show("answerable, refuse-scope", &refusals, true);
    }
}

fn clapnq(folder: &Path, misses: bool) {
    let Some(rows) = rows(folder, "abstention_clapnq/dev.jsonl") else { return };
    let markers = Markers::default();
    let goldens: Vec<&str> =
        rows.iter().flat_map(|r| r["goldens"].as_array().unwrap()).filter_map(Value::as_str).collect();
    for action in [Action::Abstain, Action::Clarify, Action::Escalate, Action::RefuseScope] {
        let (found, texts) = share(&goldens, action, &markers);
        line(&format!("clapnq, answers taken for {action}"), found, goldens.len(), "");
        if misses {
            show("flagged", &texts, true);
        }
    }
}
