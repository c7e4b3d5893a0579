//! How much the cases of a suite differ between two runs of a column, and between repeats of one: what the
//! smallest change that a plan can show is reckoned from.
//!
//! The unit is the case: its wordings are averaged first, repeat by repeat. Pairs whose answers were taken from the
//! cache tell nothing, because they are the same answers. Where the fingerprints of nothing moved, what differs is
//! noise and says nothing of how a real change differs from case to case.

use std::collections::BTreeMap;

use crate::diff::{CaseGroup, Change, ChangeKind, Clusters, Columns, Groups, Outline, Unit, counted, pairs};
use crate::outcome::{ReadError, Recorded, TrialDigest, VariantKey};
use crate::stats::{clustered_mean, mean, variance, within};

/// What runs say about the pass rates of the cases of one suite in one column.
#[derive(Debug, Clone, PartialEq)]
pub struct Spread {
    /// Suite id.
    pub suite: String,
    /// Prompt and model.
    pub variant: VariantKey,
    /// Cases with a verdict on both sides, of which the answers are not the very same ones.
    pub cases: u64,
    /// ω²: variance of the true differences between the runs from case to case, clusters counted in; absent when
    /// nothing moved between them, or when there are too few cases.
    pub between: Option<f64>,
    /// σ²: variance of the repeats within a case; absent without repeats of anything.
    pub within: Option<f64>,
}

/// What the runs say of every suite and column that both have; without an earlier run only of the repeats.
///
/// # Errors
/// A run cannot be read.
pub fn spreads(earlier: Option<&dyn Recorded>, run: &dyn Recorded) -> Result<Vec<Spread>, ReadError> {
    let outline = Outline::of(run)?;
    let earlier = earlier.map(Outline::of).transpose()?;
    let mut groups = Groups::open(&outline, earlier.as_ref())?;
    // By column of the run: its place in the earlier one, or none without such a run.
    let columns: Vec<(usize, Option<usize>)> = match &earlier {
        Some(earlier) => {
            let shared = Columns::of(&earlier.columns, &outline.columns).shared;
            shared.iter().map(|column| (column.cand, Some(column.base))).collect()
        }
        None => (0..outline.columns.len()).map(|column| (column, None)).collect(),
    };
    let mut clusters = Clusters::default();
    let mut folds: BTreeMap<(String, usize), Fold> = BTreeMap::new();
    while let Some(group) = groups.next_case()? {
        let unit = clusters.of(group);
        for (cand, base) in &columns {
            let Some(case) = Case::of(group, *cand, *base) else { continue };
            folds.entry((group.suite.clone(), *cand)).or_default().add(case, unit);
        }
    }
    Ok(folds.into_iter().map(|((suite, at), fold)| fold.finish(suite, outline.columns[at].clone())).collect())
}

/// One case in one column.
struct Case {
    base: Vec<f64>,
    cand: Vec<f64>,
    moved: bool,
}

impl Case {
    fn of(group: &CaseGroup, cand: usize, base: Option<usize>) -> Option<Self> {
        let Some(base) = base else {
            let trials = group.run.in_column(cand).flat_map(|repeats| repeats.trials);
            let cand = by_repeat(trials);
            return (!cand.is_empty()).then_some(Self { base: Vec::new(), cand, moved: false });
        };
        let (mut before, mut now, mut moved) = (Vec::new(), Vec::new(), false);
        for pair in pairs(group.earlier.in_column(base), group.run.in_column(cand)) {
            let change = Change::of(&pair);
            let (Some(old), Some(new)) = (pair.base, pair.cand) else { continue };
            let same_answers = !change.moved.any() && new.trials.iter().any(|trial| trial.cached);
            if change.kind == ChangeKind::NotComparable || same_answers {
                continue;
            }
            moved |= change.moved.any();
            before.extend(old.trials);
            now.extend(new.trials);
        }
        let (base, cand) = (by_repeat(before.into_iter()), by_repeat(now.into_iter()));
        (!base.is_empty() && !cand.is_empty()).then_some(Self { base, cand, moved })
    }
}

/// Pass rate over the wordings, per repeat.
fn by_repeat<'t>(trials: impl Iterator<Item = &'t TrialDigest>) -> Vec<f64> {
    let mut repeats: BTreeMap<u32, Vec<f64>> = BTreeMap::new();
    for trial in trials {
        if let Some(passed) = trial.outcome.verdict() {
            repeats.entry(trial.key.index).or_default().push(f64::from(u8::from(passed)));
        }
    }
    repeats.values().filter_map(|wordings| mean(wordings)).collect()
}

/// The cases of one suite in one column.
#[derive(Default)]
struct Fold {
    base: Vec<Vec<f64>>,
    cand: Vec<Vec<f64>>,
    units: Vec<Unit>,
    moved: bool,
}

impl Fold {
    fn add(&mut self, case: Case, unit: Unit) {
        self.base.push(case.base);
        self.cand.push(case.cand);
        self.units.push(unit);
        self.moved |= case.moved;
    }

    fn finish(self, suite: String, variant: VariantKey) -> Spread {
        let cases = self.cand.len() as u64;
        // An arm without repeats is taken to be as noisy as the other.
        let (base, cand) = (within(&self.base), within(&self.cand));
        let repeated = base.or(cand).zip(cand.or(base));
        let differences: Vec<f64> =
            self.base.iter().zip(&self.cand).filter_map(|(b, c)| Some(mean(c)? - mean(b)?)).collect();
        let all = if differences.len() as u64 == cases { self.clustered(&differences) } else { None };
        let noise = repeated.and_then(|(of_base, of_cand)| {
            let each = self.base.iter().zip(&self.cand);
            mean(
                &each.map(|(b, c)| of_base / b.len() as f64 + of_cand / c.len() as f64).collect::<Vec<f64>>(),
            )
        });
        let of_repeats = repeated.map(|(base, cand)| f64::midpoint(base, cand));
        Spread {
            suite,
            variant,
            cases,
            between: all.filter(|_| self.moved).map(|all| (all - noise.unwrap_or_default()).max(0.0)),
            // Two runs between which nothing moved are repeats of each other.
            within: of_repeats.or(all.filter(|_| !self.moved).map(|all| all / 2.0)),
        }
    }

    /// Variance of a case's difference, as much larger as clusters make the variance of the mean.
    fn clustered(&self, differences: &[f64]) -> Option<f64> {
        let plain = variance(differences)?;
        let level = clustered_mean(differences, &counted(&self.units).by)?;
        Some(plain.max(level.se * level.se * differences.len() as f64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diff::samples::{P, run, trials};
    use crate::fingerprint::Fingerprint;
    use crate::outcome::Outcome::{self, Failed};
    use crate::outcome::{Run, TrialResult};

    fn column(of: impl Fn(usize) -> Vec<Outcome>) -> Vec<TrialResult> {
        (0..40).flat_map(|i| trials(&format!("case-{i:02}"), &of(i))).collect()
    }

    /// The same with another prompt.
    fn edited(mut trials: Vec<TrialResult>) -> Vec<TrialResult> {
        for trial in &mut trials {
            trial.fingerprints.prompt = Fingerprint::of("edited");
        }
        trials
    }

    fn found(base: &Run, cand: &Run) -> Spread {
        let found = spreads(Some(base), cand).unwrap();
        assert_eq!(found.len(), 1, "{found:?}");
        found[0].clone()
    }

    fn near(found: Option<f64>, expected: f64) {
        assert!((found.unwrap() - expected).abs() < 1e-9, "{found:?}, not {expected}");
    }

    #[test]
    fn single_trials_measure_the_whole_and_no_noise() {
        let base = run("a", &[("p", column(|_| vec![P]))]);
        let cand = run("b", &[("p", edited(column(|i| vec![if i % 10 == 0 { Failed } else { P }])))]);
        let spread = found(&base, &cand);
        assert_eq!((spread.cases, spread.within, spread.suite.as_str()), (40, None, "faq"));
        near(spread.between, 4.0 * 0.9 / 39.0);
    }

    #[test]
    fn repeats_tell_noise_from_change() {
        let flips = |i: usize| if i.is_multiple_of(2) { vec![P, Failed] } else { vec![P, P] };
        let base = run("a", &[("p", column(flips))]);
        let cand = run("b", &[("p", edited(column(flips)))]);
        let spread = found(&base, &cand);
        near(spread.within, 0.25);
        near(spread.between, 0.0);
        let alone = spreads(None, &cand).unwrap();
        assert_eq!((alone[0].within, alone[0].between), (Some(0.25), None));
    }

    #[test]
    fn where_nothing_moved_all_is_noise_and_the_same_answers_are_nothing() {
        let base = run("a", &[("p", column(|_| vec![P]))]);
        let mut cand = run("b", &[("p", column(|i| vec![if i < 20 { Failed } else { P }]))]);
        let spread = found(&base, &cand);
        assert_eq!(spread.between, None);
        near(spread.within, 20.0 * 0.5 / 39.0 / 2.0);
        cand.trials.iter_mut().for_each(|trial| trial.cached = true);
        assert_eq!(spreads(Some(&base), &cand).unwrap(), []);
    }

    #[test]
    fn what_rises_and_falls_together_counts_for_more() {
        let labelled = |of: fn(usize) -> Outcome| {
            let mut trials = column(|i| vec![of(i)]);
            for (at, trial) in trials.iter_mut().enumerate() {
                trial.case.sources = vec![format!("article-{}", at / 4)];
            }
            trials
        };
        let base = run("a", &[("p", labelled(|_| P))]);
        let cand = run("b", &[("p", edited(labelled(|i| if i < 8 { Failed } else { P })))]);
        let plain = 40.0 * 0.2 * 0.8 / 39.0;
        assert!(found(&base, &cand).between.unwrap() > 3.0 * plain);
    }
}
