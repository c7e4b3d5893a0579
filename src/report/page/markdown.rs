//! A page as markdown; what others wrote can neither mark up nor link. It fits into a comment on GitHub, where it is
//! no list for a file: what finds no room is counted in its last line.

use super::{Block, Cell, Page};
use crate::report::markdown::escape::{code, cut, words};
use crate::report::markdown::fit::{Part, fit};
use crate::report::terminal::Tone;

/// Characters of one text.
const CELL: usize = 400;

pub(super) fn render(page: &Page) -> String {
    let mut lines = vec![format!("### {}\n\n", words(&page.title))];
    let mut listed = false;
    for block in &page.blocks {
        let entry = matches!(block, Block::Entry { .. });
        if listed && !entry {
            lines.push("\n".to_owned());
        }
        listed = entry;
        match block {
            Block::Part(head) => lines.push(format!("#### {}\n\n", words(head))),
            Block::Words(_, said) => lines.push(format!("{}\n\n", words(said))),
            Block::Table { heads, rows, .. } => {
                lines.push(format!("| {} |\n|{}\n", heads.join(" | "), "---|".repeat(heads.len())));
                for row in rows {
                    let cells: Vec<String> = row.iter().map(cell).collect();
                    lines.push(format!("| {} |\n", cells.join(" | ")));
                }
                lines.push("\n".to_owned());
            }
            Block::Entry { head, lines: said } => {
                let cells: Vec<String> = head.iter().map(cell).collect();
                lines.push(format!("- {}\n", cells.join(" ")));
                for (label, cells) in said {
                    let cells: Vec<String> = cells.iter().map(cell).collect();
                    lines.push(format!("  - {label}: {}\n", cells.concat()));
                }
            }
        }
    }
    let text = if page.listing {
        lines.concat()
    } else {
        let parts: Vec<Part> = lines.into_iter().map(|line| Part::of(0, "line", line)).collect();
        fit(&parts, "The page as HTML holds them.")
    };
    format!("{}\n", text.trim_end())
}

fn cell(cell: &Cell) -> String {
    if cell.name {
        return code(&cell.text);
    }
    let safe = words(&cut(&cell.text, CELL));
    let space = |is: bool| if is { " " } else { "" };
    let (before, after) = (
        space(cell.text.starts_with(char::is_whitespace)),
        space(cell.text.trim_end().len() < cell.text.len() && !safe.is_empty()),
    );
    let safe = match cell.tone {
        _ if safe.is_empty() => safe,
        Tone::Removed => format!("<del>{safe}</del>"),
        Tone::Added => format!("<ins>{safe}</ins>"),
        Tone::Bad | Tone::Good | Tone::Warn | Tone::Mark => format!("**{safe}**"),
        Tone::Plain | Tone::Strong | Tone::Dim => safe,
    };
    format!("{before}{safe}{after}")
}
