//! Parts of the cases: the tags, areas, articles, languages, tiers and owners where a column does worst, and
//! those that a comparison hit hardest.
//!
//! Slices are looked through, not named beforehand: their p-values are adjusted for being many
//! (Benjamini and Hochberg), and a slice with fewer than [`LEAST_CASES`] cases is left out.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::case::Tier;
use crate::diff::{ChangeKind, Metric, MetricsFold, PASS_RATE, Pair, Unit};
use crate::outcome::{CaseLabels, TrialDigest};
use crate::report::columns::{Rate, RateFold};
use crate::stats::{benjamini_hochberg, fisher};

/// Fewest cases of a slice that is shown.
pub const LEAST_CASES: u64 = 5;
/// Most slices kept of one column.
const MOST_KEPT: usize = 50;
/// Most different slices that are followed; a suite with more of them tags its cases one by one.
const MOST_FOLLOWED: usize = 2_000;

/// The kind of a slice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum SliceBy {
    /// A label of the case.
    Tag,
    /// Its topic.
    Area,
    /// An article that it declares as a source.
    Article,
    /// Its language.
    Language,
    /// How much it matters.
    Tier,
    /// Who looks after it.
    Owner,
}

impl SliceBy {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Tag => "tag",
            Self::Area => "area",
            Self::Article => "article",
            Self::Language => "language",
            Self::Tier => "tier",
            Self::Owner => "owner",
        }
    }
}

type Key = (SliceBy, String);

/// The slices of a case.
fn slices_of(labels: &CaseLabels, tier: Tier) -> Vec<Key> {
    let mut keys: Vec<Key> = labels.tags.iter().map(|tag| (SliceBy::Tag, tag.clone())).collect();
    keys.extend(labels.area.iter().map(|area| (SliceBy::Area, area.clone())));
    keys.extend(labels.articles.iter().map(|article| (SliceBy::Article, article.clone())));
    keys.push((SliceBy::Language, labels.lang.clone()));
    keys.push((SliceBy::Tier, tier.name().to_owned()));
    keys.extend(labels.owner.iter().map(|owner| (SliceBy::Owner, owner.clone())));
    keys.sort();
    keys.dedup();
    keys
}

/// One slice of one column against the rest of its cases.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
pub struct SliceRow {
    /// Kind of slice.
    pub by: SliceBy,
    /// Its value.
    pub value: String,
    /// Cases that passed in every repeat, of those with a verdict.
    pub rate: Rate,
    /// Pass rate of the other cases.
    pub rest: Rate,
    /// Fisher's test of the slice against the rest, adjusted for the number of slices.
    pub adjusted_p: f64,
}

/// One slice of a comparison.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
pub struct SliceChange {
    /// Kind of slice.
    pub by: SliceBy,
    /// Its value.
    pub value: String,
    /// The pass rate compared over the slice; its finding does not know of the other slices.
    pub pass_rate: Metric,
    /// Its p-value adjusted for the number of slices.
    pub adjusted_p: f64,
}

/// The slices of one column while the run is read.
#[derive(Debug, Default)]
pub(super) struct SlicesFold {
    all: (u64, u64),
    slices: BTreeMap<Key, RateFold>,
}

impl SlicesFold {
    /// Takes in one wording of a case.
    pub(super) fn add(&mut self, trials: &[TrialDigest], verdict: Option<bool>, unit: Unit) {
        let (Some(first), Some(passed)) = (trials.first(), verdict) else { return };
        let passed = u64::from(passed);
        self.all = (self.all.0 + 1, self.all.1 + passed);
        for key in slices_of(&first.labels, first.tier) {
            if self.slices.len() < MOST_FOLLOWED || self.slices.contains_key(&key) {
                self.slices.entry(key).or_default().add(passed, 1, unit);
            }
        }
    }

    /// The worst first; a slice that holds all cases says nothing and is left out.
    pub(super) fn finish(self) -> Vec<SliceRow> {
        let (all, ok) = self.all;
        let rates = self.slices.into_iter().map(|(key, fold)| (key, fold.finish()));
        let kept = rates.filter(|(_, rate)| rate.judged >= LEAST_CASES && rate.judged < all);
        let mut rows: Vec<SliceRow> = kept
            .map(|((by, value), rate)| {
                let (passed, n) = (rate.passed, rate.judged);
                let rest = Rate::of(ok - passed, all - n);
                SliceRow { by, value, rate, rest, adjusted_p: fisher(passed, n, ok - passed, all - n) }
            })
            .collect();
        let adjusted = benjamini_hochberg(&rows.iter().map(|r| r.adjusted_p).collect::<Vec<f64>>());
        for (row, p) in rows.iter_mut().zip(adjusted) {
            row.adjusted_p = p;
        }
        let rate = |row: &SliceRow| row.rate.rate.unwrap_or(1.0);
        rows.sort_by(|a, b| rate(a).total_cmp(&rate(b)).then(b.rate.judged.cmp(&a.rate.judged)));
        rows.truncate(MOST_KEPT);
        rows
    }
}

/// The slices of a comparison while both runs are read.
#[derive(Debug, Default)]
pub(super) struct SliceChangesFold(BTreeMap<Key, MetricsFold>);

impl SliceChangesFold {
    pub(super) fn add(&mut self, kind: ChangeKind, pair: &Pair<'_>, unit: Unit) {
        let (Some(_), Some(cand)) = (pair.base, pair.cand) else { return };
        let Some(first) = cand.trials.first() else { return };
        for key in slices_of(&first.labels, first.tier) {
            if self.0.len() < MOST_FOLLOWED || self.0.contains_key(&key) {
                self.0.entry(key).or_insert_with(MetricsFold::of_pass_rate).add(kind, pair, unit);
            }
        }
    }

    /// What was hit hardest first; slices without any change, and those with all cases, are left out.
    pub(super) fn finish(self, cases: u64, margin: f64, seed: u64) -> Vec<SliceChange> {
        let metrics = self.0.into_iter().filter_map(|((by, value), fold)| {
            let rate = fold.finish(margin, seed).into_iter().find(|m| m.name == PASS_RATE)?;
            (rate.n >= LEAST_CASES && rate.n < cases).then_some((by, value, rate))
        });
        let mut rows: Vec<SliceChange> = metrics
            .map(|(by, value, pass_rate)| {
                let adjusted_p = pass_rate.p_value.unwrap_or(1.0);
                SliceChange { by, value, pass_rate, adjusted_p }
            })
            .collect();
        let adjusted = benjamini_hochberg(&rows.iter().map(|r| r.adjusted_p).collect::<Vec<f64>>());
        for (row, p) in rows.iter_mut().zip(adjusted) {
            row.adjusted_p = p;
        }
        rows.retain(|r| r.pass_rate.difference.is_some_and(|d| d != 0.0));
        let moved = |row: &SliceChange| row.pass_rate.difference.unwrap_or_default();
        rows.sort_by(|a, b| moved(a).total_cmp(&moved(b)).then(b.pass_rate.n.cmp(&a.pass_rate.n)));
        rows.truncate(MOST_KEPT);
        rows
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::{RunBuilder, report, trial};

    #[test]
    fn the_worst_slice_comes_first_and_small_ones_are_left_out() {
        let mut run = RunBuilder::new("r");
        for i in 0..40 {
            let one = trial(&format!("c{i:02}"), "bare").with(|t| {
                t.case.lang = if i < 10 { "ro" } else { "en" }.into();
                t.case.tags = if i < 3 { vec!["few".into()] } else { vec![] };
            });
            run = run.trial(if i < 9 { one.failed("number", "differs") } else { one.passed() });
        }
        let slices = report(&run.build()).variants.remove(0).slices;
        let names: Vec<(SliceBy, &str)> = slices.iter().map(|s| (s.by, s.value.as_str())).collect();
        assert_eq!(names, [(SliceBy::Language, "ro"), (SliceBy::Language, "en")]);
        assert_eq!((slices[0].rate.passed, slices[0].rate.judged, slices[0].rest.passed), (1, 10, 30));
        assert!(slices[0].adjusted_p < 0.001);
    }
}
