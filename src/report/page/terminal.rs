//! A page at a terminal.

use super::{Block, Cell, Page, line};
use crate::report::ReportOptions;
use crate::report::terminal::{Paint, Span, Tone, labelled, paragraph, table};

/// Lines of one labelled text.
const LINES: usize = 4;

pub(super) fn render(page: &Page, options: &ReportOptions) -> String {
    let paint = Paint::new(options.color, options.width);
    let mut text = paragraph(paint, 0, &[Span::new(Tone::Strong, line(&page.title))]);
    let mut tables = false;
    for block in &page.blocks {
        let table_too = matches!(block, Block::Table { .. });
        if tables && table_too {
            text.push('\n');
        }
        tables = table_too;
        match block {
            Block::Part(head) => {
                text.push('\n');
                text.push_str(&paragraph(paint, 0, &[Span::new(Tone::Strong, line(head))]));
            }
            Block::Words(tone, words) => {
                text.push_str(&paragraph(paint, 2, &[Span::new(*tone, line(words))]));
            }
            Block::Table { heads, rows, numbers } => {
                let rows: Vec<Vec<Span>> = rows.iter().map(|row| row.iter().map(span).collect()).collect();
                text.push_str(&table(paint, heads, &rows, *numbers));
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

fn span(cell: &Cell) -> Span {
    Span::new(cell.tone, line(&cell.text))
}
