//! The models of a run, opened once and shared by its trials.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use serde_json::Value;
use tokio::sync::Semaphore;

use super::first::First;
use crate::plan::Plan;
use crate::project::Project;
use crate::provider::{
    self, AnswerSource, FetchProgress, ModelSpec, OpenArgs, Provider, ProviderError, Usage,
};

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
    /// The first request to it goes alone.
    pub(super) first: First,
    /// As many permits as requests it can work on; absent = no limit of its own.
    pub permits: Option<Semaphore>,
}

impl OpenedModel {
    /// Opens one model.
    ///
    /// # Errors
    /// A missing key, weights that cannot be had, an unreadable cassette.
    pub async fn open(spec: &ModelSpec, options: &OpenOptions) -> Result<Self, ProviderError> {
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
        Ok(Self { spec: spec.clone(), provider, identity, first: First::default(), permits })
    }

    /// USD for one answer; `None` when the price or the tokens are not known.
    pub fn cost(&self, usage: &Usage) -> Option<f64> {
        self.spec.answering().cost(usage)
    }
}

/// All models of a plan.
pub struct Models(BTreeMap<String, OpenedModel>);

impl Models {
    /// Opens every model that the plan uses, one after the other (downloads are shown one at a time).
    ///
    /// # Errors
    /// The first model that cannot be opened.
    pub async fn open(project: &Project, plan: &Plan, options: &OpenOptions) -> Result<Self, ProviderError> {
        let mut opened = BTreeMap::new();
        for (variant, _) in &plan.variants {
            if !opened.contains_key(&variant.model)
                && let Some(spec) = project.config.models.get(&variant.model)
            {
                opened.insert(variant.model.clone(), OpenedModel::open(spec, options).await?);
            }
        }
        Ok(Self(opened))
    }

    /// The model of a name.
    pub fn get(&self, name: &str) -> Option<&OpenedModel> {
        self.0.get(name)
    }

    /// All of them, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&String, &OpenedModel)> {
        self.0.iter()
    }
}
