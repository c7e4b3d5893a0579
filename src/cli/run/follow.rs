//! What `regauge run` asks again once every planned trial has its result.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Work;
use crate::cli::against::Against;
use crate::cli::runs::flaky;
use crate::config::GateRules;
use crate::follow::{Asks, wanted};
use crate::outcome::{Outcome, Recorded as _, RunHeader, VariantKey};
use crate::plan::Plan;
use crate::project::Project;
use crate::run::{Cache, CacheMode, Following};
use crate::store::Store;

impl Work<'_> {
    /// What follows the planned trials of a run: nothing where no model can be asked afresh.
    pub(super) fn following(
        &self,
        (project, plan): (&Project, &Plan),
        header: &RunHeader,
        rules: &GateRules,
        against: &Against,
    ) -> anyhow::Result<Option<Following>> {
        let adaptive = self.args.adaptive.unwrap_or(project.config.adaptive);
        let flakes = match adaptive {
            0 | 1 => Vec::new(),
            _ => flaky::ledger(&self.store, &header.suites, Some(&header.id), flaky::RUNS)?.finish(),
        };
        let run = self.store.stored(&header.id)?;
        let stored = against.stored(&self.store)?;
        let earlier = against.held(stored.as_ref());
        let held = earlier.filter(|_| rules.baseline.is_some());
        let mut wanted = wanted(&run, &Asks { rules, held, adaptive, earlier, flakes: &flakes })?;
        wanted.retain(|cell| {
            let model = plan.model(project, &cell.variant.model);
            model.is_some_and(|model| !model.is_replay())
        });
        if wanted.is_empty() {
            return Ok(None);
        }
        let mut there: BTreeMap<VariantKey, u64> = BTreeMap::new();
        for trial in run.follow_ups()? {
            let trial = trial?;
            *there.entry(trial.key.variant()).or_default() += u64::from(trial.outcome != Outcome::Errored);
        }
        let source = Store::since(self.store.clone(), header.started);
        let fresh = Cache { mode: CacheMode::Use, source: Some(Arc::new(source)) };
        Ok(Some(Following { plan: plan.following(wanted), there: there.into_iter().collect(), fresh }))
    }
}
