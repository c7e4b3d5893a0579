//! Scoring one trial: its only answer, or of a conversation every turn and then the whole.
//!
//! A run and `rescore` both go through [`Matter`]: [`Matter::begin`] applies everything that judges by itself and says
//! what models are to be asked, [`Matter::finish`] takes in what they replied. What was said in a conversation is read
//! from its turns, so that stored ones are judged like fresh ones.

use std::sync::Arc;

use crate::knowledge::{Knowledge, Passage};
use crate::outcome::{Outcome, TrialResult, TurnResult, decide};
use crate::prompt::Message;
use crate::provider::{Completion, StopReason};
use crate::score::{self, Markers, Pending, Reply, Score, ScoreInput, ScoreState};
use crate::suite::{ScoredCase, ScoredTurn, Suite};

/// The passages that a trial was given, and whether any were looked up for it at all.
pub(super) type Given = (Vec<Arc<Passage>>, bool);

/// What a trial is judged with.
pub(super) struct Matter {
    scored: ScoredCase,
    given: Vec<Arc<Passage>>,
    looked_up: bool,
    sources: Vec<Arc<Passage>>,
    knowledge: Arc<Knowledge>,
    markers: Arc<Markers>,
    /// What was said in a conversation; empty where one answer was asked for.
    dialogue: Vec<Message>,
    /// Places in `dialogue` where its turns end.
    ends: Vec<usize>,
}

impl Matter {
    /// The matter of a trial with these turns.
    pub(super) fn new(
        suite: &Suite,
        scored: ScoredCase,
        (given, looked_up): Given,
        sources: Vec<Arc<Passage>>,
        turns: &[TurnResult],
    ) -> Self {
        let mut dialogue = if turns.is_empty() { Vec::new() } else { Message::history(&scored.case) };
        let end = |turn: &TurnResult| {
            dialogue.extend(turn.said());
            dialogue.len()
        };
        let ends = turns.iter().map(end).collect();
        let (knowledge, markers) = (suite.knowledge.clone(), suite.markers.clone());
        Self { scored, given, looked_up, sources, knowledge, markers, dialogue, ends }
    }

    /// Scores a trial that has an answer, as far as that goes without asking anybody. What is to be asked names
    /// scorers by the places of their scores in the trial.
    pub(super) fn begin(&self, trial: &mut TrialResult) -> Vec<Pending> {
        let Some(completion) = trial.completion.take() else { return Vec::new() };
        let (mut scores, mut pending) = (Vec::new(), Vec::new());
        let mut turns = std::mem::take(&mut trial.turns);
        for (at, (turn, rules)) in turns.iter_mut().zip(self.scored.turns.iter()).enumerate() {
            let Some(answer) = turn.completion() else { continue };
            let (mut found, asked) = score::begin(&rules.scorers, &self.of_turn(at, turn, rules, &answer));
            found.extend(no_answer(at + 1, &answer, &found));
            turn.action = score::action_of(&answer, &self.markers);
            turn.outcome = decide(&answer, &found);
            turn.scores = found.len();
            pending.extend(asked.into_iter().map(|p| Pending { scorer: p.scorer + scores.len(), ..p }));
            scores.append(&mut found);
        }
        trial.turns = turns;
        let (mut found, asked) = score::begin(&self.scored.scorers, &self.of_trial(trial, &completion));
        pending.extend(asked.into_iter().map(|p| Pending { scorer: p.scorer + scores.len(), ..p }));
        scores.append(&mut found);
        trial.action = score::action_of(&completion, &self.markers);
        trial.outcome = decide(&completion, &scores);
        (trial.scores, trial.completion) = (scores, Some(completion));
        pending
    }

    /// Takes in what models replied; `replies` has those for the score at a place, none where nobody was asked.
    pub(super) fn finish(&self, trial: &mut TrialResult, replies: &dyn Fn(usize) -> Vec<Reply>) {
        let Some(completion) = trial.completion.take() else { return };
        for (at, rules) in self.scored.turns.iter().enumerate().take(trial.turns.len()) {
            let places = trial.score_places(at + 1);
            let Some(answer) = trial.turns[at].completion() else { continue };
            let input = self.of_turn(at, &trial.turns[at], rules, &answer);
            for (place, scorer) in places.clone().zip(rules.scorers.iter()) {
                let replies = replies(place);
                if !replies.is_empty() {
                    trial.scores[place] = score::finish(scorer, &input, &replies);
                }
            }
            trial.turns[at].outcome = decide(&answer, &trial.scores[places]);
        }
        let input = self.of_trial(trial, &completion);
        let finished: Vec<(usize, Score)> = trial
            .score_places(0)
            .zip(self.scored.scorers.iter())
            .filter_map(|(place, scorer)| {
                let replies = replies(place);
                (!replies.is_empty()).then(|| (place, score::finish(scorer, &input, &replies)))
            })
            .collect();
        for (place, score) in finished {
            trial.scores[place] = score;
        }
        trial.outcome = decide(&completion, &trial.scores);
        trial.completion = Some(completion);
    }

    /// A trial's answer, or the last one of a conversation, as the case's scorers see it.
    fn of_trial<'a>(&'a self, trial: &'a TrialResult, completion: &'a Completion) -> ScoreInput<'a> {
        ScoreInput {
            case: &self.scored.case,
            question: trial.turns.last().map_or(trial.case.input.as_str(), |turn| turn.say.as_str()),
            dialogue: &self.dialogue,
            completion,
            cost: trial.cost,
            given: &self.given,
            looked_up: self.looked_up,
            sources: &self.sources,
            knowledge: &self.knowledge,
            markers: &self.markers,
        }
    }

    /// The answer of a turn, as the turn's scorers see it: nothing that was said later is seen.
    fn of_turn<'a>(
        &'a self,
        at: usize,
        turn: &'a TurnResult,
        rules: &'a ScoredTurn,
        answer: &'a Completion,
    ) -> ScoreInput<'a> {
        ScoreInput {
            case: &rules.case,
            question: &turn.say,
            dialogue: &self.dialogue[..self.ends[at]],
            completion: answer,
            cost: turn.cost(),
            given: &self.given,
            looked_up: self.looked_up,
            sources: &self.sources,
            knowledge: &self.knowledge,
            markers: &self.markers,
        }
    }
}

/// A turn without an answer fails, whether anything judges it or not: the customer got none.
fn no_answer(number: usize, answer: &Completion, scores: &[Score]) -> Option<Score> {
    let none = matches!(decide(answer, &[]), Outcome::Failed | Outcome::Refused);
    (none && scores.iter().all(|s| !s.required)).then(|| Score {
        name: format!("turn {number}: answer"),
        kind: "answer".to_owned(),
        required: true,
        state: ScoreState::Unparsed,
        reason: match answer.stop {
            StopReason::ContentFilter => "a content filter of the endpoint stopped the answer".to_owned(),
            StopReason::Refusal => "the endpoint says that the model refused".to_owned(),
            _ => "the answer is empty".to_owned(),
        },
        evidence: Vec::new(),
        judge: None,
    })
}
