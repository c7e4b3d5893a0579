//! The head of a report and its tables of variants, suites, scorers and phrasings.

use crate::case::Phrasing;
use std::fmt::Write as _;

use crate::golden::Standing;
use crate::outcome::RunStatus;
use crate::report::columns::{PartSum, Rate, clustering};
use crate::report::facts::{ModelView, RunFacts};
use crate::report::inert::inert_line;
use crate::report::numbers::{count, duration, percent, percent_interval, plural, usd};
use crate::report::scorers::{ScorerCell, ScorerRow};
use crate::report::terminal::layout::{INDENT, heading, paragraph, table};
use crate::report::terminal::paint::{Paint, Span, Tone};
use crate::report::{PhrasingRow, Report, VariantRow};

/// What stands where there is no number.
const NONE: &str = "–";

/// The run in a few lines.
pub fn header(paint: Paint, run: &RunFacts) -> String {
    let tone = match run.status {
        RunStatus::Finished => Tone::Good,
        RunStatus::Running | RunStatus::Stopped => Tone::Warn,
    };
    let mut first = vec![
        Span::new(Tone::Strong, format!("run {}", run.id)),
        "  ".into(),
        Span::new(tone, run.status.name()),
    ];
    if let Some(reason) = &run.stop_reason {
        first.push(Span::new(tone, format!(" ({})", inert_line(reason))));
    }
    // Times of day rather than a duration: they are all that differs between two replays of one run.
    let time = |at: jiff::Timestamp| at.strftime("%Y-%m-%d %H:%M:%S").to_string();
    let mut parts = vec![match run.ended {
        Some(ended) => format!("{} to {} UTC", time(run.started), time(ended)),
        None => format!("{} UTC", time(run.started)),
    }];
    parts.extend(run.git.as_ref().map(|git| {
        let branch = git.branch.as_ref().map(|b| format!(" on {}", inert_line(b))).unwrap_or_default();
        let short: String = git.revision.chars().take(10).collect();
        format!("commit {short}{branch}{}", if git.dirty { ", with local changes" } else { "" })
    }));
    if !run.tags.is_empty() {
        parts.push(format!("tags {}", run.tags.join(", ")));
    }
    parts.extend(run.what_if.as_ref().map(|what_if| inert_line(what_if)));
    let models: Vec<String> = run.models.iter().map(model).collect();
    let missing = run.planned.saturating_sub(run.done);
    let done = if missing == 0 {
        plural(run.done, "trial")
    } else {
        format!("{} of {}, {missing} without a result", count(run.done), plural(run.planned, "planned trial"))
    };
    let way = run.retrieval_words().map(|way| format!("retrieval {} · ", inert_line(&way)));
    let what = format!(
        "suites {} · models {} · {}{} · {done} · seed {}",
        list(&run.suites),
        list(&models),
        way.unwrap_or_default(),
        plural(run.cases, "case"),
        run.seed
    );
    paragraph(paint, 0, &first)
        + &paragraph(paint, INDENT, &[Span::new(Tone::Dim, parts.join(" · "))])
        + &paragraph(paint, INDENT, &[Span::new(Tone::Dim, what)])
}

fn model(model: &ModelView) -> String {
    let mut names = vec![inert_line(&model.model)];
    names.extend(
        model
            .reported
            .iter()
            .filter(|r| **r != model.model)
            .map(|r| format!("reported as {}", inert_line(r))),
    );
    names.retain(|n| *n != model.name);
    if names.is_empty() { model.name.clone() } else { format!("{} ({})", model.name, names.join(", ")) }
}

fn list(names: &[String]) -> String {
    if names.is_empty() { NONE.to_owned() } else { names.join(", ") }
}

/// A table of scorers with more rows than this leaves out the ones that judged a few cases only.
const MOST_SCORERS: usize = 12;
/// Answers that a scorer must have scored in some column to be in a long table.
const COMMON: u64 = 5;

fn is_common(scorer: &ScorerRow) -> bool {
    scorer.cells.iter().any(|c| c.scored >= COMMON)
}

/// The tables of variants, suites, scorers and phrasings; `limit` 0 leaves nothing out.
pub(super) fn tables(paint: Paint, report: &Report, limit: usize) -> String {
    let mut text = heading(paint, "Variants");
    if report.variants.is_empty() {
        return text + &paragraph(paint, INDENT, &["nothing was run".into()]);
    }
    text.push_str(&quality(paint, &report.variants));
    if let Some(note) = clustering(report.variants.iter().map(|v| &v.pass_rate)) {
        text.push_str(&paragraph(paint, INDENT, &[Span::new(Tone::Dim, note)]));
    }
    text.push('\n');
    text.push_str(&effort(paint, &report.variants));
    text.push_str(&declined(paint, &report.variants));
    text.push_str(&cached(paint, &report.variants));
    text.push_str(&judging(paint, &report.variants));
    let labels: Vec<&str> = report.variants.iter().map(|v| v.label.as_str()).collect();
    if report.suites.len() > 1 {
        let rows: Vec<Vec<Span>> = report
            .suites
            .iter()
            .map(|s| row(&s.suite, s.cells.iter().map(|c| c.as_ref().map_or_else(none, rate))))
            .collect();
        text.push_str(&heading(paint, "Pass rate per suite"));
        text.push_str(&table(paint, &head("suite", &labels), &rows, true));
    }
    if !report.scorers.is_empty() {
        let name = |s: &ScorerRow| match (s.required, s.judge.map(|judge| judge.standing)) {
            (true, _) => s.name.clone(),
            (false, Some(Standing::Uncertified)) => format!("{} (no certificate: reported only)", s.name),
            (false, Some(Standing::Expired)) => format!("{} (certificate expired: reported only)", s.name),
            (false, _) => format!("{} (reported only)", s.name),
        };
        let is_shown = |s: &&ScorerRow| limit == 0 || report.scorers.len() <= MOST_SCORERS || is_common(s);
        let rows: Vec<Vec<Span>> = report
            .scorers
            .iter()
            .filter(is_shown)
            .map(|s| row(&name(s), s.cells.iter().map(scorer)))
            .collect();
        text.push_str(&heading(paint, "Scorers: passed of scored, mean"));
        text.push_str(&table(paint, &head("scorer", &labels), &rows, true));
        let rare = report.scorers.len() - rows.len();
        if rare > 0 {
            let note =
                format!("… and {rare} of a few cases each: regauge report {} --limit 0", report.run.id);
            text.push_str(&paragraph(paint, INDENT, &[Span::new(Tone::Dim, note)]));
        }
    }
    if !report.phrasings.is_empty() {
        text.push_str(&heading(paint, "Phrasing groups: a group passes only if all its wordings do"));
        let rows: Vec<Vec<Span>> = report.phrasings.iter().map(phrasing).collect();
        let head =
            ["variant", "groups", "passed", "failed", "undecided", "own wording", "worst other", "gap"];
        text.push_str(&table(paint, &head, &rows, true));
        text.push_str(&wording_kinds(paint, &report.phrasings));
    }
    text
}

fn head<'a>(first: &'a str, labels: &[&'a str]) -> Vec<&'a str> {
    std::iter::once(first).chain(labels.iter().copied()).collect()
}

fn row(name: &str, cells: impl Iterator<Item = Span>) -> Vec<Span> {
    std::iter::once(Span::new(Tone::Strong, name)).chain(cells).collect()
}

fn quality(paint: Paint, variants: &[VariantRow]) -> String {
    let skips = variants.iter().any(|v| v.skipped > 0);
    let rows: Vec<Vec<Span>> = variants
        .iter()
        .map(|v| {
            let planned = v.planned.filter(|p| *p != v.done);
            let mut row = vec![
                Span::new(Tone::Strong, &*v.label),
                planned
                    .map_or_else(|| count(v.done), |p| format!("{} of {}", count(v.done), count(p)))
                    .into(),
                rate(&v.pass_rate),
                v.weighted_pass_rate.map_or_else(none, |w| percent(w).into()),
                v.mean_score.map_or_else(none, |s| format!("{s:.2}").into()),
                number(v.passed, Tone::Good),
                number(v.failed, Tone::Bad),
                number(v.refused, Tone::Bad),
                number(v.errored, Tone::Warn),
            ];
            row.extend(skips.then(|| number(v.skipped, Tone::Plain)));
            row
        })
        .collect();
    let header = [
        "variant",
        "trials",
        "pass rate",
        "weighted",
        "score",
        "passed",
        "failed",
        "refused",
        "errored",
        "skipped",
    ];
    table(paint, &header[..header.len() - usize::from(!skips)], &rows, true)
}

fn effort(paint: Paint, variants: &[VariantRow]) -> String {
    let streamed = variants.iter().any(|v| v.first_token_p50_ms.is_some());
    let rows: Vec<Vec<Span>> = variants
        .iter()
        .map(|v| {
            let latency = |ms: Option<f64>| ms.map_or_else(none, |ms| duration(ms).into());
            let mut row = vec![
                Span::new(Tone::Strong, &*v.label),
                part(v.tokens_in, |n| count(n as u64)),
                part(v.tokens_out, |n| count(n as u64)),
                part(v.cost, usd),
                latency(v.p50_ms),
                latency(v.p95_ms),
            ];
            if streamed {
                row.extend([latency(v.first_token_p50_ms), latency(v.first_token_p95_ms)]);
            }
            row
        })
        .collect();
    let header =
        ["variant", "tokens in", "tokens out", "cost", "latency p50", "p95", "first token p50", "p95"];
    table(paint, &header[..if streamed { header.len() } else { header.len() - 2 }], &rows, true)
}

/// How many answers were there already; nothing when all were asked for.
fn cached(paint: Paint, variants: &[VariantRow]) -> String {
    let sum = |of: fn(&VariantRow) -> u64| variants.iter().map(of).sum::<u64>();
    let (cached, answered, done) = (sum(|v| v.cached), sum(|v| v.answered), sum(|v| v.done));
    if cached == 0 {
        return String::new();
    }
    let end = if cached == done { ": nothing was sent" } else { "" };
    let words = format!("{} of {} were there already{end}", count(cached), plural(answered, "answer"));
    paragraph(paint, INDENT, &[Span::new(Tone::Dim, words)])
}

/// How many answers decline, column by column; nothing where none does.
fn declined(paint: Paint, variants: &[VariantRow]) -> String {
    let lines = variants.iter().filter_map(VariantRow::declined_line);
    lines.map(|words| paragraph(paint, INDENT, &[Span::new(Tone::Dim, words)])).collect()
}

/// What judges took, column by column; nothing when none was asked.
fn judging(paint: Paint, variants: &[VariantRow]) -> String {
    let mut text = String::new();
    for (variant, judging) in variants.iter().filter_map(|v| Some((v, v.judging?))) {
        let cost = match (judging.cost.known, judging.cost.unknown) {
            (Some(known), 0) => usd(known),
            (Some(known), n) => format!("{} + {} unknown", usd(known), count(n)),
            (None, _) => "cost unknown".to_owned(),
        };
        let mut words = format!(
            "{}: judges gave {} more, {} tokens in, {} out, {cost}",
            variant.label,
            plural(judging.replies, "answer"),
            count(judging.tokens_in),
            count(judging.tokens_out),
        );
        if judging.cached > 0 {
            let _ = write!(words, "; {} were there already", count(judging.cached));
        }
        if judging.failed > 0 {
            let _ = write!(words, "; {} failed", plural(judging.failed, "request"));
        }
        text.push_str(&paragraph(paint, INDENT, &[Span::new(Tone::Dim, words)]));
    }
    text
}

fn none() -> Span {
    Span::new(Tone::Dim, NONE)
}

fn number(n: u64, tone: Tone) -> Span {
    if n == 0 { Span::new(Tone::Dim, "0") } else { Span::new(tone, count(n)) }
}

fn rate(rate: &Rate) -> Span {
    match (rate.rate, rate.interval) {
        (Some(share), Some(interval)) => {
            format!("{} ({})", percent(share), percent_interval(interval)).into()
        }
        (Some(share), None) => percent(share).into(),
        (None, _) => none(),
    }
}

fn part(sum: PartSum, show: fn(f64) -> String) -> Span {
    match (sum.known, sum.unknown) {
        (Some(value), 0) => show(value).into(),
        (Some(value), n) => Span::new(Tone::Warn, format!("{} + {} unknown", show(value), count(n))),
        (None, 0) => none(),
        (None, _) => Span::new(Tone::Warn, "unknown"),
    }
}

fn scorer(cell: &ScorerCell) -> Span {
    let mut parts = Vec::new();
    if let Some(mean) = cell.mean {
        parts.push(format!("{} of {}, {mean:.2}", count(cell.passed), count(cell.scored)));
    }
    for (n, what) in [(cell.unparsed, "unreadable"), (cell.judge_errors, "judge failed")] {
        if n > 0 {
            parts.push(format!("{} {what}", count(n)));
        }
    }
    if parts.is_empty() { none() } else { parts.join(", ").into() }
}

fn phrasing(row: &PhrasingRow) -> Vec<Span> {
    vec![
        Span::new(Tone::Strong, &*row.label),
        count(row.groups).into(),
        number(row.passed, Tone::Good),
        number(row.failed, Tone::Bad),
        number(row.undecided, Tone::Warn),
        row.own_rate.map_or_else(none, |rate| percent(rate).into()),
        row.worst_rate.map_or_else(none, |rate| percent(rate).into()),
        match row.gap {
            Some(gap) if gap > 0.0 => Span::new(Tone::Bad, points(gap)),
            Some(gap) => points(gap).into(),
            None => none(),
        },
    ]
}

fn points(gap: f64) -> String {
    format!("{:.0} points", gap * 100.0)
}

/// How wordings of each origin fared, where some were made by rule.
fn wording_kinds(paint: Paint, rows: &[PhrasingRow]) -> String {
    let made = |row: &PhrasingRow| row.kinds.iter().any(|k| k.kind != Phrasing::WRITTEN);
    if !rows.iter().any(made) {
        return String::new();
    }
    let mut kinds: Vec<&str> = rows.iter().flat_map(|r| &r.kinds).map(|k| k.kind.as_str()).collect();
    kinds.sort_unstable();
    kinds.dedup();
    let cell = |row: &PhrasingRow, kind: &str| {
        let found = row.kinds.iter().find(|k| k.kind == kind && k.judged > 0);
        found.map_or_else(none, |k| {
            format!(
                "{} of {} ({})",
                count(k.passed),
                count(k.judged),
                percent(k.passed as f64 / k.judged as f64)
            )
            .into()
        })
    };
    let lines: Vec<Vec<Span>> =
        kinds.iter().map(|kind| row(kind, rows.iter().map(|r| cell(r, kind)))).collect();
    let labels: Vec<&str> = rows.iter().map(|r| r.label.as_str()).collect();
    format!("\n{}", table(paint, &head("passed by wording", &labels), &lines, true))
}
