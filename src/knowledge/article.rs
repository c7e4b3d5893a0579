//! One article and its passages.

use std::path::PathBuf;
use std::sync::Arc;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::fingerprint::Fingerprint;

/// Who may see an article.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Visibility {
    /// On the public help centre: may be quoted and cited.
    #[default]
    Public,
    /// Feeds the bot but is not published: its facts may be used, not quoted or cited.
    Snippet,
    /// For staff: must never surface.
    Internal,
}

impl Visibility {
    /// The names used in files and reports, in the order of the variants.
    pub const NAMES: [&str; 3] = ["public", "snippet", "internal"];

    /// The name used in files and reports.
    pub fn name(self) -> &'static str {
        match self {
            Visibility::Public => "public",
            Visibility::Snippet => "snippet",
            Visibility::Internal => "internal",
        }
    }

    /// The visibility with this name.
    pub fn parse(name: &str) -> Option<Self> {
        [Visibility::Public, Visibility::Snippet, Visibility::Internal].into_iter().find(|v| v.name() == name)
    }
}

/// One help-centre article, checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Article {
    /// Unique among the sources that a suite uses.
    pub id: String,
    /// Name of the knowledge source it came from.
    pub source: String,
    /// Title as shown to customers.
    pub title: String,
    /// Public address.
    pub url: Option<String>,
    /// Last content change.
    pub updated: Option<Date>,
    /// When somebody must look at it again.
    pub review_by: Option<Date>,
    /// Who may see it.
    pub visibility: Visibility,
    /// Who looks after it.
    pub owner: Option<String>,
    /// Page views, as a measure of traffic.
    pub views: Option<u64>,
    /// BCP 47 tag.
    pub lang: String,
    /// Topic of the help centre.
    pub area: Option<String>,
    /// Texts planted in it to be found where they surface.
    pub canaries: Vec<String>,
    /// The file it was read from, relative to the project.
    pub path: PathBuf,
    /// Its sections in order; never empty.
    pub passages: Vec<Arc<Passage>>,
}

impl Article {
    /// What sources may say of an article, by the names that front matter, tables and `fields` of `[knowledge.NAME]` use.
    pub const FIELDS: [&str; 12] = [
        "id",
        "title",
        "text",
        "url",
        "updated",
        "review_by",
        "visibility",
        "owner",
        "views",
        "lang",
        "area",
        "canaries",
    ];
}

/// One section of an article.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Passage {
    /// `article#slug`, the slug as GitHub makes it; `article#top` before the first heading.
    pub id: String,
    /// Article id.
    pub article: String,
    /// Article title.
    pub title: String,
    /// Section heading; empty for the part before the first heading.
    pub heading: String,
    /// The section's text in markdown, without its heading, trimmed.
    pub text: String,
    /// Public address of the article.
    pub url: Option<String>,
    /// Visibility of the article.
    pub visibility: Visibility,
    /// Last content change of the article.
    pub updated: Option<Date>,
    /// Content hash of heading and text.
    pub hash: Fingerprint,
}
