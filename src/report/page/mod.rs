//! A page for people as one value: parts with sentences, tables and entries, shown at a terminal, as markdown or as one
//! HTML file. Texts are as recorded: what others wrote is made inert by the renderers, and nowhere else.

mod html;
mod markdown;
mod terminal;

use std::path::Path;

use clap::ValueEnum as _;

use crate::report::terminal::Tone;
use crate::report::{ReportOptions, format_of, inert};

/// A format of what has pages for people and tables for programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// Tables and lists for a person at a terminal.
    Terminal,
    /// To paste into a ticket, a comment or a page.
    Markdown,
    /// One page for a browser: one file, no network, no script.
    Html,
    /// One table for a spreadsheet; `--table` says which.
    Csv,
    /// Everything, for programs.
    Json,
}

impl Format {
    /// The format that the ending of a file means.
    pub fn of(path: &Path) -> Option<Self> {
        let table = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("csv"));
        let name = if table { "csv" } else { format_of(path)? };
        Self::from_str(name, false).ok()
    }
}

/// What one reader reads.
#[derive(Debug, Default)]
pub(super) struct Page {
    title: String,
    blocks: Vec<Block>,
    /// Whether it is a list for a file, which markdown does not shorten to the length of a comment.
    listing: bool,
}

#[derive(Debug)]
enum Block {
    Part(String),
    Words(Tone, String),
    Table { heads: Vec<&'static str>, rows: Vec<Vec<Cell>>, numbers: bool },
    Entry { head: Vec<Cell>, lines: Vec<(&'static str, Vec<Cell>)> },
}

/// A piece of text, not yet inert.
#[derive(Debug, Clone, Default)]
pub(super) struct Cell {
    tone: Tone,
    text: String,
    name: bool,
}

/// The name of something: code in markdown and HTML.
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
        Self { title: title.into(), ..Self::default() }
    }

    /// A page that is a list for a file: markdown does not shorten it to the length of a comment.
    pub(super) fn listing(title: impl Into<String>) -> Self {
        Self { listing: true, ..Self::new(title) }
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

    /// A sentence that must not be missed.
    pub(super) fn warn(&mut self, words: impl Into<String>) {
        self.blocks.push(Block::Words(Tone::Warn, words.into()));
    }

    /// A table of words; nothing without rows.
    pub(super) fn table(&mut self, heads: &[&'static str], rows: Vec<Vec<Cell>>) {
        self.rows(heads, rows, false);
    }

    /// A table of numbers behind a name; nothing without rows.
    pub(super) fn figures(&mut self, heads: &[&'static str], rows: Vec<Vec<Cell>>) {
        self.rows(heads, rows, true);
    }

    fn rows(&mut self, heads: &[&'static str], rows: Vec<Vec<Cell>>, numbers: bool) {
        if !rows.is_empty() {
            self.blocks.push(Block::Table { heads: heads.to_vec(), rows, numbers });
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

    /// The page for a person, in a format that is one for people; nothing in the others.
    pub(super) fn shown(&self, format: Format, options: &ReportOptions) -> Option<String> {
        match format {
            Format::Terminal => Some(terminal::render(self, options)),
            Format::Markdown => Some(markdown::render(self)),
            Format::Html => Some(html::render(self)),
            Format::Csv | Format::Json => None,
        }
    }
}

/// Inert and on one line; the spaces at its ends stay, for pieces of a comparison.
fn line(text: &str) -> String {
    inert(text).replace('\n', " ⏎ ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_wrote_is_text_in_every_format() {
        let hostile = "\u{1b}[31m|[x](http://e.example) @team <img>\n# head";
        let mut page = Page::new(hostile);
        page.part(hostile);
        page.say(hostile);
        page.table(&["one"], vec![vec![name(hostile)], vec![toned(Tone::Bad, hostile)]]);
        page.entry(vec![name(hostile)], vec![("words", vec![toned(Tone::Removed, hostile)])]);
        let options = ReportOptions { color: false, width: 80, limit: 3 };
        let of = |format| page.shown(format, &options).unwrap();
        let (shown, marked, opened) = (of(Format::Terminal), of(Format::Markdown), of(Format::Html));
        assert!([&shown, &marked, &opened].iter().all(|text| !text.contains('\u{1b}')));
        assert!(!opened.contains("<img") && !opened.contains("<script"), "{opened}");
        assert!(opened.contains("<del>␛[31m|[x]") && opened.contains("&lt;img&gt;\n# head"), "{opened}");
        for raw in ["](", "@team", "<img", "\n# head", "http:"] {
            assert!(!marked.contains(raw), "{raw} in {marked}");
        }
        assert!(
            marked.lines().filter(|l| l.starts_with("| ")).all(|l| l.matches('|').count() == 2),
            "{marked}"
        );
    }

    #[test]
    fn markdown_fits_into_a_comment_and_says_what_is_missing() {
        let mut page = Page::new("long");
        page.part("rows");
        page.table(&["one"], (0..3000).map(|n| vec![name(format!("row {n} {}", "x".repeat(60)))]).collect());
        let marked =
            page.shown(Format::Markdown, &ReportOptions { color: false, width: 80, limit: 0 }).unwrap();
        assert!(marked.encode_utf16().count() <= 65_536, "{}", marked.len());
        let last = marked.trim_end().lines().last().unwrap();
        assert!(last.starts_with("Left out for length: ") && last.ends_with("HTML holds them."), "{last}");
        assert!(marked.contains("|\n\nLeft out"), "a line of its own, no row of the table");
    }
}
