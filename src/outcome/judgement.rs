//! What judges were asked about an answer, and what that cost: beside the answer's own cost, never in it.

use serde::{Deserialize, Serialize};

use crate::fingerprint::Fingerprint;
use crate::outcome::{ModelFacts, TrialError};
use crate::provider::Completion;

/// One request to a judge.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Judgement {
    /// Label of the scorer that asked.
    pub scorer: String,
    /// The model that was asked.
    pub model: ModelFacts,
    /// Key of the request.
    pub request: Fingerprint,
    /// Whether the reply was there already and nothing was sent.
    pub cached: bool,
    /// The reply; absent when there is none.
    pub reply: Option<Completion>,
    /// USD that the reply cost when it was asked for; absent = unknown.
    pub cost: Option<f64>,
    /// Requests sent, tries again included.
    pub sent: u32,
    /// Why there is no reply.
    pub error: Option<TrialError>,
}

/// What judging one trial took.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct JudgeUse {
    /// Replies, those that were there already included.
    pub replies: u32,
    /// Replies that were there already.
    pub cached: u32,
    /// Requests without a reply.
    pub failed: u32,
    /// Prompt tokens, where they are known.
    pub tokens_in: u64,
    /// Tokens of the replies, where they are known.
    pub tokens_out: u64,
    /// USD, where it is known.
    pub cost: f64,
    /// Replies of which the cost is unknown.
    pub unpriced: u32,
}

impl JudgeUse {
    /// What some judgements took; `None` when there are none.
    pub fn of(judgements: &[Judgement]) -> Option<Self> {
        let mut sum = Self::default();
        for judgement in judgements {
            let usage = judgement.reply.as_ref().map(|reply| (reply.usage.input, reply.usage.output));
            sum.add(usage, judgement.cached, judgement.cost);
        }
        (!judgements.is_empty()).then_some(sum)
    }

    /// Takes in one judgement: the tokens of its reply when there is one, whether it was there already, its cost.
    pub fn add(&mut self, reply: Option<(Option<u64>, Option<u64>)>, cached: bool, cost: Option<f64>) {
        let Some((input, output)) = reply else {
            self.failed += 1;
            return;
        };
        self.replies += 1;
        self.cached += u32::from(cached);
        self.tokens_in = self.tokens_in.saturating_add(input.unwrap_or(0));
        self.tokens_out = self.tokens_out.saturating_add(output.unwrap_or(0));
        match cost {
            Some(cost) => self.cost += cost,
            None => self.unpriced += 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_and_unknown_prices_are_counted_apart() {
        assert_eq!(JudgeUse::of(&[]), None);
        let mut sum = JudgeUse::default();
        sum.add(Some((Some(10), None)), true, Some(0.5));
        sum.add(Some((Some(5), Some(2))), false, None);
        sum.add(None, false, Some(9.0));
        let expected = JudgeUse {
            replies: 2,
            cached: 1,
            failed: 1,
            tokens_in: 15,
            tokens_out: 2,
            cost: 0.5,
            unpriced: 1,
        };
        assert_eq!(sum, expected);
    }
}
