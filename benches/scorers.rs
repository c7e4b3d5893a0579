//! How long each scorer takes for one answer, one core; no more than 100 µs is the aim.
//!
//! `cargo bench --bench scorers [-- ROUNDS]` needs nothing but this repository. Each article of the shipped help centre
//! makes one trial: its title asks, its sections and those of its neighbour are the passages, and the answer says most
//! of its first sentences in slightly other words. Each scorer judges all answers in turn, so that every answer is read
//! anew (in a run the scorers of a case share that); passages, goldens, questions and what is made of all articles are
//! kept between answers, as in a run. Printed are the quickest of the rounds, the quickest where golden and question are
//! other ones every time, so that nothing of them is kept, and how many times as long that takes. Scorers that ask a
//! model or a program are left out, and so is `meaning`, whose time is the model's (`--bench embed`).
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a bench prints and fails loudly"
)]

#[path = "quality/trial.rs"]
#[allow(dead_code, reason = "shared with the bench that measures quality")]
mod trial;

use std::collections::BTreeMap;
use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Instant;

use regauge::case::{Action, Case};
use regauge::diagnostic::SourceFile;
use regauge::knowledge::{Article, Knowledge, SourceSpec, Visibility};
use regauge::provider::{Completion, ToolCall};
use regauge::score::{Markers, SCORERS};

use trial::{Trial, completion, scorer};

/// That of the program itself.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// What a scorer should take at most, in microseconds.
const AIM: f64 = 100.0;
/// Rounds in which golden and question are other ones.
const OTHERS: u32 = 5;
/// Words of an answer, about as many as a support agent writes.
const ANSWER: usize = 70;

/// Scorer, what it holds the answer against, and its keys.
const KINDS: &[(&str, &str, &str)] = &[
    ("equals", "its keys", "value = ['yes', 'no']"),
    ("contains", "its keys", "any = ['30 days', 'working days']"),
    ("starts-with", "its keys", "value = 'Hello'"),
    ("ends-with", "its keys", "value = '.'"),
    ("regex", "its keys", "pattern = '\\b[A-Z]{2}-\\d{4}\\b'"),
    ("number", "its keys", "value = 30\nunit = ['days', 'zile']"),
    ("length", "the answer alone", "max_words = 120\nmax_sentences = 8"),
    ("readability", "the answer alone", "max = 60"),
    ("language", "the answer alone", ""),
    ("style", "its keys", "banned = ['per our policy']\nmax_emoji = 1\naddress = 'informal'"),
    ("json", "a JSON answer alone", "type = 'object'"),
    ("json-schema", "a schema, a JSON answer", "schema = { type = 'object', required = ['answer'] }"),
    ("json-path", "its keys, a JSON answer", "assert = { path = '$.answer', matches = 'days' }"),
    ("xml", "its keys, an XML answer", "root = 'reply'"),
    ("sql", "its keys, an SQL answer", "statements = ['select']"),
    ("markdown", "its keys", "has = ['list']\nlacks = ['broken-table']"),
    ("list", "its keys", "items = ['battery', 'charger']"),
    ("cost", "its keys", "max_usd = 0.01"),
    ("latency", "its keys", "max_ms = 2000"),
    ("tokens", "its keys", "max_output = 300"),
    ("stop", "its keys", ""),
    ("golden", "1 golden", ""),
    ("similarity", "1 golden", "metric = 'rouge-l'"),
    ("one-of", "its keys", "value = ['30 days', '5 working days']\nwithin = true"),
    ("answers", "1 golden, the question", ""),
    ("grounded", "the passages", ""),
    ("contradicts", "the passages", ""),
    ("cites", "the passages, all articles", ""),
    ("invents", "the passages, all articles", ""),
    ("links", "all articles", ""),
    ("visibility", "all articles", ""),
    ("action", "its phrases", ""),
    ("workflow", "its keys, 1 call", "calls = ['find_order']"),
    ("handoff", "the conversation", ""),
    ("alternative", "all articles", ""),
    ("glossary", "its keys", "banned = ['e-cycle']\nterms = [{ say = 'bike', not = 'bicycle' }]"),
    ("tone", "its rules", ""),
    ("retrieval", "the passages", "metric = 'recall'\nk = 5"),
];

/// Those that are not measured here.
const ASKING: &[&str] = &["judge", "command", "meaning"];

/// A trial with its answer.
struct Asked {
    trial: Trial,
    case: Case,
    plain: Completion,
    json: Completion,
    xml: Completion,
    sql: Completion,
}

impl Asked {
    /// Another question with another golden, of the same length, for each number and scorer.
    fn ask_otherwise(&mut self, number: u32) {
        static ASKED: AtomicU32 = AtomicU32::new(0);
        let mark = format!(" {}-{number}.", ASKED.fetch_add(1, Ordering::Relaxed));
        let question = format!("{}{mark}", self.trial.question);
        self.case.goldens = self.trial.goldens.iter().map(|golden| format!("{golden}{mark}")).collect();
        self.case.turns[0].text = question;
    }
}

fn main() {
    let rounds = std::env::args().skip(1).find_map(|arg| arg.parse().ok()).unwrap_or(20_u32);
    for kind in SCORERS {
        let known = KINDS.iter().any(|(name, ..)| *name == kind.name) || ASKING.contains(&kind.name);
        assert!(known, "the scorer `{}` has no row here", kind.name);
    }
    let mut asked = asked();
    let markers = Markers::default();
    let mean = |of: &dyn Fn(&Asked) -> usize| asked.iter().map(of).sum::<usize>() / asked.len().max(1);
    println!(
        "{} answers of {} words, {} passages of {} words for each, {} articles; µs for one answer",
        asked.len(),
        mean(&|a| words(&a.plain.text)),
        mean(&|a| a.trial.passages.len()),
        mean(&|a| a.trial.passages.iter().map(|p| words(&p.text)).sum::<usize>() / a.trial.passages.len()),
        asked.first().map_or(0, |a| a.trial.knowledge.articles().count()),
    );
    println!(
        "{:<12} {:<27} {:>9} {:>9} {:>6}",
        "scorer", "holds the answer against", "quickest", "anew", "times"
    );
    for (kind, against, keys) in KINDS {
        if *kind == "sql" && !cfg!(feature = "sql") {
            continue;
        }
        let scorer = scorer(kind, keys);
        let round = |asked: &[Asked]| {
            let start = Instant::now();
            for one in asked {
                let completion = match *kind {
                    "json" | "json-schema" | "json-path" => &one.json,
                    "xml" => &one.xml,
                    "sql" => &one.sql,
                    _ => &one.plain,
                };
                black_box(one.trial.judge_as(&scorer, &one.case, completion, &markers));
            }
            start.elapsed().as_secs_f64() * 1e6 / asked.len().max(1) as f64
        };
        let mut anew = f64::MAX;
        for number in 0..rounds.min(OTHERS) {
            for one in &mut asked {
                one.ask_otherwise(number);
            }
            anew = anew.min(round(&asked));
        }
        let quickest = (0..rounds).map(|_| round(&asked)).fold(f64::MAX, f64::min);
        let over = if quickest > AIM { "  over the aim" } else { "" };
        println!("{kind:<12} {against:<27} {quickest:>9.1} {anew:>9.1} {:>6.2}{over}", anew / quickest);
    }
}

fn asked() -> Vec<Asked> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let spec = SourceSpec {
        name: "help".to_owned(),
        kind: None,
        path: "golden/knowledge".into(),
        fields: BTreeMap::new(),
        values: BTreeMap::new(),
        file: SourceFile::new("regauge.toml", ""),
        span: 0..0,
    };
    let (articles, _) = regauge::knowledge::load(root, &spec);
    let public: Vec<&Arc<Article>> =
        articles.iter().filter(|a| a.visibility == Visibility::Public && a.lang == "en").collect();
    let of = |(at, article): (usize, &&Arc<Article>)| {
        let neighbour = public[(at + 1) % public.len()];
        let said = article.passages.iter().map(|p| p.text.as_str()).collect::<Vec<_>>().join(" ");
        let said: Vec<&str> = said.split_whitespace().collect();
        // Every ninth word is left out: an answer is no copy.
        let kept = said.iter().enumerate().filter(|(at, _)| at % 9 != 8).map(|(_, word)| *word);
        let answer: Vec<&str> = kept.take(ANSWER).collect();
        let golden = said.iter().take(ANSWER / 2).copied().collect::<Vec<_>>().join(" ");
        let trial = Trial {
            question: format!("Hello, what do I have to know of this: {}?", article.title),
            goldens: vec![golden],
            passages: article.passages.iter().chain(&neighbour.passages).cloned().collect(),
            knowledge: Knowledge::new(articles.iter().cloned()),
        };
        let answer = format!("Hello! {}", answer.join(" "));
        let plain = Completion {
            tool_calls: vec![ToolCall {
                id: "1".to_owned(),
                name: "find_order".to_owned(),
                arguments: serde_json::json!({"id": "VC-1234"}),
            }],
            citations: vec![article.passages[0].id.clone()],
            ..completion(&answer)
        };
        let json = serde_json::json!({"answer": answer, "sources": [article.id]}).to_string();
        let xml = format!("<reply><p>{}</p></reply>", answer.replace(['<', '>', '&'], " "));
        let case = Case { expect: vec![Action::Answer], ..trial.case() };
        Asked {
            trial,
            case,
            plain,
            json: completion(&json),
            xml: completion(&xml),
            sql: completion("SELECT id, title FROM orders WHERE customer = 7 ORDER BY created DESC LIMIT 5"),
        }
    };
    public.iter().enumerate().map(of).collect()
}

fn words(text: &str) -> usize {
    text.split_whitespace().count()
}
