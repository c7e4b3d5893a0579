//! A knowledge ladder for a person at a terminal and for programs.

use crate::ladder::{CaseRow, Column, Difference, Ladder, Lift, Verdict};
use crate::report::numbers::{count, points, signed};
use crate::report::terminal::{Paint, Span, Tone, labelled, paragraph, table};
use crate::report::{ReportOptions, escape_json, inert_line};

/// Everything, for programs.
pub fn json(ladder: &Ladder) -> String {
    let text = serde_json::to_string_pretty(ladder).unwrap_or_default();
    format!("{}\n", escape_json(&text))
}

/// Tables, then the cases that somebody has to look at, each with its evidence.
pub fn terminal(ladder: &Ladder, options: &ReportOptions) -> String {
    let paint = Paint::new(options.color, options.width);
    let most = if options.limit == 0 { usize::MAX } else { options.limit };
    let title = format!("Knowledge ladder {}", inert_line(&ladder.ladder));
    let mut text = paragraph(paint, 0, &[Span::new(Tone::Strong, title)]);
    let way = match &ladder.retrieval {
        Some(name) => format!("retrieved by {}", inert_line(name)),
        None => "retrieved as the suites say".to_owned(),
    };
    text.push_str(&paragraph(paint, 2, &[Span::new(Tone::Dim, way)]));
    for column in &ladder.columns {
        text.push_str(&of_column(paint, column, most));
    }
    for note in &ladder.notes {
        text.push_str(&paragraph(
            paint,
            2,
            &[Span::new(Tone::Warn, format!("left out: {}", inert_line(note)))],
        ));
    }
    text
}

fn of_column(paint: Paint, column: &Column, most: usize) -> String {
    let title = format!("{}: {} cases", inert_line(&column.variant.to_string()), column.cases.len());
    let mut text = format!("\n{}", paragraph(paint, 0, &[Span::new(Tone::Strong, title)]));
    let counts: Vec<Vec<Span>> = column
        .counts
        .iter()
        .map(|row| {
            let goes_to = row.verdict.goes_to().unwrap_or_default();
            vec![Span::new(tone(row.verdict), row.verdict.name()), count(row.cases).into(), goes_to.into()]
        })
        .collect();
    text.push_str(&table(paint, &["verdict", "cases", "goes to"], &counts, true));
    for (name, lifts) in
        [("all", std::slice::from_ref(&column.all)), ("area", &column.areas), ("article", &column.articles)]
    {
        if lifts.is_empty() {
            continue;
        }
        text.push('\n');
        let rows: Vec<Vec<Span>> = lifts.iter().take(most).map(lift).collect();
        text.push_str(&table(paint, &[name, "content lift", "retrieval loss", "cases"], &rows, true));
        text.push_str(&more(paint, lifts.len(), rows.len()));
    }
    let faults: Vec<&CaseRow> = column.cases.iter().filter(|case| case.verdict != Verdict::Works).collect();
    for case in faults.iter().take(most) {
        text.push('\n');
        text.push_str(&fault(paint, case));
    }
    text.push_str(&more(paint, faults.len(), faults.len().min(most)));
    text
}

fn lift(lift: &Lift) -> Vec<Span> {
    let of = |difference: Option<Difference>| match difference {
        Some(d) => format!("{} ({})", signed(d.difference), points(d.interval)),
        None => String::new(),
    };
    let cases = lift.retrieval_loss.or(lift.content_lift).map(|d| count(d.cases)).unwrap_or_default();
    vec![
        inert_line(&lift.name).into(),
        of(lift.content_lift).into(),
        of(lift.retrieval_loss).into(),
        cases.into(),
    ]
}

fn fault(paint: Paint, case: &CaseRow) -> String {
    let owner = case.owner.as_ref().map(|owner| format!("  {}", inert_line(owner))).unwrap_or_default();
    let title = [
        Span::new(tone(case.verdict), format!("{} ", case.verdict.name())),
        Span::new(Tone::Strong, inert_line(&format!("{}/{}", case.suite, case.case))),
        Span::new(Tone::Dim, owner),
    ];
    let mut text = paragraph(paint, 4, &title);
    for why in &case.evidence {
        text.push_str(&labelled(paint, "why", &[inert_line(why).into()], 3));
    }
    text
}

fn tone(verdict: Verdict) -> Tone {
    match verdict {
        Verdict::ContentMissing | Verdict::RetrievalMiss | Verdict::Distracted | Verdict::Miss => Tone::Bad,
        Verdict::GeneralKnowledge | Verdict::CannotTell => Tone::Warn,
        Verdict::Works => Tone::Plain,
    }
}

fn more(paint: Paint, all: usize, shown: usize) -> String {
    match all.saturating_sub(shown) {
        0 => String::new(),
        n => paragraph(paint, 2, &[Span::new(Tone::Dim, format!("and {n} more (--limit 0 shows all)"))]),
    }
}
