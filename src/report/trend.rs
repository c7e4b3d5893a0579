//! The runs before, oldest first: how the pass rate, the cost and the fingerprints moved.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::Timestamp;
use serde::Serialize;

use crate::diff::{Clusters, Moved, Outline, Unit};
use crate::fingerprint::Fingerprint;
use crate::outcome::{Fingerprints, ReadError, Recorded, RunInfo, RunStatus, VariantKey};
use crate::report::columns::{PartSum, Rate, RateFold};
use crate::selection::Selection;

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
    /// Which fingerprints of the trials that the row before has as well differ from theirs.
    pub moved: Moved,
    /// Whether it counts other cases or variants than the row before: then a rate may move for that alone.
    pub other_cases: bool,
    /// Why its rate does not stand beside that of the newest run: `not finished` or `another selection`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub part: Option<&'static str>,
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
        let mut before: Option<Prints> = None;
        for run in runs {
            let (mut row, prints) = row(*run, suites, variant)?;
            if row.variants.is_empty() {
                continue;
            }
            if let Some(before) = &before {
                let shared = || prints.iter().filter_map(|(key, new)| Some((before.get(key)?, new)));
                row.moved = shared().map(|(old, new)| moved(old, new)).fold(Moved::default(), Moved::or);
                row.other_cases = prints.len() != before.len() || shared().count() != prints.len();
            }
            row.part = runs.last().and_then(|newest| part(run.info(), newest.info(), suites));
            before = Some(prints);
            rows.push(row);
        }
        Ok(Self { suites: suites.to_vec(), rows })
    }
}

/// The fingerprints of the first repeat of every wording and column, by a hash of its key.
type Prints = HashMap<Fingerprint, Fingerprints>;

fn row(
    run: &dyn Recorded,
    suites: &[String],
    only: Option<&VariantKey>,
) -> Result<(TrendRow, Prints), ReadError> {
    let mut prints = Prints::new();
    let columns = Outline::of(run)?.columns;
    let mut rates: BTreeMap<(String, String), RateFold> = BTreeMap::new();
    let (mut cost, mut unjudged, mut all) = (PartSum::default(), 0, RateFold::default());
    let (mut clusters, mut units): (Clusters, HashMap<(String, String), Unit>) = Default::default();
    for digest in run.digests()? {
        let digest = digest?;
        let counted = only.is_none_or(|v| v.prompt == digest.key.prompt && v.model == digest.key.model);
        if !counted || !suites.contains(&digest.key.suite) {
            continue;
        }
        if digest.key.index == 1 {
            let key = &digest.key;
            let named = (&key.suite, &key.case, &key.phrasing, &key.prompt, &key.model);
            prints.insert(Fingerprint::of(&named), digest.fingerprints);
        }
        if digest.answer.is_some() {
            cost.add(digest.cost);
        }
        let rate = rates.entry((digest.key.prompt, digest.key.model)).or_default();
        let Some(pass) = digest.outcome.verdict() else {
            unjudged += 1;
            continue;
        };
        let unit = *units
            .entry((digest.key.suite, digest.key.case))
            .or_insert_with(|| clusters.of_labels(Some(&digest.labels)));
        for fold in [rate, &mut all] {
            fold.add(u64::from(pass), 1, unit);
        }
    }
    let of = |variant: VariantKey| {
        let rate = rates.get(&(variant.prompt.clone(), variant.model.clone()))?;
        Some(TrendVariant { pass_rate: rate.finish(), variant })
    };
    let info = run.info();
    let row = TrendRow {
        run: info.header.id.clone(),
        started: info.header.started,
        tags: info.tags.clone(),
        pass_rate: all.finish(),
        variants: columns.into_iter().filter_map(of).collect(),
        unjudged,
        cost,
        moved: Moved::default(),
        other_cases: false,
        part: None,
    };
    Ok((row, prints))
}

/// Why a run is only a part beside the newest one, of the suites that are counted.
fn part(run: &RunInfo, newest: &RunInfo, counted: &[String]) -> Option<&'static str> {
    let chosen = |info: &RunInfo| {
        let suites: BTreeSet<String> =
            info.header.suites.iter().filter(|suite| counted.contains(suite)).cloned().collect();
        let Selection { cases, tags, areas, touched, .. } = info.header.selection.clone();
        (suites, cases, tags, areas, touched)
    };
    if run.status == RunStatus::Finished {
        (chosen(run) != chosen(newest)).then_some("another selection")
    } else {
        Some("not finished")
    }
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
        two.trials[0].fingerprints.prompt = Fingerprint::of("new");
        let other = RunBuilder::new("other").trial(trial("b", "bare").suite("other").passed()).build();
        let runs: [&dyn Recorded; 3] = [&one, &other, &two];
        let trend = Trend::of(&runs, &["top-ten".to_owned()], None).unwrap();
        let seen: Vec<_> =
            trend.rows.iter().map(|r| (&*r.run, r.pass_rate.passed, r.pass_rate.judged)).collect();
        assert_eq!(seen, [("one", 1, 1), ("two", 0, 1)]);
        assert_eq!((trend.rows[1].unjudged, trend.rows[1].variants.len()), (1, 2));
        assert!(trend.rows[1].moved.prompt && !trend.rows[1].moved.case && !trend.rows[0].moved.any());
        assert!(trend.rows[1].other_cases && !trend.rows[0].other_cases, "a variant came in");
        let grounded = VariantKey { prompt: "grounded".into(), model: "small".into() };
        let trend = Trend::of(&runs, &["top-ten".to_owned()], Some(&grounded)).unwrap();
        assert_eq!(trend.rows.len(), 1);
        assert_eq!(trend.rows[0].pass_rate.rate, None);
    }

    #[test]
    fn another_selection_moves_nothing() {
        let cases = ["a", "b", "c"].map(|c| trial(c, "bare").passed());
        let all = RunBuilder::new("all").trials(cases).build();
        let part = |id: &str| RunBuilder::new(id).trial(trial("b", "bare").passed());
        let mut narrow = part("narrow").build();
        // A run's own fingerprints are over everything in it.
        narrow.header.fingerprints.case = Fingerprint::of("one of three");
        let again = part("again").build();
        let other = RunBuilder::new("other").trial(trial("c", "bare").passed()).build();
        let runs: [&dyn Recorded; 4] = [&all, &narrow, &again, &other];
        let trend = Trend::of(&runs, &["top-ten".to_owned()], None).unwrap();
        let seen: Vec<_> = trend.rows.iter().map(|r| (r.moved.any(), r.other_cases)).collect();
        assert_eq!(seen, [(false, false), (false, true), (false, false), (false, true)]);
    }
}
