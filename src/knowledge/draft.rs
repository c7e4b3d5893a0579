//! Fields of an article as read from a folder or a table, before its text is cut into passages.

use std::path::PathBuf;
use std::sync::Arc;

use jiff::civil::Date;

use crate::fingerprint::Fingerprint;
use crate::knowledge::sections::Document;
use crate::knowledge::{Article, Passage, Visibility};

/// Language of an article that does not say: BCP 47's own word for "not determined".
pub(super) const NO_LANG: &str = "und";

/// Everything of an article but its passages.
#[derive(Debug, Clone, Default)]
pub(super) struct Draft {
    pub(super) id: String,
    pub(super) source: String,
    pub(super) title: Option<String>,
    /// Title when neither the fields nor a heading give one.
    pub(super) fallback_title: String,
    pub(super) url: Option<String>,
    pub(super) updated: Option<Date>,
    pub(super) review_by: Option<Date>,
    pub(super) visibility: Visibility,
    pub(super) owner: Option<String>,
    pub(super) views: Option<u64>,
    pub(super) lang: Option<String>,
    pub(super) area: Option<String>,
    pub(super) canaries: Vec<String>,
    pub(super) path: PathBuf,
}

impl Draft {
    /// The article; `None` when there is no text in it.
    pub(super) fn finish(self, document: Document) -> Option<Arc<Article>> {
        if document.sections.is_empty() {
            return None;
        }
        let title = self.title.or(document.first_heading).unwrap_or(self.fallback_title);
        let passages = document.sections.into_iter().map(|section| {
            Arc::new(Passage {
                id: format!("{}#{}", self.id, section.slug),
                article: self.id.clone(),
                title: title.clone(),
                hash: Passage::hash_of(&section.heading, &section.text),
                heading: section.heading,
                text: section.text,
                url: self.url.clone(),
                visibility: self.visibility,
                updated: self.updated,
            })
        });
        Some(Arc::new(Article {
            passages: passages.collect(),
            id: self.id,
            source: self.source,
            title,
            url: self.url,
            updated: self.updated,
            review_by: self.review_by,
            visibility: self.visibility,
            owner: self.owner,
            views: self.views,
            lang: self.lang.unwrap_or_else(|| NO_LANG.to_owned()),
            area: self.area,
            canaries: self.canaries,
            path: self.path,
        }))
    }
}

impl Passage {
    /// Content hash of a heading and a text.
    pub fn hash_of(heading: &str, text: &str) -> Fingerprint {
        Fingerprint::of(&[heading, text])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::knowledge::sections::read;

    fn article(title: Option<&str>, text: &str) -> Option<Arc<Article>> {
        let draft = Draft {
            id: "a".to_owned(),
            title: title.map(str::to_owned),
            fallback_title: "fallback".to_owned(),
            visibility: Visibility::Internal,
            ..Draft::default()
        };
        draft.finish(read(text, title))
    }

    #[test]
    fn titles_fall_back_to_heading_then_file() {
        assert_eq!(article(Some("T"), "# H\nx").unwrap().title, "T");
        assert_eq!(article(None, "# H\nx").unwrap().title, "H");
        assert_eq!(article(None, "x").unwrap().title, "fallback");
        assert_eq!(article(None, "# H\n"), None);
    }

    #[test]
    fn passages_inherit_and_hash_their_own_text() {
        let article = article(None, "# H\nx\n## S\nx\n").unwrap();
        assert!(article.passages.iter().all(|p| p.visibility == Visibility::Internal && p.title == "H"));
        assert_eq!(article.passages[1].id, "a#s");
        assert_ne!(article.passages[0].hash, article.passages[1].hash, "the heading counts");
        assert_eq!(article.lang, "und");
    }
}
