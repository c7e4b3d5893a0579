//! What is asked of all cases of a suite together, gathered while they pass by one at a time.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use crate::case::{Case, Turn};
use crate::config::reader::Mistakes;
use crate::diagnostic::{Diagnostic, Location, did_you_mean};
use crate::fingerprint::{Fingerprint, Hasher};
use crate::golden::Golden;
use crate::suite::draft::Draft;

/// What the cases seen so far have in common.
pub(super) struct Sweep<'a> {
    suite: &'a str,
    goldens: &'a BTreeMap<(String, String), Golden>,
    lacking: Vec<Lacking>,
    bare: Option<(usize, Location, String)>,
    bare_more: u64,
    /// Eight bytes of every id's hash: a repeat shows as two equal ones.
    ids: Vec<u64>,
    hasher: Hasher,
    /// Whether any case has an accepted answer.
    pub(super) any_golden: bool,
    /// Whether any case has an expected action.
    pub(super) any_expect: bool,
    /// Cases.
    pub(super) count: u64,
    /// Cases and their further wordings.
    pub(super) wordings: u64,
    /// Cases with a golden file.
    pub(super) with_file: BTreeSet<String>,
}

/// A value that a prompt needs, and the cases that do not give it.
struct Lacking {
    prompt: String,
    name: String,
    first: Option<First>,
    others: u64,
}

struct First {
    file: usize,
    place: Location,
    id: String,
    near: Option<String>,
}

impl<'a> Sweep<'a> {
    /// Nothing seen yet; `needs` are the values that each prompt takes from `vars`.
    pub(super) fn new(
        suite: &'a str,
        goldens: &'a BTreeMap<(String, String), Golden>,
        needs: Vec<(String, BTreeSet<String>)>,
    ) -> Self {
        let lacking = needs.into_iter().flat_map(|(prompt, names)| {
            let one = move |name| Lacking { prompt: prompt.clone(), name, first: None, others: 0 };
            names.into_iter().map(one)
        });
        Self {
            suite,
            goldens,
            lacking: lacking.collect(),
            bare: None,
            bare_more: 0,
            ids: Vec::new(),
            hasher: Hasher::default(),
            any_golden: false,
            any_expect: false,
            count: 0,
            wordings: 0,
            with_file: BTreeSet::new(),
        }
    }

    /// The golden file of a case.
    pub(super) fn golden(&self, case: &str) -> Option<&'a Golden> {
        if self.goldens.is_empty() {
            return None;
        }
        self.goldens.get(&(self.suite.to_owned(), case.to_owned()))
    }

    /// Takes one case; `judged` says whether any scorer judges it, `content` is what decides it.
    pub(super) fn see(&mut self, draft: &Draft<'_>, judged: bool, content: &[u8]) {
        let case = &draft.case;
        let golden = self.golden(&case.id);
        self.count += 1;
        self.wordings += 1 + case.phrasings.len() as u64;
        self.any_golden |= golden.is_some() || !case.goldens.is_empty();
        self.any_expect |= !case.expect.is_empty();
        self.ids.push(Fingerprint::of_bytes(case.id.as_bytes()).short());
        self.hasher.add(content);
        if let Some(golden) = golden {
            self.with_file.insert(case.id.clone());
            golden.answers.iter().for_each(|answer| self.hasher.add(answer.as_bytes()));
        }
        for lacking in self.lacking.iter_mut().filter(|l| !case.vars.contains_key(&l.name)) {
            lacking.add(draft);
        }
        if !judged {
            match self.bare {
                None => self.bare = Some((draft.file, draft.place.clone(), case.id.clone())),
                Some(_) => self.bare_more += 1,
            }
        }
    }

    /// Takes something else that decides the cases.
    pub(super) fn add(&mut self, settings: Fingerprint) {
        self.hasher.add(settings.bytes());
    }

    /// Hash of everything that decides the cases.
    pub(super) fn fingerprint(&self) -> Fingerprint {
        self.hasher.finish()
    }

    /// The ids that may be used more than once, as the first bytes of their hashes.
    pub(super) fn repeated(&mut self) -> HashSet<u64> {
        self.ids.sort_unstable();
        let repeated = self.ids.windows(2).filter(|w| w[0] == w[1]).map(|w| w[0]).collect();
        self.ids = Vec::new();
        repeated
    }

    /// Reports values that prompts take from `vars` and some case does not give, at the first such case.
    pub(super) fn report_lacking(&mut self, files: &mut [Mistakes]) {
        for lacking in self.lacking.drain(..) {
            let Some(first) = lacking.first else { continue };
            let others = match lacking.others {
                0 => String::new(),
                1 => " (nor does 1 more case)".to_owned(),
                n => format!(" (nor do {n} more cases)"),
            };
            let (prompt, name) = (&lacking.prompt, &lacking.name);
            let finding = Diagnostic::error(format!(
                "prompt `{prompt}` needs `vars.{name}`, which case `{}` does not give{others}",
                first.id
            ));
            let finding = finding
                .at(first.place)
                .help(format!("add `vars = {{ {name} = … }}` to the case, or to `[defaults]` for all cases"));
            files[first.file].push(match first.near {
                Some(near) => finding.help(format!("the case gives `vars.{near}`: is that it?")),
                None => finding,
            });
        }
    }

    /// Reports cases that no scorer judges, at the first one.
    pub(super) fn report_bare(&mut self, files: &mut [Mistakes]) {
        let Some((file, place, id)) = self.bare.take() else { return };
        let more = if self.bare_more > 0 { format!(" and {} more", self.bare_more) } else { String::new() };
        let finding = Diagnostic::error(format!("no scorer judges case `{id}`{more}"));
        files[file].push(
            finding
                .at(place)
                .help("whatever the model said, the case could not fail")
                .help("add a `[[score]]` to the suite, or a `[[case.score]]` to the case"),
        );
    }
}

impl Lacking {
    fn add(&mut self, draft: &Draft<'_>) {
        if self.first.is_some() {
            self.others += 1;
            return;
        }
        let near = did_you_mean(&self.name, draft.case.vars.keys().map(String::as_str));
        self.first = Some(First {
            file: draft.file,
            place: draft.place.clone(),
            id: draft.case.id.clone(),
            near: near.map(str::to_owned),
        });
    }
}

/// A second look at the cases whose ids are used more than once; memory grows with these only.
pub(super) struct Repeats {
    wanted: HashSet<u64>,
    first: HashMap<String, Earlier>,
}

struct Earlier {
    place: String,
    derived: bool,
    turns: Vec<Turn>,
}

impl Repeats {
    /// A look at the ids with these hashes.
    pub(super) fn new(wanted: HashSet<u64>) -> Self {
        Self { wanted, first: HashMap::new() }
    }

    /// Reports a case whose id another one had before it.
    pub(super) fn see(&mut self, case: &Case, place: &Location, derived: bool, mistakes: &mut Mistakes) {
        let id = case.id.as_str();
        if !self.wanted.contains(&Fingerprint::of_bytes(id.as_bytes()).short()) {
            return;
        }
        let Some(earlier) = self.first.get(id) else {
            let line = place.file.line(place.span.start);
            let place = format!("{}:{line}", case.origin.path.display());
            self.first.insert(id.to_owned(), Earlier { place, derived, turns: case.turns.clone() });
            return;
        };
        let there = &earlier.place;
        let error = |message: String| Diagnostic::error(message).at(place.clone());
        mistakes.push(if !(derived && earlier.derived) {
            error(format!("case id `{id}` is used twice")).help(format!("the first one is at {there}"))
        } else if case.turns == earlier.turns {
            error(format!("the row asks the same as {there}"))
                .help("remove one of them, or give both an id and map it with `fields.id`")
        } else {
            error(format!("by chance the id made for this row is that of {there}"))
                .help("give the rows ids of their own and map them with `fields.id`")
        });
    }
}
