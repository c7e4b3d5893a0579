//! One table of a ladder for a spreadsheet.

use super::Part;
use crate::ladder::{Column, Difference, Ladder, Lift, Rung};
use crate::report::csv::table;

pub(super) fn render(ladder: &Ladder, part: Part) -> String {
    match part {
        Part::Cases => cases(ladder),
        Part::Lifts => lifts(ladder),
    }
}

fn cases(ladder: &Ladder) -> String {
    let mut heads = vec!["prompt", "model", "suite", "case", "area", "weight", "verdict", "goes_to", "owner"]
        .into_iter()
        .map(str::to_owned)
        .collect::<Vec<_>>();
    for rung in Rung::ALL {
        heads.extend(["passed", "judged", "open"].map(|what| format!("{}_{what}", rung.name())));
    }
    heads.extend(["articles", "why"].map(str::to_owned));
    let rows = ladder.columns.iter().flat_map(|column| {
        column.cases.iter().map(|case| {
            let mut cells = key(column).to_vec();
            cells.extend([case.suite.clone(), case.case.clone(), case.area.clone().unwrap_or_default()]);
            cells.extend([case.weight.to_string(), case.verdict.name().to_owned()]);
            cells.extend([
                case.goes_to.unwrap_or_default().to_owned(),
                case.owner.clone().unwrap_or_default(),
            ]);
            for rung in Rung::ALL {
                let fared = case.rungs.get(&rung).copied().unwrap_or_default();
                cells.extend([fared.passed, fared.judged, fared.open].map(|n| n.to_string()));
            }
            cells.extend([case.articles.join("; "), case.evidence.join("; ")]);
            cells
        })
    });
    table(&heads, rows)
}

fn lifts(ladder: &Ladder) -> String {
    let mut heads = ["prompt", "model", "by", "name"].map(str::to_owned).to_vec();
    for what in ["content_lift", "retrieval_loss"] {
        heads.extend(["", "_low", "_high", "_cases"].map(|part| format!("{what}{part}")));
    }
    let rows = ladder.columns.iter().flat_map(|column| {
        let of = |by: &'static str, lifts: &[Lift]| -> Vec<Vec<String>> {
            lifts.iter().map(|lift| row(column, by, lift)).collect()
        };
        let all = std::slice::from_ref(&column.all);
        [of("all", all), of("area", &column.areas), of("article", &column.articles)].concat()
    });
    table(&heads, rows)
}

fn row(column: &Column, by: &str, lift: &Lift) -> Vec<String> {
    let mut cells = key(column).to_vec();
    cells.extend([by.to_owned(), lift.name.clone()]);
    cells.extend(figures(lift.content_lift));
    cells.extend(figures(lift.retrieval_loss));
    cells
}

fn key(column: &Column) -> [String; 2] {
    [column.variant.prompt.clone(), column.variant.model.clone()]
}

/// A share with three digits, its bounds, and the cases; empty where there is none.
fn figures(difference: Option<Difference>) -> [String; 4] {
    difference.map_or_else(Default::default, |d| {
        let share = |value: f64| format!("{value:.3}");
        [share(d.difference), share(d.interval.low), share(d.interval.high), d.cases.to_string()]
    })
}
