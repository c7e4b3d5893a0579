//! The plan: the ordered list of all trials, before anything is sent.

mod follow_up;
mod ready;

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::case::{Case, CaseName, Phrasing, Tier};
use crate::fingerprint::Fingerprint;
use crate::outcome::{CaseFacts, CellKey, Fingerprints, FollowUp, TrialKey, VariantKey};
use crate::project::Project;
use crate::prompt::{BARE, Message};
use crate::provider::{ModelSpec, Params, request_key};
use crate::selection::Selection;
use crate::suite::{CasesMoved, ScoredCase, Suite};

pub use follow_up::{FollowUps, Wish};
pub use ready::{ReadyError, ReadyTrial, chosen_retrieval, given_passages, reported_passages};

/// One wording of a case, with what its trials share.
#[derive(Debug)]
pub struct Wording {
    /// The wording.
    pub phrasing: Phrasing,
    /// Content hash of the case in this wording.
    pub fingerprint: Fingerprint,
    /// What a report needs of it.
    pub facts: CaseFacts,
}

/// One trial, ready to render.
#[derive(Debug, Clone)]
pub struct PlannedTrial {
    /// Which trial.
    pub key: TrialKey,
    /// Index into [`Plan::suites`].
    pub suite: usize,
    /// The case and what judges it.
    pub scored: ScoredCase,
    /// The wording.
    pub wording: Arc<Wording>,
    /// Why it is asked beside the planned ones; absent for a planned trial.
    pub follow_up: Option<FollowUp>,
}

/// All trials of a run, in sending order: suite, case, wording, variant, repeat.
///
/// A plan is counted when it is made and read as often as needed; its memory does not grow with its length.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The suites it draws from.
    pub suites: Vec<Suite>,
    /// Variants in order of first appearance, with their trials.
    pub variants: Vec<(VariantKey, u64)>,
    /// Sampling seed instead of the models' own.
    pub seed: Option<u64>,
    /// Whether the case's own sources stand in for passages that take time to look up: enough to count, and to try
    /// templates.
    pub stand_in: bool,
    /// Trials per suite of `suites`, and the cases they come from.
    pub sizes: Vec<Size>,
    selection: Selection,
    /// What is asked instead of the planned trials, in a plan of follow-ups.
    follow_ups: Option<Arc<FollowUps>>,
}

/// How much of a suite is in a plan.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Size {
    /// Cases.
    pub cases: u64,
    /// Cases and their further wordings.
    pub wordings: u64,
    /// Trials.
    pub trials: u64,
}

/// A selection that cannot be planned.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// A name that nothing has.
    #[error("no {what} is named `{name}`{}", suggestion(.near.as_deref()))]
    Unknown {
        /// `suite`, `case`, `tag`, `area`, `prompt`, `model` or `retrieval`.
        what: &'static str,
        /// As typed.
        name: String,
        /// A near name.
        near: Option<String>,
    },
    /// Everything exists, but nothing matches all filters together.
    #[error("no case matches: the filters exclude each other, so nothing would be checked")]
    Nothing,
    /// A file of cases is not what it was when it was checked.
    #[error(transparent)]
    Moved(#[from] CasesMoved),
}

fn suggestion(near: Option<&str>) -> String {
    near.map(|n| format!("; did you mean `{n}`?")).unwrap_or_default()
}

impl Plan {
    /// Plans a selection of a project.
    ///
    /// # Errors
    /// A name that nothing has, or filters that leave nothing.
    pub fn new(project: &Project, selection: &Selection) -> Result<Self, PlanError> {
        check_names(project, selection)?;
        let suites: Vec<Suite> =
            project.suites.iter().filter(|s| wanted(&selection.suites, &s.id)).cloned().collect();
        let mut plan = Self {
            suites,
            variants: Vec::new(),
            seed: selection.seed,
            stand_in: false,
            sizes: Vec::new(),
            selection: selection.clone(),
            follow_ups: None,
        };
        for at in 0..plan.suites.len() {
            let mut size = plan.size(at)?;
            let repeats = u64::from(plan.repeats(at));
            for (prompt, model) in plan.columns(at) {
                let variant = VariantKey { prompt: prompt.clone(), model: model.clone() };
                let trials = size.wordings * repeats;
                size.trials += trials;
                match plan.variants.iter_mut().find(|(known, _)| *known == variant) {
                    Some((_, all)) => *all += trials,
                    None if trials > 0 => plan.variants.push((variant, trials)),
                    None => {}
                }
            }
            plan.sizes.push(size);
        }
        if plan.is_empty() { Err(PlanError::Nothing) } else { Ok(plan) }
    }

    /// The same plan with the cases' own sources instead of what takes time to look up.
    #[must_use]
    pub fn standing_in(self) -> Self {
        Self { stand_in: true, ..self }
    }

    /// Number of trials.
    pub fn len(&self) -> u64 {
        self.sizes.iter().map(|size| size.trials).sum()
    }

    /// Whether there are no trials; never so in a plan that could be made.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All trials in order, one after the other.
    ///
    /// Items are errors when a file of cases is not what it was when it was checked.
    pub fn trials(&self) -> impl Iterator<Item = Result<PlannedTrial, CasesMoved>> + Send + '_ {
        (0..self.suites.len()).flat_map(move |at| {
            let columns = self.columns(at);
            self.cases(at).flat_map(move |scored| self.trials_of(at, &columns, scored))
        })
    }

    /// Names of the models that play customers.
    pub fn customers(&self) -> BTreeSet<String> {
        let written = self.suites.iter().flat_map(|suite| suite.cases.written());
        let wanted = written.filter(|scored| {
            let case = &scored.case;
            self.selection.names(&case.suite, &case.id) && self.selection.touches(&case.suite, &case.id)
        });
        wanted.filter_map(|scored| Some(scored.case.customer.as_ref()?.model.clone())).collect()
    }

    /// The models that judge, each once, by name.
    pub fn judge_models(&self) -> BTreeSet<String> {
        let scorers = self.suites.iter().flat_map(|suite| suite.cases.scorers());
        scorers.filter_map(|scorer| scorer.check.asking()).map(|asking| asking.model().to_owned()).collect()
    }

    /// The suite of a trial.
    pub fn suite(&self, trial: &PlannedTrial) -> &Suite {
        &self.suites[trial.suite]
    }

    /// The variants of a suite: prompt and model. A model named on the command line may be one that the suite does not list.
    pub fn columns(&self, at: usize) -> Vec<(String, String)> {
        let (suite, chosen) = (&self.suites[at], &self.selection);
        let models = if chosen.models.is_empty() { &suite.models } else { &chosen.models };
        let mut prompts = if chosen.prompts.is_empty() { &suite.prompts } else { &chosen.prompts }.clone();
        if chosen.bare && !prompts.iter().any(|prompt| prompt == BARE) {
            prompts.push(BARE.to_owned());
        }
        prompts.iter().flat_map(|p| models.iter().map(move |m| (p.clone(), m.clone()))).collect()
    }

    /// Whether the bare arm was asked for.
    pub fn has_bare_arm(&self) -> bool {
        self.selection.bare
    }

    /// Trials per wording and variant of a suite.
    pub fn repeats(&self, at: usize) -> u32 {
        self.selection.repeats.unwrap_or(self.suites[at].repeats)
    }

    fn size(&self, at: usize) -> Result<Size, CasesMoved> {
        let all = &self.suites[at].cases;
        if !self.selection.narrows_suites() {
            return Ok(Size { cases: all.count(), wordings: all.wordings(), trials: 0 });
        }
        self.cases(at).try_fold(Size::default(), |size, scored| {
            let wordings = size.wordings + 1 + scored?.case.phrasings.len() as u64;
            Ok(Size { cases: size.cases + 1, wordings, trials: 0 })
        })
    }

    /// The selected cases of a suite.
    fn cases(&self, at: usize) -> impl Iterator<Item = Result<ScoredCase, CasesMoved>> + Send + '_ {
        let chosen = &self.selection;
        self.suites[at].cases.each().filter(move |scored| {
            let Ok(ScoredCase { case, .. }) = scored else { return true };
            let in_tags = chosen.tags.is_empty() || chosen.tags.iter().any(|t| case.tags.contains(t));
            let in_area = wanted(&chosen.areas, case.area.as_deref().unwrap_or_default());
            let touched = chosen.touches(&case.suite, &case.id);
            let followed = self.follow_ups.as_ref().is_none_or(|f| f.touches(&case.suite, &case.id));
            chosen.names(&case.suite, &case.id) && in_tags && in_area && touched && followed
        })
    }

    fn trials_of(
        &self,
        at: usize,
        columns: &[(String, String)],
        scored: Result<ScoredCase, CasesMoved>,
    ) -> Vec<Result<PlannedTrial, CasesMoved>> {
        let scored = match scored {
            Ok(scored) => scored,
            Err(moved) => return vec![Err(moved)],
        };
        let mut trials = Vec::new();
        for phrasing in scored.case.wordings() {
            let wording = Arc::new(Wording {
                fingerprint: scored.case.fingerprint(&phrasing),
                facts: case_facts(&scored, &self.suites[at], &phrasing),
                phrasing,
            });
            for (prompt, model) in columns {
                let mut key = TrialKey {
                    suite: self.suites[at].id.clone(),
                    case: scored.case.id.clone(),
                    phrasing: wording.phrasing.key.clone(),
                    prompt: prompt.clone(),
                    model: model.clone(),
                    index: 1,
                };
                let (indices, follow_up) = self.indices(at, &key);
                for index in indices {
                    key.index = index;
                    let (key, scored, wording) = (key.clone(), scored.clone(), wording.clone());
                    trials.push(Ok(PlannedTrial { key, suite: at, scored, wording, follow_up }));
                }
            }
        }
        trials
    }

    /// The repeats of a cell, and why they are asked if not planned.
    fn indices(&self, at: usize, key: &TrialKey) -> (std::ops::Range<u32>, Option<FollowUp>) {
        let planned = self.repeats(at);
        let Some(follow_ups) = &self.follow_ups else { return (1..planned + 1, None) };
        let wish = follow_ups.of(&CellKey::from(key));
        wish.map_or((0..0, None), |wish| (planned + 1..planned + 1 + wish.trials, Some(wish.why)))
    }

    /// The key of a request of a trial.
    pub fn key(
        &self,
        project: &Project,
        trial: &TrialKey,
        params: &Params,
        messages: &[Message],
    ) -> Fingerprint {
        let answering = self.model(project, &trial.model).map(ModelSpec::answering);
        let (provider, model) = answering.map_or(("", ""), |a| (a.provider, a.model.as_str()));
        request_key(provider, model, params, messages, trial.index)
    }

    /// The model of a name; every planned name is in the settings.
    pub fn model<'p>(&self, project: &'p Project, name: &str) -> Option<&'p ModelSpec> {
        project.config.models.get(name)
    }

    /// The four hashes of a trial that do not need the provider, and the model's from `identity`.
    pub fn fingerprints(
        &self,
        trial: &PlannedTrial,
        ready: &ReadyTrial,
        spec: &ModelSpec,
        identity: &serde_json::Value,
    ) -> Fingerprints {
        let hashes: Vec<_> = ready.given.iter().map(|p| (&p.id, p.hash)).collect();
        let answering = spec.answering();
        Fingerprints {
            case: trial.wording.fingerprint,
            prompt: Fingerprint::of(&ready.messages),
            knowledge: Fingerprint::of(&hashes),
            scorers: trial.scored.rules,
            model: Fingerprint::of(&(answering.provider, &answering.model, &ready.params, identity)),
        }
    }
}

fn wanted(list: &[String], name: &str) -> bool {
    list.is_empty() || list.iter().any(|x| x == name)
}

/// What a report needs of a case in one wording. A case whose golden rests on passages that were edited since is suspect,
/// whatever its own tier; one in quarantine is out of the gate too.
pub fn case_facts(scored: &ScoredCase, suite: &Suite, wording: &Phrasing) -> CaseFacts {
    let case = &scored.case;
    let drifted = scored.golden.iter().flat_map(|golden| golden.drifted(&suite.knowledge));
    let suspect: Vec<String> = drifted.map(|drift| drift.to_string()).collect();
    let tier = match case.tier {
        tier if !tier.gates() => tier,
        _ if !suspect.is_empty() => Tier::Suspect,
        _ if suite.quarantined.contains(&case.id) => Tier::Quarantined,
        tier => tier,
    };
    CaseFacts {
        input: wording.text.clone(),
        history: case.history().to_vec(),
        goldens: case.goldens.clone(),
        sources: case.sources.iter().map(ToString::to_string).collect(),
        expect: case.expect.clone(),
        tags: case.tags.iter().cloned().collect(),
        owner: case.owner.clone(),
        area: case.area.clone(),
        tier,
        weight: case.weight,
        lang: case.lang.clone(),
        suspect,
    }
}

/// Every name that was typed is one that something has.
fn check_names(project: &Project, selection: &Selection) -> Result<(), PlanError> {
    let suites: BTreeSet<String> = project.suites.iter().map(|s| s.id.clone()).collect();
    let bare = selection.bare.then_some(BARE);
    let prompts: BTreeSet<String> = project.prompts.names().chain(bare).map(str::to_owned).collect();
    let models: BTreeSet<String> = project.config.models.keys().cloned().collect();
    let of_cases = |typed: &[String], names: fn(&Case) -> Vec<String>| -> Result<_, PlanError> {
        let mut known = BTreeSet::new();
        if !typed.is_empty() {
            for scored in project.suites.iter().flat_map(|s| s.cases.each()) {
                known.extend(names(&scored?.case));
            }
        }
        Ok(known)
    };
    let named = of_cases(&selection.cases, |case| vec![format!("{}/{}", case.suite, case.id)])?;
    for name in &selection.cases {
        let parsed = CaseName::parse(name);
        let mut each = named.iter().filter_map(|name| name.split_once('/'));
        if !each.any(|(suite, case)| parsed.is(suite, case)) {
            return Err(unknown("case", name, named.iter().flat_map(|name| CaseName::parse(name).ids())));
        }
    }
    let tags = of_cases(&selection.tags, |case| case.tags.iter().cloned().collect())?;
    let areas = of_cases(&selection.areas, |case| case.area.iter().cloned().collect())?;
    let retrievals: BTreeSet<String> = project.retrievals.names().map(str::to_owned).collect();
    let retrieval: Vec<String> = selection.retrieval.iter().cloned().collect();
    for (what, typed, known) in [
        ("suite", &selection.suites, suites),
        ("tag", &selection.tags, tags),
        ("area", &selection.areas, areas),
        ("prompt", &selection.prompts, prompts),
        ("model", &selection.models, models),
        ("retrieval", &retrieval, retrievals),
    ] {
        if let Some(name) = typed.iter().find(|n| !known.contains(*n)) {
            return Err(unknown(what, name, known.iter().map(String::as_str)));
        }
    }
    Ok(())
}

fn unknown<'a>(what: &'static str, name: &str, known: impl Iterator<Item = &'a str>) -> PlanError {
    let near = crate::diagnostic::did_you_mean(name, known).map(str::to_owned);
    PlanError::Unknown { what, name: name.to_owned(), near }
}
