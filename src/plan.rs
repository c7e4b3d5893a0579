//! The plan: the ordered list of all trials, before anything is sent.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::case::Phrasing;
use crate::fingerprint::Fingerprint;
use crate::knowledge::Passage;
use crate::outcome::{CaseFacts, Fingerprints, GivenPassage, TrialKey, VariantKey};
use crate::project::Project;
use crate::prompt::{Message, RenderError, RenderInput};
use crate::provider::{ModelSpec, Params, request_key};
use crate::retrieve::retrieve;
use crate::score::Scorer;
use crate::selection::Selection;
use crate::suite::{ScoredCase, Suite};

/// One trial, ready to render.
#[derive(Debug, Clone)]
pub struct PlannedTrial {
    /// Which trial.
    pub key: TrialKey,
    /// Index into [`Plan::suites`].
    pub suite: usize,
    /// Index into that suite's cases.
    pub case: usize,
    /// The wording.
    pub wording: Phrasing,
}

/// All trials of a run, in sending order: suite, case, wording, variant, repeat.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The suites it draws from.
    pub suites: Vec<Suite>,
    /// Trials in order.
    pub trials: Vec<PlannedTrial>,
    /// Variants in order of first appearance.
    pub variants: Vec<VariantKey>,
    /// Sampling seed instead of the models' own.
    pub seed: Option<u64>,
}

/// A selection that cannot be planned.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// A name that nothing has.
    #[error("no {what} is named `{name}`{}", suggestion(.near.as_deref()))]
    Unknown {
        /// `suite`, `case`, `tag`, `area`, `prompt` or `model`.
        what: &'static str,
        /// As typed.
        name: String,
        /// A near name.
        near: Option<String>,
    },
    /// Everything exists, but nothing matches all filters together.
    #[error("no case matches: the filters exclude each other, so nothing would be checked")]
    Nothing,
}

fn suggestion(near: Option<&str>) -> String {
    near.map(|n| format!("; did you mean `{n}`?")).unwrap_or_default()
}

/// A trial with everything that is sent and judged.
#[derive(Debug, Clone)]
pub struct ReadyTrial {
    /// Which trial.
    pub key: TrialKey,
    /// What is sent.
    pub messages: Vec<Message>,
    /// Parameters, the trial's own seed included.
    pub params: Params,
    /// Key of the request.
    pub request: Fingerprint,
    /// Passages given.
    pub given: Vec<Arc<Passage>>,
    /// Passages of the declared sources.
    pub sources: Vec<Arc<Passage>>,
}

impl Plan {
    /// Plans a selection of a project.
    ///
    /// # Errors
    /// A name that nothing has, or filters that leave nothing.
    pub fn new(project: &Project, selection: &Selection) -> Result<Self, PlanError> {
        check_names(project, selection)?;
        let wanted = |list: &[String], name: &str| list.is_empty() || list.iter().any(|x| x == name);
        let suites: Vec<Suite> =
            project.suites.iter().filter(|s| wanted(&selection.suites, &s.id)).cloned().collect();
        let mut trials = Vec::new();
        let mut variants: Vec<VariantKey> = Vec::new();
        for (s, suite) in suites.iter().enumerate() {
            // A model named on the command line may be one that the suite does not list.
            let models = if selection.models.is_empty() { &suite.models } else { &selection.models };
            let prompts = if selection.prompts.is_empty() { &suite.prompts } else { &selection.prompts };
            for (c, scored) in suite.cases.iter().enumerate() {
                let case = &scored.case;
                let in_tags =
                    selection.tags.is_empty() || selection.tags.iter().any(|t| case.tags.contains(t));
                let in_area = wanted(&selection.areas, case.area.as_deref().unwrap_or_default());
                if !(wanted(&selection.cases, &case.id) && in_tags && in_area) {
                    continue;
                }
                for wording in case.wordings() {
                    for (prompt, model) in prompts.iter().flat_map(|p| models.iter().map(move |m| (p, m))) {
                        let variant = VariantKey { prompt: prompt.clone(), model: model.clone() };
                        if !variants.contains(&variant) {
                            variants.push(variant);
                        }
                        for index in 1..=selection.repeats.unwrap_or(suite.repeats) {
                            let key = TrialKey {
                                suite: suite.id.clone(),
                                case: case.id.clone(),
                                phrasing: wording.key.clone(),
                                prompt: prompt.clone(),
                                model: model.clone(),
                                index,
                            };
                            trials.push(PlannedTrial { key, suite: s, case: c, wording: wording.clone() });
                        }
                    }
                }
            }
        }
        if trials.is_empty() {
            return Err(PlanError::Nothing);
        }
        Ok(Self { suites, trials, variants, seed: selection.seed })
    }

    /// The suite of a trial.
    pub fn suite(&self, trial: &PlannedTrial) -> &Suite {
        &self.suites[trial.suite]
    }

    /// The case and scorers of a trial.
    pub fn case(&self, trial: &PlannedTrial) -> &ScoredCase {
        &self.suites[trial.suite].cases[trial.case]
    }

    /// Retrieves, renders and keys one trial.
    ///
    /// # Errors
    /// The template failed on this case.
    pub fn ready(&self, project: &Project, trial: &PlannedTrial) -> Result<ReadyTrial, RenderError> {
        let suite = self.suite(trial);
        let case = &self.case(trial).case;
        let uses = project.prompts.get(&trial.key.prompt).is_some_and(|p| p.uses_passages);
        let given = if uses {
            retrieve(suite.retrieval, &suite.knowledge, case, &trial.wording.text, suite.budget)
        } else {
            Vec::new()
        };
        let input = RenderInput { case, input: &trial.wording.text, passages: &given };
        let messages = project.prompts.render(&trial.key.prompt, &input)?;
        let spec = self.model(project, &trial.key.model);
        let (params, provider, model) = match spec {
            Some(spec) => {
                let answering = spec.answering();
                let mut params = answering.params.clone();
                // Every repeat samples with a seed of its own; the first one with the seed as written.
                let seed = self.seed.or(params.seed);
                params.seed =
                    seed.map(|seed| seed.wrapping_add(u64::from(trial.key.index.saturating_sub(1))));
                (params, answering.provider, answering.model.as_str())
            }
            None => (Params::default(), "", ""),
        };
        let request = request_key(provider, model, &params, &messages, trial.key.index);
        let sources = suite.knowledge.resolve_all(&case.sources);
        Ok(ReadyTrial { key: trial.key.clone(), messages, params, request, given, sources })
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
        let scored = self.case(trial);
        let rules: Vec<_> = scored.scorers.iter().map(Scorer::rules).collect();
        let hashes: Vec<_> = ready.given.iter().map(|p| (&p.id, p.hash)).collect();
        let answering = spec.answering();
        Fingerprints {
            case: scored.case.fingerprint(&trial.wording),
            prompt: Fingerprint::of(&ready.messages),
            knowledge: Fingerprint::of(&hashes),
            scorers: Fingerprint::of(&(rules, self.suite(trial).markers.fingerprint())),
            model: Fingerprint::of(&(answering.provider, &answering.model, &ready.params, identity)),
        }
    }

    /// What a report needs of the case.
    pub fn facts(&self, trial: &PlannedTrial) -> CaseFacts {
        let case = &self.case(trial).case;
        CaseFacts {
            input: trial.wording.text.clone(),
            history: case.history().to_vec(),
            goldens: case.goldens.clone(),
            sources: case.sources.iter().map(ToString::to_string).collect(),
            expect: case.expect.clone(),
            tags: case.tags.iter().cloned().collect(),
            owner: case.owner.clone(),
            area: case.area.clone(),
            tier: case.tier,
            weight: case.weight,
            lang: case.lang.clone(),
        }
    }
}

/// The passages as they are recorded.
pub fn given_passages(passages: &[Arc<Passage>]) -> Vec<GivenPassage> {
    passages
        .iter()
        .map(|p| GivenPassage {
            id: p.id.clone(),
            heading: if p.heading.is_empty() {
                p.title.clone()
            } else {
                format!("{} › {}", p.title, p.heading)
            },
            text: p.text.clone(),
            hash: p.hash,
        })
        .collect()
}

fn check_names(project: &Project, selection: &Selection) -> Result<(), PlanError> {
    let cases = || project.suites.iter().flat_map(|s| s.cases.iter().map(|c| &c.case));
    let suites: BTreeSet<&str> = project.suites.iter().map(|s| s.id.as_str()).collect();
    let ids: BTreeSet<&str> = cases().map(|c| c.id.as_str()).collect();
    let tags: BTreeSet<&str> = cases().flat_map(|c| c.tags.iter().map(String::as_str)).collect();
    let areas: BTreeSet<&str> = cases().filter_map(|c| c.area.as_deref()).collect();
    let prompts: BTreeSet<&str> = project.prompts.names().collect();
    let models: BTreeSet<&str> = project.config.models.keys().map(String::as_str).collect();
    for (what, typed, known) in [
        ("suite", &selection.suites, suites),
        ("case", &selection.cases, ids),
        ("tag", &selection.tags, tags),
        ("area", &selection.areas, areas),
        ("prompt", &selection.prompts, prompts),
        ("model", &selection.models, models),
    ] {
        if let Some(name) = typed.iter().find(|n| !known.contains(n.as_str())) {
            let near = crate::diagnostic::did_you_mean(name, known.iter().copied()).map(str::to_owned);
            return Err(PlanError::Unknown { what, name: name.clone(), near });
        }
    }
    Ok(())
}
