//! How well actions and tool calls are recognised, on public data with labels.
//!
//! `cargo bench --bench support -- FOLDER [--misses]`. The folder holds `kb_mtrag_cloud_govt`,
//! `abstention_clapnq`, `tools_bfcl` and `tau_bench_retail_airline`; what is not there is left out and said so.
//! `--misses` prints what was recognised wrongly. `-- --texts FILE` prints the action of each line of a
//! file of JSON strings, `-- --scorer KIND FILE [ARTICLES]` what a scorer without keys says of it.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a benchmark prints, and fails by panicking"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Instant;

use regauge::case::{Action, Case, Origin, Speaker, Tier, Turn};
use regauge::diagnostic::SourceFile;
use regauge::knowledge::{Knowledge, SourceSpec};
use regauge::provider::Completion;
use regauge::score::{Args, CallSeen, Markers, ScoreInput, ScoreState, Workflow, detect_action};
use serde_json::{Map, Value, json};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

fn main() {
    let mut folder = None;
    let mut misses = false;
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--misses" => misses = true,
            "--texts" => return actions_of(&arguments.next().unwrap()),
            "--scorer" => {
                let (kind, file) = (arguments.next().unwrap(), arguments.next().unwrap());
                return scores_of(&kind, &file, arguments.next().as_deref());
            }
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
    bfcl(&folder, misses);
    tau(&folder, misses);
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

/// What a scorer without keys says of every string of such a file, and what that costs.
fn scores_of(kind: &str, file: &str, articles: Option<&str>) {
    let kind = regauge::score::find(kind).unwrap();
    let table = DeTable::parse("").unwrap();
    let check = (kind.build)(&Args {
        table: &table,
        root: Path::new("."),
        env: &|_| None,
        embedder: &regauge::embed::local(None),
        bench: &regauge::score::Bench::default(),
    })
    .unwrap_or_else(|e| panic!("{e:#?}"));
    let markers = Markers::default();
    let knowledge = articles.map_or_else(Knowledge::default, |folder| {
        let file = SourceFile::new("regauge.toml", "");
        let fields = BTreeMap::new();
        let spec = SourceSpec {
            kind: None,
            name: "articles".to_owned(),
            path: PathBuf::from(folder),
            fields,
            values: BTreeMap::new(),
            file,
            span: 0..0,
        };
        Knowledge::new(regauge::knowledge::load(Path::new("."), &spec).0)
    });
    let case = case();
    let (mut spent, mut characters) = (std::time::Duration::ZERO, 0);
    for line in std::fs::read_to_string(file).unwrap().lines() {
        let text: String = serde_json::from_str(line).unwrap();
        let completion = completion(&text);
        let input = ScoreInput {
            case: &case,
            question: "",
            completion: &completion,
            cost: None,
            dialogue: &[],
            given: &[],
            looked_up: false,
            sources: &[],
            knowledge: &knowledge,
            markers: &markers,
        };
        let started = Instant::now();
        let finding = check.check(&input);
        spent += started.elapsed();
        characters += text.len();
        let value = match finding.state {
            ScoreState::Scored { value, .. } => format!("{value:.2}"),
            other => format!("{other:?}"),
        };
        println!("{value}\t{}\t{}", finding.reason, text.replace('\n', " / "));
    }
    println!(
        "{:.1} µs per 1,000 characters",
        spent.as_secs_f64() * 1e9 / f64::from(characters.max(1) as u32)
    );
}

/// A case that says nothing.
fn case() -> Case {
    Case {
        suite: "s".to_owned(),
        id: "c".to_owned(),
        turns: vec![Turn { role: Speaker::Customer, text: String::new() }],
        phrasings: Vec::new(),
        vars: BTreeMap::new(),
        sources: Vec::new(),
        expect: vec![Action::Answer],
        script: Vec::new(),
        customer: None,
        tags: BTreeSet::new(),
        owner: None,
        area: None,
        tier: Tier::Standard,
        weight: 1.0,
        lang: "en".to_owned(),
        goldens: Vec::new(),
        origin: Origin::default(),
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
    Completion { latency_ms: 1.0, ..Completion::of_text(text) }
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
                others.push((format!("{seen}: {}", evidence.quote), (*text).to_owned()));
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
    let (recall, others) = share(&unanswerable, Action::Abstain, &markers);
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
        show("unanswerable, not abstain", &others, false);
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

/// The rules of a `workflow` scorer from its keys.
fn workflow(keys: &Value) -> Workflow {
    let text = toml::to_string(&json!({ "score": [keys] })).unwrap();
    let table = DeTable::parse(&text).unwrap();
    let DeValue::Array(scores) = table.get_ref()["score"].get_ref() else { panic!("no array") };
    let DeValue::Table(one) = scores[0].get_ref() else { panic!("no table") };
    let spanned = Spanned::new(scores[0].span(), one.clone());
    Workflow::of(&Args {
        table: &spanned,
        root: Path::new("."),
        env: &|_| None,
        embedder: &regauge::embed::local(None),
        bench: &regauge::score::Bench::default(),
    })
    .unwrap_or_else(|e| panic!("{e:#?} in {text}"))
}

fn passes(rules: &Workflow, calls: &[(String, Value, bool)]) -> bool {
    let seen: Vec<CallSeen<'_>> =
        calls.iter().map(|(name, arguments, failed)| CallSeen { name, arguments, failed: *failed }).collect();
    matches!(rules.judge(&seen, "", None).state, ScoreState::Scored { pass: true, .. })
}

/// Accepted values (`""` = may be left out) as a rule for an argument.
fn rule(accepted: &[Value]) -> Value {
    let one_of: Vec<Value> = accepted.iter().filter(|v| *v != "" && !v.is_null()).map(wish).collect();
    json!({ "optional": may_be_missing(accepted) || one_of.is_empty(), "one_of": one_of })
}

fn may_be_missing(accepted: &[Value]) -> bool {
    accepted.is_empty() || accepted.iter().any(|v| v == "")
}

fn wish(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let fields: Map<String, Value> = fields
                .iter()
                .map(|(k, v)| (k.clone(), v.as_array().map_or_else(|| json!({ "is": v }), |list| rule(list))))
                .collect();
            json!({ "fields": fields })
        }
        Value::Array(items) => items.iter().map(wish).collect(),
        scalar => scalar.clone(),
    }
}

/// One value that is accepted: the first or the last of the list; `None` when it is left out.
fn pick(accepted: &[Value], last: bool) -> Option<Value> {
    let real = || accepted.iter().filter(|v| *v != "");
    let value = if last { real().next_back() } else { real().next() }?;
    Some(flatten(value))
}

fn flatten(value: &Value) -> Value {
    match value {
        Value::Object(fields) => fields
            .iter()
            .filter_map(|(k, v)| Some((k.clone(), v.as_array().map_or(Some(v.clone()), |l| pick(l, false))?)))
            .collect::<Map<_, _>>()
            .into(),
        Value::Array(items) => items.iter().map(flatten).collect(),
        scalar => scalar.clone(),
    }
}

/// A value that differs from every accepted one.
fn spoilt(value: &Value) -> Value {
    match value {
        Value::Number(n) => json!(n.as_f64().unwrap() + 7919.0),
        Value::String(text) => json!(format!("{text} zq")),
        Value::Bool(yes) => json!(if *yes { "yes" } else { "no" }),
        Value::Array(items) => items.iter().cloned().chain([json!("zq")]).collect(),
        Value::Object(fields) => {
            let mut fields = fields.clone();
            fields.insert("zq".into(), json!(1));
            fields.into()
        }
        Value::Null => json!("zq"),
    }
}

/// The same value, typed differently where that does not matter.
fn retyped(value: &Value) -> Value {
    match value {
        Value::Number(n) if n.is_i64() => json!(n.as_f64().unwrap()),
        Value::String(text) => json!(text.to_uppercase().replace(", ", ",").replace('-', "_")),
        Value::Array(items) => items.iter().map(retyped).collect(),
        other => other.clone(),
    }
}

type Calls = Vec<(String, Value, bool)>;

/// Calls as the item accepts them, and calls that it does not accept.
fn variants(gold: &[(String, Map<String, Value>)]) -> (Vec<Calls>, Vec<Calls>) {
    let list = |v: &Value| v.as_array().cloned().unwrap_or_default();
    let optional = |v: &Value| may_be_missing(&list(v)) || list(v).iter().all(Value::is_null);
    let make = |each: &dyn Fn(&str, &Value) -> Option<Value>| -> Calls {
        let call = |(name, params): &(String, Map<String, Value>)| {
            let args: Map<String, Value> =
                params.iter().filter_map(|(k, v)| Some((k.clone(), each(k, v)?))).collect();
            (name.clone(), Value::Object(args), false)
        };
        gold.iter().map(call).collect()
    };
    let first = make(&|_, v| pick(&list(v), false));
    let mut right = vec![
        first.clone(),
        make(&|_, v| pick(&list(v), true)),
        make(&|_, v| if optional(v) { None } else { pick(&list(v), false) }),
        make(&|_, v| pick(&list(v), false).map(|v| retyped(&v))),
    ];
    right.push(first.iter().rev().cloned().collect());
    let mut wrong = vec![first.iter().skip(1).cloned().collect::<Calls>()];
    wrong.push(first.iter().cloned().chain(first.first().cloned()).collect());
    let changed = |change: &dyn Fn(&mut String, &mut Map<String, Value>)| {
        let mut calls = first.clone();
        let (name, arguments, _) = &mut calls[0];
        change(name, arguments.as_object_mut().unwrap());
        calls
    };
    wrong.push(changed(&|name, _| name.push_str("_other")));
    wrong.push(changed(&|_, args| {
        args.insert("zq".into(), json!(1));
    }));
    for (key, accepted) in &gold[0].1 {
        if let Some(value) = first[0].1.get(key) {
            wrong.push(changed(&|_, args| {
                args.insert(key.clone(), spoilt(value));
            }));
            if !optional(accepted) {
                wrong.push(changed(&|_, args| {
                    args.remove(key);
                }));
            }
        }
    }
    (right, wrong)
}

fn bfcl(folder: &Path, misses: bool) {
    let files = [
        "simple_python",
        "multiple",
        "parallel",
        "live_simple",
        "live_parallel",
        "irrelevance",
        "live_relevance",
    ];
    let (mut items, mut right_ok, mut right_all, mut wrong_ok, mut wrong_all) = (0, 0, 0, 0, 0);
    for file in files {
        let Some(rows) = rows(folder, &format!("tools_bfcl/{file}.jsonl")) else { return };
        for row in &rows {
            items += 1;
            let gold: Vec<(String, Map<String, Value>)> = row["ground_truth"]
                .as_array()
                .into_iter()
                .flatten()
                .flat_map(|call| call.as_object().unwrap())
                .map(|(name, args)| (name.clone(), args.as_object().unwrap().clone()))
                .collect();
            let some = vec![("anything".to_owned(), json!({}), false)];
            let (keys, right, wrong) = if gold.is_empty() && row["expect_call"] == true {
                (json!({ "calls": [{ "tool": "*", "count": { "min": 1 } }] }), vec![some], vec![vec![]])
            } else if gold.is_empty() {
                (json!({ "calls": [] }), vec![vec![]], vec![some])
            } else {
                let call = |(name, args): &(String, Map<String, Value>)| {
                    let args: Map<String, Value> =
                        args.iter().map(|(k, v)| (k.clone(), rule(v.as_array().unwrap()))).collect();
                    json!({ "tool": name, "args": args })
                };
                let calls: Vec<Value> = gold.iter().map(call).collect();
                let (right, wrong) = variants(&gold);
                (json!({ "calls": calls, "others": "forbid", "strings": "bare" }), right, wrong)
            };
            let rules = workflow(&keys);
            for (calls, pass) in right.iter().map(|c| (c, true)).chain(wrong.iter().map(|c| (c, false))) {
                let (ok, all) =
                    if pass { (&mut right_ok, &mut right_all) } else { (&mut wrong_ok, &mut wrong_all) };
                *all += 1;
                if passes(&rules, calls) == pass {
                    *ok += 1;
                } else if misses {
                    println!("  {} expects {pass}: {calls:?} against {keys}", row["id"]);
                }
            }
        }
    }
    println!("{items} tool-call items");
    line("tool calls that the gold accepts: accepted", right_ok, right_all, "");
    line("tool calls that it does not accept: not accepted", wrong_ok, wrong_all, "");
}

fn tau(folder: &Path, misses: bool) {
    const WRITES: [&str; 3] = ["book_*", "cancel_*", "update_*"];
    let Some(rows) = rows(folder, "tau_bench_retail_airline/runs_gpt4o_airline.jsonl") else { return };
    let (mut agree, mut all_calls, mut names) = (0, 0, 0);
    for row in &rows {
        let gold: Vec<Value> = row["golden_actions"]
            .as_array()
            .unwrap()
            .iter()
            .map(|a| {
                let args: Map<String, Value> = a["arguments"]
                    .as_object()
                    .unwrap()
                    .iter()
                    .map(|(k, v)| (k.clone(), json!({ "is": v })))
                    .collect();
                json!({ "tool": a["name"], "args": args })
            })
            .filter(|call| {
                let name = call["tool"].as_str().unwrap();
                name == "send_certificate" || WRITES.iter().any(|w| name.starts_with(w.trim_end_matches('*')))
            })
            .collect();
        let messages = row["messages"].as_array().unwrap();
        let mut calls: Calls = Vec::new();
        for (at, message) in messages.iter().enumerate() {
            for call in message["tool_calls"].as_array().into_iter().flatten() {
                let result = messages[at + 1..].iter().take(3).find(|m| m["tool_call_id"] == call["id"]);
                let failed =
                    result.and_then(|m| m["content"].as_str()).is_some_and(|t| t.starts_with("Error"));
                calls.push((call["name"].as_str().unwrap().to_owned(), call["arguments"].clone(), failed));
            }
        }
        let mut writes: Vec<&str> = WRITES.to_vec();
        writes.push("send_certificate");
        let rules = workflow(&json!({ "calls": gold, "writes": writes }));
        let rewarded = row["reward"] == 1.0;
        let found = passes(&rules, &calls);
        agree += usize::from(found == rewarded);
        if misses && found != rewarded {
            println!("  {} {}: reward {}, found {found}", row["task_id"], row["trial"], row["reward"]);
        }
        let unfailed: Calls = calls.iter().map(|(n, a, _)| (n.clone(), a.clone(), false)).collect();
        all_calls += usize::from(passes(&rules, &unfailed) == rewarded);
        let bare: Vec<Value> =
            gold.iter().map(|c| json!({ "tool": c["tool"], "match": "any", "args": {} })).collect();
        let by_name = workflow(&json!({ "calls": bare, "writes": writes }));
        names += usize::from(passes(&by_name, &unfailed) == rewarded);
    }
    line("tau airline: verdict agrees with the reward", agree, rows.len(), "exact write calls 0.935");
    line("  the same when failed calls count too", all_calls, rows.len(), "exact write calls 0.935");
    line("  by tool names alone", names, rows.len(), "");
}
