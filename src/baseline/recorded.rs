//! A baseline as a run: verdicts and no texts.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::Origin;
use crate::case::Tier;
use crate::fingerprint::Fingerprint;
use crate::outcome::{
    CaseLabels, Digests, Fingerprints, Outcome, ReadError, Recorded, RunInfo, TrialDigest, TrialKey,
    TrialResult, VariantKey,
};

/// What is kept of one run.
#[derive(Debug, Clone, PartialEq)]
pub struct Baseline {
    /// The run.
    pub(super) info: RunInfo,
    /// Who made it, and why.
    pub origin: Origin,
    /// By suite, case and phrasing.
    pub(super) lines: BTreeMap<(String, String, String), Line>,
    /// Suite and case of what ran and decided nothing (suspect, in quarantine); not kept in the file.
    pub(super) resting: BTreeSet<(String, String)>,
}

/// One wording of a case.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// Input and expectations.
    pub case: Fingerprint,
    /// Rules.
    pub scorers: Fingerprint,
    /// How much the case matters.
    pub tier: Tier,
    /// Per column of the run; absent where a column did not run it.
    pub tallies: Vec<Option<Tally>>,
}

/// What the trials of one wording in one column came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Trials that passed.
    pub passed: u32,
    /// Trials with a verdict.
    pub judged: u32,
    /// Trials without one.
    pub unjudged: u32,
}

impl Tally {
    /// Whether all of its trials passed.
    pub fn holds(self) -> bool {
        self.judged > 0 && self.passed == self.judged && self.unjudged == 0
    }

    fn outcomes(self) -> impl Iterator<Item = Outcome> {
        let of = |outcome, n: u32| std::iter::repeat_n(outcome, n as usize);
        of(Outcome::Passed, self.passed)
            .chain(of(Outcome::Failed, self.judged.saturating_sub(self.passed)))
            .chain(of(Outcome::Errored, self.unjudged))
    }
}

impl Baseline {
    /// Its wordings with suite, case and phrasing, in key order.
    pub fn lines(&self) -> impl Iterator<Item = (&(String, String, String), &Line)> {
        self.lines.iter()
    }

    /// The trials of one wording in key order: by prompt, model and repeat.
    fn digests_of<'a>(
        &'a self,
        (suite, case, phrasing): &'a (String, String, String),
        line: &'a Line,
    ) -> impl Iterator<Item = TrialDigest> + 'a {
        let mut columns: Vec<(&VariantKey, Tally)> = self
            .info
            .header
            .variants
            .iter()
            .zip(&line.tallies)
            .filter_map(|(variant, tally)| Some((variant, (*tally)?)))
            .collect();
        columns.sort_by_key(|(variant, _)| *variant);
        let digest = move |variant: &VariantKey, index: u32, outcome: Outcome| TrialDigest {
            follow_up: None,
            key: TrialKey {
                suite: suite.clone(),
                case: case.clone(),
                phrasing: phrasing.clone(),
                prompt: variant.prompt.clone(),
                model: variant.model.clone(),
                index,
            },
            fingerprints: Fingerprints {
                case: line.case,
                scorers: line.scorers,
                ..self.info.header.fingerprints
            },
            outcome,
            action: None,
            cached: false,
            cost: None,
            answer: None,
            error: None,
            scores: Vec::new(),
            judging: None,
            tier: line.tier,
            weight: 1.0,
            golden: false,
            expect: Arc::new([]),
            sourced: false,
            labels: Arc::new(CaseLabels::default()),
        };
        columns.into_iter().flat_map(move |(variant, tally)| {
            (1..).zip(tally.outcomes()).map(move |(index, outcome)| digest(variant, index, outcome))
        })
    }
}

impl Recorded for Baseline {
    fn info(&self) -> &RunInfo {
        &self.info
    }

    fn tally(&self) -> Result<Vec<(VariantKey, Outcome, u64)>, ReadError> {
        let mut all: Vec<(VariantKey, Outcome, u64)> = Vec::new();
        for (place, variant) in self.info.header.variants.iter().enumerate() {
            let tallies =
                || self.lines.values().filter_map(|line| line.tallies.get(place).copied().flatten());
            let sum = |of: fn(Tally) -> u32| tallies().map(|tally| u64::from(of(tally))).sum::<u64>();
            let counts = [
                (Outcome::Passed, sum(|t| t.passed)),
                (Outcome::Failed, sum(|t| t.judged.saturating_sub(t.passed))),
                (Outcome::Errored, sum(|t| t.unjudged)),
            ];
            all.extend(counts.into_iter().filter(|(_, n)| *n > 0).map(|(o, n)| (variant.clone(), o, n)));
        }
        Ok(all)
    }

    fn digests(&self) -> Result<Digests<'_>, ReadError> {
        // In key order a case comes before its columns, and a phrasing before them too.
        Ok(Box::new(self.lines.iter().flat_map(|(key, line)| self.digests_of(key, line)).map(Ok)))
    }

    fn trial(&self, key: &TrialKey) -> Result<TrialResult, ReadError> {
        Err(ReadError(format!("a baseline in a file keeps no answers: {}/{}", key.suite, key.case)))
    }
}
