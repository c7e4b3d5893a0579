//! What a run is held against: an earlier run in the store, or a baseline in the project's file.

use anyhow::anyhow;

use super::{Findings, Printer};
use crate::baseline::{Baseline, Baselines, NONE};
use crate::config::{Config, GateRules};
use crate::outcome::{ReadError, Recorded};
use crate::report::{CompareBy, Depth, Report};
use crate::store::{Store, StoreError, StoredRun};

/// The earlier side of a report and of the gate.
#[derive(Default)]
pub(crate) struct Against {
    /// The run that `since` compares with, texts and all.
    previous: Option<String>,
    /// What the gate compares with where that is not in the store.
    kept: Option<Baseline>,
}

impl Against {
    /// The earlier run with this name and no other; the gate's rules are held against it too.
    pub(crate) fn named(store: &Store, name: &str) -> Result<Self, StoreError> {
        Ok(Self { previous: Some(store.resolve(name)?), kept: None })
    }

    /// The baseline or the earlier run with this name, which must be there.
    pub(crate) fn must(store: &Store, config: &Config, name: &str) -> Result<Self, anyhow::Error> {
        match baselines(config)?.get(name) {
            Some(kept) => match store.resolve(&kept.info().header.id) {
                Ok(stored) => Ok(Self { previous: Some(stored), kept: None }),
                Err(_) => Ok(Self { previous: None, kept: Some(kept.clone()) }),
            },
            None => Self::named(store, name).map_err(|error| no_baseline(name, error)),
        }
    }

    /// What the rules ask for; without a baseline the newest run before that shares a suite. A baseline that is not
    /// there is said and is none, so that rules about it cannot tell.
    pub(crate) fn of_rules(
        printer: &Printer,
        store: &Store,
        config: &Config,
        rules: &GateRules,
        run: &str,
    ) -> Result<Self, anyhow::Error> {
        let Some(name) = &rules.baseline else {
            return Ok(Self { previous: store.previous(run)?, kept: None });
        };
        if name == NONE {
            return Ok(Self::default());
        }
        if let Some(kept) = baselines(config)?.get(name) {
            let id = &kept.info().header.id;
            if id == run {
                return Ok(Self::default());
            }
            return Ok(match store.resolve(id) {
                Ok(stored) => Self { previous: Some(stored), kept: None },
                Err(_) => Self { previous: store.previous(run)?, kept: Some(kept.clone()) },
            });
        }
        match store.resolve(name) {
            Ok(found) if found == run => Ok(Self::default()),
            Ok(found) => Ok(Self { previous: Some(found), kept: None }),
            Err(error) => {
                printer.talk(&format!("warning: the baseline of the gate cannot be used: {error}"));
                Ok(Self::default())
            }
        }
    }

    /// The earlier run in the store.
    pub(crate) fn stored<'s>(&self, store: &'s Store) -> Result<Option<StoredRun<'s>>, StoreError> {
        self.previous.as_ref().map(|id| store.stored(id)).transpose()
    }

    /// What the gate holds others against; `stored` is what [`Against::stored`] gave.
    pub(crate) fn held<'a>(&'a self, stored: Option<&'a StoredRun<'_>>) -> Option<&'a dyn Recorded> {
        let kept = self.kept.as_ref().map(|kept| kept as &dyn Recorded);
        kept.or(stored.map(|run| run as &dyn Recorded))
    }

    /// The run that the gate holds others against.
    pub(crate) fn gate_run(&self) -> Option<&str> {
        self.kept.as_ref().map(|kept| kept.info().header.id.as_str()).or(self.previous.as_deref())
    }

    /// The report of a run; `previous` is what [`Against::stored`] gave.
    pub(crate) fn report(
        &self,
        run: &dyn Recorded,
        previous: Option<&dyn Recorded>,
        rules: &GateRules,
        depth: Depth,
        by: &CompareBy,
    ) -> Result<Report, ReadError> {
        match &self.kept {
            Some(kept) => Report::build_held(run, previous, (rules, kept), depth, by),
            None => Report::build_by(run, previous, Some(rules), depth, by),
        }
    }
}

/// The error of a name that no run has, nor any baseline.
fn no_baseline(name: &str, error: StoreError) -> anyhow::Error {
    match error {
        StoreError::UnknownRun { .. } => {
            anyhow!("{error}, nor is there a baseline of that name; `regauge baseline set {name}` keeps one")
        }
        other => other.into(),
    }
}

/// The project's file of baselines.
pub(crate) fn baselines(config: &Config) -> Result<Baselines, anyhow::Error> {
    match Baselines::load(&config.root, &config.golden) {
        (_, findings) if findings.has_errors() => Err(Findings(findings).into()),
        (baselines, _) => Ok(baselines),
    }
}
