//! What a run says of an experiment, recorded with all tries against its base counted.

use std::collections::BTreeSet;

use super::{find, load, save, show, shown_path};
use crate::cli::Session;
use crate::cli::against::Against;
use crate::clock;
use crate::config::Config;
use crate::experiment::{Experiments, Measured, Plan, identities, measure};
use crate::fingerprint::Fingerprint;
use crate::outcome::{Fingerprints, Recorded, RunStatus, VariantKey};
use crate::prompt::BARE;
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
    let unrecorded = unrecorded(store, &all, plan, (&measured, base))?;
    all.record(name, &measured, (&run, &base_run), unrecorded, clock::now());
    save(config, &all)?;
    let said = show::results(&all, name, id).join("\n");
    session.printer.talk(&format!("experiment `{name}`: {said}\nrecorded; commit {}", shown_path(config)));
    Ok(())
}

/// Variants that were run on the whole suites of the plan beside or after its base, and that no experiment records: who looks
/// at their results has tried them.
fn unrecorded(
    store: &Store,
    all: &Experiments,
    plan: &Plan,
    (measured, base): (&[Measured], Option<&dyn Recorded>),
) -> anyhow::Result<u64> {
    type Try = (VariantKey, Fingerprint, Fingerprint);
    let name = |variant: &VariantKey, prints: &Fingerprints| (variant.clone(), prints.prompt, prints.model);
    let family = all.iter().filter(|(_, other)| other.plan.same_base(plan));
    let results = family.flat_map(|(_, other)| &other.results);
    let mut known: BTreeSet<Try> = results.map(|f| name(&f.candidate, &f.fingerprints)).collect();
    known.extend(measured.iter().filter_map(|m| Some(name(&m.candidate, m.fingerprints.as_ref()?))));
    let began = base.map(|base| base.info().header.started);
    if let Some(base) = base {
        known.extend(identities(base, &plan.suites)?.iter().map(|(variant, prints)| name(variant, prints)));
    }
    let mut ran: BTreeSet<Try> = BTreeSet::new();
    for row in store.list()? {
        let on_suites = row.suites.iter().any(|suite| plan.suites.contains(suite));
        let after = began.is_none_or(|began| row.started > began);
        if row.status != RunStatus::Finished || !on_suites || !after {
            continue;
        }
        let other = store.stored(&row.id)?;
        if other.info().header.selection.narrows_suites() {
            continue;
        }
        // The bare arm is a control, and no try.
        let near =
            |v: &VariantKey| v.prompt != BARE && (v.model == plan.base.model || v.prompt == plan.base.prompt);
        let tried = identities(&other, &plan.suites)?;
        let tried = tried.iter().filter(|(v, _)| near(v) && (base.is_some() || **v != plan.base));
        ran.extend(tried.map(|(variant, prints)| name(variant, prints)));
    }
    Ok(ran.difference(&known).count() as u64)
}
