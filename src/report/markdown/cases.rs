//! The cases of a comment: what regressed with old and new answer, what fails, what errored.

use std::fmt::Write as _;

use super::escape::{block, code, cut, words};
use super::fit::Part;
use super::{CASES, LINE};
use crate::diff::ChangeKind;
use crate::report::{ChangeView, FailingCase, Piece, PieceKind, Report, SideView, plural};

/// Most characters of one text.
const TEXT: usize = 3000;

/// The cases that regressed, each with both answers.
pub(super) fn broken(report: &Report) -> Vec<Part> {
    let mut parts = Vec::new();
    for column in report.since.iter().flat_map(|s| &s.columns) {
        let total = column.counts.get(&ChangeKind::Regressed).copied().unwrap_or(0);
        if total == 0 {
            continue;
        }
        let title = format!("#### {} regressed on {}\n\n", plural(total, "case"), words(&column.label));
        parts.push(Part::of(1, "heading", title));
        let regressed = || column.changes.iter().filter(|c| c.kind == ChangeKind::Regressed).take(CASES);
        parts.extend(regressed().map(|change| Part::of(4, "broken case", broken_case(change))));
        parts.push(Part::unheld("broken case", total.saturating_sub(regressed().count() as u64)));
    }
    parts
}

fn broken_case(change: &ChangeView) -> String {
    let mut text = summary(&change.suite, &change.case, &change.phrasing, &tallies(change));
    text.push_str(&labelled("question", &change.question));
    match change.words.as_slice() {
        [] => {
            text.push_str(&labelled("before", answer(change.base.as_ref())));
            text.push_str(&labelled("now", answer(change.cand.as_ref())));
        }
        pieces => {
            let side = |hidden| marked(pieces, hidden);
            let _ = write!(text, "before:\n<pre>{}</pre>\n\n", side(PieceKind::Added));
            let _ = write!(text, "now:\n<pre>{}</pre>\n\n", side(PieceKind::Removed));
        }
    }
    for reason in change.cand.iter().flat_map(|side| &side.failing) {
        let _ = writeln!(text, "- {}", words(&cut(reason, LINE)));
    }
    text.push_str("\n</details>\n\n");
    text
}

fn tallies(change: &ChangeView) -> String {
    let tally = |side: &Option<SideView>| match side {
        Some(side) => format!("{} of {}", side.passed, side.judged),
        None => "nothing".to_owned(),
    };
    format!("passed {} before, {} now", tally(&change.base), tally(&change.cand))
}

fn answer(side: Option<&SideView>) -> &str {
    side.and_then(|s| s.answer.as_deref()).unwrap_or("(no answer)")
}

fn summary(suite: &str, case: &str, phrasing: &str, after: &str) -> String {
    let mut name = format!("{suite}/{case}");
    if !phrasing.is_empty() {
        name.push('~');
        name.push_str(phrasing);
    }
    format!("<details><summary>{} {after}</summary>\n\n", code(&cut(&name, LINE)))
}

fn labelled(label: &str, text: &str) -> String {
    format!("{label}:\n<pre>{}</pre>\n\n", block(&cut(text, TEXT)))
}

/// One side of a comparison, with what only this side has marked.
fn marked(pieces: &[Piece], hidden: PieceKind) -> String {
    let mut text = String::new();
    let mut room = TEXT;
    for piece in pieces.iter().filter(|p| p.is != hidden) {
        let shown = cut(&piece.text, room);
        room = room.saturating_sub(piece.text.chars().count());
        let tag = match piece.is {
            PieceKind::Equal => "",
            PieceKind::Removed => "del",
            PieceKind::Added => "ins",
        };
        if tag.is_empty() {
            text.push_str(&block(&shown));
        } else {
            let _ = write!(text, "<{tag}>{}</{tag}>", block(&shown));
        }
        if room == 0 {
            text.push_str(" …");
            break;
        }
    }
    text
}

/// The failing cases by reason; those that regressed stand above already.
pub(super) fn failing(report: &Report) -> Vec<Part> {
    let mut parts = Vec::new();
    let regressed = |case: &FailingCase| {
        let columns = report.since.iter().flat_map(|s| &s.columns).filter(|c| c.label == case.label);
        columns.flat_map(|c| &c.changes).any(|c| {
            c.kind == ChangeKind::Regressed
                && (&c.suite, &c.case, &c.phrasing) == (&case.suite, &case.case, &case.phrasing)
        })
    };
    for group in &report.failing {
        let cases: Vec<&FailingCase> = group.cases.iter().filter(|c| !regressed(c)).take(CASES).collect();
        parts.push(Part::unheld("failing case", group.total.saturating_sub(group.cases.len() as u64)));
        if cases.is_empty() {
            continue;
        }
        let title = format!(
            "Failing, and not known to be worse: {} ({})",
            words(&group.scorer),
            words(&group.reason)
        );
        parts.push(Part::of(5, "heading", format!("{title}\n\n")));
        parts.extend(cases.into_iter().map(|case| Part::of(5, "failing case", failing_case(case))));
    }
    parts
}

fn failing_case(case: &FailingCase) -> String {
    let after = format!("on {}: {} {} of {}", words(&case.label), case.verb(), case.failed, case.judged);
    let mut text = summary(&case.suite, &case.case, &case.phrasing, &after);
    text.push_str(&labelled("question", &case.question));
    text.push_str(&labelled("answer", &case.answer));
    for golden in case.accepted.iter().take(1) {
        text.push_str(&labelled("accepted answer", golden));
    }
    for finding in &case.findings {
        let _ = writeln!(text, "- {}: {}", words(&finding.scorer), words(&cut(&finding.reason, LINE)));
    }
    text.push_str("\n</details>\n\n");
    text
}

/// Errored trials by kind.
pub(super) fn errors(report: &Report) -> Vec<Part> {
    let line = |group: &crate::report::ErrorGroup| {
        let first = group.messages.first().map(|m| words(&cut(&m.message, LINE))).unwrap_or_default();
        let trials = plural(group.trials, "trial");
        Part::of(
            2,
            "kind of error",
            format!("**{trials} errored** ({}), in no rate: {first}\n\n", words(&group.kind)),
        )
    };
    report.errors.iter().map(line).collect()
}
