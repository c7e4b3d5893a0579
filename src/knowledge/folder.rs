//! A knowledge source that is a folder of markdown files.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::diagnostic::{Diagnostic, Diagnostics, SourceFile, did_you_mean};
use crate::knowledge::draft::Draft;
use crate::knowledge::front_matter::{FrontMatter, Header, weighty, yaml_block};
use crate::knowledge::sections::{Document, Link, read};
use crate::knowledge::text::read_text;
use crate::knowledge::{Article, SourceSpec, Visibility};

/// Keys of an article's front matter: what an article has, but the text, which follows.
pub(super) fn keys() -> Vec<&'static str> {
    Article::FIELDS.into_iter().filter(|field| *field != "text").collect()
}

/// A file of an article, split into its front matter and its text.
pub(super) struct Sheet {
    pub(super) file: SourceFile,
    /// Path below the folder that is read, with `/`.
    pub(super) below: String,
    toml: Option<Range<usize>>,
    body: Range<usize>,
}

impl Sheet {
    /// Reads a file of `folder`; `shown` is its path in findings.
    pub(super) fn read(folder: &Path, path: &Path, shown: &Path, findings: &mut Diagnostics) -> Option<Self> {
        let text = read_text(path, shown).map_err(|finding| findings.push(finding)).ok()?;
        let file = SourceFile::new(shown, text);
        let below = path.strip_prefix(folder).unwrap_or(path);
        let below = below.iter().map(|part| part.to_string_lossy()).collect::<Vec<_>>().join("/");
        let front = FrontMatter::of(&file, findings)?;
        let mut body = front.body;
        if front.toml.is_none()
            && let Some(yaml) = yaml_block(&file.text, &body)
        {
            body.start = yaml.end;
            let weighty = weighty(&file.text[yaml.clone()]);
            let at = file.at(yaml.start..yaml.start + 3);
            findings.push(if weighty.is_empty() {
                Diagnostic::warning("YAML front matter is skipped")
                    .at(at)
                    .help("write it as TOML between `+++` lines; the title is taken from the heading")
            } else {
                Diagnostic::error("YAML front matter is not read, and this one says who may see the article or who reviews it")
                    .at(at)
                    .help(format!("write it as TOML between `+++` lines: {}", weighty.join(", ")))
            });
        }
        Some(Self { file, below, toml: front.toml, body })
    }

    /// The front matter, of which these keys are known; without any it is as if it were empty.
    pub(super) fn header(&self, known: &[&str], findings: &mut Diagnostics) -> Header<'_> {
        Header::parse(&self.file, self.toml.clone().unwrap_or(0..0), known, findings)
    }

    /// The id of a file that gives none: its path, without the ending.
    pub(super) fn own_id(&self) -> &str {
        self.below.rsplit_once('.').map_or(&self.below, |(id, _)| id)
    }

    /// Whether the text begins with a heading of the first level, which is its title.
    pub(super) fn names_itself(&self) -> bool {
        self.file.text[self.body.clone()].trim_start().starts_with("# ")
    }

    /// The text, cut into its sections, and its links with their places in the file.
    pub(super) fn document(&self, title: Option<&str>) -> (Document, Vec<Link>) {
        let mut document = read(&self.file.text[self.body.clone()], title);
        let start = self.body.start;
        let links = std::mem::take(&mut document.links)
            .into_iter()
            .map(|link| Link { range: start + link.range.start..start + link.range.end, ..link });
        let links = links.collect();
        (document, links)
    }
}

/// One file, read.
struct Page {
    article: Arc<Article>,
    file: SourceFile,
    /// Path below the source's folder, with `/`.
    below: String,
    /// Links with their places in the file.
    links: Vec<Link>,
}

/// Reads every `*.md` below the source's folder; articles in id order.
pub(super) fn load(root: &Path, spec: &SourceSpec) -> (Vec<Arc<Article>>, Diagnostics) {
    let mut findings = Diagnostics::new();
    let mut paths = Vec::new();
    collect(&root.join(&spec.path), is_article, &mut paths, &mut findings);
    paths.sort();
    let mut pages: BTreeMap<String, Page> = BTreeMap::new();
    for path in paths {
        let Some(page) = read_page(root, spec, &path, &mut findings) else { continue };
        if let Some(first) = pages.get(&page.article.id) {
            let message = format!("two articles have the id `{}`", page.article.id);
            let other = format!("the other one is {}", first.file.path.display());
            findings.push(Diagnostic::error(message).at(page.file.start()).help(other));
        } else {
            pages.insert(page.article.id.clone(), page);
        }
    }
    for page in pages.values() {
        check_links(page, &pages, &mut findings);
    }
    (pages.into_values().map(|page| page.article).collect(), findings)
}

/// Files below `dir` that are wanted; hidden files and folders are none.
pub(crate) fn collect(
    dir: &Path,
    wanted: fn(&Path) -> bool,
    paths: &mut Vec<PathBuf>,
    findings: &mut Diagnostics,
) {
    let entries = match std::fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) => {
            findings.push(Diagnostic::error(format!("failed to read the folder: {error}")).in_path(dir));
            return;
        }
    };
    for entry in entries.flatten() {
        let path = entry.path();
        if entry.file_name().to_string_lossy().starts_with('.') {
            continue;
        }
        // A linked folder is not followed, so that links cannot lead in circles.
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            collect(&path, wanted, paths, findings);
        } else if wanted(&path) && path.is_file() {
            paths.push(path);
        }
    }
}

/// Whether a file is an article by its name.
pub(super) fn is_article(path: &Path) -> bool {
    path.extension().is_some_and(|e| e.eq_ignore_ascii_case("md"))
}

fn read_page(root: &Path, spec: &SourceSpec, path: &Path, findings: &mut Diagnostics) -> Option<Page> {
    let shown = path.strip_prefix(root).unwrap_or(path);
    let sheet = Sheet::read(&root.join(&spec.path), path, shown, findings)?;
    let header = sheet.header(&keys(), findings);
    let id = header.get::<String>("id", findings);
    check_id(&header, id.as_deref(), findings);
    let mut draft = fields(&header, findings);
    draft.id = id.filter(|id| !id.is_empty()).unwrap_or_else(|| sheet.own_id().to_owned());
    draft.fallback_title = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    draft.source.clone_from(&spec.name);
    shown.clone_into(&mut draft.path);
    let (document, links) = sheet.document(draft.title.as_deref());
    let Some(article) = draft.finish(document) else {
        findings.push(
            Diagnostic::warning("the article has no text and is left out").at(sheet.file.start()).help(
                "write something below a heading, or delete the file; a case that names it as a source will not load",
            ),
        );
        return None;
    };
    let Sheet { file, below, .. } = sheet;
    Some(Page { article, file, below, links })
}

/// Finds an id that is not well formed.
pub(super) fn check_id(header: &Header<'_>, id: Option<&str>, findings: &mut Diagnostics) {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-._/".contains(c);
    if id.is_some_and(|id| id.is_empty() || !id.chars().all(allowed)) {
        findings.push(
            Diagnostic::error("the article's id is not well formed")
                .at(header.at("id"))
                .help("use lower-case letters a-z, digits and `-`, `.`, `/`, `_`"),
        );
    }
}

/// The fields of an article that its front matter gives, its id left out.
pub(super) fn fields(header: &Header<'_>, findings: &mut Diagnostics) -> Draft {
    let visibility = header.get::<String>("visibility", findings);
    let visibility = visibility.map_or(Visibility::default(), |name| {
        Visibility::parse(&name).unwrap_or_else(|| {
            findings.push(
                Diagnostic::error(format!("unknown visibility `{name}`"))
                    .at(header.at("visibility"))
                    .suggest(&name, Visibility::NAMES)
                    .help(format!("it is one of {}", Visibility::NAMES.join(", "))),
            );
            Visibility::default()
        })
    });
    Draft {
        title: header.text("title", findings),
        url: header.text("url", findings),
        updated: header.date("updated", findings),
        review_by: header.date("review_by", findings),
        visibility,
        owner: header.text("owner", findings),
        views: header.count("views", findings),
        lang: header.text("lang", findings),
        area: header.text("area", findings),
        canaries: header.texts("canaries", findings),
        ..Draft::default()
    }
}

/// Warns about links to articles that are not there. A link names an article's id or a file.
fn check_links(page: &Page, pages: &BTreeMap<String, Page>, findings: &mut Diagnostics) {
    for link in &page.links {
        let target = link.target.split(['#', '?']).next().unwrap_or_default();
        let Some(id) = target.strip_suffix(".md") else { continue };
        if target.contains(':') || target.starts_with('/') || pages.contains_key(id) {
            continue;
        }
        let beside = normalize(&page.below, target);
        if pages.values().any(|other| Some(&other.below) == beside.as_ref()) {
            continue;
        }
        let mut finding = Diagnostic::warning(format!("the link leads to no article: `{target}`"))
            .at(page.file.at(link.range.clone()));
        if let Some(near) = did_you_mean(id, pages.keys().map(String::as_str)) {
            finding = finding.help(format!("did you mean `{near}.md`?"));
        }
        findings.push(finding);
    }
}

/// `target` as seen from the file `from`, below the source's folder; `None` when it leads out of it.
pub(super) fn normalize(from: &str, target: &str) -> Option<String> {
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in target.split('/') {
        match part {
            "." | "" => {}
            ".." => {
                parts.pop()?;
            }
            name => parts.push(name),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load_files(files: &[(&str, &str)]) -> (Vec<Arc<Article>>, Vec<String>) {
        let root = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = root.path().join("kb").join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let spec = SourceSpec {
            kind: None,
            name: "help".to_owned(),
            path: "kb".into(),
            fields: BTreeMap::new(),
            values: BTreeMap::new(),
            file: SourceFile::new("regauge.toml", ""),
            span: 0..0,
        };
        let (articles, findings) = load(root.path(), &spec);
        let rows = findings.iter().map(|finding| {
            let row = finding.to_row();
            let place = row.line.map(|line| format!(":{line}:{}", row.column.unwrap())).unwrap_or_default();
            let path = row.path.unwrap_or_default().replace('\\', "/");
            format!("{path}{place} {} [{}]", row.message, row.help.join("; "))
        });
        (articles, rows.collect())
    }

    #[test]
    fn reads_fields_and_defaults() {
        let (articles, findings) = load_files(&[
            (
                "b/returns.md",
                "+++\nid = \"returns\"\ntitle = \"Return a bike\"\nupdated = 2026-09-01\nvisibility = \"snippet\"\nviews = 12\nlang = \"en\"\n+++\n# Return a bike\n\nIntro.\n\n## Return window\n30 days.\n",
            ),
            ("plain.md", "Just text."),
            ("notes.txt", "+++"),
            (".hidden.md", "+++"),
        ]);
        assert_eq!(findings, [""; 0]);
        assert_eq!(articles[0].id, "plain");
        assert_eq!(articles[0].title, "plain");
        let returns = &articles[1];
        assert_eq!((returns.visibility, returns.views), (Visibility::Snippet, Some(12)));
        assert_eq!(returns.updated, Some(jiff::civil::date(2026, 9, 1)));
        let ids: Vec<_> = returns.passages.iter().map(|p| p.id.as_str()).collect();
        assert_eq!(ids, ["returns#top", "returns#return-window"]);
        assert_eq!(returns.path, Path::new("kb/b/returns.md"));
    }

    #[test]
    fn every_mistake_is_found_at_once() {
        let (articles, findings) = load_files(&[
            (
                "a.md",
                "+++\nid = \"Bad Id\"\nreview_by = \"soon\"\nvisibility = \"publik\"\nvews = 3\n+++\ntext",
            ),
            ("b.md", "+++\nid = \"c\"\n+++\ntext"),
            ("c.md", "text"),
            ("d.md", "+++\nopen"),
            ("e.md", "---\ntitle: X\n---\n# From heading\ntext"),
            ("f.md", "# Nothing here\n"),
        ]);
        assert_eq!(
            findings,
            [
                "kb/a.md:5:1 unknown key `vews` [did you mean `views`?; the keys are id, title, url, updated, review_by, visibility, owner, views, lang, area, canaries]",
                "kb/a.md:2:6 the article's id is not well formed [use lower-case letters a-z, digits and `-`, `.`, `/`, `_`]",
                "kb/a.md:4:14 unknown visibility `publik` [did you mean `public`?; it is one of public, snippet, internal]",
                "kb/a.md:3:13 `review_by` is not a date [write it as 2026-09-01, without quotes]",
                "kb/c.md:1:1 two articles have the id `c` [the other one is kb/b.md]",
                "kb/d.md:1:1 the front matter never ends [close it with a line that holds only `+++`]",
                "kb/e.md:1:1 YAML front matter is skipped [write it as TOML between `+++` lines; the title is taken from the heading]",
                "kb/f.md:1:1 the article has no text and is left out [write something below a heading, or delete the file; a case that names it as a source will not load]",
            ]
        );
        assert_eq!(articles.iter().find(|a| a.id == "e").unwrap().title, "From heading");
    }

    #[test]
    fn broken_links_are_warned_about() {
        let (_, findings) = load_files(&[
            (
                "sub/a.md",
                "+++\nid = \"start\"\n+++\n[by id](plans/plus.md#x) [by file](../b.md) [self](a.md) [web](https://x.example/y.md) [gone](strt.md) [out](../../etc.md)",
            ),
            ("b.md", "[ok](sub/a.md) [id](start.md)"),
            ("plus.md", "+++\nid = \"plans/plus\"\n+++\ntext"),
        ]);
        assert_eq!(
            findings,
            [
                "kb/sub/a.md:4:88 the link leads to no article: `strt.md` [did you mean `start.md`?]",
                "kb/sub/a.md:4:104 the link leads to no article: `../../etc.md` []",
            ]
        );
    }
}
