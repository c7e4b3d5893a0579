//! The cases of a suite, however many: those written in it are kept, those of files are read when they are wanted.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use crate::case::Case;
use crate::fingerprint::Fingerprint;
use crate::golden::Golden;
use crate::score::Scorer;
use crate::suite::cases::{CaseFile, CasesMoved};
use crate::suite::draft::Draft;
use crate::suite::script::{self, TurnRules};
use crate::suite::{ScoredCase, ScoredTurn};

/// The checked cases of a suite.
#[derive(Debug, Clone)]
pub struct Cases {
    pub(super) files: Arc<[ScoredFile]>,
    pub(super) written: Arc<[ScoredCase]>,
    pub(super) count: u64,
    pub(super) wordings: u64,
    pub(super) fingerprint: Fingerprint,
}

/// A file of cases with what judges them.
#[derive(Debug)]
pub(super) struct ScoredFile {
    pub(super) file: CaseFile,
    pub(super) judged: Judged,
    /// Golden files by case id.
    pub(super) goldens: Arc<BTreeMap<String, Golden>>,
    /// What judges the turns of its scripts.
    pub(super) turns: TurnRules,
    /// What these look at besides.
    pub(super) around: Around,
    /// Cases that it had when it was checked.
    pub(super) count: u64,
}

/// Cases, one after the other.
pub type CaseIter<'a> = Box<dyn Iterator<Item = Result<ScoredCase, CasesMoved>> + Send + 'a>;

impl Cases {
    /// How many there are.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// How many there are, each further wording counted as well.
    pub fn wordings(&self) -> u64 {
        self.wordings
    }

    /// Hash of everything that decides them.
    pub fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }

    /// The scorers that judge them or turns of them, those of the suite once per file and written case.
    pub fn scorers(&self) -> impl Iterator<Item = &Scorer> {
        let of_files =
            self.files.iter().flat_map(|file| file.judged.scorers.iter().chain(file.turns.scorers()));
        let of_ends = self.written.iter().flat_map(|case| case.scorers.iter());
        let of_turns = self.written.iter().flat_map(|case| case.turns.iter());
        of_files.chain(of_ends).chain(of_turns.flat_map(|turn| turn.scorers.iter()))
    }

    /// The files that cases are read from.
    pub fn files(&self) -> impl Iterator<Item = &Path> {
        self.files.iter().map(|scored| scored.file.path())
    }

    /// Those that are written in the suite itself.
    pub fn written(&self) -> &[ScoredCase] {
        &self.written
    }

    /// All of them: first those of files, in the order of the suite. Memory does not grow with their number.
    ///
    /// Items are errors when a file is not what it was when it was checked.
    pub fn each(&self) -> CaseIter<'_> {
        let files = self.files.iter().flat_map(ScoredFile::iter);
        Box::new(files.chain(self.written.iter().cloned().map(Ok)))
    }
}

impl ScoredFile {
    fn iter(&self) -> CaseIter<'_> {
        let drafts = match self.file.drafts(0) {
            Ok(drafts) => drafts,
            Err(error) => return Box::new(std::iter::once(Err(self.file.moved(error.to_string())))),
        };
        let mut cases = drafts.map(|draft| {
            let Draft { case, turns, .. } = draft?;
            let turns = self.turns.of(&case, &turns);
            let turns = turns.ok_or_else(|| self.file.moved("a turn has other scorers now".to_owned()))?;
            Ok(scored(case, &self.judged, &self.goldens, (turns, self.around)))
        });
        // An error more when the file has become shorter or longer than it was.
        let mut left = self.count;
        Box::new(std::iter::from_fn(move || match (cases.next(), left) {
            (Some(Ok(_)), 0) => Some(Err(self.file.moved("it has more cases now".to_owned()))),
            (Some(case), _) => {
                left -= 1;
                Some(case)
            }
            (None, 0) => None,
            (None, _) => {
                left = 0;
                Some(Err(self.file.moved("it has fewer cases now".to_owned())))
            }
        }))
    }
}

/// What the scorers of a suite look at besides their own keys, as hashes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Around {
    /// The marker phrases.
    pub(super) markers: Fingerprint,
    /// All articles.
    pub(super) knowledge: Fingerprint,
}

/// Scorers, and the hash of what they go by.
#[derive(Debug, Clone)]
pub(super) struct Judged {
    pub(super) scorers: Arc<[Scorer]>,
    pub(super) rules: Fingerprint,
}

impl Judged {
    /// Scorers with the marker phrases of their suite, and its articles where a scorer looks at them all.
    pub(super) fn new(scorers: Arc<[Scorer]>, around: Around) -> Self {
        let rules: Vec<_> = scorers.iter().map(Scorer::rules).collect();
        let rules = if scorers.iter().any(|scorer| scorer.check.sees_knowledge()) {
            Fingerprint::of(&(rules, around.markers, around.knowledge))
        } else {
            Fingerprint::of(&(rules, around.markers))
        };
        Self { scorers, rules }
    }
}

/// A case with its golden file and what judges it and its turns.
pub(super) fn scored(
    mut case: Case,
    judged: &Judged,
    goldens: &BTreeMap<String, Golden>,
    (turns, around): (Vec<ScoredTurn>, Around),
) -> ScoredCase {
    let golden = goldens.get(&case.id).cloned();
    if let Some(golden) = &golden {
        case.goldens.splice(0..0, golden.answers.iter().cloned());
    }
    ScoredCase {
        case: Arc::new(case),
        scorers: judged.scorers.clone(),
        rules: script::rules(judged.rules, &turns, around),
        turns: turns.into(),
        golden,
    }
}
