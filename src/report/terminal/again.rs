//! What was asked again beside the planned trials.

use crate::report::again::{AgainCount, AgainFinding, AgainRow};
use crate::report::inert::inert_line;
use crate::report::numbers::{count, plural, usd};
use crate::report::terminal::layout::{INDENT, heading, paragraph, table};
use crate::report::terminal::paint::{Paint, Span, Tone};
use crate::report::{AskedAgain, PartSum};

/// A table of what was asked again; `limit` 0 leaves nothing out. Empty where nothing was.
pub fn asked_again(paint: Paint, title: &str, again: Option<&AskedAgain>, limit: usize) -> String {
    let Some(again) = again else { return String::new() };
    let shown = if limit == 0 { again.rows.len() } else { limit.min(again.rows.len()) };
    let rows: Vec<Vec<Span>> = again.rows[..shown].iter().map(row).collect();
    let more = again.wordings - shown as u64;
    let more = if more > 0 { format!("; {} more (--limit 0)", count(more)) } else { String::new() };
    let words =
        format!("{}{}, in no number above{more}", plural(again.trials, "follow-up"), cost(again.cost));
    heading(paint, title)
        + &table(paint, &["case", "of", "because of", "planned", "again", "found"], &rows, false)
        + &paragraph(paint, INDENT, &[Span::new(Tone::Dim, words)])
}

fn row(row: &AgainRow) -> Vec<Span> {
    let wording = if row.phrasing.is_empty() { String::new() } else { format!(" [{}]", row.phrasing) };
    let tone = match row.found {
        AgainFinding::Holds => Tone::Good,
        AgainFinding::Fails => Tone::Bad,
        AgainFinding::Flaky | AgainFinding::Unknown => Tone::Warn,
    };
    vec![
        inert_line(&format!("{}/{}{wording}", row.suite, row.case)).into(),
        row.label.clone().into(),
        row.why.name().into(),
        passed(row.planned).into(),
        passed(row.again).into(),
        Span::new(tone, row.found.words()),
    ]
}

fn passed(of: AgainCount) -> String {
    let unjudged =
        if of.unjudged > 0 { format!(", {} without a verdict", of.unjudged) } else { String::new() };
    format!("{} of {}{unjudged}", of.passed, of.judged)
}

fn cost(cost: PartSum) -> String {
    match (cost.known, cost.unknown) {
        (Some(known), 0) => format!(" for {}", usd(known)),
        (Some(known), _) => format!(" for {} and unknown cost", usd(known)),
        (None, _) => String::new(),
    }
}
