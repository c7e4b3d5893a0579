//! Loading a source, and the set of articles a suite works with.

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use crate::case::SourceRef;
use crate::diagnostic::{Diagnostic, Diagnostics, SourceFile};
use crate::fingerprint::Fingerprint;
use crate::knowledge::address::Addresses;
use crate::knowledge::{Article, Passage, ReaderKind, folder, plausible, table};

/// One `[knowledge.NAME]`, checked.
#[derive(Debug, Clone, PartialEq)]
pub struct SourceSpec {
    /// Its name.
    pub name: String,
    /// How it is read; absent: a folder is markdown, a `.jsonl` or `.csv` file a table.
    pub kind: Option<&'static ReaderKind>,
    /// A folder of markdown files or one `.jsonl` or `.csv` file, relative to the project.
    pub path: PathBuf,
    /// Field mapping of a table: our name → theirs; our names are id, title, text, url, updated,
    /// review_by, visibility, owner, views, lang, area, canaries.
    pub fields: BTreeMap<String, String>,
    /// Values of a table's fields: our name → their value → ours.
    pub values: BTreeMap<String, BTreeMap<String, String>>,
    /// The settings file and the span of the source's `path`, for findings.
    pub file: SourceFile,
    /// Byte range of the `path` value.
    pub span: std::ops::Range<usize>,
}

impl SourceSpec {
    /// Whether columns or values of a table are mapped.
    fn is_mapped(&self) -> bool {
        !self.fields.is_empty() || !self.values.is_empty()
    }
}

/// Reads one source; articles in id order.
pub fn load(root: &Path, spec: &SourceSpec) -> (Vec<Arc<Article>>, Diagnostics) {
    let (articles, mut findings) = read(root, spec);
    findings.extend(plausible::warnings(&articles));
    (articles, findings)
}

fn read(root: &Path, spec: &SourceSpec) -> (Vec<Arc<Article>>, Diagnostics) {
    let path = root.join(&spec.path);
    let fault = |message: String, help: &str| {
        let finding = Diagnostic::error(message).at(spec.file.at(spec.span.clone())).help(help);
        (Vec::new(), Diagnostics::from(finding))
    };
    if let Some(kind) = spec.kind.filter(|_| path.exists()) {
        if !kind.takes_fields && spec.is_mapped() {
            return fault(
                format!(
                    "the knowledge source `{}` is of kind `{}` and takes no `fields`",
                    spec.name, kind.name
                ),
                "`fields` names the columns of a table",
            );
        }
        return (kind.load)(root, spec);
    }
    if path.is_dir() {
        if spec.is_mapped() {
            return fault(
                format!("the knowledge source `{}` is a folder and takes no `fields`", spec.name),
                "`fields` names the columns of a .jsonl or .csv file; articles in a folder have front matter",
            );
        }
        folder::load(root, spec)
    } else if !path.exists() {
        fault(
            format!("the knowledge source `{}` is not there: {}", spec.name, spec.path.display()),
            "write a folder of .md files or one .jsonl or .csv file, relative to regauge.toml",
        )
    } else if table::is_table(&path) {
        table::load(root, spec)
    } else {
        fault(
            format!("the knowledge source `{}` is neither a folder nor a .jsonl or .csv file", spec.name),
            "use a folder of .md files, or a table: .jsonl with one JSON object per line, or .csv with a header; `kind` names an export",
        )
    }
}

/// The articles a suite works with.
#[derive(Debug, Clone, Default)]
pub struct Knowledge {
    articles: BTreeMap<String, Arc<Article>>,
    /// Made when the first address is looked up.
    addresses: OnceLock<Addresses>,
    /// Made when it is first asked for.
    identity: OnceLock<Fingerprint>,
}

impl Knowledge {
    /// The set of all `articles`; the first of two equal ids wins (the suite check reports the second).
    pub fn new(articles: impl IntoIterator<Item = Arc<Article>>) -> Self {
        let mut by_id = BTreeMap::new();
        for article in articles {
            by_id.entry(article.id.clone()).or_insert(article);
        }
        Self { articles: by_id, addresses: OnceLock::new(), identity: OnceLock::new() }
    }

    /// All articles in id order.
    pub fn articles(&self) -> impl Iterator<Item = &Arc<Article>> {
        self.articles.values()
    }

    /// The article with this id.
    pub fn article(&self, id: &str) -> Option<&Arc<Article>> {
        self.articles.get(id)
    }

    /// The article at a web address, whatever section or query it asks for; `/path` stands for any host. Of several
    /// at one address it is the most public one.
    pub fn at_address(&self, address: &str) -> Option<&Arc<Article>> {
        self.addresses().find(address)
    }

    /// All web addresses, without scheme and in order, with their articles.
    pub fn all_addresses(&self) -> impl Iterator<Item = (&str, &Arc<Article>)> {
        self.addresses().all()
    }

    fn addresses(&self) -> &Addresses {
        self.addresses.get_or_init(|| Addresses::of(self.articles.values()))
    }

    /// Hash of all that is said about all articles: ids, addresses, visibility, canaries and passages.
    pub fn fingerprint(&self) -> Fingerprint {
        let said = |article: &Arc<Article>| {
            let passages: Vec<_> = article.passages.iter().map(|p| (p.id.clone(), p.hash)).collect();
            (article.id.clone(), article.title.clone(), article.url.clone(), article.visibility, passages)
        };
        let all: Vec<_> = self.articles().map(said).collect();
        // Without canaries it is what it was before there were any, so that older runs stay comparable.
        let canaries: Vec<&[String]> = self.articles().map(|article| article.canaries.as_slice()).collect();
        if canaries.iter().all(|texts| texts.is_empty()) {
            Fingerprint::of(&all)
        } else {
            Fingerprint::of(&(all, canaries))
        }
    }

    /// Hash of all that decides what is found in the articles: what is said about them, and their languages. Computed
    /// once.
    pub fn identity(&self) -> Fingerprint {
        let of = || {
            let languages: Vec<&str> = self.articles().map(|article| article.lang.as_str()).collect();
            Fingerprint::of(&(self.fingerprint(), languages))
        };
        *self.identity.get_or_init(of)
    }

    /// The passages of a source reference: one section, or all of an article; `None` when unknown.
    ///
    /// Ids of foreign articles may hold a `#` themselves (`sign-in#en`), so the reference is first
    /// tried as an article's id, then cut at each `#` from the right.
    pub fn resolve(&self, source: &SourceRef) -> Option<Vec<Arc<Passage>>> {
        let text = source.to_string();
        if let Some(article) = self.articles.get(&text) {
            return Some(article.passages.clone());
        }
        text.rmatch_indices('#').find_map(|(at, _)| {
            let article = self.articles.get(&text[..at])?;
            let passage = article.passages.iter().find(|passage| passage.id == text)?;
            Some(vec![Arc::clone(passage)])
        })
    }

    /// The passages of several references, in order, each once; unknown ones are left out (the
    /// suite check reports them).
    pub fn resolve_all(&self, sources: &[SourceRef]) -> Vec<Arc<Passage>> {
        let mut seen = HashSet::new();
        let found = sources.iter().filter_map(|source| self.resolve(source)).flatten();
        found.filter(|passage| seen.insert(passage.id.clone())).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::knowledge::draft::Draft;
    use crate::knowledge::sections::read;

    fn article(id: &str, text: &str) -> Arc<Article> {
        let draft = Draft { id: id.to_owned(), ..Draft::default() };
        draft.finish(read(text, None)).unwrap()
    }

    fn ids(knowledge: &Knowledge, source: &str) -> Option<Vec<String>> {
        let found = knowledge.resolve(&SourceRef::parse(source))?;
        Some(found.iter().map(|passage| passage.id.clone()).collect())
    }

    #[test]
    fn references_find_sections_and_articles() {
        let knowledge =
            Knowledge::new([article("b", "x\n## S\ny"), article("a#en", "x"), article("b", "other")]);
        assert_eq!(knowledge.articles().map(|a| a.id.as_str()).collect::<Vec<_>>(), ["a#en", "b"]);
        assert_eq!(ids(&knowledge, "b#s").unwrap(), ["b#s"]);
        assert_eq!(ids(&knowledge, "b").unwrap(), ["b#top", "b#s"]);
        assert_eq!(ids(&knowledge, "a#en").unwrap(), ["a#en#top"]);
        assert_eq!(ids(&knowledge, "a#en#top").unwrap(), ["a#en#top"]);
        for unknown in ["a", "b#", "b#t", "c", "", "#"] {
            assert_eq!(ids(&knowledge, unknown), None, "{unknown}");
        }
    }

    #[test]
    fn each_passage_comes_once_in_the_order_of_the_references() {
        let knowledge = Knowledge::new([article("a", "x\n## S\ny"), article("b", "z")]);
        let sources = ["b", "a#s", "gone", "a"].map(SourceRef::parse);
        let got: Vec<_> = knowledge.resolve_all(&sources).iter().map(|p| p.id.clone()).collect();
        assert_eq!(got, ["b#top", "a#s", "a#top"]);
    }

    #[test]
    fn a_missing_source_is_shown_in_the_settings() {
        let file = SourceFile::new("regauge.toml", "path = \"nowhere\"\n");
        let spec = SourceSpec {
            kind: None,
            name: "help".to_owned(),
            path: "nowhere".into(),
            fields: BTreeMap::new(),
            values: BTreeMap::new(),
            file,
            span: 7..16,
        };
        let dir = tempfile::tempdir().unwrap();
        let (_, findings) = load(dir.path(), &spec);
        let text = findings.iter().next().unwrap().render(false);
        assert!(text.contains("regauge.toml:1:8"), "{text}");
        assert!(text.contains("is not there: nowhere"), "{text}");
    }
}
