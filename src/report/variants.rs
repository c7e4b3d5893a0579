//! The table of variants: counts, rates, tokens, cost and latency of every column.

use serde::Serialize;

use crate::case::Action;
use crate::diff::{CaseGroup, Outline, Unit};
use crate::outcome::{JudgeUse, Outcome, RunInfo, RunStatus, TrialDigest, VariantKey};
use crate::report::columns::{PartSum, Rate, RateFold, Sum};
use crate::report::numbers::count;
use crate::report::slices::{SliceRow, SlicesFold};
use crate::stats;

/// One line of the table of variants.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
pub struct VariantRow {
    /// Prompt and model.
    pub variant: VariantKey,
    /// Its short name in this report.
    pub label: String,
    /// Trials planned; absent when an unfinished run does not say how its trials spread over variants.
    pub planned: Option<u64>,
    /// Trials with a result.
    pub done: u64,
    /// Trials with an answer.
    pub answered: u64,
    /// Trials of which the answer was there already, so that nothing was sent.
    pub cached: u64,
    /// Trials that passed.
    pub passed: u64,
    /// Trials that failed, refusals of the endpoint left out.
    pub failed: u64,
    /// Trials that the endpoint refused or filtered.
    pub refused: u64,
    /// Answers that say "I do not know" or "not my business": detected action abstain or refuse-scope,
    /// whether that was right or wrong. They are a part of the other counts, not one beside them.
    pub declined: u64,
    /// Trials without a verdict because something broke.
    pub errored: u64,
    /// Trials without a verdict because no required scorer applied.
    pub skipped: u64,
    /// Pass rate.
    pub pass_rate: Rate,
    /// Pass rate weighted by the traffic weight of the cases.
    pub weighted_pass_rate: Option<f64>,
    /// Slices of its cases, the worst first.
    pub slices: Vec<SliceRow>,
    /// Mean score over the trials with a scored scorer.
    pub mean_score: Option<f64>,
    /// Prompt tokens.
    pub tokens_in: PartSum,
    /// Answer tokens.
    pub tokens_out: PartSum,
    /// USD.
    pub cost: PartSum,
    /// What judges took, beside all of the above; absent when none was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub judging: Option<JudgingRow>,
    /// Median latency in milliseconds.
    pub p50_ms: Option<f64>,
    /// 95th percentile of the latency in milliseconds.
    pub p95_ms: Option<f64>,
    /// Median time to the first piece of text in milliseconds; only of answers that were streamed.
    pub first_token_p50_ms: Option<f64>,
    /// 95th percentile of it.
    pub first_token_p95_ms: Option<f64>,
}

impl VariantRow {
    /// How many answers decline, for a reader; nothing where none does.
    pub fn declined_line(&self) -> Option<String> {
        let (n, verb) = (count(self.declined), if self.declined == 1 { "declines" } else { "decline" });
        let why = "saying that it is not known or not their business; they count by their verdicts";
        (self.declined > 0).then(|| format!("{}: {n} of the answers {verb}, {why}", self.label))
    }
}

/// What judging one column took.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, schemars::JsonSchema)]
pub struct JudgingRow {
    /// Replies, those that were there already included.
    pub replies: u64,
    /// Replies that were there already.
    pub cached: u64,
    /// Requests without a reply.
    pub failed: u64,
    /// Prompt tokens, where they are known.
    pub tokens_in: u64,
    /// Tokens of the replies, where they are known.
    pub tokens_out: u64,
    /// USD.
    pub cost: PartSum,
}

impl JudgingRow {
    fn add(&mut self, used: &JudgeUse) {
        self.replies += u64::from(used.replies);
        self.cached += u64::from(used.cached);
        self.failed += u64::from(used.failed);
        self.tokens_in = self.tokens_in.saturating_add(used.tokens_in);
        self.tokens_out = self.tokens_out.saturating_add(used.tokens_out);
        if used.replies > used.unpriced {
            self.cost.add(Some(used.cost));
        }
        self.cost.unknown += u64::from(used.unpriced);
    }
}

/// The table while the run is read.
pub(super) struct VariantsFold(Vec<VariantFold>);

#[derive(Default)]
struct VariantFold {
    outcomes: [u64; 5],
    rate: RateFold,
    answered: u64,
    cached: u64,
    declined: u64,
    weight: Sum,
    weight_passed: Sum,
    scores: Sum,
    tokens_in: PartSum,
    tokens_out: PartSum,
    cost: PartSum,
    judging: Option<JudgingRow>,
    latencies: Vec<f64>,
    first_tokens: Vec<f64>,
    slices: SlicesFold,
}

impl VariantsFold {
    pub(super) fn new(outline: &Outline<'_>) -> Self {
        // Room for all latencies at once: a list that grows by doubling takes up to three times as much.
        let fold = |trials: &u64| VariantFold {
            latencies: Vec::with_capacity(usize::try_from(*trials).unwrap_or(0)),
            ..VariantFold::default()
        };
        Self(outline.trials.iter().map(fold).collect())
    }

    pub(super) fn add(&mut self, group: &CaseGroup, unit: Unit) {
        for (column, trial) in group.run.trials() {
            if let Some(fold) = self.0.get_mut(column) {
                fold.add(trial);
            }
        }
        for repeats in group.run.repeats() {
            if let Some(fold) = self.0.get_mut(repeats.column) {
                let side = &repeats.side;
                fold.rate.add(u64::from(side.passed), u64::from(side.judged), unit);
                fold.slices.add(repeats.trials, side.verdict(), unit);
            }
        }
    }

    pub(super) fn finish(self, info: &RunInfo, columns: &[VariantKey], labels: &[String]) -> Vec<VariantRow> {
        let done: u64 = self.0.iter().map(VariantFold::done).sum();
        let spread_known = info.status == RunStatus::Finished && done == info.header.planned;
        let one = info.header.variants.len() <= 1;
        let named = columns.iter().zip(labels);
        let rows = self.0.into_iter().zip(named).map(|(fold, (variant, label))| {
            let planned = if one { Some(info.header.planned) } else { spread_known.then_some(fold.done()) };
            fold.finish(variant, label, planned)
        });
        rows.collect()
    }
}

impl VariantFold {
    fn add(&mut self, trial: &TrialDigest) {
        self.outcomes[place(trial.outcome)] += 1;
        self.cached += u64::from(trial.cached);
        self.declined += u64::from(declined(trial));
        if let Some(passed) = trial.outcome.verdict() {
            self.weight.add(trial.weight);
            if passed {
                self.weight_passed.add(trial.weight);
            }
        }
        if let Some(used) = &trial.judging {
            self.judging.get_or_insert_default().add(used);
        }
        if let Some(score) = trial.score() {
            self.scores.add(score);
        }
        let Some(answer) = &trial.answer else { return };
        self.answered += 1;
        self.tokens_in.add(answer.usage.input.map(|n| n as f64));
        self.tokens_out.add(answer.usage.output.map(|n| n as f64));
        self.cost.add(trial.cost);
        self.latencies.push(answer.latency_ms);
        self.first_tokens.extend(answer.first_token_ms);
    }

    fn done(&self) -> u64 {
        self.outcomes.iter().sum()
    }

    fn finish(self, variant: &VariantKey, label: &str, planned: Option<u64>) -> VariantRow {
        let with = |outcome: Outcome| self.outcomes[place(outcome)];
        let (passed, failed, refused) =
            (with(Outcome::Passed), with(Outcome::Failed), with(Outcome::Refused));
        let (all, ok) = (self.weight.total, self.weight_passed.total);
        VariantRow {
            variant: variant.clone(),
            label: label.to_owned(),
            planned,
            done: self.done(),
            answered: self.answered,
            cached: self.cached,
            passed,
            failed,
            refused,
            declined: self.declined,
            errored: with(Outcome::Errored),
            skipped: with(Outcome::Skipped),
            pass_rate: self.rate.finish(),
            // A sum of nothing is -0.
            weighted_pass_rate: (all > 0.0).then(|| ok / all + 0.0),
            slices: self.slices.finish(),
            mean_score: self.scores.mean(),
            tokens_in: self.tokens_in,
            tokens_out: self.tokens_out,
            cost: self.cost,
            judging: self.judging,
            p50_ms: stats::quantile(&self.latencies, 0.5),
            p95_ms: stats::quantile(&self.latencies, 0.95),
            first_token_p50_ms: stats::quantile(&self.first_tokens, 0.5),
            first_token_p95_ms: stats::quantile(&self.first_tokens, 0.95),
        }
    }
}

fn place(outcome: Outcome) -> usize {
    match outcome {
        Outcome::Passed => 0,
        Outcome::Failed => 1,
        Outcome::Errored => 2,
        Outcome::Refused => 3,
        Outcome::Skipped => 4,
    }
}

fn declined(trial: &TrialDigest) -> bool {
    trial.outcome != Outcome::Refused && matches!(trial.action, Some(Action::Abstain | Action::RefuseScope))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::Run;
    use crate::report::sample::{RunBuilder, report, trial};

    fn row(run: &Run) -> VariantRow {
        report(run).variants.remove(0)
    }

    #[test]
    fn errors_are_in_no_rate_and_unknown_cost_is_not_zero() {
        let run = RunBuilder::new("r")
            .trial(trial("a", "bare").passed().cost(Some(0.5)))
            .trial(trial("b", "bare").failed("number", "missing").cost(None).weight(3.0))
            .trial(trial("c", "bare").errored(crate::provider::ErrorKind::Timeout, "no answer"))
            .build();
        let row = row(&run);
        assert_eq!((row.passed, row.pass_rate.judged, row.errored, row.done), (1, 2, 1, 3));
        assert_eq!((row.answered, row.cached), (2, 0));
        assert_eq!(row.cost, PartSum { known: Some(0.5), unknown: 1 });
        assert_eq!(row.weighted_pass_rate, Some(0.25));
    }

    #[test]
    fn no_trials_give_no_numbers() {
        let row = row(&RunBuilder::new("r").variant("bare").planned(5).build());
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
        let row = row(&run);
        assert_eq!((row.refused, row.declined), (1, 1));
    }

    #[test]
    fn only_streamed_answers_have_a_time_to_the_first_token() {
        let streamed = |case: &str, ms: f64| {
            trial(case, "bare").passed().with(|t| t.completion.as_mut().unwrap().first_token_ms = Some(ms))
        };
        let run = RunBuilder::new("r")
            .trial(streamed("a", 100.0))
            .trial(streamed("b", 300.0))
            .trial(trial("c", "bare").passed().with(|t| t.cached = true))
            .build();
        let row = row(&run);
        assert_eq!((row.first_token_p50_ms, row.first_token_p95_ms), (Some(200.0), Some(290.0)));
        assert_eq!((row.answered, row.cached), (3, 1));
    }
}
