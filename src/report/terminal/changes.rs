//! What changed since an earlier run, and the output of `regauge diff`.

use crate::diff::ChangeKind;
use crate::report::inert::{inert, inert_line};
use crate::report::numbers::count;
use crate::report::since::{
    ChangeView, Piece, PieceKind, SideView, Since, SinceColumn, kind_name, moved_names,
};
use crate::report::terminal::failing::left_out;
use crate::report::terminal::layout::{INDENT, heading, labelled, paragraph};
use crate::report::terminal::paint::{Paint, Span, Tone};
use crate::report::terminal::verdict::sentences;

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
    let mut text = paragraph(paint, INDENT, &[Span::new(Tone::Dim, "what moved: "), moved.into()]);
    if since.moved.scorers || since.moved.case {
        let warning =
            "cases or scorers moved: verdicts of the cases marked `not comparable` do not mean the same";
        text.push_str(&paragraph(paint, INDENT, &[Span::new(Tone::Warn, warning)]));
    }
    for (names, what) in [(&since.added, "new variant"), (&since.removed, "variant no longer run")] {
        for name in names {
            text.push_str(&paragraph(paint, INDENT, &[Span::new(Tone::Warn, format!("{what}: {name}"))]));
        }
    }
    if since.columns.is_empty() {
        text.push_str(&paragraph(paint, INDENT, &["the runs share no variant: nothing to compare".into()]));
    }
    text + &since.columns.iter().map(|c| column(paint, c, limit, more)).collect::<String>()
}

fn column(paint: Paint, column: &SinceColumn, limit: usize, more: &str) -> String {
    let mut text = format!("\n{}", sentences(paint, INDENT, &column.versus));
    let counts: Vec<String> =
        column.counts.iter().map(|(kind, n)| format!("{} {}", count(*n), kind_name(*kind))).collect();
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
