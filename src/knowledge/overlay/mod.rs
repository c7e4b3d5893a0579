//! Drafts laid over the knowledge sources: what the articles would be if they were published.
//!
//! A draft is a markdown file as a folder of articles has them, or is in another format of the sources (`exports.rs`). One
//! with the id of an article stands in its place, and what it does not say (visibility, owner, language, address) stays as
//! it is; one with a new id is added; one that says `withdrawn = true` takes its article away. Nothing is written anywhere.

mod exports;

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::case::SourceRef;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::knowledge::folder::{self, Sheet};
use crate::knowledge::front_matter::Header;
use crate::knowledge::sections::Link;
use crate::knowledge::{Article, SourceSpec};

/// Keys of a draft besides those of an article.
const MORE_KEYS: [&str; 2] = ["source", "withdrawn"];

/// What a draft does to the articles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Effect {
    /// It stands in the place of an article.
    Replaced,
    /// It is an article more.
    Added,
    /// It takes an article away.
    Withdrawn,
}

impl Effect {
    /// The name used in reports.
    pub fn name(self) -> &'static str {
        match self {
            Effect::Replaced => "replaced",
            Effect::Added => "added",
            Effect::Withdrawn => "withdrawn",
        }
    }
}

/// One article that a draft changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Laid {
    /// Article id.
    pub article: String,
    /// Name of its knowledge source.
    pub source: String,
    /// What becomes of it.
    pub effect: Effect,
}

/// Drafts that lie over the sources.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Overlay {
    /// Their folder, as it is shown.
    pub folder: PathBuf,
    /// What they do, in the order of sources and ids.
    pub laid: Vec<Laid>,
    /// References that the articles resolve and the drafts no longer do.
    lost: BTreeMap<String, SourceRef>,
}

impl Overlay {
    /// The reference that a text stood for before the drafts took its article or section away.
    pub fn lost(&self, reference: &str) -> Option<&SourceRef> {
        self.lost.get(reference)
    }

    /// The draft that a passage is of: the passage's id begins with the article's.
    pub fn of_passage(&self, passage: &str) -> Option<&Laid> {
        self.laid.iter().find(|laid| {
            passage.strip_prefix(laid.article.as_str()).is_some_and(|rest| rest.starts_with('#'))
        })
    }
}

/// Sources by name, with their articles.
type Sources = BTreeMap<String, Vec<Arc<Article>>>;

/// Sources by name, with their articles by id.
type Shelves = BTreeMap<String, BTreeMap<String, Arc<Article>>>;

/// Lays every draft below `folder` over the sources.
pub fn lay<'s>(
    root: &Path,
    folder: &Path,
    specs: impl Iterator<Item = &'s SourceSpec>,
    sources: &mut Sources,
) -> (Overlay, Diagnostics) {
    let shown = folder.strip_prefix(root).unwrap_or(folder).to_owned();
    let fault = |message: String, help: &str| {
        (Overlay::default(), Diagnostics::from(Diagnostic::error(message).in_path(&shown).help(help)))
    };
    let specs: Vec<&SourceSpec> = specs.collect();
    if let Some(spec) = specs.iter().find(|spec| folder.starts_with(root.join(&spec.path))) {
        return fault(
            format!("the drafts are part of the knowledge source `{}` already", spec.name),
            "keep drafts in a folder of their own, beside the articles",
        );
    }
    let mut findings = Diagnostics::new();
    let mut paths = Vec::new();
    folder::collect(folder, folder::is_article, &mut paths, &mut findings);
    paths.sort();
    let mut shelves = shelved(sources);
    let exported = exports::read(root, folder, &specs, &shelves, &mut findings);
    if paths.is_empty() && exported.is_empty() && !findings.has_errors() {
        return fault("there are no drafts here".to_owned(), exports::FORMATS);
    }
    let (mut drafts, mut links) = (Drafts::default(), Vec::new());
    for path in paths {
        let shown = path.strip_prefix(root).unwrap_or(&path);
        let Some(sheet) = Sheet::read(folder, &path, shown, &mut findings) else { continue };
        let Some((source, id, placed, found)) = place(&sheet, &shelves, &mut findings) else { continue };
        match drafts.add(source, id, placed, shown) {
            Ok(()) => links.push((sheet.file, sheet.below, found)),
            Err(twice) => findings.push(twice.at(sheet.file.start())),
        }
    }
    for (source, article) in exported {
        let (id, path) = (article.id.clone(), article.path.clone());
        if let Err(twice) = drafts.add(source, id, Placed::There(article), &path) {
            findings.push(twice.in_path(&path));
        }
    }
    let before = references(sources);
    let laid = drafts.apply(&mut shelves);
    let touched = |name: &String| laid.iter().any(|laid| laid.source == *name);
    let changed = shelves.into_iter().filter(|(name, _)| touched(name));
    sources.extend(changed.map(|(name, shelf)| (name, shelf.into_values().collect())));
    let after = references(sources);
    let lost = before.into_iter().filter(|(text, _)| !after.contains_key(text)).collect();
    for (file, below, found) in &links {
        for link in found.iter().filter(|link| leads_nowhere(&link.target, below, sources)) {
            let message = format!("the link leads to no article: `{}`", link.target);
            findings.push(Diagnostic::warning(message).at(file.at(link.range.clone())));
        }
    }
    (Overlay { folder: shown, laid, lost }, findings)
}

/// The sources with their articles by id.
fn shelved(sources: &Sources) -> Shelves {
    let shelf = |articles: &Vec<Arc<Article>>| articles.iter().map(|a| (a.id.clone(), a.clone())).collect();
    sources.iter().map(|(name, articles)| (name.clone(), shelf(articles))).collect()
}

/// Drafts by source and id, with the file of each.
#[derive(Default)]
struct Drafts(BTreeMap<(String, String), (Placed, PathBuf)>);

impl Drafts {
    /// Takes a draft; an error when there is one of that article already.
    fn add(&mut self, source: String, id: String, placed: Placed, path: &Path) -> Result<(), Diagnostic> {
        match self.0.entry((source, id)) {
            Entry::Occupied(first) => {
                let message = format!("two drafts have the id `{}`", first.key().1);
                let other = format!("the other one is {}", first.get().1.display());
                Err(Diagnostic::error(message).help(other))
            }
            Entry::Vacant(place) => {
                place.insert((placed, path.to_owned()));
                Ok(())
            }
        }
    }

    /// Puts them among the articles, and says what that does.
    fn apply(self, shelves: &mut Shelves) -> Vec<Laid> {
        let mut laid = Vec::new();
        for ((source, article), (placed, _)) in self.0 {
            let Some(articles) = shelves.get_mut(&source) else { continue };
            let effect = match placed {
                Placed::Gone => {
                    articles.remove(&article);
                    Effect::Withdrawn
                }
                Placed::There(draft) => match articles.insert(article.clone(), draft) {
                    Some(_) => Effect::Replaced,
                    None => Effect::Added,
                },
            };
            laid.push(Laid { article, source, effect });
        }
        laid
    }
}

/// What a draft says of its article.
enum Placed {
    There(Arc<Article>),
    Gone,
}

/// The source and the id of a draft, what becomes of the article, and the links of the draft.
fn place(
    sheet: &Sheet,
    shelves: &Shelves,
    findings: &mut Diagnostics,
) -> Option<(String, String, Placed, Vec<Link>)> {
    let known: Vec<&str> = folder::keys().into_iter().chain(MORE_KEYS).collect();
    let header = sheet.header(&known, findings);
    let mut draft = folder::fields(&header, findings);
    let named = header.get::<String>("id", findings);
    let id = named.clone().filter(|id| !id.is_empty()).unwrap_or_else(|| sheet.own_id().to_owned());
    let source = source_of(&header, &id, shelves, findings)?;
    let old = shelves.get(&source).and_then(|shelf| shelf.get(&id));
    // An article of an export has the id that its help centre gave it.
    if old.is_none() {
        folder::check_id(&header, named.as_deref(), findings);
    }
    if header.get::<bool>("withdrawn", findings) == Some(true) {
        if old.is_none() {
            let finding =
                Diagnostic::error(format!("no article has the id `{id}`, so there is none to withdraw"));
            let ids = shelves.values().flat_map(BTreeMap::keys).map(String::as_str);
            findings.push(finding.at(header.at("withdrawn")).suggest(&id, ids));
            return None;
        }
        return Some((source, id, Placed::Gone, Vec::new()));
    }
    draft.fallback_title.clone_from(&id);
    if let Some(old) = old {
        if !sheet.names_itself() {
            draft.title = draft.title.or_else(|| Some(old.title.clone()));
        }
        draft.url = draft.url.or_else(|| old.url.clone());
        draft.updated = draft.updated.or(old.updated);
        draft.review_by = draft.review_by.or(old.review_by);
        draft.owner = draft.owner.or_else(|| old.owner.clone());
        draft.views = draft.views.or(old.views);
        draft.area = draft.area.or_else(|| old.area.clone());
        draft.lang = draft.lang.or_else(|| Some(old.lang.clone()));
        if !header.has("canaries") {
            draft.canaries.clone_from(&old.canaries);
        }
        if !header.has("visibility") {
            draft.visibility = old.visibility;
        }
    }
    draft.id.clone_from(&id);
    draft.source.clone_from(&source);
    draft.path.clone_from(&sheet.file.path);
    let (document, links) = sheet.document(draft.title.as_deref());
    let Some(article) = draft.finish(document) else {
        findings.push(
            Diagnostic::error("the draft has no text")
                .at(sheet.file.start())
                .help("write something below a heading; to take the article away, say `withdrawn = true`"),
        );
        return None;
    };
    if old.is_some_and(|old| **old == Article { path: old.path.clone(), ..(*article).clone() }) {
        let same = format!("the draft of `{id}` says what the article says");
        findings.push(Diagnostic::warning(same).at(sheet.file.start()));
    }
    Some((source, id, Placed::There(article), links))
}

/// The source that a draft belongs to: the one it names, the one that has its id, or the only one there is.
fn source_of(header: &Header<'_>, id: &str, shelves: &Shelves, findings: &mut Diagnostics) -> Option<String> {
    let names = || shelves.keys().map(String::as_str);
    if let Some(name) = header.text("source", findings) {
        if shelves.contains_key(&name) {
            return Some(name);
        }
        let finding = Diagnostic::error(format!("no knowledge source is named `{name}`"));
        findings.push(finding.at(header.at("source")).suggest(&name, names()));
        return None;
    }
    match belongs(id, shelves, &names().collect::<Vec<_>>()) {
        Ok(source) => Some(source.to_owned()),
        Err(several) => {
            let message = format!("it is not clear which knowledge source the draft of `{id}` belongs to");
            let help = format!("say `source = \"…\"`; it is one of {}", several.join(", "));
            findings.push(Diagnostic::error(message).at(header.at("id")).help(help));
            None
        }
    }
}

/// The source that has the article, or where none has it the only one of `like`, or the only one there is; else all that it
/// may be.
fn belongs<'s>(id: &str, shelves: &'s Shelves, like: &[&'s str]) -> Result<&'s str, Vec<&'s str>> {
    let having = shelves.iter().filter(|(_, shelf)| shelf.contains_key(id));
    let having: Vec<&str> = having.map(|(name, _)| name.as_str()).collect();
    let all: Vec<&str> = shelves.keys().map(String::as_str).collect();
    match (having.as_slice(), like, all.as_slice()) {
        ([one], ..) | ([], [one], _) | ([], _, [one]) => Ok(one),
        ([], [], _) => Err(all),
        ([], ..) => Err(like.to_vec()),
        _ => Err(having),
    }
}

/// Every text that a case may name as its source: articles and their sections.
fn references(sources: &Sources) -> BTreeMap<String, SourceRef> {
    let mut all = BTreeMap::new();
    for article in sources.values().flatten() {
        let whole = SourceRef { article: article.id.clone(), section: None };
        all.insert(article.id.clone(), whole);
        for passage in &article.passages {
            let section = passage.id.get(article.id.len() + 1..).map(str::to_owned);
            all.insert(passage.id.clone(), SourceRef { article: article.id.clone(), section });
        }
    }
    all
}

/// Whether a link is one to an article and there is none.
fn leads_nowhere(target: &str, below: &str, sources: &Sources) -> bool {
    let target = target.split(['#', '?']).next().unwrap_or_default();
    let Some(id) = target.strip_suffix(".md") else { return false };
    if target.contains(':') || target.starts_with('/') {
        return false;
    }
    let beside = folder::normalize(below, target);
    let is = |article: &Arc<Article>| {
        article.id == id || beside.as_ref().is_some_and(|path| article.path.ends_with(path))
    };
    !sources.values().flatten().any(is)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::SourceFile;
    use crate::knowledge::{Visibility, load};

    fn laid(articles: &[(&str, &str)], drafts: &[(&str, &str)]) -> (Sources, Overlay, Vec<String>) {
        let root = tempfile::tempdir().unwrap();
        for (folder, files) in [("kb", articles), ("drafts", drafts)] {
            for (path, text) in files {
                let path = root.path().join(folder).join(path);
                std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                std::fs::write(path, text).unwrap();
            }
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
        let mut sources = Sources::from([("help".to_owned(), load(root.path(), &spec).0)]);
        let (overlay, findings) =
            lay(root.path(), &root.path().join("drafts"), std::iter::once(&spec), &mut sources);
        (sources, overlay, findings.iter().map(|finding| finding.message.clone()).collect())
    }

    const OLD: (&str, &str) = (
        "returns.md",
        "+++\ntitle = \"Returns\"\nvisibility = \"internal\"\nowner = \"Ana\"\nlang = \"en\"\n+++\nBack.\n## Window\n30 days.\n## Costs\nNone.\n",
    );

    #[test]
    fn a_draft_keeps_what_it_does_not_say() {
        let (sources, overlay, findings) = laid(&[OLD], &[("returns.md", "Back.\n## Window\n20 days.\n")]);
        assert_eq!(findings, [""; 0]);
        let article = &sources["help"][0];
        assert_eq!((article.visibility, article.title.as_str()), (Visibility::Internal, "Returns"));
        assert_eq!((article.owner.as_deref(), article.lang.as_str()), (Some("Ana"), "en"));
        assert_eq!(article.path, Path::new("drafts/returns.md"));
        assert_eq!(overlay.laid[0].effect, Effect::Replaced);
        // The section that is gone was there when the cases were written.
        assert_eq!(overlay.lost("returns#costs"), Some(&SourceRef::parse("returns#costs")));
        assert_eq!((overlay.lost("returns#window"), overlay.lost("nope")), (None, None));
        let (sources, ..) =
            laid(&[OLD], &[("x.md", "+++\nid = \"returns\"\nvisibility = \"public\"\n+++\nText.")]);
        assert_eq!(sources["help"][0].visibility, Visibility::Public);
    }

    #[test]
    fn drafts_add_and_withdraw() {
        let (sources, overlay, findings) = laid(
            &[OLD],
            &[("new.md", "See [it](returns.md)."), ("returns.md", "+++\nwithdrawn = true\n+++\n")],
        );
        assert_eq!(findings, ["the link leads to no article: `returns.md`"]);
        assert_eq!(sources["help"].iter().map(|a| a.id.as_str()).collect::<Vec<_>>(), ["new"]);
        let effects: Vec<_> = overlay.laid.iter().map(|l| (l.article.as_str(), l.effect.name())).collect();
        assert_eq!(effects, [("new", "added"), ("returns", "withdrawn")]);
        assert!(overlay.lost("returns").is_some() && overlay.lost("returns#top").is_some());
        assert_eq!(overlay.of_passage("returns#window").map(|l| l.article.as_str()), Some("returns"));
        assert_eq!(overlay.of_passage("returned#window"), None);
    }

    #[test]
    fn what_changes_nothing_or_is_there_twice_is_said() {
        let same = laid(&[OLD], &[("returns.md", OLD.1)]).2;
        assert_eq!(same, ["the draft of `returns` says what the article says"]);
        let twice =
            laid(&[OLD], &[("a.md", "+++\nid = \"x\"\n+++\nt"), ("b.md", "+++\nid = \"x\"\n+++\nt")]).2;
        assert_eq!(twice, ["two drafts have the id `x`"]);
        assert_eq!(laid(&[OLD], &[("notes.txt", "x")]).2, ["there are no drafts here"]);
    }

    #[test]
    fn a_draft_of_any_format_keeps_the_canaries() {
        let old = (
            "staff.md",
            "+++\nvisibility = \"internal\"\ncanaries = [\"BLUE HERON\"]\n+++\n# Staff\nCode BLUE HERON.",
        );
        for draft in [
            ("staff.md", "# Staff\nNew code BLUE HERON."),
            ("staff.html", "<h1>Staff</h1><p>New code BLUE HERON.</p>"),
            ("more.csv", "id,text\nstaff,New code BLUE HERON.\n"),
        ] {
            let (sources, ..) = laid(&[old], &[draft]);
            assert_eq!(sources["help"][0].canaries, ["BLUE HERON"], "{}", draft.0);
        }
    }

    #[test]
    fn drafts_in_other_formats_are_laid_too() {
        let (sources, overlay, findings) = laid(
            &[OLD, ("fees.md", "The label costs 5 euro."), ("hours.md", "Open at 9.")],
            &[
                (
                    "returns.html",
                    "<html><body><h1>Returns</h1><p>Back.</p><h2>Window</h2><p>20 days.</p></body></html>",
                ),
                ("more.csv", "id,text\nfees,The label costs 7 euro.\nnew,Bags are blue.\n"),
                ("more.jsonl", "{\"id\": \"hours\", \"text\": \"Open at 9.\"}\n"),
                ("notes.txt", "x"),
            ],
        );
        assert_eq!(
            findings,
            ["the draft of `hours` says what the article says", "not read as drafts: drafts/notes.txt"]
        );
        let effects: Vec<_> = overlay.laid.iter().map(|l| (l.article.as_str(), l.effect.name())).collect();
        assert_eq!(
            effects,
            [("fees", "replaced"), ("hours", "replaced"), ("new", "added"), ("returns", "replaced")]
        );
        let article = &sources["help"][3];
        assert_eq!((article.visibility, article.owner.as_deref()), (Visibility::Internal, Some("Ana")));
        assert_eq!((article.lang.as_str(), article.source.as_str()), ("en", "help"));
        let window = &article.passages[1];
        assert_eq!((window.text.as_str(), window.visibility), ("20 days.", Visibility::Internal));
        assert_eq!(article.path, Path::new("drafts/returns.html"));
        let twice = laid(&[OLD], &[("returns.md", "20 days."), ("returns.html", "<p>10 days.</p>")]).2;
        assert_eq!(twice, ["two drafts have the id `returns`"]);
        let json = laid(&[OLD], &[("a.json", "{}")]).2;
        assert_eq!(json, ["a draft in JSON is an export of Zendesk or Intercom, and no source is one"]);
    }
}
