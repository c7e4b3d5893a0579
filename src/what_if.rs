//! What drafts over the knowledge do to cases: a run with them held against one without them, case by case.
//!
//! Both sides are of one state of the project, so that nothing but the drafts moved: a rule that looks at all articles is
//! the same rule on both sides. A case belongs to the articles whose
//! passages it is newly given, no longer given, or rests on; where none of them touches it, a change is chance.

mod gaps;

use std::collections::BTreeMap;

use serde::Serialize;

use crate::case::Action;
use crate::diff::{self, Columns, Groups, Outline, Pair};
use crate::impact::{CaseId, Edit, Impact, Touch, Untested};
use crate::knowledge::{Effect, Laid, Overlay};
use crate::ladder::Fared;
use crate::outcome::{ReadError, Recorded, TrialKey, TrialResult, VariantKey};

pub use gaps::answered;

/// What became of a case, the most pressing first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Became {
    /// It passed without the drafts and fails with them.
    NewlyBroken,
    /// It expects that nobody answers it, and with the drafts it is answered: what it expects is out of date.
    NowAnswered,
    /// It failed without the drafts and passes with them.
    Fixed,
    /// It fails with and without them.
    StillFailing,
    /// One side has no verdict: trials errored, or nothing could be judged.
    CannotTell,
    /// It passes with and without them.
    Passing,
}

impl Became {
    /// All of them, the most pressing first.
    pub const ALL: [Became; 6] = [
        Self::NewlyBroken,
        Self::NowAnswered,
        Self::Fixed,
        Self::StillFailing,
        Self::CannotTell,
        Self::Passing,
    ];

    /// The name used in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::NewlyBroken => "newly broken",
            Self::NowAnswered => "now answered",
            Self::Fixed => "fixed",
            Self::StillFailing => "still failing",
            Self::CannotTell => "cannot tell",
            Self::Passing => "still passing",
        }
    }

    fn of(before: Option<bool>, after: Option<bool>) -> Self {
        match (before, after) {
            (Some(true), Some(false)) => Self::NewlyBroken,
            (Some(false), Some(true)) => Self::Fixed,
            (Some(false), Some(false)) => Self::StillFailing,
            (Some(true), Some(true)) => Self::Passing,
            _ => Self::CannotTell,
        }
    }
}

/// A draft that touches a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Cause {
    /// Article id.
    pub article: String,
    /// What the draft does to the article.
    pub effect: Effect,
    /// Whether the case declares the article as its source.
    pub declared: bool,
    /// What the case has to do with it: `returns#window edited`.
    pub passages: Vec<String>,
}

/// One side of a case, with what a reader should see of it.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct SideRow {
    /// How its trials fared, over all repeats and wordings.
    #[serde(flatten)]
    pub fared: Fared,
    /// The answer of the first trial that failed, else of the first one.
    pub answer: Option<String>,
    /// What fails that answer, as `scorer: reason`.
    pub failing: Vec<String>,
}

/// One case in one column.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    /// Suite.
    pub suite: String,
    /// Case.
    pub case: String,
    /// Prompt and model.
    pub variant: VariantKey,
    /// What became of it.
    pub became: Became,
    /// The customer's words.
    pub question: String,
    /// Without the drafts.
    pub before: SideRow,
    /// With them.
    pub after: SideRow,
    /// The drafts that touch it, those of its own sources first; none where what it is given is as before.
    pub by: Vec<Cause>,
    /// Passages of other articles that it is given since, or no longer: `fees#top no longer given`.
    pub beside: Vec<String>,
    /// The passage of a new article that says most of the question, where the case is a gap.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answered_by: Option<String>,
    /// What it expects where it is answered now: `abstain`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub expects: Vec<Action>,
    /// Passages that its golden rests on and the drafts change: it may be the golden that is out of date.
    pub suspect: Vec<String>,
}

/// A golden that would have to be confirmed if the drafts were published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SuspectGolden {
    /// Suite.
    pub suite: String,
    /// Case.
    pub case: String,
    /// The passages: `returns#window was edited`.
    pub passages: Vec<String>,
}

/// How many cases became something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Count {
    /// What.
    pub became: Became,
    /// Cases, once per column.
    pub cases: u64,
}

/// What two runs say about drafts.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Outlook {
    /// Folder of the drafts.
    pub drafts: String,
    /// What they do to the articles.
    pub articles: Vec<Laid>,
    /// The run without them.
    pub without: String,
    /// The run with them.
    pub with: String,
    /// Cases by what became of them, all in their order.
    pub counts: Vec<Count>,
    /// Cases, the most pressing first.
    pub cases: Vec<Row>,
    /// Goldens that the drafts make suspect, of all cases.
    pub suspect: Vec<SuspectGolden>,
    /// Passages that the drafts change and no case rests on.
    pub untested: Vec<Untested>,
    /// What was left out, and why.
    pub notes: Vec<String>,
}

/// What is known of drafts besides the two runs.
#[derive(Debug, Clone)]
pub struct Known<'a> {
    /// The drafts.
    pub overlay: &'a Overlay,
    /// What they touch.
    pub impact: &'a Impact,
    /// Goldens that they make suspect.
    pub suspect: Vec<SuspectGolden>,
    /// Gaps that a new article answers by its words, with the passage; see [`answered`].
    pub answered: BTreeMap<CaseId, String>,
    /// All passages without the drafts, and with them.
    pub passages: [BTreeMap<String, String>; 2],
}

impl Outlook {
    /// What a run with drafts and one without say about the columns that `counts` admits.
    ///
    /// # Errors
    /// A run cannot be read.
    pub fn of(
        known: Known<'_>,
        without: &dyn Recorded,
        with: &dyn Recorded,
        counts: &dyn Fn(&VariantKey) -> bool,
    ) -> Result<Self, ReadError> {
        let (before, after) = (Outline::of(without)?, Outline::of(with)?);
        let shared = Columns::of(&before.columns, &after.columns).shared;
        let mut found: Vec<Found> = Vec::new();
        let mut groups = Groups::open(&after, Some(&before))?;
        while let Some(group) = groups.next_case()? {
            for column in shared.iter().filter(|column| counts(&column.variant)) {
                let (base, cand) = (group.earlier.in_column(column.base), group.run.in_column(column.cand));
                let mut sides = [Tried::default(), Tried::default()];
                for pair in diff::pairs(base, cand).filter(|pair| pair.cand.is_some()) {
                    sides[0].add(&pair, |pair| pair.base);
                    sides[1].add(&pair, |pair| pair.cand);
                }
                if sides[1].shown.is_some() {
                    found.push(Found { variant: column.variant.clone(), sides });
                }
            }
        }
        drop(groups);
        let mut cases = Vec::new();
        for one in found {
            cases.push(one.row(&known, without, with)?);
        }
        cases.sort_by(|a, b| {
            a.became
                .cmp(&b.became)
                .then_with(|| (&a.suite, &a.case, &a.variant).cmp(&(&b.suite, &b.case, &b.variant)))
        });
        let count =
            |became| Count { became, cases: cases.iter().filter(|c| c.became == became).count() as u64 };
        Ok(Self {
            drafts: known.overlay.folder.display().to_string(),
            articles: known.overlay.laid.clone(),
            without: without.info().header.id.clone(),
            with: with.info().header.id.clone(),
            counts: Became::ALL.into_iter().map(count).collect(),
            suspect: known.suspect,
            untested: known.impact.untested.clone().unwrap_or_default(),
            cases,
            notes: Vec::new(),
        })
    }
}

/// One side of a case while the runs are read.
#[derive(Debug, Default)]
struct Tried {
    fared: Fared,
    /// The trial that a reader should see.
    shown: Option<TrialKey>,
    /// Whether that one failed.
    failed: bool,
}

impl Tried {
    fn add<'a>(&mut self, pair: &Pair<'a>, side: fn(&Pair<'a>) -> Option<diff::Repeats<'a>>) {
        let Some(repeats) = side(pair) else { return };
        self.fared.passed += u64::from(repeats.side.passed);
        self.fared.judged += u64::from(repeats.side.judged);
        self.fared.open += u64::from(repeats.side.unjudged);
        let fails = repeats.side.verdict() == Some(false);
        if self.shown.is_none() || (fails && !self.failed) {
            self.shown = repeats.shown().map(|trial| trial.key.clone());
            self.failed = fails;
        }
    }

    /// A case passes where every trial of every wording does; one without a result may have been either.
    fn verdict(&self) -> Option<bool> {
        let Fared { passed, judged, open } = self.fared;
        if passed < judged { Some(false) } else { (open == 0 && judged > 0).then_some(true) }
    }
}

/// A case in a column, before its texts are fetched.
struct Found {
    variant: VariantKey,
    /// Without the drafts, and with them.
    sides: [Tried; 2],
}

impl Found {
    fn row(&self, known: &Known<'_>, without: &dyn Recorded, with: &dyn Recorded) -> Result<Row, ReadError> {
        let [before, after] = &self.sides;
        let trial =
            |run: &dyn Recorded, side: &Tried| side.shown.as_ref().map(|key| run.trial(key)).transpose();
        let (old, new) = (trial(without, before)?, trial(with, after)?);
        let mut became = Became::of(before.verdict(), after.verdict());
        let newest = new.as_ref().or(old.as_ref());
        let (suite, case) = newest.map(|t| (t.key.suite.clone(), t.key.case.clone())).unwrap_or_default();
        let id = (suite.clone(), case.clone());
        let touches = known.impact.cases.get(&id).into_iter().flatten();
        let sources = newest.map(|trial| trial.case.sources.as_slice()).unwrap_or_default();
        let (by, beside) = causes(touches, known, sources);
        let mut expects = Vec::new();
        if let Some(trial) = new.as_ref().filter(|trial| !by.is_empty() && answers_all_the_same(trial))
            && became == Became::NewlyBroken
        {
            became = Became::NowAnswered;
            expects.clone_from(&trial.case.expect);
        }
        let suspect = known.suspect.iter().find(|golden| golden.suite == suite && golden.case == case);
        Ok(Row {
            answered_by: known.answered.get(&id).cloned(),
            expects,
            suite,
            case,
            variant: self.variant.clone(),
            became,
            question: newest.map(|trial| trial.case.input.clone()).unwrap_or_default(),
            before: side(before, old),
            after: side(after, new),
            by,
            beside,
            suspect: suspect.map(|golden| golden.passages.clone()).unwrap_or_default(),
        })
    }
}

/// Whether all that is wrong with an answer is that there is one: its case expects none.
fn answers_all_the_same(trial: &TrialResult) -> bool {
    let answers = |action: &Action| matches!(action, Action::Answer | Action::Act);
    let expects_none = !trial.case.expect.is_empty() && !trial.case.expect.iter().any(answers);
    let mut failing = trial.scores.iter().filter(|score| score.fails());
    expects_none && trial.action.as_ref().is_some_and(answers) && failing.all(|score| score.kind == "action")
}

fn side(tried: &Tried, shown: Option<TrialResult>) -> SideRow {
    let Some(trial) = shown else { return SideRow { fared: tried.fared, ..SideRow::default() } };
    let failing = trial.scores.iter().filter(|score| score.fails());
    let mut failing: Vec<String> = failing.map(|score| format!("{}: {}", score.name, score.reason)).collect();
    failing.extend(trial.error.iter().map(|error| error.message.clone()));
    SideRow { fared: tried.fared, failing, answer: trial.completion.map(|completion| completion.text) }
}

/// The drafts behind what a case is touched by, and the passages of other articles.
fn causes<'a>(
    touches: impl Iterator<Item = &'a Touch>,
    known: &Known<'_>,
    sources: &[String],
) -> (Vec<Cause>, Vec<String>) {
    let mut by: BTreeMap<&str, Cause> = BTreeMap::new();
    let mut beside = Vec::new();
    for touch in touches {
        let Touch::Passage(id, edit) = touch else { continue };
        // What is still there, or was there before, was only found or not found.
        let [without, with] = &known.passages;
        let words = match edit {
            Edit::Removed if with.contains_key(id) => format!("{id} no longer given"),
            Edit::Added if without.contains_key(id) => format!("{id} given since"),
            edit => format!("{id} {}", edit.name()),
        };
        let Some(laid) = known.overlay.of_passage(id) else {
            beside.push(words);
            continue;
        };
        let is_source = |source: &String| {
            source
                .strip_prefix(laid.article.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('#'))
        };
        let cause = || Cause {
            article: laid.article.clone(),
            effect: laid.effect,
            declared: sources.iter().any(is_source),
            passages: Vec::new(),
        };
        by.entry(&laid.article).or_insert_with(cause).passages.push(words);
    }
    let mut by: Vec<Cause> = by.into_values().collect();
    by.sort_by_key(|cause| !cause.declared);
    (by, beside)
}

/// Goldens that rest on passages which `after` has otherwise than `before`; those that drifted anyway are not the drafts'.
pub fn suspects(
    before: &BTreeMap<CaseId, Vec<String>>,
    after: BTreeMap<CaseId, Vec<String>>,
) -> Vec<SuspectGolden> {
    let mut found = Vec::new();
    for ((suite, case), passages) in after {
        let known = before.get(&(suite.clone(), case.clone()));
        let new = passages.into_iter().filter(|passage| known.is_none_or(|known| !known.contains(passage)));
        let passages: Vec<String> = new.collect();
        if !passages.is_empty() {
            found.push(SuspectGolden { suite, case, passages });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::{RunBuilder, trial};

    fn overlay() -> Overlay {
        let laid = Laid { article: "returns".into(), source: "help".into(), effect: Effect::Replaced };
        let mut overlay = Overlay::default();
        overlay.folder = "drafts".into();
        overlay.laid = vec![laid];
        overlay
    }

    #[test]
    fn every_case_has_one_state_and_the_pressing_ones_come_first() {
        let fails = |case: &str| trial(case, "bare").failed("number", "differs");
        let passes = |case: &str| trial(case, "bare").passed();
        let errs = trial("odd", "bare").errored(crate::provider::ErrorKind::Server, "502");
        let without = RunBuilder::new("old")
            .trial(fails("mended"))
            .trial(passes("broke"))
            .trial(fails("bad"))
            .trial(passes("good"))
            .trial(passes("odd"))
            .trial(passes("elsewhere"))
            .build();
        let with = RunBuilder::new("new")
            .trial(passes("mended"))
            .trial(fails("broke"))
            .trial(fails("bad"))
            .trial(passes("good"))
            .trial(errs)
            .build();
        let touch = Touch::Passage("returns#window".into(), Edit::Edited);
        let other = Touch::Passage("fees#top".into(), Edit::Removed);
        let impact = Impact {
            cases: [(("top-ten".into(), "broke".into()), [touch, other].into())].into(),
            untested: Some(Vec::new()),
        };
        let overlay = overlay();
        let fees = BTreeMap::from([("fees#top".to_owned(), "1".to_owned())]);
        let known = Known {
            overlay: &overlay,
            impact: &impact,
            suspect: Vec::new(),
            answered: BTreeMap::new(),
            passages: [fees.clone(), fees],
        };
        let outlook = Outlook::of(known, &without, &with, &|_| true).unwrap();
        let states: Vec<_> = outlook.cases.iter().map(|c| (c.case.as_str(), c.became.name())).collect();
        assert_eq!(
            states,
            [
                ("broke", "newly broken"),
                ("mended", "fixed"),
                ("bad", "still failing"),
                ("odd", "cannot tell"),
                ("good", "still passing")
            ]
        );
        let one = |count: &Count| count.cases == u64::from(count.became != Became::NowAnswered);
        assert!(outlook.counts.iter().all(one), "{:?}", outlook.counts);
        let broke = &outlook.cases[0];
        assert_eq!(broke.by[0].passages, ["returns#window edited"]);
        assert_eq!(broke.beside, ["fees#top no longer given"]);
        assert!(outlook.cases[1].by.is_empty());
        assert!(!broke.after.failing.is_empty() && broke.before.failing.is_empty());
    }

    #[test]
    fn a_repeat_that_fails_or_errs_is_not_passed() {
        let side = |passed, judged, open| Tried { fared: Fared { passed, judged, open }, ..Tried::default() };
        assert_eq!(side(2, 2, 0).verdict(), Some(true));
        assert_eq!(side(1, 2, 0).verdict(), Some(false));
        assert_eq!(side(1, 1, 1).verdict(), None);
        assert_eq!(side(0, 1, 1).verdict(), Some(false));
        assert_eq!(side(0, 0, 0).verdict(), None);
    }

    #[test]
    fn only_what_the_drafts_change_makes_a_golden_suspect() {
        let id = |case: &str| ("s".to_owned(), case.to_owned());
        let before = BTreeMap::from([(id("a"), vec!["x#y was edited".to_owned()])]);
        let after = BTreeMap::from([
            (id("a"), vec!["x#y was edited".to_owned(), "x#z is gone".to_owned()]),
            (id("b"), vec!["x#y was edited".to_owned()]),
        ]);
        let found: Vec<_> = suspects(&before, after).into_iter().map(|s| (s.case, s.passages)).collect();
        assert_eq!(
            found,
            [("a".into(), vec!["x#z is gone".to_owned()]), ("b".into(), vec!["x#y was edited".to_owned()])]
        );
    }
}
