//! A folder of HTML pages: an export of a help centre, or pages that were saved.
//!
//! A page says about itself in `<meta name="…">`: `id`, `author` or `owner`, `visibility`, `review_by`, `views`, `area`,
//! `canaries` (one text); its last change in `article:modified_time` or `updated`; one that search engines may not show (`robots` with
//! `noindex`) is not published.

use std::path::Path;
use std::sync::Arc;

use serde_json::Value;

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::knowledge::draft::Draft;
use crate::knowledge::gathered::{Gathered, day, files};
use crate::knowledge::html::{Page, read_page};
use crate::knowledge::{Article, SourceSpec, Visibility};

/// Reads every page below the source's folder.
pub(super) fn load(root: &Path, spec: &SourceSpec) -> (Vec<Arc<Article>>, Diagnostics) {
    let mut gathered = Gathered::default();
    let base = root.join(&spec.path);
    for path in files(&base, is_page, &mut gathered) {
        let shown = path.strip_prefix(root).unwrap_or(&path);
        let Some(html) = gathered.text(&path, shown) else { continue };
        let page = read_page(&html);
        let below = path.strip_prefix(&base).ok().filter(|below| below.iter().next().is_some());
        let name = below.unwrap_or(shown).with_extension("");
        let id: Vec<_> = name.iter().map(|part| part.to_string_lossy()).collect();
        let draft = draft(&page, id.join("/"), spec, shown, &mut gathered);
        gathered.add(draft, &page.markdown);
    }
    gathered.finish(&spec.path, "a source of kind `html` is a folder with .html files")
}

/// Whether a file is a page by its name.
pub(super) fn is_page(path: &Path) -> bool {
    path.extension().is_some_and(|e| e.eq_ignore_ascii_case("html") || e.eq_ignore_ascii_case("htm"))
}

/// What a page says about itself.
pub(super) fn draft(
    page: &Page,
    id: String,
    spec: &SourceSpec,
    shown: &Path,
    gathered: &mut Gathered,
) -> Draft {
    let meta = |name: &str| page.meta.get(name).map(String::as_str).filter(|text| !text.is_empty());
    let date = |name: &str| meta(name).and_then(|text| day(&Value::from(text)));
    let hidden = meta("robots").is_some_and(|robots| robots.to_lowercase().contains("noindex"));
    let said = meta("visibility").and_then(|name| {
        let known = Visibility::parse(name);
        if known.is_none() {
            let finding = Diagnostic::error(format!("unknown visibility `{name}`")).in_path(shown);
            gathered.find(finding.suggest(name, Visibility::NAMES));
        }
        known
    });
    let usual = if hidden { Visibility::Internal } else { Visibility::Public };
    let id = meta("id").map_or(id, str::to_owned);
    Draft {
        // The heading is the title; that of the window often names the site as well.
        title: meta("og:title").map(str::to_owned),
        fallback_title: page.title.clone().unwrap_or_else(|| id.clone()),
        id,
        source: spec.name.clone(),
        url: page.canonical.clone().or_else(|| meta("og:url").map(str::to_owned)),
        updated: date("article:modified_time").or_else(|| date("updated")).or_else(|| date("last-modified")),
        review_by: date("review_by"),
        visibility: said.unwrap_or(usual),
        owner: meta("owner").or_else(|| meta("author")).map(str::to_owned),
        views: meta("views").and_then(|views| views.parse().ok()),
        lang: page.lang.clone(),
        area: meta("area").or_else(|| meta("article:section")).map(str::to_owned),
        canaries: meta("canaries").map(str::to_owned).into_iter().collect(),
        path: shown.to_owned(),
    }
}
