//! What is counted of a variant while it runs.

use crate::outcome::{Outcome, TrialResult, VariantKey};
use crate::report::numbers::{count, usd};

/// The counts of one variant.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Tally {
    pub(super) label: String,
    pub(super) planned: u64,
    pub(super) done: u64,
    pub(super) failed: u64,
    pub(super) refused: u64,
    pub(super) errored: u64,
    pub(super) retries: u64,
    pub(super) tokens: u64,
    pub(super) cost: f64,
    pub(super) cost_known: bool,
    pub(super) cost_unknown: bool,
}

impl Tally {
    pub(super) fn new(label: String, planned: u64) -> Self {
        Self { label, planned, ..Self::default() }
    }

    pub(super) fn add(&mut self, trial: &TrialResult) {
        self.done += 1;
        match trial.outcome {
            Outcome::Failed => self.failed += 1,
            Outcome::Refused => self.refused += 1,
            Outcome::Errored => self.errored += 1,
            Outcome::Passed | Outcome::Skipped => {}
        }
        if let Some(completion) = &trial.completion {
            let usage = completion.usage;
            self.tokens += usage.input.unwrap_or(0) + usage.output.unwrap_or(0);
            match trial.cost {
                Some(cost) => {
                    self.cost += cost;
                    self.cost_known = true;
                }
                None => self.cost_unknown = true,
            }
        }
    }

    /// `3 failed, 1 errored, 12,345 tokens, $0.0012`; what is 0 is left out.
    pub(super) fn words(&self) -> String {
        let mut parts = vec![format!("{} failed", count(self.failed))];
        for (n, what) in [(self.refused, "refused"), (self.errored, "errored"), (self.retries, "asked again")]
        {
            if n > 0 {
                parts.push(format!("{} {what}", count(n)));
            }
        }
        if self.tokens > 0 {
            parts.push(format!("{} tokens", count(self.tokens)));
        }
        match (self.cost_known, self.cost_unknown) {
            (true, false) => parts.push(usd(self.cost)),
            (true, true) => parts.push(format!("{} + unknown cost", usd(self.cost))),
            (false, true) => parts.push("cost unknown".to_owned()),
            (false, false) => {}
        }
        parts.join(", ")
    }
}

/// The tallies of a run; a trial of a variant that was not planned is counted nowhere.
#[derive(Debug, Clone, Default)]
pub(super) struct Tallies {
    keys: Vec<VariantKey>,
    pub(super) rows: Vec<Tally>,
}

impl Tallies {
    pub(super) fn new(planned: &[(VariantKey, u64)]) -> Self {
        let keys: Vec<VariantKey> = planned.iter().map(|(key, _)| key.clone()).collect();
        let labels = crate::report::columns::labels(&keys);
        let rows = labels.into_iter().zip(planned).map(|(label, (_, n))| Tally::new(label, *n)).collect();
        Self { keys, rows }
    }

    pub(super) fn row(&mut self, key: &VariantKey) -> Option<(usize, &mut Tally)> {
        let i = self.keys.iter().position(|k| k == key)?;
        Some((i, self.rows.get_mut(i)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::trial;

    #[test]
    fn unknown_cost_is_said_and_never_zero() {
        let mut tally = Tally::new("bare".into(), 3);
        tally.add(&trial("a", "bare").passed().cost(None).0);
        assert_eq!(tally.words(), "0 failed, 140 tokens, cost unknown");
        tally.add(&trial("b", "bare").failed("number", "differs").cost(Some(0.25)).0);
        assert_eq!(tally.words(), "1 failed, 280 tokens, $0.2500 + unknown cost");
        tally.add(&trial("c", "bare").errored(crate::provider::ErrorKind::Server, "502").0);
        assert_eq!((tally.done, tally.errored), (3, 1));
    }
}
