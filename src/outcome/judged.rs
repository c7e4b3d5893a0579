//! A score with the answer that it is about: the trial's own, or that of a turn of a conversation.

use crate::golden::label_id;
use crate::outcome::TrialResult;
use crate::score::Score;

/// A score with what it judged.
#[derive(Debug, Clone, Copy)]
pub struct Judged<'t> {
    trial: &'t TrialResult,
    /// The score.
    pub score: &'t Score,
    /// The scorer as it was written: in every turn the same name.
    pub scorer: &'t str,
    /// The turn, counted from 1; absent for the trial's answer, or the end of a conversation.
    pub turn: Option<usize>,
    /// What was answered.
    pub answer: &'t str,
}

impl<'t> Judged<'t> {
    /// What the customer said last before the answer.
    pub fn question(&self) -> &'t str {
        let turn = self.turn.unwrap_or(self.trial.turns.len());
        let say = turn.checked_sub(1).and_then(|at| self.trial.turns.get(at)).map(|turn| turn.say.as_str());
        say.unwrap_or(&self.trial.case.input)
    }

    /// What was said before that, in order.
    pub fn earlier(&self) -> impl Iterator<Item = &'t str> {
        let turns = self.turn.unwrap_or(self.trial.turns.len()).saturating_sub(1);
        let spoken = self.trial.turns.iter().take(turns).flat_map(|turn| {
            let answer = turn.rounds.last().map(|round| round.completion.text.as_str());
            [Some(turn.say.as_str()), answer].into_iter().flatten()
        });
        self.trial.case.history.iter().map(|turn| turn.text.as_str()).chain(spoken)
    }

    /// The id of a label for it.
    pub fn label_id(&self) -> String {
        match self.turn {
            None => label_id(self.scorer, &self.trial.case.input, self.answer),
            Some(_) => {
                let said: Vec<&str> = self.earlier().chain([self.question()]).collect();
                label_id(self.scorer, &said.join("\n"), self.answer)
            }
        }
    }
}

impl TrialResult {
    /// All scores with the answers that they are about; none without an answer.
    pub fn judged(&self) -> impl Iterator<Item = Judged<'_>> {
        let of = move |turn: usize, score| {
            let answer = match turn.checked_sub(1) {
                Some(at) => self.turns[at].rounds.last().map(|round| round.completion.text.as_str()),
                None => self.answer(),
            };
            let own = score_name(score, turn);
            let turn = (turn > 0).then_some(turn);
            answer.map(|answer| Judged { trial: self, score, scorer: own, turn, answer })
        };
        let places = (1..=self.turns.len()).chain([0]);
        places.flat_map(move |turn| self.scores_of(turn).iter().filter_map(move |score| of(turn, score)))
    }
}

/// The name of a score without that of its turn.
fn score_name(score: &Score, turn: usize) -> &str {
    let rest = score.name.strip_prefix("turn ").filter(|_| turn > 0);
    rest.and_then(|rest| rest.split_once(": ")).map_or(score.name.as_str(), |(_, own)| own)
}
