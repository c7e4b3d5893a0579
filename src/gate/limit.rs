//! Limits of a metric over a slice of the cases.
//!
//! **Trials without a value.** What errored may have been anything. A share is therefore held against its limit in
//! the worst and in the best case (all of them 0, all of them 1; Manski 1989, Journal of Human Resources 24, 343–360):
//! a limit that holds in both is kept, one that holds in neither is broken, and between them the rule is inconclusive.
//! A cost that is not known has no bounds, and the rule cannot tell.
//!
//! **On the bound.** The 95 % interval is Wilson's for counts, over as many trials as are as telling as those in their clusters,
//! that of a clustered mean for other values, and that of order statistics for a quantile. Clusters are as in comparisons; with
//! fewer than ten cases count as independent, which is said. A limit inside of the interval is inconclusive.

use std::fmt::Write as _;

use super::slice::{gated, inside, named};
use super::{RuleResult, Verdict};
use crate::config::{Basis, MetricRule, RuleMetric, Slice};
use crate::diff::{Counted, Unit, counted, independent};
use crate::outcome::{Outcome, TrialDigest, VariantKey};
use crate::sentence::{By, CaseFilter, JUDGED, Sentence};
use crate::stats::{Interval, clustered_mean, quantile, quantile_interval, wilson, wilson_clustered};

/// One limit while the trials come.
pub(super) struct LimitFold {
    pub(super) rule: MetricRule,
    /// The rule as configured, without its slice.
    words: String,
    sum: f64,
    n: u64,
    /// Trials that have no value and should.
    missing: u64,
    /// The values and where they belong, where more than the mean is wanted.
    kept: Vec<(f64, Unit)>,
}

/// What a trial says of a metric.
enum Seen {
    Value(f64),
    /// It should have a value, and has none.
    Missing,
    /// It is not about this metric.
    Out,
}

impl LimitFold {
    pub(super) fn new(rule: MetricRule) -> Self {
        let mut words = rule.metric.name().to_owned();
        for (name, limit) in [("min", rule.min), ("max", rule.max)] {
            if let Some(limit) = limit {
                let _ = write!(words, " {name} = {limit}");
            }
        }
        if rule.on == Basis::Bound {
            words.push_str(" on the bound");
        }
        Self { words, rule, sum: 0.0, n: 0, missing: 0, kept: Vec::new() }
    }

    /// `min_pass_rate` of the gate or of a suite.
    pub(super) fn of_pass_rate(least: f64, slice: Slice) -> Self {
        let words = format!("min_pass_rate = {least}");
        let rule =
            MetricRule { metric: RuleMetric::PassRate, slice, min: Some(least), max: None, on: Basis::Point };
        Self { words, ..Self::new(rule) }
    }

    pub(super) fn add(&mut self, trial: &TrialDigest, unit: Unit) {
        if !trial.tier.gates() || !inside(&self.rule.slice, trial) {
            return;
        }
        match seen(&self.rule.metric, trial) {
            Seen::Value(value) => self.take(value, unit),
            Seen::Missing => self.missing += 1,
            Seen::Out => {}
        }
    }

    pub(super) fn add_verdict(&mut self, trial: &TrialDigest, verdict: Option<bool>, unit: Unit) {
        if !trial.tier.gates() || !inside(&self.rule.slice, trial) {
            return;
        }
        match verdict {
            Some(passed) => self.take(f64::from(u8::from(passed)), unit),
            None => self.missing += u64::from(trial.outcome != Outcome::Skipped),
        }
    }

    fn take(&mut self, value: f64, unit: Unit) {
        self.sum += value;
        self.n += 1;
        if self.rule.on == Basis::Bound || self.rule.metric == RuleMetric::LatencyP95 {
            self.kept.push((value, unit));
        }
    }

    pub(super) fn finish(self, variant: &VariantKey, grouped: bool) -> RuleResult {
        let (verdict, detail) = self.judge(&gated(variant, &self.rule.slice), grouped);
        let rule = named(&self.words, variant, &self.rule.slice);
        RuleResult { rule, variant: Some(variant.clone()), detail, verdict }
    }

    fn judge(&self, cases: &CaseFilter, grouped: bool) -> (Verdict, Sentence) {
        let Some(value) = self.value() else {
            let detail = match self.missing {
                0 if self.rule.slice == Slice::default() => "0 of 0 judged trials".to_owned(),
                0 => "no case of the run is in this slice".to_owned(),
                missing => format!("none of {missing} trials has a value"),
            };
            return (Verdict::CannotTell, detail.into());
        };
        let mut detail = self.describe(value, cases, grouped);
        let measured = self.measured(cases);
        let lost = cases.clone().with(By::Outcome, Outcome::Errored.name());
        let shown = |x: f64| show(&self.rule.metric, x);
        let (mut low, mut high) = (value, value);
        if self.rule.on == Basis::Bound {
            let Some((interval, counted)) = self.interval() else {
                detail.say("; too few cases for an interval");
                return (Verdict::CannotTell, detail);
            };
            (low, high) = (interval.low, interval.high);
            let by = counted.too_few.map_or_else(|| format!("{} clusters", counted.n), independent);
            detail.say(", ");
            let words = format!("95 % interval {} to {} ({by})", shown(low), shown(high));
            detail.about(words, &measured);
        }
        if self.missing > 0 {
            detail.say("; ");
            detail.about(self.missing, &lost);
            if !self.rule.metric.is_share() {
                detail.say(" trials have none that is known");
                return (Verdict::CannotTell, detail);
            }
            let all = (self.n + self.missing) as f64;
            let (worst, best) = (self.sum / all, (self.sum + self.missing as f64) / all);
            (low, high) = (low + worst - value, high + best - value);
            let (has, they) =
                if self.missing == 1 { (" trial has", "it is") } else { (" trials have", "they are") };
            detail.say(format_args!("{has} no verdict: "));
            detail.about(format_args!("{} to {}", shown(worst), shown(best)), cases);
            detail.say(format_args!(" whatever {they}"));
        }
        // Rounding must not turn a limit that is met exactly into one that is not.
        let near = 1e-12;
        let keeps = |x: f64| {
            self.rule.min.is_none_or(|least| x >= least - near)
                && self.rule.max.is_none_or(|most| x <= most + near)
        };
        let broken = self.rule.min.is_some_and(|least| high < least - near)
            || self.rule.max.is_some_and(|most| low > most + near);
        let verdict = match (keeps(low) && keeps(high), broken) {
            (true, _) => Verdict::Pass,
            (false, true) => Verdict::Fail,
            (false, false) => Verdict::Inconclusive,
        };
        (verdict, detail)
    }

    fn value(&self) -> Option<f64> {
        match self.rule.metric {
            RuleMetric::LatencyP95 => quantile(&self.values(), 0.95),
            _ => (self.n > 0).then(|| self.sum / self.n as f64),
        }
    }

    fn values(&self) -> Vec<f64> {
        self.kept.iter().map(|(value, _)| *value).collect()
    }

    /// The 95 % interval, and by what it is counted.
    fn interval(&self) -> Option<(Interval, Counted)> {
        let values = self.values();
        if self.rule.metric == RuleMetric::LatencyP95 {
            let by = Counted { by: Vec::new(), n: self.n, too_few: None };
            return quantile_interval(&values, 0.95).map(|interval| (interval, by));
        }
        let counted = counted(&self.kept.iter().map(|(_, unit)| *unit).collect::<Vec<Unit>>());
        let clusters = counted.n;
        let is_count = matches!(
            self.rule.metric,
            RuleMetric::PassRate | RuleMetric::ErrorRate | RuleMetric::UnscoredRate
        );
        if is_count {
            let tallies: Vec<(u64, u64)> = values.iter().map(|value| (u64::from(*value > 0.5), 1)).collect();
            return wilson_clustered(&tallies, &counted.by).map(|interval| (interval, counted));
        }
        let level = clustered_mean(&values, &counted.by)?;
        let interval = if self.rule.metric.is_share() && level.se <= 0.0 {
            // Values that are all alike measure no spread: as wide as that of as many clusters that all passed.
            let slack = 1.0 - wilson(clusters, clusters)?.low;
            Interval { low: level.mean - slack, high: level.mean + slack }
        } else {
            level.interval
        };
        let top = if self.rule.metric.is_share() { 1.0 } else { f64::MAX };
        Some((Interval { low: interval.low.max(0.0), high: interval.high.min(top) }, counted))
    }

    /// The cases with trials that have a value.
    fn measured(&self, cases: &CaseFilter) -> CaseFilter {
        match &self.rule.metric {
            RuleMetric::PassRate => cases.clone().with(By::Outcome, JUDGED),
            RuleMetric::Scorer(label) => cases.clone().with(By::Scorer, label),
            _ => cases.clone(),
        }
    }

    fn describe(&self, value: f64, cases: &CaseFilter, grouped: bool) -> Sentence {
        let mut text = Sentence::default();
        let measured = self.measured(cases);
        let shown = show(&self.rule.metric, value);
        let mut share = |of: Outcome, what: &str| {
            text.about(format_args!("{:.0}", self.sum), &cases.clone().with(By::Outcome, of.name()));
            text.say(" of ");
            text.about(self.n, &measured);
            text.say(format_args!(" {what} ("));
            text.about(&shown, &measured);
            text.say(")");
        };
        match &self.rule.metric {
            RuleMetric::PassRate => share(Outcome::Passed, "judged trials passed"),
            RuleMetric::ErrorRate => share(Outcome::Errored, "trials errored"),
            RuleMetric::UnscoredRate => share(Outcome::Skipped, "answered trials could not be judged"),
            RuleMetric::LatencyP95 => {
                text.about(format_args!("95 % of {}", self.n), &measured);
                text.say(" answers within ");
                text.about(shown, &measured);
            }
            RuleMetric::Cost | RuleMetric::Latency | RuleMetric::Tokens => {
                text.about(shown, &measured);
                text.say(" per answer over ");
                text.about(self.n, &measured);
                text.say(" answers");
            }
            RuleMetric::Score | RuleMetric::Scorer(_) => {
                text.say("mean ");
                text.about(shown, &measured);
                text.say(" over ");
                text.about(self.n, &measured);
                text.say(" trials");
            }
        }
        if self.rule.metric == RuleMetric::PassRate && grouped {
            text.say(", all wordings of a case as one");
        }
        text
    }
}

fn seen(metric: &RuleMetric, trial: &TrialDigest) -> Seen {
    let share = |is: bool| Seen::Value(f64::from(u8::from(is)));
    let lost = trial.outcome == Outcome::Errored && trial.scores.is_empty();
    let value_or = |value: Option<f64>, other: Seen| value.map_or(other, Seen::Value);
    match metric {
        // Verdicts come by `add_verdict`.
        RuleMetric::PassRate => Seen::Out,
        RuleMetric::Score => {
            value_or(trial.score(), if trial.outcome == Outcome::Errored { Seen::Missing } else { Seen::Out })
        }
        RuleMetric::Cost => {
            value_or(trial.cost, if trial.answer.is_some() { Seen::Missing } else { Seen::Out })
        }
        RuleMetric::Latency | RuleMetric::LatencyP95 => {
            value_or(trial.answer.as_ref().map(|answer| answer.latency_ms), Seen::Out)
        }
        RuleMetric::Tokens => {
            let used = |answer: &crate::outcome::AnswerDigest| {
                Some(answer.usage.input? as f64 + answer.usage.output? as f64)
            };
            let missing = if trial.answer.is_some() { Seen::Missing } else { Seen::Out };
            value_or(trial.answer.as_ref().and_then(used), missing)
        }
        RuleMetric::ErrorRate => share(trial.outcome == Outcome::Errored),
        RuleMetric::UnscoredRate if trial.outcome == Outcome::Errored => Seen::Out,
        RuleMetric::UnscoredRate => share(trial.outcome == Outcome::Skipped),
        RuleMetric::Scorer(_) if lost => Seen::Missing,
        RuleMetric::Scorer(label) => match trial.scores.iter().find(|score| *score.name == **label) {
            None => Seen::Out,
            Some(score) => {
                let broke = score.broke() || score.state == crate::score::ScoreState::Unparsed;
                value_or(score.value(), if broke { Seen::Missing } else { Seen::Out })
            }
        },
    }
}

/// A value as it is read in reports.
fn show(metric: &RuleMetric, value: f64) -> String {
    match metric {
        RuleMetric::PassRate | RuleMetric::ErrorRate | RuleMetric::UnscoredRate => {
            format!("{:.1} %", value * 100.0)
        }
        RuleMetric::Score | RuleMetric::Scorer(_) => format!("{value:.3}"),
        RuleMetric::Cost => format!("${value:.6}"),
        RuleMetric::Latency | RuleMetric::LatencyP95 => format!("{value:.0} ms"),
        RuleMetric::Tokens => format!("{value:.0} tokens"),
    }
}
