//! HTML → the markdown that all articles are kept as, and what a page says about itself.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use htmd::element_handler::{HandlerResult, Handlers};
use htmd::options::{BulletListMarker, HrStyle, LinkStyle, Options};
use htmd::{Element, HtmlToMarkdown, HtmlToMarkdownBuilder};

/// What is around an article and not of it.
const AROUND: [&str; 13] = [
    "script", "style", "noscript", "template", "nav", "header", "footer", "aside", "form", "button",
    "iframe", "svg", "img",
];

/// Elements that may be hidden from those who read the page.
const HIDEABLE: [&str; 29] = [
    "div",
    "section",
    "p",
    "span",
    "a",
    "b",
    "strong",
    "em",
    "i",
    "ul",
    "ol",
    "li",
    "dl",
    "dt",
    "dd",
    "table",
    "tr",
    "blockquote",
    "pre",
    "details",
    "figure",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "body",
    "label",
];

/// A page as its author wrote it.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Page {
    /// `<title>`.
    pub(super) title: Option<String>,
    /// Language of `<html>`.
    pub(super) lang: Option<String>,
    /// `<link rel="canonical">`.
    pub(super) canonical: Option<String>,
    /// `<meta>` by its name or property, in lower case.
    pub(super) meta: BTreeMap<String, String>,
    /// The article: `<main>` or `<article>` where there is one, else the whole page without its surroundings.
    pub(super) markdown: String,
}

/// What is seen while a page is walked.
#[derive(Default)]
struct Seen {
    page: Page,
    main: Option<String>,
    article: Option<String>,
}

type Shared = Arc<Mutex<Seen>>;

fn see(seen: &Shared, tell: impl FnOnce(&mut Seen)) {
    tell(&mut seen.lock().unwrap_or_else(PoisonError::into_inner));
}

fn builder() -> HtmlToMarkdownBuilder {
    let shown = |handlers: &dyn Handlers, element: Element<'_>| {
        if is_hidden(&element) { None } else { handlers.fallback(element) }
    };
    let builder = HtmlToMarkdown::builder().skip_tags(AROUND.to_vec());
    builder.add_handler(HIDEABLE.to_vec(), shown).options(Options {
        bullet_list_marker: BulletListMarker::Dash,
        ul_bullet_spacing: 1,
        ol_number_spacing: 1,
        hr_style: HrStyle::Dashes,
        link_style: LinkStyle::Inlined,
        ..Options::default()
    })
}

/// A piece of HTML as markdown.
pub(super) fn to_markdown(html: &str) -> String {
    // It fails only where it reads from something that does.
    plain(&builder().build().convert(html).unwrap_or_default())
}

/// Reads a whole page.
pub(super) fn read_page(html: &str) -> Page {
    let seen = Shared::default();
    let (heads, titles, mains, roots) = (seen.clone(), seen.clone(), seen.clone(), seen.clone());
    let converter = builder()
        .add_handler(vec!["meta", "link"], move |_: &dyn Handlers, element: Element<'_>| {
            see(&heads, |seen| described(&mut seen.page, &element));
            None
        })
        .add_handler(vec!["title"], move |handlers: &dyn Handlers, element: Element<'_>| {
            let text = line(&handlers.walk_children(element.node).content);
            see(&titles, |seen| {
                seen.page.title.get_or_insert(text);
            });
            None
        })
        .add_handler(vec!["main", "article"], move |handlers: &dyn Handlers, element: Element<'_>| {
            if is_hidden(&element) {
                return None;
            }
            let inside = handlers.walk_children(element.node).content;
            see(&mains, |seen| {
                let place = if element.tag == "main" { &mut seen.main } else { &mut seen.article };
                match place {
                    // Several articles on one page are its sections.
                    Some(text) => {
                        text.push_str("\n\n");
                        text.push_str(&inside);
                    }
                    None => *place = Some(inside.clone()),
                }
            });
            Some(HandlerResult::from(format!("\n\n{inside}\n\n")))
        })
        .add_handler(vec!["html"], move |handlers: &dyn Handlers, element: Element<'_>| {
            see(&roots, |seen| seen.page.lang = attribute(&element, "lang"));
            Some(handlers.walk_children(element.node))
        })
        .build();
    let whole = converter.convert(html).unwrap_or_default();
    drop(converter);
    let mut seen = std::mem::take(&mut *seen.lock().unwrap_or_else(PoisonError::into_inner));
    let wrote = |text: &String| !text.trim().is_empty();
    seen.page.markdown = plain(&seen.main.filter(wrote).or(seen.article.filter(wrote)).unwrap_or(whole));
    seen.page
}

/// What a `<meta>` or `<link>` says.
fn described(page: &mut Page, element: &Element<'_>) {
    let of = |name| attribute(element, name);
    if element.tag == "link" {
        if of("rel").as_deref() == Some("canonical") {
            page.canonical = of("href");
        }
        return;
    }
    let name = of("name").or_else(|| of("property")).or_else(|| of("itemprop"));
    if let (Some(name), Some(content)) = (name, of("content")) {
        page.meta.entry(name.to_lowercase()).or_insert(content);
    }
}

/// Whether a browser would not show an element.
fn is_hidden(element: &Element<'_>) -> bool {
    let style = attribute(element, "style").unwrap_or_default().to_lowercase();
    let style: String = style.split_whitespace().collect();
    element.attrs.iter().any(|attribute| &*attribute.name.local == "hidden")
        || ["display:none", "visibility:hidden"].iter().any(|rule| style.contains(rule))
}

fn attribute(element: &Element<'_>, name: &str) -> Option<String> {
    let found = element.attrs.iter().find(|attribute| &*attribute.name.local == name)?;
    Some(found.value.trim().to_owned()).filter(|value| !value.is_empty())
}

/// Editors put spaces that do not break between a number and its unit; they mean nothing here.
fn plain(markdown: &str) -> String {
    markdown.replace('\u{a0}', " ")
}

/// A text in one line.
fn line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_lists_links_and_tables_stay() {
        let html = "<h2>Return &amp; refund</h2><p>You have <b>30 days</b>.</p><ul><li>one</li><li><a href=\"/a\">two</a></li></ul>\
                    <table><thead><tr><th>Size</th><th>Price</th></tr></thead><tbody><tr><td>S</td><td>9</td></tr></tbody></table>\
                    <script>alert(1)</script>";
        let text = to_markdown(html);
        assert!(
            text.starts_with("## Return & refund\n\nYou have **30 days**.\n\n- one\n- [two](/a)"),
            "{text}"
        );
        assert!(text.contains("| S ") && !text.contains("alert"), "{text}");
    }

    #[test]
    fn what_a_browser_does_not_show_is_no_text() {
        let html = "<p hidden>one</p><div style=\"color: red; Display: none\"><p>two</p></div><p>Open.</p><ul><li>a</li><li hidden>b</li></ul>";
        assert_eq!(to_markdown(html).trim(), "Open.\n\n- a");
        assert_eq!(read_page("<main><p>Open.</p><p hidden>shut</p></main>").markdown.trim(), "Open.");
    }

    #[test]
    fn a_page_is_its_main_part() {
        let page = read_page(
            "<!doctype html><html lang=\"ro\"><head><title> Livrare\n | Volta</title><meta name=\"Author\" content=\"Ana\">\
             <link rel=\"canonical\" href=\"https://h.example/livrare\"><style>p {}</style></head>\
             <body><nav><a href=\"/\">Home</a></nav><main><h1>Livrare</h1><p>3 zile.</p><h3>Preț</h3><p>9 lei.</p></main>\
             <footer>© Volta</footer></body></html>",
        );
        assert_eq!(page.title.as_deref(), Some("Livrare | Volta"));
        assert_eq!((page.lang.as_deref(), page.meta["author"].as_str()), (Some("ro"), "Ana"));
        assert_eq!(page.canonical.as_deref(), Some("https://h.example/livrare"));
        assert_eq!(page.markdown.trim(), "# Livrare\n\n3 zile.\n\n### Preț\n\n9 lei.");
        let bare = read_page("<p>Only text.</p><header>x</header>");
        assert_eq!(bare.markdown.trim(), "Only text.");
        assert_eq!(read_page("").markdown.trim(), "");
    }
}
