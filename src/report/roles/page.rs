//! A page of a role's report as one value, shown at a terminal or as markdown. Texts are as recorded: what others
//! wrote is made inert here, and nowhere else.

use std::fmt::Write as _;

use crate::report::markdown::escape::{code, cut, words};
use crate::report::terminal::{Paint, Span, Tone, labelled, paragraph, table};
use crate::report::{ReportOptions, inert};

/// Characters of one text in markdown.
const CELL: usize = 400;
/// Lines of one labelled text at a terminal.
const LINES: usize = 4;

/// What one role reads.
#[derive(Debug, Default)]
pub(super) struct Page {
    title: String,
    blocks: Vec<Block>,
}

#[derive(Debug)]
enum Block {
    Part(String),
    Words(Tone, String),
    Table { heads: Vec<&'static str>, rows: Vec<Vec<Cell>> },
    Entry { head: Vec<Cell>, lines: Vec<(&'static str, Vec<Cell>)> },
}

/// A piece of text, not yet inert.
#[derive(Debug, Clone, Default)]
pub(super) struct Cell {
    tone: Tone,
    text: String,
    name: bool,
}

/// The name of something: code in markdown.
pub(super) fn name(text: impl Into<String>) -> Cell {
    Cell { tone: Tone::Strong, text: text.into(), name: true }
}

/// A text in a tone.
pub(super) fn toned(tone: Tone, text: impl Into<String>) -> Cell {
    Cell { tone, text: text.into(), name: false }
}

/// A plain text.
pub(super) fn text(text: impl Into<String>) -> Cell {
    toned(Tone::Plain, text)
}

impl Page {
    pub(super) fn new(title: impl Into<String>) -> Self {
        Self { title: title.into(), blocks: Vec::new() }
    }

    /// Begins a part.
    pub(super) fn part(&mut self, head: impl Into<String>) {
        self.blocks.push(Block::Part(head.into()));
    }

    /// A sentence.
    pub(super) fn say(&mut self, words: impl Into<String>) {
        self.blocks.push(Block::Words(Tone::Plain, words.into()));
    }

    /// A sentence beside the matter: what a number means, what was left out.
    pub(super) fn note(&mut self, words: impl Into<String>) {
        self.blocks.push(Block::Words(Tone::Dim, words.into()));
    }

    /// A table; nothing without rows.
    pub(super) fn table(&mut self, heads: &[&'static str], rows: Vec<Vec<Cell>>) {
        if !rows.is_empty() {
            self.blocks.push(Block::Table { heads: heads.to_vec(), rows });
        }
    }

    /// One thing with what there is to say of it.
    pub(super) fn entry(&mut self, head: Vec<Cell>, lines: Vec<(&'static str, Vec<Cell>)>) {
        self.blocks.push(Block::Entry { head, lines });
    }

    /// How many of a list are not shown.
    pub(super) fn more(&mut self, all: u64, shown: usize) {
        let left = all.saturating_sub(shown as u64);
        if left > 0 {
            self.note(format!("and {left} more (--limit 0 shows all that a report keeps)"));
        }
    }
}

/// The page at a terminal.
pub(super) fn terminal(page: &Page, options: &ReportOptions) -> String {
    let paint = Paint::new(options.color, options.width);
    let mut text = paragraph(paint, 0, &[Span::new(Tone::Strong, line(&page.title))]);
    for block in &page.blocks {
        match block {
            Block::Part(head) => {
                text.push('\n');
                text.push_str(&paragraph(paint, 0, &[Span::new(Tone::Strong, line(head))]));
            }
            Block::Words(tone, words) => {
                text.push_str(&paragraph(paint, 2, &[Span::new(*tone, line(words))]));
            }
            Block::Table { heads, rows } => {
                let rows: Vec<Vec<Span>> = rows.iter().map(|row| row.iter().map(span).collect()).collect();
                text.push_str(&table(paint, heads, &rows, false));
            }
            Block::Entry { head, lines } => {
                let mut spans: Vec<Span> = Vec::new();
                for cell in head {
                    spans.push(span(cell));
                    spans.push("  ".into());
                }
                text.push('\n');
                text.push_str(&paragraph(paint, 2, &spans));
                for (label, cells) in lines {
                    let spans: Vec<Span> = cells.iter().map(span).collect();
                    text.push_str(&labelled(paint, label, &spans, LINES * cells.len()));
                }
            }
        }
    }
    text
}

/// The page as markdown.
pub(super) fn markdown(page: &Page) -> String {
    let mut text = format!("### {}\n\n", words(&page.title));
    let mut listed = false;
    for block in &page.blocks {
        let entry = matches!(block, Block::Entry { .. });
        if listed && !entry {
            text.push('\n');
        }
        listed = entry;
        let _ = match block {
            Block::Part(head) => write!(text, "#### {}\n\n", words(head)),
            Block::Words(_, said) => write!(text, "{}\n\n", words(said)),
            Block::Table { heads, rows } => {
                let rule = "---|".repeat(heads.len());
                let _ = writeln!(text, "| {} |\n|{rule}", heads.join(" | "));
                for row in rows {
                    let cells: Vec<String> = row.iter().map(cell).collect();
                    let _ = writeln!(text, "| {} |", cells.join(" | "));
                }
                writeln!(text)
            }
            Block::Entry { head, lines } => {
                let cells: Vec<String> = head.iter().map(cell).collect();
                let _ = writeln!(text, "- {}", cells.join(" "));
                for (label, cells) in lines {
                    let cells: Vec<String> = cells.iter().map(cell).collect();
                    let _ = writeln!(text, "  - {label}: {}", cells.concat());
                }
                Ok(())
            }
        };
    }
    text.truncate(text.trim_end().len());
    text + "\n"
}

/// Inert and on one line; the spaces at its ends stay, for pieces of a comparison.
fn line(text: &str) -> String {
    inert(text).replace('\n', " ⏎ ")
}

fn span(cell: &Cell) -> Span {
    Span::new(cell.tone, line(&cell.text))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_wrote_is_text_in_both_formats() {
        let hostile = "\u{1b}[31m|[x](http://e.example) @team <img>\n# head";
        let mut page = Page::new(hostile);
        page.part(hostile);
        page.say(hostile);
        page.table(&["one"], vec![vec![name(hostile)], vec![toned(Tone::Bad, hostile)]]);
        page.entry(vec![name(hostile)], vec![("words", vec![toned(Tone::Removed, hostile)])]);
        let options = ReportOptions { color: false, width: 80, limit: 3 };
        let (shown, marked) = (terminal(&page, &options), markdown(&page));
        assert!(!shown.contains('\u{1b}') && !marked.contains('\u{1b}'));
        for raw in ["](", "@team", "<img", "\n# head", "http:"] {
            assert!(!marked.contains(raw), "{raw} in {marked}");
        }
        assert!(
            marked.lines().filter(|l| l.starts_with("| ")).all(|l| l.matches('|').count() == 2),
            "{marked}"
        );
    }
}
