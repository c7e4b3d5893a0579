//! What a run says of an experiment, recorded with all tries against its base counted.

use std::collections::BTreeSet;

use super::{find, load, save, show, shown_path};
use crate::cli::Session;
use crate::cli::against::Against;
use crate::clock;
use crate::config::Config;
use crate::experiment::{Experiments, Plan, measure};
use crate::fingerprint::Fingerprint;
use crate::outcome::{Recorded, RunStatus, VariantKey};
use crate::store::Store;

/// Measures a stored run, records the result, and says it.
pub(in crate::cli) fn record(
    session: &Session,
    config: &Config,
    store: &Store,
    name: &str,
    id: &str,
) -> anyhow::Result<()> {
    let mut all = load(config)?;
    let plan = &find(&all, name)?.plan;
    let run = store.stored(id)?;
    anyhow::ensure!(
        run.info().status == RunStatus::Finished,
        "run {id} is not finished, and says nothing of experiment `{name}`; the same command goes on with it"
    );
    anyhow::ensure!(
        !find(&all, name)?.results.iter().any(|found| found.run == id),
        "run {id} is recorded already for experiment `{name}`"
    );
    let against = plan.baseline.as_ref().map(|name| Against::must(store, config, name)).transpose()?;
    let stored = against.as_ref().map(|against| against.stored(store)).transpose()?.flatten();
    let base = against.as_ref().and_then(|against| against.held(stored.as_ref()));
    let base_run = base.map_or(id, |base| base.info().header.id.as_str()).to_owned();
    anyhow::ensure!(
        base.is_none() || base_run != id,
        "run {id} would be held against itself; name a run after the baseline"
    );
    let measured = plan
        .candidates
        .iter()
        .map(|candidate| measure(plan, candidate, base, &run))
        .collect::<Result<Vec<_>, _>>()?;
    let unrecorded = unrecorded(store, &all, plan, (&run, base))?;
    all.record(name, &measured, (&run, &base_run), unrecorded, clock::now());
    save(config, &all)?;
    let said = show::results(&all, name, id).join("\n");
    session.printer.talk(&format!("experiment `{name}`: {said}\nrecorded; commit {}", shown_path(config)));
    Ok(())
}

/// Variants that were run on the suites of the plan to be held against its base, and that no experiment records.
fn unrecorded(
    store: &Store,
    all: &Experiments,
    plan: &Plan,
    (run, base): (&dyn Recorded, Option<&dyn Recorded>),
) -> anyhow::Result<u64> {
    type Try = (Fingerprint, Fingerprint, VariantKey);
    let family = || all.iter().filter(|(_, other)| other.plan.same_base(plan));
    let mut known: BTreeSet<Try> = family()
        .flat_map(|(_, other)| &other.results)
        .map(|found| (found.fingerprints.prompt, found.fingerprints.model, found.candidate.clone()))
        .collect();
    let own = &run.info().header;
    known
        .extend(plan.candidates.iter().map(|c| (own.fingerprints.prompt, own.fingerprints.model, c.clone())));
    let mut ran: BTreeSet<Try> = BTreeSet::new();
    for row in store.list()? {
        if row.status != RunStatus::Finished || !row.suites.iter().any(|suite| plan.suites.contains(suite)) {
            continue;
        }
        let other = store.stored(&row.id)?;
        let header = &other.info().header;
        let comparable = match base.map(|base| &base.info().header) {
            Some(base) => header.started > base.started && header.fingerprints != base.fingerprints,
            None => header.variants.contains(&plan.base),
        };
        if header.selection.narrows_suites() || !comparable {
            continue;
        }
        let prints = &header.fingerprints;
        let near = |v: &&VariantKey| v.model == plan.base.model || v.prompt == plan.base.prompt;
        let tried = header.variants.iter().filter(near).filter(|v| base.is_some() || **v != plan.base);
        ran.extend(tried.map(|variant| (prints.prompt, prints.model, variant.clone())));
    }
    Ok(ran.difference(&known).count() as u64)
}
