//! A site as it was dumped to disk: `sitemap.xml` and the pages that it lists.
//!
//! A page is looked for under the path of its address, with and without its host, as `path`, `path.html` or
//! `path/index.html`, which is how `wget --mirror` writes it. A sitemap that lists sitemaps is followed by their file
//! names. Last changes are the sitemap's, or else the page's own.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::Value;

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::knowledge::gathered::{Gathered, day};
use crate::knowledge::html::read_page;
use crate::knowledge::html_folder::draft;
use crate::knowledge::{Article, SourceSpec};

/// The file that lists all pages.
const MAP: &str = "sitemap.xml";

/// Reads the pages that the folder's sitemap lists.
pub(super) fn load(root: &Path, spec: &SourceSpec) -> (Vec<Arc<Article>>, Diagnostics) {
    let mut gathered = Gathered::default();
    let given = root.join(&spec.path);
    let map = if given.is_dir() { given.join(MAP) } else { given };
    let folder = map.parent().unwrap_or(root).to_owned();
    for (address, changed) in listed(root, &folder, &map, true, &mut gathered) {
        let Some((host, path)) = parts(&address) else {
            gathered.find(Diagnostic::warning(format!("`{address}` is no web address")).in_path(&spec.path));
            continue;
        };
        let Some(file) = file_of(&folder, host, path) else {
            let finding =
                Diagnostic::warning(format!("the page {address} is not in the dump and is left out"));
            let wanted = if path.is_empty() { "index.html".to_owned() } else { format!("{path}.html") };
            gathered.find(finding.in_path(&spec.path).help(format!("looked for {wanted} and the like")));
            continue;
        };
        let shown = file.strip_prefix(root).unwrap_or(&file).to_owned();
        let Some(html) = gathered.text(&file, &shown) else { continue };
        let page = read_page(&html);
        let id = path.trim_end_matches(".html").trim_end_matches(".htm");
        let id = if id.is_empty() { "index" } else { id };
        let mut draft = draft(&page, id.to_owned(), spec, &shown, &mut gathered);
        draft.url = Some(address);
        draft.updated = changed.and_then(|text| day(&Value::from(text))).or(draft.updated);
        gathered.add(draft, &page.markdown);
    }
    gathered
        .finish(&spec.path, "a source of kind `sitemap` is a folder with sitemap.xml and the pages it lists")
}

/// The addresses of a sitemap with their last changes.
fn listed(
    root: &Path,
    folder: &Path,
    map: &Path,
    follow: bool,
    gathered: &mut Gathered,
) -> Vec<(String, Option<String>)> {
    let shown = map.strip_prefix(root).unwrap_or(map);
    let Some(text) = gathered.text(map, shown) else { return Vec::new() };
    let tree = match roxmltree::Document::parse(&text) {
        Ok(tree) => tree,
        Err(error) => {
            gathered.find(Diagnostic::error(format!("the sitemap is not XML: {error}")).in_path(shown));
            return Vec::new();
        }
    };
    let of = |entry: roxmltree::Node<'_, '_>, name: &str| {
        let child = entry.children().find(|child| child.tag_name().name() == name)?;
        child.text().map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
    };
    let mut pages = Vec::new();
    for entry in tree.root_element().children() {
        let Some(address) = of(entry, "loc") else { continue };
        match entry.tag_name().name() {
            "url" => pages.push((address, of(entry, "lastmod"))),
            // One level, as the protocol has it, so that nothing leads in circles.
            "sitemap" if follow => {
                let name = address.rsplit('/').next().unwrap_or_default();
                pages.extend(listed(root, folder, &folder.join(name), false, gathered));
            }
            _ => {}
        }
    }
    pages
}

/// Host and path of an address, the path without slashes around it, query and fragment.
fn parts(address: &str) -> Option<(&str, &str)> {
    let (_, rest) = address.split_once("://")?;
    let rest = rest.split(['?', '#']).next().unwrap_or_default();
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let inside = !path.split('/').any(|part| part == "..");
    (!host.is_empty() && inside).then_some((host, path.trim_matches('/')))
}

fn file_of(folder: &Path, host: &str, path: &str) -> Option<PathBuf> {
    let bases = [folder.to_owned(), folder.join(host)];
    let names = if path.is_empty() {
        vec!["index.html".to_owned()]
    } else {
        vec![path.to_owned(), format!("{path}.html"), format!("{path}.htm"), format!("{path}/index.html")]
    };
    bases.iter().flat_map(|base| names.iter().map(|name| base.join(name))).find(|file| file.is_file())
}
