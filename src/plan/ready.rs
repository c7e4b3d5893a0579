//! One trial, ready to be sent: its passages looked up, its messages rendered.

use std::sync::Arc;

use futures_util::FutureExt as _;

use crate::diagnostic::Diagnostic;
use crate::fingerprint::Fingerprint;
use crate::knowledge::{Knowledge, Passage};
use crate::outcome::{GivenPassage, TrialKey};
use crate::plan::{Plan, PlannedTrial};
use crate::project::Project;
use crate::prompt::{Message, RenderError, RenderInput};
use crate::provider::{Completion, ErrorKind, ModelSpec, Params, ProviderError};
use crate::retrieve::{Ask, Asker, Needs, Recorded, Retrieval, RetrieveError, named_passages};
use crate::suite::Suite;

/// Why a trial cannot be sent.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ReadyError {
    /// The template failed on its case.
    #[error(transparent)]
    Render(#[from] RenderError),
    /// Its passages could not be looked up.
    #[error(transparent)]
    Retrieve(#[from] RetrieveError),
    /// The passages that a bot says it answered from are not to be had.
    #[error("the passages that the bot says it answered from: {0}")]
    Reported(String),
}

impl ReadyError {
    /// The finding for the user.
    pub fn into_diagnostic(self) -> Diagnostic {
        match self {
            Self::Render(error) => *error.0,
            Self::Retrieve(_) | Self::Reported(_) => Diagnostic::error(self.to_string()),
        }
    }

    /// The failure as it is recorded with the trial.
    pub fn into_failure(self) -> ProviderError {
        let kind = match &self {
            Self::Render(_) => ErrorKind::BadRequest,
            Self::Retrieve(error) => error.failure.kind,
            Self::Reported(_) => ErrorKind::Retrieval,
        };
        ProviderError::new(kind, self.to_string())
    }

    /// Whether the run ended before it was known: the trial has no result.
    pub fn is_withdrawn(&self) -> bool {
        matches!(self, Self::Retrieve(error) if error.failure.withdrawn)
    }

    /// Whether nobody asked the user's own retriever for its passages yet.
    pub fn is_unasked(&self) -> bool {
        matches!(self, Self::Retrieve(error) if error.failure.kind == ErrorKind::Missing)
    }
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
    /// Whether they stand in the order of their rank, the best first.
    pub ranked: bool,
    /// Whether passages were looked up at all; none may have been found.
    pub looked_up: bool,
    /// Passages of the declared sources.
    pub sources: Vec<Arc<Passage>>,
}

impl ReadyTrial {
    /// A trial of which nothing could be rendered.
    pub fn unrendered(key: &TrialKey, spec: &ModelSpec) -> Self {
        Self {
            key: key.clone(),
            messages: Vec::new(),
            params: spec.params.clone(),
            request: Fingerprint::of(key),
            given: Vec::new(),
            ranked: false,
            looked_up: false,
            sources: Vec::new(),
        }
    }
}

impl Plan {
    /// Retrieves, renders and keys one trial.
    ///
    /// # Errors
    /// The passages could not be looked up, or the template failed on this case.
    pub async fn ready(
        &self,
        project: &Project,
        trial: &PlannedTrial,
        asker: &dyn Asker,
    ) -> Result<ReadyTrial, ReadyError> {
        self.ready_after(&[], &trial.wording.phrasing.text, project, trial, asker).await
    }

    /// The same where nothing is sent.
    ///
    /// # Errors
    /// As [`Plan::ready`]; also where the user's own retriever was not asked yet.
    pub fn ready_now(
        &self,
        project: &Project,
        trial: &PlannedTrial,
        recorded: &Recorded,
    ) -> Result<ReadyTrial, ReadyError> {
        self.ready_after_now(&[], &trial.wording.phrasing.text, project, trial, recorded)
    }

    /// [`Plan::ready_after`] where nothing is sent.
    ///
    /// # Errors
    /// As [`Plan::ready_now`].
    pub fn ready_after_now(
        &self,
        said: &[Message],
        input: &str,
        project: &Project,
        trial: &PlannedTrial,
        recorded: &Recorded,
    ) -> Result<ReadyTrial, ReadyError> {
        // Nothing in it waits when nobody is asked.
        let waits = || RetrieveError { name: String::new(), failure: "it waits".to_owned().into() };
        let ready = self.ready_after(said, input, project, trial, recorded);
        ready.now_or_never().unwrap_or_else(|| Err(waits().into()))
    }

    /// How the passages for a model in a suite are chosen: as the selection says, or else the model, or else the suite.
    pub fn retrieval<'p>(&'p self, project: &'p Project, at: usize, model: &str) -> &'p Retrieval {
        let wanted = chosen_retrieval(project, self.selection.retrieval.as_deref(), model, &self.suites[at]);
        let stands_in = self.stand_in && wanted.kind().needs != Needs::Nothing;
        if stands_in { project.retrievals.get("gold").unwrap_or(wanted) } else { wanted }
    }

    /// The retrievals of all columns of a suite.
    pub fn retrievals<'p>(&'p self, project: &'p Project, at: usize) -> Vec<&'p Retrieval> {
        let mut found: Vec<&Retrieval> = Vec::new();
        for (_, model) in self.columns(at) {
            let retrieval = self.retrieval(project, at, &model);
            if found.iter().all(|known| known.name() != retrieval.name()) {
                found.push(retrieval);
            }
        }
        found
    }

    /// The retrievals of all suites that have trials.
    pub fn all_retrievals<'p>(&'p self, project: &'p Project) -> impl Iterator<Item = &'p Retrieval> {
        let sized = self.sizes.iter().enumerate().filter(|(_, size)| size.trials > 0);
        sized.flat_map(|(at, _)| self.retrievals(project, at))
    }

    /// Retrieves, renders and keys a later turn of a trial's conversation: `input` is what the customer says now,
    /// `said` what was said since the trial began.
    ///
    /// # Errors
    /// The passages could not be looked up, or the template failed on this case.
    pub async fn ready_after(
        &self,
        said: &[Message],
        input: &str,
        project: &Project,
        trial: &PlannedTrial,
        asker: &dyn Asker,
    ) -> Result<ReadyTrial, ReadyError> {
        let suite = self.suite(trial);
        let case = &trial.scored.case;
        let uses = project.prompts.get(&trial.key.prompt).is_some_and(|p| p.uses_passages);
        let retrieval = self.retrieval(project, trial.suite, &trial.key.model);
        let looked_up = uses && retrieval.looks_up();
        let budget = retrieval.budget(suite.limits);
        let ask = Ask { knowledge: &suite.knowledge, case, question: input, said, budget, asker };
        let given = if looked_up { retrieval.retrieve(&ask).await? } else { Vec::new() };
        let input = RenderInput { case, input, passages: &given };
        let messages = project.prompts.render_after(said, &trial.key.prompt, &input)?;
        let spec = self.model(project, &trial.key.model);
        let params = match spec {
            Some(spec) => {
                let mut params = spec.answering().params.clone();
                // Every repeat samples with a seed of its own; the first one with the seed as written.
                let seed = self.seed.or(params.seed);
                params.seed =
                    seed.map(|seed| seed.wrapping_add(u64::from(trial.key.index.saturating_sub(1))));
                params
            }
            None => Params::default(),
        };
        let request = self.key(project, &trial.key, &params, &messages);
        let sources = suite.knowledge.resolve_all(&case.sources);
        let (key, ranked) = (trial.key.clone(), retrieval.kind().ranked);
        Ok(ReadyTrial { key, messages, params, request, given, ranked, looked_up, sources })
    }
}

/// How the passages for a model in a suite are chosen: as the command line says, or else the model, or else the suite.
pub fn chosen_retrieval<'p>(
    project: &'p Project,
    named: Option<&str>,
    model: &str,
    suite: &'p Suite,
) -> &'p Retrieval {
    let of_model = || project.config.models.get(model).and_then(|spec| spec.retrieval.as_deref());
    let named = named.or_else(of_model);
    named.and_then(|name| project.retrievals.get(name)).unwrap_or(&suite.retrieval)
}

/// The passages that a bot says it answered from; `None` where it does not say.
///
/// # Errors
/// It names one that is not to be had.
pub fn reported_passages(
    knowledge: &Knowledge,
    completion: &Completion,
) -> Result<Option<Vec<Arc<Passage>>>, ReadyError> {
    let named = completion.passages.as_deref();
    named.map(|named| named_passages(knowledge, named)).transpose().map_err(ReadyError::Reported)
}

/// The passages as they are recorded.
pub fn given_passages(passages: &[Arc<Passage>], ranked: bool) -> Vec<GivenPassage> {
    passages
        .iter()
        .zip(1..)
        .map(|(p, rank)| GivenPassage {
            id: p.id.clone(),
            heading: if p.heading.is_empty() {
                p.title.clone()
            } else {
                format!("{} › {}", p.title, p.heading)
            },
            text: p.text.clone(),
            hash: p.hash,
            rank: ranked.then_some(rank),
        })
        .collect()
}
