//! Two arms of stored runs → what the plan says of them.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{Experiment, Experiments, Found, Plan, tries};
use crate::diff::{
    Change, ChangeKind, Clusters, Finding, Groups, Metric, MetricsFold, Outline, Repeats, pairs, passes,
};
use crate::outcome::{Fingerprints, ReadError, Recorded, RunHeader, VariantKey};

/// What a run says of one candidate, before it is recorded.
#[derive(Debug, Clone)]
pub struct Measured {
    /// The candidate.
    pub candidate: VariantKey,
    /// The planned metric; absent where no case has it.
    pub metric: Option<Metric>,
    /// Cases of the candidate.
    pub cases: u64,
    /// Most trials of one wording.
    pub repeats: u32,
    /// Its answers, and how many of them were in the store before.
    pub answers: (u64, u64),
    /// Wordings of which the case or the scorers moved since the base was run.
    pub moved: u64,
    /// Wordings without a verdict on both sides: what errored, and what only one side has.
    pub unjudged: u64,
    /// What the candidate was: the fingerprints of its first trial.
    pub fingerprints: Option<Fingerprints>,
}

/// What every variant of a run was in these suites: the fingerprints of its first trial.
///
/// # Errors
/// The run cannot be read.
pub fn identities(
    run: &dyn Recorded,
    suites: &[String],
) -> Result<BTreeMap<VariantKey, Fingerprints>, ReadError> {
    let outline = Outline::of(run)?;
    let mut groups = Groups::open(&outline, None)?;
    let mut found = BTreeMap::new();
    while found.len() < outline.columns.len()
        && let Some(group) = groups.next_case()?
    {
        for (column, trial) in group.run.trials().filter(|_| suites.contains(&group.suite)) {
            found.entry(outline.columns[column].clone()).or_insert(trial.fingerprints);
        }
    }
    Ok(found)
}

/// Holds a candidate of a run against the base arm, in the suites of the plan.
///
/// # Errors
/// A run cannot be read, or does not have the arm.
pub fn measure(
    plan: &Plan,
    candidate: &VariantKey,
    base: Option<&dyn Recorded>,
    run: &dyn Recorded,
) -> Result<Measured, ReadError> {
    let (outline, base) = (Outline::of(run)?, base.map(Outline::of).transpose()?);
    let place = |of: &Outline<'_>, arm: &VariantKey| {
        let missing = || ReadError(format!("run {} has no variant {arm}", of.run.info().header.id));
        of.columns.iter().position(|column| column == arm).ok_or_else(missing)
    };
    let was = place(base.as_ref().unwrap_or(&outline), &plan.base)?;
    let now = place(&outline, candidate)?;
    let mut groups = Groups::open(&outline, base.as_ref())?;
    let (mut clusters, mut metrics) = (Clusters::default(), MetricsFold::default());
    let mut found = Measured {
        candidate: candidate.clone(),
        metric: None,
        cases: 0,
        repeats: 0,
        answers: (0, 0),
        moved: 0,
        unjudged: 0,
        fingerprints: None,
    };
    while let Some(group) = groups.next_case()? {
        if !plan.suites.contains(&group.suite) {
            continue;
        }
        let unit = clusters.of(group);
        let earlier = if base.is_some() { &group.earlier } else { &group.run };
        for pair in pairs(earlier.in_column(was), group.run.in_column(now)) {
            let kind = Change::of(&pair).kind;
            let moved = kind == ChangeKind::NotComparable;
            found.moved += u64::from(moved);
            found.unjudged += u64::from(!moved && passes(kind, &pair).is_none());
            metrics.add(kind, &pair, unit);
        }
        let ours: Vec<Repeats<'_>> = group.run.in_column(now).collect();
        found.cases += u64::from(!ours.is_empty());
        for trial in ours.iter().flat_map(|repeats| repeats.trials) {
            found.fingerprints = found.fingerprints.or(Some(trial.fingerprints));
            found.repeats = found.repeats.max(trial.key.index);
            found.answers.0 += u64::from(trial.answer.is_some());
            found.answers.1 += u64::from(trial.answer.is_some() && trial.cached);
        }
    }
    let all = metrics.finish(plan.margin, run.info().header.seed);
    found.metric = all.into_iter().find(|metric| metric.name == plan.metric && metric.n > 0);
    Ok(found)
}

impl Measured {
    /// Why it is no test of the plan: what was seen before the plan was stated, and what is not as planned.
    fn deviations(&self, experiment: &Experiment, header: &RunHeader) -> Vec<String> {
        let plan = &experiment.plan;
        let mut why = Vec::new();
        let asked = (header.fingerprints.case, header.fingerprints.scorers);
        // A run of other suites besides has hashes of other suites.
        if header.suites == plan.suites && asked != (plan.case, plan.scorers) {
            why.push("cases or scorers were changed after the plan was stated".to_owned());
        }
        if self.unjudged > 0 {
            why.push(format!("{} wordings have no verdict on both sides", self.unjudged));
        }
        if header.started < experiment.stated {
            why.push("the run began before the plan was stated".to_owned());
        }
        let (answers, before) = self.answers;
        if before * 2 > answers {
            why.push(format!(
                "{before} of {answers} answers were in the store before, so that they may have been seen"
            ));
        }
        if self.moved > 0 {
            why.push(format!(
                "{} wordings are not compared, because cases or scorers moved since the base was run",
                self.moved
            ));
        }
        if (self.cases, self.repeats) != (plan.cases, plan.repeats) {
            why.push(format!(
                "{} cases × {} were planned, and {} × {} were run",
                plan.cases, plan.repeats, self.cases, self.repeats
            ));
        }
        why
    }
}

impl Experiments {
    /// Records what a run says of the candidates of an experiment, with all tries against its base counted.
    pub fn record(
        &mut self,
        name: &str,
        measured: &[Measured],
        (run, base_run): (&dyn Recorded, &str),
        unrecorded: u64,
        now: Timestamp,
    ) {
        let Some(experiment) = self.get(name) else { return };
        let p: Vec<f64> = measured
            .iter()
            .map(|m| m.metric.as_ref().and_then(|metric| metric.p_value).unwrap_or(1.0))
            .collect();
        let (adjusted, tries) = tries::adjusted(self, &experiment.plan, &p, unrecorded);
        let header = &run.info().header;
        let found = measured.iter().zip(adjusted).map(|(measured, adjusted_p)| {
            let metric = measured.metric.as_ref();
            let finding = match metric {
                Some(metric) => experiment.plan.finding(metric, adjusted_p),
                None if measured.moved > 0 => Finding::NotComparable,
                None => Finding::NothingToCompare,
            };
            let open = finding == Finding::CannotTell;
            Found {
                run: header.id.clone(),
                base_run: base_run.to_owned(),
                recorded: now,
                n: metric.map_or(0, |m| m.n),
                clusters: metric.map_or(0, |m| m.clusters),
                too_few_clusters: metric.and_then(|m| m.too_few_clusters),
                base: metric.and_then(|m| m.base),
                cand: metric.and_then(|m| m.cand),
                difference: metric.and_then(|m| m.difference),
                interval: metric.and_then(|m| m.interval),
                p_value: metric.and_then(|m| m.p_value),
                tries,
                unrecorded,
                adjusted_p,
                finding,
                cases_needed: metric.filter(|_| open).and_then(Metric::would_tell),
                post_hoc: measured.deviations(experiment, header),
                plan: experiment.print(),
                candidate: measured.candidate.clone(),
                fingerprints: measured.fingerprints.unwrap_or(header.fingerprints),
            }
        });
        let found: Vec<Found> = found.collect();
        if let Some(experiment) = self.get_mut(name) {
            experiment.results.extend(found);
        }
    }
}
