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
    let (mut ends, mut goes_on, mut all) = (false, None, 0);
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
            Some(articles) => {
                let next = page["next_page"].as_str().or_else(|| page["links"]["next"].as_str());
                let next = next.filter(|_| page["meta"]["has_more"] != false);
                ends |= next.is_none();
                goes_on = goes_on.or_else(|| next.map(str::to_owned));
                all = all.max(page["count"].as_u64().unwrap_or(0));
                rows.extend(articles.iter().map(|row| (row.clone(), shown.clone())));
            }
            None if known => {}
            None => gathered.find(
                Diagnostic::error("the file has no list `articles`")
                    .in_path(&shown)
                    .help("a Zendesk export is what /api/v2/help_center/articles.json gives"),
            ),
        }
    }
    let there = rows.len() as u64;
    if there < all || (all == 0 && !ends && goes_on.is_some()) {
        let of = if all > 0 { format!(" of {all}") } else { String::new() };
        let next = goes_on.map(|next| format!("; it goes on at {next}")).unwrap_or_default();
        gathered.find(
            Diagnostic::warning(format!("the export is not whole: {there}{of} articles are here{next}"))
                .in_path(&spec.path)
                .help("save every page of the answer beside the first one, in a folder"),
        );
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
