//! Reading a run, wherever it is kept.

use crate::outcome::{Outcome, Run, RunInfo, TrialDigest, TrialKey, TrialResult, VariantKey};

/// A run that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct ReadError(pub String);

/// Digests of a run in [`TrialKey`] order.
pub type Digests<'a> = Box<dyn Iterator<Item = Result<TrialDigest, ReadError>> + 'a>;

/// A run that can be read piece by piece, in bounded memory.
pub trait Recorded {
    /// The run without its trials.
    fn info(&self) -> &RunInfo;

    /// Planned trials per variant and outcome.
    fn tally(&self) -> Result<Vec<(VariantKey, Outcome, u64)>, ReadError>;

    /// All planned trials in [`TrialKey`] order, without their texts.
    fn digests(&self) -> Result<Digests<'_>, ReadError>;

    /// The trials that were asked beside the planned ones, likewise.
    fn follow_ups(&self) -> Result<Digests<'_>, ReadError> {
        Ok(Box::new(std::iter::empty()))
    }

    /// One trial whole; for the few that are shown.
    fn trial(&self, key: &TrialKey) -> Result<TrialResult, ReadError>;

    /// The trials of the cases with this id in all suites, in [`TrialKey`] order; here by looking at all.
    /// Follow-ups come after the planned trials.
    fn keys_of(&self, case: &str) -> Result<Vec<TrialKey>, ReadError> {
        let mut keys = Vec::new();
        for digest in self.digests()?.chain(self.follow_ups()?) {
            let digest = digest?;
            if digest.key.case == case {
                keys.push(digest.key);
            }
        }
        Ok(keys)
    }
}

impl Recorded for Run {
    fn info(&self) -> &RunInfo {
        &self.info
    }

    fn tally(&self) -> Result<Vec<(VariantKey, Outcome, u64)>, ReadError> {
        let mut tally: Vec<(VariantKey, Outcome, u64)> = Vec::new();
        for trial in &self.trials {
            let variant = trial.key.variant();
            match tally.iter_mut().find(|(v, o, _)| *v == variant && *o == trial.outcome) {
                Some((_, _, n)) => *n += 1,
                None => tally.push((variant, trial.outcome, 1)),
            }
        }
        Ok(tally)
    }

    fn digests(&self) -> Result<Digests<'_>, ReadError> {
        Ok(Box::new(self.trials.iter().map(|t| Ok(TrialDigest::from(t)))))
    }

    fn follow_ups(&self) -> Result<Digests<'_>, ReadError> {
        Ok(Box::new(self.follow_ups.iter().map(|t| Ok(TrialDigest::from(t)))))
    }

    fn trial(&self, key: &TrialKey) -> Result<TrialResult, ReadError> {
        let found = self.all().find(|t| t.key == *key);
        found.cloned().ok_or_else(|| ReadError(format!("trial {key:?} is not in the run")))
    }
}
