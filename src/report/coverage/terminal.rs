//! A coverage for a person at a terminal.

use super::{HEADS, Part, basis, passed, share, summary, touches, weight};
use crate::coverage::{ArticleRow, Coverage, Gap, Todo};
use crate::report::terminal::{Paint, Span, Tone, labelled, paragraph, table};
use crate::report::{ReportOptions, inert_line};

pub(super) fn render(coverage: &Coverage, wants: &dyn Fn(Part) -> bool, options: &ReportOptions) -> String {
    let paint = Paint::new(options.color, options.width);
    let most = if options.limit == 0 { usize::MAX } else { options.limit };
    let mut text = paragraph(
        paint,
        0,
        &[Span::new(Tone::Strong, format!("Coverage by run {}", inert_line(&coverage.run)))],
    );
    text.push_str(&paragraph(paint, 2, &[Span::new(Tone::Dim, inert_line(&basis(coverage)))]));
    if wants(Part::Articles) {
        text.push_str(&articles(paint, coverage, most));
    }
    if wants(Part::Sections) {
        text.push_str(&sections(paint, coverage, most));
    }
    if wants(Part::Gaps) {
        text.push_str(&gaps(paint, coverage, most));
    }
    for note in &coverage.notes {
        text.push_str(&paragraph(
            paint,
            2,
            &[Span::new(Tone::Warn, format!("not compared: {}", inert_line(note)))],
        ));
    }
    text
}

fn head(paint: Paint, words: &str) -> String {
    format!("\n{}", paragraph(paint, 0, &[Span::new(Tone::Strong, words)]))
}

fn more(paint: Paint, all: usize, shown: usize) -> String {
    match all.saturating_sub(shown) {
        0 => String::new(),
        n => paragraph(paint, 2, &[Span::new(Tone::Dim, format!("and {n} more (--limit 0 shows all)"))]),
    }
}

fn articles(paint: Paint, coverage: &Coverage, most: usize) -> String {
    let mut text = head(paint, "Articles");
    text.push_str(&paragraph(paint, 2, &[summary(coverage).into()]));
    let shown: Vec<&ArticleRow> = coverage.articles.iter().take(most).collect();
    let row = |row: &&ArticleRow| {
        let mut cells = vec![
            Span::new(Tone::Strong, inert_line(&row.article)),
            Span::new(tone(row.todo), row.todo.name()),
        ];
        cells.extend(touches(&row.touches).map(Span::from));
        cells.push(passed(row.passed, row.judged).into());
        cells.push(weight(row.weight).into());
        cells.push(row.views.map(|n| n.to_string()).unwrap_or_default().into());
        cells
    };
    let rows: Vec<Vec<Span>> = shown.iter().map(row).collect();
    let heads: Vec<&str> =
        ["article", "do"].into_iter().chain(HEADS).chain(["passed", "weight", "views"]).collect();
    text.push_str(&table(paint, &heads, &rows, true));
    text.push_str(&more(paint, coverage.articles.len(), shown.len()));
    let work = coverage.articles.iter().filter(|row| row.todo != Todo::Keep);
    for row in work.take(most) {
        let owner = row.owner.as_ref().map(|owner| format!("  {}", inert_line(owner))).unwrap_or_default();
        let title = [
            Span::new(tone(row.todo), format!("{} ", row.todo.name())),
            Span::new(Tone::Strong, inert_line(&row.article)),
            Span::new(Tone::Dim, format!("{owner}  {}", inert_line(&row.file))),
        ];
        text.push('\n');
        text.push_str(&paragraph(paint, 4, &title));
        for why in &row.evidence {
            text.push_str(&labelled(paint, "why", &[inert_line(why).into()], 3));
        }
    }
    text
}

fn tone(todo: Todo) -> Tone {
    match todo {
        Todo::Update => Tone::Bad,
        Todo::Merge | Todo::Retire => Tone::Warn,
        Todo::Keep => Tone::Plain,
    }
}

fn sections(paint: Paint, coverage: &Coverage, most: usize) -> String {
    let untouched: Vec<&str> =
        coverage.sections.iter().filter(|s| s.touches.none()).map(|s| s.section.as_str()).collect();
    let mut text = head(paint, "Sections");
    let words = format!("{} of {} are never touched", untouched.len(), coverage.sections.len());
    text.push_str(&paragraph(paint, 2, &[words.into()]));
    for section in untouched.iter().take(most) {
        text.push_str(&paragraph(paint, 4, &[inert_line(section).into()]));
    }
    text + &more(paint, untouched.len(), untouched.len().min(most))
}

fn gaps(paint: Paint, coverage: &Coverage, most: usize) -> String {
    let mut text = head(paint, "Gaps: asked, and no article says it");
    if coverage.gaps.is_empty() {
        return text + &paragraph(paint, 2, &["none among the cases".into()]);
    }
    let shown: Vec<&Gap> = coverage.gaps.iter().take(most).collect();
    let row = |gap: &&Gap| {
        vec![
            Span::new(Tone::Strong, inert_line(&gap.label)),
            gap.todo.into(),
            gap.cases.len().to_string().into(),
            weight(gap.weight).into(),
            share(gap.unanswered).into(),
            weight(gap.loss).into(),
        ]
    };
    let rows: Vec<Vec<Span>> = shown.iter().map(row).collect();
    text.push_str(&table(paint, &["gap", "do", "cases", "weight", "unanswered", "loss"], &rows, true));
    text.push_str(&more(paint, coverage.gaps.len(), shown.len()));
    for gap in shown {
        text.push('\n');
        text.push_str(&paragraph(paint, 4, &[Span::new(Tone::Strong, inert_line(&gap.label))]));
        for question in &gap.questions {
            text.push_str(&labelled(paint, "question", &[inert_line(question).into()], 2));
        }
        text.push_str(&labelled(paint, "cases", &[inert_line(&gap.cases.join(", ")).into()], 3));
        if let Some(nearest) = &gap.nearest {
            let near = format!("{} ({} of the words)", inert_line(nearest), share(Some(gap.support)));
            text.push_str(&labelled(paint, "nearest", &[near.into()], 2));
        }
        if !gap.owners.is_empty() {
            text.push_str(&labelled(paint, "owner", &[inert_line(&gap.owners.join(", ")).into()], 1));
        }
    }
    text
}
