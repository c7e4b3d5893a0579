//! Which variant is better, what the gate says, and what to do next.

use crate::gate::Verdict;
use crate::report::gate::verdict_name;
use crate::report::inert::inert_line;
use crate::report::numbers::count;
use crate::report::terminal::layout::{INDENT, heading, paragraph, table};
use crate::report::terminal::paint::{Paint, Span, Tone};
use crate::report::versus::{Decider, Versus};
use crate::report::{Advice, Beats, Finding, GateRule, Report};

/// The variants against each other, and against the bare prompt.
pub(super) fn better(paint: Paint, report: &Report, limit: usize) -> String {
    let mut text = String::new();
    if !report.better.is_empty() {
        text.push_str(&heading(paint, "Which variant is better"));
    }
    if let Some(compared) = report.compared.as_ref().filter(|c| c.by != "best" || c.adjusted_for > 1) {
        text.push_str(&paragraph(paint, INDENT, &[Span::new(Tone::Dim, &*compared.sentence)]));
    }
    for versus in &report.better {
        text.push_str(&sentences(paint, INDENT, versus));
        text.push_str(&broken(paint, versus, limit));
    }
    if !report.bare.is_empty() {
        text.push_str(&heading(paint, "Against the bare prompt"));
    }
    for found in &report.bare {
        let tone = match found.answer {
            Beats::Yes => Tone::Good,
            Beats::No => Tone::Bad,
            Beats::CannotTell => Tone::Plain,
        };
        text.push_str(&paragraph(paint, INDENT, &[Span::new(tone, &*found.sentence)]));
    }
    text
}

/// One comparison with what decides it.
pub(super) fn sentences(paint: Paint, indent: usize, versus: &Versus) -> String {
    let tone = |finding: Finding| match finding {
        Finding::Better => Tone::Good,
        Finding::Worse => Tone::Bad,
        Finding::NotComparable => Tone::Warn,
        Finding::NoWorse | Finding::CannotTell | Finding::Identical | Finding::NothingToCompare => {
            Tone::Plain
        }
    };
    let mut text = paragraph(paint, indent, &[Span::new(tone(versus.finding), &*versus.sentence)]);
    if let Some(weighted) = &versus.weighted {
        text.push_str(&paragraph(paint, indent, &[Span::new(tone(weighted.finding), &*weighted.sentence)]));
    }
    if !versus.decided_by.is_empty() {
        let parts: Vec<String> = versus.decided_by.iter().map(decider).collect();
        text.push_str(&paragraph(paint, indent + 2, &[format!("what decides: {}", parts.join("; ")).into()]));
    }
    text
}

/// The cases that a better column breaks: the ones to look at before choosing it.
fn broken(paint: Paint, versus: &Versus, limit: usize) -> String {
    let all = &versus.broke_cases;
    let shown = if limit == 0 { all.len() } else { limit.min(all.len()) };
    if shown == 0 {
        return String::new();
    }
    let more = versus.broke.saturating_sub(shown as u64);
    let more = if more > 0 { format!(" and {} more", count(more)) } else { String::new() };
    paragraph(paint, INDENT + 2, &[Span::new(Tone::Dim, format!("broke: {}{more}", all[..shown].join(", ")))])
}

fn decider(decider: &Decider) -> String {
    let counts: Vec<String> = [(decider.fixed, "fixed"), (decider.broke, "broke")]
        .into_iter()
        .filter(|(n, _)| *n > 0)
        .map(|(n, what)| format!("{what} {n}"))
        .collect();
    format!("{} ({})", decider.scorer, counts.join(", "))
}

/// The gate's rules and its verdict.
pub fn gate(paint: Paint, report: &Report) -> String {
    let Some(gate) = &report.gate else { return String::new() };
    let mut text = heading(paint, "Gate");
    let label = |rule: &GateRule| {
        let variant = report.variants.iter().find(|v| Some(&v.variant) == rule.variant.as_ref());
        variant.map_or_else(|| "the run".to_owned(), |v| v.label.clone())
    };
    let row = |rule: &GateRule| {
        vec![
            Span::new(Tone::Strong, &*rule.rule),
            label(rule).into(),
            Span::new(verdict_tone(rule.verdict), verdict_name(rule.verdict)),
            inert_line(&rule.detail).into(),
        ]
    };
    let rows: Vec<Vec<Span>> = gate.rules.iter().map(row).collect();
    if !rows.is_empty() {
        text.push_str(&table(paint, &["rule", "of", "verdict", "found"], &rows, false));
    }
    for left_out in &gate.not_checked {
        let words = format!("not checked: {}", inert_line(left_out));
        text.push_str(&paragraph(paint, INDENT, &[Span::new(Tone::Dim, words)]));
    }
    text + &paragraph(paint, INDENT, &[Span::new(verdict_tone(gate.verdict), &*gate.words)])
}

fn verdict_tone(verdict: Verdict) -> Tone {
    match verdict {
        Verdict::Pass => Tone::Good,
        Verdict::Fail => Tone::Bad,
        Verdict::Inconclusive | Verdict::CannotTell | Verdict::NotComparable | Verdict::Incomplete => {
            Tone::Warn
        }
    }
}

/// The advice, one command per line.
pub(super) fn next(paint: Paint, report: &Report) -> String {
    if report.next.is_empty() {
        return String::new();
    }
    let line = |advice: &Advice| {
        let command = Span::new(Tone::Strong, advice.command());
        // Commands are never wrapped: they are there to be copied.
        format!(
            "{}{}\n{}{}\n",
            " ".repeat(INDENT),
            advice.why(),
            " ".repeat(INDENT + 2),
            paint.spans(&[command])
        )
    };
    heading(paint, "Next") + &report.next.iter().map(line).collect::<String>()
}
