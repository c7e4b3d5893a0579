//! What drafts do to cases, in the formats of people and programs.

use crate::report::numbers::{count, plural};
use crate::report::page::{Cell, Format, Page, name, text, toned};
use crate::report::terminal::Tone;
use crate::report::{ReportOptions, escape_json};
use crate::what_if::{Became, Cause, Outlook, Row, SideRow};

/// Shows what drafts do: as a page, or for programs as JSON.
pub fn render(outlook: &Outlook, format: Format, options: &ReportOptions) -> String {
    let most = if format == Format::Terminal { options.most() } else { usize::MAX };
    page(outlook, most).shown(format, options).unwrap_or_else(|| {
        let text = serde_json::to_string_pretty(outlook).unwrap_or_default();
        format!("{}\n", escape_json(&text))
    })
}

/// The drafts, the counts, then the cases that somebody has to look at, each with the draft that did it.
fn page(outlook: &Outlook, most: usize) -> Page {
    let mut page = Page::listing(format!("What if: {} over the articles", outlook.drafts));
    page.note(format!("run {} without the drafts, run {} with them", outlook.without, outlook.with));
    for laid in &outlook.articles {
        page.say(format!("{} {}  {}", laid.article, laid.effect.name(), laid.source));
    }
    let row = |row: &crate::what_if::Count| {
        vec![toned(tone(row.became), row.became.name()), text(count(row.cases))]
    };
    page.figures(&["with the drafts", "cases"], outlook.counts.iter().map(row).collect());
    for became in Became::ALL.into_iter().filter(|became| *became != Became::Passing) {
        let cases: Vec<&Row> = outlook.cases.iter().filter(|case| case.became == became).collect();
        let shown = cases.len().min(most);
        if shown > 0 {
            page.part(became.name());
        }
        for case in &cases[..shown] {
            of_case(&mut page, case);
        }
        if shown < cases.len() {
            page.note(format!("… and {} more (--limit 0 shows all)", cases.len() - shown));
        }
    }
    tail(&mut page, outlook, most);
    page
}

/// What is to be done besides: goldens to confirm, passages that nobody tests, and what was left out.
fn tail(page: &mut Page, outlook: &Outlook, most: usize) {
    let suspect = outlook.suspect.iter();
    let suspect = suspect.map(|g| vec![name(format!("{}/{}", g.suite, g.case)), text(g.passages.join(", "))]);
    let untested = outlook.untested.iter();
    let untested = untested.map(|u| vec![name(&*u.passage), text(u.edit.name())]);
    let suspect: Vec<Vec<Cell>> = suspect.collect();
    let untested: Vec<Vec<Cell>> = untested.collect();
    let goldens = plural(suspect.len() as u64, "golden");
    let changed = format!("changed passages that no case tests: {}", untested.len());
    for (title, heads, rows) in [
        (
            format!(
                "{goldens} would be suspect once the drafts are published: confirm with `regauge accept --confirm`"
            ),
            ["golden", "because"],
            suspect,
        ),
        (changed, ["passage", "is"], untested),
    ] {
        if rows.is_empty() {
            continue;
        }
        page.part(title);
        let (all, shown) = (rows.len(), rows.len().min(most));
        page.table(&heads, rows.into_iter().take(most).collect());
        page.more(all as u64, shown);
    }
    for note in &outlook.notes {
        page.warn(format!("note: {note}"));
    }
}

fn of_case(page: &mut Page, case: &Row) {
    let head = vec![
        toned(tone(case.became), case.became.name()),
        name(format!("{}/{}", case.suite, case.case)),
        toned(Tone::Dim, case.variant.to_string()),
        toned(Tone::Dim, passes(case)),
    ];
    let mut lines: Vec<(&'static str, Vec<Cell>)> = vec![("question", vec![text(&*case.question)])];
    if case.became != Became::StillFailing {
        lines.push(("before", vec![toned(Tone::Dim, answer(&case.before))]));
    }
    lines.push(("now", vec![text(answer(&case.after))]));
    lines.extend(case.after.failing.iter().take(1).map(|why| ("why", vec![toned(Tone::Bad, &**why)])));
    lines.push(("by", vec![text(by(case))]));
    if case.became == Became::NowAnswered {
        let expects: Vec<&str> = case.expects.iter().map(|action| action.name()).collect();
        let todo = format!(
            "it expects `{}`: change `expect`, and give it a golden with `regauge accept --case {} --answer TEXT`",
            expects.join("` or `"),
            case.case
        );
        lines.push(("next", vec![toned(Tone::Warn, todo)]));
    }
    if !case.beside.is_empty() && !case.by.is_empty() {
        lines.push(("beside", vec![toned(Tone::Dim, case.beside.join(", "))]));
    }
    if !case.suspect.is_empty() {
        let words = format!("is suspect: {}", case.suspect.join(", "));
        lines.push(("golden", vec![toned(Tone::Warn, words)]));
    }
    page.entry(head, lines);
}

/// `1 of 3 → 3 of 3`.
fn passes(case: &Row) -> String {
    let side = |side: &SideRow| format!("{} of {}", side.fared.passed, side.fared.judged + side.fared.open);
    format!("{} → {}", side(&case.before), side(&case.after))
}

fn answer(side: &SideRow) -> String {
    match &side.answer {
        Some(answer) if answer.trim().is_empty() => "(empty)".to_owned(),
        Some(answer) => answer.clone(),
        None => side.failing.first().cloned().unwrap_or_else(|| "no answer".to_owned()),
    }
}

fn by(case: &Row) -> String {
    let of =
        |cause: &Cause| format!("{} ({}: {})", cause.article, cause.effect.name(), cause.passages.join(", "));
    let causes: Vec<String> = case.by.iter().map(of).collect();
    match (causes.as_slice(), case.became) {
        ([], _) if case.beside.is_empty() && case.answered_by.is_some() => {
            let passage = case.answered_by.as_deref().unwrap_or_default();
            format!("no draft is given to it, though {passage} answers it by its words")
        }
        ([], Became::StillFailing | Became::Passing | Became::CannotTell) => "no draft touches it".to_owned(),
        ([], _) if case.beside.is_empty() => "no draft touches it, so it is chance".to_owned(),
        ([], _) => format!("what is given beside: {}", case.beside.join(", ")),
        (causes, _) => causes.join("; "),
    }
}

fn tone(became: Became) -> Tone {
    match became {
        Became::NewlyBroken => Tone::Bad,
        Became::Fixed => Tone::Good,
        Became::NowAnswered | Became::StillFailing | Became::CannotTell => Tone::Warn,
        Became::Passing => Tone::Plain,
    }
}
