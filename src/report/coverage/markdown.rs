//! A coverage as a work list in markdown; what others wrote can neither mark up nor link.

use std::fmt::Write as _;

use super::{HEADS, Part, basis, passed, share, summary, touches, weight};
use crate::coverage::{Coverage, Todo};
use crate::report::markdown::escape::{code, cut, words};

/// Characters of one cell.
const CELL: usize = 400;

pub(super) fn render(coverage: &Coverage, wants: &dyn Fn(Part) -> bool) -> String {
    let mut text =
        format!("### Knowledge coverage by run {}\n\n{}\n\n", code(&coverage.run), words(&basis(coverage)));
    if wants(Part::Articles) {
        let _ = write!(text, "#### Work list\n\n{}\n\n", words(&summary(coverage)));
        let mut work = coverage.articles.iter().filter(|row| row.todo != Todo::Keep).peekable();
        if work.peek().is_some() {
            text.push_str("| do | article | owner | views | weight | why |\n|---|---|---|---|---|---|\n");
        }
        for row in work {
            let cells = [
                format!("**{}**", row.todo.name()),
                code(&row.article),
                row.owner.as_deref().map(cell).unwrap_or_default(),
                row.views.map(|n| n.to_string()).unwrap_or_default(),
                weight(row.weight),
                cell(&row.evidence.join("; ")),
            ];
            let _ = writeln!(text, "| {} |", cells.join(" | "));
        }
        let _ = write!(
            text,
            "\n#### Articles\n\n| article | do | {} | passed | weight | views |\n",
            HEADS.join(" | ")
        );
        text.push_str("|---|---|---|---|---|---|---|---|---|---|\n");
        for row in &coverage.articles {
            let mut cells = vec![code(&row.article), row.todo.name().to_owned()];
            cells.extend(touches(&row.touches));
            cells.extend([
                passed(row.passed, row.judged),
                weight(row.weight),
                row.views.map(|n| n.to_string()).unwrap_or_default(),
            ]);
            let _ = writeln!(text, "| {} |", cells.join(" | "));
        }
        text.push('\n');
    }
    if wants(Part::Sections) {
        let _ =
            write!(text, "#### Sections\n\n| section | {} |\n|---|---|---|---|---|---|\n", HEADS.join(" | "));
        for row in &coverage.sections {
            let _ = writeln!(text, "| {} | {} |", code(&row.section), touches(&row.touches).join(" | "));
        }
        text.push('\n');
    }
    if wants(Part::Gaps) {
        text.push_str("#### Gaps: asked, and no article says it\n\n");
        text.push_str("| do | gap | cases | weight | unanswered | loss | nearest | questions |\n|---|---|---|---|---|---|---|---|\n");
        for gap in &coverage.gaps {
            let nearest =
                gap.nearest.as_deref().map(|id| format!("{} {}", code(id), share(Some(gap.support))));
            let cells = [
                format!("**{}**", gap.todo),
                cell(&gap.label),
                gap.cases.iter().map(|case| code(case)).collect::<Vec<_>>().join(" "),
                weight(gap.weight),
                share(gap.unanswered),
                weight(gap.loss),
                nearest.unwrap_or_default(),
                cell(&gap.questions.join(" / ")),
            ];
            let _ = writeln!(text, "| {} |", cells.join(" | "));
        }
        text.push('\n');
    }
    for note in &coverage.notes {
        let _ = writeln!(text, "Not compared: {}\n", words(note));
    }
    text
}

fn cell(text: &str) -> String {
    words(&cut(text, CELL))
}
