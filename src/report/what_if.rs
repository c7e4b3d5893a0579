//! What drafts do to cases, for a person at a terminal and for programs.

use crate::knowledge::Laid;
use crate::report::numbers::{count, plural};
use crate::report::terminal::{Paint, Span, Tone, labelled, paragraph, table};
use crate::report::{ReportOptions, escape_json, inert_line};
use crate::what_if::{Became, Cause, Outlook, Row, SideRow};

/// Everything, for programs.
pub fn json(outlook: &Outlook) -> String {
    let text = serde_json::to_string_pretty(outlook).unwrap_or_default();
    format!("{}\n", escape_json(&text))
}

/// The drafts, the counts, then the cases that somebody has to look at, each with the draft that did it.
pub fn terminal(outlook: &Outlook, options: &ReportOptions) -> String {
    let paint = Paint::new(options.color, options.width);
    let most = if options.limit == 0 { usize::MAX } else { options.limit };
    let title = format!("What if: {} over the articles", inert_line(&outlook.drafts));
    let mut text = paragraph(paint, 0, &[Span::new(Tone::Strong, title)]);
    let runs = format!("run {} without the drafts, run {} with them", outlook.without, outlook.with);
    text.push_str(&paragraph(paint, 2, &[Span::new(Tone::Dim, runs)]));
    for laid in &outlook.articles {
        text.push_str(&paragraph(paint, 2, &[inert_line(&of_draft(laid)).into()]));
    }
    text.push('\n');
    let rows: Vec<Vec<Span>> = outlook
        .counts
        .iter()
        .map(|row| vec![Span::new(tone(row.became), row.became.name()), count(row.cases).into()])
        .collect();
    text.push_str(&table(paint, &["with the drafts", "cases"], &rows, true));
    for became in Became::ALL {
        let cases: Vec<&Row> = outlook.cases.iter().filter(|case| case.became == became).collect();
        let shown = match became {
            Became::Passing => 0,
            _ => cases.len().min(most),
        };
        for case in &cases[..shown] {
            text.push('\n');
            text.push_str(&of_case(paint, case));
        }
        if became != Became::Passing && shown < cases.len() {
            let more = format!("… and {} more {} (--limit 0 shows all)", cases.len() - shown, became.name());
            text.push_str(&paragraph(paint, 2, &[Span::new(Tone::Dim, more)]));
        }
    }
    text.push_str(&tail(paint, outlook, most));
    text
}

/// What is to be done besides: goldens to confirm, passages that nobody tests, and what was left out.
fn tail(paint: Paint, outlook: &Outlook, most: usize) -> String {
    let mut text = String::new();
    let mut list = |title: String, lines: Vec<String>| {
        if lines.is_empty() {
            return;
        }
        text.push('\n');
        text.push_str(&paragraph(paint, 2, &[Span::new(Tone::Warn, title)]));
        for line in lines.iter().take(most) {
            text.push_str(&paragraph(paint, 4, &[inert_line(line).into()]));
        }
        if lines.len() > most {
            let more = format!("… and {} more", lines.len() - most);
            text.push_str(&paragraph(paint, 4, &[Span::new(Tone::Dim, more)]));
        }
    };
    let suspect = &outlook.suspect;
    list(
        format!(
            "{} would be suspect once the drafts are published: confirm with `regauge accept --confirm`",
            plural(suspect.len() as u64, "golden")
        ),
        suspect.iter().map(|g| format!("{}/{}  {}", g.suite, g.case, g.passages.join(", "))).collect(),
    );
    let untested = &outlook.untested;
    list(
        format!("changed passages that no case tests: {}", untested.len()),
        untested.iter().map(|u| format!("{} {}", u.passage, u.edit.name())).collect(),
    );
    for note in &outlook.notes {
        text.push_str(&paragraph(paint, 2, &[Span::new(Tone::Warn, format!("note: {}", inert_line(note)))]));
    }
    text
}

fn of_draft(laid: &Laid) -> String {
    format!("{} {}  {}", laid.article, laid.effect.name(), laid.source)
}

fn of_case(paint: Paint, case: &Row) -> String {
    let name = inert_line(&format!("{}/{}", case.suite, case.case));
    let title = [
        Span::new(tone(case.became), format!("{} ", case.became.name())),
        Span::new(Tone::Strong, name),
        Span::new(Tone::Dim, format!("  {}  {}", inert_line(&case.variant.to_string()), passes(case))),
    ];
    let mut text = paragraph(paint, 4, &title);
    let mut line = |label: &'static str, words: String, tone: Tone| {
        text.push_str(&labelled(paint, label, &[Span::new(tone, inert_line(&words))], 3));
    };
    line("question", case.question.clone(), Tone::Plain);
    if case.became != Became::StillFailing {
        line("before", answer(&case.before), Tone::Dim);
    }
    line("now", answer(&case.after), Tone::Plain);
    for why in case.after.failing.iter().take(1) {
        line("why", why.clone(), Tone::Bad);
    }
    line("by", by(case), Tone::Plain);
    if !case.beside.is_empty() && !case.by.is_empty() {
        line("beside", case.beside.join(", "), Tone::Dim);
    }
    if !case.suspect.is_empty() {
        line("golden", format!("is suspect: {}", case.suspect.join(", ")), Tone::Warn);
    }
    text
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
        Became::StillFailing | Became::CannotTell => Tone::Warn,
        Became::Passing => Tone::Plain,
    }
}
