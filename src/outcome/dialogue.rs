//! What was said in a scripted conversation, turn by turn, and what came of each.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::case::Action;
use crate::fingerprint::Fingerprint;
use crate::outcome::{Outcome, TrialResult};
use crate::prompt::{ChatRole, Message};
use crate::provider::{Completion, Usage};
use crate::score::Score;

/// Where the result of a tool call came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ResultSource {
    /// The script.
    Script,
    /// Nowhere: the script has no such tool, and the model was told so.
    Unexpected,
    /// Nowhere: the call ended the turn.
    Unanswered,
}

impl ResultSource {
    /// All of them.
    pub const ALL: [ResultSource; 3] = [Self::Script, Self::Unexpected, Self::Unanswered];

    /// The name used in stores and reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Script => "script",
            Self::Unexpected => "unexpected",
            Self::Unanswered => "unanswered",
        }
    }
}

/// What a tool call was answered with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolResult {
    /// The text that the model was told.
    pub text: String,
    /// Where it came from.
    pub source: ResultSource,
}

/// One request of a turn and its answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Round {
    /// Key of the request.
    pub request: Fingerprint,
    /// What came back.
    pub completion: Completion,
    /// USD that it cost when it was asked for; absent = unknown.
    pub cost: Option<f64>,
    /// Whether the answer was there already and nothing was sent.
    pub cached: bool,
    /// What its tool calls were answered with, in their order.
    pub results: Vec<ToolResult>,
}

impl Round {
    /// What was said in it: the answer with the tools that it called, then what these returned.
    pub fn said(&self) -> impl Iterator<Item = Message> {
        let completion = &self.completion;
        let answer = Message::said(completion.text.clone(), completion.tool_calls.clone());
        let told = completion.tool_calls.iter().zip(&self.results);
        std::iter::once(answer).chain(told.map(|(call, result)| Message::returned(call, result.text.clone())))
    }
}

/// What a simulated customer answered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CustomerReply {
    /// Name of its model in `regauge.toml`.
    pub model: String,
    /// Its request and answer.
    pub round: Round,
}

/// One turn of a conversation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TurnResult {
    /// What the customer said.
    pub say: String,
    /// Accepted actions of the answer.
    pub expect: Vec<Action>,
    /// Requests and answers: one, and one more for each time that tools returned something.
    pub rounds: Vec<Round>,
    /// The action that the answer took.
    pub action: Option<Action>,
    /// What came of it: `skipped` when nothing judges the turn, `errored` when it has no answer.
    pub outcome: Outcome,
    /// How many of the trial's scores are of this turn; those of the turns stand first, in the order of turns.
    pub scores: usize,
    /// What a simulated customer answered: what it says in the next turn, or that it is done. Its cost and tokens
    /// are not the bot's and stand in no sum.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply: Option<CustomerReply>,
}

impl TurnResult {
    /// The turn's answer as one: the last text, every tool call, and the sums of tokens and times.
    pub fn completion(&self) -> Option<Completion> {
        let (last, earlier) = self.rounds.split_last()?;
        let mut whole = last.completion.clone();
        let calls = earlier.iter().flat_map(|r| &r.completion.tool_calls).cloned();
        whole.tool_calls = calls.chain(std::mem::take(&mut whole.tool_calls)).collect();
        let citations = earlier.iter().flat_map(|r| &r.completion.citations).cloned();
        whole.citations = citations.chain(std::mem::take(&mut whole.citations)).collect();
        let told = self.rounds.iter().filter_map(|r| r.completion.passages.as_ref());
        whole.passages = told.cloned().reduce(|before, more| [before, more].concat());
        whole.first_token_ms = self.rounds.first().and_then(|r| r.completion.first_token_ms);
        (whole.usage, whole.latency_ms) = spent(std::slice::from_ref(self));
        Some(whole)
    }

    /// What was said in it, the customer's words first.
    pub fn said(&self) -> impl Iterator<Item = Message> {
        let say = Message::new(ChatRole::User, self.say.clone());
        std::iter::once(say).chain(self.rounds.iter().flat_map(Round::said))
    }

    /// USD; absent when one of its answers has no known cost.
    pub fn cost(&self) -> Option<f64> {
        self.rounds.iter().map(|r| r.cost).sum()
    }
}

/// Tokens and milliseconds of all answers; a kind of tokens that one answer does not say is not known.
fn spent(turns: &[TurnResult]) -> (Usage, f64) {
    let answers = || turns.iter().flat_map(|t| &t.rounds).map(|r| &r.completion);
    let sum = |of: fn(&Usage) -> Option<u64>| {
        answers().try_fold(0_u64, |sum, answer| Some(sum.saturating_add(of(&answer.usage)?)))
    };
    let usage = Usage {
        input: sum(|u| u.input),
        output: sum(|u| u.output),
        cached_input: sum(|u| u.cached_input),
        reasoning: sum(|u| u.reasoning),
    };
    (usage, answers().map(|a| a.latency_ms).sum())
}

/// The answer of a conversation: that of its last turn, with the tokens and times of all.
pub fn whole(turns: &[TurnResult]) -> Option<Completion> {
    let mut last = turns.last()?.completion()?;
    (last.usage, last.latency_ms) = spent(turns);
    Some(last)
}

/// USD of all turns; absent when one of them has no known cost.
pub fn cost(turns: &[TurnResult]) -> Option<f64> {
    turns.iter().map(TurnResult::cost).sum()
}

impl TrialResult {
    /// The first turn that failed, counted from 1; `None` when none did, or the trial is no conversation.
    pub fn failing_turn(&self) -> Option<usize> {
        self.turns.iter().position(|t| t.outcome.verdict() == Some(false)).map(|at| at + 1)
    }

    /// The scores of a turn, counted from 1; of 0 those at the end of the conversation.
    pub fn scores_of(&self, turn: usize) -> &[Score] {
        self.scores.get(self.score_places(turn)).unwrap_or_default()
    }

    /// The places of the scores of a turn among all of the trial; of 0 those at the end of the conversation.
    pub fn score_places(&self, turn: usize) -> Range<usize> {
        let until = |turns: usize| self.turns.iter().take(turns).map(|t| t.scores).sum::<usize>();
        match turn {
            0 => until(self.turns.len())..self.scores.len(),
            turn => until(turn - 1)..until(turn),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::ToolCall;

    fn round(text: &str, calls: &[&str], input: Option<u64>, cost: Option<f64>) -> Round {
        let call = |name: &&str| ToolCall {
            id: "1".into(),
            name: (*name).to_owned(),
            arguments: serde_json::Value::Null,
        };
        Round {
            request: Fingerprint::of(text),
            completion: Completion {
                tool_calls: calls.iter().map(call).collect(),
                usage: Usage { input, output: Some(1), ..Usage::default() },
                latency_ms: 2.5,
                ..Completion::of_text(text)
            },
            cost,
            cached: false,
            results: Vec::new(),
        }
    }

    fn turn(rounds: Vec<Round>) -> TurnResult {
        let (say, expect) = ("x".to_owned(), Vec::new());
        TurnResult { say, expect, rounds, action: None, outcome: Outcome::Passed, scores: 0, reply: None }
    }

    #[test]
    fn a_turn_with_tools_is_one_answer() {
        let turn = turn(vec![
            round("let me look", &["find"], Some(3), Some(0.5)),
            round("at the depot", &["note"], Some(4), Some(0.25)),
        ]);
        let answer = turn.completion().unwrap();
        assert_eq!(answer.text, "at the depot");
        assert_eq!(answer.tool_calls.iter().map(|c| c.name.as_str()).collect::<Vec<_>>(), ["find", "note"]);
        assert_eq!(
            (answer.usage.input, answer.usage.output, answer.usage.reasoning),
            (Some(7), Some(2), None)
        );
        assert!((answer.latency_ms - 5.0).abs() < 1e-9);
        assert_eq!(turn.cost(), Some(0.75));
    }

    #[test]
    fn a_conversation_sums_what_is_known_of_all() {
        let turns =
            [turn(vec![round("a", &[], None, Some(0.5))]), turn(vec![round("b", &["find"], Some(4), None)])];
        let answer = whole(&turns).unwrap();
        assert_eq!((answer.text.as_str(), answer.tool_calls.len()), ("b", 1));
        assert_eq!((answer.usage.input, answer.usage.output), (None, Some(2)));
        assert_eq!(cost(&turns), None);
        assert_eq!(whole(&[]), None);
        assert_eq!(whole(&[turn(Vec::new())]), None);
    }
}
