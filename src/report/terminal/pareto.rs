//! Quality, cost and latency on one table.

use crate::report::ParetoRow;
use crate::report::numbers::{duration, percent, percent_interval, usd};
use crate::report::pareto::EQUAL_WORDS;
use crate::report::terminal::layout::{INDENT, heading, paragraph, table};
use crate::report::terminal::paint::{Paint, Span, Tone};

/// The table; nothing for fewer than two columns.
pub(super) fn trade_offs(paint: Paint, rows: &[ParetoRow]) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let rows: Vec<Vec<Span>> = rows.iter().map(row).collect();
    let head = ["variant", "pass rate", "cost per 1,000", "latency p50", "beaten by"];
    heading(paint, "Quality, cost and latency, as measured")
        + &table(paint, &head, &rows, true)
        + &paragraph(paint, INDENT, &[Span::new(Tone::Dim, EQUAL_WORDS)])
}

fn row(row: &ParetoRow) -> Vec<Span> {
    let rate = match (row.pass_rate.rate, row.pass_rate.interval) {
        (Some(rate), Some(interval)) => format!("{} ({})", percent(rate), percent_interval(interval)),
        _ => "–".to_owned(),
    };
    let standing = match &row.beaten_by {
        Some(by) => Span::new(Tone::Plain, &**by),
        None if row.is_best() => Span::new(Tone::Good, "none"),
        None => Span::new(Tone::Dim, "nothing judged"),
    };
    vec![
        Span::new(Tone::Strong, &*row.label),
        rate.into(),
        row.cost_per_1000.map_or_else(|| "unknown".to_owned(), usd).into(),
        row.p50_ms.map_or_else(|| "–".to_owned(), duration).into(),
        standing,
    ]
}
