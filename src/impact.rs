//! What an edit touches: two states of a project, or of a run and the project, held against each other case by case.
//!
//! A case is touched when what a trial of it is sent, given or judged by is no longer the same, in any of its columns,
//! wordings and turns. So nothing has to be guessed from file names: a retriever that now finds another passage touches a case as well
//! as an edit of the passage that it declares.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::Serialize;

use crate::diagnostic::Diagnostic;
use crate::fingerprint::Fingerprint;
use crate::golden::passage_hash;
use crate::outcome::{TrialKey, TrialResult};
use crate::plan::{Plan, PlannedTrial, ReadyError, ReadyTrial};
use crate::project::Project;
use crate::prompt::{ChatRole, Message};
use crate::retrieve::Recorded;
use crate::score::Scorer;

/// What became of something since.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Edit {
    /// It is another than it was.
    Edited,
    /// It was not there.
    Added,
    /// It is no longer there.
    Removed,
}

impl Edit {
    /// The name used in reports.
    pub fn name(self) -> &'static str {
        match self {
            Edit::Edited => "edited",
            Edit::Added => "added",
            Edit::Removed => "removed",
        }
    }

    fn of<T: PartialEq>(before: Option<&T>, now: Option<&T>) -> Option<Self> {
        match (before, now) {
            (Some(before), Some(now)) if before == now => None,
            (Some(_), Some(_)) => Some(Edit::Edited),
            (None, Some(_)) => Some(Edit::Added),
            (Some(_), None) => Some(Edit::Removed),
            (None, None) => None,
        }
    }
}

/// Why a case is touched.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Touch {
    /// A passage that it is given, declares, or whose golden rests on it.
    Passage(String, Edit),
    /// A prompt.
    Prompt(String),
    /// The case itself: its input or its expectations.
    Case(Edit),
    /// What judges it, or an article that one of its scorers looks at.
    Scorers,
}

impl fmt::Display for Touch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Touch::Passage(id, edit) => write!(f, "passage {id} {}", edit.name()),
            Touch::Prompt(name) => write!(f, "prompt {name} edited"),
            Touch::Case(edit) => write!(f, "case {}", edit.name()),
            Touch::Scorers => write!(f, "scorers edited, or articles that they look at"),
        }
    }
}

/// A case by its suite and id.
pub type CaseId = (String, String);

/// What one trial was sent, given and judged by.
#[derive(Debug, Clone, PartialEq)]
struct Prints {
    case: Fingerprint,
    scorers: Fingerprint,
    /// Its scorers without the articles that some of them look at; not known of a stored trial.
    own_rules: Option<Fingerprint>,
    messages: Fingerprint,
    /// What the later turns of its script are sent, as if the answers before them were empty; not known of a stored trial.
    later: Option<Fingerprint>,
    /// Passages that it was given in all turns, and their hashes.
    given: BTreeMap<String, String>,
    /// Whether what is given after the first turn is not known before: a simulated customer goes on as it likes.
    open: bool,
}

/// A state of a project, or what stored runs know of it.
#[derive(Debug, Clone, Default)]
pub struct State {
    /// By key of the first repeat.
    trials: BTreeMap<TrialKey, Prints>,
    /// Hashes of the passages that a case declares or that its golden rests on.
    grounds: BTreeMap<CaseId, BTreeMap<String, String>>,
    /// All passages with their hashes, where they are known.
    passages: Option<BTreeMap<String, String>>,
    /// Files of passages, for a reader.
    files: BTreeMap<String, String>,
}

/// A changed passage that no case rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Untested {
    /// Passage id.
    pub passage: String,
    /// What became of it.
    pub edit: Edit,
    /// The file of its article.
    pub file: Option<String>,
}

/// What an edit touches.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Impact {
    /// Touched cases that are there now, with the reasons.
    pub cases: BTreeMap<CaseId, BTreeSet<Touch>>,
    /// Changed passages that no case is given, declares or is accepted upon; `None` where that is not known.
    pub untested: Option<Vec<Untested>>,
}

/// All passages of a project, with their hashes and files.
pub fn passages(project: &Project) -> (BTreeMap<String, String>, BTreeMap<String, String>) {
    let (mut hashes, mut files) = (BTreeMap::new(), BTreeMap::new());
    for article in project.sources.values().flatten() {
        for passage in &article.passages {
            hashes.insert(passage.id.clone(), passage_hash(passage));
            files.insert(passage.id.clone(), article.path.display().to_string());
        }
    }
    (hashes, files)
}

impl State {
    /// The state of a project, for the trials of a plan.
    ///
    /// # Errors
    /// A prompt cannot be rendered, or a file of cases moved.
    pub fn of_project(project: &Project, plan: &Plan, recorded: &Recorded) -> Result<Self, Box<Diagnostic>> {
        // What the user's own retriever was never asked was never run: its case is touched whatever stands in.
        let standing = OnceCell::new();
        let ready = |trial: &PlannedTrial| match plan.ready_now(project, trial, recorded) {
            Err(error) if error.is_unasked() => {
                let standing = standing.get_or_init(|| plan.clone().standing_in());
                standing.ready_now(project, trial, recorded)
            }
            ready => ready,
        };
        let (hashes, files) = passages(project);
        let mut state = Self { passages: Some(hashes), files, ..Self::default() };
        for trial in plan.trials() {
            let trial = trial.map_err(|moved| Box::new(Diagnostic::error(moved.to_string())))?;
            if trial.key.index > 1 {
                continue;
            }
            let ready = ready(&trial).map_err(|error| Box::new(error.into_diagnostic()))?;
            let case = (trial.key.suite.clone(), trial.key.case.clone());
            let declared = ready.sources.iter().map(|p| (p.id.clone(), passage_hash(p)));
            let grounds = state.grounds.entry(case).or_insert_with(|| declared.collect());
            if let Some(golden) = &trial.scored.golden {
                let knowledge = &plan.suite(&trial).knowledge;
                grounds.extend(golden.rebound(knowledge));
            }
            let turns = match later_turns(project, plan, &trial, recorded) {
                // The user's own retriever may have been asked it after other answers.
                Err(error) if error.is_unasked() => None,
                turns => Some(turns.map_err(|error| Box::new(error.into_diagnostic()))?),
            };
            let messages = |turns: &Vec<ReadyTrial>| {
                Fingerprint::of(&turns.iter().map(|turn| &turn.messages).collect::<Vec<_>>())
            };
            let later = turns.iter().flatten().flat_map(|turn| &turn.given);
            let given = ready.given.iter().chain(later);
            let prints = Prints {
                case: trial.wording.fingerprint,
                scorers: trial.scored.rules,
                own_rules: Some(own_rules(plan, &trial)),
                messages: Fingerprint::of(&ready.messages),
                later: turns.as_ref().map(messages),
                given: given.map(|p| (p.id.clone(), passage_hash(p))).collect(),
                open: trial.scored.case.customer.is_some() || turns.is_none(),
            };
            state.trials.insert(trial.key, prints);
        }
        Ok(state)
    }

    /// Takes over what a stored trial knows, unless a newer one did so already.
    pub fn recall(&mut self, trial: &TrialResult) {
        let key = TrialKey { index: 1, ..trial.key.clone() };
        let given = trial.passages.iter().map(|p| (p.id.clone(), format!("b3:{}", p.hash.hex(16))));
        self.trials.entry(key).or_insert_with(|| Prints {
            case: trial.fingerprints.case,
            scorers: trial.fingerprints.scorers,
            messages: trial.fingerprints.prompt,
            own_rules: None,
            later: None,
            given: given.collect(),
            open: false,
        });
    }

    /// Whether it knows every trial that another state has.
    pub fn covers(&self, other: &Self) -> bool {
        other.trials.keys().all(|key| self.trials.contains_key(key))
    }

    /// Makes the passages of then known.
    pub fn with_passages(&mut self, hashes: BTreeMap<String, String>) {
        self.passages = Some(hashes);
    }
}

/// What changed from one state to another touches.
pub fn impact(before: &State, now: &State) -> Impact {
    let mut cases: BTreeMap<CaseId, BTreeSet<Touch>> = BTreeMap::new();
    for (key, prints) in &now.trials {
        let touches = touches(key, before.trials.get(key), prints, now.passages.as_ref());
        if !touches.is_empty() {
            cases.entry((key.suite.clone(), key.case.clone())).or_default().extend(touches);
        }
    }
    let changed = before.passages.as_ref().zip(now.passages.as_ref()).map(|(a, b)| changes(a, b));
    for (case, grounds) in &now.grounds {
        let earlier = before.grounds.get(case);
        let ids = grounds.keys().chain(earlier.into_iter().flat_map(BTreeMap::keys));
        let moved = ids.filter_map(|id| Some((id, changed.as_ref()?.get(id)?)));
        let touches: Vec<Touch> = moved.map(|(id, edit)| Touch::Passage(id.clone(), *edit)).collect();
        if !touches.is_empty() {
            cases.entry(case.clone()).or_default().extend(touches);
        }
    }
    let untested = changed.map(|changed| {
        let given = now.trials.values().chain(before.trials.values()).flat_map(|p| p.given.keys());
        let grounds = now.grounds.values().chain(before.grounds.values()).flat_map(BTreeMap::keys);
        let tested: BTreeSet<&String> = given.chain(grounds).collect();
        let left = changed.into_iter().filter(|(id, _)| !tested.contains(id));
        left.map(|(passage, edit)| Untested { file: now.files.get(&passage).cloned(), passage, edit })
            .collect()
    });
    Impact { cases, untested }
}

fn touches(
    key: &TrialKey,
    before: Option<&Prints>,
    now: &Prints,
    passages: Option<&BTreeMap<String, String>>,
) -> Vec<Touch> {
    let Some(before) = before else { return vec![Touch::Case(Edit::Added)] };
    let mut given = changes(&before.given, &now.given);
    if now.open {
        // What it was given in a later turn is not looked up now; it may be as it was.
        let still = |id: &String| passages.is_some_and(|all| all.get(id) == before.given.get(id));
        given.retain(|id, edit| *edit != Edit::Removed || !still(id));
    }
    let mut touches: Vec<Touch> = given.into_iter().map(|(id, edit)| Touch::Passage(id, edit)).collect();
    // A rule that looks at all articles is the same rule when one of them is edited.
    let rules = match (before.own_rules, now.own_rules) {
        (Some(before), Some(now)) => before != now,
        _ => before.scorers != now.scorers,
    };
    if before.case != now.case {
        touches.push(Touch::Case(Edit::Edited));
    } else if rules {
        touches.push(Touch::Scorers);
    }
    let later = before.later.zip(now.later).is_some_and(|(before, now)| before != now);
    if (before.messages != now.messages || later) && touches.is_empty() {
        touches.push(Touch::Prompt(key.prompt.clone()));
    }
    touches
}

/// What judges a trial, the articles left out.
fn own_rules(plan: &Plan, trial: &PlannedTrial) -> Fingerprint {
    let turns = trial.scored.turns.iter().flat_map(|turn| turn.scorers.iter());
    let rules: Vec<_> = trial.scored.scorers.iter().chain(turns).map(Scorer::rules).collect();
    Fingerprint::of(&(rules, plan.suite(trial).markers.fingerprint()))
}

/// The turns of a script after the first one, as far as they are known before anything is answered.
fn later_turns(
    project: &Project,
    plan: &Plan,
    trial: &PlannedTrial,
    recorded: &Recorded,
) -> Result<Vec<ReadyTrial>, ReadyError> {
    let script = &trial.scored.case.script;
    let mut said = vec![Message::new(ChatRole::User, trial.wording.phrasing.text.clone())];
    let mut turns = Vec::new();
    for turn in script.iter().skip(1) {
        said.push(Message::said(String::new(), Vec::new()));
        turns.push(plan.ready_after_now(&said, &turn.say, project, trial, recorded)?);
        said.push(Message::new(ChatRole::User, turn.say.clone()));
    }
    Ok(turns)
}

fn changes(before: &BTreeMap<String, String>, now: &BTreeMap<String, String>) -> BTreeMap<String, Edit> {
    let ids: BTreeSet<&String> = before.keys().chain(now.keys()).collect();
    ids.into_iter().filter_map(|id| Some((id.clone(), Edit::of(before.get(id), now.get(id))?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(given: &[(&str, &str)], messages: &str, passages: &[(&str, &str)]) -> State {
        let map =
            |list: &[(&str, &str)]| list.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        let key = TrialKey {
            suite: "s".into(),
            case: "c".into(),
            phrasing: String::new(),
            prompt: "p".into(),
            model: "m".into(),
            index: 1,
        };
        let print = Fingerprint::of("x");
        let prints = Prints {
            case: print,
            scorers: print,
            own_rules: None,
            messages: Fingerprint::of(messages),
            later: None,
            given: map(given),
            open: false,
        };
        State { trials: [(key, prints)].into(), passages: Some(map(passages)), ..State::default() }
    }

    fn shown(before: &State, now: &State) -> Vec<String> {
        impact(before, now).cases.values().flatten().map(ToString::to_string).collect()
    }

    #[test]
    fn nothing_moved_touches_nothing() {
        let same = state(&[("a#b", "1")], "hello", &[("a#b", "1")]);
        let found = impact(&same, &same);
        assert!(found.cases.is_empty());
        assert_eq!(found.untested, Some(vec![]));
    }

    #[test]
    fn each_reason_is_named_and_what_nobody_tests_is_listed() {
        let before = state(&[("a#b", "1")], "hello", &[("a#b", "1"), ("x#y", "1"), ("gone#z", "1")]);
        let now = state(&[("a#b", "2")], "hello 2", &[("a#b", "2"), ("x#y", "2"), ("new#w", "1")]);
        assert_eq!(shown(&before, &now), ["passage a#b edited"]);
        let untested: Vec<_> =
            impact(&before, &now).untested.unwrap().into_iter().map(|u| (u.passage, u.edit)).collect();
        assert_eq!(
            untested,
            [("gone#z".into(), Edit::Removed), ("new#w".into(), Edit::Added), ("x#y".into(), Edit::Edited)]
        );
        let mut open = state(&[], "hello", &[("a#b", "1")]);
        let of_then = state(&[("a#b", "1"), ("gone#z", "1")], "hello", &[]);
        assert_eq!(shown(&of_then, &open), ["passage a#b removed", "passage gone#z removed"]);
        open.trials.values_mut().for_each(|prints| prints.open = true);
        assert_eq!(shown(&of_then, &open), ["passage gone#z removed"]);
        let prompt = state(&[("a#b", "1")], "other", &[]);
        assert_eq!(shown(&before, &prompt), ["prompt p edited"]);
        assert_eq!(shown(&State::default(), &now), ["case added"]);
    }
}
