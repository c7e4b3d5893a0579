//! Making hostile text safe inside a comment: it shows as written, and can neither mark up, link, mention nor
//! load anything.
//!
//! Answers stand in `<pre>` and names in `<code>`, where nothing is mentioned or linked; other words are written
//! so that no markdown and no reference can come of them.

use std::fmt::Write as _;

use crate::report::{inert, inert_line};

/// Text for inside `<pre>`: only HTML means anything there.
pub(super) fn block(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in inert(text).chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            // Some readers look for references there all the same.
            '@' => safe.push_str("&#64;"),
            c => safe.push(c),
        }
    }
    safe
}

/// A name as code, on one line.
pub(in crate::report) fn code(text: &str) -> String {
    let mut safe = String::from("<code>");
    for c in inert_line(text).chars() {
        if c.is_ascii_punctuation() && !matches!(c, '-' | ',' | '.' | '(' | ')') {
            let _ = write!(safe, "&#{};", c as u32);
        } else {
            safe.push(c);
        }
    }
    // A period between letters may begin a link.
    safe = safe.replace("www.", "www&#46;");
    safe.push_str("</code>");
    safe
}

/// Words on one line, inside a sentence.
pub(in crate::report) fn words(text: &str) -> String {
    let text = inert_line(text);
    let mut safe = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    let mut before = ' ';
    while let Some(c) = chars.next() {
        match c {
            // What follows would be somebody's name or an issue, also after the entity is read.
            '@' | '#' => {
                let _ = write!(safe, "&#{};&#8203;", c as u32);
            }
            '.' if before.is_alphabetic() && chars.peek().is_some_and(|n| n.is_alphanumeric()) => {
                safe.push_str("&#46;");
            }
            ':' if chars.peek() != Some(&' ') => safe.push_str("&#58;"),
            c if c.is_ascii_punctuation() && !"-+,.;:()%".contains(c) => {
                let _ = write!(safe, "&#{};", c as u32);
            }
            c => safe.push(c),
        }
        before = c;
    }
    safe
}

/// The first `most` characters, and how many were cut.
pub(in crate::report) fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((at, _)) => format!("{}… ({} more characters)", &text[..at], text[at..].chars().count()),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use pulldown_cmark::{Event, Options, Parser};

    #[test]
    fn nothing_is_mentioned_linked_or_marked_up() {
        let hostile =
            "@team #1 **b** <img src=x onerror=y> [a](http://x) ![i](http://x) www.x.com `c` | :smile:";
        for shown in [words(hostile), code(hostile)] {
            for raw in ["@", "#1 ", "**", "<img", "](", "http:", "www.", "`", "|", ":smile:"] {
                assert!(!shown.contains(raw), "{raw} in {shown}");
            }
        }
        assert_eq!(words("a\nb"), "a ⏎ b");
        assert_eq!(words("0.05 at 95 %, (x)."), "0.05 at 95 %, (x).");
        assert_eq!(block("</pre>@x\n```"), "&lt;/pre&gt;&#64;x\n```");
        assert_eq!(cut("abcdef", 2), "ab… (4 more characters)");
    }

    proptest! {
        #[test]
        fn any_text_stays_text(text in "[a-z@#*_`<>|\\[\\]()!:/.&~\\\\\n -]{0,60}") {
            let document = format!("x {} y", words(&text));
            for event in Parser::new_ext(&document, Options::all()) {
                let plain = matches!(event, Event::Text(_) | Event::Start(pulldown_cmark::Tag::Paragraph) | Event::End(_));
                prop_assert!(plain, "{:?} in {}", event, document);
            }
        }

        #[test]
        fn a_block_ends_where_it_should(text in any::<String>()) {
            let document = format!("<pre>{}</pre>\n\nafter", block(&text));
            prop_assert_eq!(document.matches('<').count(), 2);
        }
    }
}
