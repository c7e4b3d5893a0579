//! Which variant is better, what the gate says, and what to do next.

use crate::report::better::{Decider, Finding, Versus};
use crate::report::inert::inert_line;
use crate::report::terminal::layout::{INDENT, heading, paragraph, table};
use crate::report::terminal::paint::{Paint, Span, Tone};
use crate::report::{Advice, GateRule, Report};

/// The best variant against the others.
pub(super) fn better(paint: Paint, report: &Report) -> String {
    if report.better.is_empty() {
        return String::new();
    }
    let mut text = heading(paint, "Which variant is better");
    for versus in &report.better {
        text.push_str(&sentences(paint, INDENT, versus));
    }
    text
}

/// One comparison with what decides it.
pub(super) fn sentences(paint: Paint, indent: usize, versus: &Versus) -> String {
    let tone = match versus.finding {
        Finding::Better => Tone::Good,
        Finding::Worse => Tone::Bad,
        Finding::CannotTell | Finding::NothingToCompare => Tone::Plain,
    };
    let mut text = paragraph(paint, indent, &[Span::new(tone, &*versus.sentence)]);
    if !versus.decided_by.is_empty() {
        let parts: Vec<String> = versus.decided_by.iter().map(decider).collect();
        text.push_str(&paragraph(paint, indent + 2, &[format!("what decides: {}", parts.join("; ")).into()]));
    }
    text
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
pub(super) fn gate(paint: Paint, report: &Report) -> String {
    let Some(gate) = &report.gate else { return String::new() };
    let tone = |passed: bool| if passed { Tone::Good } else { Tone::Bad };
    let mut text = heading(paint, "Gate");
    let row = |rule: &GateRule| {
        vec![
            Span::new(Tone::Strong, &*rule.rule),
            Span::new(tone(rule.passed), &*rule.verdict),
            inert_line(&rule.detail).into(),
        ]
    };
    let rows: Vec<Vec<Span>> = gate.rules.iter().map(row).collect();
    if !rows.is_empty() {
        text.push_str(&table(paint, &["rule", "verdict", "found"], &rows, false));
    }
    text + &paragraph(paint, INDENT, &[Span::new(tone(gate.passed), inert_line(&gate.verdict))])
}

/// The advice, one command per line.
pub(super) fn next(paint: Paint, report: &Report) -> String {
    if report.next.is_empty() {
        return String::new();
    }
    let line = |advice: &Advice| {
        let command = Span::new(Tone::Strong, advice.command());
        // Commands are never wrapped: they are there to be copied.
        format!("{}{}\n{}{}\n", " ".repeat(INDENT), advice.why(), " ".repeat(INDENT + 2), paint.spans(&[command]))
    };
    heading(paint, "Next") + &report.next.iter().map(line).collect::<String>()
}
