//! For who reads what the numbers say: metrics with their intervals, failures by reason, slices, repeats, trade-offs.

use std::collections::BTreeSet;

use super::{Material, Needs, RoleKind, page_of, share};
use crate::case::wording_name;
use crate::report::columns::{Rate, clustering};
use crate::report::numbers::{count, duration, p_value, percent, percent_interval, usd};
use crate::report::page::{Cell, Page, name, text, toned};
use crate::report::terminal::Tone;
use crate::report::{Depth, LEAST_CASES, Report, ReportOptions, Share, VariantRow};

/// Row of the table of roles.
pub const KIND: RoleKind = RoleKind {
    name: "analyst",
    summary: "metrics with intervals, failures by reason, slices, repeats, trade-offs",
    needs: Needs::Nothing,
    depth: |options| Depth::first(options.limit),
    page,
};

fn page(material: &Material<'_>, options: &ReportOptions) -> Page {
    let report = material.report;
    let mut page = page_of("Figures", &report.run);
    page.note("rates are over answers with a verdict; errors are in none; intervals are at 95 %");
    if let Some(note) = clustering(report.variants.iter().map(|v| &v.pass_rate)) {
        page.note(note);
    }
    page.part("Columns");
    page.table(
        &[
            "column",
            "passed",
            "95 %",
            "by traffic",
            "mean score",
            "errored",
            "without verdict",
            "p50",
            "p95",
            "cost",
        ],
        report.variants.iter().map(column).collect(),
    );
    scorers(&mut page, report);
    failures(&mut page, report, options.most());
    slices(&mut page, report, options.most());
    repeats(&mut page, report);
    trade_offs(&mut page, report);
    page
}

fn column(row: &VariantRow) -> Vec<Cell> {
    let cost = row.cost.known.map_or_else(|| "not known".to_owned(), usd);
    let unknown = if row.cost.unknown > 0 && row.cost.known.is_some() {
        format!(" and {} not known", count(row.cost.unknown))
    } else {
        String::new()
    };
    let time = |ms: Option<f64>| text(ms.map(duration).unwrap_or_default());
    vec![
        name(&*row.label),
        text(rate(&row.pass_rate)),
        text(row.pass_rate.interval.map(percent_interval).unwrap_or_default()),
        text(share(row.weighted_pass_rate)),
        text(row.mean_score.map(|score| format!("{score:.2}")).unwrap_or_default()),
        text(count(row.errored)),
        text(count(row.skipped)),
        time(row.p50_ms),
        time(row.p95_ms),
        text(cost + &unknown),
    ]
}

fn rate(rate: &Rate) -> String {
    let share = rate.rate.map(|share| format!(" ({})", percent(share))).unwrap_or_default();
    format!("{} of {}{share}", count(rate.passed), count(rate.judged))
}

fn scorers(page: &mut Page, report: &Report) {
    let mut rows = Vec::new();
    for scorer in &report.scorers {
        for (cell, variant) in scorer.cells.iter().zip(&report.variants) {
            rows.push(vec![
                name(&*scorer.name),
                text(if scorer.required { "decides" } else { "reported only" }),
                text(&*variant.label),
                text(format!("{} of {}", count(cell.passed), count(cell.scored))),
                text(cell.mean.map(|mean| format!("{mean:.2}")).unwrap_or_default()),
                text(count(cell.unparsed + cell.judge_errors)),
            ]);
        }
    }
    if !rows.is_empty() {
        page.part("Scorers");
    }
    page.table(&["scorer", "role", "column", "passed", "mean", "not scored"], rows);
}

fn failures(page: &mut Page, report: &Report, most: usize) {
    page.part("Failures by reason");
    if report.failing.is_empty() {
        page.say("nothing fails");
    }
    let rows = report.failing.iter().map(|group| {
        let mut cases: Vec<String> =
            group.cases.iter().map(|c| wording_name(&c.suite, &c.case, &c.phrasing)).collect();
        // A wording may fail in several columns.
        let mut seen = BTreeSet::new();
        cases.retain(|case| seen.insert(case.clone()));
        cases.truncate(most.min(3));
        vec![
            name(&*group.scorer),
            toned(Tone::Bad, &*group.reason),
            text(count(group.total)),
            text(cases.join(", ")),
        ]
    });
    page.table(&["scorer", "reason", "cases", "for example"], rows.collect());
    let rows = report
        .errors
        .iter()
        .map(|group| vec![name(&*group.kind), text(count(group.trials)), text(&*group.help)]);
    page.table(&["error", "trials", "what to do"], rows.collect());
}

fn slices(page: &mut Page, report: &Report, most: usize) {
    let mut rows = Vec::new();
    for variant in &report.variants {
        for slice in variant.slices.iter().take(most) {
            rows.push(vec![
                text(&*variant.label),
                text(slice.by.name()),
                name(&*slice.value),
                text(rate(&slice.rate)),
                text(slice.rate.interval.map(percent_interval).unwrap_or_default()),
                text(rate(&slice.rest)),
                text(p_value(slice.adjusted_p)),
            ]);
        }
    }
    if rows.is_empty() {
        return;
    }
    page.part("Slices, the worst first");
    page.note(format!(
        "of at least {LEAST_CASES} cases; p is Fisher's, against the other cases, adjusted for looking at all slices"
    ));
    page.table(&["column", "by", "slice", "passed", "95 %", "the rest", "p"], rows);
    let all = report.variants.iter().map(|v| v.slices.len()).sum::<usize>();
    let shown = report.variants.iter().map(|v| v.slices.len().min(most)).sum();
    page.more(all as u64, shown);
}

fn repeats(page: &mut Page, report: &Report) {
    let mut rows = Vec::new();
    for row in &report.reliability {
        for point in &row.curve {
            rows.push(vec![
                name(&*row.label),
                text(count(point.k)),
                text(mean(point.pass_at)),
                text(mean(point.pass_hat)),
            ]);
        }
    }
    if report.reliability.is_empty() {
        return;
    }
    page.part("Repeats: of so many tries of a case");
    page.table(&["column", "tries", "one passes", "all pass"], rows);
    for row in &report.reliability {
        let flips = mean(row.flip_rate);
        page.say(format!("{}: two tries differ in {flips}; {} mixed cases", row.label, count(row.mixed)));
    }
}

fn mean(share: Share) -> String {
    let interval = share.interval.map_or_else(String::new, |i| format!(" ({})", percent_interval(i)));
    format!("{}{interval}", percent(share.mean))
}

fn trade_offs(page: &mut Page, report: &Report) {
    if report.pareto.is_empty() {
        return;
    }
    page.part("Trade-offs");
    let rows = report.pareto.iter().map(|row| {
        let beaten = match &row.beaten_by {
            Some(by) => text(format!("beaten by {by}")),
            None if row.is_best() => toned(Tone::Good, "no other beats it"),
            None => text("not judged"),
        };
        vec![
            name(&*row.label),
            text(rate(&row.pass_rate)),
            text(row.cost_per_1000.map_or_else(|| "not known".to_owned(), usd)),
            text(row.p50_ms.map(duration).unwrap_or_default()),
            beaten,
        ]
    });
    page.table(&["column", "passed", "cost per 1,000", "p50", "standing"], rows.collect());
    if let Some(compared) = report.compared.as_ref().filter(|c| c.adjusted_for > 1) {
        page.say(&*compared.sentence);
    }
    for versus in &report.better {
        page.say(&*versus.sentence);
        if let Some(weighted) = &versus.weighted {
            page.say(&*weighted.sentence);
        }
    }
    for found in &report.bare {
        page.say(&*found.sentence);
    }
}
