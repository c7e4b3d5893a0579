//! Failing cases by reason, and errors by kind.

use std::ops::Range;

use crate::case::Tier;
use crate::report::failing::{FailedFinding, FailingCase};
use crate::report::inert::{inert, inert_line};
use crate::report::numbers::{count, plural};
use crate::report::terminal::dialogue;
use crate::report::terminal::layout::{INDENT, heading, labelled, paragraph};
use crate::report::terminal::paint::{Paint, Span, Tone};
use crate::report::{ErrorGroup, FailingGroup, PassageView, Report};
use crate::score::{Evidence, against};

/// Most lines of one answer, passage or question while cases are limited.
const LINES: usize = 8;

/// All groups of failing cases, at most `limit` cases each (0 = all).
pub(super) fn groups(paint: Paint, report: &Report, limit: usize) -> String {
    if report.failing.is_empty() {
        return String::new();
    }
    let all: u64 = report.failing.iter().map(|g| g.total).sum();
    let what = if report.phrasings.is_empty() { "cases" } else { "wordings" };
    let title = format!("Failing {what}: {} in {}", count(all), plural(report.failing.len() as u64, "group"));
    let one_variant = report.variants.len() == 1;
    let groups = report.failing.iter().map(|g| group(paint, g, limit, one_variant, &report.run.id));
    heading(paint, &title) + &groups.collect::<String>()
}

fn group(paint: Paint, group: &FailingGroup, limit: usize, one_variant: bool, run: &str) -> String {
    let reason =
        if group.reason.is_empty() { String::new() } else { format!(": {}", inert_line(&group.reason)) };
    let name = format!("{}{reason}", inert_line(&group.scorer));
    let title = [Span::new(Tone::Bad, name), Span::new(Tone::Dim, format!("  {}", count(group.total)))];
    let shown = if limit == 0 { group.cases.len() } else { limit.min(group.cases.len()) };
    let mut text = format!("\n{}", paragraph(paint, INDENT, &title));
    for (i, case) in group.cases[..shown].iter().enumerate() {
        if i > 0 {
            text.push('\n');
        }
        text.push_str(&failing_case(paint, case, if limit == 0 { 0 } else { LINES }, one_variant));
    }
    // Where everything kept is shown, no command shows more.
    let command = (limit > 0).then(|| format!("regauge report {run} --limit 0"));
    text + &left_out(paint, group.total.saturating_sub(shown as u64), command.as_deref())
}

/// `… and 7 more: command`, or nothing.
pub(super) fn left_out(paint: Paint, n: u64, command: Option<&str>) -> String {
    if n == 0 {
        return String::new();
    }
    let command = command.map(|c| format!(": {c}")).unwrap_or_default();
    let words = format!("… and {} more{command}", count(n));
    format!("{}{}\n", " ".repeat(INDENT + 2), paint.tone(Tone::Dim, &words))
}

fn failing_case(paint: Paint, case: &FailingCase, lines: usize, one_variant: bool) -> String {
    let mut title =
        vec![Span::new(Tone::Strong, &*case.case), Span::new(Tone::Dim, format!("  {}", case.suite))];
    if !one_variant {
        title.push(Span::new(Tone::Dim, format!(" · {}", case.label)));
    }
    if !case.phrasing.is_empty() {
        title.push(Span::new(Tone::Dim, format!(" · wording {}", case.phrasing)));
    }
    if case.judged > 1 {
        title.push(Span::new(Tone::Warn, format!(" · {} {} of {}", case.verb(), case.failed, case.judged)));
    }
    if case.tier == Tier::Critical {
        title.push(Span::new(Tone::Bad, " · critical"));
    }
    if case.tier == Tier::Suspect {
        title.push(Span::new(Tone::Warn, " · suspect, gates nothing"));
    }
    if case.tier == Tier::Quarantined {
        title.push(Span::new(Tone::Warn, " · in quarantine, gates nothing"));
    }
    if case.tier == Tier::Simulated {
        title.push(Span::new(Tone::Warn, " · simulated customer, gates nothing"));
    }
    if !case.turns.is_empty() {
        let place = match case.failing_turn {
            Some(turn) => format!(" · failed in turn {turn} of {}", case.turns.len()),
            None => format!(" · failed at the end of {} turns", case.turns.len()),
        };
        title.push(Span::new(Tone::Warn, place));
    }
    let mut text = paragraph(paint, INDENT + 2, &title);
    let of_shown = case.findings.iter().filter(|f| f.of_shown);
    let evidence: Vec<&Evidence> = of_shown.flat_map(|f| against(&f.evidence)).collect();
    let mut answer = match &case.refused {
        Some(word) => vec![Span::new(Tone::Warn, format!("refused by the endpoint ({})", inert_line(word)))],
        None if case.answer.trim().is_empty() => vec![Span::new(Tone::Warn, "(empty)")],
        None => marked(&case.answer, &evidence),
    };
    if case.cut_off {
        answer.push(Span::new(Tone::Warn, " (cut off by the token limit)"));
    }
    if case.turns.is_empty() {
        text.push_str(&labelled(paint, "question", &[inert(&case.question).into()], lines));
        text.push_str(&labelled(paint, "answer", &answer, lines));
    } else {
        let shown = case.failing_turn.unwrap_or(case.turns.len());
        text.push_str(&dialogue::turns(paint, &case.turns, Some((shown, answer)), lines));
    }
    for golden in &case.accepted {
        text.push_str(&labelled(paint, "accepted", &[inert(golden).into()], lines));
    }
    for passage in &case.passages {
        text.push_str(&passage_block(paint, passage, lines));
    }
    text + &case.findings.iter().map(|f| finding(paint, f, lines)).collect::<String>()
}

fn passage_block(paint: Paint, passage: &PassageView, lines: usize) -> String {
    let id = Span::new(Tone::Strong, inert_line(&passage.id));
    let relation = Span::new(Tone::Dim, format!(" ({}) ", inert_line(&passage.relation)));
    labelled(paint, "passage", &[id, relation, inert_line(&passage.excerpt).into()], lines)
}

/// One scorer's finding, the evidence for it after it.
fn finding(paint: Paint, finding: &FailedFinding, lines: usize) -> String {
    let mut spans = vec![
        Span::new(Tone::Bad, inert_line(&finding.scorer)),
        format!(": {}", inert_line(&finding.reason)).into(),
    ];
    for piece in against(&finding.evidence) {
        spans.push("\n".into());
        spans.extend(evidence(piece));
    }
    labelled(paint, "why", &spans, lines)
}

/// One piece of evidence on one line.
pub(super) fn evidence(piece: &Evidence) -> Vec<Span> {
    let mut spans = vec![
        Span::new(Tone::Dim, format!("{} ", inert_line(&piece.label))),
        format!("“{}”", inert_line(&piece.quote)).into(),
    ];
    if let Some(passage) = &piece.passage {
        spans.push(Span::new(Tone::Dim, format!(" against {}", inert_line(passage))));
    }
    if let Some(note) = &piece.note {
        spans.push(Span::new(Tone::Dim, format!(" – {}", inert_line(note))));
    }
    spans
}

/// An answer with the parts that evidence points at marked; spans outside of it are ignored.
pub(super) fn marked(answer: &str, evidence: &[&Evidence]) -> Vec<Span> {
    let chars: Vec<char> = answer.chars().collect();
    let inside =
        |i: usize| evidence.iter().filter_map(|e| e.span.as_ref()).any(|s: &Range<usize>| s.contains(&i));
    let mut parts: Vec<(bool, String)> = Vec::new();
    for (i, c) in chars.into_iter().enumerate() {
        let mark = inside(i);
        match parts.last_mut() {
            Some((last, text)) if *last == mark => text.push(c),
            _ => parts.push((mark, c.to_string())),
        }
    }
    let tone = |mark: bool| if mark { Tone::Mark } else { Tone::Plain };
    parts.into_iter().map(|(mark, text)| Span::new(tone(mark), inert(&text))).collect()
}

/// Errors by kind.
pub(super) fn errors(paint: Paint, report: &Report, limit: usize) -> String {
    if report.errors.is_empty() {
        return String::new();
    }
    let trials: u64 = report.errors.iter().map(|g| g.trials).sum();
    let title = format!("Errors: {}, in no rate", plural(trials, "trial"));
    heading(paint, &title) + &report.errors.iter().map(|g| error_group(paint, g, limit)).collect::<String>()
}

fn error_group(paint: Paint, group: &ErrorGroup, limit: usize) -> String {
    let title = [Span::new(Tone::Warn, &*group.kind), Span::new(Tone::Dim, format!("  {}", group.trials))];
    let shown = |n: usize| if limit == 0 { n } else { limit.min(n) };
    let mut text = paragraph(paint, INDENT, &title);
    for message in &group.messages[..shown(group.messages.len())] {
        let times = if message.trials > 1 { format!(" ({} times)", message.trials) } else { String::new() };
        text.push_str(&labelled(
            paint,
            "message",
            &[inert_line(&message.message).into(), times.into()],
            LINES,
        ));
    }
    if group.other_messages > 0 {
        let words = format!("and {} with other messages", plural(group.other_messages, "trial"));
        text.push_str(&labelled(paint, "", &[Span::new(Tone::Dim, words)], 0));
    }
    let first = shown(group.cases.len());
    let more = group.cases_total.saturating_sub(first as u64);
    let more = if more > 0 { format!(" and {} more", count(more)) } else { String::new() };
    text.push_str(&labelled(paint, "cases", &[group.cases[..first].join(", ").into(), more.into()], 0));
    text + &labelled(paint, "help", &[group.help.as_str().into()], 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_follow_characters_not_bytes() {
        let piece = Evidence { span: Some(4..6), ..Evidence::new("differs", "60") };
        let spans = marked("Aiă 60 de zile", &[&piece]);
        assert_eq!(spans[1], Span::new(Tone::Mark, "60"));
        let outside = Evidence { span: Some(90..99), ..Evidence::new("differs", "60") };
        assert_eq!(marked("short", &[&outside]), [Span::from("short")]);
        assert!(marked("", &[&piece]).is_empty());
    }

    #[test]
    fn hostile_answers_stay_inert_when_marked() {
        let piece = Evidence { span: Some(1..3), ..Evidence::new("differs", "x") };
        let spans = marked("a\u{1b}[31mb", &[&piece]);
        assert!(spans.iter().all(|s| !s.text.contains('\u{1b}')), "{spans:?}");
    }
}
