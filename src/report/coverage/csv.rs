//! One table of a coverage for a spreadsheet.

use super::{Part, weight};
use crate::coverage::{ArticleRow, Coverage, Gap, Touches};
use crate::report::csv::table;

/// Heads of [`touches`].
const TOUCHES: [&str; 5] = ["declared", "retrieved", "beside", "cited", "contradicted"];

pub(super) fn render(coverage: &Coverage, part: Part) -> String {
    match part {
        Part::Articles => table(&articles(), coverage.articles.iter().map(article)),
        Part::Sections => {
            let row = |section: &str, of: &Touches| {
                std::iter::once(section.to_owned()).chain(touches(of)).collect()
            };
            let heads = [&["section"][..], &TOUCHES].concat();
            table(&heads, coverage.sections.iter().map(|s| row(&s.section, &s.touches)))
        }
        Part::Gaps => {
            let heads = [
                "gap",
                "do",
                "cases",
                "weight",
                "unanswered",
                "loss",
                "nearest",
                "support",
                "owners",
                "names",
                "questions",
            ];
            table(&heads, coverage.gaps.iter().map(gap))
        }
    }
}

fn articles() -> Vec<&'static str> {
    let figures = ["judged", "passed", "weight", "views"];
    let facts = ["owner", "area", "source", "visibility", "overdue", "suspect", "title", "file", "why"];
    [&["article", "do"][..], &TOUCHES, &figures, &facts].concat()
}

fn article(row: &ArticleRow) -> Vec<String> {
    let mut cells = vec![row.article.clone(), row.todo.name().to_owned()];
    cells.extend(touches(&row.touches));
    cells.extend([row.judged.to_string(), row.passed.to_string(), weight(row.weight)]);
    cells.push(row.views.map(|n| n.to_string()).unwrap_or_default());
    cells.extend([&row.owner, &row.area].map(|text| text.clone().unwrap_or_default()));
    cells.extend([row.source.clone(), row.visibility.name().to_owned()]);
    cells.push(row.overdue.map(|day| day.to_string()).unwrap_or_default());
    cells.extend([row.suspect.to_string(), row.title.clone(), row.file.clone(), row.evidence.join("; ")]);
    cells
}

fn gap(gap: &Gap) -> Vec<String> {
    vec![
        gap.label.clone(),
        gap.todo.to_owned(),
        gap.cases.len().to_string(),
        weight(gap.weight),
        gap.unanswered.map(|share| format!("{share:.3}")).unwrap_or_default(),
        weight(gap.loss),
        gap.nearest.clone().unwrap_or_default(),
        format!("{:.3}", gap.support),
        gap.owners.join("; "),
        gap.cases.join("; "),
        gap.questions.join(" / "),
    ]
}

fn touches(touches: &Touches) -> [String; 5] {
    [touches.declared, touches.retrieved, touches.beside, touches.cited, touches.contradicted]
        .map(|n| n.to_string())
}
