//! Stopping a run as soon as the evidence of a loss suffices, however often one looks.
//!
//! **The rule.** Case by case it is asked whether the baseline's verdict turned: a case broke when all its wordings passed
//! before and one of them fails in every repeat now; the other way round it was fixed. Without a change both are equally
//! likely, because as many repeats count on either side; where one has more, it is drawn which ones. The [`e_value`](crate::stats::e_value) of broke against fixed
//! stops the run when it reaches 1/α; over several columns each must reach as many times more.
//!
//! **Any order.** The chance of a false stop is at most α in every order of the cases that does not depend on their answers.
//! The order in which answers arrive does: wrong ones may be the faster ones. So cases count in plan order, each when all
//! cases before it have their results: when a run stops, and with which numbers, is the same for every concurrency. Only how
//! many further trials were in flight is not.
//!
//! **Clusters.** Cases about one article may turn together, so only the first case of a cluster that turned counts, where
//! there are enough clusters ([`counted`], as in a comparison). What errored, moved or is new says nothing.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::names::Names;
use crate::config::GateRules;
use crate::diff::{ALPHA, Clusters, Groups, Outline, Unit, counted, independent};
use crate::event::{Event, Sink};
use crate::fingerprint::Fingerprint;
use crate::outcome::{CaseLabels, Fingerprints, Outcome, ReadError, Recorded, TrialKey, VariantKey};
use crate::plan::Plan;
use crate::stats::e_value;

/// How the reason of a run begins that was stopped by this rule.
const STOPPED: &str = "--fail-fast: ";
/// Most names of cases in a reason.
const NAMES: usize = 20;

/// What was found when a run was stopped by this rule; `None` for a run that ended otherwise.
pub fn stopped_by_evidence(reason: Option<&str>) -> Option<&str> {
    reason?.strip_prefix(STOPPED)
}

/// The evidence while a run goes on.
#[derive(Debug)]
pub struct FailFast {
    /// Cases that both have, in plan order.
    cases: Vec<Case>,
    places: HashMap<(String, String), usize>,
    /// Cases before this one are counted.
    next: usize,
    columns: Vec<Column>,
    reason: Option<String>,
    /// The clusters, where they are too few to count by.
    too_few: Option<u64>,
}

/// One case of both runs.
#[derive(Debug)]
struct Case {
    name: String,
    /// Its cluster, or itself where there are too few clusters.
    unit: u32,
    /// Trials without a result.
    open: usize,
    before: Vec<Seen>,
    now: Vec<Seen>,
}

/// One trial.
#[derive(Debug)]
struct Seen {
    column: usize,
    phrasing: String,
    index: u32,
    means: [Fingerprint; 2],
    passed: Option<bool>,
}

#[derive(Debug)]
struct Column {
    variant: VariantKey,
    broke: Names,
    fixed: u64,
    turned: HashSet<u32>,
}

impl FailFast {
    /// Holds a plan against a baseline, in the columns that the gate is about.
    ///
    /// # Errors
    /// The baseline or a file of cases cannot be read.
    pub fn new(rules: &GateRules, baseline: &dyn Recorded, plan: &Plan) -> Result<Self, ReadError> {
        let outline = Outline::of(baseline)?;
        let gated = |v: &VariantKey| super::gates(rules, plan.has_bare_arm(), v);
        let shared = plan.variants.iter().map(|(variant, _)| variant);
        let shared = shared.filter(|v| gated(v) && outline.columns.contains(v));
        let column = |variant: &VariantKey| Column {
            variant: variant.clone(),
            broke: Names::first(NAMES),
            fixed: 0,
            turned: HashSet::new(),
        };
        let mut new = Self {
            cases: Vec::new(),
            places: HashMap::new(),
            next: 0,
            columns: shared.map(column).collect(),
            reason: None,
            too_few: None,
        };
        let mut before = new.read(&outline)?;
        let (mut clusters, mut units): (Clusters, Vec<Unit>) = Default::default();
        for trial in plan.trials() {
            let trial = trial.map_err(|moved| ReadError(moved.to_string()))?;
            let key = (trial.key.suite.clone(), trial.key.case.clone());
            if new.column(&trial.key).is_none() || !trial.wording.facts.tier.gates() {
                continue;
            }
            let place = match before.remove(&key) {
                Some(case) => {
                    let of = &trial.scored.case;
                    let sources: Vec<String> = of.sources.iter().map(ToString::to_string).collect();
                    let area = of.area.clone();
                    let labels = CaseLabels::new(area, None, String::new(), Vec::new(), &sources);
                    units.push(clusters.of_labels(Some(&labels)));
                    new.cases.push(case);
                    new.places.insert(key, new.cases.len() - 1);
                    new.cases.len() - 1
                }
                None => match new.places.get(&key) {
                    Some(place) => *place,
                    None => continue,
                },
            };
            new.cases[place].open += 1;
        }
        let counted = counted(&units);
        new.too_few = counted.too_few;
        new.cases.iter_mut().zip(counted.by).for_each(|(case, by)| case.unit = by);
        Ok(new)
    }

    /// The cases of the baseline.
    fn read(&self, outline: &Outline<'_>) -> Result<HashMap<(String, String), Case>, ReadError> {
        let mut groups = Groups::open(outline, None)?;
        let mut found = HashMap::new();
        while let Some(group) = groups.next_case()? {
            // Whether a case decides is for the plan to say: it may be in quarantine by now.
            let seen = group.run.trials().filter_map(|(_, t)| self.seen(&t.key, &t.fingerprints, t.outcome));
            let before: Vec<Seen> = seen.collect();
            if !before.is_empty() {
                let name = format!("{}/{}", group.suite, group.case);
                let case = Case { name, unit: 0, open: 0, before, now: Vec::new() };
                found.insert((group.suite.clone(), group.case.clone()), case);
            }
        }
        Ok(found)
    }

    /// Columns that both runs have.
    pub fn columns(&self) -> usize {
        self.columns.len()
    }

    /// How many cases, or clusters of them, can turn, and how many must break at least before the run stops.
    pub fn can_and_must(&self) -> (u64, u64) {
        let can: HashSet<u32> = self.cases.iter().map(|case| case.unit).collect();
        let must = (1..64).find(|broke| e_value(*broke, 0) >= self.enough()).unwrap_or(64);
        (can.len() as u64, must)
    }

    /// The e-value that stops: 1/α, as many times more as there are columns that could reach it.
    fn enough(&self) -> f64 {
        self.columns.len().max(1) as f64 / ALPHA
    }

    fn column(&self, key: &TrialKey) -> Option<usize> {
        self.columns.iter().position(|c| c.variant.prompt == key.prompt && c.variant.model == key.model)
    }

    fn seen(&self, key: &TrialKey, prints: &Fingerprints, outcome: Outcome) -> Option<Seen> {
        Some(Seen {
            column: self.column(key)?,
            phrasing: key.phrasing.clone(),
            index: key.index,
            means: [prints.case, prints.scorers],
            passed: outcome.verdict(),
        })
    }

    /// Takes in a result of the run.
    pub fn take(&mut self, key: &TrialKey, prints: &Fingerprints, outcome: Outcome) {
        let place = self.places.get(&(key.suite.clone(), key.case.clone())).copied();
        let (Some(place), Some(seen)) = (place, self.seen(key, prints, outcome)) else { return };
        let case = &mut self.cases[place];
        case.open = case.open.saturating_sub(1);
        case.now.push(seen);
        while self.reason.is_none() && self.cases.get(self.next).is_some_and(|case| case.open == 0) {
            self.count(self.next);
            self.next += 1;
        }
    }

    fn count(&mut self, place: usize) {
        let (case, enough, all) = (&self.cases[place], self.enough(), self.columns.len());
        let too_few = self.too_few.map(|few| format!(" ({})", independent(few))).unwrap_or_default();
        for (at, column) in self.columns.iter_mut().enumerate() {
            let Some(fixed) = case.turned(at) else { continue };
            if !column.turned.insert(case.unit) {
                continue;
            }
            if fixed {
                column.fixed += 1;
                continue;
            }
            let (suite, id) = case.name.split_once('/').unwrap_or_default();
            column.broke.push(suite, id);
            let e = e_value(column.broke.len(), column.fixed);
            if e >= enough && self.reason.is_none() {
                self.reason = Some(column.reason(e, enough, all, (place + 1, self.cases.len())) + &too_few);
            }
        }
    }
}

impl Case {
    /// Whether it was fixed (`true`) or broke (`false`) in a column; `None` when neither, or when it cannot be told.
    fn turned(&self, column: usize) -> Option<bool> {
        let (before, now) = (self.wordings(&self.before, column), self.wordings(&self.now, column));
        let mut sides: Vec<(Vec<bool>, Vec<bool>)> = Vec::new();
        for (phrasing, old) in before {
            let Some(new) = now.get(phrasing) else { continue };
            if new.iter().any(|trial| trial.means != old[0].means) {
                return None;
            }
            let both = old.len().min(new.len());
            let some =
                |side: &[&Seen]| side.iter().take(both).map(|trial| trial.passed).collect::<Option<_>>();
            sides.push((some(&old)?, some(new)?));
        }
        let passed = |side: &[bool]| side.iter().all(|passed| *passed);
        let lost = |side: &[bool]| !side.iter().any(|passed| *passed);
        let broke = sides.iter().all(|(old, _)| passed(old)) && sides.iter().any(|(_, new)| lost(new));
        let fixed = sides.iter().all(|(_, new)| passed(new)) && sides.iter().any(|(old, _)| lost(old));
        (broke || fixed).then_some(fixed)
    }

    /// The trials of a column by wording, in an order that knows nothing of their verdicts: a baseline in a file keeps
    /// how many passed and not which.
    fn wordings<'s>(&self, trials: &'s [Seen], column: usize) -> BTreeMap<&'s str, Vec<&'s Seen>> {
        let mut wordings: BTreeMap<&str, Vec<&Seen>> = BTreeMap::new();
        for trial in trials.iter().filter(|trial| trial.column == column) {
            wordings.entry(&trial.phrasing).or_default().push(trial);
        }
        for repeats in wordings.values_mut() {
            repeats.sort_by_key(|t| Fingerprint::of(&(&self.name, &t.phrasing, column, t.index)));
        }
        wordings
    }
}

impl Column {
    fn reason(&self, e: f64, enough: f64, columns: usize, (seen, all): (usize, usize)) -> String {
        let times = if columns > 1 { format!(" × {columns} columns") } else { String::new() };
        format!(
            "{STOPPED}{} broke and {} were fixed in {} among the first {seen} of {all} cases: e-value {e:.1}, at least {enough} (1 / {ALPHA}{times}) proves a loss: {}",
            self.broke.len(),
            self.fixed,
            self.variant,
            self.broke
        )
    }
}

impl Sink for FailFast {
    fn on_event(&mut self, event: &Event) {
        if let Event::TrialFinished(trial) = event
            && trial.follow_up.is_none()
        {
            self.take(&trial.key, &trial.fingerprints, trial.outcome);
        }
    }

    fn stops(&self) -> Option<String> {
        self.reason.clone()
    }
}

#[cfg(test)]
mod tests;
