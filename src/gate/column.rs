//! The absolute rules of one column while the trials come.

use super::limit::LimitFold;
use super::never::NeverFold;
use super::slice::{gated, inside, named};
use super::violation::{Violation, Violations};
use super::{RuleResult, Verdict, ran};
use crate::case::Tier;
use crate::config::{GateRules, MetricRule, RuleMetric, Slice};
use crate::diff::{CaseGroup, Unit};
use crate::outcome::{TrialDigest, VariantKey};
use crate::sentence::{By, FAILING, Sentence, UNJUDGED};

/// What the absolute rules need of one column, in the order in which they are reported.
#[derive(Default)]
pub(super) struct ColumnFold {
    limits: Vec<LimitFold>,
    critical: Vec<CriticalFold>,
    never: Vec<NeverFold>,
}

/// Critical cases, all of which must pass.
struct CriticalFold {
    slice: Slice,
    critical: u64,
    unjudged: u64,
    /// Trials that failed.
    broken: u64,
    violations: Violations,
}

impl ColumnFold {
    /// The rules of the project, and those of the suites that were run.
    pub(super) fn new(rules: &GateRules, suites: &[String]) -> Self {
        let mut column = Self::default();
        let mut add =
            |slice: &Slice, least: Option<f64>, critical: bool, never: &[String], list: &[MetricRule]| {
                column.limits.extend(least.map(|least| LimitFold::of_pass_rate(least, slice.clone())));
                column.limits.extend(list.iter().cloned().map(LimitFold::new));
                column.critical.extend(critical.then(|| CriticalFold::new(slice.clone())));
                column.never.extend(never.iter().map(|name| NeverFold::new(name, slice.clone())));
            };
        add(&Slice::default(), rules.min_pass_rate, rules.critical_all, &rules.never, &rules.rules);
        for suite in rules.suites.iter().filter(|gate| ran(&gate.suite, suites)) {
            let slice = Slice::of_suite(&suite.suite);
            add(&slice, suite.min_pass_rate, suite.critical_all, &suite.never, &suite.rules);
        }
        column
    }

    /// Takes in one trial for the rules that look at trials.
    pub(super) fn add_trial(&mut self, trial: &TrialDigest, unit: Unit) {
        for never in &mut self.never {
            never.add(trial);
        }
        for limit in self.limits.iter_mut().filter(|limit| limit.rule.metric != RuleMetric::PassRate) {
            limit.add(trial, unit);
        }
    }

    /// Takes in what passed or not: a trial, or all wordings of a case in one repeat.
    pub(super) fn add_verdict(&mut self, trial: &TrialDigest, verdict: Option<bool>, unit: Unit) {
        for limit in self.limits.iter_mut().filter(|limit| limit.rule.metric == RuleMetric::PassRate) {
            limit.add_verdict(trial, verdict, unit);
        }
        for critical in &mut self.critical {
            critical.add(trial, verdict);
        }
    }

    /// Takes in one case for the rules about single cases.
    pub(super) fn add_case(&mut self, group: &CaseGroup, column: usize) {
        for critical in &mut self.critical {
            critical.add_case(group, column);
        }
    }

    /// The cases that violate a rule about single cases.
    pub(super) fn violations(&self) -> impl Iterator<Item = &Violation> {
        self.critical.iter().flat_map(|critical| critical.violations.iter())
    }

    pub(super) fn finish(self, variant: &VariantKey, grouped: bool, confirm: u32) -> Vec<RuleResult> {
        let limits = self.limits.into_iter().map(|limit| limit.finish(variant, grouped));
        let critical = self.critical.iter().map(|critical| critical.finish(variant, confirm));
        let never = self.never.iter().map(|never| never.finish(variant));
        limits.chain(critical).chain(never).collect()
    }
}

impl CriticalFold {
    fn new(slice: Slice) -> Self {
        Self { slice, critical: 0, unjudged: 0, broken: 0, violations: Violations::default() }
    }

    fn add(&mut self, trial: &TrialDigest, verdict: Option<bool>) {
        if trial.tier != Tier::Critical || !inside(&self.slice, trial) {
            return;
        }
        self.critical += 1;
        self.unjudged += u64::from(verdict.is_none());
        self.broken += u64::from(verdict == Some(false));
    }

    fn add_case(&mut self, group: &CaseGroup, column: usize) {
        let failed = group.run.in_column(column).filter(|repeats| {
            let judged = repeats
                .trials
                .first()
                .is_some_and(|trial| trial.tier == Tier::Critical && inside(&self.slice, trial));
            judged && repeats.side.passed < repeats.side.judged
        });
        let failed: Vec<String> = failed.map(|repeats| repeats.phrasing().to_owned()).collect();
        if !failed.is_empty() {
            self.violations.push(Violation::new(group, column, failed));
        }
    }

    fn finish(&self, variant: &VariantKey, confirm: u32) -> RuleResult {
        let Self { critical, unjudged, broken, violations, .. } = self;
        let all = gated(variant, &self.slice).with(By::Tier, Tier::Critical.name());
        let mut detail = Sentence::default();
        let verdict = if *broken > 0 {
            let failed = all.clone().with(By::Outcome, FAILING);
            detail.about(broken, &failed);
            detail.say(" of ");
            detail.about(critical, &all);
            detail.say(" critical trials failed: ");
            violations.names().say(&mut detail, &failed);
            violations.say_asked_again(confirm, &mut detail, &all);
            // A critical case that fails now and then is no proven failure, and no pass either.
            let stands = violations.count(|again| !again.is_cleared()) > 0;
            if stands { Verdict::Fail } else { Verdict::Inconclusive }
        } else if *critical == 0 {
            detail.say("no case that was run has `tier = \"critical\"`: give it to those that must pass, or run them too");
            Verdict::CannotTell
        } else if *unjudged > 0 {
            detail.say("no verdict for ");
            detail.about(unjudged, &all.clone().with(By::Outcome, UNJUDGED));
            detail.say(" of ");
            detail.about(critical, &all);
            detail.say(" critical trials");
            Verdict::CannotTell
        } else {
            detail.say("all ");
            detail.about(critical, &all);
            detail.say(" critical trials passed");
            Verdict::Pass
        };
        let rule = named("critical = \"all\"", variant, &self.slice);
        RuleResult { rule, variant: Some(variant.clone()), detail, verdict }
    }
}
