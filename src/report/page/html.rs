//! A page as one HTML file in the frame of all of them; it has no script.

use minijinja::value::Serde;
use minijinja::{Error, Value, context};
use serde::Serialize;

use super::{Block, Cell, Page};
use crate::report::html::frame;
use crate::report::terminal::Tone;

const PAGE: &str = include_str!("page.html");

pub(super) fn render(page: &Page) -> String {
    frame::shown(filled(page))
}

fn filled(page: &Page) -> Result<String, Error> {
    let mut env = frame::environment()?;
    env.add_template("page.html", PAGE)?;
    let values = context! { title => &page.title, parts => Value::from(Serde(parts(page))) };
    frame::filled(&env, "page.html", "", values)
}

/// A part with its heading; what stands before the first one has none.
#[derive(Default, Serialize)]
struct Part<'a> {
    head: &'a str,
    blocks: Vec<View<'a>>,
}

/// What stands in a part; exactly one of its fields is filled.
#[derive(Default, Serialize)]
struct View<'a> {
    words: Option<(&'static str, &'a str)>,
    table: Option<Table<'a>>,
    /// Entries that follow each other are one list.
    entries: Vec<Entry<'a>>,
}

#[derive(Serialize)]
struct Table<'a> {
    /// Its place among the tables of the page, to tell them apart by name.
    number: usize,
    numbers: bool,
    heads: &'a [&'static str],
    rows: Vec<Vec<Piece<'a>>>,
}

#[derive(Serialize)]
struct Entry<'a> {
    head: Vec<Piece<'a>>,
    lines: Vec<(&'static str, Vec<Piece<'a>>)>,
}

/// A piece of text with its element.
#[derive(Serialize)]
struct Piece<'a> {
    /// `code`, `del`, `ins`, `b`, or none.
    tag: &'static str,
    class: &'static str,
    text: &'a str,
}

impl<'a> From<&'a Cell> for Piece<'a> {
    fn from(cell: &'a Cell) -> Self {
        let tag = match cell.tone {
            _ if cell.name => "code",
            Tone::Removed => "del",
            Tone::Added => "ins",
            Tone::Plain | Tone::Dim => "",
            Tone::Strong | Tone::Good | Tone::Bad | Tone::Warn | Tone::Mark => "b",
        };
        Self { tag, class: class(cell.tone), text: &cell.text }
    }
}

fn class(tone: Tone) -> &'static str {
    match tone {
        Tone::Good => "good",
        Tone::Bad | Tone::Mark => "bad",
        Tone::Warn => "warn",
        Tone::Dim => "note",
        Tone::Plain | Tone::Strong | Tone::Removed | Tone::Added => "",
    }
}

fn pieces(cells: &[Cell]) -> Vec<Piece<'_>> {
    cells.iter().map(Piece::from).collect()
}

fn parts(page: &Page) -> Vec<Part<'_>> {
    let mut parts = vec![Part::default()];
    let mut tables = 0;
    for block in &page.blocks {
        if let Block::Part(head) = block {
            parts.push(Part { head, blocks: Vec::new() });
            continue;
        }
        let Some(part) = parts.last_mut() else { continue };
        match block {
            Block::Part(_) => {}
            Block::Words(tone, words) => {
                part.blocks.push(View { words: Some((class(*tone), words)), ..View::default() });
            }
            Block::Table { heads, rows, numbers } => {
                tables += 1;
                let rows = rows.iter().map(|row| pieces(row)).collect();
                let table = Table { number: tables, numbers: *numbers, heads, rows };
                part.blocks.push(View { table: Some(table), ..View::default() });
            }
            Block::Entry { head, lines } => {
                let lines = lines.iter().map(|(label, cells)| (*label, pieces(cells))).collect();
                let entry = Entry { head: pieces(head), lines };
                match part.blocks.last_mut() {
                    Some(list) if !list.entries.is_empty() => list.entries.push(entry),
                    _ => part.blocks.push(View { entries: vec![entry], ..View::default() }),
                }
            }
        }
    }
    parts.retain(|part| !part.head.is_empty() || !part.blocks.is_empty());
    parts
}
