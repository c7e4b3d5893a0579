//! For who shapes journeys: where conversations break, what the bot did where another thing was expected, and what a
//! customer's choice of words costs.

use super::{Material, Needs, RoleKind, page_of, share};
use crate::report::columns::Rate;
use crate::report::numbers::{count, percent, percent_interval, plural};
use crate::report::page::{Page, name, text, toned};
use crate::report::terminal::Tone;
use crate::report::{ActionTable, Depth, FailingCase, PhrasingRow, Report, ReportOptions};

/// Row of the table of roles.
pub const KIND: RoleKind = RoleKind {
    name: "conversation",
    summary: "where conversations break, wrong actions, and what wordings cost",
    needs: Needs::Nothing,
    depth: |_| Depth::ALL,
    page,
};

fn page(material: &Material<'_>, options: &ReportOptions) -> Page {
    let report = material.report;
    let mut page = page_of("Conversations", &report.run);
    journeys(&mut page, report, options.most());
    actions(&mut page, &report.actions);
    wordings(&mut page, &report.phrasings, options.most());
    page
}

fn journeys(page: &mut Page, report: &Report, most: usize) {
    let failing = || report.failing.iter().flat_map(|group| &group.cases);
    let broken: Vec<&FailingCase> = failing().filter(|case| !case.turns.is_empty()).collect();
    let all: u64 = report.failing.iter().map(|group| group.total).sum();
    page.part("Journeys: the first turn that fails");
    if broken.is_empty() {
        page.say("no scripted conversation fails");
    }
    for case in broken.iter().take(most) {
        let turn = match case.failing_turn {
            Some(turn) => format!("turn {turn} of {}", case.turns.len()),
            None => format!("the end, after {}", plural(case.turns.len() as u64, "turn")),
        };
        let mut lines = vec![("customer", vec![text(&*case.question)]), ("bot", vec![text(&*case.answer)])];
        for finding in case.findings.iter().filter(|f| f.of_shown) {
            lines.push(("why", vec![name(&*finding.scorer), text(format!("  {}", finding.reason))]));
        }
        lines.push((
            "failed",
            vec![text(format!("{} of {}", count(case.failed), plural(case.judged, "trial")))],
        ));
        let head =
            vec![name(format!("{}/{}", case.suite, case.case)), toned(Tone::Bad, turn), text(&*case.label)];
        page.entry(head, lines);
    }
    page.more(broken.len() as u64, broken.len().min(most));
    let looked_at = failing().count() as u64;
    let single = looked_at - broken.len() as u64;
    if single > 0 {
        page.note(format!(
            "besides, {} to a single question fail (`regauge report`)",
            plural(single, "answer")
        ));
    }
    if all > looked_at {
        page.note(format!("{} failing cases were too many to be looked at here", count(all - looked_at)));
    }
}

fn actions(page: &mut Page, tables: &[ActionTable]) {
    page.part("Actions: done where another was expected");
    if tables.is_empty() {
        page.say("no case says which action it expects (`expect`)");
    }
    let mut rows = Vec::new();
    for table in tables {
        for row in &table.matrix {
            for (actual, n) in row.actual.iter().filter(|(actual, _)| **actual != row.expected) {
                let cells = [row.expected.name(), actual.name()].map(text);
                rows.push([vec![text(&*table.label)], cells.to_vec(), vec![text(count(*n))]].concat());
            }
        }
    }
    page.table(&["column", "expected", "done", "answers"], rows);
    let rows = tables.iter().map(|table| {
        vec![
            text(&*table.label),
            text(rate(&table.escalation.precision)),
            text(rate(&table.escalation.recall)),
            text(rate(&table.abstention.precision)),
            text(rate(&table.abstention.recall)),
            text(format!("{} ({})", count(table.false_abstentions), count(table.despite_source))),
            text(count(table.wrong_refusals)),
        ]
    });
    page.table(
        &[
            "column",
            "escalates rightly",
            "escalates when due",
            "abstains rightly",
            "abstains when due",
            "falsely abstains (with source)",
            "wrong refusals",
        ],
        rows.collect(),
    );
}

fn rate(rate: &Rate) -> String {
    let Some((share, interval)) = rate.rate.zip(rate.interval) else { return "nowhere".to_owned() };
    let counts = format!("{} of {}", count(rate.passed), count(rate.judged));
    format!("{} ({counts}, {})", percent(share), percent_interval(interval))
}

fn wordings(page: &mut Page, rows: &[PhrasingRow], most: usize) {
    if rows.is_empty() {
        return;
    }
    page.part("Wordings: what the choice of words costs");
    let table = rows.iter().map(|row| {
        vec![
            text(&*row.label),
            text(format!("{} of {}", count(row.passed), count(row.groups))),
            text(share(row.own_rate)),
            text(share(row.worst_rate)),
            text(row.gap.map(|gap| format!("{:.0} points", gap * 100.0)).unwrap_or_default()),
        ]
    });
    page.table(&["column", "groups passed", "own wording", "worst wording", "gap"], table.collect());
    for row in rows {
        for group in row.failing.iter().take(most) {
            let n = format!("{} of {} fail", group.failed.len(), plural(group.wordings, "wording"));
            let head =
                vec![name(format!("{}/{}", group.suite, group.case)), toned(Tone::Bad, n), text(&*row.label)];
            page.entry(head, group.failed.iter().map(|words| ("wording", vec![text(&**words)])).collect());
        }
        page.more(row.failed, row.failing.len().min(most));
    }
}
