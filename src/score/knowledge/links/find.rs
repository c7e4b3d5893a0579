//! The links of an answer, and where they lead.

use std::ops::Range;

use pulldown_cmark::{Event, LinkType, Options, Parser, Tag};

use crate::score::facts::{FactKind, links};
use crate::score::words::{Claims, Folded, Folding};

/// Where a link leads.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Target {
    /// A web address, with or without scheme or host.
    Web(String),
    /// An article, or a section of one.
    Article(String),
    /// Somewhere else: a script, a file.
    Other,
}

/// A link as it stands in the answer.
#[derive(Debug)]
pub(super) struct Link<'a> {
    pub(super) target: Target,
    pub(super) written: &'a str,
    pub(super) bytes: Range<usize>,
}

/// All links: what markdown makes one, then addresses and articles that are just written. E-mail addresses, phone
/// numbers and places in the answer itself are left out.
pub(super) fn find(answer: &str) -> Vec<Link<'_>> {
    let mut claims = Claims::over(answer);
    let mut found = Vec::new();
    let mut add = |bytes: Range<usize>, target: Option<Target>| {
        let free = claims.take(&bytes);
        if let (true, Some(target), Some(written)) = (free, target, answer.get(bytes.clone())) {
            found.push(Link { target, written, bytes });
        }
    };
    if answer.contains("](") || answer.contains("]:") || answer.contains('<') {
        for (event, bytes) in Parser::new_ext(answer, Options::ENABLE_TABLES).into_offset_iter() {
            if let Event::Start(
                Tag::Link { link_type, dest_url, .. } | Tag::Image { link_type, dest_url, .. },
            ) = event
            {
                let target = if link_type == LinkType::Email { None } else { target(&dest_url) };
                add(place(answer, &bytes, &dest_url), target);
            }
        }
    }
    let folded = Folded::new(answer, Folding::Case);
    for (span, kind, _) in links(&folded.text) {
        let text = folded.quote(&folded.chars(&span));
        let start = text.as_ptr().addr().saturating_sub(answer.as_ptr().addr());
        let target = match kind {
            FactKind::Url => target(text),
            FactKind::Article => article(text),
            FactKind::Email => {
                // `https://known.example@evil.example/` only looks like an e-mail address.
                if let Some(bytes) = around(answer, start) {
                    let address = Target::Web(answer[bytes.clone()].to_owned());
                    add(bytes, Some(address));
                }
                continue;
            }
            _ => continue,
        };
        add(start..start + text.len(), target);
    }
    found.sort_by_key(|link| link.bytes.start);
    found
}

/// Bytes of the web address whose host starts at a byte, where there is a scheme before it.
fn around(answer: &str, host: usize) -> Option<Range<usize>> {
    let before = answer.get(..host)?;
    let scheme = before.strip_suffix("://")?;
    let start = scheme.trim_end_matches(|c: char| c.is_ascii_alphabetic()).len();
    let length = answer[host..].find(|c: char| c.is_whitespace() || "()<>[]\"'`".contains(c));
    Some(start..length.map_or(answer.len(), |length| host + length))
}

/// Bytes of the destination; the whole link where it is written elsewhere or in another way.
fn place(answer: &str, link: &Range<usize>, destination: &str) -> Range<usize> {
    let text = answer.get(link.clone()).unwrap_or_default();
    let from = text.rfind("](").unwrap_or(0);
    match text[from..].find(destination).filter(|_| !destination.is_empty()) {
        Some(at) => link.start + from + at..link.start + from + at + destination.len(),
        None => link.clone(),
    }
}

/// Where a destination leads; `None` where nothing is to be checked.
fn target(destination: &str) -> Option<Target> {
    let text = destination.trim().replace('\\', "/");
    if text.starts_with('#') {
        return None;
    }
    let scheme = text.split_once(':').map(|(scheme, _)| scheme.to_lowercase());
    let is_scheme = |s: &&String| {
        s.starts_with(|c: char| c.is_ascii_alphabetic())
            && s.chars().all(|c| c.is_ascii_alphanumeric() || "+-".contains(c))
    };
    match scheme.as_ref().filter(is_scheme).map(String::as_str) {
        Some("http" | "https") => return Some(Target::Web(text)),
        Some("mailto" | "tel" | "sms") => return None,
        Some(_) => return Some(Target::Other),
        None => {}
    }
    // `md` is a country's domain, and what files of articles end with.
    let is_file = text.split('#').next().is_some_and(|path| path.strip_suffix(".md").is_some());
    let starts = |(span, kind, _): &(Range<usize>, FactKind, _)| span.start == 0 && *kind == FactKind::Url;
    if text.starts_with('/') || !is_file && links(&text.to_lowercase()).first().is_some_and(starts) {
        return Some(Target::Web(text));
    }
    let plain = text.trim_start_matches("../").trim_start_matches("./");
    let (article, section) = match plain.split_once('#') {
        Some((article, section)) => (article, Some(section)),
        None => (plain, None),
    };
    let article = article.strip_suffix(".md").unwrap_or(article);
    Some(Target::Article(match section {
        Some(section) => format!("{article}#{section}"),
        None => article.to_owned(),
    }))
}

/// An article that is named in the text. A number after `#` counts something and names no section.
fn article(text: &str) -> Option<Target> {
    let id = text.trim_start_matches('[').trim_end_matches(']').to_lowercase();
    let counts = id.rsplit_once('#').is_some_and(|(_, after)| after.chars().all(|c| c.is_ascii_digit()));
    (!counts).then_some(Target::Article(id))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(answer: &str) -> Vec<(Target, &str)> {
        find(answer).into_iter().map(|link| (link.target, link.written)).collect()
    }

    fn web(address: &str) -> Target {
        Target::Web(address.to_owned())
    }

    #[test]
    fn each_link_is_found_once_and_at_its_destination() {
        assert_eq!(
            all("ș [x](https://a.example/b_(c)) y"),
            [(web("https://a.example/b_(c)"), "https://a.example/b_(c)")]
        );
        assert_eq!(all("<https://a.example/b>"), [(web("https://a.example/b"), "https://a.example/b")]);
        assert_eq!(all("[a.example/x](https://b.example)").len(), 2);
        assert_eq!(all("[a][1]\n\n[1]: https://a.example/b")[0].0, web("https://a.example/b"));
        assert_eq!(all("`https://a.example/b`").len(), 1);
        assert_eq!(all("ț (https://a.example@b.example/c)!")[0].1, "https://a.example@b.example/c");
        assert!(all("mail a@b.example or <c@d.example>").is_empty());
    }

    #[test]
    fn destinations_are_told_apart() {
        let article = |id: &str| Some(Target::Article(id.to_owned()));
        assert_eq!(target("../guides/returns.md#window"), article("guides/returns#window"));
        assert_eq!([target("returns"), target("")], [article("returns"), article("")]);
        assert_eq!([target("/x"), target("//a.example")], [Some(web("/x")), Some(web("//a.example"))]);
        assert_eq!(
            [target("a.example/x"), target("a.md/x")],
            [Some(web("a.example/x")), Some(web("a.md/x"))]
        );
        assert_eq!([target("#x"), target("mailto:a@b.example"), target("TEL:1")], [None, None, None]);
        assert_eq!(
            [target("javascript:x"), target("file:///etc")],
            [Some(Target::Other), Some(Target::Other)]
        );
    }

    #[test]
    fn numbers_after_a_sign_are_no_sections() {
        assert!(all("order#4521 or nr#7").is_empty());
        assert_eq!(all("returns#top")[0].0, Target::Article("returns#top".to_owned()));
    }
}
