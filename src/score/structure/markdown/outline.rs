//! What a markdown text consists of, with places.

use std::ops::Range;

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

/// A part of markdown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Element {
    Heading,
    List,
    Bullets,
    Steps,
    Table,
    Code,
    Quote,
    Link,
    Image,
    Bold,
    Italic,
    Html,
    BrokenTable,
}

impl Element {
    pub(super) const ALL: [Self; 13] = [
        Self::Heading,
        Self::List,
        Self::Bullets,
        Self::Steps,
        Self::Table,
        Self::Code,
        Self::Quote,
        Self::Link,
        Self::Image,
        Self::Bold,
        Self::Italic,
        Self::Html,
        Self::BrokenTable,
    ];

    /// The name used in keys.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Heading => "heading",
            Self::List => "list",
            Self::Bullets => "bullets",
            Self::Steps => "steps",
            Self::Table => "table",
            Self::Code => "code",
            Self::Quote => "quote",
            Self::Link => "link",
            Self::Image => "image",
            Self::Bold => "bold",
            Self::Italic => "italic",
            Self::Html => "html",
            Self::BrokenTable => "broken-table",
        }
    }

    /// Whether a part is what a key names: bullets and steps are lists.
    pub(super) fn is(self, named: Self) -> bool {
        self == named || named == Self::List && matches!(self, Self::Bullets | Self::Steps)
    }
}

/// A heading.
#[derive(Debug)]
pub(super) struct Heading {
    pub(super) level: u8,
    pub(super) text: String,
    pub(super) bytes: Range<usize>,
}

/// What a text consists of, in its order.
#[derive(Debug, Default)]
pub(super) struct Outline {
    pub(super) headings: Vec<Heading>,
    pub(super) parts: Vec<(Element, Range<usize>)>,
}

/// Reads a text; broken tables are looked for when they `matter`.
pub(super) fn outline(markdown: &str, matter: bool) -> Outline {
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH;
    let mut outline = Outline::default();
    let mut heading: Option<Heading> = None;
    for (event, bytes) in Parser::new_ext(markdown, options).into_offset_iter() {
        let part = match event {
            Event::Start(Tag::Heading { level, .. }) => {
                heading = Some(Heading { level: level as u8, text: String::new(), bytes: bytes.clone() });
                Some(Element::Heading)
            }
            Event::End(TagEnd::Heading(_)) => {
                outline.headings.extend(heading.take());
                None
            }
            Event::Text(text) | Event::Code(text) => {
                if let Some(heading) = &mut heading {
                    heading.text.push_str(&text);
                }
                None
            }
            Event::Start(tag) => {
                if matter {
                    let broken = broken_table(markdown, &tag, &bytes);
                    outline.parts.extend(broken.map(|bytes| (Element::BrokenTable, bytes)));
                }
                element(&tag)
            }
            Event::Html(_) | Event::InlineHtml(_) => Some(Element::Html),
            _ => None,
        };
        outline.parts.extend(part.map(|part| (part, bytes)));
    }
    outline
}

fn element(tag: &Tag<'_>) -> Option<Element> {
    Some(match tag {
        Tag::List(None) => Element::Bullets,
        Tag::List(Some(_)) => Element::Steps,
        Tag::Table(_) => Element::Table,
        Tag::CodeBlock(_) => Element::Code,
        Tag::BlockQuote(_) => Element::Quote,
        Tag::Link { .. } => Element::Link,
        Tag::Image { .. } => Element::Image,
        Tag::Strong => Element::Bold,
        Tag::Emphasis => Element::Italic,
        _ => return None,
    })
}

/// The first line of a table that does not fit its head, or of a paragraph whose lines are rows.
fn broken_table(markdown: &str, tag: &Tag<'_>, bytes: &Range<usize>) -> Option<Range<usize>> {
    let text = markdown.get(bytes.clone())?;
    match tag {
        Tag::Table(columns) => {
            let mut at = bytes.start;
            text.split_inclusive('\n').find_map(|line| {
                let start = at;
                at += line.len();
                let row = line.trim().trim_start_matches("> ");
                let fits = row.is_empty() || cells(row) == columns.len();
                (!fits).then(|| start..start + line.trim_end().len())
            })
        }
        Tag::Paragraph => {
            let lines: Vec<&str> = text.lines().collect();
            let is_row = |line: &str| {
                let line = line.trim();
                line.len() > 1 && line.starts_with('|') && line.ends_with('|') && cells(line) > 1
                    || is_divider(line)
            };
            let rows = lines.windows(2).any(|pair| is_row(pair[0]) && is_row(pair[1]));
            rows.then(|| bytes.clone())
        }
        _ => None,
    }
}

/// Whether a line divides the head of a table from its rows.
fn is_divider(line: &str) -> bool {
    line.contains("-|") && line.chars().all(|c| "|-: ".contains(c))
}

/// The cells of a row: bars that are neither escaped nor at an end divide them.
fn cells(row: &str) -> usize {
    let inner = row.strip_prefix('|').unwrap_or(row);
    let mut escaped = false;
    let mut bars = 0;
    let mut ends_with_bar = false;
    for c in inner.trim_end().chars() {
        ends_with_bar = c == '|' && !escaped;
        bars += usize::from(ends_with_bar);
        escaped = c == '\\' && !escaped;
    }
    bars + usize::from(!ends_with_bar)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn broken(text: &str) -> Vec<&str> {
        let outline = outline(text, true);
        let found = outline.parts.into_iter().filter(|(part, _)| *part == Element::BrokenTable);
        found.map(|(_, bytes)| &text[bytes]).collect()
    }

    #[test]
    fn sound_tables_are_sound() {
        for text in [
            "| a | b |\n|---|---|\n| 1 | 2 |",
            "a | b\n--|:-:\n1 | 2\n",
            "| a \\| b |\n|---|\n| `x` |",
            "- x\n\n  | a | b |\n  |---|---|\n  | ș |   |\n",
            "> | a | b |\n> |---|---|\n> | 1 | 2 |",
            "Press | or the other.\n\nx | y",
            "```\n| a | b |\n| c |\n```",
        ] {
            assert!(broken(text).is_empty(), "{text}: {:?}", broken(text));
        }
    }

    #[test]
    fn broken_tables_are_shown_at_the_line() {
        assert_eq!(broken("| a | b |\n|---|---|\n| 1 |\n"), ["| 1 |"]);
        assert_eq!(broken("| a | b |\n|---|---|\n| 1 | 2 | 3 |"), ["| 1 | 2 | 3 |"]);
        assert_eq!(broken("| a | b |\n| 1 | 2 |"), ["| a | b |\n| 1 | 2 |"]);
        assert_eq!(broken("| a | b | c |\n|---|---|\n| 1 | 2 | 3 |").len(), 1);
    }

    #[test]
    fn cells_are_counted() {
        for (row, count) in
            [("| a | b |", 2), ("a | b", 2), ("a \\| b", 1), ("|a|", 1), ("| a | b", 2), ("||", 1)]
        {
            assert_eq!(cells(row), count, "{row}");
        }
    }
}
