//! Scorers that ask a model: what they ask, what they are told, and the mark that their scores carry.
//!
//! Such a scorer cannot answer at once. [`begin`] judges with all the others and says what is to be asked;
//! whoever has the replies calls [`finish`]. Nothing in here sends anything.

use serde::{Deserialize, Serialize};

use crate::fingerprint::Fingerprint;
use crate::golden::Standing;
use crate::provider::{Completion, Request};
use crate::score::{Finding, Score, ScoreInput, ScoreState, Scorer, settle, unreadable};

/// The judge behind a score.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct JudgeMark {
    /// Hash of its rubric, questions, model and parameters.
    pub fingerprint: Fingerprint,
    /// Whether it might decide when it judged.
    pub standing: Standing,
}

/// A reply to one request; the error says why there is none.
pub type Reply = Result<Completion, String>;

/// A rule that asks a model.
pub trait Asking: Send + Sync {
    /// The model that it asks, as named in `regauge.toml`.
    fn model(&self) -> &str;

    /// The name of its rubric.
    fn rubric(&self) -> &str;

    /// Who judges.
    fn mark(&self) -> JudgeMark;

    /// What is to be asked about an answer.
    ///
    /// # Errors
    /// Nothing needs to be asked, or nothing can be: the finding says why.
    fn requests(&self, input: &ScoreInput<'_>) -> Result<Vec<Request>, Finding>;

    /// Judges by the replies, one per request and in their order.
    fn read(&self, input: &ScoreInput<'_>, replies: &[Reply]) -> Finding;
}

/// Requests of one scorer, not sent yet.
#[derive(Debug, Clone)]
pub struct Pending {
    /// The scorer's place in the list.
    pub scorer: usize,
    /// The model to ask.
    pub model: String,
    /// What to ask.
    pub requests: Vec<Request>,
}

/// Applies scorers to one completion as far as that goes without a model. A scorer that has to ask is `JudgeError`
/// until [`finish`] is called with the replies.
///
/// An answer without text and without tool calls, or one that the endpoint refused or filtered, is
/// `Unparsed` for every scorer that needs an answer; a value outside 0..=1 (or NaN) is `JudgeError`; `not` turns a
/// judgement round and leaves every other state alone.
pub fn begin(scorers: &[Scorer], input: &ScoreInput<'_>) -> (Vec<Score>, Vec<Pending>) {
    let mut pending = Vec::new();
    let mut judge = |(place, scorer): (usize, &Scorer)| {
        if !scorer.check.needs_answer() {
            return score(scorer, scorer.check.check(input));
        }
        if let Some(finding) = unreadable(input.completion) {
            // Nobody judged it: that it cannot be read is the answer's own fault.
            return Score { judge: None, ..score(scorer, finding) };
        }
        let has_text = !input.completion.text.trim().is_empty();
        let Some(asking) = scorer.check.asking().filter(|_| has_text) else {
            return score(scorer, super::look(scorer, input));
        };
        let finding = match asking.requests(input) {
            Err(finding) => finding,
            Ok(requests) => {
                pending.push(Pending { scorer: place, model: asking.model().to_owned(), requests });
                Finding::judge_error("the judge was not asked")
            }
        };
        score(scorer, finding)
    };
    let judged = scorers.iter().enumerate().map(&mut judge).collect();
    (judged, pending)
}

/// The score of a scorer that asked.
pub fn finish(scorer: &Scorer, input: &ScoreInput<'_>, replies: &[Reply]) -> Score {
    let finding = scorer.check.asking().map(|asking| asking.read(input, replies));
    score(scorer, finding.unwrap_or_else(|| Finding::judge_error("the scorer asks nobody")))
}

fn score(scorer: &Scorer, finding: Finding) -> Score {
    let turned = scorer.not && matches!(finding.state, ScoreState::Scored { .. });
    Score {
        name: scorer.name.clone(),
        kind: scorer.kind.to_owned(),
        required: scorer.required,
        state: settle(finding.state, scorer.not),
        reason: if turned || (scorer.not && scorer.check.asking().is_none()) {
            format!("not: {}", finding.reason)
        } else {
            finding.reason
        },
        evidence: finding.evidence,
        judge: scorer.check.asking().map(Asking::mark),
    }
}
