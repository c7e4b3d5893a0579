//! A coverage as a page: articles with their work, sections, gaps.

use super::{Part, weight};
use crate::coverage::{ArticleRow, Coverage, SectionRow, Todo, Touches};
use crate::report::numbers::{count, percent};
use crate::report::page::{Cell, Page, name, text, toned};
use crate::report::terminal::Tone;

/// Titles of [`touches`].
const TOUCHES: [&str; 5] = ["tested by", "given to", "beside", "cited by", "denied by"];

/// The tables wanted, of each at most so many rows.
pub(super) fn of(coverage: &Coverage, wants: &dyn Fn(Part) -> bool, most: usize) -> Page {
    let mut page = Page::listing(format!("Coverage: {}", coverage.called));
    page.note(format!("run {}", coverage.run));
    page.note(basis(coverage));
    if wants(Part::Articles) {
        articles(&mut page, coverage, most);
    }
    if wants(Part::Sections) {
        sections(&mut page, &coverage.sections, most);
    }
    if wants(Part::Gaps) {
        gaps(&mut page, coverage, most);
    }
    for note in &coverage.notes {
        page.warn(format!("not compared: {note}"));
    }
    page
}

/// What the columns and cases are.
fn basis(coverage: &Coverage) -> String {
    let columns: Vec<String> = coverage.columns.iter().map(ToString::to_string).collect();
    let left_out = match coverage.left_out {
        0 => String::new(),
        n => format!("; {n} trials of cases that are no longer there are left out"),
    };
    format!("{} cases, answers of {}{left_out}", coverage.cases, columns.join(", "))
}

/// What the articles come to, in one line.
fn summary(coverage: &Coverage) -> String {
    let of = |todo: Todo| coverage.articles.iter().filter(|row| row.todo == todo).count();
    let untested = coverage.articles.iter().filter(|row| row.touches.untested()).count();
    let elsewhere =
        coverage.articles.iter().filter(|row| row.touches.declared == 0 && row.touches.elsewhere > 0);
    let elsewhere = match elsewhere.count() {
        0 => String::new(),
        n => format!("; {n} that only suites test which are not in this run"),
    };
    let untouched = coverage.articles.iter().filter(|row| row.touches.none()).count();
    format!(
        "{} articles: {} to update, {} to merge, {} to retire, {} to keep; {untested} that no case tests, {untouched} that \
         nothing touches{elsewhere}",
        coverage.articles.len(),
        of(Todo::Update),
        of(Todo::Merge),
        of(Todo::Retire),
        of(Todo::Keep)
    )
}

fn articles(page: &mut Page, coverage: &Coverage, most: usize) {
    page.part("Work list");
    page.say(summary(coverage));
    let work: Vec<&ArticleRow> = coverage.articles.iter().filter(|row| row.todo != Todo::Keep).collect();
    for row in work.iter().take(most) {
        let mut head = vec![toned(tone(row.todo), row.todo.name()), name(&*row.article)];
        head.extend(row.owner.as_ref().map(|owner| text(&**owner)));
        head.push(toned(Tone::Dim, &*row.file));
        page.entry(head, row.evidence.iter().map(|why| ("why", vec![text(&**why)])).collect());
    }
    page.more(work.len() as u64, work.len().min(most));
    troubled(page, coverage, most);
    page.part("Articles");
    let rows = coverage.articles.iter().take(most).map(|row| {
        let mut cells = vec![name(&*row.article), toned(tone(row.todo), row.todo.name())];
        cells.extend(touches(&row.touches));
        cells.push(text(passed(row.passed, row.judged)));
        cells.push(text(weight(row.weight)));
        cells.push(text(row.views.map(|n| n.to_string()).unwrap_or_default()));
        cells
    });
    let heads = [&["article", "do"][..], &TOUCHES, &["passed", "weight", "views"]].concat();
    page.figures(&heads, rows.collect());
    page.more(coverage.articles.len() as u64, coverage.articles.len().min(most));
}

/// Articles that nothing speaks against, though answers from them are wrong: the prompt, the retrieval or the model is.
fn troubled(page: &mut Page, coverage: &Coverage, most: usize) {
    let fails = |row: &&ArticleRow| row.passed < row.judged || row.touches.contradicted > 0;
    let kept = coverage.articles.iter().filter(|row| row.todo == Todo::Keep);
    let rows: Vec<&ArticleRow> = kept.filter(fails).collect();
    if rows.is_empty() {
        return;
    }
    page.part("To keep, and answers from them fail");
    for row in rows.iter().take(most) {
        let passed = toned(Tone::Dim, passed(row.passed, row.judged));
        let lines = row.evidence.iter().map(|why| ("why", vec![text(&**why)]));
        page.entry(vec![name(&*row.article), passed], lines.collect());
    }
    page.more(rows.len() as u64, rows.len().min(most));
}

fn tone(todo: Todo) -> Tone {
    match todo {
        Todo::Update => Tone::Bad,
        Todo::Merge | Todo::Retire => Tone::Warn,
        Todo::Keep => Tone::Plain,
    }
}

/// Sections that nothing touches first.
fn sections(page: &mut Page, sections: &[SectionRow], most: usize) {
    page.part("Sections");
    let mut rows: Vec<&SectionRow> = sections.iter().collect();
    rows.sort_by_key(|row| !row.touches.none());
    let untouched = rows.iter().filter(|row| row.touches.none()).count();
    page.say(format!("{untouched} of {} are never touched", rows.len()));
    let cells = rows.iter().take(most).map(|row| {
        let figures = touches(&row.touches).into_iter();
        std::iter::once(name(&*row.section)).chain(figures).collect()
    });
    page.figures(&[&["section"][..], &TOUCHES].concat(), cells.collect());
    page.more(rows.len() as u64, rows.len().min(most));
}

fn gaps(page: &mut Page, coverage: &Coverage, most: usize) {
    let gaps = coverage.gaps.as_slice();
    page.part("Gaps: asked, and no article says it");
    if gaps.is_empty() {
        page.say("none among the cases");
    }
    let share = |share: Option<f64>| share.map(percent).unwrap_or_default();
    let rows = gaps.iter().take(most).map(|gap| {
        let figures = [weight(gap.weight), share(gap.unanswered), weight(gap.loss)];
        let mut cells = vec![name(&*gap.label), text(gap.todo), text(gap.cases.len().to_string())];
        cells.extend(figures.map(text));
        cells
    });
    page.figures(&["gap", "do", "cases", "weight", "unanswered", "loss"], rows.collect());
    page.more(gaps.len() as u64, gaps.len().min(most));
    if gaps.len() > 1 || coverage.gaps_by.why.is_some() {
        let why = coverage.gaps_by.why.as_ref().map(|why| format!(" ({why})")).unwrap_or_default();
        page.say(format!("put together by their {}{why}", coverage.gaps_by.by));
    }
    for gap in gaps.iter().take(most) {
        let mut lines: Vec<(&'static str, Vec<Cell>)> =
            gap.questions.iter().map(|question| ("question", vec![text(&**question)])).collect();
        lines.push(("cases", vec![text(gap.cases.join(", "))]));
        if let Some(nearest) = &gap.nearest {
            let near = format!(" ({} of the words)", percent(gap.support));
            lines.push(("nearest", vec![name(&**nearest), text(near)]));
        }
        if !gap.owners.is_empty() {
            lines.push(("owner", vec![text(gap.owners.join(", "))]));
        }
        page.entry(vec![name(&*gap.label)], lines);
    }
}

/// The figures of touches in the order of [`TOUCHES`].
fn touches(touches: &Touches) -> [Cell; 5] {
    [touches.declared, touches.retrieved, touches.beside, touches.cited, touches.contradicted]
        .map(|n| text(count(n)))
}

/// `7 of 9`, and nothing where nothing was judged.
fn passed(passed: u64, judged: u64) -> String {
    if judged == 0 { String::new() } else { format!("{} of {}", count(passed), count(judged)) }
}
