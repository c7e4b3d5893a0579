//! The flake ledger: what the trials of a case came to over runs in which nothing moved.
//!
//! A trial counts when its case, prompt, knowledge, scorers and model are those of the newest run, and when its answer was
//! asked for: an answer out of the cache says nothing new. Follow-ups count: that they were asked because of what came before
//! does not move the posterior, which the likelihood of all trials makes.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::case::Tier;
use crate::fingerprint::Fingerprint;
use crate::outcome::{ReadError, Recorded, TrialDigest, VariantKey};
use crate::stats::{is_flaky, mixed_chance};

/// Suite, case, phrasing and column.
type Key = (String, String, String, VariantKey);

/// One wording of a case in one column, over all runs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Flake {
    /// Suite id.
    pub suite: String,
    /// Case id.
    pub case: String,
    /// Phrasing key; empty for the case's own wording.
    pub phrasing: String,
    /// Prompt and model.
    pub variant: VariantKey,
    /// How much the case matters.
    pub tier: Tier,
    /// Trials that passed.
    pub passed: u64,
    /// Trials that failed.
    pub failed: u64,
    /// Runs that they come from.
    pub runs: u64,
    /// Posterior chance that the pass rate lies between .1 and .9.
    pub mixed: f64,
    /// Whether there are trials enough to call it flaky.
    pub flaky: bool,
}

/// The ledger while runs are read, the newest first.
#[derive(Debug, Default)]
pub struct Ledger {
    entries: BTreeMap<Key, Entry>,
    read: u64,
}

#[derive(Debug)]
struct Entry {
    /// All but the model's.
    prints: [Fingerprint; 4],
    /// One per repeat, each of which has a seed of its own.
    models: BTreeSet<Fingerprint>,
    tier: Tier,
    passed: u64,
    failed: u64,
    runs: u64,
    /// The last run that it was seen in.
    last: u64,
}

impl Ledger {
    /// Takes in a run; the first one says what counts.
    ///
    /// # Errors
    /// The run cannot be read.
    pub fn add(&mut self, run: &dyn Recorded) -> Result<(), ReadError> {
        self.read += 1;
        for digest in run.digests()?.chain(run.follow_ups()?) {
            self.take(&digest?);
        }
        Ok(())
    }

    fn take(&mut self, trial: &TrialDigest) {
        let prints = &trial.fingerprints;
        let own = [prints.case, prints.prompt, prints.knowledge, prints.scorers];
        let (key, newest) = (&trial.key, self.read == 1);
        let key = (key.suite.clone(), key.case.clone(), key.phrasing.clone(), key.variant());
        let entry = if newest {
            let new = || Entry {
                prints: own,
                models: BTreeSet::new(),
                tier: trial.tier,
                passed: 0,
                failed: 0,
                runs: 0,
                last: 0,
            };
            let entry = self.entries.entry(key).or_insert_with(new);
            entry.models.insert(prints.model);
            entry
        } else {
            let Some(entry) = self.entries.get_mut(&key) else { return };
            entry
        };
        if entry.prints != own || !entry.models.contains(&prints.model) || trial.cached {
            return;
        }
        let Some(passed) = trial.outcome.verdict() else { return };
        entry.passed += u64::from(passed);
        entry.failed += u64::from(!passed);
        if entry.last != self.read {
            entry.last = self.read;
            entry.runs += 1;
        }
    }

    /// Wordings that passed and failed, the likeliest flakes first.
    pub fn finish(self) -> Vec<Flake> {
        let mixed = self.entries.into_iter().filter(|(_, entry)| entry.passed > 0 && entry.failed > 0);
        let flake = |((suite, case, phrasing, variant), entry): (Key, Entry)| Flake {
            suite,
            case,
            phrasing,
            variant,
            tier: entry.tier,
            passed: entry.passed,
            failed: entry.failed,
            runs: entry.runs,
            mixed: mixed_chance(entry.passed, entry.failed),
            flaky: is_flaky(entry.passed, entry.failed),
        };
        let mut all: Vec<Flake> = mixed.map(flake).collect();
        all.sort_by(|a, b| b.flaky.cmp(&a.flaky).then(b.mixed.total_cmp(&a.mixed)));
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diff::samples::{P, run, trials};
    use crate::outcome::Outcome::Failed;

    #[test]
    fn only_trials_under_the_conditions_of_the_newest_run_count() {
        let newest = run("c", &[("p", [trials("a", &[P, Failed, P]), trials("b", &[P, P, P])].concat())]);
        let older = run("b", &[("p", [trials("a", &[Failed, P, Failed]), trials("b", &[P, P, P])].concat())]);
        let mut moved = older.clone();
        moved.info.header.id = "a".into();
        for trial in &mut moved.trials {
            trial.fingerprints.prompt = Fingerprint::of("another prompt");
            trial.outcome = Failed;
        }
        let mut cached = older.clone();
        for trial in &mut cached.trials {
            trial.cached = true;
        }
        let mut ledger = Ledger::default();
        for run in [&newest, &older, &moved, &cached] {
            ledger.add(run).unwrap();
        }
        let found = ledger.finish();
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!((&*found[0].case, found[0].passed, found[0].failed, found[0].runs), ("a", 3, 3, 2));
        assert!(found[0].flaky);
    }
}
