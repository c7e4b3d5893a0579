//! One table of a coverage for a spreadsheet: RFC 4180, and nothing that would be run as a formula.

use super::{Part, weight};
use crate::coverage::{Coverage, Touches};
use crate::report::inert_line;

pub(super) fn render(coverage: &Coverage, part: Part) -> String {
    let mut rows: Vec<Vec<String>> = Vec::new();
    match part {
        Part::Articles => {
            rows.push(names(&[
                "article",
                "do",
                "declared",
                "retrieved",
                "beside",
                "cited",
                "contradicted",
                "judged",
                "passed",
                "weight",
                "views",
                "owner",
                "area",
                "source",
                "visibility",
                "overdue",
                "suspect",
                "title",
                "file",
                "why",
            ]));
            for row in &coverage.articles {
                let mut cells = vec![row.article.clone(), row.todo.name().to_owned()];
                cells.extend(touches(&row.touches));
                cells.extend([row.judged.to_string(), row.passed.to_string(), weight(row.weight)]);
                cells.push(row.views.map(|n| n.to_string()).unwrap_or_default());
                cells.extend([&row.owner, &row.area].map(|text| text.clone().unwrap_or_default()));
                cells.extend([row.source.clone(), row.visibility.name().to_owned()]);
                cells.push(row.overdue.map(|day| day.to_string()).unwrap_or_default());
                cells.extend([
                    row.suspect.to_string(),
                    row.title.clone(),
                    row.file.clone(),
                    row.evidence.join("; "),
                ]);
                rows.push(cells);
            }
        }
        Part::Sections => {
            rows.push(names(&["section", "declared", "retrieved", "beside", "cited", "contradicted"]));
            for row in &coverage.sections {
                rows.push(std::iter::once(row.section.clone()).chain(touches(&row.touches)).collect());
            }
        }
        Part::Gaps => {
            rows.push(names(&[
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
            ]));
            for gap in &coverage.gaps {
                rows.push(vec![
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
                ]);
            }
        }
    }
    let lines = rows.iter().map(|row| row.iter().map(|text| cell(text)).collect::<Vec<_>>().join(","));
    lines.fold(String::new(), |text, line| text + &line + "\r\n")
}

fn names(list: &[&str]) -> Vec<String> {
    list.iter().map(|name| (*name).to_owned()).collect()
}

fn touches(touches: &Touches) -> [String; 5] {
    [touches.declared, touches.retrieved, touches.beside, touches.cited, touches.contradicted]
        .map(|n| n.to_string())
}

/// A text as a cell; what would be run as a formula is text.
fn cell(text: &str) -> String {
    let text = inert_line(text);
    let text = if text.trim_start().starts_with(['=', '+', '-', '@']) { format!("'{text}") } else { text };
    if text.contains(['"', ',', ';', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_and_quotes_are_text() {
        assert_eq!(cell("=HYPERLINK(\"x\")"), "\"'=HYPERLINK(\"\"x\"\")\"");
        assert_eq!(cell("a,b"), "\"a,b\"");
        assert_eq!(cell("plain"), "plain");
        assert!(!cell("a\u{1b}[2J\nb").contains(['\u{1b}', '\n']));
    }
}
