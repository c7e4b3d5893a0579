//! The gate: rules a run must keep. It never passes because nothing was checked.

use serde::Serialize;

use crate::case::Tier;
use crate::config::GateRules;
use crate::outcome::{Outcome, Run, TrialResult, VariantKey};

/// What one rule, or the whole gate, says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// The rule is kept.
    Pass,
    /// The rule is broken.
    Fail,
    /// Nothing to judge it by.
    CannotTell,
    /// Too many trials have no verdict.
    Incomplete,
}

/// One rule on one column.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RuleResult {
    /// The rule as configured, e.g. `min_pass_rate = 0.8`.
    pub rule: String,
    /// The column it was applied to; absent for rules of the whole run.
    pub variant: Option<VariantKey>,
    /// The numbers it rests on.
    pub detail: String,
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
    pub not_checked: Vec<String>,
}

/// Holds a run against the rules.
pub fn check(rules: &GateRules, run: &Run) -> GateResult {
    let mut results = vec![complete(rules, run)];
    let gated: Vec<&VariantKey> = run
        .header
        .variants
        .iter()
        .filter(|v| rules.prompts.is_empty() || rules.prompts.contains(&v.prompt))
        .collect();
    for variant in &gated {
        let trials: Vec<&TrialResult> = run.trials.iter().filter(|t| t.key.variant() == **variant).collect();
        results.extend(rules.min_pass_rate.map(|least| pass_rate(least, variant, &trials)));
        if rules.critical_all {
            results.push(critical(variant, &trials));
        }
    }
    let verdict =
        results.iter().map(|r| r.verdict).max_by_key(|v| severity(*v)).unwrap_or(Verdict::CannotTell);
    let verdict = if gated.is_empty() { Verdict::CannotTell } else { verdict };
    GateResult { verdict, rules: results, not_checked: not_checked(rules, run, &gated) }
}

fn severity(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Pass => 0,
        Verdict::CannotTell => 1,
        Verdict::Incomplete => 2,
        Verdict::Fail => 3,
    }
}

fn complete(rules: &GateRules, run: &Run) -> RuleResult {
    let budget = rules.max_error_rate.unwrap_or(0.0);
    let planned = run.header.planned;
    let missing = planned.saturating_sub(run.trials.len() as u64);
    let errored = run.trials.iter().filter(|t| t.outcome == Outcome::Errored).count() as u64;
    let share = if planned == 0 { 1.0 } else { (errored + missing) as f64 / planned as f64 };
    RuleResult {
        rule: format!("max_error_rate = {budget}"),
        variant: None,
        detail: format!("{errored} errored and {missing} missing of {planned} planned trials"),
        verdict: if share > budget { Verdict::Incomplete } else { Verdict::Pass },
    }
}

fn pass_rate(least: f64, variant: &VariantKey, trials: &[&TrialResult]) -> RuleResult {
    // Exploratory cases are reported only.
    let judged: Vec<bool> = trials
        .iter()
        .filter(|t| t.case.tier != Tier::Exploratory)
        .filter_map(|t| t.outcome.verdict())
        .collect();
    let passed = judged.iter().filter(|p| **p).count();
    let rate = passed as f64 / judged.len().max(1) as f64;
    RuleResult {
        rule: format!("min_pass_rate = {least}"),
        variant: Some((*variant).clone()),
        detail: format!("{passed} of {} judged trials passed ({:.1} %)", judged.len(), rate * 100.0),
        verdict: match (judged.is_empty(), rate >= least) {
            (true, _) => Verdict::CannotTell,
            (false, true) => Verdict::Pass,
            (false, false) => Verdict::Fail,
        },
    }
}

fn critical(variant: &VariantKey, trials: &[&TrialResult]) -> RuleResult {
    let critical: Vec<&&TrialResult> = trials.iter().filter(|t| t.case.tier == Tier::Critical).collect();
    let broken: Vec<&str> =
        critical.iter().filter(|t| t.outcome.verdict() == Some(false)).map(|t| t.key.case.as_str()).collect();
    let unjudged = critical.iter().filter(|t| t.outcome.verdict().is_none()).count();
    let (verdict, detail) = if !broken.is_empty() {
        (
            Verdict::Fail,
            format!("{} of {} critical trials failed: {}", broken.len(), critical.len(), broken.join(", ")),
        )
    } else if critical.is_empty() || unjudged > 0 {
        (Verdict::CannotTell, format!("{unjudged} of {} critical trials have no verdict", critical.len()))
    } else {
        (Verdict::Pass, format!("all {} critical trials passed", critical.len()))
    };
    RuleResult { rule: "critical = \"all\"".to_owned(), variant: Some(variant.clone()), detail, verdict }
}

fn not_checked(rules: &GateRules, run: &Run, gated: &[&VariantKey]) -> Vec<String> {
    let mut list = Vec::new();
    if gated.len() < run.header.variants.len() {
        let left: Vec<String> =
            run.header.variants.iter().filter(|v| !gated.contains(v)).map(ToString::to_string).collect();
        list.push(format!("columns outside `prompts`: {}", left.join(", ")));
    }
    if rules.min_pass_rate.is_none() {
        list.push("the pass rate: no `min_pass_rate` is set".to_owned());
    }
    if !rules.critical_all {
        list.push("critical cases: `critical` is off".to_owned());
    }
    let exploratory = run.trials.iter().filter(|t| t.case.tier == Tier::Exploratory).count();
    if exploratory > 0 {
        list.push(format!("{exploratory} exploratory trials are reported only"));
    }
    let skipped = run.trials.iter().filter(|t| t.outcome == Outcome::Skipped).count();
    if skipped > 0 {
        list.push(format!("{skipped} trials on which no scorer applied"));
    }
    list
}
