//! The columns of a run, and which of them two runs share.

use crate::fingerprint::Fingerprint;
use crate::outcome::{Fingerprints, Outcome, ReadError, Recorded, VariantKey};

/// A run with its columns: what must be known before its trials are read.
pub struct Outline<'a> {
    /// The run.
    pub run: &'a dyn Recorded,
    /// The planned columns in plan order, then (for a header that names too few) those of its trials by name.
    pub columns: Vec<VariantKey>,
    /// Trials per column.
    pub trials: Vec<u64>,
    /// Pass rate per column over the trials with a verdict; absent without any.
    pub rates: Vec<Option<f64>>,
}

impl<'a> Outline<'a> {
    /// Asks a run for its columns.
    ///
    /// # Errors
    /// The run cannot be read.
    pub fn of(run: &'a dyn Recorded) -> Result<Self, ReadError> {
        let tally = run.tally()?;
        let mut columns = run.info().header.variants.clone();
        let mut forgotten: Vec<VariantKey> =
            tally.iter().map(|(variant, ..)| variant).filter(|v| !columns.contains(v)).cloned().collect();
        forgotten.sort();
        forgotten.dedup();
        columns.append(&mut forgotten);
        let count = |variant: &VariantKey, is: fn(Outcome) -> bool| -> u64 {
            tally.iter().filter(|(v, outcome, _)| v == variant && is(*outcome)).map(|(.., n)| n).sum()
        };
        let rate = |variant: &VariantKey| {
            let judged = count(variant, |o| o.verdict().is_some());
            (judged > 0).then(|| count(variant, |o| o.verdict() == Some(true)) as f64 / judged as f64)
        };
        Ok(Self {
            run,
            trials: columns.iter().map(|v| count(v, |_| true)).collect(),
            rates: columns.iter().map(rate).collect(),
            columns,
        })
    }
}

/// What is drawn at random of runs is drawn from their own fingerprints, so that it is the same every time.
pub fn seed(run: Fingerprints, earlier: Option<Fingerprints>) -> u64 {
    let text = Fingerprint::of(&(run, earlier)).to_string();
    text.bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// A column that two runs share: one with the same prompt and model name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SharedColumn {
    /// Prompt and model.
    pub variant: VariantKey,
    /// Those in the base: the same, unless columns of other names are held against each other.
    pub was: VariantKey,
    /// Its place among the columns of the base.
    pub base: usize,
    /// Its place among the columns of the candidate.
    pub cand: usize,
}

/// The columns of two runs held against each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Columns {
    /// Columns of both, in the candidate's order.
    pub shared: Vec<SharedColumn>,
    /// Columns only in the base, in its order.
    pub removed: Vec<VariantKey>,
    /// Columns only in the candidate, in its order.
    pub added: Vec<VariantKey>,
}

impl Columns {
    /// Pairs columns by equal prompt and model name.
    pub fn of(base: &[VariantKey], cand: &[VariantKey]) -> Self {
        Self {
            removed: base.iter().filter(|v| !cand.contains(v)).cloned().collect(),
            added: cand.iter().filter(|v| !base.contains(v)).cloned().collect(),
            ..Self::paired(base, cand, |base, cand| base == cand)
        }
    }

    /// Holds columns against each other by a rule of one's own (base, candidate); none counts as added or removed.
    pub fn paired(
        base: &[VariantKey],
        cand: &[VariantKey],
        is_pair: impl Fn(&VariantKey, &VariantKey) -> bool,
    ) -> Self {
        let mut shared = Vec::new();
        for (at, variant) in cand.iter().enumerate() {
            for (was_at, was) in base.iter().enumerate().filter(|(_, was)| is_pair(was, variant)) {
                shared.push(SharedColumn {
                    variant: variant.clone(),
                    was: was.clone(),
                    base: was_at,
                    cand: at,
                });
            }
        }
        Self { shared, removed: Vec::new(), added: Vec::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diff::samples::{P, run, trials, variant};
    use crate::outcome::Outcome::{Errored, Failed};

    #[test]
    fn columns_pair_by_prompt_and_model() {
        let base = [variant("gone"), variant("z"), variant("b")];
        let cand = [variant("b"), variant("z"), variant("new")];
        let columns = Columns::of(&base, &cand);
        let shared: Vec<_> =
            columns.shared.iter().map(|c| (c.variant.prompt.as_str(), c.base, c.cand)).collect();
        assert_eq!(shared, [("b", 2, 0), ("z", 1, 1)]);
        assert_eq!((columns.removed, columns.added), (vec![variant("gone")], vec![variant("new")]));
        assert_eq!(Columns::of(&[], &[]), Columns { shared: vec![], removed: vec![], added: vec![] });
    }

    #[test]
    fn columns_that_the_header_forgot_come_last_by_name() {
        let mut run = run("a", &[("z", trials("x", &[P])), ("m", trials("x", &[P])), ("b", vec![])]);
        run.header.variants = vec![variant("b")];
        let outline = Outline::of(&run).unwrap();
        assert_eq!(outline.columns, [variant("b"), variant("m"), variant("z")]);
        assert_eq!(outline.trials, [0, 1, 1]);
    }

    #[test]
    fn rates_are_over_trials_with_a_verdict() {
        let run = run("a", &[("p", trials("x", &[P, Failed, Errored])), ("q", trials("x", &[Errored]))]);
        assert_eq!(Outline::of(&run).unwrap().rates, [Some(0.5), None]);
    }
}
