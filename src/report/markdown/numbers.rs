//! The tables of a comment: metrics with intervals, what moved, cost.

use std::fmt::Write as _;

use super::escape::{code, words};
use crate::report::columns::{Rate, clustering};
use crate::report::numbers::{count, duration, percent, percent_interval, points, usd};
use crate::report::{PartSum, Report};

/// Most rows of a table.
const ROWS: usize = 40;

/// One row per variant: pass rate with interval, and its difference to the earlier run.
pub(super) fn metrics(report: &Report) -> String {
    let mut text = String::from(
        "| variant | pass rate | 95 % interval | since before | 95 % interval | errored | p50 | p95 |\n\
         |---|---|---|---|---|---|---|---|\n",
    );
    for row in report.variants.iter().take(ROWS) {
        let versus = report.since.iter().flat_map(|s| &s.columns).find(|c| c.variant == row.variant);
        let versus = versus.map(|c| &c.versus);
        let difference = versus
            .and_then(|v| Some(format!("{:+.1} points over {}", v.difference? * 100.0, v.counted(v.pairs))));
        let interval = versus.and_then(|v| v.interval).map(points);
        let cells = [
            words(&row.label),
            rate(row.pass_rate),
            row.pass_rate.interval.map(percent_interval).unwrap_or_default(),
            difference.unwrap_or_default(),
            interval.unwrap_or_default(),
            count(row.errored),
            row.p50_ms.map(duration).unwrap_or_default(),
            row.p95_ms.map(duration).unwrap_or_default(),
        ];
        let _ = writeln!(text, "| {} |", cells.join(" | "));
    }
    if report.variants.len() > ROWS {
        let _ = write!(text, "\nand {} more variants\n", report.variants.len() - ROWS);
    }
    if let Some(note) = clustering(report.variants.iter().map(|v| &v.pass_rate)) {
        let _ = write!(text, "\n{note}\n");
    }
    text.push('\n');
    text
}

/// Quality, cost and latency of several variants, and which of them no other one beats.
pub(super) fn trade_offs(report: &Report) -> String {
    if report.pareto.is_empty() {
        return String::new();
    }
    let mut text = String::from(
        "Quality, cost and latency, as measured:\n\n\
         | variant | pass rate | 95 % interval | cost per 1,000 | p50 | beaten by |\n|---|---|---|---|---|---|\n",
    );
    for row in report.pareto.iter().take(ROWS) {
        let standing = match &row.beaten_by {
            Some(by) => words(by),
            None if row.is_best() => "**none**".to_owned(),
            None => "nothing judged".to_owned(),
        };
        let cells = [
            words(&row.label),
            rate(row.pass_rate),
            row.pass_rate.interval.map(percent_interval).unwrap_or_default(),
            row.cost_per_1000.map_or_else(|| "unknown".to_owned(), usd),
            row.p50_ms.map(duration).unwrap_or_default(),
            standing,
        ];
        let _ = writeln!(text, "| {} |", cells.join(" | "));
    }
    if report.pareto.len() > ROWS {
        let _ = write!(text, "\nand {} more variants\n", report.pareto.len() - ROWS);
    }
    text.push('\n');
    if let Some(compared) = report.compared.as_ref().filter(|_| !report.better.is_empty()) {
        let _ = write!(text, "{}:\n\n", words(&compared.sentence));
        for versus in report.better.iter().take(ROWS) {
            let _ = writeln!(text, "- {}", words(&versus.sentence));
        }
        text.push('\n');
    }
    text
}

fn rate(rate: Rate) -> String {
    match rate.rate {
        Some(share) => format!("{} ({} of {})", percent(share), count(rate.passed), count(rate.judged)),
        None => "nothing judged".to_owned(),
    }
}

/// What moved among the five fingerprints.
pub(super) fn moved(report: &Report) -> String {
    let Some(since) = report.since.as_ref().filter(|since| !since.columns.is_empty()) else {
        return String::new();
    };
    let moved = since.moved;
    let mark = |is: bool| if is { "**moved**" } else { "same" };
    format!(
        "Fingerprints since {}:\n\n| case | prompt | knowledge | scorers | model |\n|---|---|---|---|---|\n\
         | {} | {} | {} | {} | {} |\n\n",
        code(&since.base),
        mark(moved.case),
        mark(moved.prompt),
        mark(moved.knowledge),
        mark(moved.scorers),
        mark(moved.model)
    )
}

/// What the run cost, judges apart.
pub(super) fn cost(report: &Report) -> String {
    let (mut answers, mut judges) = (PartSum::default(), PartSum::default());
    for row in &report.variants {
        merge(&mut answers, row.cost);
        if let Some(judging) = &row.judging {
            merge(&mut judges, judging.cost);
        }
    }
    let mut text = format!("Cost: answers {}", sum(answers));
    if judges != PartSum::default() {
        let _ = write!(text, ", judges {}", sum(judges));
    }
    text.push_str(".\n\n");
    text
}

fn merge(whole: &mut PartSum, part: PartSum) {
    if part.known.is_some() {
        whole.add(part.known);
    }
    whole.unknown += part.unknown;
}

fn sum(part: PartSum) -> String {
    match (part.known, part.unknown) {
        (Some(known), 0) => usd(known),
        (Some(known), unknown) => format!("{} and {} of unknown price", usd(known), count(unknown)),
        (None, _) => "unknown".to_owned(),
    }
}
