//! A run cut into its columns, and the rows of the variant, suite and scorer tables.

use serde::Serialize;

use crate::case::Action;
use crate::outcome::{Outcome, Run, RunStatus, TrialResult, VariantKey};
use crate::stats::{self, Interval};

/// One column of the matrix with its trials in key order.
#[derive(Debug, Clone)]
pub struct Column<'a> {
    /// Prompt and model.
    pub key: VariantKey,
    /// Shortest name that tells the columns of this run apart.
    pub label: String,
    /// Its trials.
    pub trials: Vec<&'a TrialResult>,
}

/// The columns of a run in plan order.
pub fn columns(run: &Run) -> Vec<Column<'_>> {
    let mut keys = run.header.variants.clone();
    for trial in &run.trials {
        let key = trial.key.variant();
        if !keys.contains(&key) {
            keys.push(key);
        }
    }
    let labels = labels(&keys);
    keys.into_iter()
        .zip(labels)
        .map(|(key, label)| {
            let trials = run.trials.iter().filter(|t| t.key.variant() == key).collect();
            Column { key, label, trials }
        })
        .collect()
}

/// Names for columns: the prompt alone when all share one model, the model alone when all share one prompt.
pub fn labels(keys: &[VariantKey]) -> Vec<String> {
    let same = |part: fn(&VariantKey) -> &str| keys.windows(2).all(|w| part(&w[0]) == part(&w[1]));
    let (one_prompt, one_model) = (same(|k| &k.prompt), same(|k| &k.model));
    keys.iter()
        .map(|key| match (one_prompt, one_model) {
            (false, true) => key.prompt.clone(),
            (true, false) => key.model.clone(),
            (true, true) | (false, false) => key.to_string(),
        })
        .collect()
}

/// A pass rate over the trials that have a verdict; errored and skipped trials are left out.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Rate {
    /// Trials that passed.
    pub passed: u64,
    /// Trials with a verdict.
    pub judged: u64,
    /// `passed / judged`; absent when nothing was judged.
    pub rate: Option<f64>,
    /// Wilson score interval at 95 %.
    pub interval: Option<Interval>,
}

impl Rate {
    /// The rate of some trials.
    pub fn of<'a>(trials: impl IntoIterator<Item = &'a TrialResult>) -> Self {
        let verdicts: Vec<bool> = trials.into_iter().filter_map(|t| t.outcome.verdict()).collect();
        let (passed, judged) = (verdicts.iter().filter(|v| **v).count() as u64, verdicts.len() as u64);
        let rate = (judged > 0).then(|| passed as f64 / judged as f64);
        Self { passed, judged, rate, interval: stats::wilson(passed, judged) }
    }
}

/// A sum of which parts may be unknown; an unknown part is never counted as 0.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct PartSum {
    /// Sum of the known parts; absent when none is known.
    pub known: Option<f64>,
    /// Completions for which it is not known.
    pub unknown: u64,
}

impl PartSum {
    fn of(parts: impl IntoIterator<Item = Option<f64>>) -> Self {
        let mut sum = Self::default();
        for part in parts {
            match part {
                Some(value) => sum.known = Some(sum.known.unwrap_or(0.0) + value),
                None => sum.unknown += 1,
            }
        }
        sum
    }
}

/// One line of the table of variants.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct VariantRow {
    /// Prompt and model.
    pub variant: VariantKey,
    /// Its short name in this report.
    pub label: String,
    /// Trials planned; absent when an unfinished run does not say how its trials spread over variants.
    pub planned: Option<u64>,
    /// Trials with a result.
    pub done: u64,
    /// Trials that passed.
    pub passed: u64,
    /// Trials that failed, refusals of the endpoint left out.
    pub failed: u64,
    /// Trials that the endpoint refused or filtered.
    pub refused: u64,
    /// Answers that say "I do not know" or "not my business": detected action abstain or refuse-scope,
    /// whether that was right or wrong.
    pub declined: u64,
    /// Trials without a verdict because something broke.
    pub errored: u64,
    /// Trials without a verdict because no required scorer applied.
    pub skipped: u64,
    /// Pass rate.
    pub pass_rate: Rate,
    /// Pass rate weighted by the traffic weight of the cases.
    pub weighted_pass_rate: Option<f64>,
    /// Mean score over the trials with a scored scorer.
    pub mean_score: Option<f64>,
    /// Prompt tokens.
    pub tokens_in: PartSum,
    /// Answer tokens.
    pub tokens_out: PartSum,
    /// USD.
    pub cost: PartSum,
    /// Median latency in milliseconds.
    pub p50_ms: Option<f64>,
    /// 95th percentile of the latency in milliseconds.
    pub p95_ms: Option<f64>,
}

impl VariantRow {
    /// The row of one column.
    pub fn of(run: &Run, column: &Column<'_>) -> Self {
        let trials = &column.trials;
        let with = |outcome: Outcome| trials.iter().filter(|t| t.outcome == outcome).count() as u64;
        let completions = || trials.iter().filter_map(|t| t.completion.as_ref());
        let latencies: Vec<f64> = completions().map(|c| c.latency_ms).collect();
        let scores: Vec<f64> = trials.iter().filter_map(|t| t.score()).collect();
        let done = trials.len() as u64;
        let spread_known = run.status == RunStatus::Finished && run.trials.len() as u64 == run.header.planned;
        let planned = if run.header.variants.len() <= 1 {
            Some(run.header.planned)
        } else {
            spread_known.then_some(done)
        };
        let tokens = |part: fn(&crate::provider::Usage) -> Option<u64>| {
            PartSum::of(completions().map(|c| part(&c.usage).map(|n| n as f64)))
        };
        Self {
            variant: column.key.clone(),
            label: column.label.clone(),
            planned,
            done,
            passed: with(Outcome::Passed),
            failed: with(Outcome::Failed),
            refused: with(Outcome::Refused),
            declined: trials.iter().filter(|t| declined(t)).count() as u64,
            errored: with(Outcome::Errored),
            skipped: with(Outcome::Skipped),
            pass_rate: Rate::of(trials.iter().copied()),
            weighted_pass_rate: weighted(trials),
            mean_score: stats::mean(&scores),
            tokens_in: tokens(|u| u.input),
            tokens_out: tokens(|u| u.output),
            cost: PartSum::of(trials.iter().filter(|t| t.completion.is_some()).map(|t| t.cost)),
            p50_ms: stats::quantile(&latencies, 0.5),
            p95_ms: stats::quantile(&latencies, 0.95),
        }
    }
}

fn declined(trial: &TrialResult) -> bool {
    trial.outcome != Outcome::Refused && matches!(trial.action, Some(Action::Abstain | Action::RefuseScope))
}

fn weighted(trials: &[&TrialResult]) -> Option<f64> {
    let judged: Vec<(f64, bool)> =
        trials.iter().filter_map(|t| Some((t.case.weight, t.outcome.verdict()?))).collect();
    let all: f64 = judged.iter().map(|(weight, _)| weight).sum();
    let passed: f64 = judged.iter().filter(|(_, pass)| *pass).map(|(weight, _)| weight).sum();
    (all > 0.0).then(|| passed / all)
}

/// Pass rates of one suite, one per column in the order of the variants.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SuiteRow {
    /// Suite id.
    pub suite: String,
    /// One per column; absent where the suite does not run on the variant.
    pub cells: Vec<Option<Rate>>,
}

/// The suites × variants table, suites in name order.
pub fn suite_rows(run: &Run, columns: &[Column<'_>]) -> Vec<SuiteRow> {
    let mut suites: Vec<&str> = run.trials.iter().map(|t| t.key.suite.as_str()).collect();
    suites.sort_unstable();
    suites.dedup();
    suites
        .into_iter()
        .map(|suite| {
            let cell = |column: &Column<'_>| {
                let trials: Vec<_> = column.trials.iter().filter(|t| t.key.suite == suite).copied().collect();
                (!trials.is_empty()).then(|| Rate::of(trials))
            };
            SuiteRow { suite: suite.to_owned(), cells: columns.iter().map(cell).collect() }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::{RunBuilder, trial};

    fn key(prompt: &str, model: &str) -> VariantKey {
        VariantKey { prompt: prompt.into(), model: model.into() }
    }

    #[test]
    fn labels_are_as_short_as_they_may_be() {
        assert_eq!(labels(&[key("a", "m"), key("b", "m")]), ["a", "b"]);
        assert_eq!(labels(&[key("a", "m"), key("a", "n")]), ["m", "n"]);
        assert_eq!(labels(&[key("a", "m")]), ["a × m"]);
        assert_eq!(labels(&[key("a", "m"), key("b", "n")]), ["a × m", "b × n"]);
        assert!(labels(&[]).is_empty());
    }

    #[test]
    fn errors_are_in_no_rate_and_unknown_cost_is_not_zero() {
        let run = RunBuilder::new("r")
            .trial(trial("a", "bare").passed().cost(Some(0.5)))
            .trial(trial("b", "bare").failed("number", "missing").cost(None).weight(3.0))
            .trial(trial("c", "bare").errored(crate::provider::ErrorKind::Timeout, "no answer"))
            .build();
        let columns = columns(&run);
        let row = VariantRow::of(&run, &columns[0]);
        assert_eq!((row.passed, row.pass_rate.judged, row.errored, row.done), (1, 2, 1, 3));
        assert_eq!(row.cost, PartSum { known: Some(0.5), unknown: 1 });
        assert_eq!(row.weighted_pass_rate, Some(0.25));
    }

    #[test]
    fn no_trials_give_no_numbers() {
        let run = RunBuilder::new("r").variant("bare").planned(5).build();
        let row = VariantRow::of(&run, &columns(&run)[0]);
        assert_eq!(
            (row.pass_rate.rate, row.weighted_pass_rate, row.mean_score, row.p50_ms),
            (None, None, None, None)
        );
        assert_eq!((row.planned, row.done, row.cost), (Some(5), 0, PartSum::default()));
    }

    #[test]
    fn a_refusal_is_counted_once() {
        let run = RunBuilder::new("r")
            .trial(trial("a", "bare").refused().action(Action::Abstain))
            .trial(trial("b", "bare").passed().action(Action::RefuseScope))
            .build();
        let row = VariantRow::of(&run, &columns(&run)[0]);
        assert_eq!((row.refused, row.declined), (1, 1));
    }
}
