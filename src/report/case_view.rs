//! One case of a run, whole: what was sent, what came back, what was said of it, and how it fared before.

use serde::Serialize;

use crate::outcome::{FollowUp, Outcome, RetrievalFacts, RunHeader, TrialResult};
use crate::report::FORMAT;

/// Everything that is known of one case.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CaseReport {
    /// [`FORMAT`].
    pub format: u32,
    /// The run.
    pub run: String,
    /// How passages were looked up in its suites, by variant.
    pub retrievals: Vec<RetrievalFacts>,
    /// Its trials in key order, exactly as recorded.
    pub trials: Vec<TrialResult>,
    /// The same case in other runs, newest first.
    pub history: Vec<HistoryRow>,
}

/// One trial of the case in another run.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HistoryRow {
    /// The run.
    pub run: String,
    /// When the trial finished.
    pub finished: jiff::Timestamp,
    /// Prompt and model.
    pub variant: String,
    /// Phrasing key.
    pub phrasing: String,
    /// Repeat.
    pub index: u32,
    /// Why it was asked beside the planned ones; absent for a planned trial.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub follow_up: Option<FollowUp>,
    /// What came of it.
    pub outcome: Outcome,
    /// Mean score.
    pub score: Option<f64>,
    /// Whether its answer is the one of the trial shown with the same key; absent without one.
    pub same_answer: Option<bool>,
}

impl CaseReport {
    /// The chosen trials of a run, with the history of their case.
    pub fn build(header: &RunHeader, trials: Vec<TrialResult>, history: &[(String, TrialResult)]) -> Self {
        let run = &header.id;
        let shown = |old: &TrialResult| trials.iter().find(|t| t.key == old.key);
        let history = history
            .iter()
            .filter(|(id, old)| id != run && trials.iter().any(|t| same_line(t, old)))
            .map(|(id, old)| HistoryRow {
                run: id.clone(),
                finished: old.finished,
                variant: old.key.variant().to_string(),
                phrasing: old.key.phrasing.clone(),
                index: old.key.index,
                follow_up: old.follow_up,
                outcome: old.outcome,
                score: old.score(),
                same_answer: shown(old).and_then(|new| Some(new.answer()? == old.answer()?)),
            })
            .collect();
        let of_case = |way: &&RetrievalFacts| trials.iter().any(|trial| trial.key.suite == way.suite);
        let retrievals = header.retrievals.iter().filter(of_case).cloned().collect();
        Self { format: FORMAT, run: run.clone(), retrievals, trials, history }
    }

    /// How the passages of one of its trials were looked up; nothing where its prompt takes none, and where it is not
    /// known.
    pub fn retrieval_of(&self, trial: &TrialResult) -> Option<&RetrievalFacts> {
        let variant = trial.key.variant();
        self.retrievals.iter().find(|way| way.suite == trial.key.suite && way.variant == variant)
    }
}

/// Whether two trials are of the same suite and variant.
fn same_line(a: &TrialResult, b: &TrialResult) -> bool {
    a.key.suite == b.key.suite && a.key.variant() == b.key.variant()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::{RunBuilder, trial};

    #[test]
    fn history_leaves_out_the_run_itself_and_other_variants() {
        let run = RunBuilder::new("new").trial(trial("a", "bare").passed()).build();
        let history = [
            ("new".to_owned(), trial("a", "bare").passed().0),
            ("old".to_owned(), trial("a", "bare").failed("number", "differs").0),
            ("old".to_owned(), trial("a", "grounded").passed().0),
        ];
        let report = CaseReport::build(&run.info.header, run.trials, &history);
        assert_eq!(report.history.len(), 1);
        assert_eq!(
            (report.history[0].outcome, report.history[0].same_answer),
            (Outcome::Failed, Some(false))
        );
    }
}
