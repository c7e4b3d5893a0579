//! Articles of Intercom, as its API gives them: `GET /articles`, one page per file; beside them, where they are there,
//! `GET /help_center/collections` and `GET /admins`.
//!
//! What is not `published` is `internal`. A translation is an article of its own, `ID-LANG`. The owner is the author, by
//! name where admins are there; views are those of the article's statistics.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use serde_json::Value;

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::knowledge::draft::Draft;
use crate::knowledge::gathered::{Gathered, day, text};
use crate::knowledge::html::to_markdown;
use crate::knowledge::{Article, SourceSpec, Visibility};

/// Reads the export's file, or all `.json` files of its folder.
pub(super) fn load(root: &Path, spec: &SourceSpec) -> (Vec<Arc<Article>>, Diagnostics) {
    let mut gathered = Gathered::default();
    let (mut names, mut rows) = (BTreeMap::new(), Vec::new());
    let (mut files, mut pages, mut all) = (0_u64, 0, 0);
    for (page, shown) in gathered.pages(root, &spec.path) {
        let lists = [&page["data"], &page["admins"], &page["articles"], &page];
        let Some(list) = lists.into_iter().find_map(Value::as_array) else {
            let finding = Diagnostic::error("the file has no list `data`").in_path(&shown);
            gathered.find(finding.help("an Intercom export is what GET /articles gives"));
            continue;
        };
        if list.iter().any(|row| row["type"] == "article") {
            files += 1;
            pages = pages.max(page["pages"]["total_pages"].as_u64().unwrap_or(0));
            all = all.max(page["total_count"].as_u64().unwrap_or(0));
        }
        for row in list {
            if row["type"] == "article" || row.get("body").is_some() {
                rows.push((row.clone(), shown.clone()));
            } else if let (Some(id), Some(name)) = (text(&row["id"]), text(&row["name"])) {
                let kind = if row["type"] == "admin" { "admin" } else { "collection" };
                names.insert((kind, id), name);
            }
        }
    }
    let there = rows.len() as u64;
    if there < all || (all == 0 && files < pages) {
        let of =
            if all > 0 { format!("{there} of {all} articles") } else { format!("{files} of {pages} pages") };
        gathered.find(
            Diagnostic::warning(format!("the export is not whole: {of} are here"))
                .in_path(&spec.path)
                .help("save every page of GET /articles beside the first one, in a folder"),
        );
    }
    for (row, shown) in rows {
        let Some(id) = text(&row["id"]) else {
            gathered.find(Diagnostic::error("an article has no `id`").in_path(&shown));
            continue;
        };
        let of = Whole { spec, shown: &shown, names: &names, row: &row };
        let own = text(&row["default_locale"]);
        let draft = of.draft(&row, id.clone(), own.clone());
        gathered.add(draft, &body(&row));
        for (lang, translated) in row["translated_content"].as_object().into_iter().flatten() {
            let written = translated["body"].as_str().is_some_and(|body| !body.trim().is_empty());
            if written && own.as_deref() != Some(lang) {
                let draft = of.draft(translated, format!("{id}-{lang}"), Some(lang.clone()));
                gathered.add(draft, &body(translated));
            }
        }
    }
    gathered.finish(&spec.path, "a source of kind `intercom` is what GET /articles gives")
}

fn body(row: &Value) -> String {
    to_markdown(row["body"].as_str().unwrap_or_default())
}

/// An article with its translations.
struct Whole<'a> {
    spec: &'a SourceSpec,
    shown: &'a Path,
    names: &'a BTreeMap<(&'static str, String), String>,
    row: &'a Value,
}

impl Whole<'_> {
    /// One language of it; what is not said there is as in the article itself.
    fn draft(&self, part: &Value, id: String, lang: Option<String>) -> Draft {
        let said = |key: &str| if part[key].is_null() { &self.row[key] } else { &part[key] };
        let name = |kind, id: &Value| text(id).and_then(|id| self.names.get(&(kind, id)).cloned());
        let published = said("state") == "published";
        Draft {
            title: text(said("title")),
            fallback_title: id.clone(),
            id,
            source: self.spec.name.clone(),
            // A translation that is not published has no address, whatever the article has.
            url: text(&part["url"]),
            updated: day(said("updated_at")),
            review_by: None,
            visibility: if published { Visibility::Public } else { Visibility::Internal },
            owner: name("admin", said("author_id")).or_else(|| text(said("author_id"))),
            views: self.row["statistics"]["views"].as_u64(),
            lang,
            area: name("collection", &self.row["parent_id"]),
            canaries: Vec::new(),
            path: self.shown.to_owned(),
        }
    }
}
