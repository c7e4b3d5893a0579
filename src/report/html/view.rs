//! What the page's template is given besides the report: words, shares of colour, and links to cases.

use minijinja::{Environment, Value};
use serde::Serialize;

use crate::case::Action;
use crate::diff::ChangeKind;
use crate::gate::Verdict;
use crate::report::columns::Rate;
use crate::report::gate::verdict_name;
use crate::report::html::links::{Links, Part, encoded, link};
use crate::report::numbers::{count, duration, p_value, percent, percent_interval, points, usd};
use crate::report::since::{kind_name, moved_names};
use crate::report::{ActionTable, ExperimentView, Report, ResultView};
use crate::sentence::{By, CaseFilter, Sentence, TRIED};
use crate::stats::Interval;

/// The verdict over everything.
#[derive(Debug, Serialize)]
pub(super) struct VerdictView {
    /// CSS class.
    class: &'static str,
    /// A sign that needs no colour.
    sign: &'static str,
    words: String,
}

pub(super) fn verdict(report: &Report) -> VerdictView {
    let Some(gate) = &report.gate else {
        return VerdictView { class: "unknown", sign: "–", words: "no gate was asked".to_owned() };
    };
    let (class, sign) = match gate.verdict {
        Verdict::Pass => ("pass", "✓"),
        Verdict::Fail => ("fail", "✗"),
        _ => ("unknown", "?"),
    };
    VerdictView { class, sign, words: gate.words.clone() }
}

/// One line of the heat map.
#[derive(Debug, Serialize)]
pub(super) struct HeatRow {
    suite: String,
    cells: Vec<Option<HeatCell>>,
}

#[derive(Debug, Serialize)]
struct HeatCell {
    rate: Rate,
    /// Tenth of the scale, 0 to 9.
    bucket: u32,
    href: String,
}

pub(super) fn heat(report: &Report) -> Vec<HeatRow> {
    let cell = |suite: &str, column: usize, rate: Option<Rate>| {
        let rate = rate?;
        let bucket = (rate.rate? * 10.0).min(9.0) as u32;
        Some(HeatCell { rate, bucket, href: link(&[("suite", suite), ("variant", label(report, column))]) })
    };
    let row = |row: &crate::report::SuiteRow| HeatRow {
        suite: row.suite.clone(),
        cells: row.cells.iter().enumerate().map(|(at, rate)| cell(&row.suite, at, *rate)).collect(),
    };
    report.suites.iter().map(row).collect()
}

/// How many cases changed in which way, over all columns.
#[derive(Debug, Serialize)]
pub(super) struct Total {
    kind: &'static str,
    n: u64,
    href: String,
}

pub(super) fn totals(report: &Report) -> Vec<Total> {
    let Some(since) = &report.since else { return Vec::new() };
    let kinds = [
        ChangeKind::Regressed,
        ChangeKind::Improved,
        ChangeKind::Flaky,
        ChangeKind::Inconclusive,
        ChangeKind::Added,
        ChangeKind::Removed,
        ChangeKind::NotComparable,
        ChangeKind::Same,
    ];
    let total = |kind: ChangeKind| Total {
        kind: kind_name(kind),
        n: since.count(kind),
        href: link(&[("change", kind_name(kind))]),
    };
    kinds.into_iter().map(total).filter(|t| t.n > 0).collect()
}

/// One rule of the gate.
#[derive(Debug, Serialize)]
pub(super) struct RuleRow<'a> {
    rule: Vec<Part>,
    /// The column that it was applied to.
    of: String,
    href: String,
    verdict: &'a str,
    /// CSS class.
    class: String,
    found: Vec<Part>,
}

pub(super) fn rules<'a>(report: &'a Report, links: &Links<'a>) -> Vec<RuleRow<'a>> {
    let row = |rule: &'a crate::report::GateRule| {
        let of = rule.variant.as_ref();
        let all = CaseFilter::default().with(By::Outcome, TRIED);
        let cases = of.map_or(all, CaseFilter::of);
        let verdict = verdict_name(rule.verdict);
        let name = of.map_or_else(|| rule.rule.to_string(), |of| format!("{} on {of}", rule.rule));
        RuleRow {
            rule: links.parts(&rule.rule, &name),
            of: of.map_or_else(|| "the run".to_owned(), ToString::to_string),
            href: links.to(&cases, &name),
            verdict,
            class: verdict.replace(' ', "-"),
            found: links.parts(&rule.detail, &name),
        }
    };
    report.gate.iter().flat_map(|gate| &gate.rules).map(row).collect()
}

/// One experiment.
#[derive(Debug, Serialize)]
pub(super) struct ExperimentRow<'a> {
    name: &'a str,
    hypothesis: &'a str,
    stated: &'a [(&'static str, String)],
    results: Vec<ResultRow>,
    decisions: &'a [String],
}

#[derive(Debug, Serialize)]
struct ResultRow {
    /// Whether it is of this run, so that its cases are in this page.
    here: bool,
    said: Vec<Part>,
}

pub(super) fn experiment<'a>(
    report: &Report,
    one: &'a ExperimentView,
    links: &Links<'_>,
) -> ExperimentRow<'a> {
    let result = |result: &ResultView| {
        let here = result.run == report.run.id;
        // The cases of another run are in its own report.
        let plain = Sentence::from(&*result.sentence);
        let sentence = if here { &result.sentence } else { &plain };
        ResultRow { here, said: links.parts(sentence, &one.name) }
    };
    ExperimentRow {
        name: &one.name,
        hypothesis: &one.hypothesis,
        stated: &one.stated,
        results: one.results.iter().map(result).collect(),
        decisions: &one.decisions,
    }
}

/// The actions that occur in every table of actions.
pub(super) fn done(report: &Report) -> Vec<Vec<Action>> {
    let of = |table: &ActionTable| {
        let occurs = |action: &Action| table.matrix.iter().any(|row| row.actual.contains_key(action));
        Action::ALL.into_iter().filter(occurs).collect()
    };
    report.actions.iter().map(of).collect()
}

/// The short name of a column.
pub(super) fn label(report: &Report, column: usize) -> &str {
    report.variants.get(column).map_or("", |v| &v.label)
}

pub(super) fn rate_words(rate: &Rate) -> String {
    match (rate.rate, rate.interval) {
        (Some(share), Some(interval)) => format!("{} ({})", percent(share), percent_interval(interval)),
        _ => "–".to_owned(),
    }
}

pub(super) fn add_filters(env: &mut Environment<'_>) {
    let number = |value: &Value| f64::try_from(value.clone()).ok();
    env.add_filter("enc", |text: &str| encoded(text));
    env.add_filter("count", |n: u64| count(n));
    env.add_filter("percent", move |v: Value| number(&v).map_or_else(|| "–".to_owned(), percent));
    env.add_filter("usd", move |v: Value| number(&v).map_or_else(|| "unknown".to_owned(), usd));
    env.add_filter("ms", move |v: Value| number(&v).map_or_else(|| "–".to_owned(), duration));
    env.add_filter("p", move |v: Value| number(&v).map_or_else(|| "–".to_owned(), p_value));
    env.add_filter("score", move |v: Value| number(&v).map_or_else(|| "–".to_owned(), |s| format!("{s:.2}")));
    env.add_filter("day", |time: &str| time.get(..16).unwrap_or(time).replace('T', " "));
    env.add_filter("between", move |v: Value| interval(&v).map_or_else(|| "–".to_owned(), percent_interval));
    env.add_filter("points", move |v: Value| interval(&v).map_or_else(|| "–".to_owned(), points));
    env.add_filter("moved", |v: Value| {
        let names = moved_names(crate::diff::Moved {
            case: is_set(&v, "case"),
            prompt: is_set(&v, "prompt"),
            knowledge: is_set(&v, "knowledge"),
            scorers: is_set(&v, "scorers"),
            model: is_set(&v, "model"),
        });
        if names.is_empty() { "nothing".to_owned() } else { names.join(", ") }
    });
}

fn is_set(value: &Value, key: &str) -> bool {
    value.get_attr(key).is_ok_and(|v| v.is_true())
}

fn interval(value: &Value) -> Option<Interval> {
    let bound = |key: &str| value.get_attr(key).ok().and_then(|v| f64::try_from(v).ok());
    Some(Interval { low: bound("low")?, high: bound("high")? })
}
