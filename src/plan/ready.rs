//! One trial, ready to be sent: its passages looked up, its messages rendered.

use std::sync::Arc;

use crate::diagnostic::Diagnostic;
use crate::fingerprint::Fingerprint;
use crate::knowledge::Passage;
use crate::outcome::{GivenPassage, TrialKey};
use crate::plan::{Plan, PlannedTrial};
use crate::project::Project;
use crate::prompt::{Message, RenderError, RenderInput};
use crate::provider::{ErrorKind, ModelSpec, Params, ProviderError};
use crate::retrieve::{Ask, RetrieveError};

/// Why a trial cannot be sent.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ReadyError {
    /// The template failed on its case.
    #[error(transparent)]
    Render(#[from] RenderError),
    /// Its passages could not be looked up.
    #[error(transparent)]
    Retrieve(#[from] RetrieveError),
}

impl ReadyError {
    /// The finding for the user.
    pub fn into_diagnostic(self) -> Diagnostic {
        match self {
            Self::Render(error) => *error.0,
            Self::Retrieve(error) => Diagnostic::error(error.to_string()),
        }
    }

    /// The failure as it is recorded with the trial.
    pub fn into_failure(self) -> ProviderError {
        let kind = match &self {
            Self::Render(_) => ErrorKind::BadRequest,
            Self::Retrieve(_) => ErrorKind::Retrieval,
        };
        ProviderError::new(kind, self.to_string())
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
            sources: Vec::new(),
        }
    }
}

impl Plan {
    /// Retrieves, renders and keys one trial.
    ///
    /// # Errors
    /// The passages could not be looked up, or the template failed on this case.
    pub fn ready(&self, project: &Project, trial: &PlannedTrial) -> Result<ReadyTrial, ReadyError> {
        self.ready_after(&[], &trial.wording.phrasing.text, project, trial)
    }

    /// Retrieves, renders and keys a later turn of a trial's conversation: `input` is what the customer says now,
    /// `said` what was said since the trial began.
    ///
    /// # Errors
    /// The passages could not be looked up, or the template failed on this case.
    pub fn ready_after(
        &self,
        said: &[Message],
        input: &str,
        project: &Project,
        trial: &PlannedTrial,
    ) -> Result<ReadyTrial, ReadyError> {
        let suite = self.suite(trial);
        let case = &trial.scored.case;
        let uses = project.prompts.get(&trial.key.prompt).is_some_and(|p| p.uses_passages);
        let ask = Ask { knowledge: &suite.knowledge, case, question: input, budget: suite.budget };
        let given = if uses { suite.retrieval.retrieve(&ask)? } else { Vec::new() };
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
        let ranked = suite.retrieval.ranked();
        Ok(ReadyTrial { key: trial.key.clone(), messages, params, request, given, ranked, sources })
    }
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
