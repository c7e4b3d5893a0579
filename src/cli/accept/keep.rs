//! From an answer to its golden file: what is there, what it becomes, and writing it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::cli::Findings;
use crate::clock;
use crate::diagnostic::{Diagnostics, SourceFile};
use crate::golden::{self, Golden};
use crate::outcome::{GivenPassage, TrialKey, TrialResult};
use crate::report::stripped;

/// Hex digits of a passage hash in a golden file.
const HASH_DIGITS: usize = 16;

/// The golden folder of a project.
#[derive(Debug)]
pub(super) struct Shelf {
    root: PathBuf,
    folder: PathBuf,
}

/// The golden file of a case as it was read.
#[derive(Debug, Clone, Default)]
pub(super) struct Found {
    /// Its text; absent when there is no file.
    pub(super) text: Option<String>,
    /// What it says.
    pub(super) golden: Option<Golden>,
}

/// Who accepts an answer, why and how.
#[derive(Debug, Clone, Copy)]
pub(super) struct Acceptance<'a> {
    pub(super) author: &'a str,
    pub(super) reason: &'a str,
    /// Beside the accepted answers.
    pub(super) also: bool,
    /// Instead of the accepted answers.
    pub(super) replace: bool,
}

/// What came of an acceptance; paths are relative to the project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kept {
    /// The file was written.
    Written(PathBuf),
    /// It says so already.
    Already(PathBuf),
}

impl Shelf {
    pub(super) fn new(root: &Path, folder: &Path) -> Self {
        Self { root: root.to_owned(), folder: folder.to_owned() }
    }

    fn path(&self, key: &TrialKey) -> PathBuf {
        golden::golden_path(&self.folder, &key.suite, &key.case)
    }

    /// Reads the golden of a trial's case; a file that says nothing readable is an error.
    pub(super) fn find(&self, key: &TrialKey) -> anyhow::Result<Found> {
        self.read(self.path(key))
    }

    /// Reads the golden of a case.
    pub(super) fn of_case(&self, suite: &str, case: &str) -> anyhow::Result<Found> {
        self.read(golden::golden_path(&self.folder, suite, case))
    }

    fn read(&self, path: PathBuf) -> anyhow::Result<Found> {
        let text = match std::fs::read_to_string(self.root.join(&path)) {
            Ok(text) => text,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Found::default()),
            Err(e) => anyhow::bail!("failed to read {}: {e}", path.display()),
        };
        let mut findings = Diagnostics::new();
        let golden = golden::parse(&SourceFile::new(path, text.as_str()), &mut findings);
        match golden {
            Some(golden) if !findings.has_errors() => Ok(Found { text: Some(text), golden: Some(golden) }),
            _ => Err(Findings(findings).into()),
        }
    }

    /// Puts a golden in the place of what was found.
    pub(super) fn replace(
        &self,
        (suite, case): (&str, &str),
        golden: &Golden,
        found: Option<&str>,
    ) -> anyhow::Result<PathBuf> {
        let path = golden::golden_path(&self.folder, suite, case);
        golden::write(&self.root.join(&path), golden, found)?;
        Ok(path)
    }

    /// Accepts an answer of a trial; `found` is what was there when it was reviewed.
    pub(super) fn keep(
        &self,
        trial: &TrialResult,
        answer: &str,
        acceptance: &Acceptance<'_>,
        found: &Found,
    ) -> anyhow::Result<Kept> {
        self.put((&trial.key.suite, &trial.key.case), given(trial), answer, acceptance, found)
    }

    /// Accepts an answer to a case that rests on these passages.
    pub(super) fn put(
        &self,
        (suite, case): (&str, &str),
        passages: BTreeMap<String, String>,
        answer: &str,
        acceptance: &Acceptance<'_>,
        found: &Found,
    ) -> anyhow::Result<Kept> {
        let path = golden::golden_path(&self.folder, suite, case);
        let Some(golden) = accepted(case, passages, answer, acceptance, found.golden.as_ref())? else {
            return Ok(Kept::Already(path));
        };
        golden::write(&self.root.join(&path), &golden, found.text.as_deref())?;
        Ok(Kept::Written(path))
    }
}

/// The golden with the answer in it; `None` when nothing would change.
fn accepted(
    case: &str,
    passages: BTreeMap<String, String>,
    answer: &str,
    acceptance: &Acceptance<'_>,
    old: Option<&Golden>,
) -> anyhow::Result<Option<Golden>> {
    let answer = stripped(answer).trim().to_owned();
    anyhow::ensure!(!answer.is_empty(), "an empty answer cannot be accepted");
    anyhow::ensure!(!acceptance.reason.trim().is_empty(), "say why the answer is right");
    let mut new = Golden {
        author: acceptance.author.to_owned(),
        reason: acceptance.reason.trim().to_owned(),
        date: Some(clock::now().to_zoned(jiff::tz::TimeZone::UTC).date()),
        passages,
        answers: vec![answer.clone()],
    };
    let Some(old) = old else { return Ok(Some(new)) };
    let known = old.answers.contains(&answer);
    let rests_on_same = new.passages.iter().all(|(id, hash)| old.passages.get(id) == Some(hash));
    if known && rests_on_same && (!acceptance.replace || old.answers.len() == 1) {
        return Ok(None);
    }
    if acceptance.replace {
        return Ok(Some(new));
    }
    if !known && !acceptance.also {
        anyhow::bail!(
            "case `{}` has an accepted answer already: {}; say --also to add this one, or --replace to put it in its place",
            case,
            crate::report::inert_line(&old.answers.join(" / "))
        );
    }
    // The old answers stay, so what they rest on and who stood for them stays too.
    let mut passages = old.passages.clone();
    passages.extend(new.passages);
    new.passages = passages;
    new.answers.clone_from(&old.answers);
    if !known {
        new.answers.push(answer);
        new.author = joined(&old.author, &new.author, ", ");
        new.reason = joined(&old.reason, &new.reason, "; ");
    }
    Ok(Some(new))
}

/// What an answer of a run rests on: the passages it was given, with their hashes.
fn given(trial: &TrialResult) -> BTreeMap<String, String> {
    let hash = |p: &GivenPassage| (p.id.clone(), format!("b3:{}", p.hash.hex(HASH_DIGITS)));
    // What a retriever gave beside the declared sources is no ground of the answer.
    let declared: Vec<&GivenPassage> = trial.passages.iter().filter(|p| is_declared(p, trial)).collect();
    match declared.as_slice() {
        [] => trial.passages.iter().map(hash).collect(),
        some => some.iter().map(|p| hash(p)).collect(),
    }
}

/// Whether a passage is of a source that the case declares.
fn is_declared(passage: &GivenPassage, trial: &TrialResult) -> bool {
    let article = passage.id.rsplit_once('#').map_or(passage.id.as_str(), |(article, _)| article);
    trial.case.sources.iter().any(|source| *source == passage.id || source == article)
}

pub(super) fn joined(old: &str, new: &str, by: &str) -> String {
    if old.split(by).any(|part| part == new) { old.to_owned() } else { format!("{old}{by}{new}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::trial;

    const PLAIN: Acceptance<'_> =
        Acceptance { author: "Ana", reason: "as the article says", also: false, replace: false };

    fn window() -> TrialResult {
        trial("window", "grounded").passage("returns#window", "Returns: Window", "30 days.").passed().0
    }

    fn accept(
        trial: &TrialResult,
        answer: &str,
        acceptance: &Acceptance<'_>,
        old: Option<&Golden>,
    ) -> anyhow::Result<Option<Golden>> {
        accepted(&trial.key.case, given(trial), answer, acceptance, old)
    }

    #[test]
    fn a_first_golden_names_its_passages() {
        let golden = accept(&window(), " 30\u{202e} \u{1b}days \n", &PLAIN, None).unwrap().unwrap();
        assert_eq!(golden.answers, ["30 days"]);
        let hash = &golden.passages["returns#window"];
        assert!(hash.starts_with("b3:") && hash.len() == 3 + HASH_DIGITS, "{hash}");
    }

    #[test]
    fn an_existing_golden_is_not_written_over_silently() {
        let old = accept(&window(), "30 days", &PLAIN, None).unwrap().unwrap();
        assert_eq!(accept(&window(), "30 days", &PLAIN, Some(&old)).unwrap(), None);
        let error = accept(&window(), "thirty", &PLAIN, Some(&old)).unwrap_err().to_string();
        assert!(error.contains("has an accepted answer already: 30 days; say --also"), "{error}");
        let also = Acceptance { author: "Bob", reason: "also right", also: true, ..PLAIN };
        let both = accept(&window(), "thirty", &also, Some(&old)).unwrap().unwrap();
        assert_eq!(both.answers, ["30 days", "thirty"]);
        assert_eq!(
            (both.author.as_str(), both.reason.as_str()),
            ("Ana, Bob", "as the article says; also right")
        );
        let replace = Acceptance { replace: true, ..PLAIN };
        assert_eq!(accept(&window(), "thirty", &replace, Some(&both)).unwrap().unwrap().answers, ["thirty"]);
        assert_eq!(accept(&window(), "thirty", &replace, Some(&both)).unwrap().unwrap().author, "Ana");
    }

    #[test]
    fn an_edited_article_is_accepted_anew() {
        let old = accept(&window(), "30 days", &PLAIN, None).unwrap().unwrap();
        let edited = trial("window", "grounded")
            .passage("returns#window", "Returns: Window", "Thirty days.")
            .passed()
            .0;
        let new = accept(&edited, "30 days", &PLAIN, Some(&old)).unwrap().unwrap();
        assert_eq!(new.answers, old.answers);
        assert_ne!(new.passages, old.passages);
    }

    #[test]
    fn empty_answers_and_reasons_are_refused() {
        assert!(accept(&window(), " ", &PLAIN, None).is_err());
        assert!(accept(&window(), "x", &Acceptance { reason: " ", ..PLAIN }, None).is_err());
    }

    #[test]
    fn files_are_written_and_read_back() {
        let dir = tempfile::tempdir().unwrap();
        let shelf = Shelf::new(dir.path(), Path::new("golden"));
        let trial = window();
        let none = shelf.find(&trial.key).unwrap();
        let kept = shelf.keep(&trial, "30 days", &PLAIN, &none).unwrap();
        assert_eq!(kept, Kept::Written("golden/top-ten/window.md".into()));
        let found = shelf.find(&trial.key).unwrap();
        assert_eq!(found.golden.as_ref().unwrap().answers, ["30 days"]);
        assert_eq!(
            shelf.keep(&trial, "30 days", &PLAIN, &found).unwrap(),
            Kept::Already("golden/top-ten/window.md".into())
        );
        assert!(shelf.keep(&trial, "30 days", &PLAIN, &none).is_err(), "it appeared meanwhile");
        std::fs::write(dir.path().join("golden/top-ten/window.md"), "no front matter").unwrap();
        assert!(shelf.find(&trial.key).is_err());
    }
}
