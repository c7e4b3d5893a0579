//! Places that links may lead to beside the articles.

/// A host, the hosts below one, or addresses.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Allowed {
    host: String,
    /// Whether the hosts below it are meant, and not itself.
    below: bool,
    /// What may follow the host, with `*` for anything; absent = all.
    path: Option<String>,
}

impl Allowed {
    /// Reads `volta.example`, `*.volta.example` or `volta.example/shop/*`, with or without a scheme.
    ///
    /// # Errors
    /// It is nothing of it: why, as the end of a sentence.
    pub(super) fn parse(written: &str) -> Result<Self, &'static str> {
        let small = written.trim().to_lowercase();
        let bare = small.strip_prefix("https://").or_else(|| small.strip_prefix("http://")).unwrap_or(&small);
        if bare.contains("://") {
            return Err("is not a web address");
        }
        let (host, path) = match bare.split_once('/') {
            Some((host, path)) if !path.is_empty() => (host, Some(path.to_owned())),
            Some((host, _)) => (host, None),
            None => (bare, None),
        };
        let (host, below) = match host.strip_prefix("*.") {
            Some(host) => (host, true),
            None => (host, false),
        };
        if host.contains('*') {
            return Err("has a `*` that is neither the start of a host nor after it");
        }
        let fine = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-');
        if host.is_empty() || !host.chars().all(fine) || host.starts_with('.') {
            return Err("is not a host and not an address");
        }
        Ok(Self { host: host.to_owned(), below, path })
    }

    /// Whether a web address leads there.
    pub(super) fn holds(&self, address: &str) -> bool {
        let (host, path) = parts(address);
        let here = if self.below {
            host.strip_suffix(&self.host).is_some_and(|rest| rest.len() > 1 && rest.ends_with('.'))
        } else {
            host == self.host
        };
        here && self.path.as_ref().is_none_or(|pattern| is_like(&path, pattern))
    }
}

/// Host and path of a web address, the way a browser reads it.
fn parts(address: &str) -> (String, String) {
    let small = address.trim().to_lowercase().replace('\\', "/");
    let bare = small.split_once("://").map_or(small.as_str(), |(_, rest)| rest).trim_start_matches('/');
    let end = bare.find(['/', '?', '#']).unwrap_or(bare.len());
    let (authority, rest) = bare.split_at(end);
    let host = authority.rsplit('@').next().unwrap_or_default();
    let host = host.split(':').next().unwrap_or_default();
    (host.to_owned(), rest.trim_start_matches('/').to_owned())
}

/// Whether a text is like a pattern in which `*` stands for anything.
fn is_like(text: &str, pattern: &str) -> bool {
    let Some((head, rest)) = pattern.split_once('*') else { return text == pattern };
    let Some(mut text) = text.strip_prefix(head) else { return false };
    let mut middle: Vec<&str> = rest.split('*').collect();
    let tail = middle.pop().unwrap_or_default();
    for part in middle {
        let Some(at) = text.find(part) else { return false };
        text = &text[at + part.len()..];
    }
    text.ends_with(tail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_stand_for_anything() {
        for (text, pattern, is) in [
            ("shop/a/b", "shop/*", true),
            ("shop", "shop/*", false),
            ("a/x/b", "a/*/b", true),
            ("a/b", "a/*/b", false),
            ("axbxc", "a*b*c", true),
            ("ab", "a*b*c", false),
            ("", "*", true),
            ("aa", "a*a", true),
            ("a", "a*a", false),
        ] {
            assert_eq!(is_like(text, pattern), is, "{text} {pattern}");
        }
    }

    #[test]
    fn hosts_are_read_as_a_browser_does() {
        let host = |address: &str| parts(address).0;
        assert_eq!(host("https://a.example:80/x"), "a.example");
        assert_eq!(host("https://a.example@evil.example/"), "evil.example");
        assert_eq!(host("https://evil.example#@a.example"), "evil.example");
        assert_eq!(host("https:\\\\evil.example\\a.example"), "evil.example");
        assert_eq!(parts("//a.example/b?c"), ("a.example".to_owned(), "b?c".to_owned()));
    }

    #[test]
    fn what_is_no_place_is_told() {
        for written in ["", "*", "*.", "a*b.example", "ftp://a.example", "a b", ".example", "/x"] {
            assert!(Allowed::parse(written).is_err(), "{written}");
        }
        assert_eq!(Allowed::parse("HTTPS://a.example/").unwrap(), Allowed::parse("a.example").unwrap());
    }
}
