//! The rules of a gate, as written.

use schemars::JsonSchema;

use crate::case::Tier;
use crate::config::choice::decode_choice;
use crate::config::reader::{At, Table, TableReader};

/// Rules a run must keep; a broken rule fails the run.
#[derive(Debug, Default, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct GateTable {
    /// Prompts whose columns must keep the rules. Absent or empty: all.
    pub prompts: Option<At<Vec<At<String>>>>,
    /// Least pass rate of every variant, 0 to 1. Absent: no such rule.
    #[schemars(range(min = 0, max = 1))]
    pub min_pass_rate: Option<At<f64>>,
    /// Most share of errored trials, 0 to 1. Absent: none may error.
    #[schemars(range(min = 0, max = 1))]
    pub max_error_rate: Option<At<f64>>,
    /// Whether every case of tier `critical` must pass. Default: `off`.
    pub critical: Option<At<CriticalRule>>,
    /// What `must_hold` and `no_worse` hold a run against: a baseline of `regauge baseline`, or the id, a tag or the git
    /// branch of a run.
    pub baseline: Option<At<String>>,
    /// Cases that passed in every trial of the baseline and must hold: `passed` for all of them, `critical` for those of
    /// that tier. A loss beyond what noise does fails the gate. Default: `off`.
    pub must_hold: Option<At<MustHoldRule>>,
    /// The loss of pass rate against the baseline that does not matter, 0 to 1: the 95 % interval of the difference must
    /// stay above it. Absent: no such rule.
    #[schemars(range(min = 0, max = 1))]
    pub no_worse: Option<At<f64>>,
    /// Labels of scorers of which not one trial may fail, such as `visibility`. Absent or empty: none.
    pub never: Option<At<Vec<At<String>>>>,
    /// How often a case that violates `critical` or `must_hold` is asked again before the gate fails, 0 to 20. One that then
    /// passes is flaky and fails nothing by itself. Default: 2.
    #[schemars(range(min = 0, max = 20))]
    pub confirm: Option<At<u32>>,
    /// What becomes of a gate of which some rules are inconclusive and the others pass. Default: `fail`.
    pub on_inconclusive: Option<At<InconclusiveRule>>,
    /// Rules of a metric, over all cases or over a slice of them.
    pub rules: Option<At<Vec<At<MetricRuleTable>>>>,
}

/// What the gate asks of one suite beside the rules of all.
#[derive(Debug, Default, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct SuiteGateTable {
    /// Least pass rate of every variant over this suite, 0 to 1.
    #[schemars(range(min = 0, max = 1))]
    pub min_pass_rate: Option<At<f64>>,
    /// Whether every case of tier `critical` of this suite must pass. Default: `off`.
    pub critical: Option<At<CriticalRule>>,
    /// Labels of scorers of which not one trial of this suite may fail.
    pub never: Option<At<Vec<At<String>>>>,
    /// Rules of a metric over this suite, or over a slice of it.
    pub rules: Option<At<Vec<At<MetricRuleTable>>>>,
}

/// One rule of a metric. Of `min` and `max` at least one is needed.
#[derive(Debug, Default, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct MetricRuleTable {
    /// `pass_rate`, `score`, `cost` (USD per answer), `latency` and `latency_p95` (milliseconds), `tokens` (per answer),
    /// `error_rate`, `unscored_rate`, or the label of a scorer, whose mean value is meant.
    #[schemars(required)]
    pub metric: Option<At<String>>,
    /// Least value.
    pub min: Option<At<f64>>,
    /// Greatest value.
    pub max: Option<At<f64>>,
    /// Whether the value itself must keep the limits, or its 95 % interval. Default: `point`.
    pub on: Option<At<BasisRule>>,
    /// Only cases of this suite.
    pub suite: Option<At<String>>,
    /// Only cases of this area.
    pub area: Option<At<String>>,
    /// Only cases with this tag.
    pub tag: Option<At<String>>,
    /// Only cases in this language.
    pub lang: Option<At<String>>,
    /// Only cases of this owner.
    pub owner: Option<At<String>>,
    /// Only cases of this tier.
    #[schemars(with = "Option<String>", extend("enum" = ["critical", "standard"]))]
    pub tier: Option<At<Tier>>,
}

/// What must keep a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, JsonSchema)]
#[schemars(rename_all = "lowercase")]
pub enum BasisRule {
    /// The value itself.
    Point,
    /// The bound of its 95 % interval that is nearer to the limit: what is not proven is inconclusive.
    Bound,
}

/// Which cases must hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, JsonSchema)]
#[schemars(rename_all = "lowercase")]
pub enum MustHoldRule {
    /// None.
    Off,
    /// Critical cases that passed in every trial of the earlier run.
    Critical,
    /// All cases that passed in every trial of the earlier run.
    Passed,
}

/// What becomes of a gate that is inconclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, JsonSchema)]
#[schemars(rename_all = "lowercase")]
pub enum InconclusiveRule {
    /// It passes when another rule passes; the report says what could not be told.
    Pass,
    /// It does not pass.
    Fail,
}

/// Whether every critical case must pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq, JsonSchema)]
#[schemars(rename_all = "lowercase")]
pub enum CriticalRule {
    /// Every critical case must pass.
    All,
    /// Critical cases count like all others.
    Off,
}

decode_choice! {
    CriticalRule, "rule", &[("all", CriticalRule::All), ("off", CriticalRule::Off)];
    MustHoldRule, "rule",
        &[("off", MustHoldRule::Off), ("critical", MustHoldRule::Critical), ("passed", MustHoldRule::Passed)];
    BasisRule, "rule", &[("point", BasisRule::Point), ("bound", BasisRule::Bound)];
    InconclusiveRule, "rule", &[("pass", InconclusiveRule::Pass), ("fail", InconclusiveRule::Fail)];
}

impl<'a> Table<'a> for GateTable {
    fn read(reader: &mut TableReader<'a, '_>) -> Self {
        Self {
            prompts: reader.get("prompts"),
            min_pass_rate: reader.get("min_pass_rate"),
            max_error_rate: reader.get("max_error_rate"),
            critical: reader.get("critical"),
            baseline: reader.get("baseline"),
            must_hold: reader.get("must_hold"),
            no_worse: reader.get("no_worse"),
            never: reader.get("never"),
            confirm: reader.get("confirm"),
            on_inconclusive: reader.get("on_inconclusive"),
            rules: reader.get("rules"),
        }
    }
}

impl<'a> Table<'a> for SuiteGateTable {
    fn read(reader: &mut TableReader<'a, '_>) -> Self {
        Self {
            min_pass_rate: reader.get("min_pass_rate"),
            critical: reader.get("critical"),
            never: reader.get("never"),
            rules: reader.get("rules"),
        }
    }
}

impl<'a> Table<'a> for MetricRuleTable {
    fn read(reader: &mut TableReader<'a, '_>) -> Self {
        let span = reader.span();
        let table = Self {
            metric: reader.require("metric"),
            min: reader.get("min"),
            max: reader.get("max"),
            on: reader.get("on"),
            suite: reader.get("suite"),
            area: reader.get("area"),
            tag: reader.get("tag"),
            lang: reader.get("lang"),
            owner: reader.get("owner"),
            tier: reader.get("tier"),
        };
        let written = |key: &str| reader.table().contains_key(key);
        if !written("min") && !written("max") {
            let finding = reader.mistakes.error(&span, "a rule needs `min`, `max` or both");
            reader.mistakes.push(finding);
        }
        table
    }
}
