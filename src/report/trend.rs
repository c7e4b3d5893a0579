//! The runs before, oldest first: how the pass rate, the cost and the fingerprints moved.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

use crate::diff::{Moved, Outline};
use crate::outcome::{Fingerprints, ReadError, Recorded, VariantKey};
use crate::report::columns::{PartSum, Rate};

/// The history of some suites.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
pub struct Trend {
    /// The suites that are counted.
    pub suites: Vec<String>,
    /// One row per run, the oldest first.
    pub rows: Vec<TrendRow>,
}

/// One run.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
pub struct TrendRow {
    /// Id.
    pub run: String,
    /// When it began.
    pub started: Timestamp,
    /// Tags, sorted.
    pub tags: Vec<String>,
    /// Pass rate over all its variants that are counted.
    pub pass_rate: Rate,
    /// Per variant, in plan order; those without a counted trial are left out.
    pub variants: Vec<TrendVariant>,
    /// Trials that are counted and have no verdict.
    pub unjudged: u64,
    /// USD of the trials that are counted.
    pub cost: PartSum,
    /// Which fingerprints of the run differ from those of the row before.
    pub moved: Moved,
}

/// One variant of one run.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
pub struct TrendVariant {
    /// Prompt and model.
    pub variant: VariantKey,
    /// Its pass rate.
    pub pass_rate: Rate,
}

impl Trend {
    /// Most runs.
    pub const MOST: usize = 20;

    /// The history over runs given oldest first, counting these suites, and one variant alone when it is named.
    ///
    /// # Errors
    /// A run cannot be read.
    pub fn of(
        runs: &[&dyn Recorded],
        suites: &[String],
        variant: Option<&VariantKey>,
    ) -> Result<Self, ReadError> {
        let mut rows: Vec<TrendRow> = Vec::new();
        let mut before: Option<Fingerprints> = None;
        for run in runs {
            let mut row = row(*run, suites, variant)?;
            if row.variants.is_empty() {
                continue;
            }
            let prints = run.info().header.fingerprints;
            row.moved = before.map(|old| moved(&old, &prints)).unwrap_or_default();
            before = Some(prints);
            rows.push(row);
        }
        Ok(Self { suites: suites.to_vec(), rows })
    }
}

fn row(run: &dyn Recorded, suites: &[String], only: Option<&VariantKey>) -> Result<TrendRow, ReadError> {
    let columns = Outline::of(run)?.columns;
    let mut counts: BTreeMap<(String, String), (u64, u64)> = BTreeMap::new();
    let (mut cost, mut unjudged, mut passed, mut judged) = (PartSum::default(), 0, 0, 0);
    for digest in run.digests()? {
        let digest = digest?;
        let counted = only.is_none_or(|v| v.prompt == digest.key.prompt && v.model == digest.key.model);
        if !counted || !suites.contains(&digest.key.suite) {
            continue;
        }
        if digest.answer.is_some() {
            cost.add(digest.cost);
        }
        let count = counts.entry((digest.key.prompt, digest.key.model)).or_default();
        match digest.outcome.verdict() {
            None => unjudged += 1,
            Some(pass) => {
                let add = u64::from(pass);
                (count.0, count.1, passed, judged) = (count.0 + add, count.1 + 1, passed + add, judged + 1);
            }
        }
    }
    let of = |variant: VariantKey| {
        let (passed, judged) = counts.get(&(variant.prompt.clone(), variant.model.clone()))?;
        Some(TrendVariant { variant, pass_rate: Rate::of(*passed, *judged) })
    };
    let info = run.info();
    Ok(TrendRow {
        run: info.header.id.clone(),
        started: info.header.started,
        tags: info.tags.clone(),
        pass_rate: Rate::of(passed, judged),
        variants: columns.into_iter().filter_map(of).collect(),
        unjudged,
        cost,
        moved: Moved::default(),
    })
}

fn moved(old: &Fingerprints, new: &Fingerprints) -> Moved {
    Moved {
        case: old.case != new.case,
        prompt: old.prompt != new.prompt,
        knowledge: old.knowledge != new.knowledge,
        scorers: old.scorers != new.scorers,
        model: old.model != new.model,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fingerprint::Fingerprint;
    use crate::report::sample::{RunBuilder, trial};

    #[test]
    fn only_what_is_asked_for_is_counted() {
        let one = RunBuilder::new("one")
            .trial(trial("a", "bare").passed())
            .trial(trial("b", "bare").suite("other").failed("number", "differs"))
            .build();
        let mut two = RunBuilder::new("two")
            .trial(trial("a", "bare").failed("number", "differs"))
            .trial(trial("a", "grounded").errored(crate::provider::ErrorKind::Timeout, "late"))
            .build();
        two.header.fingerprints.prompt = Fingerprint::of("new");
        let other = RunBuilder::new("other").trial(trial("b", "bare").suite("other").passed()).build();
        let runs: [&dyn Recorded; 3] = [&one, &other, &two];
        let trend = Trend::of(&runs, &["top-ten".to_owned()], None).unwrap();
        let seen: Vec<_> =
            trend.rows.iter().map(|r| (&*r.run, r.pass_rate.passed, r.pass_rate.judged)).collect();
        assert_eq!(seen, [("one", 1, 1), ("two", 0, 1)]);
        assert_eq!((trend.rows[1].unjudged, trend.rows[1].variants.len()), (1, 2));
        assert!(trend.rows[1].moved.prompt && !trend.rows[1].moved.case && !trend.rows[0].moved.any());
        let grounded = VariantKey { prompt: "grounded".into(), model: "small".into() };
        let trend = Trend::of(&runs, &["top-ten".to_owned()], Some(&grounded)).unwrap();
        assert_eq!(trend.rows.len(), 1);
        assert_eq!(trend.rows[0].pass_rate.rate, None);
    }
}
