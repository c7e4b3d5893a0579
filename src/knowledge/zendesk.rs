//! Articles of a Zendesk help centre, as its API gives them: `GET /api/v2/help_center/articles.json`, one page per
//! file, with sections, categories and users beside them where they were asked for
//! (`?include=sections,categories,users`).
//!
//! Drafts, and articles that only some users may see (`user_segment_id`), are `internal`. The owner is the author, by
//! name where users are there. Zendesk's API knows no page views; `view_count`, which some export tools add, is taken.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::knowledge::draft::Draft;
use crate::knowledge::gathered::{Gathered, day, text};
use crate::knowledge::html::to_markdown;
use crate::knowledge::{Article, SourceSpec, Visibility};

/// Reads the export's file, or all `.json` files of its folder.
pub(super) fn load(root: &Path, spec: &SourceSpec) -> (Vec<Arc<Article>>, Diagnostics) {
    let mut gathered = Gathered::default();
    let mut names = BTreeMap::new();
    let mut rows = Vec::new();
    for (page, shown) in gathered.pages(root, &spec.path) {
        let mut known = false;
        for list in ["sections", "categories", "users"] {
            for row in page[list].as_array().into_iter().flatten() {
                known = true;
                if let (Some(id), Some(name)) = (text(&row["id"]), text(&row["name"])) {
                    names.insert((list, id), name);
                }
            }
        }
        match page["articles"].as_array() {
            Some(articles) => rows.extend(articles.iter().map(|row| (row.clone(), shown.clone()))),
            None if known => {}
            None => gathered.find(
                Diagnostic::error("the file has no list `articles`")
                    .in_path(&shown)
                    .help("a Zendesk export is what /api/v2/help_center/articles.json gives"),
            ),
        }
    }
    for (row, shown) in rows {
        let Some(id) = text(&row["id"]) else {
            gathered.find(Diagnostic::error("an article has no `id`").in_path(&shown));
            continue;
        };
        let name = |list, key: &str| text(&row[key]).and_then(|id| names.get(&(list, id)).cloned());
        let shut = row["draft"] == true || !row["user_segment_id"].is_null();
        let draft = Draft {
            title: text(&row["title"]).or_else(|| text(&row["name"])),
            fallback_title: id.clone(),
            id,
            source: spec.name.clone(),
            url: text(&row["html_url"]),
            updated: day(&row["edited_at"]).or_else(|| day(&row["updated_at"])),
            review_by: None,
            visibility: if shut { Visibility::Internal } else { Visibility::Public },
            owner: name("users", "author_id").or_else(|| text(&row["author_id"])),
            views: row["view_count"].as_u64(),
            lang: text(&row["locale"]),
            area: name("sections", "section_id"),
            canaries: Vec::new(),
            path: shown,
        };
        gathered.add(draft, &to_markdown(row["body"].as_str().unwrap_or_default()));
    }
    gathered.finish(&spec.path, "a source of kind `zendesk` is articles.json of the help centre's API")
}
