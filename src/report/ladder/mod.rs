//! A knowledge ladder in the formats of people and programs.

mod csv;

use crate::ladder::{CaseRow, Column, Difference, Ladder, Lift, Verdict};
use crate::report::numbers::{count, points, signed};
use crate::report::page::{Cell, Format, Page, name, text, toned};
use crate::report::terminal::Tone;
use crate::report::{ReportOptions, escape_json};

/// One of the tables of a ladder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Part {
    /// Cases with their verdicts.
    Cases,
    /// What content and retrieval are worth, by area and article.
    Lifts,
}

/// Shows a ladder; of CSV `part` is the table, the cases where none is named.
pub fn render(ladder: &Ladder, format: Format, part: Option<Part>, options: &ReportOptions) -> String {
    let table = || csv::render(ladder, part.unwrap_or(Part::Cases));
    let json = || {
        let text = serde_json::to_string_pretty(ladder).unwrap_or_default();
        format!("{}\n", escape_json(&text))
    };
    match format {
        Format::Json => json(),
        Format::Csv => table(),
        Format::Terminal | Format::Markdown | Format::Html => {
            let most = if format == Format::Terminal { options.most() } else { usize::MAX };
            page(ladder, part, most).shown(format, options).unwrap_or_default()
        }
    }
}

/// Tables, then the cases that somebody has to look at, each with its evidence.
fn page(ladder: &Ladder, part: Option<Part>, most: usize) -> Page {
    let wants = |one: Part| part.is_none_or(|part| part == one);
    let mut page = Page::listing(format!("Knowledge ladder {}", ladder.ladder));
    page.note(match &ladder.retrieval {
        Some(name) => format!("retrieved by {name}"),
        None => "retrieved as the suites say".to_owned(),
    });
    for column in &ladder.columns {
        page.part(format!("{}: {} cases", column.variant, column.cases.len()));
        if wants(Part::Cases) {
            verdicts(&mut page, column);
        }
        if wants(Part::Lifts) {
            lifts(&mut page, column, most);
        }
        if wants(Part::Cases) {
            faults(&mut page, column, most);
        }
    }
    for note in &ladder.notes {
        page.warn(format!("left out: {note}"));
    }
    page
}

fn verdicts(page: &mut Page, column: &Column) {
    let row = |row: &crate::ladder::Count| {
        let goes_to = row.verdict.goes_to().unwrap_or_default();
        vec![toned(tone(row.verdict), row.verdict.name()), text(count(row.cases)), text(goes_to)]
    };
    page.figures(&["verdict", "cases", "goes to"], column.counts.iter().map(row).collect());
}

fn lifts(page: &mut Page, column: &Column, most: usize) {
    let all = std::slice::from_ref(&column.all);
    for (by, lifts) in [("all", all), ("area", &column.areas), ("article", &column.articles)] {
        let rows: Vec<Vec<Cell>> = lifts.iter().take(most).map(lift).collect();
        let shown = rows.len();
        page.figures(&[by, "content lift", "retrieval loss", "cases"], rows);
        page.more(lifts.len() as u64, shown);
    }
    let every = || all.iter().chain(&column.areas).chain(&column.articles);
    let mut differences = every().flat_map(|lift| [lift.content_lift, lift.retrieval_loss]).flatten();
    if differences.any(|d| d.too_few_clusters.is_some()) {
        page.note(
            "where there are fewer than ten clusters, cases count as independent and the interval may be too narrow",
        );
    }
}

fn lift(lift: &Lift) -> Vec<Cell> {
    let of = |difference: Option<Difference>| match difference {
        Some(d) => format!("{} ({})", signed(d.difference), points(d.interval)),
        None => String::new(),
    };
    let cases = lift.retrieval_loss.or(lift.content_lift).map(|d| count(d.cases)).unwrap_or_default();
    vec![text(&*lift.name), text(of(lift.content_lift)), text(of(lift.retrieval_loss)), text(cases)]
}

fn faults(page: &mut Page, column: &Column, most: usize) {
    let faults: Vec<&CaseRow> = column.cases.iter().filter(|case| case.verdict != Verdict::Works).collect();
    for case in faults.iter().take(most) {
        let mut head = vec![
            toned(tone(case.verdict), case.verdict.name()),
            name(format!("{}/{}", case.suite, case.case)),
        ];
        head.extend(case.owner.as_ref().map(|owner| toned(Tone::Dim, &**owner)));
        page.entry(head, case.evidence.iter().map(|why| ("why", vec![text(&**why)])).collect());
    }
    page.more(faults.len() as u64, faults.len().min(most));
}

fn tone(verdict: Verdict) -> Tone {
    match verdict {
        Verdict::ContentMissing | Verdict::RetrievalMiss | Verdict::Distracted | Verdict::Miss => Tone::Bad,
        Verdict::GeneralKnowledge | Verdict::CannotTell => Tone::Warn,
        Verdict::Works => Tone::Plain,
    }
}
