//! Web addresses of articles, comparable across spellings.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::knowledge::Article;

/// An address without what changes nothing: letter case, scheme, `www.`, a final slash.
pub fn address_key(address: &str) -> String {
    let bare = address.trim().to_lowercase();
    let bare = bare.strip_prefix("https://").or_else(|| bare.strip_prefix("http://")).unwrap_or(&bare);
    bare.strip_prefix("www.").unwrap_or(bare).trim_end_matches('/').to_owned()
}

/// Articles by their addresses.
#[derive(Debug, Clone, Default)]
pub(super) struct Addresses {
    /// By [`address_key`]; of several articles at one address the most public one.
    whole: BTreeMap<String, Arc<Article>>,
    /// By what follows the host, for links that leave it out.
    paths: BTreeMap<String, Arc<Article>>,
}

impl Addresses {
    pub(super) fn of<'a>(articles: impl Iterator<Item = &'a Arc<Article>>) -> Self {
        let mut all = Self::default();
        let mut keep = |map: fn(&mut Self) -> &mut BTreeMap<String, Arc<Article>>,
                        key: String,
                        article: &Arc<Article>| {
            let kept = map(&mut all).entry(key).or_insert_with(|| article.clone());
            if (kept.visibility as u8) > (article.visibility as u8) {
                *kept = article.clone();
            }
        };
        for article in articles {
            let Some(url) = &article.url else { continue };
            let key = address_key(&decoded(url));
            if let Some((_, path)) = key.split_once('/') {
                keep(|all| &mut all.paths, path.to_owned(), article);
            }
            keep(|all| &mut all.whole, key, article);
        }
        all
    }

    /// The article at an address, whatever section or query it asks for; `/path` stands for any host.
    pub(super) fn find(&self, address: &str) -> Option<&Arc<Article>> {
        let address = decoded(address);
        let (map, key) = match address.strip_prefix('/').filter(|path| !path.starts_with('/')) {
            Some(path) => (&self.paths, path.trim_end_matches('/').to_lowercase()),
            None => (&self.whole, address_key(&address)),
        };
        let cut =
            |text: &str, at: char| text.split(at).next().unwrap_or_default().trim_end_matches('/').to_owned();
        let plain = cut(&key, '#');
        map.get(&key).or_else(|| map.get(&plain)).or_else(|| map.get(&cut(&plain, '?')))
    }

    /// All addresses in order, without scheme, with their articles.
    pub(super) fn all(&self) -> impl Iterator<Item = (&str, &Arc<Article>)> {
        self.whole.iter().map(|(key, article)| (key.as_str(), article))
    }
}

/// Text with `%C8%99` written as `ș`; what is no such escape stays.
fn decoded(address: &str) -> String {
    let bytes = address.as_bytes();
    let hex = |at: usize| bytes.get(at).and_then(|b| char::from(*b).to_digit(16));
    let mut plain = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        if let (b'%', Some(high), Some(low)) = (byte, hex(at + 1), hex(at + 2)) {
            plain.push((high * 16 + low) as u8);
            at += 3;
        } else {
            plain.push(byte);
            at += 1;
        }
    }
    String::from_utf8(plain).unwrap_or_else(|_| address.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::knowledge::Visibility;
    use crate::knowledge::draft::Draft;
    use crate::knowledge::sections::read;

    fn article(id: &str, url: &str, visibility: Visibility) -> Arc<Article> {
        let draft = Draft { id: id.into(), url: Some(url.into()), visibility, ..Draft::default() };
        draft.finish(read("text", None)).unwrap()
    }

    #[test]
    fn keys_lose_what_changes_nothing() {
        assert_eq!(address_key("HTTPS://www.X.example/a/"), "x.example/a");
        assert_eq!(address_key(" x.example "), "x.example");
    }

    #[test]
    fn articles_are_found_however_their_address_is_written() {
        let articles = [
            article("a", "https://help.x.example/a", Visibility::Public),
            article("q", "https://help.x.example/show?id=5", Visibility::Public),
            article("ro", "https://help.x.example/%C8%99", Visibility::Public),
            article("own", "https://help.x.example/both", Visibility::Internal),
            article("out", "https://help.x.example/both/", Visibility::Public),
        ];
        let all = Addresses::of(articles.iter());
        let id = |address: &str| all.find(address).map(|a| a.id.as_str());
        for address in [
            "help.x.example/a",
            "http://HELP.x.example/a/#top",
            "https://help.x.example/a?utm=1#x",
            "/a/",
            "/a#s",
        ] {
            assert_eq!(id(address), Some("a"), "{address}");
        }
        assert_eq!(
            [id("https://help.x.example/ș"), id("/both"), id("help.x.example/show?id=5")],
            [Some("ro"), Some("out"), Some("q")]
        );
        for address in [
            "https://help.x.example/b",
            "help.x.example/show?id=6",
            "/",
            "",
            "//help.x.example/a",
            "%",
            "%zz",
        ] {
            assert_eq!(id(address), None, "{address}");
        }
        assert_eq!(all.all().count(), 4);
    }
}
