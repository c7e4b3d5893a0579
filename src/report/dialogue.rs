//! A scripted conversation as a reader sees it.

use serde::Serialize;

use crate::outcome::{Outcome, TrialResult, TurnResult};

/// One turn.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
pub struct TurnView {
    /// Counted from 1.
    pub number: usize,
    /// What the customer said.
    pub customer: String,
    /// Tools that the model called before it answered.
    pub tools: Vec<ToolView>,
    /// What the model answered; absent when it did not.
    pub agent: Option<String>,
    /// What came of the turn.
    pub outcome: Outcome,
}

/// One tool call.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
pub struct ToolView {
    /// Tool name.
    pub name: String,
    /// Arguments as JSON.
    pub arguments: String,
    /// What the model was told.
    pub result: String,
    /// Where that came from: `script`, `unexpected` (the script has no such tool) or `unanswered`.
    pub source: String,
}

/// The turns of a trial; none where one answer was asked for.
pub(super) fn turn_views(trial: &TrialResult) -> Vec<TurnView> {
    (1..).zip(&trial.turns).map(|(number, turn)| view(number, turn)).collect()
}

fn view(number: usize, turn: &TurnResult) -> TurnView {
    let calls = turn.rounds.iter().flat_map(|r| r.completion.tool_calls.iter().zip(&r.results));
    TurnView {
        number,
        customer: turn.say.clone(),
        tools: calls
            .map(|(call, result)| ToolView {
                name: call.name.clone(),
                arguments: call.arguments.to_string(),
                result: result.text.clone(),
                source: result.source.name().to_owned(),
            })
            .collect(),
        agent: turn.rounds.last().map(|r| r.completion.text.clone()),
        outcome: turn.outcome,
    }
}
