//! The articles of a suite, and a case's `sources` among them.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::case::SourceRef;
use crate::config::reader::{At, Mistakes, suggest_or_list};
use crate::knowledge::{Article, Knowledge, Overlay};
use crate::shorten::first_of;
use crate::suite::Context;

/// Most names that one finding lists.
const LISTED: usize = 12;

/// The articles that the cases of one suite may name.
#[derive(Debug)]
pub(super) struct Sources {
    /// The articles.
    pub(super) knowledge: Arc<Knowledge>,
    /// Drafts over them: what they took away was there when the cases were written.
    overlay: Option<Arc<Overlay>>,
    /// Names of the suite's knowledge sources.
    names: Vec<String>,
    /// Whether a source could not be loaded, so that an unknown article proves nothing.
    partial: bool,
}

impl Sources {
    /// Gathers the suite's knowledge; unknown names and ids in more than one source are reported.
    pub(super) fn gather(written: &[At<String>], context: &Context<'_>, mistakes: &mut Mistakes) -> Self {
        let mut articles: Vec<Arc<Article>> = Vec::new();
        let mut owners: BTreeMap<&str, &str> = BTreeMap::new();
        let mut names: Vec<String> = Vec::new();
        let mut partial = false;
        for source in written {
            let name = source.value.as_str();
            if names.iter().any(|n| n == name) {
                mistakes.push(mistakes.error(&source.span, format!("`{name}` is named twice")));
                continue;
            }
            let Some(found) = context.sources.get(name) else {
                partial = true;
                if !context.config.knowledge.contains_key(name) {
                    let known: Vec<&str> = context.config.knowledge.keys().map(String::as_str).collect();
                    let finding =
                        mistakes.error(&source.span, format!("no knowledge source is named `{name}`"));
                    mistakes.push(suggest_or_list(finding, name, &known, "knowledge sources"));
                }
                continue;
            };
            let mut shared: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
            for article in found {
                match owners.get(article.id.as_str()) {
                    Some(owner) => shared.entry(owner).or_default().push(&article.id),
                    None => _ = owners.insert(&article.id, name),
                }
            }
            for (owner, ids) in shared {
                let message = format!("`{name}` and `{owner}` both have {}", listed(&ids));
                let finding = mistakes.error(&source.span, message);
                mistakes
                    .push(finding.help("article ids are unique among the sources of a suite: rename one"));
            }
            names.push(name.to_owned());
            articles.extend(found.iter().cloned());
        }
        let knowledge = Arc::new(Knowledge::new(articles));
        Self { knowledge, overlay: context.overlay.cloned(), names, partial }
    }

    /// Sources over articles that need no suite.
    #[cfg(test)]
    pub(super) fn of(articles: Vec<Arc<Article>>) -> Self {
        let knowledge = Arc::new(Knowledge::new(articles));
        Self { knowledge, overlay: None, names: vec!["help".into()], partial: false }
    }

    /// The reference that a text stands for; an unknown article or section is reported.
    ///
    /// A text that is an article's id as a whole names that article, even with a `#` in it.
    pub(super) fn resolve(&self, written: &At<String>, mistakes: &mut Mistakes) -> Option<SourceRef> {
        let text = written.value.as_str();
        if self.knowledge.article(text).is_some() {
            return Some(SourceRef { article: text.to_owned(), section: None });
        }
        if let Some(lost) = self.overlay.as_ref().and_then(|overlay| overlay.lost(text)) {
            return Some(lost.clone());
        }
        let split = text.rsplit_once('#');
        if let Some((id, section)) = split
            && let Some(article) = self.knowledge.article(id)
        {
            if article.passages.iter().any(|p| p.id == text) {
                return Some(SourceRef { article: id.to_owned(), section: Some(section.to_owned()) });
            }
            let prefix = format!("{id}#");
            let slugs: Vec<&str> =
                article.passages.iter().filter_map(|p| p.id.strip_prefix(&prefix)).collect();
            let finding = mistakes.error(&written.span, format!("article `{id}` has no section `{section}`"));
            mistakes.push(match crate::diagnostic::did_you_mean(section, slugs.iter().copied()) {
                Some(near) => finding.help(format!("did you mean `{id}#{near}`?")),
                None => finding.help(format!("sections: {}", first_of(&slugs, LISTED))),
            });
            return None;
        }
        if self.partial {
            return Some(SourceRef::parse(text));
        }
        let id = split.map_or(text, |(id, _)| id);
        let finding = mistakes.error(&written.span, format!("no article has the id `{id}`"));
        let finding = if self.names.is_empty() {
            finding.help("the suite names no knowledge source: add `knowledge = [\"…\"]`")
        } else if mistakes.is_full() {
            finding
        } else {
            let ids = self.knowledge.articles().map(|a| a.id.as_str());
            finding.suggest(id, ids).help(format!("the suite's knowledge is {}", self.names.join(", ")))
        };
        mistakes.push(finding);
        None
    }
}

/// `article a`, or `3 articles: a, b, c`, or the first ones and how many more.
fn listed(ids: &[&str]) -> String {
    match ids {
        [one] => format!("an article `{one}`"),
        many => format!("{} articles: {}", many.len(), first_of(many, LISTED)),
    }
}

/// An article with one passage per slug.
#[cfg(test)]
pub(super) fn article(id: &str, slugs: &[&str]) -> Arc<Article> {
    use crate::fingerprint::Fingerprint;
    use crate::knowledge::{Passage, Visibility};
    let passage = |slug: &&str| {
        Arc::new(Passage {
            id: format!("{id}#{slug}"),
            article: id.to_owned(),
            title: id.to_owned(),
            heading: (*slug).to_owned(),
            text: (*slug).to_owned(),
            url: None,
            visibility: Visibility::Public,
            updated: None,
            hash: Fingerprint::of_bytes(slug.as_bytes()),
        })
    };
    Arc::new(Article {
        id: id.to_owned(),
        source: "help".to_owned(),
        title: id.to_owned(),
        url: None,
        updated: None,
        review_by: None,
        visibility: Visibility::Public,
        owner: None,
        views: None,
        lang: "en".to_owned(),
        area: None,
        canaries: Vec::new(),
        path: "a.md".into(),
        passages: slugs.iter().map(passage).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::SourceFile;

    fn resolve(text: &str) -> Result<SourceRef, String> {
        let sources =
            Sources::of(vec![article("returns", &["top", "return-window"]), article("faq#en", &["top"])]);
        let mut mistakes = Mistakes::new(SourceFile::new("a", "x"));
        let found = sources.resolve(&At::new(text.to_owned(), 0..1), &mut mistakes);
        found.ok_or_else(|| {
            let found = mistakes.finish();
            let first = found.iter().next().unwrap();
            format!("{} | {}", first.message, first.help.join(" | "))
        })
    }

    #[test]
    fn articles_and_sections() {
        assert_eq!(resolve("returns"), Ok(SourceRef::parse("returns")));
        assert_eq!(resolve("returns#return-window"), Ok(SourceRef::parse("returns#return-window")));
    }

    #[test]
    fn an_article_id_may_hold_a_hash() {
        assert_eq!(resolve("faq#en"), Ok(SourceRef { article: "faq#en".into(), section: None }));
        let section = SourceRef { article: "faq#en".into(), section: Some("top".into()) };
        assert_eq!(resolve("faq#en#top"), Ok(section));
    }

    #[test]
    fn slips_are_suggested() {
        assert_eq!(
            resolve("returns#return-windw").unwrap_err(),
            "article `returns` has no section `return-windw` | did you mean `returns#return-window`?"
        );
        assert_eq!(
            resolve("returns#zzz").unwrap_err(),
            "article `returns` has no section `zzz` | sections: top, return-window"
        );
        assert_eq!(
            resolve("retuns#top").unwrap_err(),
            "no article has the id `retuns` | did you mean `returns`? | the suite's knowledge is help"
        );
    }
}
