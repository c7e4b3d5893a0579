//! One run of a project: begun or taken up again, its models opened, executed and judged.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};

use super::Args;
use super::finished::Finished;
use crate::cli::against::Against;
use crate::cli::{Session, claimed, prepare};
use crate::config::{Config, GateRules};
use crate::event::{Event, RecordError, Sink};
use crate::gate::FailFast;
use crate::outcome::{Outcome, Recorded as _, RunHeader, RunInfo, TrialKey, VariantKey};
use crate::plan::Plan;
use crate::project::Project;
use crate::provider::FetchProgress;
use crate::report::Progress;
use crate::run::{
    Afloat, Cache, CacheMode, Follower, Job, Limits, Models, OpenOptions, Skip, Stop, StopLevel, Taken,
    execute, refuse_unpriced,
};
use crate::selection::Selection;
use crate::store::{Claim, Store};

/// What a run needs besides the project.
pub(in crate::cli) struct Work<'a> {
    pub(in crate::cli) session: &'a Session,
    pub(in crate::cli) args: &'a Args,
    pub(in crate::cli) store: Arc<Store>,
    pub(in crate::cli) stop: &'a Stop,
    /// Whether cases are asked again when the planned trials have their results.
    pub(in crate::cli) follows: bool,
}

/// A run that is about to be executed, claimed for this process.
pub(in crate::cli) struct Begun {
    header: RunHeader,
    skip: Skip,
    _claim: Claim,
}

impl Begun {
    /// The same run without these trials.
    pub(in crate::cli) fn skipping(self, trials: HashSet<TrialKey>) -> Self {
        Self { skip: Skip::These(trials), ..self }
    }
}

type Sinks = Arc<Mutex<Vec<Box<dyn Sink>>>>;

impl Work<'_> {
    pub(in crate::cli) fn sinks(&self) -> Sinks {
        let progress = Progress::to_stderr(self.session.printer.progress_style());
        Arc::new(Mutex::new(vec![Box::new(progress)]))
    }

    /// Opens the models of a plan; `None` when the user stopped it.
    pub(in crate::cli) async fn open_models(
        &self,
        project: &Project,
        plan: &Plan,
        sinks: &Sinks,
    ) -> anyhow::Result<Option<Arc<Models>>> {
        let answering = plan.variants.iter().map(|(variant, _)| variant.model.clone());
        let asked = answering.chain(plan.customers()).chain(plan.judge_models());
        let asked: Vec<_> = asked.filter_map(|name| plan.model(project, &name)).collect();
        refuse_unpriced(self.max_cost(project), asked)?;
        let replay = self.args.replay();
        let answers = prepare::answers(self.session, project, replay.as_ref())?;
        let listeners = sinks.clone();
        let on_fetch = Arc::new(move |step: FetchProgress| {
            if let Ok(mut sinks) = listeners.lock() {
                for sink in sinks.iter_mut() {
                    sink.on_event(&Event::ModelFetched(step.clone()));
                }
            }
        });
        let options: OpenOptions = prepare::open_options(self.session, answers, on_fetch)?;
        let opening = async {
            let retrieves = prepare::retrieves_by_embedding(project, plan);
            prepare::fetch_embedder(prepare::used(plan), retrieves, &options, self.args.offline).await?;
            prepare::embed_passages(project, plan, options.on_fetch.clone()).await?;
            anyhow::Ok(Models::open(project, plan, &options).await?)
        };
        tokio::select! {
            opened = opening => Ok(Some(Arc::new(opened?))),
            _ = self.stop.reached(StopLevel::Drain) => Ok(None),
        }
    }

    /// Most USD that a run may spend.
    fn max_cost(&self, project: &Project) -> Option<f64> {
        self.args.max_cost.or(project.config.max_cost)
    }

    /// A new run, of which `left_out` trials are not part.
    pub(in crate::cli) fn begin(
        &self,
        project: &Project,
        plan: &Plan,
        models: &Models,
        selection: &Selection,
        left_out: u64,
    ) -> anyhow::Result<Begun> {
        let planned = plan.len() - left_out;
        let header = prepare::header(self.session, project, plan, models, selection, planned);
        let claim = self.store.claim(&header.id)?;
        let claim = claim.ok_or_else(|| anyhow::anyhow!("run {} is there already", header.id))?;
        Ok(Begun { header, skip: Skip::Nothing, _claim: claim })
    }

    /// A run taken up again.
    pub(in crate::cli) fn resume(
        &self,
        project: &Project,
        plan: &Plan,
        models: &Models,
        earlier: RunInfo,
    ) -> anyhow::Result<Begun> {
        let now = prepare::header(self.session, project, plan, models, &earlier.header.selection, plan.len());
        let header = prepare::same_run(earlier.header, &now)?;
        let claim = claimed(&self.store, &header.id)?;
        let skip = Skip::Recorded(self.stands(&header.id)?);
        Ok(Begun { header, skip, _claim: claim })
    }

    /// The newest run, taken up again, when it asked for the same, was not finished and nothing changed since.
    pub(in crate::cli) fn unfinished(
        &self,
        project: &Project,
        plan: &Plan,
        models: &Models,
        selection: &Selection,
    ) -> anyhow::Result<Option<Begun>> {
        if self.args.refresh {
            return Ok(None);
        }
        let Some(newest) = self.store.newest_unfinished(selection)? else { return Ok(None) };
        let now = prepare::header(self.session, project, plan, models, selection, plan.len());
        if newest.header.planned != plan.len() || newest.header.fingerprints != now.fingerprints {
            return Ok(None);
        }
        // A run that goes on elsewhere is not taken over.
        let Some(claim) = self.store.claim(&newest.header.id)? else { return Ok(None) };
        let stands = self.stands(&newest.header.id)?;
        let there: u64 = stands.iter().map(|(_, n)| n).sum();
        self.session.printer.talk(&format!(
            "finishing run {}: {there} of {} trials have their results",
            newest.header.id, newest.header.planned
        ));
        Ok(Some(Begun { header: newest.header, skip: Skip::Recorded(stands), _claim: claim }))
    }

    /// Results that stand, per variant: one that errored does not.
    fn stands(&self, run: &str) -> anyhow::Result<Vec<(crate::outcome::VariantKey, u64)>> {
        let tally = self.store.stored(run)?.tally()?;
        Ok(tally.into_iter().filter(|(_, o, _)| *o != Outcome::Errored).map(|(v, _, n)| (v, n)).collect())
    }

    /// Executes a run that was begun, and judges it; `taken` is what runs before took of limits that hold for all of them.
    pub(in crate::cli) async fn execute(
        &self,
        project: Project,
        plan: Plan,
        models: Arc<Models>,
        begun: Begun,
        sinks: Sinks,
        taken: Taken,
    ) -> anyhow::Result<Finished> {
        let args = self.args;
        let limits = Limits {
            concurrency: args.concurrency.map_or(project.config.concurrency, |n| n as usize),
            max_cost: self.max_cost(&project),
            max_errors: args.max_errors,
            max_time: args.max_time,
            taken,
        };
        let cache = Cache {
            mode: match (args.refresh, args.offline) {
                (true, _) => CacheMode::Refresh,
                (false, true) => CacheMode::Offline,
                (false, false) => CacheMode::Use,
            },
            source: Some(self.store.clone()),
        };
        let columns: Vec<VariantKey> = plan.variants.iter().map(|(variant, _)| variant.clone()).collect();
        let by = args.compare.by(&project.config, &columns)?;
        let mut rules = project.config.gate.clone();
        if let Some(baseline) = &args.baseline {
            rules.baseline = Some(baseline.clone());
        }
        rules.confirm = args.confirm.unwrap_or(rules.confirm);
        let config = project.config.clone();
        let id = begun.header.id.clone();
        let mut sinks =
            std::mem::take(&mut *sinks.lock().map_err(|_| anyhow::anyhow!("a progress sink panicked"))?);
        if args.fail_fast {
            sinks.push(Box::new(self.fail_fast(&config, &rules, &plan, &begun.header)?));
        }
        let (project, plan, header) = (Arc::new(project), Arc::new(plan), Arc::new(begun.header));
        let job = Job {
            project: project.clone(),
            plan: plan.clone(),
            models,
            header: header.clone(),
            skip: begun.skip,
            cache,
            fresh: None,
            limits,
            afloat: Arc::new(Afloat::open(self.store.afloat(&id))),
        };
        let printer = &self.session.printer;
        let mut known = None;
        let follower: Follower<'_> = Box::new(|| {
            let mut next = || {
                let against = Against::of_rules(printer, &self.store, &config, &rules, &id)?;
                let against = known.insert(against);
                self.following((&project, &plan), &header, &rules, against)
            };
            next().map_err(|error| RecordError(format!("{error:#}")))
        });
        let follower = Some(follower).filter(|_| self.follows);
        let ending = execute(job, follower, self.store.clone(), sinks, self.stop).await?;
        for tag in &args.tag {
            self.store.tag(&id, tag, true)?;
        }
        let against = match known {
            Some(against) => against,
            None => Against::of_rules(printer, &self.store, &config, &rules, &id)?,
        };
        Ok(Finished { store: self.store.clone(), id, against, rules, ending, by })
    }

    /// What stops the run when the evidence suffices; it knows the results that are there already.
    fn fail_fast(
        &self,
        config: &Config,
        rules: &GateRules,
        plan: &Plan,
        header: &RunHeader,
    ) -> anyhow::Result<FailFast> {
        let printer = &self.session.printer;
        // Names such as `latest~1` count this run, as they do when it is held against the gate in the end.
        self.store.begin(header)?;
        let against = Against::of_rules(printer, &self.store, config, rules, &header.id)?;
        let stored = against.stored(&self.store)?;
        let Some(baseline) = against.held(stored.as_ref()) else {
            anyhow::bail!("`--fail-fast` needs a baseline that is there");
        };
        let id = &baseline.info().header.id;
        let mut watch = FailFast::new(rules, baseline, plan)?;
        anyhow::ensure!(
            watch.columns() > 0,
            "`--fail-fast` has nothing to compare: run {id} has no column of this plan that is gated"
        );
        let (can, must) = watch.can_and_must();
        if can < must {
            printer.talk(&format!(
                "warning: `--fail-fast` cannot stop this run: at least {must} cases (or clusters of them) must break, and {can} are in run {id}"
            ));
        }
        for trial in self.store.stored(&header.id)?.digests()? {
            let trial = trial?;
            if trial.outcome != Outcome::Errored {
                watch.take(&trial.key, &trial.fingerprints, trial.outcome);
            }
        }
        Ok(watch)
    }
}
