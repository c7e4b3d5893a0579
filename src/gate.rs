//! The gate: rules a run must keep. It never passes because nothing was checked.

mod column;
mod fail_fast;
mod limit;
mod names;
mod never;
mod relative;
mod slice;
mod unchecked;
mod violation;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;

use crate::case::Tier;
use crate::config::{GateRules, MustHold};
use crate::diff::{CaseGroup, Clusters, Groups, Outline, Unit};
use crate::golden::Standing;
use crate::outcome::{CellKey, Outcome, ReadError, Recorded, RunInfo, TrialDigest, VariantKey};
use crate::prompt::BARE;
use crate::sentence::{By, CaseFilter, Sentence, TRIED};

use column::ColumnFold;
pub use fail_fast::{FailFast, stopped_by_evidence};
use names::Names;
use relative::RelativeFold;

/// What one rule, or the whole gate, says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// The rule is kept.
    Pass,
    /// The rule is broken.
    Fail,
    /// It was judged, and the numbers allow neither a yes nor a no; `on_inconclusive` may let it pass.
    Inconclusive,
    /// Nothing to judge it by.
    CannotTell,
    /// Cases or scorers moved since the earlier run, so that nothing can be held against it.
    NotComparable,
    /// Too many trials have no verdict.
    Incomplete,
}

/// One rule on one column.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RuleResult {
    /// The rule as configured, e.g. `min_pass_rate = 0.8`.
    pub rule: Sentence,
    /// The column it was applied to; absent for rules of the whole run.
    pub variant: Option<VariantKey>,
    /// The numbers it rests on.
    pub detail: Sentence,
    /// What it says.
    pub verdict: Verdict,
}

/// What the gate says of a run.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GateResult {
    /// The worst of its rules.
    pub verdict: Verdict,
    /// Every rule, in a fixed order.
    pub rules: Vec<RuleResult>,
    /// What was not checked, in words.
    pub not_checked: Vec<Sentence>,
}

/// Most names of broken critical cases in the words of a rule.
const NAMES: usize = 1000;
/// Most names of suspect cases, and of those in quarantine, in words.
const SUSPECTS: usize = 20;

/// Holds a run against the rules, and against an earlier run where there is one.
///
/// # Errors
/// A run cannot be read.
pub fn check(
    rules: &GateRules,
    run: &dyn Recorded,
    earlier: Option<&dyn Recorded>,
) -> Result<GateResult, ReadError> {
    let outline = Outline::of(run)?;
    let earlier = earlier.map(Outline::of).transpose()?;
    let fold = GateFold::read(rules, &outline, earlier.as_ref(), Groups::open)?;
    Ok(fold.finish(run.info()))
}

/// What violates a rule about single cases (`critical`, `must_hold`) by the planned trials of a run alone: what is asked again
/// before the gate fails. Rules that hold name nothing.
///
/// # Errors
/// A run cannot be read.
pub fn violations(
    rules: &GateRules,
    run: &dyn Recorded,
    earlier: Option<&dyn Recorded>,
) -> Result<Vec<CellKey>, ReadError> {
    let outline = Outline::of(run)?;
    let earlier = earlier.map(Outline::of).transpose()?;
    let fold = GateFold::read(rules, &outline, earlier.as_ref(), Groups::open_planned)?;
    Ok(fold.violations(&outline.columns, run.info().header.selection.bare))
}

/// The gate while a run is read: a case in, in the end the result out.
pub struct GateFold<'a> {
    rules: &'a GateRules,
    columns: Vec<ColumnFold>,
    relative: RelativeFold,
    clusters: Clusters,
    done: u64,
    errored: u64,
    skipped: u64,
    exploratory: u64,
    simulated: u64,
    /// Cases whose goldens rest on edited passages.
    suspect: Names,
    /// Cases in quarantine.
    quarantined: Names,
    /// Whether a case was asked in several wordings.
    grouped: bool,
    /// Judges that decide nothing, by scorer.
    uncertified: BTreeMap<Arc<str>, Standing>,
    /// Columns of the earlier run that this one does not have.
    dropped: Vec<VariantKey>,
}

impl<'a> GateFold<'a> {
    /// A gate over a run.
    pub fn new(rules: &'a GateRules, run: &Outline<'_>, earlier: Option<&Outline<'_>>) -> Self {
        let relative = RelativeFold::new(&run.columns, earlier);
        let suites = &run.run.info().header.suites;
        let columns = run.columns.iter().map(|_| ColumnFold::new(rules, suites)).collect();
        let uncertified = BTreeMap::new();
        let before = earlier.map_or_else(Vec::new, |earlier| earlier.columns.clone());
        let dropped = before.into_iter().filter(|column| !run.columns.contains(column)).collect();
        Self {
            rules,
            columns,
            relative,
            clusters: Clusters::default(),
            done: 0,
            errored: 0,
            skipped: 0,
            exploratory: 0,
            simulated: 0,
            suspect: Names::first(SUSPECTS),
            quarantined: Names::first(SUSPECTS),
            grouped: false,
            uncertified,
            dropped,
        }
    }

    /// A gate over whole runs.
    fn read<'r>(
        rules: &'a GateRules,
        run: &'r Outline<'r>,
        earlier: Option<&'r Outline<'r>>,
        open: fn(&'r Outline<'r>, Option<&'r Outline<'r>>) -> Result<Groups<'r>, ReadError>,
    ) -> Result<Self, ReadError> {
        let mut fold = Self::new(rules, run, earlier);
        let mut groups = open(run, earlier)?;
        while let Some(group) = groups.next_case()? {
            fold.add(group);
        }
        Ok(fold)
    }

    /// Takes in one case.
    pub fn add(&mut self, group: &CaseGroup) {
        let unit = self.clusters.of(group);
        let is = |tier: Tier| group.run.trials().any(|(_, trial)| trial.tier == tier);
        if is(Tier::Suspect) {
            self.suspect.push(&group.suite, &group.case);
        }
        if is(Tier::Quarantined) {
            self.quarantined.push(&group.suite, &group.case);
        }
        for (column, trial) in group.run.trials() {
            self.done += 1;
            let simulated = trial.tier == Tier::Simulated;
            self.simulated += u64::from(simulated);
            // A judge that broke is an error also where another scorer decided the outcome.
            let broke = trial.scores.iter().any(|score| score.required && score.broke());
            self.errored += u64::from((trial.outcome == Outcome::Errored || broke) && !simulated);
            self.see_judges(trial);
            self.skipped += u64::from(trial.outcome == Outcome::Skipped);
            self.exploratory += u64::from(trial.tier == Tier::Exploratory);
            if let Some(column) = self.columns.get_mut(column) {
                column.add_trial(trial, unit);
                if !group.run.has_phrasings() {
                    column.add_verdict(trial, trial.outcome.verdict(), unit);
                }
            }
        }
        if group.run.has_phrasings() {
            self.add_wordings(group, unit);
        }
        for (place, column) in self.columns.iter_mut().enumerate() {
            column.add_case(group, place);
        }
        self.relative.add(self.rules.must_hold, group, unit);
    }

    /// The wordings of cases that violate a rule about single cases, in the columns that the gate is about.
    fn violations(&self, columns: &[VariantKey], bare_arm: bool) -> Vec<CellKey> {
        let gated = columns.iter().enumerate().filter(|(_, variant)| gates(self.rules, bare_arm, variant));
        let cells = gated.flat_map(|(place, variant)| {
            let of_column = self.columns.get(place).into_iter().flat_map(ColumnFold::violations);
            let held = Some(place).filter(|_| self.rules.must_hold != MustHold::Off);
            let of_run = held.into_iter().flat_map(|place| self.relative.violations(place));
            let all = of_column.chain(of_run);
            all.flat_map(|violation| violation.cells(variant)).collect::<Vec<CellKey>>()
        });
        cells.collect()
    }

    /// A case asked in several wordings counts once per repeat, and passes only if all of its wordings do.
    fn add_wordings(&mut self, group: &CaseGroup, unit: Unit) {
        self.grouped = true;
        for (place, column) in self.columns.iter_mut().enumerate() {
            let mut repeats: BTreeMap<u32, (&TrialDigest, Option<bool>)> = BTreeMap::new();
            for trial in group.run.in_column(place).flat_map(|r| r.trials) {
                let verdict = trial.outcome.verdict();
                let repeat = repeats.entry(trial.key.index).or_insert((trial, verdict));
                repeat.1 = match (repeat.1, verdict) {
                    (Some(false), _) | (_, Some(false)) => Some(false),
                    (None, _) | (_, None) => None,
                    (Some(true), Some(true)) => Some(true),
                };
            }
            for (trial, verdict) in repeats.into_values() {
                column.add_verdict(trial, verdict, unit);
            }
        }
    }

    fn see_judges(&mut self, trial: &TrialDigest) {
        for score in trial.scores.iter().filter(|score| !score.required) {
            let standing = score.judge.map(|judge| judge.standing).filter(|s| *s != Standing::Certified);
            if let Some(standing) = standing
                && self.uncertified.len() < NAMES
                && !self.uncertified.contains_key(&score.name)
            {
                self.uncertified.insert(score.name.clone(), standing);
            }
        }
    }

    /// What the gate says.
    pub fn finish(mut self, info: &RunInfo) -> GateResult {
        let header = &info.header;
        let rules = self.rules;
        let is_gated = |v: &VariantKey| gates(rules, header.selection.bare, v);
        let relative = std::mem::replace(&mut self.relative, RelativeFold::new(&[], None));
        let relative = relative.finish(self.rules, header);
        let mut results = vec![self.complete(header.planned)];
        results.extend(self.rules.unread.iter().map(|file| RuleResult {
            rule: format!("[gate] of {file}").into(),
            variant: None,
            detail: "the file cannot be read (regauge check says why)".into(),
            verdict: Verdict::CannotTell,
        }));
        let evidence = stopped_by_evidence(info.stop_reason.as_deref());
        results.extend(evidence.map(|found| RuleResult {
            rule: "fail-fast".into(),
            variant: None,
            detail: found.into(),
            verdict: Verdict::Fail,
        }));
        let mut gated = 0;
        let columns = std::mem::take(&mut self.columns);
        for (place, (variant, column)) in header.variants.iter().zip(columns).enumerate() {
            if !is_gated(variant) {
                continue;
            }
            gated += 1;
            results.extend(column.finish(variant, self.grouped, self.rules.confirm));
            results.extend(relative.iter().filter(|(at, _)| *at == place).map(|(_, result)| result.clone()));
        }
        let not_run: Vec<&str> = self
            .rules
            .suites
            .iter()
            .map(|gate| &*gate.suite)
            .filter(|suite| !ran(suite, &header.suites))
            .collect();
        // Where only suites that were not run have rules, nothing was checked.
        let unchecked = gated == 0 || (results.len() == 1 && !not_run.is_empty());
        let verdict = if unchecked { Verdict::CannotTell } else { self.verdict(&results) };
        let is_bare = |v: &&VariantKey| header.selection.bare && v.prompt == BARE;
        let (bare, left_out): (Vec<&VariantKey>, Vec<&VariantKey>) =
            header.variants.iter().filter(|v| !is_gated(v)).partition(is_bare);
        let mut not_checked = self.not_checked(&left_out);
        if !bare.is_empty() {
            not_checked.insert(0, unchecked::columns("the bare arm, which is for comparison", &bare));
        }
        let dropped: Vec<&VariantKey> = self.dropped.iter().filter(|v| is_gated(v)).collect();
        if self.rules.is_relative() && !dropped.is_empty() {
            not_checked
                .push(unchecked::columns("columns of the earlier run that are not in this one", &dropped));
        }
        if !not_run.is_empty() {
            not_checked.push(format!("the rules of suites that were not run: {}", not_run.join(", ")).into());
        }
        if evidence.is_some() {
            let (missing, planned) = (header.planned.saturating_sub(self.done), header.planned);
            let words = format!("{missing} of {planned} planned trials: --fail-fast stopped the run");
            not_checked.splice(0..0, (missing > 0).then(|| words.into()));
        }
        GateResult { verdict, rules: results, not_checked }
    }

    /// The worst of the rules; what is inconclusive may be let through when another rule than that of errors passes.
    fn verdict(&self, results: &[RuleResult]) -> Verdict {
        let worst =
            results.iter().map(|r| r.verdict).max_by_key(|v| severity(*v)).unwrap_or(Verdict::CannotTell);
        let some_pass = results.iter().skip(1).any(|r| r.verdict == Verdict::Pass);
        if worst == Verdict::Inconclusive && self.rules.inconclusive_passes && some_pass {
            return Verdict::Pass;
        }
        worst
    }

    fn complete(&self, planned: u64) -> RuleResult {
        let budget = self.rules.max_error_rate.unwrap_or(0.0);
        let missing = planned.saturating_sub(self.done);
        let errored = self.errored;
        let share = if planned == 0 { 1.0 } else { (errored + missing) as f64 / planned as f64 };
        let all = CaseFilter::default().with(By::Outcome, TRIED);
        let mut detail = Sentence::default();
        detail.about(errored, &all.clone().with(By::Outcome, Outcome::Errored.name()));
        detail.say(format_args!(" errored and {missing} missing of "));
        detail.about(planned, &all);
        detail.say(" planned trials");
        RuleResult {
            rule: format!("max_error_rate = {budget}").into(),
            variant: None,
            detail,
            verdict: if share > budget { Verdict::Incomplete } else { Verdict::Pass },
        }
    }
}

/// Whether the gate is about a column: one of the prompts that it names, and never the bare arm where that was asked for.
pub fn gates(rules: &GateRules, bare_arm: bool, variant: &VariantKey) -> bool {
    let named = rules.prompts.is_empty() || rules.prompts.contains(&variant.prompt);
    named && !(bare_arm && variant.prompt == BARE)
}

/// Whether a suite with rules of its own is part of a run of these suites.
fn ran(suite: &str, suites: &[String]) -> bool {
    suites.iter().any(|name| name == suite)
}

fn severity(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Pass => 0,
        Verdict::Inconclusive => 1,
        Verdict::CannotTell => 2,
        Verdict::NotComparable => 3,
        Verdict::Incomplete => 4,
        Verdict::Fail => 5,
    }
}

#[cfg(test)]
mod tests;
