//! The rules of the gate, checked.

use std::path::Path;

use crate::case::Tier;
use crate::config::paths;
use crate::config::range::in_range;
use crate::config::reader::{At, Mistakes};
use crate::config::wire::{
    BasisRule, CriticalRule, GateTable, InconclusiveRule, MetricRuleTable, MustHoldRule, SuiteGateTable,
};

/// How often a violation is asked again where the settings do not say.
const CONFIRM: u32 = 2;
/// Most often that it can be.
const MOST_CONFIRM: u32 = 20;

/// `[gate]`, checked; absent rules do not apply.
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize)]
pub struct GateRules {
    /// Prompts whose columns are gated; empty = all.
    pub prompts: Vec<String>,
    /// Least pass rate of every variant, 0..=1.
    pub min_pass_rate: Option<f64>,
    /// Most share of errored trials, 0..=1; absent = none may error.
    pub max_error_rate: Option<f64>,
    /// Whether every critical case must pass.
    pub critical_all: bool,
    /// Which cases that passed in the earlier run must hold.
    pub must_hold: MustHold,
    /// The loss of pass rate against the earlier run that does not matter, 0..=1; absent = not compared.
    pub no_worse: Option<f64>,
    /// Labels of scorers of which not one trial may fail.
    pub never: Vec<String>,
    /// The run that others are held against: an id, a tag or a git branch. Relative rules need one, which never moves by itself.
    pub baseline: Option<String>,
    /// How often a case that violates a rule about single cases is asked again before the gate fails; 0 = never.
    pub confirm: u32,
    /// Whether what is inconclusive may pass.
    pub inconclusive_passes: bool,
    /// Rules of a metric.
    pub rules: Vec<MetricRule>,
    /// What is asked of single suites beside.
    pub suites: Vec<SuiteGate>,
    /// Suite files that cannot be read, so that nobody knows what they ask.
    pub unread: Vec<String>,
}

impl GateRules {
    /// Whether a rule holds the run against an earlier one.
    pub fn is_relative(&self) -> bool {
        self.must_hold != MustHold::Off || self.no_worse.is_some()
    }
}

/// What the gate asks of one suite: `[gate]` in its file, checked.
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize)]
pub struct SuiteGate {
    /// Suite id.
    pub suite: String,
    /// Least pass rate of every variant over it, 0..=1.
    pub min_pass_rate: Option<f64>,
    /// Whether every critical case of it must pass.
    pub critical_all: bool,
    /// Labels of scorers of which not one trial of it may fail.
    pub never: Vec<String>,
    /// Rules of a metric over it.
    pub rules: Vec<MetricRule>,
}

/// Which cases that passed in every trial of the earlier run must hold.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum MustHold {
    /// None.
    #[default]
    Off,
    /// Those of tier `critical`.
    Critical,
    /// All that passed.
    Passed,
}

impl MustHold {
    /// The name used in files and reports.
    pub fn name(self) -> &'static str {
        match self {
            MustHold::Off => "off",
            MustHold::Critical => "critical",
            MustHold::Passed => "passed",
        }
    }
}

/// A limit of one metric over a slice of the cases.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct MetricRule {
    /// The metric.
    pub metric: RuleMetric,
    /// Over which cases.
    pub slice: Slice,
    /// Least value.
    pub min: Option<f64>,
    /// Greatest value.
    pub max: Option<f64>,
    /// What must keep the limits.
    pub on: Basis,
}

/// What must keep a limit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Basis {
    /// The value itself.
    #[default]
    Point,
    /// Its 95 % interval.
    Bound,
}

/// A metric that a rule may limit.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RuleMetric {
    /// Share of the judged trials that passed.
    PassRate,
    /// Mean over the scorers of a trial.
    Score,
    /// USD per answer.
    Cost,
    /// Mean milliseconds to the whole answer.
    Latency,
    /// The milliseconds that 95 of 100 answers keep.
    LatencyP95,
    /// Prompt and completion tokens per answer.
    Tokens,
    /// Share of the trials that errored.
    ErrorRate,
    /// Share of the answered trials that nothing could judge.
    UnscoredRate,
    /// Mean value of the scorer with this label.
    Scorer(String),
}

impl RuleMetric {
    /// Metrics with names of their own.
    pub const NAMED: [RuleMetric; 8] = [
        Self::PassRate,
        Self::Score,
        Self::Cost,
        Self::Latency,
        Self::LatencyP95,
        Self::Tokens,
        Self::ErrorRate,
        Self::UnscoredRate,
    ];

    /// The metric with this name; what is none of the named ones is a scorer's label.
    pub fn named(name: &str) -> Self {
        let known = Self::NAMED.into_iter().find(|metric| metric.name() == name);
        known.unwrap_or_else(|| Self::Scorer(name.to_owned()))
    }

    /// The name used in files and reports.
    pub fn name(&self) -> &str {
        match self {
            Self::PassRate => "pass_rate",
            Self::Score => "score",
            Self::Cost => "cost",
            Self::Latency => "latency",
            Self::LatencyP95 => "latency_p95",
            Self::Tokens => "tokens",
            Self::ErrorRate => "error_rate",
            Self::UnscoredRate => "unscored_rate",
            Self::Scorer(label) => label,
        }
    }

    /// Whether it lies between 0 and 1.
    pub fn is_share(&self) -> bool {
        !matches!(self, Self::Cost | Self::Latency | Self::LatencyP95 | Self::Tokens)
    }
}

/// The cases that a rule is about: those that have all that is set.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Slice {
    /// Suite id.
    pub suite: Option<String>,
    /// Topic.
    pub area: Option<String>,
    /// Label.
    pub tag: Option<String>,
    /// Language.
    pub lang: Option<String>,
    /// Who looks after it.
    pub owner: Option<String>,
    /// How much it matters.
    pub tier: Option<Tier>,
}

impl Slice {
    /// All cases of a suite.
    pub fn of_suite(suite: &str) -> Self {
        Self { suite: Some(suite.to_owned()), ..Self::default() }
    }
}

impl std::fmt::Display for Slice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let tier = self.tier.map(|tier| tier.name().to_owned());
        let parts = [
            ("suite", &self.suite),
            ("area", &self.area),
            ("tag", &self.tag),
            ("lang", &self.lang),
            ("owner", &self.owner),
            ("tier", &tier),
        ];
        let mut first = true;
        for (name, value) in parts.iter().filter_map(|(name, value)| value.as_ref().map(|v| (name, v))) {
            write!(f, "{}{name} {value}", if first { "" } else { ", " })?;
            first = false;
        }
        Ok(())
    }
}

/// Checks `[gate]` of `regauge.toml`.
pub(super) fn check(table: GateTable, prompts: &Path, mistakes: &mut Mistakes) -> GateRules {
    let named = table.prompts.iter().flat_map(|p| &p.value);
    for prompt in named.clone().filter(|_| prompts.is_dir()) {
        if !prompts.join(format!("{}.j2", prompt.value)).is_file() {
            let finding = mistakes.error(&prompt.span, format!("no prompt is named `{}`", prompt.value));
            mistakes.push(paths::suggest_stem(finding, prompts, &prompt.value));
        }
    }
    GateRules {
        prompts: named.map(|p| p.value.clone()).collect(),
        min_pass_rate: in_range(table.min_pass_rate.as_ref(), 0.0, 1.0, "min_pass_rate", mistakes),
        max_error_rate: in_range(table.max_error_rate.as_ref(), 0.0, 1.0, "max_error_rate", mistakes),
        critical_all: table.critical.is_some_and(|rule| rule.value == CriticalRule::All),
        must_hold: match table.must_hold.map(|rule| rule.value) {
            None | Some(MustHoldRule::Off) => MustHold::Off,
            Some(MustHoldRule::Critical) => MustHold::Critical,
            Some(MustHoldRule::Passed) => MustHold::Passed,
        },
        baseline: table.baseline.map(|name| name.value),
        no_worse: in_range(table.no_worse.as_ref(), 0.0, 1.0, "no_worse", mistakes),
        never: names(table.never.as_ref()),
        confirm: in_range(table.confirm.as_ref(), 0, MOST_CONFIRM, "confirm", mistakes).unwrap_or(CONFIRM),
        inconclusive_passes: table.on_inconclusive.is_some_and(|rule| rule.value == InconclusiveRule::Pass),
        rules: rules(table.rules.as_ref(), None, mistakes),
        suites: Vec::new(),
        unread: Vec::new(),
    }
}

/// Checks `[gate]` of the file of a suite.
pub fn check_suite(suite: &str, table: &SuiteGateTable, mistakes: &mut Mistakes) -> SuiteGate {
    SuiteGate {
        suite: suite.to_owned(),
        min_pass_rate: in_range(table.min_pass_rate.as_ref(), 0.0, 1.0, "min_pass_rate", mistakes),
        critical_all: table.critical.as_ref().is_some_and(|rule| rule.value == CriticalRule::All),
        never: names(table.never.as_ref()),
        rules: rules(table.rules.as_ref(), Some(suite), mistakes),
    }
}

fn names(written: Option<&At<Vec<At<String>>>>) -> Vec<String> {
    written.iter().flat_map(|list| &list.value).map(|name| name.value.clone()).collect()
}

fn rules(
    written: Option<&At<Vec<At<MetricRuleTable>>>>,
    suite: Option<&str>,
    mistakes: &mut Mistakes,
) -> Vec<MetricRule> {
    let list = written.iter().flat_map(|list| &list.value);
    list.filter_map(|table| rule(&table.value, suite, mistakes)).collect()
}

fn rule(table: &MetricRuleTable, suite: Option<&str>, mistakes: &mut Mistakes) -> Option<MetricRule> {
    let metric = RuleMetric::named(&table.metric.as_ref()?.value);
    let most = if metric.is_share() { 1.0 } else { f64::MAX };
    let min = in_range(table.min.as_ref(), 0.0, most, "min", mistakes);
    let max = in_range(table.max.as_ref(), 0.0, most, "max", mistakes);
    if let (Some(least), Some(most), Some(written)) = (min, max, table.max.as_ref())
        && least > most
    {
        let finding = mistakes.error(&written.span, "`max` is below `min`, which nothing can keep");
        mistakes.push(finding);
    }
    if let Some(own) = suite
        && let Some(other) = table.suite.as_ref().filter(|written| written.value != own)
    {
        let finding = mistakes
            .error(&other.span, format!("a rule of suite `{own}` cannot be about suite `{}`", other.value))
            .help("write it under [[gate.rules]] in regauge.toml");
        mistakes.push(finding);
    }
    if let Some(tier) = table.tier.as_ref().filter(|tier| !tier.value.gates()) {
        let finding = mistakes
            .error(&tier.span, "exploratory cases are reported only; no rule of the gate is about them");
        mistakes.push(finding);
    }
    let text = |written: &Option<At<String>>| written.as_ref().map(|w| w.value.clone());
    let slice = Slice {
        suite: suite.map(str::to_owned).or_else(|| text(&table.suite)),
        area: text(&table.area),
        tag: text(&table.tag),
        lang: text(&table.lang),
        owner: text(&table.owner),
        tier: table.tier.as_ref().map(|tier| tier.value),
    };
    let bound = table.on.as_ref().is_some_and(|on| on.value == BasisRule::Bound);
    Some(MetricRule { metric, slice, min, max, on: if bound { Basis::Bound } else { Basis::Point } })
}
