//! Asking models beside a run, for `judge` and `rescore`: each request once, every reply kept as it comes in, all
//! within one cost limit.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use anyhow::Context as _;

use super::runtime::block_on_until_stopped;
use super::{ExitStatus, Session, prepare};
use crate::clock;
use crate::fingerprint::Fingerprint;
use crate::project::Project;
use crate::provider::{RecordedAnswer, Request};
use crate::report::plural;
use crate::run::{Beside, Cache, CacheMode, Heard, OpenedModel, Stopped, refuse_unpriced};
use crate::store::Store;

/// Requests by model and key.
pub(super) type Wanted = BTreeMap<String, BTreeMap<Fingerprint, Request>>;

/// How models are asked.
pub(super) struct How {
    /// Send nothing.
    pub(super) offline: bool,
    /// Requests in flight at once.
    pub(super) concurrency: usize,
    /// Most USD, for all models together.
    pub(super) max_cost: Option<f64>,
}

/// What came of it.
#[derive(Default)]
pub(super) struct Replies {
    /// The models that were asked, by name.
    pub(super) models: BTreeMap<String, OpenedModel>,
    heard: BTreeMap<Fingerprint, Heard>,
    fresh: HashSet<Fingerprint>,
}

impl Replies {
    /// What came of a request, and whether it was sent just now.
    pub(super) fn of(&self, request: Fingerprint) -> (Heard, bool) {
        let heard = self.heard.get(&request).cloned();
        (heard.unwrap_or_else(|| Err("it was not asked".to_owned())), self.fresh.contains(&request))
    }

    /// What all replies cost when they were asked for; `None` when that is not known of all.
    pub(super) fn cost(&self) -> Option<f64> {
        self.heard.values().flatten().map(|answer| answer.cost).sum()
    }
}

/// How a command ends that could not ask all it wanted.
impl From<&Stopped> for ExitStatus {
    fn from(stopped: &Stopped) -> Self {
        match stopped {
            Stopped::Interrupted => ExitStatus::Interrupted,
            Stopped::Because(_) => ExitStatus::Incomplete,
        }
    }
}

/// Asks for what is wanted, each model in turn; the second part says why not all was asked.
pub(super) fn ask(
    session: &Session,
    project: &Project,
    store: &Arc<Store>,
    wanted: &Wanted,
    how: &How,
) -> anyhow::Result<(Replies, Option<Stopped>)> {
    let find = |name: &String| {
        let spec = project.config.models.get(name);
        spec.with_context(|| format!("there is no model `{name}`"))
    };
    let specs = wanted.keys().map(find).collect::<anyhow::Result<Vec<_>>>()?;
    refuse_unpriced(how.max_cost, specs.iter().copied())?;
    let mode = if how.offline { CacheMode::Offline } else { CacheMode::Use };
    let cache = Cache { mode, source: Some(store.clone()) };
    let options = prepare::open_options(session, Some(store.clone()), Arc::new(|_| {}))?;
    block_on_until_stopped(async |stop| {
        let mut replies = Replies::default();
        let mut beside = Beside::new(&cache, how.concurrency, how.max_cost, stop);
        for (spec, requests) in specs.into_iter().zip(wanted.values()) {
            let model = OpenedModel::open(spec, &options).await?;
            let requests: Vec<Request> = requests.values().cloned().collect();
            let mut keep = |answers: &[RecordedAnswer]| {
                replies.fresh.extend(answers.iter().map(|answer| answer.request));
                if let Err(error) = store.import_answers(answers, clock::now()) {
                    session
                        .printer
                        .talk(&format!("{} not kept: {error}", plural(answers.len() as u64, "answer")));
                }
            };
            let heard = beside.ask(&model, &requests, &mut keep).await;
            replies.heard.extend(requests.iter().map(|request| request.key).zip(heard));
            replies.models.insert(spec.name.clone(), model);
        }
        Ok((replies, beside.stopped()))
    })
}
