//! Markdown → headings, sections and links, by the offsets of a real markdown parser, so that a `#`
//! in a code block or a quote never splits anything.

use std::collections::HashMap;
use std::ops::Range;

use pulldown_cmark::{Event, HeadingLevel, Options, Parser, Tag, TagEnd};
use unicode_normalization::char::is_combining_mark;

/// Slug of the text before the first heading.
pub(crate) const TOP: &str = "top";

/// A heading of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Heading {
    level: HeadingLevel,
    text: String,
    range: Range<usize>,
}

/// One section: the text from its heading to the next one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Section {
    /// Anchor as GitHub makes it; [`TOP`] before the first heading.
    pub(crate) slug: String,
    /// Heading as plain text; empty for the top.
    pub(crate) heading: String,
    /// Markdown below the heading, never blank, with `\n` line ends.
    pub(crate) text: String,
}

/// A link to somewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Link {
    /// Destination as written.
    pub(crate) target: String,
    /// Byte range of the whole link in the markdown.
    pub(crate) range: Range<usize>,
}

/// What a markdown text consists of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Document {
    /// Text of the first heading, when there is one.
    pub(crate) first_heading: Option<String>,
    /// Sections that have text, in order.
    pub(crate) sections: Vec<Section>,
    /// Links in order.
    pub(crate) links: Vec<Link>,
}

/// Splits a text at its headings. A first heading with nothing before it names the document, when it
/// is a level-one heading or repeats `title`: its text is the top, not a section of its own.
pub(crate) fn read(markdown: &str, title: Option<&str>) -> Document {
    let (headings, links) = outline(markdown);
    let first_heading = headings.first().map(|h| h.text.clone()).filter(|t| !t.is_empty());
    let mut slugs = Slugs::default();
    let mut sections = Vec::new();
    let mut push = |slug: String, heading: String, range: Range<usize>| {
        let text = tidy(&markdown[range]);
        if !text.is_empty() {
            sections.push(Section { slug, heading, text });
        }
    };
    let before = 0..headings.first().map_or(markdown.len(), |h| h.range.start);
    let leads = markdown[before.clone()].trim().is_empty();
    push(TOP.to_owned(), String::new(), before);
    for (i, heading) in headings.iter().enumerate() {
        let end = headings.get(i + 1).map_or(markdown.len(), |next| next.range.start);
        let range = heading.range.end.min(end)..end;
        let slug = slugs.next(&heading.text);
        let names_all = heading.level == HeadingLevel::H1 || title == Some(heading.text.as_str());
        if i == 0 && leads && names_all {
            push(TOP.to_owned(), String::new(), range);
        } else {
            push(slug, heading.text.clone(), range);
        }
    }
    Document { first_heading, sections, links }
}

/// Headings and links; headings inside quotes and lists do not count, since cutting there would cut
/// the quote.
fn outline(markdown: &str) -> (Vec<Heading>, Vec<Link>) {
    let options = Options::ENABLE_TABLES | Options::ENABLE_FOOTNOTES | Options::ENABLE_STRIKETHROUGH;
    let mut headings = Vec::new();
    let mut links = Vec::new();
    let mut depth = 0_usize;
    let mut open: Option<Heading> = None;
    for (event, range) in Parser::new_ext(markdown, options).into_offset_iter() {
        match event {
            Event::Start(Tag::Heading { level, .. }) if depth == 0 => {
                open = Some(Heading { level, text: String::new(), range });
                depth += 1;
            }
            Event::Start(tag) => {
                if let Tag::Link { dest_url, .. } = tag {
                    links.push(Link { target: dest_url.to_string(), range });
                }
                depth += 1;
            }
            Event::End(end) => {
                depth = depth.saturating_sub(1);
                if matches!(end, TagEnd::Heading(_)) && depth == 0 {
                    headings.extend(open.take().map(|h| Heading { text: h.text.trim().to_owned(), ..h }));
                }
            }
            Event::Text(text) | Event::Code(text) => {
                if let Some(heading) = &mut open {
                    heading.text.push_str(&text);
                }
            }
            Event::SoftBreak | Event::HardBreak => {
                if let Some(heading) = &mut open {
                    heading.text.push(' ');
                }
            }
            _ => {}
        }
    }
    (headings, links)
}

/// Without blank lines around, and with `\n` line ends, so that a checkout's line ends do not move hashes.
fn tidy(text: &str) -> String {
    let text = text.replace("\r\n", "\n");
    let text = text.trim_end();
    let first = text.len() - text.trim_start().len();
    let line = text[..first].rfind('\n').map_or(0, |i| i + 1);
    text[line..].to_owned()
}

/// Hands out anchors, each once, as GitHub does.
#[derive(Debug)]
struct Slugs(HashMap<String, usize>);

impl Default for Slugs {
    /// `top` is taken from the start, so that a heading "Top" never changes its anchor when a text
    /// appears above it.
    fn default() -> Self {
        Self(HashMap::from([(TOP.to_owned(), 0)]))
    }
}

impl Slugs {
    fn next(&mut self, heading: &str) -> String {
        let plain = slug(heading);
        let mut candidate = plain.clone();
        while self.0.contains_key(&candidate) {
            let repeats = self.0.entry(plain.clone()).or_insert(0);
            *repeats += 1;
            candidate = format!("{plain}-{repeats}");
        }
        self.0.insert(candidate.clone(), 0);
        candidate
    }
}

/// Lower case, only letters, marks, digits, `_` and `-`, spaces as `-`; `section` when nothing is left.
fn slug(heading: &str) -> String {
    let slug: String = heading
        .to_lowercase()
        .chars()
        .filter(|c| c.is_alphanumeric() || is_combining_mark(*c) || matches!(c, '_' | '-' | ' '))
        .map(|c| if c == ' ' { '-' } else { c })
        .collect();
    if slug.is_empty() { "section".to_owned() } else { slug }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(markdown: &str, title: Option<&str>) -> Vec<(String, String, String)> {
        read(markdown, title).sections.into_iter().map(|s| (s.slug, s.heading, s.text)).collect()
    }

    fn slugs(markdown: &str) -> Vec<String> {
        read(markdown, None).sections.into_iter().map(|s| s.slug).collect()
    }

    #[test]
    fn a_leading_title_names_the_article() {
        let got = parts("# Return a bike\n\nIntro.\n\n## Return window\n30 days.\n", Some("Return a bike"));
        let want = [("top", "", "Intro."), ("return-window", "Return window", "30 days.")];
        assert_eq!(got, want.map(|(a, b, c)| (a.to_owned(), b.to_owned(), c.to_owned())));
        assert_eq!(slugs("## Eligibility\nx\n# Other\ny"), ["eligibility", "other"]);
        assert_eq!(read("## T\nx", Some("T")).sections[0].slug, TOP);
        assert_eq!(slugs("intro\n# Title\nx"), ["top", "title"]);
    }

    #[test]
    fn code_and_quotes_do_not_split() {
        let text = "# T\n```sh\n# not a heading\n```\n> # quoted\n\n- # in a list\n\n    # indented\n";
        assert_eq!(slugs(text), ["top"]);
        assert_eq!(slugs("# T\n~~~\n## a\n"), ["top"]);
        assert_eq!(slugs("# T\n\\# escaped\n#no space\n"), ["top"]);
    }

    #[test]
    fn setext_headings_count() {
        let got = read("Title\n=====\na\n\nTwo\nlines\n---\nb\n", None);
        assert_eq!(got.first_heading.as_deref(), Some("Title"));
        assert_eq!(got.sections[1].heading, "Two lines");
        assert_eq!(got.sections[1].text, "b");
    }

    #[test]
    fn empty_sections_are_dropped_but_keep_their_anchor() {
        assert_eq!(slugs("# T\n## A\n### A\nx\n## A\ny\n"), ["a-1", "a-2"]);
        assert!(parts("# Only a title\n\n## And a heading\n", None).is_empty());
        assert!(parts("", None).is_empty());
    }

    #[test]
    fn anchors_follow_github() {
        for (heading, want) in [
            ("Return window", "return-window"),
            ("How `self.user` & friends work?", "how-selfuser--friends-work"),
            ("Programarea unei reparații", "programarea-unei-reparații"),
            ("Rambursări: cât durează?", "rambursări-cât-durează"),
            ("退货政策 2026", "退货政策-2026"),
            ("snake_case-and-dash", "snake_case-and-dash"),
            ("🚲", "section"),
        ] {
            assert_eq!(slug(heading), want);
        }
        assert_eq!(
            slugs("x\n## Top\na\n## Foo\nb\n## Foo-1\nc\n## Foo\nd"),
            ["top", "top-1", "foo", "foo-1", "foo-2"]
        );
    }

    #[test]
    fn text_keeps_its_first_indent_and_loses_carriage_returns() {
        assert_eq!(tidy("\r\n\r\n    code\r\n    more\r\n\r\n"), "    code\n    more");
        assert_eq!(tidy(" \n\t\n"), "");
    }

    #[test]
    fn links_are_found_with_their_place() {
        let text = "See [the window](returns.md#return-window) and <https://a.example>.";
        let links = read(text, None).links;
        assert_eq!(links[0].target, "returns.md#return-window");
        assert_eq!(&text[links[0].range.clone()], "[the window](returns.md#return-window)");
        assert_eq!(links.len(), 2);
    }
}
