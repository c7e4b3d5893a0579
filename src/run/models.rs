//! The models of a run, opened once and shared by its trials.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use serde_json::Value;
use tokio::sync::Semaphore;

use super::limit::{FirstReply, Limiter, Tell};
use crate::fingerprint::Fingerprint;
use crate::plan::Plan;
use crate::project::Project;
use crate::provider::{
    self, AnswerSource, Completion, FetchProgress, ModelSpec, OpenArgs, Provider, ProviderError,
    RecordedAnswer, Usage,
};
use crate::retrieve::Retrieval;
use crate::secret::Redactor;

/// How models are opened.
#[derive(Clone)]
pub struct OpenOptions {
    /// Recorded answers, for `replay`.
    pub answers: Option<Arc<dyn AnswerSource>>,
    /// Folder for downloaded weights.
    pub cache_dir: PathBuf,
    /// Base address of the model hub, when the user moved it.
    pub hub: Option<String>,
    /// Told about downloads.
    pub on_fetch: Arc<dyn Fn(FetchProgress) + Send + Sync>,
    /// Workers of an in-process engine; 0 = one per core.
    pub workers: usize,
}

/// One model, ready to be asked.
pub struct OpenedModel {
    /// Its settings.
    pub spec: ModelSpec,
    /// The way to reach it.
    pub provider: Arc<dyn Provider>,
    /// Engine identity.
    pub identity: Value,
    /// As many permits as requests it can work on; absent = no limit of its own.
    pub permits: Option<Semaphore>,
    /// What its requests pass on their way to an endpoint; absent where nothing is sent.
    pub(super) line: Option<Line>,
}

/// The way of a model's requests to its endpoint.
pub(super) struct Line {
    /// The limits of the endpoint and key.
    pub(super) limiter: Arc<Limiter>,
    /// What the model's first request came to.
    pub(super) first: FirstReply,
    /// The secrets that its requests carry.
    pub(super) redactor: Redactor,
}

impl OpenedModel {
    /// Opens one model.
    ///
    /// # Errors
    /// A missing key, weights that cannot be had, an unreadable cassette.
    pub async fn open(spec: &ModelSpec, options: &OpenOptions) -> Result<Self, ProviderError> {
        Self::beside(spec, options, &mut BTreeMap::new()).await
    }

    /// Opens a model that shares its limiter with those of the same endpoint and key.
    async fn beside(
        spec: &ModelSpec,
        options: &OpenOptions,
        limiters: &mut BTreeMap<String, Arc<Limiter>>,
    ) -> Result<Self, ProviderError> {
        let args = OpenArgs {
            spec,
            answers: options.answers.clone(),
            cache_dir: &options.cache_dir,
            hub: options.hub.as_deref(),
            on_fetch: options.on_fetch.clone(),
            workers: options.workers,
        };
        let kind = provider::find(spec.provider).ok_or_else(|| {
            let message = format!("there is no provider `{}` in this build", spec.provider);
            ProviderError::new(provider::ErrorKind::UnknownModel, message)
        })?;
        let provider = (kind.open)(args).await?;
        let identity = provider.identity();
        let permits = provider.max_parallel().map(Semaphore::new);
        let sends = permits.is_none() && !spec.is_replay();
        let line = sends.then(|| Line {
            limiter: limiter(spec, limiters),
            first: FirstReply::default(),
            redactor: redactor(spec),
        });
        Ok(Self { spec: spec.clone(), provider, identity, permits, line })
    }

    /// An answer as it is recorded.
    pub(super) fn recorded(
        &self,
        request: Fingerprint,
        cost: Option<f64>,
        completion: Completion,
    ) -> RecordedAnswer {
        let answering = self.spec.answering();
        RecordedAnswer {
            request,
            provider: answering.provider.to_owned(),
            model: answering.model.clone(),
            identity: self.identity.clone(),
            cost,
            completion,
        }
    }

    /// USD for one answer, as it is recorded: what is replayed keeps the cost that it had. `None` when the price or
    /// the tokens are not known.
    pub fn cost(&self, usage: &Usage) -> Option<f64> {
        self.spec.answering().cost(usage)
    }

    /// USD that one answer takes of a cost limit: for what is replayed nobody pays.
    pub(super) fn spends(&self, usage: &Usage) -> Option<f64> {
        if self.spec.is_replay() { Some(0.0) } else { self.cost(usage) }
    }
}

/// Finds the secrets of a model in what comes back.
fn redactor(spec: &ModelSpec) -> Redactor {
    let headers = spec.access.headers.iter().filter(|h| h.env.is_some()).filter_map(|h| h.value.as_ref());
    Redactor::new(headers.chain(&spec.api_key))
}

/// The limiter of a model's endpoint and key; a new one for the first that has it.
fn limiter(spec: &ModelSpec, limiters: &mut BTreeMap<String, Arc<Limiter>>) -> Arc<Limiter> {
    let key = spec.limit_key();
    let endpoint = key.split(' ').next().unwrap_or_default().to_owned();
    let shared = limiters.entry(key).or_insert_with(|| Arc::new(Limiter::new(endpoint, &spec.limits)));
    shared.tighten(&spec.limits);
    shared.clone()
}

/// All models of a plan.
pub struct Models {
    by_name: BTreeMap<String, OpenedModel>,
    /// The user's own retrievers, which are asked like models.
    retrievers: BTreeMap<String, OpenedModel>,
}

impl Models {
    /// Opens every model that the plan uses, judges included, one after the other (downloads are shown one at a time).
    ///
    /// # Errors
    /// The first model that cannot be opened.
    pub async fn open(project: &Project, plan: &Plan, options: &OpenOptions) -> Result<Self, ProviderError> {
        let mut opened = BTreeMap::new();
        let mut limiters = BTreeMap::new();
        let answering = plan.variants.iter().map(|(variant, _)| variant.model.clone());
        for name in answering.chain(plan.customers()).chain(plan.judge_models()) {
            if !opened.contains_key(&name)
                && let Some(spec) = project.config.models.get(&name)
            {
                opened.insert(name, OpenedModel::beside(spec, options, &mut limiters).await?);
            }
        }
        let mut retrievers = BTreeMap::new();
        for retrieval in plan.all_retrievals(project) {
            if let Some(spec) = project.retrievals.get(retrieval.name()).and_then(Retrieval::endpoint) {
                let opened = OpenedModel::beside(spec, options, &mut limiters).await?;
                retrievers.insert(retrieval.name().to_owned(), opened);
            }
        }
        Ok(Self { by_name: opened, retrievers })
    }

    /// A run begins that has at most `concurrency` trials in flight; `tell` takes the history of the limits.
    pub fn begin(&self, concurrency: u32, tell: &Tell) {
        let mut begun: Vec<*const Limiter> = Vec::new();
        let all = self.by_name.values().chain(self.retrievers.values());
        for line in all.filter_map(|m| m.line.as_ref()) {
            line.first.begin();
            if !begun.contains(&Arc::as_ptr(&line.limiter)) {
                begun.push(Arc::as_ptr(&line.limiter));
                line.limiter.begin(concurrency, tell.clone());
            }
        }
    }

    /// The model of a name.
    pub fn get(&self, name: &str) -> Option<&OpenedModel> {
        self.by_name.get(name)
    }

    /// The user's own retriever of a name.
    pub(super) fn retriever(&self, name: &str) -> Option<&OpenedModel> {
        self.retrievers.get(name)
    }

    /// All of them, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&String, &OpenedModel)> {
        self.by_name.iter()
    }
}
