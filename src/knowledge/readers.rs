//! The ways to read a source of articles.

use std::path::Path;
use std::sync::Arc;

use crate::diagnostic::Diagnostics;
use crate::knowledge::{Article, SourceSpec, folder, html_folder, intercom, sitemap, table, zendesk};

/// Reads a source: its articles in id order, and what was found about them.
type Load = fn(&Path, &SourceSpec) -> (Vec<Arc<Article>>, Diagnostics);

/// One row of the table of readers.
#[derive(Debug)]
pub struct ReaderKind {
    /// Name used as `kind = "…"`.
    pub name: &'static str,
    /// One line for help texts.
    pub summary: &'static str,
    /// Whether `fields` names its columns.
    pub takes_fields: bool,
    /// Reads the source.
    pub(super) load: Load,
}

impl PartialEq for ReaderKind {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

/// All readers.
pub const READERS: &[ReaderKind] = &[
    ReaderKind {
        name: "markdown",
        summary: "a folder of .md files",
        takes_fields: false,
        load: folder::load,
    },
    ReaderKind {
        name: "table",
        summary: "a .jsonl or .csv file, one article per row",
        takes_fields: true,
        load: table::load,
    },
    ReaderKind {
        name: "html",
        summary: "a folder of HTML pages",
        takes_fields: false,
        load: html_folder::load,
    },
    ReaderKind {
        name: "zendesk",
        summary: "articles.json of a Zendesk help centre's API",
        takes_fields: false,
        load: zendesk::load,
    },
    ReaderKind {
        name: "intercom",
        summary: "what Intercom's API gives as /articles",
        takes_fields: false,
        load: intercom::load,
    },
    ReaderKind {
        name: "sitemap",
        summary: "a site on disk: sitemap.xml and the pages it lists",
        takes_fields: false,
        load: sitemap::load,
    },
];

/// The reader with this name.
pub fn reader(name: &str) -> Option<&'static ReaderKind> {
    READERS.iter().find(|kind| kind.name == name)
}
