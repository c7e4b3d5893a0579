//! What changed since an earlier run, and the output of `regauge diff`.

use std::fmt::Write as _;

use crate::diff::ChangeKind;
use crate::report::inert::{inert, inert_line};
use crate::report::numbers::{count, p_value, plural, points};
use crate::report::since::{
    ChangeView, Piece, PieceKind, SideView, Since, SinceColumn, kind_name, moved_names,
};
use crate::report::terminal::failing::left_out;
use crate::report::terminal::layout::{INDENT, heading, labelled, paragraph, table};
use crate::report::terminal::paint::{Paint, Span, Tone};
use crate::report::terminal::reliability::moved_slices;
use crate::report::terminal::verdict::sentences;
use crate::report::versus::Versus;
use crate::report::{Finding, Metric};

/// Most lines of one block while cases are limited.
const LINES: usize = 8;

/// The section of a report.
pub(super) fn since(paint: Paint, since: &Since, limit: usize, run: &str) -> String {
    let more = format!("regauge diff {} {run}", since.base);
    heading(paint, &format!("Since run {}", since.base)) + &body(paint, since, limit, &more)
}

/// A whole diff; `limit` cases per column and kind (0 = all).
pub fn render_diff(paint: Paint, diff: &Since, limit: usize) -> String {
    let title = paint.tone(Tone::Strong, &format!("{} → {}", diff.base, diff.cand));
    let more = format!("regauge diff {} {} --all", diff.base, diff.cand);
    format!("{title}\n{}", body(paint, diff, limit, &more))
}

fn body(paint: Paint, since: &Since, limit: usize, more: &str) -> String {
    let moved = moved_names(since.moved);
    let moved = if moved.is_empty() { "nothing".to_owned() } else { moved.join(", ") };
    let mut text = match since.apart() {
        Some((words, command)) => {
            let words = Span::new(Tone::Warn, format!("{}: nothing to compare", inert_line(&words)));
            let offer = command.map(|command| {
                ["; to hold them against each other: ".into(), Span::new(Tone::Strong, inert_line(&command))]
            });
            let spans: Vec<Span> = std::iter::once(words).chain(offer.into_iter().flatten()).collect();
            paragraph(paint, INDENT, &spans)
        }
        None => paragraph(paint, INDENT, &[Span::new(Tone::Dim, "what moved: "), moved.into()]),
    };
    if let Some(drafts) = &since.overlay {
        let words = format!("knowledge is moved by a what-if, the drafts of {}", inert_line(drafts));
        text.push_str(&paragraph(paint, INDENT, &[Span::new(Tone::Warn, words)]));
    }
    if since.moved.scorers || since.moved.case {
        let warning =
            "cases or scorers moved: verdicts of the cases marked `not comparable` do not mean the same";
        text.push_str(&paragraph(paint, INDENT, &[Span::new(Tone::Warn, warning)]));
        for (words, command) in since.ways_back() {
            // Commands are never wrapped: they are there to be copied.
            let command = paint.spans(&[Span::new(Tone::Strong, inert_line(&command))]);
            text.push_str(&paragraph(paint, INDENT, &[words.into()]));
            let _ = writeln!(text, "{}{command}", " ".repeat(INDENT + 2));
        }
    }
    for (names, what) in [(&since.added, "new variant"), (&since.removed, "variant no longer run")] {
        for name in names {
            text.push_str(&paragraph(paint, INDENT, &[Span::new(Tone::Warn, format!("{what}: {name}"))]));
        }
    }
    if let Some(compared) = &since.compared {
        text.push_str(&paragraph(paint, INDENT, &[Span::new(Tone::Dim, &*compared.sentence)]));
    }
    text + &since.columns.iter().map(|c| column(paint, c, limit, more)).collect::<String>()
}

fn column(paint: Paint, column: &SinceColumn, limit: usize, more: &str) -> String {
    let mut text = format!("\n{}", sentences(paint, INDENT, &column.versus));
    text.push_str(&metrics(paint, &column.versus));
    text.push_str(&moved_slices(paint, &column.slices));
    let mut counts: Vec<String> =
        column.counts.iter().map(|(kind, n)| format!("{} {}", count(*n), kind_name(*kind))).collect();
    let sided = |kind| column.counts.get(&kind).copied().unwrap_or_default();
    let sided = sided(ChangeKind::Regressed) + sided(ChangeKind::Improved);
    if sided > 0 {
        let unproven = sided.saturating_sub(column.proven);
        counts.push(match (column.proven, unproven) {
            (_, 0) => "all of the broken and fixed ones proven by repeats".to_owned(),
            (0, _) => "none of the broken and fixed ones proven: that takes repeats".to_owned(),
            (proven, _) => format!("{} of the broken and fixed ones proven by repeats", count(proven)),
        });
    }
    if !counts.is_empty() {
        text.push_str(&paragraph(paint, INDENT + 2, &[Span::new(Tone::Dim, counts.join(", "))]));
    }
    let lines = if limit == 0 { 0 } else { LINES };
    for changes in column.changes.chunk_by(|a, b| a.kind == b.kind) {
        let total = column.counts.get(&changes[0].kind).copied().unwrap_or_default();
        if matches!(changes[0].kind, ChangeKind::Added | ChangeKind::Removed) {
            text.push_str(&listed(paint, changes, total, limit));
            continue;
        }
        let shown = if limit == 0 { changes.len() } else { limit.min(changes.len()) };
        for view in &changes[..shown] {
            text.push('\n');
            text.push_str(&change(paint, view, lines));
        }
        // Where everything kept is shown, no command shows more.
        let more = (limit > 0).then_some(more);
        text.push_str(&left_out(paint, total.saturating_sub(shown as u64), more));
    }
    if column.reworded > 0 {
        let words = format!("{} with the same verdict and another answer", count(column.reworded));
        text.push('\n');
        text.push_str(&paragraph(paint, INDENT + 2, &[Span::new(Tone::Dim, words)]));
        for view in &column.reworded_cases {
            text.push_str(&change(paint, view, lines));
        }
        let rest = column.reworded.saturating_sub(column.reworded_cases.len() as u64);
        if rest > 0 {
            text.push_str(&paragraph(
                paint,
                INDENT + 2,
                &[Span::new(Tone::Dim, format!("… and {} more", count(rest)))],
            ));
        }
    }
    text
}

/// Most metrics shown of one column: those that say something come first.
const METRICS: usize = 8;

/// The metrics beside the pass rate, of which the sentence speaks; what did not move at all is only counted.
fn metrics(paint: Paint, versus: &Versus) -> String {
    let open = |m: &&Metric| matches!(m.finding, Finding::CannotTell | Finding::NothingToCompare);
    let others: Vec<&Metric> = versus.metrics.iter().skip(1).collect();
    let (still, moved): (Vec<&Metric>, Vec<&Metric>) =
        others.into_iter().partition(|m| m.difference.is_none_or(|d| d == 0.0));
    let (unclear, mut shown): (Vec<&Metric>, Vec<&Metric>) = moved.into_iter().partition(open);
    shown.extend(unclear);
    let more = shown.len().saturating_sub(METRICS) + still.len();
    shown.truncate(METRICS);
    if shown.is_empty() {
        return String::new();
    }
    let row = |m: &&Metric| {
        let mean = |v: Option<f64>| v.map_or_else(String::new, |v| format!("{v:.2}"));
        let p = m.p_value.map_or_else(String::new, p_value);
        let tone = match m.finding {
            Finding::Better => Tone::Good,
            Finding::Worse => Tone::Bad,
            _ => Tone::Plain,
        };
        vec![
            Span::new(Tone::Strong, inert_line(&m.name)),
            format!("{} → {}", mean(m.base), mean(m.cand)).into(),
            m.interval.map_or_else(String::new, points).into(),
            p.into(),
            count(m.n).into(),
            Span::new(tone, finding_words(m)),
        ]
    };
    let rows: Vec<Vec<Span>> = shown.iter().map(row).collect();
    let mut text = format!(
        "\n{}",
        table(paint, &["metric", "mean", "95 % interval", "p", "cases", "finding"], &rows, false)
    );
    if more > 0 {
        let words = format!("{} without a difference, or left out", plural(more as u64, "metric"));
        text.push_str(&paragraph(paint, INDENT + 2, &[Span::new(Tone::Dim, words)]));
    }
    text
}

/// What a metric may be said to show, in words.
pub(super) fn finding_words(metric: &Metric) -> String {
    let margin = format!("{:.0} points", metric.margin * 100.0);
    match metric.finding {
        Finding::Better => "better".to_owned(),
        Finding::NoWorse if metric.equivalent => format!("the same within {margin}"),
        Finding::NoWorse => format!("no worse within {margin}"),
        Finding::Worse => "worse".to_owned(),
        Finding::CannotTell => metric.cases_needed.map_or_else(
            || "cannot tell".to_owned(),
            |n| format!("cannot tell; about {} would", plural(n, "case")),
        ),
        Finding::Identical => "the same answers".to_owned(),
        Finding::NothingToCompare => "nothing to compare".to_owned(),
        Finding::NotComparable => "not comparable".to_owned(),
    }
}

/// Most names of added or removed cases while cases are limited.
const NAMES: usize = 10;

/// Cases that only one run has: their names.
fn listed(paint: Paint, changes: &[ChangeView], total: u64, limit: usize) -> String {
    let name = |c: &ChangeView| {
        let wording =
            if c.phrasing.is_empty() { String::new() } else { format!(" (wording {})", c.phrasing) };
        format!("{}/{}{wording}", c.suite, c.case)
    };
    let shown = if limit == 0 { changes.len() } else { NAMES.min(changes.len()) };
    let names: Vec<String> = changes[..shown].iter().map(name).collect();
    let more = total.saturating_sub(shown as u64);
    let more = if more > 0 { format!(" and {} more", count(more)) } else { String::new() };
    let kind = Span::new(Tone::Dim, format!("{}  ", kind_name(changes[0].kind)));
    format!("\n{}", paragraph(paint, INDENT + 2, &[kind, format!("{}{more}", names.join(", ")).into()]))
}

fn change(paint: Paint, change: &ChangeView, lines: usize) -> String {
    let tone = match change.kind {
        ChangeKind::Regressed => Tone::Bad,
        ChangeKind::Improved => Tone::Good,
        ChangeKind::Flaky | ChangeKind::Inconclusive | ChangeKind::NotComparable => Tone::Warn,
        ChangeKind::Same | ChangeKind::Added | ChangeKind::Removed => Tone::Dim,
    };
    let wording =
        if change.phrasing.is_empty() { String::new() } else { format!(" · wording {}", change.phrasing) };
    let moved = moved_names(change.moved);
    let moved = if moved.is_empty() { String::new() } else { format!(" · {} moved", moved.join(", ")) };
    let title = [
        Span::new(tone, kind_name(change.kind)),
        "  ".into(),
        Span::new(Tone::Strong, &*change.case),
        Span::new(Tone::Dim, format!("  {}{wording}{moved}", change.suite)),
    ];
    let mut text = paragraph(paint, INDENT + 2, &title);
    if !change.evidence.is_empty() {
        let tone = if change.proven { tone } else { Tone::Warn };
        text.push_str(&labelled(paint, "evidence", &[Span::new(tone, &*change.evidence)], lines));
    }
    if let Some(verdicts) = verdicts(change) {
        text.push_str(&labelled(paint, "verdicts", &[verdicts.into()], lines));
    }
    text.push_str(&labelled(paint, "question", &[inert(&change.question).into()], lines));
    if change.words.is_empty() {
        if let Some(answer) = change.cand.as_ref().and_then(|s| s.answer.as_ref()) {
            text.push_str(&labelled(
                paint,
                "answer",
                &[inert(answer).into(), Span::new(Tone::Dim, " (unchanged)")],
                lines,
            ));
        }
    } else {
        text.push_str(&labelled(paint, "answer", &words(&change.words), lines));
    }
    let failing = |side: &Option<SideView>| side.as_ref().map(|s| s.failing.clone()).unwrap_or_default();
    for reason in failing(&change.base) {
        text.push_str(&labelled(paint, "was", &[inert_line(&reason).into()], lines));
    }
    for reason in failing(&change.cand) {
        text.push_str(&labelled(paint, "now", &[Span::new(Tone::Bad, inert_line(&reason))], lines));
    }
    text
}

/// Passes on both sides, when a side has more than one trial or one without a verdict.
fn verdicts(change: &ChangeView) -> Option<String> {
    let (base, cand) = (change.base.as_ref()?, change.cand.as_ref()?);
    let plain = |s: &SideView| s.judged == 1 && s.unjudged == 0;
    if plain(base) && plain(cand) {
        return None;
    }
    let side = |s: &SideView| {
        let unjudged =
            if s.unjudged > 0 { format!(", {} without a verdict", s.unjudged) } else { String::new() };
        format!("{} of {} passed{unjudged}", s.passed, s.judged)
    };
    Some(format!("{} → {}", side(base), side(cand)))
}

/// Two answers compared word by word.
pub fn words(pieces: &[Piece]) -> Vec<Span> {
    let tone = |is: PieceKind| match is {
        PieceKind::Equal => Tone::Plain,
        PieceKind::Removed => Tone::Removed,
        PieceKind::Added => Tone::Added,
    };
    pieces.iter().map(|p| Span::new(tone(p.is), inert(&p.text))).collect()
}
