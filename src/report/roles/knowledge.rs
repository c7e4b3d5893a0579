//! For who keeps the help centre true: one work list of what to write, update, merge and retire, the most pressing first.

use std::collections::BTreeMap;

use super::{Material, Needs, RoleKind, page_of};
use crate::coverage::{ArticleRow, Coverage, Gap, Todo};
use crate::report::numbers::{count, percent, plural};
use crate::report::page::{Cell, Page, name, text, toned};
use crate::report::terminal::Tone;
use crate::report::{Depth, ReportOptions};

/// Row of the table of roles.
pub const KIND: RoleKind = RoleKind {
    name: "knowledge",
    summary: "what to write, update, merge and retire in the help centre",
    needs: Needs::Coverage,
    depth: |_| Depth::first(1),
    page,
};

/// Where nobody is named.
const NOBODY: &str = "nobody";

fn page(material: &Material<'_>, options: &ReportOptions) -> Page {
    let mut page = page_of("Work on the knowledge", &material.report.run);
    let Some(coverage) = material.coverage else { return page };
    let columns: Vec<String> = coverage.columns.iter().map(ToString::to_string).collect();
    page.note(format!("{}, answers of {}", plural(coverage.cases, "case"), columns.join(", ")));
    if coverage.left_out > 0 {
        page.note(format!(
            "{} of cases that are no longer there are left out",
            plural(coverage.left_out, "trial")
        ));
    }
    owners(&mut page, coverage);
    gaps(&mut page, &coverage.gaps, options.most());
    let work: Vec<&ArticleRow> = coverage.articles.iter().filter(|row| row.todo != Todo::Keep).collect();
    articles(&mut page, &work, options.most());
    untested(&mut page, coverage, options.most());
    for note in &coverage.notes {
        page.note(format!("not compared: {note}"));
    }
    page.note("`regauge coverage` has every article, section and gap");
    page
}

/// How much work each owner has.
fn owners(page: &mut Page, coverage: &Coverage) {
    let mut work: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
    for row in coverage.articles.iter().filter(|row| row.todo != Todo::Keep) {
        work.entry(row.owner.as_deref().unwrap_or(NOBODY)).or_default().0 += 1;
    }
    for gap in &coverage.gaps {
        let owners: Vec<&str> = gap.owners.iter().map(String::as_str).collect();
        for owner in if owners.is_empty() { vec![NOBODY] } else { owners } {
            work.entry(owner).or_default().1 += 1;
        }
    }
    if work.is_empty() {
        page.say("Nothing to do: no article is at odds with the answers, and no question is without one.");
        return;
    }
    page.part("Whose work it is");
    let rows = work.into_iter().map(|(owner, (articles, gaps))| {
        let owner = if owner == NOBODY { text(NOBODY) } else { name(owner) };
        vec![owner, text(count(gaps)), text(count(articles))]
    });
    page.table(&["owner", "gaps", "articles"], rows.collect());
}

fn gaps(page: &mut Page, gaps: &[Gap], most: usize) {
    if gaps.is_empty() {
        return;
    }
    page.part("Asked, and no article says it");
    for gap in gaps.iter().take(most) {
        let unanswered =
            gap.unanswered.map(|share| format!(", {} of its trials without a right answer", percent(share)));
        let figures = format!(
            "{}, weight {:.1}{}",
            plural(gap.cases.len() as u64, "case"),
            gap.weight,
            unanswered.unwrap_or_default()
        );
        let mut lines: Vec<(&'static str, Vec<Cell>)> = vec![("loss", vec![text(figures)])];
        lines.extend(gap.questions.iter().map(|question| ("question", vec![text(&**question)])));
        lines.push(("cases", vec![text(gap.cases.join(", "))]));
        if let Some(nearest) = &gap.nearest {
            let support = format!(" has {} of the words", percent(gap.support));
            lines.push(("nearest", vec![name(&**nearest), text(support)]));
        }
        if !gap.owners.is_empty() {
            lines.push(("owner", vec![text(gap.owners.join(", "))]));
        }
        page.entry(vec![toned(Tone::Bad, gap.todo), name(&*gap.label)], lines);
    }
    page.more(gaps.len() as u64, gaps.len().min(most));
}

fn articles(page: &mut Page, work: &[&ArticleRow], most: usize) {
    if work.is_empty() {
        return;
    }
    page.part("Articles with something to do");
    for row in work.iter().take(most) {
        let tone = if row.todo == Todo::Update { Tone::Bad } else { Tone::Warn };
        let mut lines: Vec<(&'static str, Vec<Cell>)> =
            row.evidence.iter().map(|why| ("why", vec![text(&**why)])).collect();
        if row.judged > 0 {
            let passed = format!("{} of {} answers to its cases", count(row.passed), count(row.judged));
            lines.push(("passed", vec![text(passed)]));
        }
        lines.push(("file", vec![text(&*row.file)]));
        lines.push(("owner", vec![text(row.owner.as_deref().unwrap_or(NOBODY))]));
        page.entry(vec![toned(tone, row.todo.name()), name(&*row.article)], lines);
    }
    page.more(work.len() as u64, work.len().min(most));
}

/// Articles that no case tests, the most read first.
fn untested(page: &mut Page, coverage: &Coverage, most: usize) {
    let mut rows: Vec<&ArticleRow> = coverage.articles.iter().filter(|row| row.touches.untested()).collect();
    if rows.is_empty() {
        return;
    }
    rows.sort_by_key(|row| std::cmp::Reverse(row.views));
    page.part("Articles that no case tests");
    let cells = rows.iter().take(most).map(|row| {
        let views = row.views.map(count).unwrap_or_default();
        vec![name(&*row.article), text(views), text(row.owner.as_deref().unwrap_or(NOBODY))]
    });
    page.table(&["article", "views", "owner"], cells.collect());
    page.more(rows.len() as u64, rows.len().min(most));
}
